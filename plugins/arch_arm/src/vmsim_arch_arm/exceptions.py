"""How an exception is taken to a PL1 mode (ARM DDI 0406C, B1.8.1, B1.8.3 to B1.8.5, B1.9); there is one security state.

Reset is not here: it builds a new state instead of changing one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vmsim_arch_arm import psr
from vmsim_arch_arm.psr import Mode

SCTLR_V = 1 << 13
SCTLR_EE = 1 << 25
SCTLR_TE = 1 << 30
HIGH_VECTORS = 0xFFFF0000
_VBAR = 0xFFFFFFE0


@dataclass(frozen=True)
class Entry:
    """What entering an exception depends on, besides the state that it is taken from."""

    vector: int
    """Offset from the exception base address (table B1-3)."""
    mode: Mode
    arm_link: int
    """LR is the preferred return address (table B1-6) plus this, if taken from ARM state (table B1-7) ..."""
    thumb_link: int
    """... or from Thumb state."""
    masks: int
    """Bits that are set in CPSR; the others of A, I and F stay as they are (table B1-12)."""


class ExceptionKind(Enum):
    """The exceptions of a core that has neither monitor nor Hyp mode."""

    UNDEFINED = Entry(0x04, Mode.UND, 4, 2, psr.I)
    SUPERVISOR_CALL = Entry(0x08, Mode.SVC, 0, 0, psr.I)
    PREFETCH_ABORT = Entry(0x0C, Mode.ABT, 4, 4, psr.A | psr.I)
    DATA_ABORT = Entry(0x10, Mode.ABT, 8, 8, psr.A | psr.I)
    IRQ = Entry(0x18, Mode.IRQ, 4, 4, psr.A | psr.I)
    FIQ = Entry(0x1C, Mode.FIQ, 4, 4, psr.A | psr.I | psr.F)


@dataclass(frozen=True)
class Taken:
    """The registers that an exception writes; `spsr` and `lr` are those of the new mode."""

    cpsr: int
    spsr: int
    lr: int
    pc: int


def take(kind: ExceptionKind, cpsr: int, sctlr: int, vbar: int, return_address: int) -> Taken:
    """Return what taking an exception writes.

    `return_address` is the preferred one: of the instruction itself if it is undefined or aborts, of the next one for
    a supervisor call or an interrupt. `cpsr` is as that instruction finds it, so after SVC its IT state is advanced.
    """
    entry = kind.value
    entered = cpsr & ~(psr.MODE | psr.IT | psr.J | psr.T | psr.E) | entry.mode | entry.masks
    if sctlr & SCTLR_TE:
        entered |= psr.T
    if sctlr & SCTLR_EE:
        entered |= psr.E
    base = HIGH_VECTORS if sctlr & SCTLR_V else vbar & _VBAR
    link = entry.thumb_link if cpsr & psr.T else entry.arm_link
    return Taken(entered, cpsr, return_address + link & 0xFFFFFFFF, base + entry.vector)
