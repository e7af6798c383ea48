"""Fetching through an instruction cache, and the loop of models that keep caches warm without waiting for them.

Instructions are decoded once and kept, as in the fast loop; but what is executed are the bytes that the instruction
cache holds. Whenever a line comes into the cache, or the guest has invalidated instructions, the line's decoded
instructions are compared with its bytes.
"""

from libc.stdint cimport uint16_t, uint8_t
from libc.string cimport memset

from vmsim_arch_arm.engine.code_cache cimport CODE_PAGE_SIZE
from vmsim_arch_arm.engine.decoder cimport decode_word
from vmsim_arch_arm.engine.loop cimport FIRST_32_BIT, execute_instruction, find_page, is_final, take
from vmsim_arch_arm.engine.records cimport BRANCH, CLASS_BARRIER, CLASS_COPROCESSOR, EXCEPTION, NEXT, SUPERVISOR_CALL, Core
from vmsim_core.memory_port cimport MemoryPort, port_fetch

cdef enum:
    PAGE_MASK = 0xFFFFF000
    LINES = 256                 # that `verified` has bits for: lines are 16 bytes or more


cdef void _compare_arm(CodePage* page, uint32_t offset, uint32_t size, uint32_t* words) noexcept nogil:
    cdef uint32_t index
    cdef Instruction* insn = &page.instructions[offset >> 2]
    for index in range(size >> 2):
        if insn[index].size and insn[index].word != words[index]:
            insn[index].size = 0


cdef void _compare_thumb(CodePage* page, uint32_t offset, uint32_t size, uint16_t* halfwords) noexcept nogil:
    """An instruction that is partly in another line is decoded again."""
    cdef uint32_t index, last = (size >> 1) - 1
    cdef Instruction* insn = &page.instructions[offset >> 1]
    cdef Instruction* before = insn - 1
    if offset and before.size == 4:
        before.size = 0
    for index in range(last + 1):
        if insn[index].size == 2:
            if insn[index].word != halfwords[index]:
                insn[index].size = 0
        elif insn[index].size == 4:
            if index == last or insn[index].word != <uint32_t>halfwords[index] << 16 | halfwords[index + 1]:
                insn[index].size = 0


cdef uint64_t fetch_line(Engine* e, CodePage* page, uint32_t address) noexcept nogil:
    """Fetch the line of instructions at a virtual address on `page`; return the tick at which it is there."""
    cdef MemoryPort* port = e.memory.port
    cdef uint32_t offset = address & (CODE_PAGE_SIZE - 1) & ~(port.line - 1), filled = 0, number = offset // port.line
    cdef uint8_t* bytes
    cdef uint64_t ready = port_fetch(
        port, page.physical | offset, page.inner, page.outer, e.memory.now, &bytes, &filled)
    if page.generation != e.memory.code_generation:
        memset(page.verified, 0, sizeof(page.verified))
        page.generation = e.memory.code_generation
    if filled or not page.verified[number >> 6] >> (number & 63) & 1:
        page.verified[number >> 6] |= <uint64_t>1 << (number & 63)
        if page.thumb:
            _compare_thumb(page, offset, port.line, <uint16_t*>bytes)
        else:
            _compare_arm(page, offset, port.line, <uint32_t*>bytes)
    e.line_bytes, e.fetched_line = bytes, address & ~(port.line - 1)
    return ready


cdef uint8_t* _fetched(Engine* e, CodePage* page, uint32_t address) noexcept nogil:
    """Return where the bytes of an instruction on `page` are, of which at least the first halfword is in its line."""
    cdef MemoryPort* port = e.memory.port
    if e.line_bytes == NULL and e.fetched_line == address & ~(port.line - 1) and not page.inner and not page.outer:
        # Fetched already, and not kept anywhere: asking again would take time.
        e.peeked = port.peek(port.owner, page.physical | (address & (CODE_PAGE_SIZE - 1) & ~<uint32_t>3), 4)
        return <uint8_t*>&e.peeked + (address & 3)
    if e.line_bytes == NULL or e.fetched_line != address & ~(e.memory.port.line - 1):
        fetch_line(e, page, address)
    return e.line_bytes + (address & (e.memory.port.line - 1))


cdef Instruction* decode_fetched(Engine* e, CodePage* page, uint32_t address, Instruction* place) noexcept nogil:
    """Decode the instruction at a virtual address from the line that was fetched; it is whole in there."""
    cdef uint8_t* bytes = _fetched(e, page, address)
    cdef uint32_t word
    e.code.decoded += 1
    if not e.core.thumb:
        decode_word(e.arm, (<uint32_t*>bytes)[0], 4, place)
        return place
    word = (<uint16_t*>bytes)[0]
    if word < FIRST_32_BIT:
        decode_word(e.thumb16, word, 2, place)
    else:
        decode_word(e.thumb32, word << 16 | (<uint16_t*>_fetched(e, page, address + 2))[0], 4, place)
    return place


cdef Instruction* fetch_across(Engine* e, CodePage* page, uint32_t address, FetchLine fetch) noexcept nogil:
    """Return the instruction at the last halfword of a line that was fetched, decoded.

    A second halfword is in the next line, which is fetched by `fetch` whether the instruction is known or not: time and
    statistics must not depend on that. NULL when it cannot be fetched.
    """
    cdef Instruction* place = &page.instructions[(address & (CODE_PAGE_SIZE - 1)) >> 1]
    cdef uint32_t first
    if place.size == 2:
        return place
    if place.size == 4:
        first = place.word >> 16
    else:
        first = (<uint16_t*>_fetched(e, page, address))[0]
        if first < FIRST_32_BIT:
            return decode_fetched(e, page, address, place)
    if not (address + 2) & (CODE_PAGE_SIZE - 1):
        page = find_page(e, address + 2)
        if page == NULL:
            return NULL
        place = &e.scratch
        place.size = 0
    fetch(e, page, address + 2)
    if place.size == 0:
        e.code.decoded += 1
        decode_word(e.thumb32, first << 16 | (<uint16_t*>_fetched(e, page, address + 2))[0], 4, place)
    return place


cdef uint64_t _await_line(Engine* e, CodePage* page, uint32_t address) noexcept nogil:
    e.memory.now = fetch_line(e, page, address)
    return e.memory.now


cdef void execute_ported(Engine* e) noexcept nogil:
    """As `execute_fast`, with every access through the caches. Instructions wait for them, but in a time of their own,
    which the guest knows nothing of: so the caches are never busier than one access makes them."""
    cdef Core* core = &e.core
    cdef CodePage* page
    cdef Instruction* insn
    cdef uint32_t pc = core.pc, thumb, shift, read_ahead
    cdef uint32_t line_mask = ~(e.memory.port.line - 1), last_halfword = e.memory.port.line - 2
    cdef int result
    e.fetched_line = 1
    while core.retired < core.limit:
        thumb = core.thumb
        shift = 1 if thumb else 2
        read_ahead = 4 if thumb else 8
        page = find_page(e, pc)
        if page == NULL:
            core.pc = core.next_pc = pc
            if e.failure == NULL:
                take(e)
            return
        while core.retired < core.limit:
            core.pc = pc
            if pc & line_mask != e.fetched_line:
                _await_line(e, page, pc)
            if pc & last_halfword == last_halfword:     # never in ARM state
                insn = fetch_across(e, page, pc, _await_line)
                if insn == NULL:
                    if e.failure == NULL:
                        take(e)
                    return
            else:
                insn = &page.instructions[(pc & (CODE_PAGE_SIZE - 1)) >> shift]
                if insn.size == 0:
                    decode_fetched(e, page, pc, insn)
            core.r[15] = pc + read_ahead
            core.next_pc = pc + insn.size
            result = execute_instruction(core, insn)
            if result == EXCEPTION:
                if core.exception == SUPERVISOR_CALL:
                    core.retired += 1
                take(e)
                return
            if result == BRANCH and core.next_pc == pc and core.thumb == thumb and is_final(e):
                e.endless = 1
                return
            if insn.operation_class == CLASS_BARRIER or insn.operation_class == CLASS_COPROCESSOR:
                e.fetched_line = 1      # instructions may have been invalidated
            core.retired += 1
            pc = core.next_pc
            if result != NEXT:
                e.exceptions_in_a_row = 0
                if result != BRANCH:
                    core.pc = pc
                    return
            if (pc ^ core.pc) & PAGE_MASK or core.thumb != thumb:
                break
    core.pc = pc
