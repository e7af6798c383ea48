import cython
from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.host_float cimport pair_add, pair_mul, pair_sub
from vmsim_arch_arm.engine.lanes cimport scalar_m, sign_bits, simd_trapped, vector_n
from vmsim_arch_arm.engine.records cimport DECODED, EXCEPTION, IS_UNDEFINED, MASK32, NEXT, Core, Instruction, u64
from vmsim_arch_arm.engine.soft_convert cimport (
    fixed_to_float32, float16_to_float32, float32_to_fixed, float32_to_float16,
)
from vmsim_arch_arm.engine.soft_estimate cimport (
    float32_recip_estimate, float32_recip_step, float32_rsqrt_estimate, float32_rsqrt_step, unsigned_recip_estimate,
    unsigned_rsqrt_estimate,
)
from vmsim_arch_arm.engine.soft_float cimport (
    FPSCR_IXC, ROUND_TO_ZERO, float32_add, float32_equal, float32_greater, float32_greater_equal, float32_max, float32_min,
    float32_mul, float32_sub, standard_control,
)

cdef enum:
    SIGN32 = 0x80000000

ctypedef u64 (*Pair)(u64 n, u64 m) noexcept nogil
ctypedef uint32_t (*Operation)(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
ctypedef uint32_t (*Conversion)(Core* core, Instruction* insn, uint32_t m, uint32_t control) noexcept nogil

cdef int decode_three(Instruction* insn) noexcept nogil
cdef int decode_two(Instruction* insn) noexcept nogil
cdef int decode_scalar(Instruction* insn) noexcept nogil
cdef int decode_fixed(Instruction* insn) noexcept nogil
cdef int decode_from_quadword(Instruction* insn) noexcept nogil
cdef int decode_to_quadword(Instruction* insn) noexcept nogil

cdef u64 joined(uint32_t low, uint32_t high) noexcept nogil
@cython.locals(control=uint32_t, register=uint32_t, low=uint32_t, m=u64, n=u64, scalar=u64)
cdef int each_lane(Core* core, Instruction* insn, Operation operation) noexcept nogil
@cython.locals(register=uint32_t, m=u64, n=u64, scalar=u64, both=u64, noted=uint32_t)
cdef int each_pair(Core* core, Instruction* insn, Pair pair, Operation operation) noexcept nogil
@cython.locals(control=uint32_t, low=uint32_t)
cdef u64 one_by_one(Core* core, u64 n, u64 m, Operation operation) noexcept nogil
@cython.locals(register=uint32_t, m=u64, n=u64, d=u64, scalar=u64, both=u64, product=u64, noted=uint32_t)
cdef int accumulate(Core* core, Instruction* insn, Pair pair, Operation operation) noexcept nogil
@cython.locals(control=uint32_t, low=uint32_t, n=u64, m=u64)
cdef int pairwise(Core* core, Instruction* insn, Operation operation) noexcept nogil
@cython.locals(control=uint32_t, register=uint32_t, low=uint32_t, m=u64)
cdef int convert_lanes(Core* core, Instruction* insn, Conversion conversion) noexcept nogil

cdef uint32_t subtract_product(Core* core, uint32_t d, uint32_t product, uint32_t control) noexcept nogil
cdef uint32_t absolute_difference(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
cdef uint32_t recip_step(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
cdef uint32_t rsqrt_step(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
cdef int vadd(Core* core, Instruction* insn) noexcept nogil
cdef int vsub(Core* core, Instruction* insn) noexcept nogil
cdef int vabd(Core* core, Instruction* insn) noexcept nogil
cdef int vpadd(Core* core, Instruction* insn) noexcept nogil
cdef int vmul(Core* core, Instruction* insn) noexcept nogil
cdef int vmla(Core* core, Instruction* insn) noexcept nogil
cdef int vmls(Core* core, Instruction* insn) noexcept nogil
cdef int vmax(Core* core, Instruction* insn) noexcept nogil
cdef int vmin(Core* core, Instruction* insn) noexcept nogil
cdef int vpmax(Core* core, Instruction* insn) noexcept nogil
cdef int vpmin(Core* core, Instruction* insn) noexcept nogil
cdef int vrecps(Core* core, Instruction* insn) noexcept nogil
cdef int vrsqrts(Core* core, Instruction* insn) noexcept nogil

cdef uint32_t all_ones(uint32_t condition) noexcept nogil
cdef uint32_t equal(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
cdef uint32_t greater_equal(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
cdef uint32_t greater(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
cdef uint32_t absolute_greater_equal(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
cdef uint32_t absolute_greater(Core* core, uint32_t a, uint32_t b, uint32_t control) noexcept nogil
cdef uint32_t greater_zero(Core* core, Instruction* insn, uint32_t m, uint32_t control) noexcept nogil
cdef uint32_t greater_equal_zero(Core* core, Instruction* insn, uint32_t m, uint32_t control) noexcept nogil
cdef uint32_t equal_zero(Core* core, Instruction* insn, uint32_t m, uint32_t control) noexcept nogil
cdef uint32_t less_equal_zero(Core* core, Instruction* insn, uint32_t m, uint32_t control) noexcept nogil
cdef uint32_t less_zero(Core* core, Instruction* insn, uint32_t m, uint32_t control) noexcept nogil
cdef int vceq(Core* core, Instruction* insn) noexcept nogil
cdef int vcge(Core* core, Instruction* insn) noexcept nogil
cdef int vcgt(Core* core, Instruction* insn) noexcept nogil
cdef int vacge(Core* core, Instruction* insn) noexcept nogil
cdef int vacgt(Core* core, Instruction* insn) noexcept nogil
cdef int vcgt_zero(Core* core, Instruction* insn) noexcept nogil
cdef int vcge_zero(Core* core, Instruction* insn) noexcept nogil
cdef int vceq_zero(Core* core, Instruction* insn) noexcept nogil
cdef int vcle_zero(Core* core, Instruction* insn) noexcept nogil
cdef int vclt_zero(Core* core, Instruction* insn) noexcept nogil

@cython.locals(register=uint32_t)
cdef int vabs(Core* core, Instruction* insn) noexcept nogil
@cython.locals(register=uint32_t)
cdef int vneg(Core* core, Instruction* insn) noexcept nogil

cdef uint32_t recip_estimate(Core* core, Instruction* insn, uint32_t m, uint32_t control) noexcept nogil
cdef uint32_t rsqrt_estimate(Core* core, Instruction* insn, uint32_t m, uint32_t control) noexcept nogil
cdef uint32_t recip_estimate_unsigned(Core* core, Instruction* insn, uint32_t m, uint32_t control) noexcept nogil
cdef uint32_t rsqrt_estimate_unsigned(Core* core, Instruction* insn, uint32_t m, uint32_t control) noexcept nogil
cdef uint32_t to_fixed(Core* core, Instruction* insn, uint32_t m, uint32_t control) noexcept nogil
cdef uint32_t from_fixed(Core* core, Instruction* insn, uint32_t m, uint32_t control) noexcept nogil
cdef int vrecpe(Core* core, Instruction* insn) noexcept nogil
cdef int vrsqrte(Core* core, Instruction* insn) noexcept nogil
cdef int vrecpe_unsigned(Core* core, Instruction* insn) noexcept nogil
cdef int vrsqrte_unsigned(Core* core, Instruction* insn) noexcept nogil
cdef int vcvt_to_fixed(Core* core, Instruction* insn) noexcept nogil
cdef int vcvt_from_fixed(Core* core, Instruction* insn) noexcept nogil
@cython.locals(control=uint32_t, position=uint32_t, m=uint32_t, result=u64)
cdef int vcvt_to_half(Core* core, Instruction* insn) noexcept nogil
@cython.locals(control=uint32_t, register=uint32_t, low=uint32_t, m=u64)
cdef int vcvt_from_half(Core* core, Instruction* insn) noexcept nogil
