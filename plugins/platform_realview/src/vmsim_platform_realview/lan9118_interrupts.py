"""The interrupts of the LAN9118: IRQ_CFG, INT_STS and INT_EN (data sheet, 3.7 and 5.3.2 to 5.3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmsim_core.component import Component, ComponentParams, State
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import TICKS_PER_SECOND

if TYPE_CHECKING:
    from vmsim_platform_realview.lan9118 import Lan9118

# Bits of INT_STS and INT_EN
SOFTWARE = 1 << 31
TRANSMITTER_STOPPED = 1 << 25
RECEIVER_STOPPED = 1 << 24
DROPPED_HALFWAY = 1 << 23  # RX_DROP has passed half of its range
TRANSMIT_BUFFER_LOADED = 1 << 21  # TX_IOC
RECEIVE_COUNT = 1 << 20  # as many words were read as RX_DMA_CNT asked for
TIMER = 1 << 19
PHY = 1 << 18
POWER_MANAGEMENT = 1 << 17
TRANSMIT_STATUS_OVERFLOW = 1 << 16
RECEIVE_WATCHDOG = 1 << 15
RECEIVER_ERROR = 1 << 14
TRANSMITTER_ERROR = 1 << 13
TRANSMIT_DATA_OVERRUN = 1 << 10
TRANSMIT_DATA_AVAILABLE = 1 << 9
TRANSMIT_STATUS_FULL = 1 << 8
TRANSMIT_STATUS_LEVEL = 1 << 7
RECEIVE_DROPPED = 1 << 6
RECEIVE_STATUS_FULL = 1 << 4
RECEIVE_STATUS_LEVEL = 1 << 3
GENERAL_PURPOSE_IO = 0x7

ALL = (
    SOFTWARE | TRANSMITTER_STOPPED | RECEIVER_STOPPED | DROPPED_HALFWAY | TRANSMIT_BUFFER_LOADED | RECEIVE_COUNT
    | TIMER | PHY | POWER_MANAGEMENT | TRANSMIT_STATUS_OVERFLOW | RECEIVE_WATCHDOG | RECEIVER_ERROR
    | TRANSMITTER_ERROR | TRANSMIT_DATA_OVERRUN | TRANSMIT_DATA_AVAILABLE | TRANSMIT_STATUS_FULL
    | TRANSMIT_STATUS_LEVEL | RECEIVE_DROPPED | RECEIVE_STATUS_FULL | RECEIVE_STATUS_LEVEL | GENERAL_PURPOSE_IO
)  # fmt: skip

# IRQ_CFG
_HOLD_OFF_UNIT = TICKS_PER_SECOND // 100_000
_HOLD_OFF_CLEAR = 1 << 14
_HOLD_OFF_RUNS = 1 << 13
_PENDING = 1 << 12
_IRQ_ENABLE = 1 << 8
_ACTIVE_HIGH_PUSH_PULL = 1 << 4 | 1 << 0
_CONFIG_BITS = 0xFF00_0111


class Interrupts(Component):
    """Collects the interrupts of the other parts and drives the pin."""

    type_name = "lan9118-interrupts"

    config = State(0, "", "IRQ_CFG")
    status = State(0, "", "INT_STS without the PHY's interrupt")
    enable = State(0, "", "INT_EN")
    active = State(False, "", "the pin is active")

    def __init__(self, system: System, path: str, params: ComponentParams, chip: Lan9118) -> None:
        super().__init__(system, path, params)
        self.chip = chip
        self.hold_off = self.event("hold-off", self.drive)

    def soft_reset(self) -> None:
        """Reset, but for what the pin is like (NASR)."""
        pin = self.config & _ACTIVE_HIGH_PUSH_PULL
        self.reset()
        self.config = pin

    def request(self, bits: int) -> None:
        """Raise interrupts."""
        self.status |= bits
        self.update()

    def update(self) -> None:
        """Raise the interrupts that depend on the levels of the FIFOs; such a one stays while its condition holds."""
        levels = self.chip.fifo_levels.value
        transmitter, receiver = self.chip.transmitter, self.chip.receiver
        if transmitter.free > 64 * (levels >> 24):
            self.status |= TRANSMIT_DATA_AVAILABLE
        if len(transmitter.statuses) > levels >> 16 & 0xFF:
            self.status |= TRANSMIT_STATUS_LEVEL
        if transmitter.status_full:
            self.status |= TRANSMIT_STATUS_FULL
        if len(receiver.statuses) > levels & 0xFF:
            self.status |= RECEIVE_STATUS_LEVEL
        if receiver.status_full:
            self.status |= RECEIVE_STATUS_FULL
        self.drive()

    def drive(self) -> None:
        """Drive the pin. After it was active it stays inactive for the interval that IRQ_CFG says."""
        interval = self.config >> 24
        active = self._pending and bool(self.config & _IRQ_ENABLE) and not self.hold_off.scheduled
        if self.active and not active and interval:
            self.schedule(self.hold_off, self.now + interval * _HOLD_OFF_UNIT)
        self.active = active
        # Active low, unless it is configured otherwise.
        self.chip.irq.set(active == (self.config & _ACTIVE_HIGH_PUSH_PULL == _ACTIVE_HIGH_PUSH_PULL))

    @property
    def _pending(self) -> bool:
        return bool(self.read_status() & self.enable)

    def read_config(self) -> int:
        """Return IRQ_CFG."""
        state = (_HOLD_OFF_RUNS if self.hold_off.scheduled else 0) | (_PENDING if self._pending else 0)
        return self.config | state

    def write_config(self, value: int) -> None:
        """Write IRQ_CFG."""
        self.config = value & _CONFIG_BITS
        if value & _HOLD_OFF_CLEAR or not value >> 24:
            self.cancel(self.hold_off)
        self.drive()

    def read_status(self) -> int:
        """Return INT_STS."""
        return self.status | (PHY if self.chip.phy.irq.level else 0)

    def clear(self, bits: int) -> None:
        """Write INT_STS: ones clear."""
        self.status &= ~bits
        self.update()

    def write_enable(self, value: int) -> None:
        """Write INT_EN. That its SW_INT_EN is switched on raises the software interrupt."""
        switched_on = value & ~self.enable
        self.enable = value & ALL
        self.request(switched_on & SOFTWARE)

    def deserialize(self, section: Section) -> None:
        """Take the state; raises CheckpointError for what are no words."""
        super().deserialize(section)
        if not all(0 <= word <= 0xFFFF_FFFF for word in (self.config, self.status, self.enable)):
            raise CheckpointError(f"{self.path}: a register does not hold a word")
