"""The documentation is true: commands exist, examples do what the pages say, blocks are valid, links lead somewhere."""

from __future__ import annotations

import doctest
import inspect
import io
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from pages import DOCS, FENCE, PROJECT, THERMOMETER, TUTORIAL, Block, blocks_of, output_after
from vmsim_core.builder import build_system
from vmsim_core.cli.commands import vmsim_command
from vmsim_core.config import load_description
from vmsim_core.console.recording import Replay
from vmsim_core.console.script import InputScript, read_script
from vmsim_core.device import Device
from vmsim_core.errors import CheckpointError, VmsimError
from vmsim_core.exits import GuestExit, PowerOff
from vmsim_core.plugin_manager import PluginManager
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Field, Section
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.system import System
from whole_system import linux, make_simulation, run

EXAMPLES = DOCS / "examples"
PAGES = sorted(
    [
        PROJECT / "README.md",
        PROJECT / "vmsim_core" / "README.md",
        *PROJECT.glob("plugins/*/README.md"),
        *DOCS.rglob("*.md"),
    ]
)
DEVICE_PAGES = sorted((DOCS / "devices").glob("*.md"))
NOT_ON_THE_BUS = {"disk-images.md", "semihosting.md"}
"""Pages beside the devices that describe something without registers."""

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def blocks(language: str) -> list[Block]:
    found = [block for page in PAGES for block in blocks_of(page) if block.language == language]
    assert found, f"no block in {language}: the pages or this test have changed"
    return found


def vmsim_lines() -> list[tuple[str, str]]:
    """Return the vmsim commands of all console blocks, each with its place."""
    return [
        (str(block), command)
        for block in blocks("console")
        for command, _ in block.commands()
        if command.startswith("vmsim ")
    ]


def options_of(command_line: str) -> dict[str, Any]:
    """Parse a vmsim command line without running it; raises click.UsageError for what vmsim does not understand."""
    words = []
    for word in shlex.split(command_line):
        words.append(word.removesuffix(";"))
        if word.endswith(";"):
            break
    command: click.Command = vmsim_command()
    rest = words[1:]
    while isinstance(command, click.Group):
        if not rest or rest[0] not in command.commands:
            raise click.UsageError(f"no subcommand {rest[:1]}")
        command = command.commands[rest.pop(0)]
    return command.make_context(command.name, rest).params


# --- commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("place", "command"), vmsim_lines())
def test_a_command_exists_with_its_options(place: str, command: str) -> None:
    options_of(command)


def test_the_parser_refuses_what_vmsim_does_not_have() -> None:
    assert options_of("vmsim run a.yaml --max-insts 5; echo $?")["max_insts"] == 5
    for wrong in ("vmsim walk a.yaml", "vmsim run a.yaml --fast", "vmsim run", "vmsim run a.yaml --max-insts many"):
        with pytest.raises(click.UsageError):
            options_of(wrong)


def test_the_readme_and_the_tutorial_show_commands() -> None:
    places = [place for place, _ in vmsim_lines()]
    assert sum(place.startswith("README.md:") for place in places) >= 1
    assert sum(place.startswith("docs/tutorial.md:") for place in places) >= 15


@pytest.mark.parametrize(("place", "command"), vmsim_lines())
def test_files_of_the_project_that_a_command_names_exist(place: str, command: str) -> None:
    for word in shlex.split(command):
        if word.startswith(("docs/", "systems/")):
            assert (PROJECT / word).is_file(), word


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name for page in PAGES for name in re.findall(r"(?:`|^\$ |^)make ([a-z-]+)", page.read_text(), re.MULTILINE)
    }
    assert {"boot", "test", "bench"} <= named
    assert named - targets == set()


# --- links ------------------------------------------------------------------------------------------------------------


def slugs(page: Path) -> set[str]:
    """Return the anchors that a page's headings have."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    broken = []
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = page if not name else page.parent / name
        if not file.exists() or (anchor and anchor not in slugs(file)):
            broken.append(target)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    assert broken_links(page) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n[a](page.md#one) [b](page.md#two) [c](other.md) [d](https://nowhere.invalid)\n")
    assert broken_links(page) == ["page.md#two", "other.md"]


def test_the_index_has_every_page() -> None:
    index = DOCS / "README.md"
    linked = {(DOCS / target.partition("#")[0]).resolve() for target in LINK.findall(index.read_text())}
    pages = {page.resolve() for page in PAGES} - {index.resolve(), (PROJECT / "README.md").resolve()}
    assert pages - linked == set()


# --- blocks -----------------------------------------------------------------------------------------------------------


def description_in(folder: Path, text: str) -> Path:
    """Write a description, or a part of one, beside the thermometer and laid over the ready board."""
    shutil.copy(THERMOMETER / "acme_thermometer.py", folder)
    if "plugins:" not in text:
        text += "plugins: [acme_thermometer.py]\n"
    file = folder / "block.yaml"
    file.write_text(
        text if text.startswith("include:") or "\ninclude:" in text else f"include: realview-pbx-a9.yaml\n{text}"
    )
    return file


def build(file: Path) -> System:
    """Build the system of a description, as `vmsim describe` does: the workload's files need not be there."""
    plugins = PluginManager()
    plugins.load()
    return build_system(load_description(file, plugins), plugins)


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_a_yaml_block_describes_a_system(block: Block, tmp_path: Path) -> None:
    assert build(description_in(tmp_path, block.text)).devices


def test_a_wrong_yaml_block_is_found(tmp_path: Path) -> None:
    with pytest.raises(VmsimError, match="memori"):
        build(description_in(tmp_path, "memori: 1GiB\n"))


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_a_python_block_compiles_and_a_session_says_what_it_shows(block: Block) -> None:
    if ">>>" not in block.text:
        compile(block.text, str(block), "exec")
        return
    session = doctest.DocTestParser().get_doctest(block.text, {}, str(block), str(block.page), block.line)
    report = io.StringIO()
    results = doctest.DocTestRunner().run(session, out=report.write)
    assert results.attempted > 0
    assert results.failed == 0, report.getvalue()


EXAMPLE_FILES = sorted(
    file
    for file in EXAMPLES.rglob("*")
    if file.suffix in {".py", ".toml", ".txt", ".yaml"} and file.parent.suffix != ".egg-info"
)
ONLY_LINKED = {"read.txt", "test_thermometer.py"}


@pytest.mark.parametrize("file", EXAMPLE_FILES, ids=lambda file: file.name)
def test_a_page_shows_an_example_as_it_is_or_links_to_it(file: Path) -> None:
    shown = [block.text for block in blocks_of(TUTORIAL)]
    linked = {(DOCS / target).resolve() for target in LINK.findall(TUTORIAL.read_text())}
    assert file.resolve() in linked
    if file.name not in ONLY_LINKED:
        assert file.read_text() in shown


def test_the_readme_shows_the_example_device_and_its_board() -> None:
    shown = {block.text for block in blocks_of(PROJECT / "README.md")}
    assert (THERMOMETER / "acme_thermometer.py").read_text() in shown
    assert (THERMOMETER / "my-board.yaml").read_text() in shown


# --- examples ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", sorted(EXAMPLES.rglob("*.yaml")), ids=lambda file: file.name)
def test_an_example_describes_a_system(file: Path) -> None:
    simulation = Simulation.from_yaml(file)
    assert "uart3" not in simulation.system.devices
    assert "uart0" in simulation.system.devices


def test_the_thermometer_measures_and_interrupts() -> None:
    system = Simulation.from_yaml(THERMOMETER / "my-board.yaml").system
    thermometer: Any = system.devices["thermometer"]
    bus = system.address_map
    assert bus.read(0x1E000000, 4) == 215
    bus.write(0x1E000004, 4, 215)
    assert not thermometer.irq.level
    bus.write(0x1E000004, 4, 214)
    assert thermometer.irq.level
    assert bus.read(0x1F001208, 4) == 1 << 70 - 64, "pending in the GIC"
    thermometer.measure(20)
    assert not thermometer.irq.level
    assert bus.read(0x1E000000, 4) == 200
    thermometer.reset()
    assert (bus.read(0x1E000000, 4), bus.read(0x1E000004, 4)) == (215, 1000)


@pytest.mark.parametrize("value", ["warm", "-5"])
def test_the_thermometers_parameter_is_checked(value: str) -> None:
    with pytest.raises(VmsimError, match=r"devices\.thermometer\.celsius"):
        Simulation.from_yaml(THERMOMETER / "my-board.yaml", overrides=(("devices.thermometer.celsius", value),))


def test_a_shown_mistake_is_what_vmsim_says() -> None:
    command = "vmsim run docs/examples/thermometer/my-board.yaml --set devices.thermometer.celsius=warm"
    with pytest.raises(VmsimError) as caught:
        Simulation.from_yaml(THERMOMETER / "my-board.yaml", overrides=(("devices.thermometer.celsius", "warm"),))
    assert output_after(TUTORIAL, command).splitlines() == caught.value.lines()


def test_the_device_tree_shows_the_thermometer_as_the_tutorial_does() -> None:
    from vmsim_core.device_tree_source import device_tree_source

    system = Simulation.from_yaml(THERMOMETER / "my-board.yaml").system
    source = device_tree_source(system.platform.device_tree(system.workload))
    shown = output_after(TUTORIAL, "vmsim describe docs/examples/thermometer/my-board.yaml --dts")
    assert shown.replace("[...]\n", "") in source


def run_with_script(simulation: Simulation, script: Path) -> tuple[list[str], object]:
    """Run with a script at the console; return the lines of the console without the prompt's escape, and the cause."""
    InputScript(read_script(str(script)), simulation.console, simulation.system.events)
    outcome = run(simulation, RunLimits(host_seconds=60))
    return outcome.text.replace("\x1b[6n", "").replace("\r", "").splitlines(), outcome.cause


def shown_lines(command: str) -> list[str]:
    """Return what the tutorial shows of a command's output, without kernel messages and vmsim's own lines."""
    return [line for line in output_after(TUTORIAL, command).splitlines() if not line.startswith(("[", "vmsim: "))]


@pytest.mark.guest
def test_the_guest_reads_the_thermometer_as_the_tutorial_shows() -> None:
    simulation = Simulation.from_yaml(THERMOMETER / "my-board.yaml")
    simulation.load_workload()
    console, cause = run_with_script(simulation, THERMOMETER / "read.txt")
    assert cause == PowerOff()
    shown = shown_lines("vmsim run docs/examples/thermometer/my-board.yaml --input docs/examples/thermometer/read.txt")
    assert {"0x000000D7", "0x000000D8", "0x00000040"} < set(shown)
    start = console.index(shown[0])
    assert console[start : start + len(shown)] == shown
    assert simulation.system.devices["thermometer"].reads.value == 2


@pytest.mark.guest
def test_the_script_of_the_tutorial_types_and_switches_off() -> None:
    simulation = Simulation.from_yaml("realview-linux.yaml")
    simulation.load_workload()
    console, cause = run_with_script(simulation, EXAMPLES / "linux" / "version.txt")
    assert cause == PowerOff()
    start = console.index("/root # uname -srm")
    assert re.fullmatch(r"Linux 6\.1\.\d+-vmsim armv7l", console[start + 1])
    assert console[start + 2] == "/root # poweroff -f"


@pytest.mark.guest
def test_the_python_script_of_the_tutorial_says_what_the_tutorial_shows() -> None:
    script = THERMOMETER / "warm.py"
    result = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, timeout=60)

    def without_counts(text: str) -> str:
        """Leave out what differs from kernel to kernel."""
        return re.sub(r"[\d,.]+( ms| instructions)|pc=0x[0-9a-f]{8}", r"N\1", text)

    assert "0x00000172" in result.stdout
    assert without_counts(result.stdout) == without_counts(
        output_after(TUTORIAL, "python docs/examples/thermometer/warm.py")
    )


@pytest.mark.guest
def test_the_own_system_of_the_tutorial_boots_on_a_slower_core() -> None:
    times = []
    for overrides in ((), (("cpus.0.clock", "1GHz"),)):
        simulation = Simulation.from_yaml(EXAMPLES / "linux" / "my-linux.yaml", overrides=overrides)
        simulation.load_workload()
        simulation.run(RunLimits(text="user space reached", host_seconds=60))
        times.append(simulation.time)
    assert times[0] / times[1] == pytest.approx(2, rel=0.05)


@pytest.mark.guest
def test_the_bare_metal_programs_of_the_tutorial_end_as_shown() -> None:
    simulation = make_simulation(("workload.kernel", "guest:hello"))
    outcome = run(simulation, RunLimits(host_seconds=60))
    assert outcome.cause == GuestExit(0)
    shown = output_after(TUTORIAL, "vmsim run realview-pbx-a9.yaml --kernel guest:hello").splitlines()
    assert outcome.text.splitlines() == shown[:2]
    assert run(
        make_simulation(("workload.kernel", "guest:exit-code"), ("workload.arguments", "['exit-code', '7']")),
        RunLimits(host_seconds=60),
    ).cause == GuestExit(7)


@pytest.mark.guest
def test_a_replay_does_what_the_recorded_session_did(tmp_path: Path) -> None:
    recording = tmp_path / "session.rec"
    recording.write_text("vmsim input recording, version 1\n596295776999 uart0 756e616d65202d720d\n900000000000 quit\n")
    counts = []
    for _ in range(2):
        simulation = make_simulation(*linux())
        replay_quits: list[bool] = []

        def quit_run(simulation: Simulation = simulation, seen: list[bool] = replay_quits) -> None:
            seen.append(True)
            simulation.system.request_exit(PowerOff())

        Replay(recording, simulation.system.serial_ports, simulation.system.events, quit_run)
        outcome = run(simulation, RunLimits(host_seconds=60))
        assert replay_quits == [True]
        assert "-vmsim" in outcome.text.rpartition("uname -r")[2]
        counts.append(outcome)
    assert counts[0] == counts[1]


# --- devices ----------------------------------------------------------------------------------------------------------


def types_of(page: Path) -> set[str]:
    """Return the device types that a page's title names."""
    return set(re.findall(r"`([^`]+)`", page.read_text().splitlines()[0]))


def test_each_device_type_has_one_page_and_each_page_a_device_type() -> None:
    plugins = PluginManager()
    plugins.load()
    documented = [name for page in DEVICE_PAGES for name in types_of(page)]
    assert sorted(documented) == sorted(plugins.devices)
    assert {page.name for page in DEVICE_PAGES if not types_of(page)} == NOT_ON_THE_BUS


@pytest.mark.parametrize("page", DEVICE_PAGES, ids=lambda page: page.name)
def test_the_parameters_on_a_devices_page_exist(page: Path) -> None:
    plugins = PluginManager()
    plugins.load()
    known = {field for name in types_of(page) for field in plugins.devices[name].Params.model_fields}
    rows = re.findall(r"^\| `([^`]+)`", page.read_text(), re.MULTILINE)
    assert set(rows) <= known
    assert known - {"at", "irq"} <= set(rows)


# --- what plugin authors are told -------------------------------------------------------------------------------------

PLUGINS = DOCS / "plugins.md"


def first_column(part: str) -> list[str]:
    """Return what the rows of a table in plugins.md begin with; the table stands under the heading `part`."""
    text = PLUGINS.read_text().partition(f"# {part}\n")[2].partition("\n#")[0]
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def test_every_way_to_declare_a_register_is_told() -> None:
    ways = {name for name in vars(RegisterTable) if not name.startswith("_")}
    assert set(first_column("Registers")) == ways - {"find"}


def test_the_attributes_and_methods_of_a_device_exist_as_told() -> None:
    for attribute in first_column("What the class says"):
        assert hasattr(Device, attribute) or attribute in Device.__annotations__
    told = first_column("Methods to override")
    assert len(told) >= 8
    for call in told:
        name, _, arguments = call.removesuffix(")").partition("(")
        signature = inspect.signature(getattr(Device, name))
        assert ", ".join(signature.parameters) == f"self, {arguments}".removesuffix(", ")


def test_the_example_of_the_page_passes_its_own_tests() -> None:
    names: dict[str, Any] = {"__name__": "plugins_page"}
    for block in blocks_of(PLUGINS):
        if block.language == "python":
            exec(compile(block.text, str(block), "exec"), names)
    tests = [name for name in names if name.startswith("test_")]
    assert len(tests) == 2
    for name in tests:
        names[name]()
    laps = Section("stopwatch", "acme.stopwatch")
    names["make_stopwatch"]().serialize(laps)
    laps.fields["laps"] = Field([0] * 5, "us")
    with pytest.raises(CheckpointError, match="laps"):
        names["make_stopwatch"]().deserialize(laps)


# --- nothing private --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [*PAGES, *EXAMPLE_FILES], ids=lambda page: str(page.relative_to(PROJECT)))
def test_no_page_names_a_place_on_somebodys_machine(page: Path) -> None:
    assert re.findall(r"(?<!\w)/(?:work|home|tmp|Users)/\S*", page.read_text()) == []
