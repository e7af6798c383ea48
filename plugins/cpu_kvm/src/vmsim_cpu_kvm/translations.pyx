# cython: boundscheck=False, wraparound=False, cdivision=True
"""What Unicorn has translated, code and addresses, and what of it must be forgotten."""

from libc.stdint cimport uint32_t, uint64_t

from vmsim_cpu_kvm.block_table cimport table_clear
from vmsim_cpu_kvm.unicorn_api cimport *
from vmsim_cpu_kvm.vcpu cimport *

cdef enum:
    PAGE_BYTES = 1 << PAGE_SHIFT


cdef void drop_translations(Vcpu* v, uint64_t start, uint64_t size) noexcept nogil:
    """Forget the code in a span of physical memory. The interface takes virtual addresses: with the MMU off they are
    the physical ones."""
    cdef uint32_t sctlr = read_cp15(v, 1, 0, 0, 0)
    write_cp15(v, 1, 0, 0, 0, sctlr & ~<uint32_t>SCTLR_M)
    v.api.ctl(v.uc, VMSIM_CTL_FLUSH_TLB)
    v.api.ctl(v.uc, VMSIM_CTL_REMOVE_CACHE, start, start + size)
    write_cp15(v, 1, 0, 0, 0, sctlr)
    v.api.ctl(v.uc, VMSIM_CTL_FLUSH_TLB)


cdef void drop_addresses(Vcpu* v) noexcept nogil:
    """Forget every translation of addresses, but not of code."""
    v.cut = NULL
    v.current = &v.scratch
    v.api.ctl(v.uc, VMSIM_CTL_FLUSH_TLB)


cdef void drop_all_translations(Vcpu* v) noexcept nogil:
    """Forget every translation, of addresses and of code."""
    v.flushes += 1
    drop_addresses(v)
    v.api.ctl(v.uc, VMSIM_CTL_FLUSH_TB)
    table_clear(&v.blocks)


cdef void drop_stale_translations(Vcpu* v) noexcept nogil:
    cdef int index
    if v.stale_count > MAX_STALE:
        drop_all_translations(v)
    else:
        for index in range(v.stale_count):
            drop_translations(v, v.stale[index].start, v.stale[index].size)
    v.stale_count = 0


cdef void mark_stale(Vcpu* v, uint64_t physical, uint64_t size) noexcept nogil:
    """Have the code in `size` bytes of RAM at `physical` dropped before the next instruction, if there is any."""
    cdef uint64_t page
    for page in range(physical >> PAGE_SHIFT, ((physical + size - 1) >> PAGE_SHIFT) + 1):
        if v.code_pages[page]:
            if v.stale_count < MAX_STALE:
                v.stale[v.stale_count].start, v.stale[v.stale_count].size = physical, size
            v.stale_count = min(v.stale_count + 1, MAX_STALE + 1)
            v.attention = 1
            return


cdef dict translated_pages(Vcpu* v):
    """Return the contents of every page that code was translated from, by physical address."""
    cdef uint64_t number
    cdef Region* region
    cdef int index
    pages = {}
    for index in range(v.region_count):
        region = &v.regions[index]
        if not region.mapped:
            continue
        for number in range(region.base >> PAGE_SHIFT, region.end >> PAGE_SHIFT):
            if v.code_pages[number]:
                pages[number << PAGE_SHIFT] = (region.data + ((number << PAGE_SHIFT) - region.base))[:PAGE_BYTES]
    return pages
