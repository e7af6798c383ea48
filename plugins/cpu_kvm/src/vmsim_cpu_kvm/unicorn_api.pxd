# The part of Unicorn 2.1.4's C interface that the engine uses, as a table of function pointers.
#
# The library is the one inside the `unicorn` wheel. It is not linked: its place relative to ours depends on how things
# were installed. The Python binding has loaded it already, and load_api() takes the addresses from there.

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t


cdef extern from "unicorn/unicorn.h" nogil:
    ctypedef struct uc_engine:
        pass
    ctypedef struct uc_context:
        pass
    ctypedef size_t uc_hook

    ctypedef struct uc_tb:
        uint64_t pc
        uint16_t icount
        uint16_t size

    ctypedef struct uc_arm_cp_reg:
        uint32_t cp
        uint32_t is64
        uint32_t sec
        uint32_t crn
        uint32_t crm
        uint32_t opc1
        uint32_t opc2
        uint64_t val

    cdef enum:
        UC_ERR_OK
        UC_ARCH_ARM
        UC_MODE_ARM
        UC_CPU_ARM_CORTEX_A9
        UC_PROT_NONE
        UC_PROT_READ
        UC_PROT_WRITE
        UC_PROT_EXEC
        UC_PROT_ALL
        UC_HOOK_INTR
        UC_HOOK_BLOCK
        UC_HOOK_INSN_INVALID
        UC_HOOK_EDGE_GENERATED
        UC_HOOK_MEM_READ_PROT
        UC_HOOK_MEM_WRITE_PROT
        UC_HOOK_MEM_FETCH_PROT
        UC_ARM_REG_CPSR
        UC_ARM_REG_SPSR
        UC_ARM_REG_R0
        UC_ARM_REG_R13
        UC_ARM_REG_R14
        UC_ARM_REG_R15
        UC_ARM_REG_ESR
        UC_ARM_REG_CP_REG

    ctypedef int uc_mem_type


cdef extern from *:
    """
    #define VMSIM_CTL_CPU_MODEL     UC_CTL_WRITE(UC_CTL_CPU_MODEL, 1)
    #define VMSIM_CTL_BUFFER_SIZE   UC_CTL_WRITE(UC_CTL_TCG_BUFFER_SIZE, 1)
    #define VMSIM_CTL_USE_EXITS     UC_CTL_WRITE(UC_CTL_UC_USE_EXITS, 1)
    #define VMSIM_CTL_SET_EXITS     UC_CTL_WRITE(UC_CTL_UC_EXITS, 2)
    #define VMSIM_CTL_REMOVE_CACHE  UC_CTL_WRITE(UC_CTL_TB_REMOVE_CACHE, 2)
    #define VMSIM_CTL_REQUEST_CACHE UC_CTL_READ_WRITE(UC_CTL_TB_REQUEST_CACHE, 2)
    #define VMSIM_CTL_FLUSH_TB      UC_CTL_WRITE(UC_CTL_TB_FLUSH, 0)
    #define VMSIM_CTL_FLUSH_TLB     UC_CTL_WRITE(UC_CTL_TLB_FLUSH, 0)
    """
    cdef enum:
        VMSIM_CTL_CPU_MODEL
        VMSIM_CTL_BUFFER_SIZE
        VMSIM_CTL_USE_EXITS
        VMSIM_CTL_SET_EXITS
        VMSIM_CTL_REMOVE_CACHE
        VMSIM_CTL_REQUEST_CACHE
        VMSIM_CTL_FLUSH_TB
        VMSIM_CTL_FLUSH_TLB


cdef struct UnicornApi:
    int (*open)(int arch, int mode, uc_engine** result) noexcept nogil
    int (*close)(uc_engine* uc) noexcept nogil
    int (*ctl)(uc_engine* uc, unsigned int control, ...) noexcept nogil
    int (*reg_read)(uc_engine* uc, int register, void* value) noexcept nogil
    int (*reg_write)(uc_engine* uc, int register, const void* value) noexcept nogil
    int (*mem_map_ptr)(uc_engine* uc, uint64_t address, uint64_t size, uint32_t permissions, void* memory) noexcept nogil
    int (*mem_protect)(uc_engine* uc, uint64_t address, uint64_t size, uint32_t permissions) noexcept nogil
    int (*mmio_map)(uc_engine* uc, uint64_t address, uint64_t size, void* read, void* read_data,
                    void* write, void* write_data) noexcept nogil
    int (*vmem_read)(uc_engine* uc, uint64_t address, uint32_t permissions, void* bytes, uint64_t size) noexcept nogil
    int (*vmem_translate)(uc_engine* uc, uint64_t address, uint32_t permissions, uint64_t* physical) noexcept nogil
    int (*hook_add)(uc_engine* uc, uc_hook* hook, int kind, void* callback, void* user_data,
                    uint64_t begin, uint64_t end, ...) noexcept nogil
    int (*emu_start)(uc_engine* uc, uint64_t begin, uint64_t until, uint64_t timeout, size_t count) noexcept nogil
    int (*emu_stop)(uc_engine* uc) noexcept nogil
    int (*context_alloc)(uc_engine* uc, uc_context** context) noexcept nogil
    int (*context_free)(uc_context* context) noexcept nogil
    int (*context_save)(uc_engine* uc, uc_context* context) noexcept nogil
    int (*context_restore)(uc_engine* uc, uc_context* context) noexcept nogil
    size_t (*context_size)(uc_engine* uc) noexcept nogil
    const char* (*strerror)(int code) noexcept nogil


cdef int load_api(UnicornApi* api) except -1
