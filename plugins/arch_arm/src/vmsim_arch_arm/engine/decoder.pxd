from libc.stdint cimport uint16_t, uint32_t, uint8_t

from vmsim_arch_arm.engine.operand_masks cimport OperandRules
from vmsim_arch_arm.engine.records cimport Decode, Instruction, Semantic

cdef enum:
    MAX_PARTS = 16
    MAX_EXCLUSIONS = 16

cdef struct Part:
    uint8_t shift
    uint8_t width
    uint8_t first       # of its field
    uint8_t last
    uint8_t offset      # of the field in Instruction
    uint8_t second      # of another field that gets the same value, or 0
    uint8_t bytes       # size of the field

cdef struct CompiledRow:
    uint32_t mask, value
    uint32_t excluded_mask[MAX_EXCLUSIONS]
    uint32_t excluded_value[MAX_EXCLUSIONS]
    int exclusions
    Part parts[MAX_PARTS]
    int part_count
    uint8_t size
    uint16_t number
    Semantic execute
    Decode decode
    OperandRules operands

# The decoder of one instruction set, without any Python object.
cdef struct CompiledTable:
    CompiledRow* rows
    int row_count
    uint32_t* bucket_starts         # of each bucket, where its rows begin; one more at the end
    uint16_t* bucket_rows
    uint8_t bucket_bits[12]
    Semantic undefined

cdef void decode_word(CompiledTable* table, uint32_t word, uint8_t size, Instruction* insn) noexcept nogil

cdef class InstructionSet:
    cdef CompiledTable table
    cdef readonly list names        # of the rows, by number
    cdef int _compile(self, CompiledRow* compiled, row, int number) except -1
    cdef int _fill_buckets(self, list rows, int width) except -1
