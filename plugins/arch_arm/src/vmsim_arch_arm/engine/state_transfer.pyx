"""Architectural state in and out of a core's record: ArmState is the neutral form."""

from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.cp15 cimport advance_monitors
from vmsim_arch_arm.engine.exceptions cimport bank_of, read_cpsr, write_cpsr_all
from vmsim_arch_arm.engine.records cimport *
from vmsim_arch_arm.engine.translation cimport privilege_changed, tlb_flush_all

from vmsim_arch_arm.engine.cp15_names import CP15_NAMES


cdef int load_core(Core* core, state) except -1:
    """Take over an ArmState."""
    cdef int index, bank
    for bank, suffix in enumerate(_BANK_SUFFIXES):
        core.bank_sp[bank], core.bank_lr[bank] = getattr(state, f"sp_{suffix}"), getattr(state, f"lr_{suffix}")
        core.bank_spsr[bank] = getattr(state, f"spsr_{suffix}", 0)
    for index in range(5):
        core.bank_r8_12[0][index] = state.r8_12_usr[index]
        core.bank_r8_12[1][index] = state.r8_12_fiq[index]
    for index in range(8):
        core.r[index] = state.r[index]
    core.control = state.cpsr & (CPSR_MODE | CPSR_A | CPSR_I | CPSR_F)
    bank = bank_of(core.control & CPSR_MODE)
    for index in range(5):
        core.r[8 + index] = core.bank_r8_12[bank == BANK_FIQ][index]
    core.r[13], core.r[14] = core.bank_sp[bank], core.bank_lr[bank]
    write_cpsr_all(core, state.cpsr)
    core.pc = core.next_pc = state.pc
    for index in range(32):
        core.d[index] = state.d[index]
    for index, name in enumerate(CP15_NAMES):
        core.cp15[index] = getattr(state, name)
    core.fpscr, core.fpexc = state.fpscr, state.fpexc
    for index in range(6):
        core.pmevtyper[index], core.pmevcntr[index] = state.pmevtyper[index], state.pmevcntr[index]
        core.dbgbvr[index], core.dbgbcr[index] = state.dbgbvr[index], state.dbgbcr[index]
    for index in range(4):
        core.dbgwvr[index], core.dbgwcr[index] = state.dbgwvr[index], state.dbgwcr[index]
    core.monitor_valid, core.monitor_address = state.monitor_valid, state.monitor_address
    core.monitor_size, core.monitor_virtual_address = state.monitor_size, state.monitor_virtual_address
    core.event_register, core.waiting = state.event_register, state.waiting
    core.pending_async_abort = state.pending_async_abort
    core.counted, core.counted_cycles = core.retired, core.cycles
    core.exception = NO_EXCEPTION
    tlb_flush_all(core)
    privilege_changed(core)
    return 0


cdef int save_core(Core* core, state) except -1:
    """Write everything to an ArmState."""
    cdef int index, bank = bank_of(core.control & CPSR_MODE)
    advance_monitors(core)
    core.bank_sp[bank], core.bank_lr[bank] = core.r[13], core.r[14]
    for index in range(5):
        core.bank_r8_12[bank == BANK_FIQ][index] = core.r[8 + index]
    for index, suffix in enumerate(_BANK_SUFFIXES):
        setattr(state, f"sp_{suffix}", core.bank_sp[index])
        setattr(state, f"lr_{suffix}", core.bank_lr[index])
        if suffix != "usr":
            setattr(state, f"spsr_{suffix}", core.bank_spsr[index])
    state.r8_12_usr[:] = [core.bank_r8_12[0][index] for index in range(5)]
    state.r8_12_fiq[:] = [core.bank_r8_12[1][index] for index in range(5)]
    state.r[:] = [core.r[index] for index in range(8)]
    state.cpsr, state.pc = read_cpsr(core), core.pc
    state.d[:] = [core.d[index] for index in range(32)]
    for index, name in enumerate(CP15_NAMES):
        setattr(state, name, core.cp15[index])
    state.fpscr, state.fpexc = core.fpscr, core.fpexc
    state.pmevtyper[:] = [core.pmevtyper[index] for index in range(6)]
    state.pmevcntr[:] = [core.pmevcntr[index] for index in range(6)]
    state.dbgbvr[:] = [core.dbgbvr[index] for index in range(6)]
    state.dbgbcr[:] = [core.dbgbcr[index] for index in range(6)]
    state.dbgwvr[:] = [core.dbgwvr[index] for index in range(4)]
    state.dbgwcr[:] = [core.dbgwcr[index] for index in range(4)]
    held = 1 if core.monitor_valid else 0
    state.monitor_valid, state.monitor_address = held, held * core.monitor_address
    state.monitor_size = held * core.monitor_size
    state.monitor_virtual_address = held * core.monitor_virtual_address
    state.event_register, state.waiting = core.event_register, core.waiting
    state.pending_async_abort = core.pending_async_abort
    return 0


_BANK_SUFFIXES = ("usr", "svc", "abt", "und", "irq", "fiq")
"""Of the fields of ArmState, in the order of the banks."""
