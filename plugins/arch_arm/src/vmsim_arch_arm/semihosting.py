"""ARM semihosting ("Semihosting for AArch32 and AArch64", ARM IHI 0101): the calls that a test program needs.

A program prints and ends the run through them. No call reaches the host's files: the only file is the console ``:tt``.
"""

from __future__ import annotations

from collections.abc import Callable

from vmsim_core.address_map import BusError
from vmsim_core.component import Component, ComponentParams, State
from vmsim_core.exits import GuestExit
from vmsim_core.system import System

ReadMemory = Callable[[int, int], bytes]
"""Returns `size` bytes at an address as the calling program sees it; raises BusError where there is no memory."""

SYS_OPEN = 0x01
SYS_CLOSE = 0x02
SYS_WRITEC = 0x03
SYS_WRITE0 = 0x04
SYS_WRITE = 0x05
SYS_ISTTY = 0x09
SYS_ERRNO = 0x13
SYS_EXIT = 0x18
SYS_EXIT_EXTENDED = 0x20

_FAILED = 0xFFFF_FFFF
_APPLICATION_EXIT = 0x20026  # ADP_Stopped_ApplicationExit
_CONSOLE = b":tt"
# Handles of the console by the four opening modes' kind: read, write, append.
_READ_HANDLE, _WRITE_HANDLE, _APPEND_HANDLE = 1, 2, 3
_ENOENT, _EBADF, _EFAULT, _ENOSYS = 2, 9, 14, 38
_CHUNK = 256
_LONGEST_TEXT = 1 << 20
"""No program prints more in one call; a wild pointer or length must not keep the simulator busy."""


class SemihostingError(Exception):
    """A call that fails; the guest is told -1 and finds `errno` with SYS_ERRNO."""

    def __init__(self, errno: int) -> None:
        super().__init__(errno)
        self.errno = errno


class Semihosting(Component):
    """The host's side of the calls. It knows no CPU: whoever traps the call passes the registers and reads memory."""

    type_name = "arm-semihosting"

    errno = State(0, "", "why the last call failed")

    def __init__(self, system: System, path: str = "semihosting", params: ComponentParams | None = None) -> None:
        super().__init__(system, path, params or ComponentParams())
        self.port = system.serial_port(path)
        self._operations: dict[int, Callable[[int, ReadMemory], int]] = {
            SYS_OPEN: self._open,
            SYS_CLOSE: self._close,
            SYS_WRITEC: self._write_character,
            SYS_WRITE0: self._write_text,
            SYS_WRITE: self._write,
            SYS_ISTTY: self._is_terminal,
            SYS_ERRNO: lambda parameter, read_memory: self.errno,
            SYS_EXIT: self._exit,
            SYS_EXIT_EXTENDED: self._exit_extended,
        }

    def call(self, operation: int, parameter: int, read_memory: ReadMemory) -> int:
        """Serve the call `operation` (R0) with `parameter` (R1) and return the new R0."""
        try:
            if operation not in self._operations:
                raise SemihostingError(_ENOSYS)
            return self._operations[operation](parameter, read_memory)
        except SemihostingError as error:
            self.errno = error.errno
        except BusError:
            self.errno = _EFAULT
        return _FAILED

    def _open(self, parameter: int, read_memory: ReadMemory) -> int:
        name, mode, length = _words(parameter, 3, read_memory)
        if length != len(_CONSOLE) or read_memory(name, length) != _CONSOLE or mode > 11:
            raise SemihostingError(_ENOENT)
        return (_READ_HANDLE, _WRITE_HANDLE, _APPEND_HANDLE)[mode // 4]

    def _close(self, parameter: int, read_memory: ReadMemory) -> int:
        _check_handle(parameter, read_memory, _READ_HANDLE)
        return 0

    def _is_terminal(self, parameter: int, read_memory: ReadMemory) -> int:
        _check_handle(parameter, read_memory, _READ_HANDLE)
        return 1

    def _write_character(self, parameter: int, read_memory: ReadMemory) -> int:
        self.port.send(read_memory(parameter, 1))
        return 0

    def _write_text(self, parameter: int, read_memory: ReadMemory) -> int:
        end = parameter + _LONGEST_TEXT
        while parameter < end and (character := read_memory(parameter & 0xFFFF_FFFF, 1)) != b"\0":
            self.port.send(character)
            parameter += 1
        return 0

    def _write(self, parameter: int, read_memory: ReadMemory) -> int:
        """Return the number of bytes that were not written."""
        _check_handle(parameter, read_memory, _WRITE_HANDLE)
        _, address, length = _words(parameter, 3, read_memory)
        written = 0
        while written < min(length, _LONGEST_TEXT):
            size = min(_CHUNK, length - written)
            self.port.send(read_memory((address + written) & 0xFFFF_FFFF, size))
            written += size
        return length - written

    def _exit(self, reason: int, read_memory: ReadMemory) -> int:
        self.system.request_exit(GuestExit(code=0 if reason == _APPLICATION_EXIT else 1))
        return 0

    def _exit_extended(self, parameter: int, read_memory: ReadMemory) -> int:
        reason, code = _words(parameter, 2, read_memory)
        self.system.request_exit(GuestExit(code=code if reason == _APPLICATION_EXIT else 1))
        return 0


def _words(address: int, count: int, read_memory: ReadMemory) -> list[int]:
    block = read_memory(address, 4 * count)
    return [int.from_bytes(block[start : start + 4], "little") for start in range(0, 4 * count, 4)]


def _check_handle(parameter: int, read_memory: ReadMemory, lowest: int) -> None:
    """Fail unless the first word of the parameter block is an open handle from `lowest` on."""
    if not lowest <= _words(parameter, 1, read_memory)[0] <= _APPEND_HANDLE:
        raise SemihostingError(_EBADF)


def serve_semihosting(system: System, read: Callable[[int, int], bytes | None]) -> Callable[[int, int], int]:
    """Return what serves a core's calls, (operation, parameter) to result; `read(address, size)` reads its memory."""
    found = system.components.get(Semihosting.type_name)
    if isinstance(found, Semihosting):
        semihosting = found
    else:
        semihosting = Semihosting(system)
        system.add(semihosting)

    def read_memory(address: int, size: int) -> bytes:
        data = read(address, size)
        if data is None:
            raise BusError(address)
        return data

    return lambda operation, parameter: semihosting.call(operation, parameter, read_memory)
