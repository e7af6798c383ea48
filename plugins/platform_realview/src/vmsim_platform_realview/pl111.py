"""The colour LCD controller PL111 (ARM DDI 0293)."""

from __future__ import annotations

from typing import ClassVar

from vmsim_core.address_map import BusError, RamRegion
from vmsim_core.clock import Clock
from vmsim_core.component import ComponentParams, State
from vmsim_core.device import Device, DeviceParams
from vmsim_core.errors import CheckpointError
from vmsim_core.host_ports import Picture
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import Frequency

from vmsim_platform_realview.pl111_cursor import Cursor
from vmsim_platform_realview.pl111_pixels import TFT, frame_bytes, render
from vmsim_platform_realview.pl111_timing import FrameTiming
from vmsim_platform_realview.system_registers import SystemRegisters

# LCDControl; the bits that say what pixels are like are in pl111_pixels.
_ENABLE = 1 << 0
_DUAL = 1 << 7
_POWER = 1 << 11
_COMPARE_SHIFT = 12
_CONTROL_BITS = 0x1_3FFF

_TIMING_BITS = (0xFFFF_FFFC, 0xFFFF_FFFF, 0xFFFF_FFFF, 0x1_007F)

# Interrupts (LCDIMSC, LCDRIS, LCDMIS, LCDICR); that of the cursor has registers of its own. The FIFO never underflows.
_FIFO_UNDERFLOW = 1 << 1
_NEXT_BASE_UPDATE = 1 << 2
_VERTICAL_COMPARE = 1 << 3
_BUS_ERROR = 1 << 4
_INTERRUPTS = _FIFO_UNDERFLOW | _NEXT_BASE_UPDATE | _VERTICAL_COMPARE | _BUS_ERROR
_CURSOR_SHIFT = 16
_CURSOR_SHOWN = 1 << _CURSOR_SHIFT

# ClcdCrsrCtrl, ClcdCrsrConfig
_CURSOR_ON = 1 << 0
_CURSOR_64 = 1 << 0
_SMALL_IMAGE_WORDS = 64

_CLCDCLK_OSCILLATOR = 4
_DEFAULT_CLCDCLK = 25_000_000


class Pl111Params(DeviceParams):
    """Where the controller gets its clock from."""

    clcdclk: Frequency | None = None
    """Frequency of CLCDCLK. By default it is what the guest sets oscillator 4 of the board's system registers to, or
    25 MHz on a board without them."""


class Pl111(Device):
    """A screen, shown from memory.

    Nothing is drawn until somebody asks for the picture, and the position in the frame is computed from the time. Only
    an interrupt that is enabled and not yet raised is an event.
    """

    type_name = "pl111"
    Params: ClassVar[type[ComponentParams]] = Pl111Params
    device_tree = {"compatible": ["arm,pl111", "arm,primecell"]}

    registers = RegisterTable(size=0x1000)
    timing = registers.bank(0x000, 4, doc="LCDTiming0 to 3: horizontal, vertical, clock and line end")
    upper_base = registers.read_write(0x010, writable_bits=0xFFFF_FFF8, doc="LCDUPBASE: taken when a frame begins")
    lower_base = registers.read_write(0x014, writable_bits=0xFFFF_FFF8, doc="LCDLPBASE: for the lower of two panels")
    control = registers.read_write(0x018, writable_bits=_CONTROL_BITS, doc="LCDControl")
    interrupt_mask = registers.read_write(0x01C, writable_bits=_INTERRUPTS, doc="LCDIMSC")
    raw_interrupts = registers.computed(0x020, doc="LCDRIS")
    masked_interrupts = registers.computed(0x024, doc="LCDMIS")
    interrupt_clear = registers.command(0x028, doc="LCDICR")
    upper_current = registers.computed(0x02C, doc="LCDUPCURR: the address from which the upper panel is fed")
    lower_current = registers.computed(0x030, doc="LCDLPCURR")
    palette = registers.bank(0x200, 128, doc="LCDPalette: two colours of 1:5:5:5 bits in a word")
    cursor_image = registers.bank(0x800, 256, doc="CursorImage: four of 32 by 32 pixels, or one of 64 by 64")
    cursor_control = registers.read_write(0xC00, writable_bits=0x31, doc="ClcdCrsrCtrl: bit 0 on, 5:4 image number")
    cursor_configuration = registers.read_write(0xC04, writable_bits=0x3, doc="ClcdCrsrConfig: bit 0 is 64 by 64")
    cursor_palette = registers.bank(0xC08, 2, writable_bits=0xFF_FFFF, doc="ClcdCrsrPalette0 and 1")
    cursor_position = registers.read_write(0xC10, writable_bits=0x03FF_03FF, doc="ClcdCrsrXY")
    cursor_clip = registers.read_write(0xC14, writable_bits=0x3F3F, doc="ClcdCrsrClip")
    cursor_interrupt_mask = registers.read_write(0xC20, writable_bits=0x1, doc="ClcdCrsrIMSC")
    cursor_interrupt_clear = registers.command(0xC24, doc="ClcdCrsrICR")
    cursor_raw_interrupt = registers.computed(0xC28, doc="ClcdCrsrRIS")
    cursor_masked_interrupt = registers.computed(0xC2C, doc="ClcdCrsrMIS")
    registers.identification(part=0x111, revision=2)

    clcdclk = State(_DEFAULT_CLCDCLK, "Hz", "the frequency of CLCDCLK")
    first_frame = State(0, "cycle", "when the first frame began, of those that are scanned since then without a break")
    settled = State(0, "cycle", "up to when the state below is complete")
    raised = State(0, "", "the interrupts raised, as in LCDRIS; that of the cursor is bit 16")
    upper_scanned = State(0, "", "the address of the frame that is scanned")
    lower_scanned = State(0, "", "the same of the lower panel")

    def __init__(self, system: System, path: str, params: Pl111Params) -> None:
        super().__init__(system, path, params)
        self.interrupt = self.event("interrupt", self._settle_and_drive)
        self._oscillators: SystemRegisters | None = None
        system.displays[path] = self

    def connect(self) -> None:
        """Find the oscillator, unless the clock has a frequency of its own."""
        boards = [device for device in self.system.devices.values() if isinstance(device, SystemRegisters)]
        if boards and self.params.clcdclk is None:
            self._oscillators = boards[0]
            boards[0].listen_to_oscillators(self._set_clock)

    def reset(self) -> None:
        """Bring the power-on state."""
        super().reset()
        self._set_clock()

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote; raises CheckpointError for a clock that does not run."""
        super().deserialize(section)
        if self.clcdclk <= 0:
            raise CheckpointError(f"{self.path}.clcdclk: is not above zero")

    def write(self, offset: int, size: int, value: int) -> None:
        """Serve a write: what it changes begins now."""
        self._settle()
        super().write(offset, size, value)
        self._drive()

    # --- time: the position in the frame, and what happens there ----------------------------------------------------

    @property
    def _cycle(self) -> int:
        """The present cycle of CLCDCLK."""
        return Clock(self.clcdclk).cycles(self.now)

    @property
    def _frame_timing(self) -> FrameTiming:
        return FrameTiming.decode(self.timing.values)

    @property
    def _scanning(self) -> bool:
        return bool(self.control.value & _ENABLE)

    def _begin_scan(self) -> None:
        """Begin a frame now."""
        self.first_frame = self._cycle
        self.settled = self.first_frame - 1
        self._settle()

    def _set_clock(self) -> None:
        if self._oscillators is not None:
            hertz = self._oscillators.oscillator_frequency(_CLCDCLK_OSCILLATOR)
        else:
            hertz = self.params.clcdclk or _DEFAULT_CLCDCLK
        if hertz == self.clcdclk:
            return
        self._settle()
        self.clcdclk = hertz
        if self._scanning:
            self._begin_scan()
            self._drive()

    def _phases(self) -> dict[int, int]:
        """Return when in each frame the interrupts are raised, in cycles from its beginning."""
        timing = self._frame_timing
        phases = {
            _NEXT_BASE_UPDATE: 0,
            _VERTICAL_COMPARE: timing.compare(self.control.value >> _COMPARE_SHIFT & 3),
        }
        if not all(self._is_ram(base, self._panel_bytes) for base in self._bases()):
            phases[_BUS_ERROR] = 0
        cursor = self._cursor()
        if cursor is not None and cursor.position[1] < min(cursor.last_line, self._height):
            last_line = min(cursor.last_line, self._height) - 1
            phases[_CURSOR_SHOWN] = timing.after_line(last_line % timing.lines + 1)
        return phases

    def _settle(self) -> None:
        """Bring up to date what the frames have changed since the last time."""
        if not self._scanning:
            return
        now, frame = self._cycle, self._frame_timing.frame
        for interrupt, phase in self._phases().items():
            start = self.first_frame + phase
            if (now - start) // frame > (self.settled - start) // frame:
                self.raised |= interrupt
        self.upper_scanned, self.lower_scanned = self._scanned_bases()
        self.settled = now

    def _drive(self) -> None:
        """Drive the interrupt line, and schedule the next interrupt that would change it."""
        enabled = self.interrupt_mask.value | self.cursor_interrupt_mask.value << _CURSOR_SHIFT
        self.irq.set(bool(self.raised & enabled))
        self.cancel(self.interrupt)
        awaited = enabled & ~self.raised
        if not self._scanning or not awaited:
            return
        now, frame = self._cycle, self._frame_timing.frame
        starts = [self.first_frame + phase for interrupt, phase in self._phases().items() if interrupt & awaited]
        if starts:
            following = min(start + ((now - start) // frame + 1) * frame for start in starts)
            self.schedule(self.interrupt, Clock(self.clcdclk).ticks(following))

    def _settle_and_drive(self) -> None:
        self._settle()
        self._drive()

    # --- the frame buffer -------------------------------------------------------------------------------------------

    @property
    def _dual(self) -> bool:
        """Whether there are two panels; only STN panels are made of two."""
        return self.control.value & (_DUAL | TFT) == _DUAL

    @property
    def _height(self) -> int:
        return self._frame_timing.lines * (2 if self._dual else 1)

    @property
    def _panel_bytes(self) -> int:
        timing = self._frame_timing
        return frame_bytes(self.control.value, timing.width * timing.lines)

    def _bases(self) -> list[int]:
        """Return where the next frame is in memory, for each panel."""
        return [self.upper_base.value, self.lower_base.value][: 2 if self._dual else 1]

    def _scanned_bases(self) -> tuple[int, int]:
        """Return the bases of the frame that is scanned: those that the registers held when it began."""
        frame = self._frame_timing.frame
        if self._scanning and (self._cycle - self.first_frame) // frame > (self.settled - self.first_frame) // frame:
            return self.upper_base.value, self.lower_base.value
        return self.upper_scanned, self.lower_scanned

    def _is_ram(self, address: int, size: int) -> bool:
        end = address + size
        while address < end:
            region = self.system.address_map.find(address)
            if not isinstance(region, RamRegion):
                return False
            address = region.base + region.size
        return True

    def _current(self, base: int) -> int:
        """Return the address from which a panel is fed now, that of the last double word."""
        sent = 0
        if self._scanning:
            timing = self._frame_timing
            lines, pixels = timing.sent((self._cycle - self.first_frame) % timing.frame)
            sent = frame_bytes(self.control.value, lines * timing.width + pixels)
        return (base + sent) & 0xFFFF_FFF8

    def _cursor(self) -> Cursor | None:
        if not self.cursor_control.value & _CURSOR_ON:
            return None
        small = not self.cursor_configuration.value & _CURSOR_64
        first = _SMALL_IMAGE_WORDS * (self.cursor_control.value >> 4) if small else 0
        position, clip = self.cursor_position.value, self.cursor_clip.value
        return Cursor(
            image=self.cursor_image.values[first:],
            size=32 if small else 64,
            position=(position & 0x3FF, position >> 16),
            clip=(clip & 0x3F, clip >> 8),
            colours=self.cursor_palette.values,
        )

    def picture(self) -> Picture | None:
        """Return what the screen shows now, black where the frame is not in RAM; None while it has no power."""
        if self.control.value & (_ENABLE | _POWER) != _ENABLE | _POWER:
            return None
        timing = self._frame_timing
        pixels = timing.width * timing.lines
        shown = bytearray()
        for base in self._scanned_bases()[: 2 if self._dual else 1]:
            try:
                data = self.system.address_map.read_block(base, self._panel_bytes)
            except BusError:
                shown += bytes(3 * pixels)
            else:
                shown += render(self.control.value, self.palette.values, data, pixels)
        cursor = self._cursor()
        if cursor is not None:
            cursor.draw(shown, timing.width, self._height)
        return Picture(timing.width, self._height, bytes(shown))

    # --- registers --------------------------------------------------------------------------------------------------

    @timing.write
    def _write_timing(self, index: int, value: int) -> None:
        self.timing.values[index] = value & _TIMING_BITS[index]
        if self._scanning:
            self._begin_scan()

    @control.write
    def _write_control(self, value: int) -> None:
        started = value & ~self.control.value & _ENABLE
        self.control.value = value & _CONTROL_BITS
        if started:
            self._begin_scan()

    @upper_current.read
    def _read_upper_current(self) -> int:
        return self._current(self._scanned_bases()[0])

    @lower_current.read
    def _read_lower_current(self) -> int:
        return self._current(self._scanned_bases()[1])

    @raw_interrupts.read
    def _read_raw_interrupts(self) -> int:
        self._settle()
        return self.raised & _INTERRUPTS

    @masked_interrupts.read
    def _read_masked_interrupts(self) -> int:
        return self._read_raw_interrupts() & self.interrupt_mask.value

    @interrupt_clear.write
    def _clear_interrupts(self, value: int) -> None:
        self.raised &= ~(value & _INTERRUPTS)

    @cursor_raw_interrupt.read
    def _read_cursor_raw_interrupt(self) -> int:
        self._settle()
        return self.raised >> _CURSOR_SHIFT & 1

    @cursor_masked_interrupt.read
    def _read_cursor_masked_interrupt(self) -> int:
        return self._read_cursor_raw_interrupt() & self.cursor_interrupt_mask.value

    @cursor_interrupt_clear.write
    def _clear_cursor_interrupt(self, value: int) -> None:
        self.raised &= ~((value & 1) << _CURSOR_SHIFT)
