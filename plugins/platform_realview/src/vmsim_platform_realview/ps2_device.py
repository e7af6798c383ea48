"""What a PS/2 keyboard and mouse share (IBM Personal System/2 Hardware Interface Technical Reference, "Keyboard and
Auxiliary Device Controller"): bytes to and from the host, answers, arguments, the self-test.

The frames that carry the bytes are the business of the interface that the device is plugged into.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from vmsim_core.component import Component, ComponentParams, State
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import TICKS_PER_SECOND

ACKNOWLEDGE = 0xFA
RESEND = 0xFE
RESET = 0xFF
TEST_PASSED = 0xAA

_LOWEST_COMMAND = 0xE6
"""Every argument is below, and a command in the place of an argument is taken as a command."""
_LONGEST_MESSAGE = 8
_SELF_TEST = TICKS_PER_SECOND // 2


class Ps2Device(Component, ABC):
    """A device at the other end of a PS/2 cable. Its power-on self-test is over when the guest begins."""

    output_capacity: ClassVar[int]
    """The most bytes that can wait in `output`."""
    identity_after_test: ClassVar[tuple[int, ...]] = ()
    """What is sent after the self-test's result."""

    answers = State[list[int]]([], "", "answers to the last command, which go before other output")
    output = State[list[int]]([], "", "scan codes or movements that wait to be sent")
    awaited = State(0, "", "the command whose argument is awaited, 0 for none")
    last_message = State[list[int]]([TEST_PASSED], "", "what is sent again when the host asks for it")

    def __init__(self, system: System, path: str) -> None:
        super().__init__(system, path, ComponentParams())
        self.self_test = self.event("self-test", self._test_passed)
        self.bytes_sent = self.statistics.counter("bytes_sent", "bytes sent to the host")
        self.bytes_received = self.statistics.counter("bytes_received", "bytes received from the host")
        self._tell_host: Callable[[], None] = lambda: None

    def plug_in(self, output_waits: Callable[[], None]) -> None:
        """Have `output_waits` called when there may be something to send, or the device listens again."""
        self._tell_host = output_waits

    @property
    def testing(self) -> bool:
        """Whether the self-test runs: the device does not listen meanwhile."""
        return self.self_test.scheduled

    @property
    def next_byte(self) -> int | None:
        """The byte that the device wants to send, None for none. It stays the same until it is sent."""
        waiting = self.answers or self.output
        return waiting[0] if waiting else None

    def byte_sent(self) -> None:
        """Be told that the host has got the next byte."""
        (self.answers or self.output).pop(0)
        self.bytes_sent.value += 1

    def receive(self, byte: int, intact: bool) -> None:
        """Take a byte from the host; one that is not `intact` has a wrong parity bit."""
        self.bytes_received.value += 1
        # What the host does not wait for any more is not sent.
        self.answers.clear()
        command, self.awaited = self.awaited, 0
        if not intact:
            self._answer(RESEND)
        elif command and byte < _LOWEST_COMMAND:
            self._argument(command, byte)
        else:
            self._command(byte)
        self._tell_host()

    @abstractmethod
    def _command(self, command: int) -> None:
        """Obey a command, and answer."""

    @abstractmethod
    def _argument(self, command: int, value: int) -> None:
        """Take the argument of a command that had one `awaited`, and answer."""

    @abstractmethod
    def _set_defaults(self) -> None:
        """Bring every setting to its default."""

    def _answer(self, *message: int) -> None:
        self.answers.extend(message)

    def _await_argument(self, command: int) -> None:
        self.awaited = command
        self._answer(ACKNOWLEDGE)

    def _answer_again(self) -> None:
        self.answers[:] = self.last_message

    def _start_self_test(self) -> None:
        self._set_defaults()
        self.output.clear()
        self._answer(ACKNOWLEDGE)
        self.schedule(self.self_test, self.now + _SELF_TEST)

    def _test_passed(self) -> None:
        self._answer(TEST_PASSED, *self.identity_after_test)
        self._tell_host()

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote; raises CheckpointError for bytes that are none or too many of them."""
        super().deserialize(section)
        self._check_bytes("answers", self.answers, _LONGEST_MESSAGE)
        self._check_bytes("output", self.output, self.output_capacity)
        self._check_bytes("last_message", self.last_message, _LONGEST_MESSAGE)

    def _check_bytes(self, name: str, values: list[int], at_most: int) -> None:
        if len(values) > at_most or not all(0 <= value <= 0xFF for value in values):
            raise CheckpointError(f"{self.path}.{name}: is not a list of at most {at_most} bytes")

    def _check_range(self, name: str, low: int, high: int) -> None:
        if not low <= getattr(self, name) <= high:
            raise CheckpointError(f"{self.path}.{name}: is not from {low} to {high}")
