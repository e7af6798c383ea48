"""Finds Unicorn's C functions in the library that the `unicorn` wheel brings."""

import ctypes

import unicorn
from unicorn.unicorn_py3.unicorn import uclib

REQUIRED = (2, 1, 4)


cdef void* _function(str name) except NULL:
    return <void*><size_t>ctypes.cast(getattr(uclib, name), ctypes.c_void_p).value


cdef int load_api(UnicornApi* api) except -1:
    """Fill the table; raises ImportError for another version: the engine relies on details of 2.1.4."""
    version = tuple(int(part) for part in unicorn.__version__.split(".")[:3])
    if version != REQUIRED:
        raise ImportError(
            f"the unicorn engine needs unicorn {'.'.join(map(str, REQUIRED))}, installed is {unicorn.__version__}: "
            "pip install unicorn==2.1.4"
        )
    api.open = <int (*)(int, int, uc_engine**) noexcept nogil>_function("uc_open")
    api.close = <int (*)(uc_engine*) noexcept nogil>_function("uc_close")
    api.ctl = <int (*)(uc_engine*, unsigned int, ...) noexcept nogil>_function("uc_ctl")
    api.reg_read = <int (*)(uc_engine*, int, void*) noexcept nogil>_function("uc_reg_read")
    api.reg_write = <int (*)(uc_engine*, int, const void*) noexcept nogil>_function("uc_reg_write")
    api.mem_map_ptr = <int (*)(uc_engine*, uint64_t, uint64_t, uint32_t, void*) noexcept nogil>_function("uc_mem_map_ptr")
    api.mem_protect = <int (*)(uc_engine*, uint64_t, uint64_t, uint32_t) noexcept nogil>_function("uc_mem_protect")
    api.mmio_map = <int (*)(uc_engine*, uint64_t, uint64_t, void*, void*, void*, void*) noexcept nogil>_function("uc_mmio_map")
    api.vmem_read = <int (*)(uc_engine*, uint64_t, uint32_t, void*, uint64_t) noexcept nogil>_function("uc_vmem_read")
    api.vmem_translate = <int (*)(uc_engine*, uint64_t, uint32_t, uint64_t*) noexcept nogil>_function("uc_vmem_translate")
    api.hook_add = <int (*)(uc_engine*, uc_hook*, int, void*, void*, uint64_t, uint64_t, ...) noexcept nogil>_function("uc_hook_add")
    api.emu_start = <int (*)(uc_engine*, uint64_t, uint64_t, uint64_t, size_t) noexcept nogil>_function("uc_emu_start")
    api.emu_stop = <int (*)(uc_engine*) noexcept nogil>_function("uc_emu_stop")
    api.context_alloc = <int (*)(uc_engine*, uc_context**) noexcept nogil>_function("uc_context_alloc")
    api.context_free = <int (*)(uc_context*) noexcept nogil>_function("uc_context_free")
    api.context_save = <int (*)(uc_engine*, uc_context*) noexcept nogil>_function("uc_context_save")
    api.context_restore = <int (*)(uc_engine*, uc_context*) noexcept nogil>_function("uc_context_restore")
    api.context_size = <size_t (*)(uc_engine*) noexcept nogil>_function("uc_context_size")
    api.strerror = <const char* (*)(int) noexcept nogil>_function("uc_strerror")
    return 0
