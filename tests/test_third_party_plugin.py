"""A third party's plugin, docs/examples/thermometer: built, installed where nothing of the workspace is, and used."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keystone
import pytest
from fresh_environment import BUILD_ALL, FreshEnvironment, command, outer_environment
from pages import DOCS, THERMOMETER, TUTORIAL, commands_of

pytestmark = [
    pytest.mark.packaging,
    pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed; make test installs it"),
]
LEFT_BY_BUILDS = shutil.ignore_patterns("*.egg-info", "build", "__pycache__")

# --- as the tutorial types it -----------------------------------------------------------------------------------------

TYPED = commands_of(TUTORIAL, "11 Hand it to others")
"""The commands of the tutorial, each with the output that is shown after it."""
STEPS = TYPED[1:]
"""All but the first one, which the fixture `dist` is."""


@pytest.fixture(scope="module")
def outputs(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Type the tutorial's commands, one after the other, in a folder with its files; return what came back."""
    folder = tmp_path_factory.mktemp("tutorial")
    shutil.copytree(DOCS, folder / "docs", ignore=LEFT_BY_BUILDS)
    shutil.copytree(dist, folder / "dist")  # what the first command has made
    environment = outer_environment()
    # A new environment is to have the Python that the wheels were built for.
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    activation: list[str] = []
    outputs = []
    for typed, _ in STEPS:
        done = subprocess.run(
            ["bash", "-c", "\n".join([*activation, typed])],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=120,
        )  # fmt: skip
        outputs.append(done.stdout.replace("\x1b[6n", "").replace("\r", ""))
        if typed.startswith("source "):
            activation.append(typed)
    return outputs


def as_pattern(shown: str) -> str:
    """Return what an output must look like: numbers of host and kernel may be others, and `[...]` is anything."""
    pattern = re.escape(shown.strip()).replace(re.escape("[...]"), "(?s:.*)")
    pattern = re.sub(r"\\\[(?:\\ )+\d+\\\.\d+\\\]", r"\\[ +\\d+\\.\\d+\\]", pattern)
    return re.sub(r"at\\ .*\\ MIPS\\\)", r"at .* MIPS\\)", pattern)


def test_the_tutorial_begins_with_building_everything() -> None:
    assert TYPED[0] == (BUILD_ALL, "")


def test_what_a_page_shows_is_compared() -> None:
    shown = "a (b)\n[...]\n[    1.5] x\nvmsim: power-off at 1.1 s, 2,000 instructions in 0.6 s (4.7 MIPS)\n"
    real = "a (b)\n1\n2\n[   12.25] x\nvmsim: power-off at 1.3 s, 9,000 instructions in 1.6 s (5.0 MIPS)"
    assert re.fullmatch(as_pattern(shown), real)
    assert not re.fullmatch(as_pattern(shown), real.replace("x", "y"))
    assert not re.fullmatch(as_pattern(shown), real.replace("a (b)", "a b"))


@pytest.mark.guest
@pytest.mark.parametrize("step", range(len(STEPS)), ids=[typed for typed, _ in STEPS])
def test_a_command_of_the_tutorial_says_what_the_tutorial_shows(outputs: list[str], step: int) -> None:
    assert re.fullmatch(as_pattern(STEPS[step][1]), outputs[step].strip()), outputs[step]


# --- without an operating system --------------------------------------------------------------------------------------

PROGRAM = """
    movw r4, #0x0000; movt r4, #0x1e00   // the thermometer
    movw r5, #0x0000; movt r5, #0x1e10   // simctl
    movw r6, #0x0100; movt r6, #0x1f00   // GIC: CPU interface
    movw r7, #0x1000; movt r7, #0x1f00   // GIC: distributor
    ldr r0, [r4]
    str r0, [r4, #4]                     // LIMIT: not above what TEMP is now
    mov r0, #1
    str r0, [r7]                         // ICDDCR: enable
    strb r0, [r7, #0x846]                // ICDIPTR of interrupt 70: to core 0
    mov r1, #0x40
    str r1, [r7, #0x108]                 // ICDISER2: enable interrupt 70
    mov r1, #0xff
    str r1, [r6, #4]                     // ICCPMR: all priorities
    str r0, [r6]                         // ICCICR: enable
    wfi                                  // wakes up though interrupts are masked
    ldr r0, [r6, #0xc]                   // ICCIAR: 70
    ldr r1, [r4]                         // TEMP: 0.1 degrees more
    movw r2, #1000
    mla r0, r0, r2, r1
    str r0, [r5, #4]                     // EXIT
"""
"""Waits for the thermometer's interrupt; its exit code is the interrupt's number * 1000 + the temperature."""
EXPECTED_CODE = 70 * 1000 + 216

BOARD = """\
include: realview-pbx-a9.yaml
devices:
  thermometer: {type: acme.thermometer, at: 0x1e000000, irq: 70, celsius: 21.5, period: 1ms}
workload: {kernel: program.bin, format: raw, address: 0x8000}
"""


@dataclass(frozen=True)
class Lab:
    """A fresh environment with the thermometer installed, and a folder with a board that has one."""

    environment: FreshEnvironment
    folder: Path

    def vmsim(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the environment's ``vmsim``."""
        return self.environment.vmsim(*arguments, folder=self.folder)

    def run(self, *arguments: str | Path) -> dict[str, object]:
        """Run the program on the board; return the statistics."""
        statistics = self.folder / "statistics.json"
        statistics.unlink(missing_ok=True)
        done = self.vmsim("run", "board.yaml", "--max-time", "1s", "--stats", statistics.name, *arguments)
        assert statistics.exists(), done.stderr
        found: dict[str, object] = json.loads(statistics.read_text())
        return found


@pytest.fixture(scope="module")
def lab(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder = tmp_path_factory.mktemp("lab")
    source = shutil.copytree(THERMOMETER, folder / "source", ignore=LEFT_BY_BUILDS)
    command("uv", "build", "--quiet", "--out-dir", folder, source)
    [wheel] = folder.glob("acme_vmsim_thermometer-*.whl")
    environment = FreshEnvironment(folder / "environment", dist, wheel, "vmsim-cpu-kvm", "vmsim-platform-realview")
    code, _ = keystone.Ks(keystone.KS_ARCH_ARM, keystone.KS_MODE_ARM).asm(PROGRAM)
    (folder / "program.bin").write_bytes(bytes(code))
    (folder / "board.yaml").write_text(BOARD)
    return Lab(environment, folder)


def test_nothing_comes_from_the_workspace(lab: Lab) -> None:
    program = "import acme_thermometer, vmsim_core; print(acme_thermometer.__file__); print(vmsim_core.__file__)"
    places = command(lab.environment.python, "-c", program, folder=lab.folder).splitlines()
    assert len(places) == 2
    assert all(Path(place).is_relative_to(lab.folder / "environment") for place in places)


def test_a_program_is_woken_by_the_thermometer_and_reads_it(lab: Lab) -> None:
    found = lab.run()
    assert found["guest_exit_code"] == EXPECTED_CODE
    assert found["sim_seconds"] == pytest.approx(1e-3, rel=1e-3)


def test_a_checkpoint_goes_on_in_a_new_process_as_if_nothing_had_been(lab: Lab) -> None:
    uninterrupted = lab.run()
    taken = lab.run("--checkpoint-at", "0.5ms", "--checkpoint-dir", "checkpoints")
    [checkpoint] = (lab.folder / "checkpoints").iterdir()
    restored = lab.run("--restore", checkpoint)
    for name in ("guest_exit_code", "instructions", "sim_seconds"):
        assert taken[name] == restored[name] == uninterrupted[name]
    assert "acme-vmsim-thermometer 1.0" in lab.vmsim("checkpoint", "info", checkpoint).stdout


# --- beside broken ones -----------------------------------------------------------------------------------------------

BROKEN = {
    "acme-broken": ("1 / 0", "cannot be imported: ZeroDivisionError: division by zero"),
    "acme-old": ("VMSIM_ABI_COMPILED = -1", "was built against ABI -1 of the core"),
}
TWIN = (THERMOMETER / "acme_thermometer.py").read_text()


def make_wheel(folder: Path, distribution: str, source: str) -> Path:
    """Write the wheel of a distribution with one device plugin, which has the name of the distribution."""
    name = distribution.replace("-", "_")
    metadata = {
        "METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "entry_points.txt": f"[vmsim.device]\n{distribution} = {name}\n",
    }
    files = {f"{name}.py": source, **{f"{name}-1.0.dist-info/{file}": text for file, text in metadata.items()}}
    record = f"{name}-1.0.dist-info/RECORD"
    files[record] = "".join(f"{file},,\n" for file in [*files, record])
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return wheel


@pytest.fixture
def broken(lab: Lab, tmp_path: Path) -> Iterator[None]:
    lab.environment.install(*(make_wheel(tmp_path, name, source) for name, (source, _) in BROKEN.items()))
    yield
    lab.environment.uninstall(*BROKEN)


@pytest.fixture
def twin(lab: Lab, tmp_path: Path) -> Iterator[None]:
    lab.environment.install(make_wheel(tmp_path, "acme-twin", TWIN))
    yield
    lab.environment.uninstall("acme-twin")


@pytest.mark.usefixtures("broken")
def test_broken_plugins_are_named_with_their_distributions_and_harm_no_other(lab: Lab) -> None:
    assert lab.run()["guest_exit_code"] == EXPECTED_CODE
    warnings = lab.vmsim("run", "board.yaml").stderr.splitlines()
    listed = lab.vmsim("plugins", "--check").stdout
    for name, (_, reason) in BROKEN.items():
        [warning] = [line for line in warnings if f"the plugin {name} ({name}) {reason}" in line]
        assert warning.endswith("it is left out")
        assert re.search(rf"^{name}\t1\.0\t{name}\tdevice\tfailed: .*{re.escape(reason)}", listed, re.MULTILINE)
    assert "thermometer\t1.0\tacme-vmsim-thermometer\tdevice\tloaded" in listed


@pytest.mark.usefixtures("twin")
def test_a_type_that_two_distributions_claim_is_an_error_until_one_is_left_out(lab: Lab) -> None:
    done = lab.vmsim("run", "board.yaml")
    assert done.returncode == 1
    assert done.stderr == (
        "the device type 'acme.thermometer' is offered by acme-twin (acme-twin) and by thermometer "
        "(acme-vmsim-thermometer): uninstall one, or leave one out with --no-plugin NAME\n"
    )
    assert lab.run("--no-plugin", "acme-twin")["guest_exit_code"] == EXPECTED_CODE
