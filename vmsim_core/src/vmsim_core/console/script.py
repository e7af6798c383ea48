"""Input scripts: what is typed at the console, pressed and moved, and when, the same on every run.

Each line is typed at the console and ended with Enter, except::

    @wait TEXT               go on when the guest has sent TEXT, after what the last @wait found
    @send TEXT               type TEXT without Enter
    @after 1.5s              go on after this much simulated time
    @press leftctrl c        press keys of the keyboard together, and release them
    @key-down leftshift      press keys
    @key-up leftshift        release keys
    @type TEXT               type TEXT on the keyboard, which has the US layout
    @mouse RIGHT DOWN WHEEL  move the mouse by so many counts; the wheel may be left out
    @click left              press buttons of the mouse together, and release them
    @button-down left        press buttons
    @button-up left          release buttons
    @@TEXT                   type a line that begins with @
    @# ...                   a comment

In TEXT of @wait, @send and @type, ``\\n \\r \\t \\e \\\\`` and ``\\xHH`` stand for a byte each.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path

from vmsim_core.console.script_parser import parse_script
from vmsim_core.console.script_steps import After, Button, Key, Move, Send, Step, Wait
from vmsim_core.console.text import TextMatcher
from vmsim_core.errors import SourcePosition, VmsimError
from vmsim_core.events import Event, EventQueue
from vmsim_core.host_ports import Keyboard, Mouse
from vmsim_core.serial_port import SerialPort

_FEW = 10


class InputScript:
    """Types a script at a port: each reaction comes in the very access that sends the last byte of what is awaited.

    Keys and movements go to the first keyboard and the first mouse, by path. It begins when it is made; raises
    VmsimError, with the place in the script, for a key or a button that the system does not have.
    """

    def __init__(
        self,
        steps: list[Step],
        port: SerialPort,
        events: EventQueue,
        keyboards: Mapping[str, Keyboard] | None = None,
        mice: Mapping[str, Mouse] | None = None,
    ) -> None:
        self._port = port
        self._events = events
        self._keyboard = keyboards[min(keyboards)] if keyboards else None
        self._mouse = mice[min(mice)] if mice else None
        for step in steps:
            self._check(step)
        self._steps = iter(steps)
        self._current: Step | None = None
        self._pause_over = Event("console", "input_script", self._go_on)
        # Texts are looked for in order, each from where the one before was found, also while the script is pausing:
        # a text is not missed for having come early.
        self._texts = iter([step.text for step in steps if isinstance(step, Wait)])
        self._matcher = self._next_matcher()
        self._unused_matches = 0
        port.listen(self._sent)
        self._go_on()

    @property
    def pending(self) -> str | None:
        """What the script still waits for, with its place, or None when all of it was typed."""
        match self._current:
            case Wait(text, position):
                return f"{position}: waits for {text.decode(errors='replace')!r}"
            case After(_, position):
                return f"{position}: waits for the time to pass"
        return None

    def _check(self, step: Step) -> None:
        match step:
            case Key(name, _, position):
                if self._keyboard is None:
                    raise VmsimError(f"{position}: the system has no keyboard")
                _check_name("key", name, self._keyboard.keys, position)
            case Move(position=position) if self._mouse is None:
                raise VmsimError(f"{position}: the system has no mouse")
            case Button(name, _, position):
                if self._mouse is None:
                    raise VmsimError(f"{position}: the system has no mouse")
                _check_name("button", name, self._mouse.buttons, position)

    def _go_on(self) -> None:
        for step in self._steps:
            self._current = step
            match step:
                case After(ticks):
                    self._events.schedule(self._pause_over, self._events.now + ticks)
                    return
                case Wait():
                    if not self._unused_matches:
                        return
                    self._unused_matches -= 1
                case _:
                    self._act(step)
        self._current = None

    def _act(self, step: Send | Key | Move | Button) -> None:
        match step:
            case Send(data):
                self._port.feed(data)
            case Key(name, pressed) if self._keyboard is not None:
                self._keyboard.key(name, pressed)
            case Move(right, down, wheel) if self._mouse is not None:
                self._mouse.move(right, down, wheel)
            case Button(name, pressed) if self._mouse is not None:
                self._mouse.button(name, pressed)

    def _sent(self, data: bytes) -> None:
        while self._matcher is not None and (taken := self._matcher.match(data)) is not None:
            self._matcher = self._next_matcher()
            data = data[taken:]
            if isinstance(self._current, Wait):
                self._go_on()
            else:
                self._unused_matches += 1

    def _next_matcher(self) -> TextMatcher | None:
        text = next(self._texts, None)
        return None if text is None else TextMatcher(text)


def _check_name(kind: str, name: str, known: Collection[str], position: SourcePosition) -> None:
    if name not in known:
        like = get_close_matches(name, known, n=1)
        if like:
            hint = f"did you mean {like[0]}?"
        elif len(known) <= _FEW:
            hint = f"there are {', '.join(known)}"
        else:
            hint = "names are those of Linux's input event codes, in small letters and without KEY_"
        raise VmsimError(f"{position}: there is no {kind} {name!r}; {hint}")


def read_script(argument: str) -> list[Step]:
    r"""Read the script that a user gave: a text if there is a line end in it (``\n`` will do), else a file's name."""
    text = argument.replace("\\n", "\n")
    if "\n" in text:
        return parse_script(text, Path("--input"))
    path = Path(argument)
    try:
        return parse_script(path.read_bytes().decode(), path)
    except OSError as error:
        raise VmsimError(
            f"input: cannot read {path}: {error.strerror} (a text to type instead of a file ends with \\n)"
        ) from None
    except UnicodeDecodeError as error:
        raise VmsimError(f"input: {path} is no text in UTF-8: {error.reason} at byte {error.start}") from None
