from libc.stdint cimport int64_t, uint32_t

from vmsim_arch_arm.engine.operations cimport shift
from vmsim_arch_arm.engine.records cimport DECODED, MASK32, NEXT, SHIFT_ASR, SHIFT_LSL, Core, Instruction, s64

cdef enum:
    SIGN32 = 0x80000000

cdef int64_t signed32(int64_t value) noexcept nogil
cdef int64_t signed16(int64_t value) noexcept nogil
cdef int64_t clamp(Core* core, int64_t value, int64_t lowest, int64_t highest) noexcept nogil
cdef int64_t signed_saturate(Core* core, int64_t value, uint32_t bits) noexcept nogil
cdef int64_t unsigned_saturate(Core* core, int64_t value, uint32_t bits) noexcept nogil

cdef int qadd(Core* core, Instruction* insn) noexcept nogil
cdef int qsub(Core* core, Instruction* insn) noexcept nogil
cdef int qdadd(Core* core, Instruction* insn) noexcept nogil
cdef int qdsub(Core* core, Instruction* insn) noexcept nogil

cdef int decode_saturate(Instruction* insn) noexcept nogil
cdef int ssat(Core* core, Instruction* insn) noexcept nogil
cdef int usat(Core* core, Instruction* insn) noexcept nogil
cdef int ssat16(Core* core, Instruction* insn) noexcept nogil
cdef int usat16(Core* core, Instruction* insn) noexcept nogil
