"""The real-time clock DS1338 on an I2C bus (Maxim 19-6019)."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field, field_validator
from vmsim_core.clock import Clock
from vmsim_core.component import ComponentParams, State
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Section
from vmsim_core.system import System

from vmsim_platform_realview.clock_base import DEFAULT_BASE, ClockBase, base_seconds, check_range
from vmsim_platform_realview.i2c_bus import I2cSlave

_ONE_HERTZ = Clock(1)

# Register addresses (table 3): seven of time, one of control, the rest is RAM.
SECONDS, MINUTES, HOURS, DAY, DATE, MONTH, YEAR, CONTROL = range(8)
_TIME_REGISTERS = 7
_ADDRESSES = 0x40
_RAM_SIZE = _ADDRESSES - CONTROL - 1

_WRITABLE = (0xFF, 0x7F, 0x7F, 0x07, 0x3F, 0x1F, 0xFF)
"""Bits of the time registers that are not always zero."""
_CLOCK_HALT = 0x80
_TWELVE_HOURS = 0x40
_PM = 0x20
_CONTROL_WRITABLE = 0x93
_OSCILLATOR_STOPPED = 0x20
_CONTROL_AT_POWER_ON = 0x93
"""OUT, SQWE and the rate as the data sheet has them; the oscillator has been running from the battery."""

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LAST = datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)
_CENTURY = int((_LAST - _FIRST).total_seconds()) + 1


def _bcd(value: int) -> int:
    return value // 10 << 4 | value % 10


def _from_bcd(value: int, lowest: int, highest: int) -> int:
    """Return a BCD number; what is none, or out of range, counts as the nearest that is."""
    return max(lowest, min((value >> 4) * 10 + min(value & 0xF, 9), highest))


class Ds1338Params(ComponentParams):
    """Where the clock is on the bus, and what it shows at power-on."""

    type: Literal["ds1338"]
    address: int = Field(default=0x68, ge=0x08, le=0x77)
    """The 7-bit address; the chip's own is 0x68."""
    base: ClockBase = DEFAULT_BASE
    """Date and time at power-on, such as 2026-01-01T00:00:00Z (UTC if no zone is given), or ``host`` for the host's.
    With ``host`` two runs are not the same."""

    @field_validator("base")
    @classmethod
    def _has_two_digits_of_year(cls, base: ClockBase) -> ClockBase:
        check_range(base, _FIRST, _LAST)
        return base


class Ds1338(I2cSlave):
    """A clock and calendar in BCD with 56 bytes of RAM. It runs from power-on, as a battery keeps it.

    The time registers held `time` at tick `anchor`; what they hold now follows.
    """

    type_name = "ds1338"
    Params: ClassVar[type[ComponentParams]] = Ds1338Params

    time = State[list[int]]([0] * _TIME_REGISTERS, "", "the time registers at the anchor")
    anchor = State(0, "ticks", "the simulated time at which they held that, at the beginning of a second")
    seen = State[list[int]]([0] * _TIME_REGISTERS, "", "the time as a read shows it, since the last start condition")
    control = State(0, "", "the control register")
    ram = State(bytes(_RAM_SIZE), "", "the battery-backed RAM")
    pointer = State(0, "", "the register that the next byte is for")
    pointer_follows = State(False, "", "the next byte written is the register's address")

    def __init__(self, system: System, path: str, params: Ds1338Params) -> None:
        super().__init__(system, path, params)
        self.address = params.address

    def reset(self) -> None:
        """Show the base time at power-on."""
        super().reset()
        seconds = base_seconds(self.params.base) - int(_FIRST.timestamp())
        moment = _FIRST + timedelta(seconds=seconds % _CENTURY)
        self.time = [0] * _TIME_REGISTERS
        # The day of the week is for the user to define; Linux's driver has Sunday as 1.
        self._set_time(moment, moment.isoweekday() % 7 + 1)
        self.anchor = self.now
        self.control = _CONTROL_AT_POWER_ON

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote."""
        super().deserialize(section)
        for registers in (self.time, self.seen):
            if len(registers) != _TIME_REGISTERS or any(
                value & ~bits for value, bits in zip(registers, _WRITABLE, strict=True)
            ):
                raise CheckpointError(f"{self.path}: there is no such time")
        if len(self.ram) != _RAM_SIZE or not 0 <= self.pointer < _ADDRESSES or not 0 <= self.control <= 0xFF:
            raise CheckpointError(f"{self.path}: the registers are not those of a DS1338")

    # --- on the bus -------------------------------------------------------------------------------------------------

    def bus_started(self) -> None:
        """Hold the time still for those who read it."""
        self._catch_up()
        self.seen = list(self.time)

    def selected(self) -> None:
        """Expect the address of a register."""
        self.pointer_follows = True

    def receive(self, byte: int) -> bool:
        """Take a register's address, or its value."""
        if self.pointer_follows:
            self.pointer_follows = False
            self.pointer = byte % _ADDRESSES
        else:
            self._write(self.pointer, byte)
            self._advance()
        return True

    def transmit(self) -> int:
        """Return the value of the next register."""
        pointer = self.pointer
        self._advance()
        if pointer < CONTROL:
            return self.seen[pointer]
        return self.control if pointer == CONTROL else self.ram[pointer - CONTROL - 1]

    def _advance(self) -> None:
        self.pointer = (self.pointer + 1) % _ADDRESSES
        if self.pointer == 0:
            self.bus_started()

    def _write(self, register: int, value: int) -> None:
        if register > CONTROL:
            index = register - CONTROL - 1
            self.ram = self.ram[:index] + bytes((value,)) + self.ram[index + 1 :]
        elif register == CONTROL:
            # The flag can be cleared, not set.
            self.control = value & _CONTROL_WRITABLE | self.control & value & _OSCILLATOR_STOPPED
        else:
            self._catch_up()
            self.time[register] = value & _WRITABLE[register]
            if register == SECONDS:
                # The countdown chain, which makes the seconds, begins anew.
                self.anchor = self.now
                if value & _CLOCK_HALT:
                    self.control |= _OSCILLATOR_STOPPED

    # --- the clock --------------------------------------------------------------------------------------------------

    def _catch_up(self) -> None:
        """Bring the time registers to the present; those that nothing has ticked since keep any value."""
        seconds = _ONE_HERTZ.cycles(self.now - self.anchor)
        if not seconds or self.time[SECONDS] & _CLOCK_HALT:
            return
        before = self._moment()
        passed = int((before - _FIRST).total_seconds()) + seconds
        moment = _FIRST + timedelta(seconds=passed % _CENTURY)
        midnights = passed // 86400 - (before - _FIRST).days
        self._set_time(moment, (_from_bcd(self.time[DAY], 1, 7) - 1 + midnights) % 7 + 1)
        self.anchor += _ONE_HERTZ.ticks(seconds)

    def _moment(self) -> datetime:
        """Return what the time registers say."""
        time = self.time
        hours = time[HOURS]
        if hours & _TWELVE_HOURS:
            hour = _from_bcd(hours & 0x1F, 1, 12) % 12 + (12 if hours & _PM else 0)
        else:
            hour = _from_bcd(hours & 0x3F, 0, 23)
        year, month = 2000 + _from_bcd(time[YEAR], 0, 99), _from_bcd(time[MONTH], 1, 12)
        date = _from_bcd(time[DATE], 1, monthrange(year, month)[1])
        minute, second = _from_bcd(time[MINUTES], 0, 59), _from_bcd(time[SECONDS] & 0x7F, 0, 59)
        return datetime(year, month, date, hour, minute, second, tzinfo=UTC)

    def _set_time(self, moment: datetime, day: int) -> None:
        """Have the registers say it, the hours in the mode that is set."""
        if self.time[HOURS] & _TWELVE_HOURS:
            hours = _TWELVE_HOURS | (_PM if moment.hour >= 12 else 0) | _bcd((moment.hour - 1) % 12 + 1)
        else:
            hours = _bcd(moment.hour)
        self.time = [
            _bcd(moment.second), _bcd(moment.minute), hours, day,
            _bcd(moment.day), _bcd(moment.month), _bcd(moment.year % 100),
        ]  # fmt: skip
