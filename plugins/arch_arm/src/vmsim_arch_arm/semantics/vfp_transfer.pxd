import cython
from libc.stdint cimport uint32_t, uint64_t

from vmsim_arch_arm.engine.inline_memory cimport mem_a_read, mem_a_write
from vmsim_arch_arm.engine.records cimport (
    CPSR_MODE, DECODED, EXCEPTION, MASK32, MODE_USR, NEXT, Core, Instruction, u64,
)
from vmsim_arch_arm.engine.vfp_registers cimport (
    FPEXC_DEX, FPEXC_EN, raise_undefined, read_single, simd_enabled, vfp_accessible, vfp_enabled, write_single,
)
from vmsim_arch_arm.semantics.vfp cimport single_number

# Of the FPSCR a Cortex-A9 keeps flags, modes, Stride, Len and the cumulative exceptions. The constants are those of
# id_registers.py.
cdef enum:
    FPSCR_WRITABLE = 0xFFF7009F
    FPSID = 0x41033090
    MVFR0 = 0x11110222
    MVFR1 = 0x01111111

cdef int decode_load_single(Instruction* insn) noexcept nogil
cdef int decode_load_double(Instruction* insn) noexcept nogil
cdef uint64_t read_double(Core* core, uint32_t address) noexcept nogil
@cython.locals(lower=uint32_t, upper=uint32_t)
cdef void write_double(Core* core, uint32_t address, uint64_t value) noexcept nogil
@cython.locals(base=uint32_t)
cdef uint32_t offset_address(Core* core, Instruction* insn) noexcept nogil
cdef int vldr_single(Core* core, Instruction* insn) noexcept nogil
cdef int vldr_double(Core* core, Instruction* insn) noexcept nogil
cdef int vstr_single(Core* core, Instruction* insn) noexcept nogil
cdef int vstr_double(Core* core, Instruction* insn) noexcept nogil
cdef uint32_t first_address(Core* core, Instruction* insn) noexcept nogil
cdef int write_back(Core* core, Instruction* insn) noexcept nogil
@cython.locals(address=uint32_t, index=uint32_t)
cdef int vldm_single(Core* core, Instruction* insn) noexcept nogil
@cython.locals(address=uint32_t, index=uint32_t)
cdef int vldm_double(Core* core, Instruction* insn) noexcept nogil
@cython.locals(address=uint32_t, index=uint32_t)
cdef int vstm_single(Core* core, Instruction* insn) noexcept nogil
@cython.locals(address=uint32_t, index=uint32_t)
cdef int vstm_double(Core* core, Instruction* insn) noexcept nogil

cdef int decode_pair(Instruction* insn) noexcept nogil
cdef int vmov_to_singles(Core* core, Instruction* insn) noexcept nogil
cdef int vmov_from_singles(Core* core, Instruction* insn) noexcept nogil
cdef int vmov_to_double(Core* core, Instruction* insn) noexcept nogil
cdef int vmov_from_double(Core* core, Instruction* insn) noexcept nogil

cdef int vmov_to_single(Core* core, Instruction* insn) noexcept nogil
cdef int vmov_from_single(Core* core, Instruction* insn) noexcept nogil
cdef int decode_scalar(Instruction* insn) noexcept nogil
cdef bint scalar_enabled(Core* core, Instruction* insn) noexcept nogil
@cython.locals(mask=uint64_t, value=uint64_t)
cdef int vmov_to_scalar(Core* core, Instruction* insn) noexcept nogil
@cython.locals(mask=uint32_t, value=uint32_t)
cdef int vmov_from_scalar(Core* core, Instruction* insn) noexcept nogil

cdef int vmrs_fpscr(Core* core, Instruction* insn) noexcept nogil
cdef int vmsr_fpscr(Core* core, Instruction* insn) noexcept nogil
cdef int vmrs_system(Core* core, Instruction* insn) noexcept nogil
cdef int vmsr_system(Core* core, Instruction* insn) noexcept nogil
