from vmsim_arch_arm.engine.records cimport EXCEPTION, MASK32, NEXT, SYNC, UNDEFINED, Core, Instruction

cdef int mrc(Core* core, Instruction* insn) noexcept nogil
cdef int mcr(Core* core, Instruction* insn) noexcept nogil
