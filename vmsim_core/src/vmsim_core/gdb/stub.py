"""What each packet of a debugger means (GDB manual, E.2 to E.4)."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from enum import Enum

from vmsim_core.debug import Watchpoint
from vmsim_core.errors import VmsimError
from vmsim_core.exits import BreakpointReached, CpuFailure, ExitCause, GuestExit, UserQuit, WatchpointHit
from vmsim_core.gdb.description import target_description
from vmsim_core.gdb.monitor import Monitor
from vmsim_core.gdb.packets import PACKET_SIZE, text
from vmsim_core.gdb.target import ADDRESSES, Target

log = logging.getLogger("vmsim")

_OK = b"OK"
_UNKNOWN = b""
_MALFORMED = b"E01"
_NO_MEMORY = b"E0e"
_MAX_DIGITS = 16
_THREADS = (b"0", b"1", b"-1", b"p1.1", b"p1.0", b"p1.-1", b"p0.0", b"p-1.-1")
"""How the only thread, which is the core, may be called (E.6)."""
_TRAP, _INTERRUPTED, _ABORTED = 5, 2, 6


class Order(Enum):
    """What a packet asks for that the machine has to do, and not only the stub."""

    CONTINUE = "continue"
    STEP = "step"
    DETACH = "detach"
    KILL = "kill"


class _MalformedPacketError(Exception):
    """A packet that is not as the manual says."""


class Stub:
    """Serves one debugger: `serve` answers a packet with `send`, and returns an order if it contains one."""

    def __init__(
        self, target: Target, monitor: Monitor, send: Callable[[bytes], None], stop_acknowledging: Callable[[], None]
    ) -> None:
        self._target = target
        self._monitor = monitor
        self._send = send
        self._stop_acknowledging = stop_acknowledging
        self._description = target_description(target.view).encode()
        self._knows: frozenset[bytes] = frozenset()
        """Features that the debugger has."""
        self._last_stop = b"T%02xthread:1;" % _TRAP
        self._order: Order | None = None
        self._refusals: list[str] = []
        """Why packets were refused: GDB 13 does not show that, so it is told when there is an opportunity."""
        self._simple: dict[bytes, Callable[[bytes], bytes | None]] = {
            b"?": lambda _: self._last_stop,
            b"g": self._read_all_registers,
            b"G": self._write_all_registers,
            b"p": self._read_register,
            b"P": self._write_register,
            b"m": self._read_memory,
            b"M": self._write_memory,
            b"X": self._write_binary,
            b"Z": lambda rest: self._breakpoint(rest, present=True),
            b"z": lambda rest: self._breakpoint(rest, present=False),
            b"H": lambda rest: _OK if rest[:1] in (b"g", b"c") and rest[1:] in _THREADS else _MALFORMED,
            b"T": lambda rest: _OK if rest in _THREADS else _MALFORMED,
            b"c": lambda rest: self._resume(Order.CONTINUE, rest),
            b"C": lambda rest: self._resume(Order.CONTINUE, rest.partition(b";")[2]),
            b"s": lambda rest: self._resume(Order.STEP, rest),
            b"S": lambda rest: self._resume(Order.STEP, rest.partition(b";")[2]),
            b"D": lambda _: self._ordered(Order.DETACH, _OK),
            b"k": lambda _: self._ordered(Order.KILL, None),
        }
        self._named: dict[bytes, Callable[[bytes], bytes | None]] = {
            b"qSupported": self._supported,
            b"qXfer": self._transfer,
            b"qRcmd": self._command,
            b"qC": lambda _: b"QC1",
            b"qfThreadInfo": lambda _: b"m1",
            b"qsThreadInfo": lambda _: b"l",
            b"qThreadExtraInfo": lambda _: text("core 0"),
            b"qAttached": lambda _: b"1",
            b"qSymbol": lambda _: _OK,
            b"QStartNoAckMode": self._no_acknowledgements,
            b"vCont?": lambda _: b"vCont;c;C;s;S",
            b"vCont": self._resume_threads,
            b"vKill": lambda _: self._ordered(Order.KILL, _OK),
        }

    def serve(self, packet: bytes) -> Order | None:
        """Answer a packet; return what it orders."""
        try:
            reply = self._reply_to(packet)
        except _MalformedPacketError:
            reply = _MALFORMED
        except VmsimError as error:
            reply = b"E." + str(error).encode()
            self._refusals.append(f"vmsim: {error}\n")
            log.warning("debugger: %s", error)
        order, self._order = self._order, None
        if order in (Order.CONTINUE, Order.STEP):
            self._say_refusals()
        if reply is not None:
            self._send(reply)
        return order

    def stopped(self, cause: ExitCause) -> None:
        """Report that the machine has stopped, and stays as it is."""
        if isinstance(cause, BreakpointReached):
            kind = b"swbreak" if self._target.is_software_breakpoint(cause.address) else b"hwbreak"
            self._report(_TRAP, b"%s:;" % kind if kind in self._knows else b"")
        elif isinstance(cause, WatchpointHit) and (hit := self._target.watchpoint_of(cause.access)) is not None:
            watchpoint, address = hit
            kinds = {(True, True): b"awatch", (True, False): b"rwatch"}
            kind = kinds.get((watchpoint.reads, watchpoint.writes), b"watch")
            self._report(_TRAP, b"%s:%x;" % (kind, address))
        else:
            self._report(_TRAP)

    def interrupted(self) -> None:
        """Report that the machine has stopped because the debugger asked for it."""
        self._report(_INTERRUPTED)

    def stuck(self, cause: ExitCause) -> None:
        """Report that the machine cannot go on by itself, and say why."""
        self.say(f"vmsim: {cause}\n")
        self._report(_ABORTED if isinstance(cause, CpuFailure) else _TRAP)

    def ended(self, cause: ExitCause) -> None:
        """Report that the run is over."""
        if isinstance(cause, UserQuit):
            self._send(b"X%02x" % _INTERRUPTED)
        else:
            self._send(b"W%02x" % (cause.code & 0xFF if isinstance(cause, GuestExit) else 0))

    def say(self, message: str) -> None:
        """Show a text on the debugger's console; only while it waits for a stop, or for a command's end."""
        step = PACKET_SIZE // 2 - 1
        data = message.encode()
        for start in range(0, len(data), step):
            self._send(b"O" + data[start : start + step].hex().encode())

    def _say_refusals(self) -> None:
        self.say("".join(dict.fromkeys(self._refusals)))
        self._refusals.clear()

    def _report(self, signal: int, reason: bytes = b"") -> None:
        self._last_stop = b"T%02xthread:1;%b" % (signal, reason)
        self._send(self._last_stop)

    def _reply_to(self, packet: bytes) -> bytes | None:
        kind, rest = packet[:1], packet[1:]
        if kind not in (b"q", b"Q", b"v"):
            return self._simple.get(kind, _unknown)(rest)
        name, _, rest = re.sub(rb"[:;,]", b" ", packet, count=1).partition(b" ")
        return self._named.get(name, _unknown)(rest)

    # --- registers ----------------------------------------------------------------------------------------------------

    def _read_all_registers(self, _: bytes) -> bytes:
        return b"".join(self._target.read_register(register) for register in self._target.registers).hex().encode()

    def _write_all_registers(self, rest: bytes) -> bytes:
        data, values = _bytes(rest), {}
        for register in self._target.registers:
            size = register.bits // 8
            if len(data) < size:
                raise _MalformedPacketError
            if data[:size] != self._target.read_register(register):
                values[register.name] = int.from_bytes(data[:size], "little")
            data = data[size:]
        self._target.write_registers(values)
        return _OK

    def _read_register(self, rest: bytes) -> bytes:
        number = _number(rest)
        if number >= len(self._target.registers):
            return _MALFORMED
        return self._target.read_register(self._target.registers[number]).hex().encode()

    def _write_register(self, rest: bytes) -> bytes:
        number, value = _fields(rest, rb"(\w+)=(\w+)")
        if _number(number) >= len(self._target.registers):
            return _MALFORMED
        register = self._target.registers[_number(number)]
        if len(value) != register.bits // 4:
            raise _MalformedPacketError
        self._target.write_registers({register.name: int.from_bytes(_bytes(value), "little")})
        return _OK

    # --- memory -------------------------------------------------------------------------------------------------------

    def _read_memory(self, rest: bytes) -> bytes:
        address, size = _fields(rest, rb"(\w+),(\w+)")
        data = self._target.read_memory(_address(address), min(_number(size), PACKET_SIZE // 2))
        return data.hex().encode() if data or _number(size) == 0 else _NO_MEMORY

    def _write_memory(self, rest: bytes) -> bytes:
        address, size, data = _fields(rest, rb"(\w+),(\w+):(\w*)")
        return self._write(_address(address), _number(size), _bytes(data))

    def _write_binary(self, rest: bytes) -> bytes:
        address, size, data = _fields(rest, rb"(\w+),(\w+):(.*)")
        return self._write(_address(address), _number(size), data)

    def _write(self, address: int, size: int, data: bytes) -> bytes:
        if len(data) != size or address + size > ADDRESSES:
            raise _MalformedPacketError
        self._target.write_memory(address, data)
        return _OK

    # --- breakpoints --------------------------------------------------------------------------------------------------

    def _breakpoint(self, rest: bytes, present: bool) -> bytes:
        kind, where, size = _fields(rest, rb"(\w),(\w+),(\w+)(?:;.*)?")
        address = _address(where)
        if kind in (b"0", b"1"):
            self._target.set_breakpoint(address, present, hardware=kind == b"1")
            return _OK
        if kind not in (b"2", b"3", b"4"):
            return _UNKNOWN
        length = _number(size)
        if not 0 < length <= ADDRESSES - address:
            raise _MalformedPacketError
        watchpoint = Watchpoint(address, length, reads=kind in (b"3", b"4"), writes=kind in (b"2", b"4"))
        self._target.set_watchpoint(watchpoint, present)
        return _OK

    # --- running ------------------------------------------------------------------------------------------------------

    def _ordered(self, order: Order, reply: bytes | None) -> bytes | None:
        self._order = order
        return reply

    def _resume(self, order: Order, address: bytes) -> None:
        if address:
            self._target.write_registers({"pc": _address(address)})
        self._order = order

    def _resume_threads(self, rest: bytes) -> bytes | None:
        for action in rest.split(b";"):
            what, _, thread = action.partition(b":")
            if thread and thread not in _THREADS:
                continue
            if what[:1] not in (b"c", b"C", b"s", b"S"):
                raise _MalformedPacketError
            return self._ordered(Order.STEP if what[:1] in (b"s", b"S") else Order.CONTINUE, None)
        raise _MalformedPacketError

    # --- the rest -----------------------------------------------------------------------------------------------------

    def _supported(self, rest: bytes) -> bytes:
        self._knows = frozenset(each[:-1] for each in rest.split(b";") if each.endswith(b"+"))
        return b"PacketSize=%x;qXfer:features:read+;vContSupported+;QStartNoAckMode+;swbreak+;hwbreak+" % PACKET_SIZE

    def _transfer(self, rest: bytes) -> bytes:
        what, start, size = _fields(rest, rb"(.*):(\w+),(\w+)")
        if what != b"features:read:target.xml":
            return b"E00" if what.startswith(b"features:read:") else _UNKNOWN
        begin, length = _number(start), min(_number(size), PACKET_SIZE // 2)
        part = self._description[begin : begin + length]
        return (b"m" if begin + length < len(self._description) else b"l") + part

    def _command(self, rest: bytes) -> bytes:
        self._say_refusals()
        self.say(self._monitor.execute(_bytes(rest).decode(errors="replace")))
        return _OK

    def _no_acknowledgements(self, _: bytes) -> bytes:
        self._stop_acknowledging()
        return _OK


def _unknown(_: bytes) -> bytes | None:
    return _UNKNOWN


def _fields(packet: bytes, pattern: bytes) -> tuple[bytes, ...]:
    match = re.fullmatch(pattern, packet, re.DOTALL)
    if match is None:
        raise _MalformedPacketError
    return match.groups()


def _number(digits: bytes) -> int:
    if re.fullmatch(rb"[0-9a-fA-F]{1,%d}" % _MAX_DIGITS, digits) is None:
        raise _MalformedPacketError
    return int(digits, 16)


def _address(digits: bytes) -> int:
    address = _number(digits)
    if address >= ADDRESSES:
        raise _MalformedPacketError
    return address


def _bytes(digits: bytes) -> bytes:
    if len(digits) % 2 or re.fullmatch(rb"[0-9a-fA-F]*", digits) is None:
        raise _MalformedPacketError
    return bytes.fromhex(digits.decode())
