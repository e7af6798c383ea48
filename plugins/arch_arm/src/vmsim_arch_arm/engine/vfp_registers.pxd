# Access to the registers of VFP and Advanced SIMD; plain_vfp_registers.py has the same for interpreted runs.

from libc.stdint cimport uint32_t, uint64_t

from vmsim_arch_arm.engine.records cimport CPACR, CPSR_MODE, EXCEPTION, MASK32, MODE_USR, UNDEFINED, Core

cdef enum:
    FPEXC_EN = 0x40000000
    FPEXC_DEX = 0x20000000
    FPSCR_LEN = 0x70000
    CPACR_ASEDIS = 0x80000000
    CPACR_VFP = 0xF00000            # cp10 and cp11
    CPACR_VFP_PRIVILEGED = 0x500000

# S[n] (A2.6.2): half of a doubleword register.
cdef inline uint32_t read_single(Core* core, uint32_t number) noexcept nogil:
    return <uint32_t>(core.d[number >> 1] >> ((number & 1) << 5))

cdef inline void write_single(Core* core, uint32_t number, uint32_t value) noexcept nogil:
    cdef uint32_t shift = (number & 1) << 5
    core.d[number >> 1] = (core.d[number >> 1] & ~(<uint64_t>MASK32 << shift)) | <uint64_t>value << shift

# The CPACR's part of CheckVFPEnabled() (B1.11.1).
cdef inline bint vfp_accessible(Core* core) noexcept nogil:
    cdef uint32_t access = core.cp15[CPACR] & CPACR_VFP
    return access == CPACR_VFP or (access == CPACR_VFP_PRIVILEGED and core.control & CPSR_MODE != MODE_USR)

# CheckVFPEnabled(TRUE)
cdef inline bint vfp_enabled(Core* core) noexcept nogil:
    return core.fpexc & FPEXC_EN and vfp_accessible(core)

# CheckAdvSIMDEnabled()
cdef inline bint simd_enabled(Core* core) noexcept nogil:
    return vfp_enabled(core) and not core.cp15[CPACR] & CPACR_ASEDIS

cdef inline int raise_undefined(Core* core) noexcept nogil:
    core.exception = UNDEFINED
    return EXCEPTION
