"""The operands of a decoded instruction, as masks: what operands.py derives of a row, applied to the fields."""

from vmsim_arch_arm.engine.operands import describe
from vmsim_arch_arm.engine.records cimport (
    BRANCH_RETURN,
    CLASS_MOVE,
    CLASS_SYSTEM,
    OPERAND_D0,
    OPERAND_FLAGS,
    OPERAND_FP_FLAGS,
    OPERAND_PC,
    OPERAND_SYSTEM,
)

# The shapes of operands.py.
cdef enum:
    NAMED_REGISTERS
    CORE
    LIST
    SINGLE
    DOUBLE
    STRUCTURE

cdef enum:
    ALWAYS = 14


cdef int compile_operands(OperandRules* compiled, row, dict offsets) except -1:
    """Fill in the rules of a row. `offsets` says where the fields of Instruction are, and their sizes."""
    cdef OperandRule* rule
    description = describe(row)
    if len(description.operands) > MAX_OPERANDS:
        raise ValueError(f"{row} has more operands than there is room for")
    compiled.operation_class, compiled.shifted_class = description.operation_class, description.shifted_class
    compiled.memory_kind, compiled.branch_kind = description.memory_kind, description.branch_kind
    compiled.return_register = description.return_register
    compiled.return_field = offsets[description.return_field][0] if description.return_field else 0
    compiled.count = len(description.operands)
    for index, operand in enumerate(description.operands):
        rule = &compiled.rules[index]
        rule.shape, rule.mask, rule.count = operand.shape, operand.mask, operand.count
        rule.reads, rule.writes = operand.reads, operand.writes
        rule.field = offsets[operand.field][0] if operand.field else 0
        rule.count_field = offsets[operand.count_field][0] if operand.count_field else 0
        if operand.when is not None:
            rule.when_field, rule.when_mask = offsets[operand.when.field][0], operand.when.mask
            rule.when_value, rule.when_negated = operand.when.value, operand.when.negated
    return 0


cdef inline uint8_t _field(Instruction* insn, uint8_t offset) noexcept nogil:
    return (<uint8_t*>insn)[offset]


cdef inline uint64_t _bit(int number) noexcept nogil:
    return <uint64_t>1 << number


cdef inline uint64_t _kept() noexcept nogil:
    """What an instruction may leave as it is: registers and flags. Bits that are only ever set are no dependency."""
    return _bit(OPERAND_PC) - 1 | _bit(OPERAND_FLAGS) | _bit(OPERAND_FP_FLAGS) | ~(_bit(OPERAND_D0) - 1)


cdef inline uint64_t _double(int number) noexcept nogil:
    return _bit(OPERAND_D0 + (number & 31))


cdef uint64_t _registers(OperandRule* rule, Instruction* insn) noexcept nogil:
    """Return the registers of an operand; those of extension registers begin again after the last one."""
    cdef uint64_t mask = 0
    cdef int first = _field(insn, rule.field)
    cdef int count = _field(insn, rule.count_field) if rule.count_field else rule.count
    cdef int index, element
    if rule.shape == CORE:
        return _bit(first & 15)
    if rule.shape == LIST:
        return insn.registers
    if rule.shape == DOUBLE:
        for index in range(min(count, 32)):
            mask |= _double(first + index)
    elif rule.shape == SINGLE:
        for index in range(min(count, 32)):
            mask |= _double((first + index & 31) >> 1)
    else:
        for index in range(insn.regs):
            for element in range(insn.length):
                mask |= _double(first + index + element * insn.shift_amount)
    return mask


cdef void note_operands(OperandRules* row, Instruction* insn) noexcept nogil:
    """Fill in what timing models need, of an instruction whose fields are decoded."""
    cdef uint64_t sources = 0, destinations = 0, mask
    cdef OperandRule* rule
    cdef int index
    for index in range(row.count):
        rule = &row.rules[index]
        if rule.when_field and (_field(insn, rule.when_field) & rule.when_mask == rule.when_value) == rule.when_negated:
            continue
        mask = rule.mask if rule.shape == NAMED_REGISTERS else _registers(rule, insn)
        if rule.reads:
            sources |= mask
        if rule.writes:
            destinations |= mask
    if insn.cond < ALWAYS:
        sources |= _bit(OPERAND_FLAGS) | destinations & _kept()
    insn.sources, insn.destinations = sources, destinations
    insn.memory_kind = row.memory_kind
    insn.operation_class = row.shifted_class if insn.shift_amount else row.operation_class
    if row.operation_class == CLASS_MOVE and destinations & _bit(OPERAND_SYSTEM):
        insn.operation_class = CLASS_SYSTEM     # MSR, of more than flags
    if destinations & _bit(OPERAND_PC):
        insn.branch_kind = row.branch_kind
        if row.return_field and _field(insn, row.return_field) == row.return_register:
            insn.branch_kind = BRANCH_RETURN
