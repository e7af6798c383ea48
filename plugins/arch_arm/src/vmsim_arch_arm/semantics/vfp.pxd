import cython
from libc.stdint cimport uint32_t, uint64_t

from vmsim_arch_arm.engine.records cimport DECODED, MASK32, NEXT, Core, Instruction, u64
from vmsim_arch_arm.engine.soft_float cimport (
    float32_add, float32_div, float32_mul, float32_sqrt, float32_sub, float64_add, float64_div, float64_mul,
    float64_sqrt, float64_sub,
)
from vmsim_arch_arm.engine.vfp_registers cimport (
    FPEXC_DEX, FPSCR_LEN, raise_undefined, read_single, vfp_enabled, write_single,
)

cdef enum:
    SIGN32 = 0x80000000

cdef uint32_t single_number(uint32_t number) noexcept nogil
cdef int decode_singles(Instruction* insn) noexcept nogil
cdef int decode_doubles(Instruction* insn) noexcept nogil
cdef int decode_single_destination(Instruction* insn) noexcept nogil
cdef int decode_single_source(Instruction* insn) noexcept nogil
@cython.locals(imm8=uint32_t, exponent=uint32_t)
cdef int decode_immediate_single(Instruction* insn) noexcept nogil
@cython.locals(imm8=uint32_t, exponent=uint32_t)
cdef int decode_immediate_double(Instruction* insn) noexcept nogil
cdef uint64_t sign64() noexcept nogil
cdef bint may_calculate(Core* core) noexcept nogil
cdef int vadd_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vadd_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vsub_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vsub_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vmul_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vmul_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vdiv_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vdiv_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vmla_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vmla_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vmls_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vmls_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vnmla_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vnmla_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vnmls_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vnmls_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vnmul_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vnmul_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vabs_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vabs_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vneg_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vneg_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vsqrt_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vsqrt_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vmov_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vmov_f64(Core* core, Instruction* insn) noexcept nogil
cdef int vmov_immediate_f32(Core* core, Instruction* insn) noexcept nogil
cdef int vmov_immediate_f64(Core* core, Instruction* insn) noexcept nogil
