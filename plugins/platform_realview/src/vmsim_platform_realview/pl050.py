"""The keyboard and mouse interface PL050 (ARM DDI 0143), with a PS/2 device plugged in."""

from __future__ import annotations

from typing import ClassVar, Literal

from vmsim_core.component import ComponentParams, State
from vmsim_core.device import Device, DeviceParams
from vmsim_core.errors import CheckpointError
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import TICKS_PER_SECOND

from vmsim_platform_realview.ps2_device import Ps2Device
from vmsim_platform_realview.ps2_keyboard import Ps2Keyboard
from vmsim_platform_realview.ps2_mouse import Ps2Mouse

# KMICR
_FORCE_CLOCK_LOW = 1 << 0
_FORCE_DATA_LOW = 1 << 1
_ENABLE = 1 << 2
_TRANSMIT_INTERRUPT_ENABLE = 1 << 3
_RECEIVE_INTERRUPT_ENABLE = 1 << 4
_NO_LINE_CONTROL = 1 << 5

# KMISTAT
_DATA_HIGH = 1 << 0
_CLOCK_HIGH = 1 << 1
_PARITY = 1 << 2
_RECEIVE_BUSY = 1 << 3
_RECEIVE_FULL = 1 << 4
_TRANSMIT_BUSY = 1 << 5
_TRANSMIT_EMPTY = 1 << 6

# KMIIR
_RECEIVE_INTERRUPT = 1 << 0
_TRANSMIT_INTERRUPT = 1 << 1

# The device makes the clock, of 10 to 16.7 kHz. A frame to the interface has a start bit, eight of data, parity and
# stop; one from it begins with the clock held low for 100 us, and ends with the line control bit, by which the device
# confirms.
_BIT = TICKS_PER_SECOND // 12_500
_BITS_RECEIVED = 11
_BITS_SENT = 12
_REQUEST_TO_SEND = TICKS_PER_SECOND // 10_000


class Pl050Params(DeviceParams):
    """What is plugged in."""

    device: Literal["keyboard", "mouse"]
    """The PS/2 device at the other end of the cable."""


class Pl050(Device):
    """An interface that carries bytes between its data register and a PS/2 device, a frame at a time.

    While KMIDATA holds a byte that nobody has read, the device is kept from sending. What it sends while the interface
    is not enabled is lost.
    """

    type_name = "pl050"
    Params: ClassVar[type[ComponentParams]] = Pl050Params
    device_tree = {"compatible": ["arm,pl050", "arm,primecell"]}

    registers = RegisterTable(size=0x1000)
    control = registers.read_write(0x00, writable_bits=0x3F, doc="KMICR")
    status = registers.computed(0x04, doc="KMISTAT")
    data = registers.command(0x08, readable=True, doc="KMIDATA: the byte received; the byte to send")
    clock_divisor = registers.read_write(0x0C, writable_bits=0xF, doc="KMICLKDIV: makes 8 MHz of KMIREFCLK")
    interrupts = registers.computed(0x10, doc="KMIIR: the interrupts that are up")
    registers.identification(part=0x050)

    received = State(0, "", "the byte received last")
    parity = State(False, "", "its parity bit")
    receive_full = State(False, "", "whether nobody has read it yet")
    to_send = State(-1, "", "the byte in the transmit register, -1 for none")

    def __init__(self, system: System, path: str, params: Pl050Params) -> None:
        super().__init__(system, path, params)
        self.device: Ps2Device
        if params.device == "keyboard":
            self.device = system.keyboards[path] = Ps2Keyboard(system, f"{path}.ps2")
        else:
            self.device = system.mice[path] = Ps2Mouse(system, f"{path}.ps2")
        system.add(self.device)
        self.receiving = self.event("receiving", self._frame_received)
        self.sending = self.event("sending", self._frame_sent)

    def connect(self) -> None:
        """Plug the device in."""
        self.device.plug_in(self._use_line)

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote; raises CheckpointError for bytes that are none."""
        super().deserialize(section)
        if not 0 <= self.received <= 0xFF:
            raise CheckpointError(f"{self.path}.received: is no byte")
        if not (0 if self.sending.scheduled else -1) <= self.to_send <= 0xFF:
            raise CheckpointError(f"{self.path}.to_send: is no byte")

    # --- the line ---------------------------------------------------------------------------------------------------

    @property
    def _enabled(self) -> bool:
        return bool(self.control.value & _ENABLE)

    def _use_line(self) -> None:
        """Start the next frame, if the line is free for one; the interface comes first."""
        if self.receiving.scheduled or self.sending.scheduled or self.control.value & _FORCE_CLOCK_LOW:
            return
        if self._enabled and self.to_send >= 0:
            if not self.device.testing:
                bits = _BITS_SENT - bool(self.control.value & _NO_LINE_CONTROL)
                self.schedule(self.sending, self.now + _REQUEST_TO_SEND + bits * _BIT)
        elif self.device.next_byte is not None and not (self._enabled and self.receive_full):
            self.schedule(self.receiving, self.now + _BITS_RECEIVED * _BIT)

    def _frame_received(self) -> None:
        byte = self.device.next_byte
        if byte is None:
            return
        if self._enabled:
            low = bool(self.control.value & _FORCE_DATA_LOW)
            self.received = 0 if low else byte
            self.parity = not low and byte.bit_count() % 2 == 0
            self.receive_full = True
        self.device.byte_sent()
        self._drive()
        self._use_line()

    def _frame_sent(self) -> None:
        byte, self.to_send = self.to_send, -1
        low = bool(self.control.value & _FORCE_DATA_LOW)
        # All bits low is no byte with odd parity.
        self.device.receive(0 if low else byte, intact=not low)
        self._drive()
        self._use_line()

    # --- registers --------------------------------------------------------------------------------------------------

    @control.written
    def _control_written(self) -> None:
        if self.control.value & _FORCE_CLOCK_LOW:
            # A frame that is cut short is sent again from its beginning.
            self.cancel(self.receiving)
        if self.control.value & _FORCE_CLOCK_LOW or not self._enabled:
            self.cancel(self.sending)
        self._drive()
        self._use_line()

    @status.read
    def _read_status(self) -> int:
        control = self.control.value
        status = 0 if control & _FORCE_DATA_LOW else _DATA_HIGH
        if not control & _FORCE_CLOCK_LOW:
            status |= _CLOCK_HIGH
        if self.parity:
            status |= _PARITY
        if self.receiving.scheduled and self._enabled:
            status |= _RECEIVE_BUSY
        if self.receive_full:
            status |= _RECEIVE_FULL
        if self.sending.scheduled:
            status |= _TRANSMIT_BUSY
        return status | _TRANSMIT_EMPTY if self.to_send < 0 else status

    @data.read
    def _read_data(self) -> int:
        self.receive_full = False
        self._drive()
        self._use_line()
        return self.received

    @data.write
    def _write_data(self, value: int) -> None:
        if self.to_send < 0:
            self.to_send = value & 0xFF
            self._drive()
            self._use_line()

    @interrupts.read
    def _read_interrupts(self) -> int:
        control, interrupts = self.control.value, 0
        if self.receive_full and control & _RECEIVE_INTERRUPT_ENABLE:
            interrupts |= _RECEIVE_INTERRUPT
        if self.to_send < 0 and control & _TRANSMIT_INTERRUPT_ENABLE:
            interrupts |= _TRANSMIT_INTERRUPT
        return interrupts

    def _drive(self) -> None:
        """Drive KMIINTR, the OR of both interrupts."""
        self.irq.set(self._read_interrupts() != 0)
