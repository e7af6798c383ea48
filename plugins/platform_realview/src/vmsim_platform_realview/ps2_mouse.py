"""A PS/2 mouse with a wheel and five buttons (IBM Personal System/2 Hardware Interface Technical Reference, "Mouse";
the wheel and the two further buttons as Microsoft's IntelliMouse and IntelliMouse Explorer have them).
"""

from __future__ import annotations

from vmsim_core.component import State
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import TICKS_PER_SECOND

from vmsim_platform_realview.ps2_device import ACKNOWLEDGE, RESEND, RESET, Ps2Device

_SCALING_1_1 = 0xE6
_SCALING_2_1 = 0xE7
_SET_RESOLUTION = 0xE8
_STATUS_REQUEST = 0xE9
_STREAM_MODE = 0xEA
_READ_DATA = 0xEB
_LEAVE_WRAP_MODE = 0xEC
_WRAP_MODE = 0xEE
_REMOTE_MODE = 0xF0
_READ_ID = 0xF2
_SET_SAMPLE_RATE = 0xF3
_ENABLE = 0xF4
_DISABLE = 0xF5
_DEFAULTS = 0xF6

_BUTTONS = {"left": 0x01, "right": 0x02, "middle": 0x04, "side": 0x08, "extra": 0x10}
_STANDARD_BUTTONS = 0x07
_FURTHER_BUTTONS_SHIFT = 1  # side and extra are bits 4 and 5 of the fourth byte

_SAMPLE_RATES = (10, 20, 40, 60, 80, 100, 200)
_STANDARD, _WHEEL, _FIVE_BUTTONS = 0, 3, 4
_KNOCKS: dict[tuple[int, ...], int] = {(200, 100, 80): _WHEEL, (200, 200, 80): _FIVE_BUTTONS}
"""Sample rates that, set one after the other, change what the mouse is; the values are IDs."""

_FURTHEST = 255
_SCALED = (0, 1, 1, 3, 6, 9)
"""What 2:1 scaling makes of small movements; it doubles larger ones."""


def _add(counter: int, change: int, low: int, high: int) -> int:
    return min(max(counter + change, low), high)


def _scaled(counter: int) -> int:
    size = abs(counter)
    size = _SCALED[size] if size < len(_SCALED) else 2 * size
    return size if counter > 0 else -size


class Ps2Mouse(Ps2Device):
    """Movements add up until they are reported, in stream mode at most as often as the sample rate says."""

    type_name = "ps2-mouse"
    output_capacity = 4
    identity_after_test = (_STANDARD,)

    buttons = tuple(_BUTTONS)

    right = State(0, "counts", "movement to the right since the last report")
    up = State(0, "counts", "movement away from the user since the last report")
    wheel = State(0, "counts", "movement of the wheel towards the user since the last report")
    overflow = State(0, "", "movement was too far: bit 0 to the right or left, bit 1 up or down")
    pressed = State(0, "", "the buttons that are down: left, right, middle, side, extra from bit 0")
    reported = State(0, "", "the buttons that were down in the last report")
    kind = State(_STANDARD, "", "ID: 0 standard, 3 with wheel, 4 with wheel and five buttons")
    reporting = State(False, "", "whether stream mode reports")
    remote = State(False, "", "remote mode: reports when asked")
    wrap = State(False, "", "wrap mode: sends back what it receives")
    doubling = State(False, "", "2:1 scaling")
    resolution = State(2, "", "0 to 3: 1, 2, 4 or 8 counts to the millimetre")
    sample_rate = State(100, "Hz", "the most reports in a second")
    knock = State[list[int]]([], "Hz", "the last sample rates that were set, at most three")

    def __init__(self, system: System, path: str) -> None:
        super().__init__(system, path)
        self.sample = self.event("sample", self._report_what_is_new)
        self.reports = self.statistics.counter("reports", "movements reported")

    # --- movements --------------------------------------------------------------------------------------------------

    def move(self, right: int, down: int, wheel: int = 0) -> None:
        """Move by so many counts; a positive `wheel` turns away from the user."""
        if abs(self.right + right) > _FURTHEST:
            self.overflow |= 1
        if abs(self.up - down) > _FURTHEST:
            self.overflow |= 2
        self.right = _add(self.right, right, -_FURTHEST, _FURTHEST)
        self.up = _add(self.up, -down, -_FURTHEST, _FURTHEST)
        self.wheel = _add(self.wheel, -wheel, -8, 7)
        self._report_what_is_new()

    def button(self, name: str, pressed: bool) -> None:
        """Press or release a button; raises ValueError for one that is not there."""
        if name not in _BUTTONS:
            raise ValueError(f"the mouse has no button {name!r}")
        self.pressed = self.pressed | _BUTTONS[name] if pressed else self.pressed & ~_BUTTONS[name]
        self._report_what_is_new()

    def _report_what_is_new(self) -> None:
        """Report in stream mode, if there is anything to say and the last report is sent and long enough ago."""
        if self.testing or self.wrap or self.remote or not self.reporting or self.output or self.sample.scheduled:
            return
        wheel = self.wheel if self.kind != _STANDARD else 0
        if self.right or self.up or wheel or self.pressed != self.reported:
            self.reports.value += 1
            self.output[:] = self.last_message[:] = self._take_report(self.doubling)
            self.schedule(self.sample, self.now + TICKS_PER_SECOND // self.sample_rate)
            self._tell_host()

    def _take_report(self, doubling: bool) -> list[int]:
        right, up = (_scaled(self.right), _scaled(self.up)) if doubling else (self.right, self.up)
        overflow = self.overflow | (abs(right) > _FURTHEST) | (abs(up) > _FURTHEST) << 1
        signs = (right < 0) | (up < 0) << 1
        report = [overflow << 6 | signs << 4 | 0x08 | self.pressed & _STANDARD_BUTTONS]
        report += [_add(0, counter, -_FURTHEST, _FURTHEST) & 0xFF for counter in (right, up)]
        if self.kind == _WHEEL:
            report.append(self.wheel & 0xFF)
        elif self.kind == _FIVE_BUTTONS:
            report.append((self.pressed & ~_STANDARD_BUTTONS) << _FURTHER_BUTTONS_SHIFT | self.wheel & 0xF)
        self.reported = self.pressed
        self._forget_movement()
        return report

    def _forget_movement(self) -> None:
        self.right = self.up = self.wheel = self.overflow = 0

    def byte_sent(self) -> None:
        """Be told that the host has got the next byte: after the last one there may be a new report."""
        super().byte_sent()
        self._report_what_is_new()

    # --- commands ---------------------------------------------------------------------------------------------------

    def receive(self, byte: int, intact: bool) -> None:
        """Take a byte from the host; the rest of a report is not sent any more."""
        self.output.clear()
        super().receive(byte, intact)

    def _command(self, command: int) -> None:
        if self.wrap and command not in (_LEAVE_WRAP_MODE, RESET):
            self._answer(command)
        elif command == RESEND:
            self._answer_again()
        elif command == _READ_DATA:
            self._answer(ACKNOWLEDGE, *self._take_report(doubling=False))
        else:
            # Every other command sets the counters of the movement to zero.
            self._forget_movement()
            self._set(command)

    def _set(self, command: int) -> None:
        if command == RESET:
            self.kind = _STANDARD
            self._start_self_test()
            return
        if command in (_SET_RESOLUTION, _SET_SAMPLE_RATE):
            self._await_argument(command)
            return
        answer: list[int] = [ACKNOWLEDGE]
        if command in (_SCALING_1_1, _SCALING_2_1):
            self.doubling = command == _SCALING_2_1
        elif command in (_STREAM_MODE, _REMOTE_MODE):
            self.remote = command == _REMOTE_MODE
        elif command in (_WRAP_MODE, _LEAVE_WRAP_MODE):
            self.wrap = command == _WRAP_MODE
        elif command in (_ENABLE, _DISABLE):
            self.reporting = command == _ENABLE
        elif command == _DEFAULTS:
            self._set_defaults()
        elif command == _STATUS_REQUEST:
            answer += [self._status(), self.resolution, self.sample_rate]
        elif command == _READ_ID:
            answer.append(self.kind)
        else:
            answer = [RESEND]
        self._answer(*answer)

    def _argument(self, command: int, value: int) -> None:
        self._forget_movement()
        if command == _SET_RESOLUTION and value <= 3:
            self.resolution = value
        elif command == _SET_SAMPLE_RATE and value in _SAMPLE_RATES:
            self.sample_rate = value
            self.knock[:] = [*self.knock[-2:], value]
            self.kind = _KNOCKS.get(tuple(self.knock), self.kind)
        else:
            self._answer(RESEND)
            return
        self._answer(ACKNOWLEDGE)

    def _answer(self, *message: int) -> None:
        # A mouse sends the whole message again when it is asked to, a keyboard a byte.
        self.last_message[:] = message
        super()._answer(*message)

    def _status(self) -> int:
        left, right, middle = (self.pressed >> bit & 1 for bit in range(3))
        return self.remote << 6 | self.reporting << 5 | self.doubling << 4 | left << 2 | middle << 1 | right

    def _set_defaults(self) -> None:
        self.reporting = self.remote = self.wrap = self.doubling = False
        self.resolution = 2
        self.sample_rate = 100
        self._forget_movement()

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote; raises CheckpointError for what no mouse can be in."""
        super().deserialize(section)
        self._check_range("right", -_FURTHEST, _FURTHEST)
        self._check_range("up", -_FURTHEST, _FURTHEST)
        self._check_range("wheel", -8, 7)
        self._check_range("overflow", 0, 3)
        self._check_range("pressed", 0, 0x1F)
        self._check_range("reported", 0, 0x1F)
        self._check_range("resolution", 0, 3)
        self._check_bytes("knock", self.knock, 3)
        if self.sample_rate not in _SAMPLE_RATES:
            raise CheckpointError(f"{self.path}.sample_rate: is none that a mouse has")
        if self.kind not in (_STANDARD, _WHEEL, _FIVE_BUTTONS):
            raise CheckpointError(f"{self.path}.kind: is no mouse's")
