"""Decoding: the rows of a table as C arrays, found by a dozen of the word's bits."""

from cpython.pycapsule cimport PyCapsule_GetName, PyCapsule_GetPointer
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from importlib import import_module

from vmsim_arch_arm.engine.operand_masks cimport compile_operands, note_operands
from vmsim_arch_arm.engine.records cimport DECODED
from vmsim_arch_arm.engine.table import FIELDS

cdef enum:
    BUCKET_BITS = 12
    ALWAYS = 14

cdef Instruction _layout
_OFFSETS = {
    "immediate": (<char*>&_layout.immediate - <char*>&_layout, 4),
    "registers": (<char*>&_layout.registers - <char*>&_layout, 2),
    "cond": (<char*>&_layout.cond - <char*>&_layout, 1),
    "d": (<char*>&_layout.d - <char*>&_layout, 1),
    "n": (<char*>&_layout.n - <char*>&_layout, 1),
    "m": (<char*>&_layout.m - <char*>&_layout, 1),
    "s": (<char*>&_layout.s - <char*>&_layout, 1),
    "t": (<char*>&_layout.t - <char*>&_layout, 1),
    "t2": (<char*>&_layout.t2 - <char*>&_layout, 1),
    "a": (<char*>&_layout.a - <char*>&_layout, 1),
    "setflags": (<char*>&_layout.setflags - <char*>&_layout, 1),
    "shift_type": (<char*>&_layout.shift_type - <char*>&_layout, 1),
    "shift_amount": (<char*>&_layout.shift_amount - <char*>&_layout, 1),
    "index": (<char*>&_layout.index - <char*>&_layout, 1),
    "add": (<char*>&_layout.add - <char*>&_layout, 1),
    "wback": (<char*>&_layout.wback - <char*>&_layout, 1),
    "option": (<char*>&_layout.option - <char*>&_layout, 1),
    "length": (<char*>&_layout.length - <char*>&_layout, 1),
    "regs": (<char*>&_layout.regs - <char*>&_layout, 1),
}
"""Offset and size in bytes of the fields that patterns fill."""


cdef void* _function(str name) except NULL:
    """Return the compiled function ``module.function`` of :mod:`vmsim_arch_arm.semantics`."""
    module_name, _, function = name.partition(".")
    module = import_module(f"vmsim_arch_arm.semantics.{module_name}")
    if function not in getattr(module, "__pyx_capi__", {}):
        raise ImportError(f"there is no compiled function {name}: is it declared in {module_name}.pxd?")
    capsule = module.__pyx_capi__[function]
    return PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule))


cdef class InstructionSet:
    """The decoder of one instruction set: ARM, 16-bit Thumb or 32-bit Thumb."""

    def __cinit__(self, list rows, str undefined, int width):
        """`rows` of :class:`Row`, unambiguous; `undefined` is the semantic function of a word that fits none."""
        cdef int index
        self.table.row_count = len(rows)
        self.table.rows = <CompiledRow*>calloc(max(1, self.table.row_count), sizeof(CompiledRow))
        self.table.bucket_starts = <uint32_t*>calloc((1 << BUCKET_BITS) + 1, sizeof(uint32_t))
        if self.table.rows == NULL or self.table.bucket_starts == NULL:
            raise MemoryError
        self.table.undefined = <Semantic>_function(undefined)
        self.names = [str(row) for row in rows]
        for index in range(self.table.row_count):
            self._compile(&self.table.rows[index], rows[index], index)
        self._fill_buckets(rows, width)

    def __dealloc__(self):
        free(self.table.rows)
        free(self.table.bucket_starts)
        free(self.table.bucket_rows)

    cdef int _compile(self, CompiledRow* compiled, row, int number) except -1:
        cdef Part* part
        compiled.mask, compiled.value = row.cube.mask, row.cube.value
        compiled.number, compiled.size = number, row.size
        compiled.execute = <Semantic>_function(row.execute)
        if row.decode:
            compiled.decode = <Decode>_function(row.decode)
        compiled.exclusions = len(row.exclusions)
        if compiled.exclusions > MAX_EXCLUSIONS or len(row.parts) > MAX_PARTS:
            raise ValueError(f"{row} has more parts than there is room for")
        for index, excluded in enumerate(row.exclusions):
            compiled.excluded_mask[index], compiled.excluded_value[index] = excluded.mask, excluded.value
        compile_operands(&compiled.operands, row, _OFFSETS)
        letters = list(dict.fromkeys(each.letter for each in row.parts))
        compiled.part_count = 0
        for letter in letters:
            parts = [each for each in row.parts if each.letter == letter]
            targets = FIELDS[letter]
            for each in parts:
                part = &compiled.parts[compiled.part_count]
                compiled.part_count += 1
                part.shift, part.width = each.shift, each.width
                part.first, part.last = each is parts[0], each is parts[len(parts) - 1]
                part.offset, part.bytes = _OFFSETS[targets[0]]
                part.second = _OFFSETS[targets[1]][0] if len(targets) > 1 else 0
        return 0

    cdef int _fill_buckets(self, list rows, int width) except -1:
        """Choose the bits that most rows fix, and list for each of their values the rows that may have it."""
        cdef int index
        fixed = [sum(row.cube.mask >> bit & 1 for row in rows) for bit in range(width)]
        chosen = sorted(sorted(range(width), key=lambda bit: -fixed[bit])[:BUCKET_BITS])
        for index, bit in enumerate(chosen):
            self.table.bucket_bits[index] = bit
        for index in range(len(chosen), BUCKET_BITS):
            self.table.bucket_bits[index] = 31    # of a 16-bit word: always 0
        members = [[] for _ in range(1 << BUCKET_BITS)]
        for number, row in enumerate(rows):
            mask = value = 0
            for position, bit in enumerate(chosen):
                mask |= (row.cube.mask >> bit & 1) << position
                value |= (row.cube.value >> bit & 1) << position
            free_bits = [1 << position for position in range(BUCKET_BITS) if not mask >> position & 1]
            buckets = [value]
            for bit in free_bits:
                buckets += [bucket | bit for bucket in buckets]
            for bucket in buckets:
                members[bucket].append(number)
        total = sum(map(len, members))
        self.table.bucket_rows = <uint16_t*>calloc(max(1, total), sizeof(uint16_t))
        if self.table.bucket_rows == NULL:
            raise MemoryError
        start = 0
        for bucket, numbers in enumerate(members):
            self.table.bucket_starts[bucket] = start
            for number in numbers:
                self.table.bucket_rows[start] = number
                start += 1
        self.table.bucket_starts[1 << BUCKET_BITS] = start
        return 0

    def describe(self, uint32_t word, uint8_t size):
        """Return the decoded fields of a word as a dictionary, with the row's name; None for an undefined one.

        Masks and classes are numbers as in records.py; explain.py has names for them.
        """
        cdef Instruction insn
        decode_word(&self.table, word, size, &insn)
        if insn.execute == self.table.undefined:
            return None
        fields = {"row": self.names[insn.row], "cond": insn.cond, "d": insn.d, "n": insn.n, "m": insn.m, "s": insn.s,
                  "t": insn.t, "t2": insn.t2, "a": insn.a, "setflags": insn.setflags, "immediate": insn.immediate,
                  "shift_type": insn.shift_type, "shift_amount": insn.shift_amount, "index": insn.index,
                  "add": insn.add, "wback": insn.wback, "registers": insn.registers, "option": insn.option,
                  "regs": insn.regs, "length": insn.length, "operation_class": insn.operation_class,
                  "memory_kind": insn.memory_kind, "branch_kind": insn.branch_kind, "sources": insn.sources,
                  "destinations": insn.destinations}
        return fields


cdef void _store(Instruction* insn, uint8_t offset, uint8_t size, uint32_t value) noexcept nogil:
    cdef uint8_t* place = <uint8_t*>insn + offset
    if size == 1:
        place[0] = value
    elif size == 2:
        (<uint16_t*>place)[0] = value
    else:
        (<uint32_t*>place)[0] = value


cdef uint32_t _bucket(CompiledTable* table, uint32_t word) noexcept nogil:
    cdef uint32_t bucket = 0
    cdef int index
    for index in range(BUCKET_BITS):
        bucket |= (word >> table.bucket_bits[index] & 1) << index
    return bucket


cdef void decode_word(CompiledTable* table, uint32_t word, uint8_t size, Instruction* insn) noexcept nogil:
    """Decode a word; one that fits no row executes as undefined."""
    cdef uint32_t bucket = _bucket(table, word), position, value
    cdef CompiledRow* row
    cdef Part* part
    cdef int index
    cdef bint excluded
    memset(insn, 0, sizeof(Instruction))
    insn.word, insn.size, insn.cond = word, size, ALWAYS
    insn.execute = table.undefined
    for position in range(table.bucket_starts[bucket], table.bucket_starts[bucket + 1]):
        row = &table.rows[table.bucket_rows[position]]
        if word & row.mask != row.value:
            continue
        excluded = False
        for index in range(row.exclusions):
            if word & row.excluded_mask[index] == row.excluded_value[index]:
                excluded = True
                break
        if excluded:
            continue
        value = 0
        for index in range(row.part_count):
            part = &row.parts[index]
            if part.first:
                value = 0
            value = value << part.width | (word >> part.shift & ((<uint32_t>1 << part.width) - 1))
            if part.last:
                _store(insn, part.offset, part.bytes, value)
                if part.second:
                    _store(insn, part.second, part.bytes, value)
        insn.row = row.number
        if row.decode == NULL or row.decode(insn) == DECODED:
            insn.execute = row.execute
            note_operands(&row.operands, insn)
        return
