# cython: boundscheck=False, wraparound=False, cdivision=True
"""Makes a vCPU and its Unicorn engine: maps the memory, sets the hooks, and closes it."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from vmsim_cpu_kvm.block_hooks cimport on_block, on_block_translated, on_exception, on_fetch, on_undefined
from vmsim_cpu_kvm.block_table cimport block_release, table_clear, table_free, table_init
from vmsim_cpu_kvm.device_space cimport on_device_read, on_device_write, on_mmio_read, on_mmio_write
from vmsim_cpu_kvm.unicorn_api cimport *
from vmsim_cpu_kvm.vcpu cimport *

cdef enum:
    GRANULES = 1 << (32 - GUARD_SHIFT)
    PAGES = 1 << (32 - PAGE_SHIFT)


cdef Vcpu* make_vcpu() except NULL:
    """Return a vCPU that has no memory yet and no engine; raises MemoryError."""
    cdef Vcpu* v = <Vcpu*>calloc(1, sizeof(Vcpu))
    if v == NULL:
        raise MemoryError
    v.current = &v.scratch
    v.exit_address = <uint64_t>-1
    try:
        load_api(&v.api)
        v.code_granules = <uint8_t*>calloc(GRANULES, 1)
        v.code_pages = <uint8_t*>calloc(PAGES, 1)
        if v.code_granules == NULL or v.code_pages == NULL:
            raise MemoryError
        table_init(&v.blocks)
    except BaseException:
        free_vcpu(v)
        raise
    return v


cdef void free_vcpu(Vcpu* v) noexcept:
    """Close its engine and free what it holds; NULL is let be."""
    if v == NULL:
        return
    _close_unicorn(v)
    table_free(&v.blocks)
    block_release(&v.scratch)
    free(v.code_granules)
    free(v.code_pages)
    free(v.breakpoints)
    free(v)


cdef int add_region(Vcpu* v, uint64_t base, uint64_t size, uint8_t* data) except -1:
    """Let the vCPU have `size` bytes of RAM at physical address `base`; in ascending order, and before it is opened."""
    cdef Region* region = &v.regions[v.region_count]
    if v.region_count == MAX_REGIONS:
        raise ValueError(f"more than {MAX_REGIONS} RAM regions")
    region.base, region.end, region.data = base, base + size, data
    v.region_count += 1
    return 0


cdef int check(Vcpu* v, int error, str what) except -1:
    if error != UC_ERR_OK:
        raise RuntimeError(f"unicorn could not {what}: {v.api.strerror(error).decode()}")
    return 0


cdef int open_unicorn(Vcpu* v, uint64_t preferred) except -1:
    """Make the Unicorn engine; among aliases of RAM, map the one that holds the physical address `preferred`."""
    check(v, v.api.open(UC_ARCH_ARM, UC_MODE_ARM, &v.uc), "open")
    check(v, v.api.ctl(v.uc, VMSIM_CTL_CPU_MODEL, <int>UC_CPU_ARM_CORTEX_A9), "choose the Cortex-A9")
    check(v, v.api.ctl(v.uc, VMSIM_CTL_BUFFER_SIZE, <uint32_t>TRANSLATION_BYTES), "size its buffer")
    check(v, v.api.ctl(v.uc, VMSIM_CTL_USE_EXITS, <int>1), "enable exits")
    _choose_aliases(v, preferred)
    _map(v)
    # Unicorn's core starts in the Non-secure state, in which CPACR ignores what NSACR does not allow: coprocessors
    # 10 and 11, the VFP (DDI 0406C, B4.1.111); and CPSR.A and F stay as they are unless SCR.AW and FW are set
    # (B4.1.129).
    write_coprocessor(v, 15, 1, 0, 1, 2, 3 << 10)
    write_coprocessor(v, 15, 1, 0, 1, 0, 0x31)
    check(v, v.api.context_alloc(v.uc, &v.context), "allocate a context")
    _find_syndrome(v)
    _add_hook(v, UC_HOOK_INTR, <void*>on_exception, 1, 0)
    _add_hook(v, UC_HOOK_INSN_INVALID, <void*>on_undefined, 1, 0)
    _add_hook(v, UC_HOOK_EDGE_GENERATED, <void*>on_block_translated, 1, 0)
    _add_hook(v, UC_HOOK_BLOCK, <void*>on_block, 1, 0)
    return 0


cdef int reopen_unicorn(Vcpu* v, uint64_t preferred) except -1:
    """Begin anew with an engine that maps, among aliases of RAM, the one that holds `preferred`."""
    _close_unicorn(v)
    memset(v.code_granules, 0, GRANULES)
    memset(v.code_pages, 0, PAGES)
    v.cut = NULL
    v.current = &v.scratch
    table_clear(&v.blocks)
    return open_unicorn(v, preferred)


cdef void _close_unicorn(Vcpu* v) noexcept:
    if v.context != NULL:
        v.api.context_free(v.context)
        v.context = NULL
    if v.uc != NULL:
        v.api.close(v.uc)
        v.uc = NULL


cdef int _add_hook(Vcpu* v, int kind, void* callback, uint64_t begin, uint64_t end) except -1:
    cdef uc_hook hook
    return check(v, v.api.hook_add(v.uc, &hook, kind, callback, v, begin, end), "add a hook")


cdef void _choose_aliases(Vcpu* v, uint64_t preferred) noexcept:
    """A store through one mapping leaves translations of another alone, so the same RAM is mapped once only; its
    aliases are served like devices, until the guest executes there."""
    cdef Region* region
    cdef int index, other
    for index in range(v.region_count):
        region = &v.regions[index]
        region.mapped = region.base <= preferred < region.end
    for index in range(v.region_count):
        region = &v.regions[index]
        if region.mapped:
            continue
        region.mapped = True
        for other in range(v.region_count):
            if (other != index and v.regions[other].mapped and region.data < v.regions[other].data
                    + (v.regions[other].end - v.regions[other].base)
                    and v.regions[other].data < region.data + (region.end - region.base)):
                region.mapped = False


cdef int _map(Vcpu* v) except -1:
    cdef Region* region
    cdef uint64_t end = 0
    cdef int index, gap = 0
    for index in range(v.region_count):
        region = &v.regions[index]
        if not region.mapped:
            continue
        if end < region.base:
            _map_devices(v, &v.gaps[gap], end, region.base - end)
            gap += 1
        check(v, v.api.mem_map_ptr(v.uc, region.base, region.end - region.base, UC_PROT_ALL, region.data),
              "map RAM")
        end = region.end
    if end < <uint64_t>1 << 32:
        _map_devices(v, &v.gaps[gap], end, (<uint64_t>1 << 32) - end)
    return 0


cdef int _map_devices(Vcpu* v, Gap* gap, uint64_t base, uint64_t size) except -1:
    gap.vcpu = v
    gap.base = base
    check(v, v.api.mmio_map(v.uc, base, size, <void*>on_mmio_read, gap, <void*>on_mmio_write, gap),
          "map device space")
    check(v, v.api.mem_protect(v.uc, base, size, UC_PROT_NONE), "protect device space")
    _add_hook(v, UC_HOOK_MEM_READ_PROT, <void*>on_device_read, base, base + size - 1)
    _add_hook(v, UC_HOOK_MEM_WRITE_PROT, <void*>on_device_write, base, base + size - 1)
    _add_hook(v, UC_HOOK_MEM_FETCH_PROT, <void*>on_fetch, base, base + size - 1)
    return 0


cdef int _find_syndrome(Vcpu* v) except -1:
    """Find where a saved context holds the exception syndrome, by writing two sentinels and comparing."""
    cdef size_t size = v.api.context_size(v.uc), offset, found = 0
    cdef uint32_t first = 0x13579BDF, second = 0x2468ACE1
    write_register(v, UC_ARM_REG_ESR, first)
    v.api.context_save(v.uc, v.context)
    cdef bytes before = (<uint8_t*>v.context)[:size]
    write_register(v, UC_ARM_REG_ESR, second)
    v.api.context_save(v.uc, v.context)
    cdef const uint8_t* old = before
    cdef const uint8_t* new = <const uint8_t*>v.context
    for offset in range(0, size - 3, 4):
        if (<const uint32_t*>(old + offset))[0] == first and (<const uint32_t*>(new + offset))[0] == second:
            v.syndrome_offset = offset
            found += 1
    if found != 1:
        raise RuntimeError("this build of unicorn does not show fault status where version 2.1.4 does; "
                           "reinstall it: pip install --force-reinstall unicorn==2.1.4")
    write_register(v, UC_ARM_REG_ESR, 0)
    return 0
