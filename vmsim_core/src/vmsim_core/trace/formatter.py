"""A line of text for each thing that a trace shows.

All begin alike: the tick, the core, what kind of thing it is, the address of the instruction and its symbol.
"""

from __future__ import annotations

from functools import lru_cache

from vmsim_core.architecture import Architecture, Disassembly
from vmsim_core.debug import DeviceAccess, ExecutedInstruction, MemoryAccess, TakenException
from vmsim_core.trace.symbols import Symbols

_INSTRUCTIONS_KEPT = 1 << 16
_NOBODY = "-"
"""Stands for the core when a device, and no instruction, makes an access."""


class Formatter:
    """Writes what happens as lines. `symbols` give the names of addresses."""

    def __init__(self, architecture: Architecture, symbols: Symbols) -> None:
        self._architecture = architecture
        self._locate = symbols.locate
        self._disassembled = lru_cache(maxsize=_INSTRUCTIONS_KEPT)(self._disassemble)

    def instruction(self, core: str, executed: ExecutedInstruction) -> str:
        """Return an executed instruction: encoding, disassembly, registers with their new values, memory touched."""
        encoding, text = self._disassembled(executed.address, executed.code, executed.instruction_set, executed.context)
        parts = [f"{name}={value:#x}" for name, value in executed.registers]
        parts += [_access(access) for access in executed.accesses]
        if not executed.executed:
            parts.append("(condition failed)")
        if executed.exception:
            parts.append(f"({executed.exception})")
        start = self._start(executed.tick, core, "insts", executed.address)
        return f"{start} {encoding:<9} {text:<32} {' '.join(parts)}".rstrip()

    def exception(self, core: str, taken: TakenException, interrupt: int | None = None) -> str:
        """Return a taken exception: modes, handler, and what its registers say. `interrupt` is the number of the
        interrupt that the core is to handle."""
        details = [f"{name}={value:#x}" for name, value in taken.details]
        if interrupt is not None:
            details.append(f"interrupt={interrupt}")
        handler = f"{taken.handler:#010x} {self._locate(taken.handler)}".rstrip()
        start = self._start(taken.tick, core, "exceptions", taken.address)
        modes = f"{taken.mode} to {taken.handler_mode}"
        return f"{start} {taken.kind}, {modes}, handler {handler} {' '.join(details)}".rstrip()

    def device_access(self, tick: int, core: str | None, address: int | None, access: DeviceAccess) -> str:
        """Return a device access of the instruction at `address` on `core`; both are None when no instruction made
        it, or the CPU model cannot tell."""
        start = self._start(tick, core or _NOBODY, "mmio", address)
        kind = "write" if access.write else "read "
        value = f"{access.value:#0{2 + 2 * access.size}x}"
        error = " (bus error)" if access.error else ""
        return f"{start} {kind} {access.size} {_place(access)} [{access.address:#010x}] {value}{error}"

    def _start(self, tick: int, core: str, kind: str, address: int | None) -> str:
        if address is None:
            return f"{tick:>13} {core} {kind:<5} {'-':<10} {'':<28}"
        return f"{tick:>13} {core} {kind:<5} {address:#010x} {self._locate(address):<28}"

    def _disassemble(self, address: int, code: bytes, instruction_set: str, context: int) -> Disassembly:
        if not code:
            return Disassembly("", "(cannot be fetched)")
        return self._architecture.disassemble_executed(
            ExecutedInstruction(0, address, code, instruction_set, True, "", (), (), context)
        )


def _access(access: MemoryAccess) -> str:
    return f"{'W' if access.write else 'R'}{access.size}[{access.address:#x}]={access.value:#x}"


def _place(access: DeviceAccess) -> str:
    if access.device is None:
        return "unmapped"
    name = access.device.register_name(access.offset)
    path = access.device.path
    if not name:
        return f"{path}+{access.offset:#x}"
    return f"{path}.{name}+{access.offset & 3}" if access.offset & 3 else f"{path}.{name}"
