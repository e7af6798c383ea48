"""What a guest may do to a device: random accesses with time between them, repeatable from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from vmsim_core.address_map import BusError
from vmsim_core.device import Device
from vmsim_core.registers import RegisterBase
from vmsim_core.system import System
from vmsim_core.units import TICKS_PER_SECOND

SIZES = (1, 2, 4)
WORD = 0xFFFF_FFFF
_INTERESTING = (0, 1, 2, 0x10, 0x80, 0xFF, 0x8000_0000, 0xFFFF_FFFE, WORD)
_PAUSES = (0, 0, 0, 10**3, 10**6, 10**9, TICKS_PER_SECOND, 100 * TICKS_PER_SECOND)
_MOST_EVENTS = 20_000
"""Events in one pause, at most: a guest must not be able to keep the host busy with a device that does nothing."""


@dataclass(frozen=True)
class Access:
    """One access at an offset in the device's window, and the ticks that pass after it."""

    offset: int
    size: int
    write: bool
    value: int
    pause: int

    def __str__(self) -> str:
        action = f"write {self.value:#x}" if self.write else "read"
        return f"{action} at {self.offset:#x}, {self.size} bytes; then {self.pause} ticks"


def any_accesses(device: Device, random: Random, count: int) -> Iterator[Access]:
    """Yield what a hostile guest may do: mostly to registers that are there, with values that are at the edges."""
    window = max(device.window_size, 4)
    known = [register.offset + 4 * random.randrange(register.count) for register in registers_of(device)]
    for _ in range(count):
        size = random.choice(SIZES)
        near = (
            random.choice(known) + random.randrange(4) if known and random.random() < 0.8 else random.randrange(window)
        )
        value = (
            random.choice(_INTERESTING) if random.random() < 0.4 else random.getrandbits(random.choice((4, 8, 16, 32)))
        )
        pause = random.choice(_PAUSES) and random.randrange(random.choice(_PAUSES) + 1)
        offset = min(near, window - 1) & -size
        yield Access(offset, size, random.random() < 0.6, value & ((1 << 8 * size) - 1), pause)


def read(device: Device, offset: int, size: int) -> int:
    """Return what a guest reads; zero where it takes an abort instead."""
    try:
        return device.read(offset, size)
    except BusError:
        return 0


def write(device: Device, offset: int, size: int, value: int) -> None:
    """Write as a guest does, which may take an abort for it."""
    with suppress(BusError):
        device.write(offset, size, value)


def perform(device: Device, access: Access) -> int:
    """Make an access and let its time pass; return what was read. Fails when the answer has too many bits."""
    system, result = device.system, 0
    if access.write:
        write(device, access.offset, access.size, access.value)
    else:
        result = read(device, access.offset, access.size)
        assert isinstance(result, int), f"{access}: gave {result!r}, which is no integer"
        assert 0 <= result < 1 << 8 * access.size, f"{access}: gave {result:#x}, which is wider"
    advance(system, access.pause)
    return result


def advance(system: System, ticks: int) -> None:
    """Let simulated time pass; fails when that takes more events than any guest may cause."""
    events, end = system.events, system.events.now + ticks
    for _ in range(_MOST_EVENTS):
        if events.next_tick > end:
            break
        events.run_until(events.next_tick)
    else:
        busy = events.pending()[0]
        raise AssertionError(f"{busy.path}.{busy.name} happens more than {_MOST_EVENTS} times in {ticks} ticks")
    events.run_until(end)
    set_time(system, end)


def set_time(system: System, tick: int) -> None:
    """Make it `tick`, for the parked cores too, without anything happening."""
    system.events.now = tick
    for core in system.cores:
        core.active.skip_to(tick)


def registers_of(device: Device) -> list[RegisterBase]:
    """Return the registers that a device declares; none of one that serves its window itself."""
    return list(device.registers) if hasattr(device, "registers") else []
