import cython
from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.lanes cimport ones, replicated, simd_trapped
from vmsim_arch_arm.engine.memory cimport mem_a_read, mem_a_write, mem_u_read, mem_u_write
from vmsim_arch_arm.engine.records cimport (
    DECODED, EXCEPTION, IS_UNDEFINED, MASK32, NEXT, SCTLR, Core, Instruction, u64,
)

cdef enum:
    SCTLR_A = 2

@cython.locals(last=uint32_t)
cdef int finish(Instruction* insn, uint32_t size) noexcept nogil
cdef int finish_multiple(Instruction* insn, uint32_t structure, uint32_t groups, uint32_t apart) noexcept nogil
@cython.locals(kind=uint32_t, groups=uint32_t)
cdef int decode_multiple_1(Instruction* insn) noexcept nogil
@cython.locals(kind=uint32_t)
cdef int decode_multiple_2(Instruction* insn) noexcept nogil
cdef int decode_multiple_3(Instruction* insn) noexcept nogil
cdef int decode_multiple_4(Instruction* insn) noexcept nogil
@cython.locals(apart=uint32_t)
cdef int finish_lane(Instruction* insn, uint32_t structure, uint32_t alignment) noexcept nogil
@cython.locals(align=cython.int)
cdef int decode_lane_1(Instruction* insn) noexcept nogil
cdef int decode_lane_2(Instruction* insn) noexcept nogil
cdef int decode_lane_3(Instruction* insn) noexcept nogil
@cython.locals(align=cython.int)
cdef int decode_lane_4(Instruction* insn) noexcept nogil
cdef int finish_all_lanes(Instruction* insn, uint32_t structure, uint32_t groups, uint32_t alignment) noexcept nogil
cdef int decode_all_lanes_1(Instruction* insn) noexcept nogil
cdef int decode_all_lanes_2(Instruction* insn) noexcept nogil
cdef int decode_all_lanes_3(Instruction* insn) noexcept nogil
cdef int decode_all_lanes_4(Instruction* insn) noexcept nogil

@cython.locals(first=u64, second=u64)
cdef u64 read_element(Core* core, uint32_t address, uint32_t size) noexcept nogil
cdef void write_element(Core* core, uint32_t address, uint32_t size, u64 value) noexcept nogil
cdef void insert(Core* core, uint32_t number, uint32_t position, uint32_t bits, u64 value) noexcept nogil
cdef uint32_t access_size(Core* core, Instruction* insn) noexcept nogil
@cython.locals(address=uint32_t)
cdef int refused(Core* core, Instruction* insn, uint32_t is_store) noexcept nogil
@cython.locals(base=uint32_t)
cdef uint32_t written_back(Core* core, Instruction* insn) noexcept nogil

@cython.locals(address=uint32_t, number=uint32_t, size=uint32_t, group=uint32_t, position=uint32_t, value=u64, _=uint32_t)
cdef int load_multiple(Core* core, Instruction* insn) noexcept nogil
@cython.locals(address=uint32_t, number=uint32_t, after=uint32_t, n=uint32_t, structure=uint32_t, apart=uint32_t, d=uint32_t, size=uint32_t, group=uint32_t, position=uint32_t, groups=uint32_t, _=uint32_t)
cdef int store_multiple(Core* core, Instruction* insn) noexcept nogil
@cython.locals(address=uint32_t, number=uint32_t, bits=uint32_t, value=u64, _=uint32_t)
cdef int load_lane(Core* core, Instruction* insn) noexcept nogil
@cython.locals(address=uint32_t, number=uint32_t, after=uint32_t, n=uint32_t, structure=uint32_t, apart=uint32_t, size=uint32_t, position=uint32_t, _=uint32_t)
cdef int store_lane(Core* core, Instruction* insn) noexcept nogil
@cython.locals(address=uint32_t, number=uint32_t, value=u64, group=uint32_t, _=uint32_t)
cdef int load_all_lanes(Core* core, Instruction* insn) noexcept nogil
