import cython
from libc.stdint cimport uint32_t, uint64_t

from vmsim_arch_arm.engine.records cimport DECODED, MASK32, NEXT, Core, Instruction, u64
from vmsim_arch_arm.engine.soft_convert cimport (
    fixed_to_float32, fixed_to_float64, float16_to_float32, float32_to_fixed, float32_to_float16, float32_to_float64,
    float64_to_fixed, float64_to_float32,
)
from vmsim_arch_arm.engine.soft_float cimport FPSCR_ROUNDING, ROUND_TO_ZERO, float32_compare, float64_compare
from vmsim_arch_arm.engine.vfp_registers cimport raise_undefined, read_single, vfp_enabled, write_single
from vmsim_arch_arm.semantics.vfp cimport single_number

cdef int decode_fixed_double(Instruction* insn) noexcept nogil
cdef int decode_fixed_single(Instruction* insn) noexcept nogil
cdef int set_flags(Core* core, uint32_t nzcv) noexcept nogil
cdef int vcmp_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vcmp_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vcmp_zero_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vcmp_zero_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vcvt_f64_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vcvt_f32_f64(Core* core, Instruction* insn) noexcept nogil
@cython.locals(half=uint32_t)
cdef int vcvt_f32_f16(Core* core, Instruction* insn) noexcept nogil
@cython.locals(half=uint32_t, old=uint32_t)
cdef int vcvt_f16_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vcvt_f32_int(Core* core, Instruction* insn) noexcept nogil
cdef int vcvt_f64_int(Core* core, Instruction* insn) noexcept nogil
cdef uint32_t integer_rounding(Core* core, Instruction* insn) noexcept nogil
cdef int vcvt_int_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vcvt_int_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vcvt_fixed_f32(Core* core, Instruction* insn) noexcept nogil
@cython.locals(value=uint64_t, result=uint32_t, upper=uint32_t)
cdef int vcvt_fixed_f64(Core* core, Instruction* insn) noexcept nogil
cdef uint32_t fixed_operand(uint32_t value, Instruction* insn) noexcept nogil
cdef int vcvt_f32_fixed(Core* core, Instruction* insn) noexcept nogil
cdef int vcvt_f64_fixed(Core* core, Instruction* insn) noexcept nogil
