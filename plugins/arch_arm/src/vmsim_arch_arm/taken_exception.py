"""An exception as an observer sees it, told from the registers at the moment when its handler is entered."""

from __future__ import annotations

from vmsim_core.debug import TakenException

from vmsim_arch_arm import psr

_VECTOR = 0x1C
"""Both vector bases are multiples of 32 bytes (ARM DDI 0406C, B1.8.1)."""
_UNDEFINED, _SUPERVISOR_CALL, _PREFETCH_ABORT, _DATA_ABORT, _INTERRUPT, _FAST_INTERRUPT = 4, 8, 12, 16, 24, 28
_KINDS = {
    _UNDEFINED: "undefined",
    _SUPERVISOR_CALL: "supervisor call",
    _PREFETCH_ABORT: "prefetch abort",
    _DATA_ABORT: "data abort",
    _INTERRUPT: "interrupt",
    _FAST_INTERRUPT: "fast interrupt",
}
_DEBUG_EVENT = 0x002
"""IFSR after a BKPT instruction (B3.13.3)."""
_FAULT_STATUS = 0x40F


def taken_exception(
    tick: int, pc: int, cpsr: int, lr: int, spsr: int, *, ifsr: int, ifar: int, dfsr: int, dfar: int
) -> TakenException:
    """Describe the exception whose vector `pc` has just been reached, from the registers that the handler sees."""
    vector = pc & _VECTOR
    kind = _KINDS[vector]
    details: tuple[tuple[str, int], ...] = ()
    if vector == _DATA_ABORT:
        details = (("dfsr", dfsr), ("dfar", dfar))
    elif vector == _PREFETCH_ABORT and ifsr & _FAULT_STATUS == _DEBUG_EVENT:
        kind, details = "breakpoint", (("ifsr", ifsr),)
    elif vector == _PREFETCH_ABORT:
        details = (("ifsr", ifsr), ("ifar", ifar))
    address = lr - _link_offset(vector, bool(spsr & psr.T)) & 0xFFFFFFFF
    interrupt = vector in (_INTERRUPT, _FAST_INTERRUPT)
    return TakenException(tick, kind, address, _mode(spsr), pc, _mode(cpsr), interrupt, details)


def _link_offset(vector: int, thumb: bool) -> int:
    """Return how far LR is behind the instruction (B1.8.3, Table B1-7). SVC has 16 bits in Thumb state."""
    if vector in (_UNDEFINED, _SUPERVISOR_CALL):
        return 2 if thumb else 4
    return 8 if vector == _DATA_ABORT else 4


def _mode(word: int) -> str:
    try:
        return psr.Mode(word & psr.MODE).name.lower()
    except ValueError:
        return f"mode {word & psr.MODE:#x}"
