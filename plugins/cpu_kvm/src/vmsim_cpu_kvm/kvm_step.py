"""What a single step of a KVM guest counts as.

The kernel steps by the processor's software step (ARM DDI 0487, D2.12). A step ends after one instruction, or before
the first instruction of an exception handler. An instruction that is undefined or aborts has not retired, nor has one
before which an interrupt is taken; a supervisor call has.
"""

from __future__ import annotations

from vmsim_arch_arm import psr
from vmsim_arch_arm.exceptions import HIGH_VECTORS, SCTLR_V, ExceptionKind
from vmsim_arch_arm.psr import Mode
from vmsim_arch_arm.state import ArmState

from vmsim_cpu_kvm.kvm_registers import RegisterFile, places_of

MAX_EXCEPTIONS = 16
"""So many exceptions without an instruction between them never end."""

_NOT_RETIRED = tuple(kind.value for kind in ExceptionKind if kind is not ExceptionKind.SUPERVISOR_CALL)
_OFFSETS = frozenset(entry.vector for entry in _NOT_RETIRED)
_LINKS = {Mode.UND: "lr_und", Mode.ABT: "lr_abt", Mode.IRQ: "lr_irq", Mode.FIQ: "lr_fiq"}
_PLACES = places_of("sctlr", "vbar", "cpsr", "pc", *_LINKS.values())


def exception_base(registers: RegisterFile) -> int:
    """Return where the vectors are (ARM DDI 0406C, B1.8.1)."""
    state = ArmState()
    registers.refresh(state, _PLACES)
    return _base(state)


def instruction_retired(registers: RegisterFile, pc: int, new_pc: int, base: int) -> bool:
    """Return whether a step from `pc` to `new_pc` has executed an instruction, and not taken an exception instead.

    `base` is where the vectors were before; code that moves them and falls through into the new ones is not expected.
    """
    if new_pc & 0x1F not in _OFFSETS or (new_pc - pc in (2, 4) and new_pc & ~0x1F != base):
        return True
    state = ArmState()
    registers.refresh(state, _PLACES)
    mode = state.cpsr & psr.MODE
    for entry in _NOT_RETIRED:
        if mode == entry.mode and new_pc == _base(state) + entry.vector:
            link = getattr(state, _LINKS[entry.mode])
            if link - pc in (entry.arm_link, entry.thumb_link):
                return False
    return True


def _base(state: ArmState) -> int:
    return HIGH_VECTORS if state.sctlr & SCTLR_V else state.vbar & ~0x1F
