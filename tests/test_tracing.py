"""Traces of real guests: against Unicorn, which executes the same code, and between the CPU models."""

from __future__ import annotations

import gzip
import re
import shlex
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keystone
import pytest
import unicorn
from pages import DOCS, blocks_of, commands_of
from unicorn import arm_const
from vmsim_arch_arm import psr
from vmsim_arch_arm.state import ArmState
from vmsim_core.debug import ExecutedInstruction, MemoryAccess
from vmsim_core.exits import PowerOff
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.trace import Symbols, Trace
from vmsim_guests import guest_path
from vmsim_program import vmsim
from whole_system import linux, make_simulation, run

pytestmark = pytest.mark.guest

BOARD = "realview-pbx-a9.yaml"
CODE = 0x8000
"""Where the guests' programs begin, and the ones assembled here."""
PERIOD = 2000
"""Ticks of an instruction: two cycles at 1 GHz."""


# --- instructions, against Unicorn ------------------------------------------------------------------------------------

_Unicorn: Any = unicorn.Uc  # type: ignore[attr-defined]
_NAMES = (
    [f"r{number}" for number in range(13)] + ["sp", "lr", "cpsr"] + [f"d{number}" for number in range(32)] + ["fpscr"]
)
_NUMBERS = [getattr(arm_const, f"UC_ARM_REG_{name.upper()}") for name in _NAMES]


@dataclass
class Seen:
    """An instruction as it was executed."""

    address: int
    size: int
    registers: dict[str, int] = field(default_factory=dict)
    accesses: list[MemoryAccess] = field(default_factory=list)


class UnicornTrace:
    """Executes what a simulation is about to execute, and watches every instruction by itself."""

    def __init__(self, simulation: Simulation, skip: int, instructions: int) -> None:
        self.seen: list[Seen] = []
        self._skip = skip
        self._before: dict[str, int] = {}
        ram = simulation.system.address_map.ram_regions[0]
        state = simulation.system.cores[0].active.save_state()
        assert isinstance(state, ArmState)
        uc = _Unicorn(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_ARM, arm_const.UC_CPU_ARM_CORTEX_A9)
        self._uc = uc
        uc.mem_map(ram.base, ram.size)
        uc.mem_write(ram.base, bytes(ram.ram.view))
        # NSACR: Unicorn's core starts in the Non-secure state, which may use the VFP only if it says so.
        uc.reg_write(arm_const.UC_ARM_REG_CP_REG, (15, 0, 0, 1, 1, 0, 2, 3 << 10))
        uc.reg_write(arm_const.UC_ARM_REG_CPSR, state.cpsr)
        for number in range(8):
            uc.reg_write(arm_const.UC_ARM_REG_R0 + number, state.r[number])
        uc.hook_add(unicorn.UC_HOOK_CODE, self._code)
        uc.hook_add(unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE, self._access)
        uc.emu_start(state.pc | (1 if state.cpsr & psr.T else 0), 0, count=skip + instructions)
        self._finish_last()

    def _code(self, uc: Any, address: int, size: int, data: Any) -> None:
        if self._skip:
            self._skip -= 1
            return
        self._finish_last()
        self.seen.append(Seen(address, size))

    def _finish_last(self) -> None:
        now = dict(zip(_NAMES, self._uc.reg_read_batch(_NUMBERS), strict=True))
        now["cpsr"] = without_it_state(now["cpsr"])
        if self.seen:
            self.seen[-1].registers = {name: now[name] for name in _NAMES if now[name] != self._before[name]}
        self._before = now

    def _access(self, uc: Any, kind: int, address: int, size: int, value: int, data: Any) -> None:
        if not self.seen:
            return
        write = kind == unicorn.UC_MEM_WRITE
        if not write:
            value = int.from_bytes(uc.mem_read(address, size), "little")
        for part in range(0, size, 4):
            length = min(4, size)
            shown = value >> 8 * part & ((1 << 8 * length) - 1)
            self.seen[-1].accesses.append(MemoryAccess(write, address + part, length, shown))


def without_it_state(cpsr: int) -> int:
    """Leave out what Unicorn does not keep up to date while it executes."""
    return cpsr & ~psr.IT


def observed(simulation: Simulation, instructions: int) -> list[ExecutedInstruction]:
    """Return what the machine executes next."""
    shown: list[ExecutedInstruction] = []
    core = simulation.system.cores[0]
    core.observe(shown.append)
    simulation.run(RunLimits(instructions=instructions))
    core.observe(None)
    return shown


def as_seen(shown: list[ExecutedInstruction], cpsr: int) -> list[Seen]:
    """Return instructions as Unicorn would show them, the first one being executed with `cpsr`."""
    seen, before = [], without_it_state(cpsr)
    for instruction in shown:
        if not instruction.executed and instruction.instruction_set == "Thumb":
            continue  # Unicorn jumps over it
        registers = {name: value for name, value in instruction.registers if name in _NAMES}
        if "cpsr" in registers:
            registers["cpsr"] = without_it_state(registers["cpsr"])
            if registers["cpsr"] == before:
                del registers["cpsr"]
            else:
                before = registers["cpsr"]
        seen.append(Seen(instruction.address, len(instruction.code), registers, list(instruction.accesses)))
    return seen


def compare(simulation: Simulation, skip: int, instructions: int) -> list[ExecutedInstruction]:
    """Let both execute so many instructions; every one must be the same, with all that it changed and touched."""
    expected = UnicornTrace(simulation, skip, instructions).seen
    if skip:
        simulation.run(RunLimits(instructions=skip))
    state = simulation.system.cores[0].active.save_state()
    assert isinstance(state, ArmState)
    shown = observed(simulation, instructions)
    seen = as_seen(shown, state.cpsr)
    assert len(seen) > 0.9 * instructions
    for mine, theirs in zip(seen, expected, strict=False):
        assert mine == theirs
    return shown


ARM_PART = """
    mov r0, #0xf00000
    mcr p15, 0, r0, c1, c0, 2
    mov r0, #0x40000000
    vmsr fpexc, r0
    mov r0, #5
    movw r1, #0x5678
    movt r1, #0x1234
    mov r2, #0x4000
    mov sp, #0x5000
loop:
    str r1, [r2, r0, lsl #2]
    strh r1, [r2, #0x42]
    ldrsb r3, [r2, #0x42]
    subs r0, r0, #1
    movne r4, r0
    addeq r5, r0, #7
    bne loop
    stmdb sp!, {r0-r5, lr}
    ldmia sp!, {r6-r12}
    strd r0, r1, [r2, #8]
    vmov d3, r1, r2
    vdup.32 q1, r1
    vadd.i16 q2, q1, q1
    vstr d3, [r2, #16]
    vldr d31, [r2, #8]
    vldmia r2, {s4-s6}
    adr r7, pool + 1
    blx r7
done:
    b done
pool:
"""
THUMB_PART = """
    movs r0, #0
    cmp r0, #0
    itete eq
    moveq r1, #1
    movne r1, #2
    streq r1, [r2, #4]
    addne r1, r1, #3
    add.w r3, r1, r2, lsl #3
    bfi r3, r1, #4, #8
    push {r0, r3, lr}
    pop {r0, r3, pc}
"""


def assembled(source: str, at: int, thumb: bool = False) -> bytes:
    mode = keystone.KS_MODE_THUMB if thumb else keystone.KS_MODE_ARM
    encoding, _ = keystone.Ks(keystone.KS_ARCH_ARM, mode).asm(source, at, as_bytes=True)
    return bytes(encoding)


def program() -> Simulation:
    """Return a machine with the program above, which starts at `CODE`; it ends in a branch to itself."""
    simulation = make_simulation(("workload.kernel", "guest:hello"), cpu="atomic")
    arm = assembled(ARM_PART, CODE)
    thumb_at = CODE + len(arm)
    simulation.system.address_map.write_block(CODE, arm + assembled(THUMB_PART, thumb_at, thumb=True))
    return simulation


def test_every_instruction_is_shown_as_unicorn_executes_it() -> None:
    """Conditions, IT blocks, interworking, loads and stores of many registers, VFP and Advanced SIMD."""
    shown = compare(program(), 0, 67)
    text = program().system.architecture.disassemble_executed
    thumb = [(text(each).text, each.executed) for each in shown if each.instruction_set == "Thumb"]
    assert thumb[2:7] == [
        ("itete eq", True),
        ("moveq r1, #1", True),
        ("movne r1, #2", False),
        ("streq r1, [r2, #4]", True),
        ("addne r1, r1, #3", False),
    ]


@pytest.mark.parametrize(
    ("guest", "skip", "instructions"),
    [("vfp-neon", 15_000, 4_000), ("self-modifying", 30_000, 10_000)],
)
def test_a_guest_is_shown_as_unicorn_executes_it(guest: str, skip: int, instructions: int) -> None:
    simulation = make_simulation(("workload.kernel", f"guest:{guest}"), cpu="atomic")
    shown = compare(simulation, skip, instructions)
    assert len({each.address for each in shown}) > 20


# --- a real kernel ----------------------------------------------------------------------------------------------------

START, STOP = 40 * 10**9, 40_050 * 10**6


def test_a_slice_of_a_kernel_is_traced_and_nothing_else_changes(tmp_path: Path) -> None:
    file = tmp_path / "slice.gz"
    plain = make_simulation(*linux(), cpu="kvm")
    traced = make_simulation(*linux(), cpu="kvm")
    limits = RunLimits(time=STOP + 10**9)
    before = run(plain, limits)
    with Trace(traced, ["insts"], file, start=START, stop=STOP, symbols="guest:realview-vmlinux"):
        traced.at(START, lambda: traced.switch("atomic"))
        traced.at(STOP, lambda: traced.switch("kvm"))
        after = run(traced, limits)
    assert (after.instructions, after.time, after.console, after.ram) == (
        before.instructions, before.time, before.console, before.ram,
    )  # fmt: skip
    lines = [line.split(maxsplit=5) for line in gzip.decompress(file.read_bytes()).decode().splitlines()]
    assert [int(line[0]) for line in lines] == list(range(START, STOP, PERIOD))
    symbols = Symbols.from_elf(guest_path("realview-vmlinux"))
    assert {line[1] for line in lines} == {"cpu0"}
    assert all(symbols.locate(int(line[3], 16)) == line[4] for line in lines)


def test_a_slice_of_a_kernel_has_the_encodings_that_its_file_has(tmp_path: Path) -> None:
    """The address, the symbol and the encoding of each line, against what binutils read in the kernel's ELF file."""
    from elftools.elf.elffile import ELFFile

    simulation, lines = make_simulation(*linux(), cpu="atomic"), list[str]()
    with Trace(simulation, ["insts"], lines.append, start=START, stop=STOP, symbols="guest:realview-vmlinux"):
        simulation.run(RunLimits(time=STOP))
    with guest_path("realview-vmlinux").open("rb") as stream:
        elf: Any = ELFFile(stream)
        text = elf.get_section_by_name(".text")
        start, data = text["sh_addr"], text.data()
        functions = {symbol.name: symbol["st_value"] for symbol in elf.get_section_by_name(".symtab").iter_symbols()}
    seen = patched = 0
    for line in lines:
        _, _, _, address, place, encoding, *_ = line.split()
        offset = int(address, 16) - start
        if 0 <= offset < len(data):
            # The kernel patches a few instructions when it starts, such as those that have its physical address.
            patched += struct.unpack_from("<I", data, offset) != (int(encoding, 16),)
            name, _, distance = place.partition("+")
            assert functions[name] + int(distance or "0", 16) == int(address, 16)
            seen += 1
    assert seen > 20_000
    assert patched < 0.01 * seen


def test_both_cpu_models_show_the_same_exceptions_and_device_accesses() -> None:
    """Two engines that share no line of code, through a boot: page faults, system calls, interrupts, all devices."""
    shown = []
    for cpu in ("kvm", "atomic"):
        simulation, lines = make_simulation(*linux(append="vmsim.run='poweroff -f'"), cpu=cpu), list[str]()
        with Trace(simulation, ["exceptions", "mmio"], lines.append, symbols="guest:realview-vmlinux"):
            assert simulation.run(RunLimits(host_seconds=60)) == PowerOff()
        shown.append(lines)
        kinds = [line.split()[2] for line in lines]
        # Devices inside devices, such as each core's private timer, count for themselves.
        counted: list[Any] = [each for each in simulation.system.components.values() if hasattr(each, "reads")]
        assert kinds.count("mmio") == sum(each.reads.value + each.writes.value for each in counted)
    assert shown[0] == shown[1]
    text = "\n".join(shown[0])
    for kind in ("supervisor call, usr to svc", "data abort, usr to abt", "prefetch abort, usr to abt"):
        assert kind in text
    assert re.search(r"exceptions 0xc0\w+ \w+\S* +interrupt, svc to irq, handler 0xffff0018 interrupt=36", text)
    assert re.search(r"mmio +0xc0\w+ gic_\S+ +write 4 gic\.control \[0x1f001000\] 0x00000001", text)


def test_a_trace_ends_before_the_switch_at_its_end_and_begins_after_the_one_at_its_begin(tmp_path: Path) -> None:
    finished = vmsim(
        "run", "realview-linux.yaml", "--switch-at", "40ms=atomic", "--switch-at", "40.001ms=kvm", "--trace", "insts:t",
        "--trace-from", "40ms", "--trace-to", "40.001ms", "--max-time", "41ms", "--console", "none", folder=tmp_path,
    )  # fmt: skip
    assert (finished.code, len(finished.errors)) == (0, 1)
    assert len((tmp_path / "t").read_text().splitlines()) == 10**6 // PERIOD


# --- the documentation ------------------------------------------------------------------------------------------------


def without_numbers(text: str) -> str:
    """Leave out what another compiler of the guest programs may make different, and the host's time."""
    text = re.sub(r"[\d,]+ instructions in [\d.]+ s \([\d.]+ MIPS\)", "", text)
    return re.sub(r"\b(0x)?[0-9a-f]{8}\b|0x[0-9a-f]+|^ *\d+", "N", text, flags=re.MULTILINE)


def test_the_documentation_shows_what_is_printed(tmp_path: Path) -> None:
    page = DOCS / "tracing.md"
    shown = commands_of(page)
    assert len(shown) == 4
    for command, output in shown:
        if command.startswith("vmsim"):
            finished = vmsim(*shlex.split(command)[1:], folder=tmp_path)
            assert finished.code == 0
            seen = [*finished.errors[:-1], *finished.out.splitlines(), *finished.errors[-1:]]
        else:
            seen = (tmp_path / command.removeprefix("cat ")).read_text().splitlines()
        if output:
            assert without_numbers("\n".join(seen)) == without_numbers(output.rstrip("\n"))
    lines = gzip.decompress((tmp_path / "slice.txt.gz").read_bytes()).splitlines()
    assert len(lines) >= 10**9 // PERIOD


def test_the_python_example_of_the_documentation_writes_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = [block.text for block in blocks_of(DOCS / "tracing.md") if block.language == "python"]
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "tracing.md", "exec"), {})
    kinds = [
        line.split()[2] for line in gzip.decompress((tmp_path / "hello.txt.gz").read_bytes()).decode().splitlines()
    ]
    assert kinds.count("insts") == 10**6 // PERIOD
    assert kinds.count("mmio") > 20
