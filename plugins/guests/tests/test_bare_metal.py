from __future__ import annotations

import importlib.util
import shutil
import struct
from pathlib import Path

import pytest
from qemu_board import console_of, needs_qemu
from vmsim_guests.bare_metal import PROGRAMS
from vmsim_guests.compiler import GCC, NUMBERS, SIMCTL, GuestTool, find_compiler
from vmsim_guests.recipes import compiled
from vmsim_guests.registry import GUESTS
from vmsim_guests.store import GuestStore

LOAD_ADDRESS = 0x8000
ARM = 40

# Programs that check themselves and say so on the UART; the others are about how a run ends.
SELF_CHECKING = [
    "hello",
    "exit-code",
    "timer-irq",
    "sgi",
    "vfp-neon",
    "self-modifying",
    "exceptions",
    "exclusive",
    "compute",
]

has_gcc = shutil.which(GCC) is not None
has_zig = importlib.util.find_spec("ziglang") is not None
needs_compiler = pytest.mark.skipif(not (has_gcc or has_zig), reason="no compiler for bare metal")


def assert_is_arm_program(elf: bytes) -> None:
    assert elf[:6] == b"\x7fELF\x01\x01"
    kind, machine, _, entry = struct.unpack_from("<HHII", elf, 16)
    assert (kind, machine, entry) == (2, ARM, LOAD_ADDRESS)


def test_programs_are_guests() -> None:
    assert {name for name, guest in GUESTS.items() if guest.kind == "program"} == set(PROGRAMS)


@needs_compiler
@pytest.mark.usefixtures("empty_cache")
def test_all_programs_compile() -> None:
    store = GuestStore()
    for name in PROGRAMS:
        assert_is_arm_program(store.path(name).read_bytes())


@pytest.mark.skipif(not has_zig, reason="the package ziglang is not installed")
@pytest.mark.usefixtures("empty_cache")
def test_ziglang_is_used_where_there_is_no_gcc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmsim_guests.compiler.shutil.which", lambda name: None)
    assert find_compiler().name == "ziglang"
    assert_is_arm_program(GuestStore().path("hello").read_bytes())


@needs_compiler
@pytest.mark.parametrize("guest_tool", [SIMCTL, NUMBERS])
def test_the_guests_tools_compile_the_same_each_time(guest_tool: GuestTool, tmp_path: Path) -> None:
    tool = guest_tool.make(tmp_path)
    assert tool[:6] == b"\x7fELF\x01\x01"
    assert struct.unpack_from("<HH", tool, 16) == (2, ARM)
    assert len(tool) < 16 << 10
    assert guest_tool.make(tmp_path) == tool
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not has_zig, reason="the package ziglang is not installed")
@pytest.mark.parametrize("guest_tool", [SIMCTL, NUMBERS])
def test_ziglang_compiles_the_tools_too(guest_tool: GuestTool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmsim_guests.compiler.shutil.which", lambda name: None)
    assert guest_tool.make(tmp_path)[:6] == b"\x7fELF\x01\x01"


def test_without_a_compiler_an_initramfs_has_no_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("vmsim_guests.compiler.shutil.which", lambda name: None)
    monkeypatch.setattr("vmsim_guests.compiler.importlib.util.find_spec", lambda name: None)
    assert compiled([SIMCTL], tmp_path) == {}
    assert "without /bin/simctl: no compiler" in capsys.readouterr().err


@needs_compiler
@needs_qemu
@pytest.mark.qemu
@pytest.mark.parametrize("name", SELF_CHECKING)
def test_programs_find_nothing_wrong_with_qemu(name: str, tmp_path: Path) -> None:
    program = GuestStore().path(name)
    text = console_of(tmp_path / "log", "vmsim: ", "-kernel", str(program), seconds=30)
    assert "vmsim: ok" in text
