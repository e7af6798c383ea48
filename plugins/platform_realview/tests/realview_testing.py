"""What the tests of the board's devices share: devices in a system without a processor, time, and checkpoints of it."""

from __future__ import annotations

from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from vmsim_core.description import SystemDescription
from vmsim_core.device import Device, DeviceParams
from vmsim_core.exits import ExitCause
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import TICKS_PER_SECOND

D = TypeVar("D", bound=Device)

MICROSECOND = TICKS_PER_SECOND // 10**6

accesses = st.tuples(
    st.booleans(),
    st.sampled_from([1, 2, 4]),
    st.one_of(st.integers(0, 0x4F), st.integers(0, 0xFFF)),
    st.one_of(st.sampled_from([0, 1, 0x10, 0x80, 0xA05F, 0xFFFF_FFFF]), st.integers(0, 0xFFFF_FFFF)),
    st.one_of(st.integers(0, 10 * MICROSECOND), st.integers(0, 100 * TICKS_PER_SECOND)),
)
"""An access that a guest may make: (write, size, any offset, value), and the ticks that pass after it."""


any_guest = settings(deadline=None, max_examples=60)
"""For the tests that let a guest do anything: a busy host is no failure."""


def make_system(**workload: Any) -> System:
    """Return an empty system with a workload."""
    return System(
        SystemDescription.model_validate(
            {"platform": "none", "memory": 4096, "cpus": [{"start": "none"}], "workload": workload}
        )
    )


def add_device(system: System, kind: type[D], name: str = "device", **params: Any) -> D:
    """Add a device to a system, wire it up and switch it on."""
    before = set(system.components)
    validated = kind.Params.model_validate({"at": 0x1000_0000, **params})
    assert isinstance(validated, DeviceParams)
    device = kind(system, name, validated)
    system.add(device)
    system.devices[name] = device
    for path in sorted(set(system.components) - before):
        system.components[path].connect()
        system.components[path].reset()
    return device


def make_device(kind: type[D], **params: Any) -> D:
    """Return a device, alone in a system."""
    return add_device(make_system(), kind, **params)


def advance(device: Device, ticks: int) -> None:
    """Let simulated time pass."""
    device.system.events.run_until(device.now + ticks)


def interrupts(device: Device) -> bool:
    """Return whether the device's interrupt line is up."""
    return device.irq.level


def take_checkpoint(system: System) -> tuple[int, dict[str, Section]]:
    """Return the time and the sections of all components."""
    sections = {}
    for component in system.walk():
        sections[component.path] = Section(component.path, component.type_name)
        component.serialize(sections[component.path])
    return system.events.now, sections


def restore_checkpoint(system: System, checkpoint: tuple[int, dict[str, Section]]) -> None:
    """Bring a system to where another one of the same make was."""
    system.events.now, sections = checkpoint
    for component in system.walk():
        component.deserialize(sections[component.path])


def make_copy(device: D) -> D:
    """Return an equal device in a system of its own, by way of a checkpoint."""
    workload = device.system.workload.model_dump(exclude_unset=True)
    twin = add_device(make_system(**workload), type(device), **device.params.model_dump(exclude_unset=True))
    restore_checkpoint(twin.system, take_checkpoint(device.system))
    return twin


def perform(device: Device, access: tuple[bool, int, int, int, int]) -> int:
    """Make one of the `accesses`, aligned as a bus has it, and let its time pass; return what was read."""
    write, size, offset, value, ticks = access
    aligned = offset & -size
    result = 0
    if write:
        device.write(aligned, size, value & ((1 << 8 * size) - 1))
    else:
        result = device.read(aligned, size)
        assert 0 <= result < 1 << 8 * size
    advance(device, ticks)
    return result


def check_any_guest(device: Device, sequence: list[tuple[bool, int, int, int, int]]) -> None:
    """Check that no access is an error of ours, and that a copy made half-way through behaves like the original."""
    half = len(sequence) // 2
    for access in sequence[:half]:
        perform(device, access)
    twin = make_copy(device)
    for access in sequence[half:]:
        assert perform(device, access) == perform(twin, access)
    assert twin.irq.level == device.irq.level
    assert take_checkpoint(twin.system) == take_checkpoint(device.system)


def exit_causes(device: Device) -> list[ExitCause]:
    """Return why the device asked for the end of the run."""
    return device.system.requested_exits
