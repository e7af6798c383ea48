"""A PS/2 keyboard with 105 keys (IBM Personal System/2 Hardware Interface Technical Reference, "Keyboards")."""

from __future__ import annotations

from vmsim_core.component import State
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import TICKS_PER_SECOND

from vmsim_platform_realview.ps2_device import ACKNOWLEDGE, RESEND, RESET, Ps2Device
from vmsim_platform_realview.ps2_scan_codes import KEY_NAMES, SCAN_CODES

_SET_LEDS = 0xED
_ECHO = 0xEE
_SCAN_CODE_SET = 0xF0
_READ_ID = 0xF2
_SET_TYPEMATIC = 0xF3
_ENABLE = 0xF4
_DISABLE = 0xF5
_DEFAULTS = 0xF6
# What keys do in set 3: repeat, say when they are released, neither, both.
_REPEAT = 0xF7
_RELEASE = 0xF8
_NEITHER = 0xF9
_BOTH = 0xFA

_ID = (0xAB, 0x83)

_BUFFER_SIZE = 16
_OVERFLOW = {1: 0xFF, 2: 0x00, 3: 0x00}

_DEFAULT_TYPEMATIC = 0x2B  # 10.9 a second after half a second
_DELAY_UNIT = TICKS_PER_SECOND // 4
_PERIOD_UNIT = 4_170_000_000  # 4.17 ms

_KEY_INDEX = {name: index for index, name in enumerate(KEY_NAMES)}


class Ps2Keyboard(Ps2Device):
    """Keys go in, scan codes come out; the key pressed last repeats while it is held, in simulated time."""

    type_name = "ps2-keyboard"
    # One more for the code that says that there were more.
    output_capacity = _BUFFER_SIZE + 1

    keys = KEY_NAMES

    held = State[list[int]]([], "", "the keys that are down, as indices in the table of keys")
    repeating = State(-1, "", "the key that repeats, -1 for none")
    scanning = State(True, "", "whether keys are looked at")
    scan_code_set = State(2, "", "the set of scan codes in use")
    typematic = State(_DEFAULT_TYPEMATIC, "", "rate (bits 0 to 4) and delay (bits 5 and 6) of the repetition")
    key_types = State(_BOTH, "", "the command that says what keys do in set 3")
    leds = State(0, "", "the LEDs that are lit: bit 0 Scroll Lock, bit 1 Num Lock, bit 2 Caps Lock")

    def __init__(self, system: System, path: str) -> None:
        super().__init__(system, path)
        self.repeat = self.event("repeat", self._repeat_key)
        self.keys_pressed = self.statistics.counter("keys_pressed", "keys pressed")
        self.overflows = self.statistics.counter("overflows", "scan codes lost because the buffer was full")
        self.statistics.level(
            "leds", lambda: self.leds, "LEDs lit: bit 0 Scroll Lock, bit 1 Num Lock, bit 2 Caps Lock", "bits"
        )

    # --- keys -------------------------------------------------------------------------------------------------------

    def key(self, name: str, pressed: bool) -> None:
        """Press or release a key; one that is down (or up) already stays so. Raises ValueError for an unknown key."""
        if name not in _KEY_INDEX:
            raise ValueError(f"the keyboard has no key {name!r}")
        key = _KEY_INDEX[name]
        if pressed == (key in self.held):
            return
        if pressed:
            self.keys_pressed.value += 1
            self.held.append(key)
            self._press(key)
        else:
            self.held.remove(key)
            self._release(key)

    def _press(self, key: int) -> None:
        if not self._looks:
            return
        codes = SCAN_CODES[self.scan_code_set][key]
        self._put(codes.down)
        self._stop_repeating()
        if codes.repeat and self._does(_REPEAT):
            self.repeating = key
            self.schedule(self.repeat, self.now + (1 + (self.typematic >> 5)) * _DELAY_UNIT)

    def _release(self, key: int) -> None:
        if self.repeating == key:
            self._stop_repeating()
        if self._looks and self._does(_RELEASE):
            self._put(SCAN_CODES[self.scan_code_set][key].up)

    def _repeat_key(self) -> None:
        self._put(SCAN_CODES[self.scan_code_set][self.repeating].repeat)
        period = (8 + (self.typematic & 7) << (self.typematic >> 3 & 3)) * _PERIOD_UNIT
        self.schedule(self.repeat, self.now + period)

    def _stop_repeating(self) -> None:
        self.repeating = -1
        self.cancel(self.repeat)

    @property
    def _looks(self) -> bool:
        return self.scanning and not self.testing

    def _does(self, action: int) -> bool:
        """Whether keys repeat, or say that they are released; in sets 1 and 2 they always do."""
        return self.scan_code_set != 3 or self.key_types in (action, _BOTH)

    def _put(self, codes: bytes) -> None:
        if len(self.output) + len(codes) <= _BUFFER_SIZE:
            self.output.extend(codes)
        else:
            self.overflows.value += 1
            overflow = _OVERFLOW[self.scan_code_set]
            if self.output[-1] != overflow:
                self.output.append(overflow)
        self._tell_host()

    def byte_sent(self) -> None:
        """Be told that the host has got the next byte: that is what a resend repeats."""
        self.last_message[:] = (self.answers or self.output)[:1]
        super().byte_sent()

    # --- commands ---------------------------------------------------------------------------------------------------

    def _command(self, command: int) -> None:
        if command in (_SET_LEDS, _SCAN_CODE_SET, _SET_TYPEMATIC):
            self._await_argument(command)
        elif command == _ECHO:
            self._answer(_ECHO)
        elif command == _READ_ID:
            self._answer(ACKNOWLEDGE, *_ID)
        elif command == _ENABLE:
            self._begin_anew(scanning=True)
        elif command in (_DISABLE, _DEFAULTS):
            self._set_defaults()
            self._begin_anew(scanning=command == _DEFAULTS)
        elif _REPEAT <= command <= _BOTH:
            self.key_types = command
            self._answer(ACKNOWLEDGE)
        elif command == RESEND:
            self._answer_again()
        elif command == RESET:
            self.leds = 0
            self.scanning = True
            self._start_self_test()
        else:
            self._answer(RESEND)

    def _argument(self, command: int, value: int) -> None:
        if command == _SET_LEDS:
            self.leds = value & 7
        elif command == _SET_TYPEMATIC:
            self.typematic = value & 0x7F
        elif value == 0:
            self._answer(ACKNOWLEDGE, self.scan_code_set)
            return
        elif value in SCAN_CODES:
            # Codes of two sets in one buffer would be nonsense.
            self.output.clear()
            self._stop_repeating()
            self.scan_code_set = value
        else:
            self._answer(RESEND)
            return
        self._answer(ACKNOWLEDGE)

    def _begin_anew(self, scanning: bool) -> None:
        self.scanning = scanning
        self.output.clear()
        self._stop_repeating()
        self._answer(ACKNOWLEDGE)

    def _set_defaults(self) -> None:
        self._stop_repeating()
        self.scan_code_set = 2
        self.typematic = _DEFAULT_TYPEMATIC
        self.key_types = _BOTH

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote; raises CheckpointError for what no keyboard can be in."""
        super().deserialize(section)
        last = len(KEY_NAMES) - 1
        if len(set(self.held)) != len(self.held) or not all(0 <= key <= last for key in self.held):
            raise CheckpointError(f"{self.path}.held: is not a list of different keys")
        self._check_range("repeating", 0 if self.repeat.scheduled else -1, last)
        self._check_range("scan_code_set", 1, 3)
        self._check_range("typematic", 0, 0x7F)
        self._check_range("key_types", _REPEAT, _BOTH)
        self._check_range("leds", 0, 7)
