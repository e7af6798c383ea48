# What the decoder fills in for timing models; operands.py derives it.

from libc.stdint cimport uint64_t, uint8_t

from vmsim_arch_arm.engine.records cimport Instruction

cdef enum:
    MAX_OPERANDS = 12

# An operands.Operand. Fields are offsets in Instruction, 0 for none: there the semantic function is.
cdef struct OperandRule:
    uint64_t mask
    uint8_t shape
    uint8_t field
    uint8_t count
    uint8_t count_field
    uint8_t when_field
    uint8_t when_mask
    uint8_t when_value
    uint8_t when_negated
    uint8_t reads
    uint8_t writes

# An operands.Description.
cdef struct OperandRules:
    OperandRule rules[MAX_OPERANDS]
    int count
    uint8_t operation_class
    uint8_t shifted_class
    uint8_t memory_kind
    uint8_t branch_kind
    uint8_t return_field
    uint8_t return_register

cdef int compile_operands(OperandRules* compiled, row, dict offsets) except -1
cdef void note_operands(OperandRules* row, Instruction* insn) noexcept nogil
