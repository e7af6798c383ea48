"""ARM semihosting."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vmsim_arch_arm.semihosting import Semihosting
from vmsim_core.address_map import BusError
from vmsim_core.description import SystemDescription
from vmsim_core.exits import GuestExit
from vmsim_core.system import System

OPEN, CLOSE, WRITEC, WRITE0, WRITE, READ, ISTTY, ERRNO, EXIT, EXIT_EXTENDED = (
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x09, 0x13, 0x18, 0x20,
)  # fmt: skip
FAILED = 0xFFFF_FFFF
APPLICATION_EXIT = 0x20026
BLOCK, TEXT = 0x8000, 0x9000


class Program:
    """A program that makes calls: 64 KiB of memory, and what it printed."""

    def __init__(self) -> None:
        description = {"platform": "none", "memory": 4096, "cpus": [{"start": "none"}]}
        self.system = System(SystemDescription.model_validate(description))
        self.semihosting = Semihosting(self.system)
        self.memory = bytearray(0x10000)
        self.printed = bytearray()
        self.system.serial_port("semihosting").listen(self.printed.extend)

    def read_memory(self, address: int, size: int) -> bytes:
        if address + size > len(self.memory):
            raise BusError(address)
        return bytes(self.memory[address : address + size])

    def put(self, address: int, data: bytes) -> int:
        self.memory[address : address + len(data)] = data
        return address

    def call(self, operation: int, parameter: int) -> int:
        return self.semihosting.call(operation, parameter, self.read_memory)

    def call_block(self, operation: int, *words: int) -> int:
        return self.call(operation, self.put(BLOCK, struct.pack(f"<{len(words)}I", *words)))

    def open(self, name: bytes, mode: int) -> int:
        return self.call_block(OPEN, self.put(TEXT, name + b"\0"), mode, len(name))


def test_prints_a_character_and_a_text() -> None:
    program = Program()
    program.put(TEXT, b"hello\n\0not this")
    assert program.call(WRITE0, TEXT) == 0
    assert program.call(WRITEC, TEXT + 1) == 0
    assert program.printed == b"hello\ne"


@pytest.mark.parametrize("mode", [4, 8])
def test_writes_to_the_console(mode: int) -> None:
    program = Program()
    handle = program.open(b":tt", mode)
    text = b"some text " * 60
    program.put(TEXT, text)
    assert program.call_block(WRITE, handle, TEXT, len(text)) == 0
    assert program.printed == text
    assert program.call_block(ISTTY, handle) == 1
    assert program.call_block(CLOSE, handle) == 0


@pytest.mark.parametrize(("name", "mode"), [(b"/etc/passwd", 0), (b":tt2", 4), (b":tt", 12), (b"", 4)])
def test_opens_nothing_else(name: bytes, mode: int) -> None:
    program = Program()
    assert program.open(name, mode) == FAILED
    assert program.call(ERRNO, 0) == 2


def test_wrong_handles() -> None:
    program = Program()
    console_input = program.open(b":tt", 0)
    for handle in (0, console_input, 99):
        assert program.call_block(WRITE, handle, TEXT, 1) == FAILED
        assert program.call(ERRNO, 0) == 9
    assert program.printed == b""


@pytest.mark.parametrize(
    ("operation", "words", "code"),
    [(EXIT_EXTENDED, (APPLICATION_EXIT, 42), 42), (EXIT_EXTENDED, (0x20023, 42), 1)],
)
def test_extended_exit(operation: int, words: tuple[int, ...], code: int) -> None:
    program = Program()
    program.call_block(operation, *words)
    assert program.system.requested_exits == [GuestExit(code=code)]


@pytest.mark.parametrize(("reason", "code"), [(APPLICATION_EXIT, 0), (0x20023, 1)])
def test_exit(reason: int, code: int) -> None:
    program = Program()
    program.call(EXIT, reason)
    assert program.system.requested_exits == [GuestExit(code=code)]


def test_what_is_not_supported_fails() -> None:
    program = Program()
    assert program.call(READ, BLOCK) == FAILED
    assert program.call(ERRNO, 0) == 38


def test_wild_pointers_fail() -> None:
    program = Program()
    for operation in (OPEN, WRITEC, WRITE0, WRITE, EXIT_EXTENDED):
        assert program.call(operation, 0xFFFF_FFF0) == FAILED
        assert program.call(ERRNO, 0) == 14
    assert program.system.requested_exits == []


def test_endless_text_ends() -> None:
    program = Program()
    assert program.semihosting.call(WRITE0, 0, lambda address, size: b"x" * size) == 0
    assert len(program.printed) == 1 << 20
    block = struct.pack("<3I", 2, 0, FAILED)
    left = program.semihosting.call(
        WRITE, 0, lambda address, size: block if size == 12 else block[:4] if size == 4 else b"y" * size
    )
    assert left == FAILED - (1 << 20)


@settings(deadline=None)
@given(st.integers(0, FAILED), st.one_of(st.integers(0, 0x30), st.integers(0, FAILED)), st.binary(max_size=64))
def test_any_guest(parameter: int, operation: int, block: bytes) -> None:
    program = Program()
    program.put(BLOCK, block)
    assert 0 <= program.call(operation, parameter) <= FAILED
    assert 0 <= program.call(operation, BLOCK) <= FAILED
