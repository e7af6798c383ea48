"""Moves to and from coprocessors 14 and 15 (DDI 0406C, A8.8.98, A8.8.107)."""

from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.cp15 cimport pack, read_register, write_register


cdef uint32_t _encoding(uint32_t word) noexcept nogil:
    return pack(word >> 8 & 15, word >> 16 & 15, word >> 21 & 7, word & 15, word >> 5 & 7)


cdef int mrc(Core* core, Instruction* insn) noexcept nogil:
    """MRC, A8.8.107; to R15 the flags are written."""
    cdef uint32_t value = core.nzcv << 28 if insn.t == 15 else core.r[insn.t]
    if not read_register(core, _encoding(insn.word), &value):
        core.exception = UNDEFINED
        return EXCEPTION
    if insn.t == 15:
        core.nzcv = value >> 28
    else:
        core.r[insn.t] = value
    return NEXT


cdef int mcr(Core* core, Instruction* insn) noexcept nogil:
    """MCR, A8.8.98."""
    if not write_register(core, _encoding(insn.word), core.r[insn.t]):
        core.exception = UNDEFINED
        return EXCEPTION
    return SYNC if core.attention else NEXT
