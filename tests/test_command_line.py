"""The real program with the real board: what it prints and writes, and with which code it ends."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import libfdt
import pytest
import yaml
from vmsim_core.exits import TextSeen
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_guests import guest_path
from vmsim_program import Finished, read_statistics, vmsim
from whole_system import PROJECT, USER_SPACE, run, without_host_times

pytestmark = pytest.mark.guest
BOARD = "realview-pbx-a9.yaml"
LINUX = "realview-linux.yaml"
"""Found in the folder of the platform's plugin, wherever the command is given."""


@dataclass(frozen=True)
class Boot:
    """What a boot from the command line left in its files."""

    console: bytes
    statistics: dict[str, Any]

    @property
    def text(self) -> str:
        """The console as text."""
        return self.console.decode().replace("\r", "")


def boot(folder: Path, *options: str | Path, system: str = LINUX, name: str = "boot") -> Boot:
    """Boot to user space."""
    console, statistics = folder / f"{name}.console", folder / f"{name}.json"
    files = ("--console", f"file:{console}", "--stats", statistics)
    done = vmsim("run", system, *options, "--until-text", USER_SPACE, "--host-timeout", "100", *files, folder=folder)
    assert (done.code, done.out) == (0, ""), done.err
    return Boot(console.read_bytes(), read_statistics(statistics))


@pytest.fixture(scope="module")
def plain_boot(tmp_path_factory: pytest.TempPathFactory) -> Boot:
    return boot(tmp_path_factory.mktemp("plain"))


# --- exit codes -------------------------------------------------------------------------------------------------------


def ended(cause: str, done: Finished) -> bool:
    """Whether the last line tells that the run ended for `cause`."""
    return done.errors[-1].startswith(f"vmsim: {cause} ")


def run_program(name: str, *options: str, folder: Path) -> Finished:
    return vmsim("run", BOARD, "--kernel", f"guest:{name}", "--console", "none", *options, folder=folder)


@pytest.mark.parametrize(
    ("program", "cause"),
    [
        ("hello", "guest-exit with code 0"),
        ("power-off", "power-off"),
        ("halt", "halt"),
    ],
)
def test_an_end_that_the_guest_chose_is_a_success(program: str, cause: str, tmp_path: Path) -> None:
    done = run_program(program, folder=tmp_path)
    assert done.code == 0
    assert ended(cause, done)


def test_a_program_that_ends_with_a_code_of_its_own_is_a_failure_and_the_code_is_in_the_statistics(
    tmp_path: Path,
) -> None:
    arguments = ("--arg", "exit-code", "--arg", "42", "--stats", "s.json")
    done = run_program("exit-code", *arguments, folder=tmp_path)
    assert done.code == 1
    assert ended("guest-exit with code 42", done)
    assert read_statistics(tmp_path / "s.json")["guest_exit_code"] == 42
    assert run_program("exit-code", "--arg", "exit-code", "--arg", "0", folder=tmp_path).code == 0


def test_a_text_that_was_seen_is_a_success(plain_boot: Boot) -> None:
    assert plain_boot.statistics["exit_cause"] == "text-seen"
    assert plain_boot.console.endswith(USER_SPACE.encode())


LIMITS = {"--max-insts": ("1000", "instruction-limit"), "--max-time": ("1ms", "time-limit"),
          "--host-timeout": ("0.3", "host-time-limit")}  # fmt: skip


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_is_a_success_but_not_before_the_text(limit: str, tmp_path: Path) -> None:
    value, cause = LIMITS[limit]
    # Busy for longer than any of the limits.
    arguments = ("run", LINUX, "--append", "vmsim.run=yes", "--console", "none", limit, value)
    asked = vmsim(*arguments, folder=tmp_path)
    assert asked.code == 0
    assert ended(cause, asked)
    too_early = vmsim(*arguments, "--until-text", "no such text", folder=tmp_path)
    assert too_early.code == 3
    assert ended(f"{cause} before 'no such text' was seen", too_early)


def test_a_guest_that_ends_before_the_text_is_an_error(tmp_path: Path) -> None:
    done = run_program("hello", "--until-text", "no such text", folder=tmp_path)
    assert done.code == 1
    assert ended("guest-exit with code 0 before 'no such text' was seen", done)


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", LINUX, "--fast"],
        ["run", LINUX, "--max-time", "5"],
        ["run", LINUX, "--until-text", ""],
        ["describe"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_that_says_where_help_is(arguments: list[str], tmp_path: Path) -> None:
    done = vmsim(*arguments, folder=tmp_path)
    assert (done.code, done.out) == (2, "")
    [line] = done.errors
    assert line.endswith("--help)")


# --- what a run writes ------------------------------------------------------------------------------------------------


def test_the_statistics_have_the_promised_keys(plain_boot: Boot) -> None:
    statistics = plain_boot.statistics
    assert set(statistics) == {
        "instructions",
        "instructions_run",
        "instructions_by_cpu",
        "sim_seconds",
        "host_seconds",
        "switches",
        "checkpoints",
        "exit_cause",
        "guest_exit_code",
        "stats",
    }
    count = statistics["instructions"]
    assert statistics["instructions_run"] == count > 1_000_000
    assert statistics["instructions_by_cpu"] == {"kvm": count}
    # Two cycles of 1 GHz for an instruction, and idle time.
    assert round(statistics["sim_seconds"] * 1e9) >= count * 2
    assert 0 < statistics["host_seconds"] < 100
    assert (statistics["switches"], statistics["checkpoints"], statistics["guest_exit_code"]) == (0, 0, None)
    assert statistics["stats"]["cpu0"]["instructions"]["value"] == count
    assert set(statistics["stats"]["cpu0"]["instructions"]) == {"value", "unit", "description"}


def test_the_console_file_has_exactly_what_the_first_uart_sent(plain_boot: Boot) -> None:
    simulation = Simulation.from_yaml(PROJECT / "systems" / LINUX)
    simulation.load_workload()
    outcome = run(simulation, RunLimits(text=USER_SPACE))
    assert outcome.cause == TextSeen(USER_SPACE)
    assert plain_boot.console == outcome.console
    assert plain_boot.console.startswith(b"[    0.000000] Booting Linux on physical CPU 0x0\r\n")


def test_two_runs_give_the_same_statistics_and_console(plain_boot: Boot, tmp_path: Path) -> None:
    again = boot(tmp_path)
    assert again.console == plain_boot.console
    assert without_host_times(again.statistics) == without_host_times(plain_boot.statistics)


def test_standard_output_is_the_console_and_nothing_else(tmp_path: Path) -> None:
    done = vmsim("run", BOARD, "--kernel", "guest:hello", "--console", "stdio", folder=tmp_path)
    file = vmsim("run", BOARD, "--kernel", "guest:hello", "--console", "file:sent", folder=tmp_path)
    assert done.code == file.code == 0
    said_through_the_simulator = file.out
    # Universal newlines: the guest's carriage returns are not kept by a pipe that is read as text.
    sent = (tmp_path / "sent").read_text()
    assert sorted(done.out) == sorted(sent + said_through_the_simulator)
    assert "hello from bare metal" in sent


def test_a_finished_run_leaves_no_other_files(tmp_path: Path) -> None:
    assert run_program("hello", "--stats", "s.json", folder=tmp_path).code == 0
    assert [each.name for each in tmp_path.iterdir()] == ["s.json"]


# --- options ----------------------------------------------------------------------------------------------------------


def test_the_kernel_can_be_a_file_and_an_elf(plain_boot: Boot, tmp_path: Path) -> None:
    zimage = os.path.relpath(guest_path("realview"), tmp_path)
    assert boot(tmp_path, "--kernel", zimage, name="zimage").console == plain_boot.console
    assert boot(tmp_path, "--kernel", "guest:realview-vmlinux", name="elf").console == plain_boot.console


def test_the_command_line_of_the_kernel_is_appended(tmp_path: Path) -> None:
    command = 'console=ttyAMA0 quiet vmsim.run="echo =$((6*7))=; cat /proc/cmdline"'
    done = vmsim("run", LINUX, "--append", command, folder=tmp_path)
    assert done.code == 0
    assert "=42=" in done.out
    assert command in done.out
    assert "Booting Linux" not in done.out, "quiet"
    [end] = done.errors
    assert end.startswith("vmsim: power-off at "), (
        "nothing that Linux does to the board, switching it off included, is odd"
    )


def test_the_initial_ram_disk_can_be_ones_own(tmp_path: Path) -> None:
    (tmp_path / "init").write_text("#!/bin/busybox sh\necho made by a test\n/bin/busybox poweroff -f\n")
    made = vmsim("guest", "build", "initramfs", "--init", "init", "-o", "own.cpio", folder=tmp_path)
    assert made.code == 0, made.err
    done = vmsim("run", LINUX, "--initrd", "own.cpio", folder=tmp_path)
    assert done.code == 0
    assert "\nmade by a test\n" in done.out


def test_the_device_tree_can_be_ones_own(tmp_path: Path) -> None:
    model = "A board that a test has made"
    simulation = Simulation.from_yaml(PROJECT / "systems" / LINUX)
    generated = simulation.system.platform.device_tree(simulation.system.workload)
    tree = libfdt.Fdt(generated)
    tree.resize(len(generated) + 4096)
    tree.setprop_str(tree.path_offset("/"), "model", model)
    (tmp_path / "own.dtb").write_bytes(tree.as_bytearray())
    assert f"Machine model: {model}" in boot(tmp_path, "--dtb", "own.dtb").text


def test_settings_are_laid_over_the_description(tmp_path: Path) -> None:
    settings = ("--set", "memory=64MiB", "--set", "devices.uart3=null", "--set", "cpus.0.cpi=4")
    booted = boot(tmp_path, *settings)
    assert "/65536K available" in booted.text
    assert "ttyAMA2" in booted.text
    assert "ttyAMA3" not in booted.text
    assert booted.statistics["stats"]["cpu0"]["kvm"]["instruction_ticks"]["value"] == 4000


def test_ones_own_description_is_a_few_lines(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        f"include: {LINUX}\nmemory: 64MiB\nworkload: {{append: console=ttyAMA0 mine}}\n"
    )
    text = boot(tmp_path, system="mine.yaml").text
    assert "/65536K available" in text
    assert "Kernel command line: console=ttyAMA0 mine" in text


# --- mistakes ---------------------------------------------------------------------------------------------------------

FROM_REALVIEW = "(from plugin realview (vmsim-platform-realview))"
LAUGHS = "".join(
    f"{name}: &{name} [{', '.join([f'*{before}' if before else 'ha'] * 10)}]\n"
    for name, before in zip("abcdefgh", ["", *"abcdefg"], strict=True)
)

# What stands below `include: realview-pbx-a9.yaml`, and what is said about it.
MISTAKES = {
    "wrong YAML": (
        "memory: [64MiB\n",
        ["mine.yaml:3:1: is not valid YAML: expected ',' or ']', but got '<stream end>' (while parsing a flow "
         "sequence)"],
    ),
    "a key given twice": (
        "memory: 64MiB\nmemory: 128MiB\n",
        ["mine.yaml:3:1: the key 'memory' is given twice; the first is at mine.yaml:2:1"],
    ),
    "a document that explodes": (LAUGHS, ["mine.yaml:2:36: is too large or too deep when its aliases are written out"]),
    "wrong keys and values": (
        "memmory: 64MiB\n"
        "memory: lots\n"
        "cpus: [{start: kvn, clok: 1GHz, models: {kvm: {engine: bochs}}}]\n"
        "devices:\n"
        "  uart0: {adress: 4}\n"
        "  uart7: null\n"
        "  mine: {type: pl0111, at: 0x1e200000}\n"
        "workload: {kernal: x}\n",
        ["mine.yaml:2:1: memmory: unknown key; did you mean 'memory'?",
         "mine.yaml:3:9: memory: 'lots' is not a size; write it like 256MiB (units: B, KiB, MiB, GiB, k, M, G)",
         "mine.yaml:4:16: cpus.0.start: no CPU model 'kvn' is installed (its distribution may be vmsim-cpu-kvn); did "
         "you mean 'kvm'?",
         "mine.yaml:4:21: cpus.0.clok: unknown key; did you mean 'clock'?",
         "mine.yaml:4:56: cpus.0.models.kvm.engine: 'bochs' is none of 'auto', 'unicorn' or 'kvm' (from plugin kvm "
         "(vmsim-cpu-kvm))",
         f"mine.yaml:6:11: devices.uart0.adress: unknown key; known are at, baud, irq, uartclk {FROM_REALVIEW}",
         "mine.yaml:7:10: devices.uart7: there is no such device to take away; did you mean 'uart3'?",
         "mine.yaml:8:16: devices.mine.type: no device type 'pl0111' is installed; did you mean 'pl111'?",
         "mine.yaml:9:12: workload.kernal: unknown key; did you mean 'kernel'?"],
    ),
    "what does not fit together": (
        "memory: 2GiB\n"
        "cpus: [{start: kvm}, {start: kvm}, {start: kvm}, {start: kvm}, {start: kvm}]\n",
        ["mine.yaml:3:64: cpus.4: realview-pbx-a9 has 4 cores at most",
         "mine.yaml:2:9: memory: 2GiB is more than realview-pbx-a9 can have, 1GiB"],
    ),
    "addresses and interrupts that are taken or cannot be": (
        "devices:\n"
        "  ram: {type: pl011, at: 0x8000000, irq: 90}\n"
        "  uart: {type: pl011, at: 0x10009800, irq: 61}\n"
        "  own: {type: pl011, at: 0x1e200000, irq: 62}\n"
        "  other: {type: sp804, at: 0x1e200ffc, irq: 63}\n"
        "  end: {type: pl011, at: 0xffffff00, irq: 64}\n"
        "  odd: {type: pl011, at: 0x1e300002, irq: 65}\n"
        "  large: {type: pl011, at: 0x1e301000, irq: 500}\n"
        "  small: {type: pl011, at: 0x1e302000, irq: 5}\n"
        "  taken: {type: pl011, at: 0x1e303000, irq: 44}\n",
        ["mine.yaml:3:26: devices.ram.at: 0x8000000 to 0x8000fff overlaps RAM (alias) (0x0 to 0xfffffff)",
         "mine.yaml:4:27: devices.uart.at: 0x10009800 to 0x1000a7ff overlaps uart0 (0x10009000 to 0x10009fff)",
         "mine.yaml:6:28: devices.other.at: 0x1e200ffc to 0x1e201ffb overlaps own (0x1e200000 to 0x1e200fff)",
         "mine.yaml:7:26: devices.end.at: 0xffffff00 to 0x100000eff is not inside the address space of 0x100000000 "
         "bytes",
         "mine.yaml:8:26: devices.odd.at: 0x1e300002 is no multiple of 4, as a device's address must be",
         "mine.yaml:9:45: devices.large.irq: gic has no input for interrupt 500: take one from 32 to 95",
         "mine.yaml:10:45: devices.small.irq: gic has no input for interrupt 5: take one from 32 to 95",
         "mine.yaml:11:45: devices.taken.irq: interrupt 44 is uart0's already"],
    ),
    "no interrupt controller": (
        "devices: {gic: null, gic-cpu-interface: null}\n",
        ["realview-pbx-a9.yaml:33:44: devices.mmci.irq: the system has no interrupt controller that this could be "
         "connected to"],
    ),
    "missing files": (
        "workload: {kernel: nowhere/zImage, initrd: nowhere.cpio}\n",
        ["mine.yaml:2:20: workload.kernel: there is no file FOLDER/nowhere/zImage",
         "mine.yaml:2:44: workload.initrd: there is no file FOLDER/nowhere.cpio"],
    ),
    "broken one-file plugins": (
        "plugins: [broken.py, none.py, leaves.py]\n",
        ["mine.yaml:2:11: plugins: the plugin FOLDER/broken.py cannot be loaded: SyntaxError: invalid syntax "
         "(broken.py, line 1)",
         "mine.yaml:2:22: plugins: the plugin FOLDER/none.py cannot be loaded: FileNotFoundError: [Errno 2] No such "
         "file or directory: 'FOLDER/none.py'",
         "mine.yaml:2:31: plugins: the plugin FOLDER/leaves.py cannot be loaded: SystemExit: 3"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_in_a_description_is_one_line_with_its_place(mistake: str, tmp_path: Path) -> None:
    text, expected = MISTAKES[mistake]
    (tmp_path / "mine.yaml").write_text(f"include: {BOARD}\n{text}")
    (tmp_path / "broken.py").write_text("this is no Python\n")
    (tmp_path / "leaves.py").write_text("import sys\nsys.exit(3)\n")
    done = vmsim("run", "mine.yaml", folder=tmp_path)
    shown = [re.sub(r"^\S*/(realview-pbx-a9\.yaml:)", r"\1", line) for line in done.errors]
    assert shown == [line.replace("FOLDER", str(tmp_path)) for line in expected]
    assert (done.code, done.out) == (1, "")


# Options of `vmsim run realview-linux.yaml`, and what is said about them.
WRONG_OPTIONS = {
    "a kernel that is not there": (["--kernel", "none"], r"kernel \S*/none: No such file or directory"),
    "a kernel that is a text": (
        ["--kernel", __file__],
        r"\S*test_command_line.py is no kernel: neither a zImage nor an ELF file; "
        "for an Image or a raw binary say format: and address:",
    ),
    "a kernel that is a program of the host": (
        ["--kernel", str(Path(sys.executable).resolve())], r"\S* is no (program for this machine|executable ELF file).*"
    ),
    "a kernel that is cut off": (["--kernel", "half"], r"\S*half is damaged: its header tells of \d+ bytes.*"),
    "an unknown guest": (
        ["--kernel", "guest:realvew"], "guest:realvew: there is no guest of that name; did you mean realview .*"
    ),
    "a device tree that is none": (["--dtb", __file__], r"dtb \S*: is damaged, or not a device tree blob.*"),
    "a CPU model whose plugin is missing": (
        ["--cpu", "o3"],
        r"--cpu o3: cpus.0.start: no CPU model 'o3' is installed \(its distribution may be vmsim-cpu-o3\); known are.*",
    ),
    "a plugin that is left out": (
        ["--no-plugin", "kvm"],
        r"\S*realview-pbx-a9.yaml:\d+:\d+: cpus.0.start: no CPU model 'kvm' is installed .*; "
        r"its plugin kvm \(vmsim-cpu-kvm\) is left out by --no-plugin",
    ),
    "a board that is left out": (
        ["--no-plugin", "realview"],
        r"\S*realview-pbx-a9.yaml:\d+:\d+: platform: no platform 'realview-pbx-a9' is installed; "
        r"--no-plugin leaves out realview \(vmsim-platform-realview\)",
    ),
    "an architecture that is left out": (
        ["--no-plugin", "arm"], r"\S*: platform: the board needs the architecture 'arm', .* is left out by --no-plugin"
    ),
    "guests that are left out": (
        ["--no-plugin", "guest"], "no plugin knows what guest:realview stands for; install .*"
    ),
    "a setting that is no YAML": (["--set", "memory=["], "--set memory: is not valid YAML: .*"),
    "statistics that cannot be written": (
        ["--stats", "none/s.json"], "--stats none/s.json: there is no folder none"
    ),
    "a console that cannot be written": (
        ["--console", "file:none/c"], "console: cannot write to none/c: No such file or directory"
    ),
    "a recording that is none": (["--replay", __file__], r"\S*:1:1: this is no input recording of this version .*"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG_OPTIONS)
def test_a_mistake_in_an_option_is_one_line(mistake: str, tmp_path: Path) -> None:
    options, expected = WRONG_OPTIONS[mistake]
    if "half" in options:
        (tmp_path / "half").write_bytes(guest_path("realview").read_bytes()[:300_000])
    done = vmsim("run", PROJECT / "systems" / LINUX, *options, folder=tmp_path)
    assert (done.code, done.out) == (1, "")
    [line] = done.errors
    assert re.fullmatch(expected, line)


def test_a_description_that_is_not_there_suggests_one_that_is(tmp_path: Path) -> None:
    done = vmsim("run", "realview-linus.yaml", folder=tmp_path)
    assert done.code == 1
    [line] = done.errors
    assert line.startswith("there is no file realview-linus.yaml (looked in ., ")
    assert line.endswith("did you mean 'realview-linux.yaml'?")


# --- describe and plugins ---------------------------------------------------------------------------------------------


def test_the_installed_plugins_are_listed(tmp_path: Path) -> None:
    for check, state in ((), "installed"), (("--check",), "loaded"):
        done = vmsim("plugins", *check, folder=tmp_path)
        assert done.code == 0
        header, *rows = [line.split("\t") for line in done.out.splitlines()]
        assert header == ["name", "version", "distribution", "kind", "state"]
        states = {(name, distribution, kind): shown for name, _, distribution, kind, shown in rows}
        assert states[("arm", "vmsim-arch-arm", "arch")] == state
        assert states[("kvm", "vmsim-cpu-kvm", "cpu")] == state
        assert states[("realview", "vmsim-platform-realview", "platform")] == state
        assert states[("guest", "vmsim-guests", "command")] == "loaded"
    done = vmsim("plugins", "--no-plugin", "kvm", folder=tmp_path)
    assert [line.split("\t")[4] for line in done.out.splitlines() if line.startswith("kvm\t")] == ["disabled"]


DEVICE = """\
import vmsim_core as vmsim

class Lamp(vmsim.Device):
    type_name = "acme.lamp"
    device_tree = {"compatible": ["acme,lamp"]}
    registers = vmsim.RegisterTable(size=0x100)
    on = registers.read_write(0x0)

@vmsim.hookimpl
def vmsim_devices() -> list[type[vmsim.Device]]:
    return [Lamp]
"""


def test_a_system_is_described_with_what_the_user_added(tmp_path: Path) -> None:
    (tmp_path / "lamp.py").write_text(DEVICE)
    (tmp_path / "mine.yaml").write_text(
        f"include: {LINUX}\nplugins: [lamp.py]\ndevices: {{lamp: {{type: acme.lamp, at: 0x1e200000, irq: 70}}}}\n"
    )
    done = vmsim("describe", "mine.yaml", folder=tmp_path)
    assert (done.code, done.err) == (0, "")
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert {"Components:", "Memory map:", "Interrupts:"} <= set(lines)
    assert "uart0 pl011 realview (vmsim-platform-realview)" in lines
    assert "lamp acme.lamp file lamp.py" in lines
    assert "0x10009000 - 0x10009fff 4KiB uart0 pl011" in lines
    assert "0x1e200000 - 0x1e2000ff 256B lamp acme.lamp" in lines
    assert "0x70000000 - 0x7fffffff 256MiB RAM RAM" in lines
    assert "44 uart0 uart0.irq" in lines
    assert "70 lamp lamp.irq" in lines
    places = [(int(first, 16), int(last, 16)) for first, last in re.findall(r"(0x\w+) - (0x\w+)", done.out)]
    assert places == sorted(places)
    assert all(end < start for (_, end), (start, _) in pairwise(places))

    source = vmsim("describe", "mine.yaml", "--dts", "--append", "mine", folder=tmp_path).out
    assert source.startswith("/dts-v1/;\n")
    assert source.count("{") == source.count("}")
    assert 'bootargs = "mine";' in source
    assert 'model = "ARM RealView Platform Baseboard Explore for Cortex-A9";' in source
    assert re.search(r'lamp@1e200000 \{[^}]*compatible = "acme,lamp";[^}]*reg = <0x1e200000 0x100>;', source)
    assert re.search(r"serial@10009000 \{[^}]*interrupts = <0x0 0xc 0x4>;", source), "shared interrupt 12, high level"


@pytest.fixture(scope="module")
def schema() -> Any:
    done = vmsim("describe", "--schema")
    assert done.code == 0
    return json.loads(done.out)


def test_the_schema_is_one(schema: Any) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert {"include", "platform", "memory", "cpus", "devices", "workload", "plugins"} <= set(schema["properties"])
    text = json.dumps(schema)
    references = set(re.findall(r'"\$ref": "#/\$defs/(\w+)"', text))
    assert references <= set(schema["$defs"])
    assert '"pl011"' in text


def test_the_schema_agrees_with_the_shipped_systems(schema: Any) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for file in (PROJECT / "systems").glob("*.yaml"):
        validator.validate(yaml.safe_load(file.read_text()))
    assert not validator.is_valid({"memmory": "64MiB"})
    kinds = [("atomic", "warming", True), ("atomic", "warmth", False), ("atomc", "warming", False)]
    for kind, parameter, valid in kinds:
        models = {"warm": {"type": kind, parameter: True}, "o3": {"rob_entries": 56}}
        assert validator.is_valid({"cpus": [{"models": models}]}) == valid
    assert not validator.is_valid({"devices": {"uart0": {"type": "pl011", "adress": 4}}})
