# Fetching through an instruction cache, and the loop of models that keep caches warm without waiting for them.

from libc.stdint cimport uint32_t, uint64_t

from vmsim_arch_arm.engine.code_cache cimport CodePage
from vmsim_arch_arm.engine.loop cimport Engine
from vmsim_arch_arm.engine.records cimport Instruction

# Fetches the line of instructions at a virtual address on a page.
ctypedef uint64_t (*FetchLine)(Engine* e, CodePage* page, uint32_t address) noexcept nogil

cdef uint64_t fetch_line(Engine* e, CodePage* page, uint32_t address) noexcept nogil
cdef Instruction* decode_fetched(Engine* e, CodePage* page, uint32_t address, Instruction* place) noexcept nogil
cdef Instruction* fetch_across(Engine* e, CodePage* page, uint32_t address, FetchLine fetch) noexcept nogil
cdef void execute_ported(Engine* e) noexcept nogil
