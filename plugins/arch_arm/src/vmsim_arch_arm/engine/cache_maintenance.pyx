"""The guest's cache maintenance operations (B4.2.1), as far as there are caches; without any they do nothing."""

from vmsim_arch_arm.engine.memory_system cimport PAGE_SHIFT, MemorySystem
from vmsim_arch_arm.engine.mmu cimport READ, Translation
from vmsim_arch_arm.engine.translation cimport is_privileged, translate_access

cdef enum:
    GUEST_LINE = 32             # as CTR has it, DminLine and IminLine
    INSTRUCTIONS = -1           # instead of an operation: invalidate instructions


cdef void _maintain(Core* core, uint32_t address, int operation, bint to_unification) noexcept nogil:
    """Do it to all that the guest takes for a line, if lines are shorter.

    An address that is not mapped does nothing: the models without caches raise no abort for it either.
    """
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    cdef uint32_t physical, end
    cdef Translation found
    if memory.port == NULL or translate_access(core, address, is_privileged(core), READ, &found):
        return
    if memory.host[found.physical >> PAGE_SHIFT] == NULL:
        return
    physical = found.physical & ~<uint32_t>(GUEST_LINE - 1)
    end = physical + GUEST_LINE
    while physical < end:
        if operation == INSTRUCTIONS:
            memory.now = memory.port.invalidate_instruction_line(memory.port.owner, physical, memory.now)
        else:
            memory.now = memory.port.maintain_address(memory.port.owner, operation, physical, to_unification, memory.now)
        physical += memory.port.line


cdef void maintain_address(Core* core, uint32_t address, uint32_t operation, bint to_unification) noexcept nogil:
    _maintain(core, address, operation, to_unification)


cdef void maintain_set_way(Core* core, const SetWay* place, uint32_t operation) noexcept nogil:
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    if memory.port != NULL:
        memory.now = memory.port.maintain_set_way(memory.port.owner, operation, place, memory.now)


cdef void invalidate_instructions(Core* core) noexcept nogil:
    cdef MemorySystem* memory = <MemorySystem*>core.memory
    if memory.port != NULL:
        memory.now = memory.port.invalidate_instructions(memory.port.owner, memory.now)
        memory.code_generation += 1


cdef void invalidate_instruction_line(Core* core, uint32_t address) noexcept nogil:
    _maintain(core, address, INSTRUCTIONS, False)
    (<MemorySystem*>core.memory).code_generation += 1
