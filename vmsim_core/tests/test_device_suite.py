"""DeviceSuite has teeth: a device with a fault fails the right test. And the fixtures build, run and wait."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from vmsim_core.errors import ConfigError
from vmsim_core.testing import MachineMaker

HEAD = """
from pydantic import ConfigDict, Field

import vmsim_core as vmsim
from vmsim_core.testing import DeviceSuite


class Sound(vmsim.Device):
    type_name = "sound"
    device_tree = {"compatible": ["acme,sound"]}

    class Params(vmsim.DeviceParams):
        period: int = Field(default=10**12, gt=0)

    registers = vmsim.RegisterTable(size=0x100)
    plain = registers.read_write(0x0, writable_bits=0xFF00FF)
    fixed = registers.constant(0x4, 0x1234)
    count = registers.computed(0x8)
    go = registers.command(0xC)
    values = registers.bank(0x10, 4)

    seen = vmsim.State(0, "count", "what was told")
    table: vmsim.State[list[int]] = vmsim.State([1, 2, 3], "", "what is looked up")

    def __init__(self, system, path, params):
        super().__init__(system, path, params)
        self.tick = self.event("tick", self._tick)

    @count.read
    def _count(self):
        return self.seen & 0xFFFFFFFF

    @go.write
    def _go(self, value):
        self.seen = value
        self.schedule(self.tick, self.now + self.params.period)

    def _tick(self):
        self.irq.set(not self.irq.level)
        self.schedule(self.tick, self.now + self.params.period)

"""
FAULTS = {
    "RaisesOnBytes": (
        "def write(self, offset, size, value):\n        assert size > 1\n        super().write(offset, size, value)",
        "test_no_access_is_an_error",
    ),
    "AnswersTooWide": ("def read(self, offset, size):\n        return -1", "test_no_access_is_an_error"),
    "HasARegisterThatForgets": (
        "registers = vmsim.RegisterTable(size=0x100)\n    plain = registers.read_write(0x0)\n"
        "    plain.write_word = lambda device, index, value: None",
        "test_every_register_is_read_and_written_as_declared",
    ),
    "KeepsASecret": (
        "secret = 0\n    def _go(self, value):\n        self.secret += 1\n        self.seen = self.secret\n"
        "    registers = vmsim.RegisterTable(size=0x100)\n    go = registers.command(0xC)\n    go.write(_go)\n"
        "    count = registers.computed(0x8)\n    count.read(Sound._count)",
        "test_a_copy_by_way_of_a_checkpoint_goes_on_as_the_original",
    ),
    "SharesItsState": (
        "shared = []\n    def write(self, offset, size, value):\n        self.shared.append(value)\n"
        "        super().write(offset, size, value)\n"
        "    def read(self, offset, size): return len(self.shared) & 0xFF",
        "test_the_same_accesses_have_the_same_effects",
    ),
    "IsNotReset": ("def reset(self): pass", "test_a_reset_brings_the_power_on_state"),
    "TrustsACheckpoint": (
        "registers = vmsim.RegisterTable(size=0x100)\n    look = registers.computed(0x0)\n"
        "    @look.read\n    def _look(self): return self.table[2] & 0xFF",
        "test_a_damaged_checkpoint_is_refused_or_harmless",
    ),
    "Lingers": ("def drain(self): return self.seen == 0", "test_it_answers_a_drain_at_once"),
    "CountsUnclearly": (
        "def __init__(self, *arguments):\n        super().__init__(*arguments)\n"
        "        self.statistics.counter('How Many', '')",
        "test_its_statistics_have_names_units_and_descriptions",
    ),
    "HasAWrongNode": ("device_tree = {'compatible': [3.5]}", "test_its_device_tree_node_compiles"),
    "TakesAnyParameter": (
        "class Params(Sound.Params):\n        model_config = ConfigDict(extra='ignore')",
        "test_an_unknown_parameter_is_refused",
    ),
    "IsBusy": (
        "class Params(Sound.Params):\n        period: int = 1000",
        "test_no_access_is_an_error",
    ),
    "HidesUndefinedAccesses": (
        "def undefined_access(self, kind, offset, size): return 0",
        "test_an_access_to_what_is_not_there_is_counted_and_reads_as_zero",
    ),
}


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Run the suite on all of them, in a process of its own; return the tests that failed, as Class::test."""
    folder = tmp_path_factory.mktemp("devices")
    source = HEAD + "\nclass TestSound(DeviceSuite):\n    device = Sound\n"
    for name, (fault, _) in FAULTS.items():
        source += f"\nclass {name}(Sound):\n    type_name = '{name.lower()}'\n    {fault}\n"
        source += f"\nclass Test{name}(DeviceSuite):\n    device = {name}\n"
    (folder / "test_faults.py").write_text(source)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "-rfE", "test_faults.py"],
        cwd=folder, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    return set(re.findall(r"^(?:FAILED|ERROR) test_faults\.py::([\w:]+)", done.stdout, re.MULTILINE))


def test_a_device_without_a_fault_passes(failed: set[str]) -> None:
    assert not [test for test in failed if test.startswith("TestSound::")]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_device_with_a_fault_fails(failed: set[str], fault: str) -> None:
    assert f"Test{fault}::{FAULTS[fault][1]}" in failed


# --- the fixtures -----------------------------------------------------------------------------------------------------

TALKER = """
import vmsim_core as vmsim

class Talker(vmsim.Device):
    type_name = "talker"
    registers = vmsim.RegisterTable(size=0x100)
    data = registers.command(0x0, readable=True)

    def __init__(self, system, path, params):
        super().__init__(system, path, params)
        self.port = system.serial_port("uart0")
        self.talk = self.event("talk", self._talk)
        self.number = 0

    def reset(self):
        super().reset()
        self.schedule(self.talk, 1000)

    def _talk(self):
        self.number += 1
        self.port.send(f"line {self.number}\\n".encode())
        if self.number < 5:
            self.schedule(self.talk, self.now + 1000)

    @data.read
    def _take(self):
        return self.port.take() or 0

@vmsim.hookimpl
def vmsim_devices():
    return [Talker]
"""
SYSTEM = """
    platform: bench
    memory: 64KiB
    cpus: [{start: parked}]
    devices: {talker: {type: talker, at: 0x1000}}
    plugins: [talker.py]
"""


@pytest.fixture
def bench(vmsim_bench: MachineMaker, tmp_path: Path) -> MachineMaker:
    """Return the fixture as a test beside the file talker.py has it."""
    beside = tmp_path / "tests"
    beside.mkdir()
    (beside / "talker.py").write_text(TALKER)
    vmsim_bench.beside = beside
    return vmsim_bench


def test_a_machine_waits_for_one_text_after_the_other(bench: MachineMaker) -> None:
    machine = bench(SYSTEM.replace("0x1000}", "0x10000000}"))
    machine.wait_for("line 2")
    assert machine.console == "line 1\nline 2\n"
    machine.wait_for("\nline")
    machine.wait_for("4\n")
    assert machine.console.endswith("line 4\n")
    assert machine.simulation.time == 4000


def test_a_text_that_does_not_come_fails_with_the_console(bench: MachineMaker) -> None:
    machine = bench(SYSTEM.replace("0x1000}", "0x10000000}"))
    with pytest.raises(AssertionError, match=r"'line 9' was not sent: time-limit\n.*console:\n.*line 1\n"):
        machine.wait_for("line 9")
    machine = bench(SYSTEM.replace("0x1000}", "0x10000000}"))
    with pytest.raises(AssertionError, match="'line 4' was not sent: time-limit"):
        machine.wait_for("line 4", max_time="2ns")


def test_what_is_typed_reaches_the_guest(bench: MachineMaker) -> None:
    machine = bench(SYSTEM.replace("0x1000}", "0x10000000}"))
    machine.send("hi")
    assert bytes(machine.device("talker").read(0, 4) for _ in range(3)) == b"hi\0"


def test_a_description_may_be_a_file_and_overridden(bench: MachineMaker) -> None:
    (bench.beside / "system.yaml").write_text(SYSTEM.replace("0x1000}", "0x10000000}"))
    machine = bench(Path("system.yaml"), overrides={"memory": "128KiB", "devices.talker.irq": 5})
    assert machine.system.description.memory == 128 << 10
    assert machine.device("talker").params.irq == 5


def test_a_mistake_in_a_description_says_where(bench: MachineMaker) -> None:
    with pytest.raises(ConfigError, match=r"system0\.yaml:2:11: platform: no platform 'bensh'"):
        bench(SYSTEM.replace("bench", "bensh"))
