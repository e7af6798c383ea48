"""What every device model must do, whatever a guest does to it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest

from vmsim_core.checkpoint.capture import component_section
from vmsim_core.device import Device
from vmsim_core.device_tree_source import device_tree_source
from vmsim_core.errors import CheckpointError, ConfigError
from vmsim_core.plugin_manager import PluginManager
from vmsim_core.registers import RegisterBase
from vmsim_core.section import Field, Section
from vmsim_core.simulation import Simulation
from vmsim_core.system import System
from vmsim_core.testing.accesses import SIZES, WORD, any_accesses, perform, read, registers_of, set_time, write
from vmsim_core.testing.device_recipe import changed_recipe, names_of, recipe_of
from vmsim_core.testing.subject import differences, fields_of
from vmsim_core.testing.suite import Suite, not_applicable

_STATISTIC = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_TREE_PROPERTY = re.compile(r"[0-9a-zA-Z,._+?#-]{1,31}")
"""Devicetree Specification v0.4, 2.2.4.1."""
_IMPOSSIBLE = (ArithmeticError, AssertionError, LookupError, TypeError, ValueError, CheckpointError)
"""What a device may answer a checkpoint with that cannot be its own; the core makes it one line for the user."""
_ACCESSES = 150


class DeviceSuite(Suite):
    """The contract of a device. A subclass says which: a type with its parameters, or a description that has some.

    Alone, on a board that has nothing else::

        class TestThermometer(DeviceSuite):
            device = Thermometer
            params = {"celsius": 21.5}

    Or in a system of its own, for a device that needs others; without `device`, one of each type in it is tested::

        class TestTheBoard(DeviceSuite):
            description = "include: realview-pbx-a9.yaml"
    """

    device: ClassVar[type[Device] | None] = None
    """The device type."""
    params: ClassVar[dict[str, Any]] = {}
    """Its parameters, beside `at`."""
    description: ClassVar[str] = ""
    """A system description, as YAML text, with the device in it; whatever its cores run, they are parked."""
    kept_at_reset: ClassVar[frozenset[str]] = frozenset()
    """Fields, as ``device.field``, that a reset does not change: what a battery or a disk keeps."""
    seeds: ClassVar[int] = 3
    """How many random guests each test lets at the device."""

    # --- what the tests work with -------------------------------------------------------------------------------------

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        """Let each test be made for each device and each seed."""
        if "name" in metafunc.fixturenames:
            metafunc.parametrize("name", names_of(cls))
        if "seed" in metafunc.fixturenames:
            metafunc.parametrize("seed", range(cls.seeds))

    def make(self) -> System:
        """Build the system with the device, and switch it on."""
        return recipe_of(type(self)).system()

    def plugins(self) -> PluginManager:
        """Return the plugins that the system is made of."""
        return recipe_of(type(self)).plugins

    # --- the contract -------------------------------------------------------------------------------------------------

    def test_every_register_is_read_and_written_as_declared(self, name: str) -> None:
        """Every register answers in every width; one without behaviour of its own stores its writable bits."""
        random = Random(name)
        registers = registers_of(self.make().devices[name])
        if not registers:
            not_applicable(f"{name} serves its window itself")
        for register in registers:
            device = self.make().devices[name]
            for size in SIZES:
                for _ in range(3):
                    check_register(device, register, size, random)

    def test_an_access_to_what_is_not_there_is_counted_and_reads_as_zero(self, name: str) -> None:
        """A hole between registers is no error: reads give 0, writes are dropped, both are counted."""
        device = self.make().devices[name]
        if not hasattr(device, "registers") or not _plain_bus(device):
            not_applicable(f"{name} serves its window itself")
        holes = [offset for offset in range(0, device.registers.size, 4) if device.registers.find(offset) is None]
        if not holes:
            not_applicable(f"{name} has a register at every word")
        before = fields_of(device.system, self.plugins())
        for offset in Random(name).sample(holes, min(20, len(holes))):
            counted = device.undefined_accesses.value
            assert device.read(offset, 4) == 0
            device.write(offset, 4, WORD)
            assert device.undefined_accesses.value == counted + 2, f"accesses to {offset:#x} are not counted"
        assert differences(before, fields_of(device.system, self.plugins())) == []

    def test_no_access_is_an_error(self, name: str, seed: int) -> None:
        """Any access, at any time and in any width, is served without an exception, and answers fit the width."""
        device = self.make().devices[name]
        for access in any_accesses(device, Random(f"{name} {seed}"), 4 * _ACCESSES):
            try:
                perform(device, access)
            except Exception as error:
                error.add_note(f"in {name}: {access}")
                raise

    def test_a_reset_brings_the_power_on_state(self, name: str, seed: int) -> None:
        """After a reset nothing is left of what a guest did."""
        device, fresh = (self.make().devices[name] for _ in range(2))
        _let_a_guest_at(device, seed)
        set_time(fresh.system, device.now)
        for system in (device.system, fresh.system):
            for component in system.walk():
                component.reset()
        states = [fields_of(each.system, self.plugins()) for each in (device, fresh)]
        changed = differences(*states)
        assert [line for line in changed if line.partition(": ")[0] not in self.kept_at_reset] == []

    def test_a_copy_by_way_of_a_checkpoint_goes_on_as_the_original(self, name: str, seed: int, tmp_path: Path) -> None:
        """What decides what a guest sees later is in the checkpoint, whenever it is taken."""
        original = self.make().devices[name]
        random = Random(f"{name} {seed}")
        for access in any_accesses(original, random, random.randrange(_ACCESSES)):
            perform(original, access)
        copy = self.make().devices[name]
        taken = Simulation(original.system, self.plugins()).take_checkpoint(tmp_path)
        Simulation(copy.system, self.plugins()).restore(taken)
        assert differences(*(fields_of(each.system, self.plugins()) for each in (original, copy))) == []
        for access in any_accesses(original, random, _ACCESSES):
            answers = [perform(each, access) for each in (original, copy)]
            assert answers[0] == answers[1], f"the copy differs from the original at: {access}"
            assert _lines(original) == _lines(copy), f"the copy's interrupts differ from the original's after: {access}"
        assert differences(*(fields_of(each.system, self.plugins()) for each in (original, copy))) == []

    def test_a_damaged_checkpoint_is_refused_or_harmless(self, name: str, seed: int) -> None:
        """A checkpoint may come from anywhere: impossible values are refused, or do not break the device."""
        random = Random(f"{name} {seed}")
        device = self.make().devices[name]
        _let_a_guest_at(device, seed)
        section = component_section(device, self.plugins())
        device.serialize(section)
        for field in section.fields:
            victim = self.make().devices[name]
            set_time(victim.system, device.now)
            damaged = _damaged(section, field, random)
            try:
                victim.deserialize(damaged)
            except _IMPOSSIBLE:
                continue
            try:
                for access in any_accesses(victim, random, 40):
                    perform(victim, access)
            except Exception as error:
                error.add_note(f"{name} took a checkpoint with {field} = {damaged.fields[field].value!r}")
                raise

    def test_it_answers_a_drain_at_once(self, name: str, seed: int) -> None:
        """Work in flight in a device is state: it is drained at any time, and a drain changes nothing."""
        device = self.make().devices[name]
        _let_a_guest_at(device, seed)
        before = fields_of(device.system, self.plugins())
        assert device.drain() is True, f"{name} {device.drain_pending()}"
        device.drain_sanity_check()
        assert (device.mem_writeback(), device.mem_invalidate()) == (0, 0), "a device has no lines of cached memory"
        device.drain_resume()
        assert differences(before, fields_of(device.system, self.plugins())) == []

    def test_the_same_accesses_have_the_same_effects(self, name: str, seed: int) -> None:
        """Two devices that are treated alike behave alike, and neither knows of the other."""
        one, other = (self.make().devices[name] for _ in range(2))
        untouched = fields_of(other.system, self.plugins())
        accesses = list(any_accesses(one, Random(f"{name} {seed}"), _ACCESSES))
        first = [perform(one, access) for access in accesses]
        assert differences(untouched, fields_of(other.system, self.plugins())) == [], "one device changed another"
        assert [perform(other, access) for access in accesses] == first
        assert differences(*(fields_of(each.system, self.plugins()) for each in (one, other))) == []

    def test_its_statistics_have_names_units_and_descriptions(self, name: str) -> None:
        """Each number says what it is, and can be read at any time."""
        device = self.make().devices[name]
        _let_a_guest_at(device, 0)
        assert {"reads", "writes", "undefined_accesses"} <= {each.name for each in device.statistics}
        for statistic in device.statistics:
            assert _STATISTIC.fullmatch(statistic.name), f"{statistic.name!r} is no name of small letters, digits and _"
            assert statistic.unit and statistic.description, f"{statistic.name} has no unit or no description"
            assert isinstance(statistic.value, int | float), f"{statistic.name} is {statistic.value!r}"

    def test_its_device_tree_node_compiles(self, name: str) -> None:
        """What the class says of its node is a node, and is in the board's tree where the board has one."""
        device = self.make().devices[name]
        for key, value in type(device).device_tree.items():
            assert _TREE_PROPERTY.fullmatch(key), f"{key!r} is no name of a property"
            for each in value if isinstance(value, list) else [value]:
                assert isinstance(each, str | int | bytes | None), f"{key}: {each!r} cannot be in a device tree"
                assert not isinstance(each, int) or 0 <= each <= WORD, f"{key}: {each:#x} is no cell of 32 bits"
        system = device.system
        if tree := system.platform.device_tree(system.workload):
            source = device_tree_source(tree)
            if "compatible" in type(device).device_tree:
                assert f"@{device.params.at:x} {{" in source, f"{name} has no node"
            if compiler := shutil.which("dtc"):
                subprocess.run([compiler, "-q", "-I", "dts", "-O", "dtb"], input=source.encode(), check=True,
                               stdout=subprocess.DEVNULL)  # fmt: skip

    def test_an_unknown_parameter_is_refused(self, name: str) -> None:
        """A parameter that is not declared is a mistake in the description, with its place."""
        with pytest.raises(ConfigError, match="no_such_parameter"):
            changed_recipe(type(self), (f"devices.{name}.no_such_parameter", "1"))


# --- parts of the tests -----------------------------------------------------------------------------------------------


def _let_a_guest_at(device: Device, seed: int) -> None:
    for access in any_accesses(device, Random(f"{device.name} {seed}"), _ACCESSES):
        perform(device, access)


def _lines(device: Device) -> dict[int, bool]:
    return {number: line.level for number, line in sorted(device.interrupt_outputs().items())}


def _plain_bus(device: Device) -> bool:
    """Whether accesses are served by the register table alone."""
    return type(device).read is Device.read and type(device).write is Device.write


def check_register(device: Device, register: RegisterBase, size: int, random: Random) -> None:
    """Read and write one register in one width; fails when it is not as declared."""
    index = random.randrange(register.count)
    lane = random.randrange(0, 4, size)
    offset, value = register.offset + 4 * index + lane, random.getrandbits(8 * size)
    what = f"{register.name or hex(register.offset)} at {offset:#x}, {size} bytes"
    undefined = device.undefined_accesses.value
    before = read(device, offset, size)
    assert 0 <= before < 1 << 8 * size, f"{what}: reads as {before:#x}"
    write(device, offset, size, value)
    after = read(device, offset, size)
    assert 0 <= after < 1 << 8 * size, f"{what}: reads as {after:#x}"
    if not _plain_bus(device):
        return
    refused = 2 * (not register.readable) + (not register.writable_bits)
    assert device.undefined_accesses.value == undefined + refused, f"{what}: what is undefined is counted wrongly"
    if not _has_behaviour(register) and register.readable:
        mask = register.writable_bits >> 8 * lane & ((1 << 8 * size) - 1) if register.stored else 0
        assert after == before & ~mask | value & mask, (
            f"{what}: {value:#x} was written over {before:#x}, gives {after:#x}"
        )


def _has_behaviour(register: RegisterBase) -> bool:
    return any(getattr(register, name, None) is not None for name in ("_read", "_write", "_written"))


def _damaged(section: Section, field: str, random: Random) -> Section:
    """Return a copy of a section in which one field has another value of its type."""
    copy = Section(section.path, section.kind, section.version, plugin=section.plugin, params=section.params)
    copy.fields = dict(section.fields)
    copy.attachments = dict(section.attachments)
    old = copy.fields[field]
    copy.fields[field] = Field(_other_value(old.value, random), old.unit)
    return copy


def _other_value(value: object, random: Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return random.choice((-1, 0, 1, value + 1, 1 << 31, 1 << 32, 1 << 61, random.getrandbits(40)))
    if isinstance(value, str):
        return random.choice(("", value + "x", "\0"))
    if isinstance(value, bytes):
        return random.choice((b"", value + b"x", value[:-1], bytes(5000)))
    assert isinstance(value, list)
    return random.choice(([], [*value, 0], [-1] * len(value), [1 << 40] * len(value), value[:-1]))
