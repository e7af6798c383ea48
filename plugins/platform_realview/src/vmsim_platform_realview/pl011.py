"""The UART PL011 (ARM DDI 0183)."""

from __future__ import annotations

from typing import ClassVar, Literal

from vmsim_core.component import ComponentParams, State
from vmsim_core.device import Device, DeviceParams
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import TICKS_PER_SECOND, Frequency

_FIFO_DEPTH = 16
# FIFO levels that UARTIFLS selects: 1/8, 1/4, 1/2, 3/4 and 7/8; the reserved settings count as the last.
_TRIGGER_LEVELS = (2, 4, 8, 12, 14, 14, 14, 14)

# Interrupts (UARTIMSC, UARTRIS, UARTMIS, UARTICR).
_MODEM_INTERRUPTS = 0xF
_RECEIVE = 1 << 4
_TRANSMIT = 1 << 5
_TIMEOUT = 1 << 6
_FRAMING_ERROR_SHIFT = 7  # framing, parity, break, overrun: in the order of the error bits of UARTDR
_OVERRUN_ERROR = 1 << 10

# A word of the receive FIFO (UARTDR): a byte and its errors; UARTRSR has the errors from bit 0.
_ERROR_SHIFT = 8
_BREAK = 1 << 10
_OVERRUN = 1 << 11

# UARTFR
_FLAG_BUSY = 1 << 3
_FLAG_RECEIVE_EMPTY = 1 << 4
_FLAG_TRANSMIT_FULL = 1 << 5
_FLAG_RECEIVE_FULL = 1 << 6
_FLAG_TRANSMIT_EMPTY = 1 << 7
_FLAG_RING = 1 << 8
# A terminal that is connected and ready: CTS, DSR, DCD.
_TERMINAL_READY = 0x7

# UARTLCR_H
_SEND_BREAK = 1 << 0
_PARITY = 1 << 1
_TWO_STOP_BITS = 1 << 3
_FIFO_ENABLE = 1 << 4

# UARTCR
_UART_ENABLE = 1 << 0
_LOOPBACK = 1 << 7
_RECEIVE_ENABLE = 1 << 9


class Pl011Params(DeviceParams):
    """How the serial line behaves in time."""

    uartclk: Frequency = 24_000_000
    """Frequency of UARTCLK, which the baud rate divisor divides."""
    baud: Literal["instant", "real"] = "instant"
    """``instant``: a character takes no time; ``real``: it takes the time that the programmed divisor says."""


class Pl011(Device):
    """A UART with its FIFOs, connected to the system's serial port of the same name.

    Characters for the guest wait in the serial port until the receive FIFO has room, so that nothing a person types is
    lost. Transmission works from reset on, as the boot loader of a board leaves it, with 8 bits to a character.
    """

    type_name = "pl011"
    Params: ClassVar[type[ComponentParams]] = Pl011Params
    device_tree = {"compatible": ["arm,pl011", "arm,primecell"]}

    registers = RegisterTable(size=0x1000)
    data = registers.command(0x00, readable=True, doc="UARTDR")
    receive_status = registers.read_write(0x04, merge_bytes=False, doc="UARTRSR/UARTECR: errors; any write clears")
    flags = registers.computed(0x18, doc="UARTFR")
    low_power_divisor = registers.read_write(0x20, writable_bits=0xFF, doc="UARTILPR")
    integer_divisor = registers.read_write(0x24, writable_bits=0xFFFF, doc="UARTIBRD")
    fractional_divisor = registers.read_write(0x28, writable_bits=0x3F, doc="UARTFBRD")
    line_control = registers.read_write(0x2C, writable_bits=0xFF, doc="UARTLCR_H; a write takes over the divisor")
    control = registers.read_write(0x30, reset=0x300, writable_bits=0xFF87, doc="UARTCR")
    fifo_levels = registers.read_write(0x34, reset=0x12, writable_bits=0x3F, doc="UARTIFLS")
    interrupt_mask = registers.read_write(0x38, writable_bits=0x7FF, doc="UARTIMSC")
    raw_interrupts = registers.read_only(0x3C, doc="UARTRIS")
    masked_interrupts = registers.computed(0x40, doc="UARTMIS")
    interrupt_clear = registers.command(0x44, doc="UARTICR")
    dma_control = registers.read_write(0x48, writable_bits=0x7, doc="UARTDMACR; the DMA requests are not connected")
    registers.identification(part=0x011, revision=1)

    receive_fifo = State[list[int]]([], "", "characters received, with their error bits")
    transmit_fifo = State[list[int]]([], "", "characters to send")
    shifting = State(-1, "", "the character that is being sent, -1 for none")
    overrun = State(False, "", "a character was lost since the last one entered the receive FIFO")
    divisor = State(0, "1/64", "the baud rate divisor in use")

    def __init__(self, system: System, path: str, params: Pl011Params) -> None:
        super().__init__(system, path, params)
        self.paced = params.baud == "real"
        self.port = system.serial_port(path)
        self.sent = self.event("sent", self._character_sent)
        self.line_free = self.event("line-free", self._take_input)
        self.timeout = self.event("timeout", self._receive_timeout)
        self.characters_sent = self.statistics.counter("characters_sent", "characters sent to the host")
        self.characters_received = self.statistics.counter("characters_received", "characters taken from the host")

    def connect(self) -> None:
        """Listen to the serial port's host side."""
        self.port.attach_uart(self._take_input)

    def serialize(self, section: Section) -> None:
        """Write the state, with the input that still waits for room."""
        super().serialize(section)
        section.put("port.waiting", self.port.waiting)

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote."""
        super().deserialize(section)
        self.port.waiting = section.get_bytes("port.waiting")

    # --- the line: what it takes in time ----------------------------------------------------------------------------

    def _bit_ticks(self, bits: int) -> int:
        """Return how long `bits` bits take on the line; a divisor below 1 is not allowed and counts as 1."""
        # One bit is 16 cycles of UARTCLK divided by divisor / 64 (DDI 0183, 3.3.6).
        return bits * max(self.divisor, 64) * TICKS_PER_SECOND // (4 * int(self.params.uartclk))

    def _character_ticks(self) -> int:
        line = self.line_control.value
        bits = 1 + 5 + (line >> 5 & 3) + bool(line & _PARITY) + 1 + bool(line & _TWO_STOP_BITS)
        return self._bit_ticks(bits)

    # --- transmission -----------------------------------------------------------------------------------------------

    @property
    def _depth(self) -> int:
        return _FIFO_DEPTH if self.line_control.value & _FIFO_ENABLE else 1

    @property
    def _transmit_level(self) -> int:
        """The transmit interrupt is up while no more characters than this wait."""
        return _TRIGGER_LEVELS[self.fifo_levels.value & 7] if self.line_control.value & _FIFO_ENABLE else 0

    @data.write
    def _write_data(self, value: int) -> None:
        character = value & 0xFF
        if not self.paced:
            self._put_on_line(character)
            self._raise(_TRANSMIT)
        elif self.shifting < 0:
            self._shift_out(character)
            self._raise(_TRANSMIT)
        elif len(self.transmit_fifo) < self._depth:
            self.transmit_fifo.append(character)
            if len(self.transmit_fifo) > self._transmit_level:
                self._clear(_TRANSMIT)

    def _shift_out(self, character: int) -> None:
        self.shifting = character
        self.schedule(self.sent, self.now + self._character_ticks())

    def _character_sent(self) -> None:
        self._put_on_line(self.shifting)
        self.shifting = -1
        if self.transmit_fifo:
            self._shift_out(self.transmit_fifo.pop(0))
            if len(self.transmit_fifo) <= self._transmit_level:
                self._raise(_TRANSMIT)

    def _put_on_line(self, character: int) -> None:
        if self.control.value & _LOOPBACK:
            self._receive(character)
        else:
            self.characters_sent.value += 1
            self.port.send(bytes((character,)))

    # --- reception --------------------------------------------------------------------------------------------------

    @property
    def _receive_level(self) -> int:
        """The receive interrupt comes when this many characters wait."""
        return _TRIGGER_LEVELS[self.fifo_levels.value >> 3 & 7] if self.line_control.value & _FIFO_ENABLE else 1

    def _takes_input(self) -> bool:
        enabled = _UART_ENABLE | _RECEIVE_ENABLE
        return (
            self.control.value & (enabled | _LOOPBACK) == enabled
            and len(self.receive_fifo) < self._depth
            and not self.line_free.scheduled
        )

    def _take_input(self) -> None:
        """Take what waits in the serial port, as far as there is room."""
        while self._takes_input():
            character = self.port.take()
            if character is None:
                return
            self.characters_received.value += 1
            self._receive(character)
            if self.paced:
                self.schedule(self.line_free, self.now + self._character_ticks())

    def _receive(self, word: int) -> None:
        """Let a character with its error bits arrive from the line."""
        fifo = self.receive_fifo
        if len(fifo) >= self._depth:
            self.overrun = True
            self.receive_status.value |= _OVERRUN >> _ERROR_SHIFT
            self._raise(_OVERRUN_ERROR)
            return
        self.overrun = False
        fifo.append(word)
        raised = word >> _ERROR_SHIFT << _FRAMING_ERROR_SHIFT
        if len(fifo) >= self._receive_level:
            raised |= _RECEIVE
        if self.line_control.value & _FIFO_ENABLE:
            self.schedule(self.timeout, self.now + self._bit_ticks(32))
        self._raise(raised)

    def _receive_timeout(self) -> None:
        # Characters wait, and none has come for 32 bit times (DDI 0183, 2.4.4).
        if self.receive_fifo:
            self._raise(_TIMEOUT)

    @data.read
    def _read_data(self) -> int:
        fifo = self.receive_fifo
        if not fifo:
            return 0
        word = fifo.pop(0) | (_OVERRUN if self.overrun else 0)
        self.receive_status.value = self.receive_status.value & (_OVERRUN >> _ERROR_SHIFT) | word >> _ERROR_SHIFT
        if not fifo:
            self.cancel(self.timeout)
            self._clear(_RECEIVE | _TIMEOUT)
        elif len(fifo) < self._receive_level:
            self._clear(_RECEIVE)
        self._take_input()
        return word

    @receive_status.write
    def _clear_errors(self, value: int) -> None:
        self.receive_status.value = 0

    # --- control and status -----------------------------------------------------------------------------------------

    def _modem_inputs(self) -> int:
        """CTS, DSR, DCD and RI as UARTFR shows them; in loopback they are the outputs RTS, DTR, Out1 and Out2."""
        control = self.control.value
        if not control & _LOOPBACK:
            return _TERMINAL_READY
        inputs = control >> 11 & 1 | (control >> 10 & 1) << 1 | (control >> 12 & 1) << 2
        return inputs | (_FLAG_RING if control >> 13 & 1 else 0)

    @flags.read
    def _read_flags(self) -> int:
        received = len(self.receive_fifo)
        flags = self._modem_inputs()
        if not received:
            flags |= _FLAG_RECEIVE_EMPTY
        elif received >= self._depth:
            flags |= _FLAG_RECEIVE_FULL
        if self.shifting < 0:
            return flags | _FLAG_TRANSMIT_EMPTY
        flags |= _FLAG_BUSY
        if not self.transmit_fifo:
            flags |= _FLAG_TRANSMIT_EMPTY
        elif len(self.transmit_fifo) >= self._depth:
            flags |= _FLAG_TRANSMIT_FULL
        return flags

    @line_control.write
    def _write_line_control(self, value: int) -> None:
        changed = self.line_control.value ^ value
        self.line_control.value = value & 0xFF
        self.divisor = self.integer_divisor.value << 6 | self.fractional_divisor.value
        if changed & _FIFO_ENABLE:
            self.receive_fifo.clear()
            self.transmit_fifo.clear()
            self.cancel(self.timeout)
            self._clear(_RECEIVE | _TIMEOUT)
        if changed & value & _SEND_BREAK and self.control.value & _LOOPBACK:
            self._receive(_BREAK)
        self._take_input()

    @control.write
    def _write_control(self, value: int) -> None:
        before = self._modem_inputs()
        self.control.value = value & 0xFF87
        changed = before ^ self._modem_inputs()
        # UARTRIS has RI at bit 0 and then CTS, DCD, DSR; UARTFR has CTS, DSR, DCD and RI at bit 8.
        self._raise(changed >> 8 & 1 | (changed & 1) << 1 | (changed >> 2 & 1) << 2 | (changed >> 1 & 1) << 3)
        self._take_input()

    @fifo_levels.written
    def _fifo_levels_written(self) -> None:
        if len(self.receive_fifo) >= self._receive_level:
            self._raise(_RECEIVE)

    # --- interrupts -------------------------------------------------------------------------------------------------

    def _raise(self, interrupts: int) -> None:
        self.raw_interrupts.value |= interrupts
        self._drive()

    @interrupt_clear.write
    def _clear(self, interrupts: int) -> None:
        self.raw_interrupts.value &= ~interrupts
        self._drive()

    @interrupt_mask.written
    def _drive(self) -> None:
        """Drive UARTINTR, the OR of all that is raised and enabled."""
        self.irq.set(bool(self.raw_interrupts.value & self.interrupt_mask.value))

    @masked_interrupts.read
    def _read_masked_interrupts(self) -> int:
        return self.raw_interrupts.value & self.interrupt_mask.value
