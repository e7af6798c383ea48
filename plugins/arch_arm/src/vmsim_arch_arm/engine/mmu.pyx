"""The short-descriptor translation of VMSAv7 (DDI 0406C, B3.5), as a Cortex-A9 has it."""

from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.memory cimport walk_read
from vmsim_arch_arm.engine.records cimport DACR, NMRR, PRRR, SCTLR, TTBCR, TTBR0, TTBR1

cdef enum:
    MMU_ENABLE = 1 << 0
    DATA_CACHE = 1 << 2
    INSTRUCTION_CACHE = 1 << 12
    TEX_REMAP = 1 << 28         # SCTLR.TRE
    ACCESS_FLAG = 1 << 29       # SCTLR.AFE
    BIG_ENDIAN_TABLES = 1 << 25
    NO_WALK_0 = 1 << 4          # TTBCR.PD0
    NO_WALK_1 = 1 << 5
    SUPERSECTION = 1 << 18
    SUPERSECTION_IN_PAR = 2

# Fault status (B3.13.3), of a section; of a page it is 2 more, but for the access flag.
cdef enum:
    ACCESS_FLAG_OF_SECTION = 3
    ACCESS_FLAG_OF_PAGE = 6
    TRANSLATION = 5
    DOMAIN = 9
    EXTERNAL_ABORT = 12
    PERMISSION = 13

# What a domain allows (B3.12.3), and what rights there are.
cdef enum:
    CLIENT = 1
    MANAGER = 3
    RIGHT_TO_READ = 1
    RIGHT_TO_WRITE = 2


cdef bint _load(Core* core, uint32_t physical, uint32_t attributes, uint32_t* descriptor) noexcept nogil:
    """Read a descriptor; tables are in RAM. `attributes` is the TTBR, which says how they are cached (B4.1.154)."""
    cdef uint32_t value = 0
    if not walk_read(core, physical, (attributes >> 6 & 1) | (attributes << 1 & 2), attributes >> 3 & 3, &value):
        return False
    if core.cp15[SCTLR] & BIG_ENDIAN_TABLES:
        value = value >> 24 | (value >> 8 & 0xFF00) | (value << 8 & 0xFF0000) | value << 24
    descriptor[0] = value
    return True


cdef uint32_t _rights(Core* core, uint32_t ap, bint privileged) noexcept nogil:
    """What AP[2:0] allows (B3.7.1); with the access flag on, AP[0] is that flag and AP[2:1] say the rest."""
    if core.cp15[SCTLR] & ACCESS_FLAG:
        if not privileged and not ap & 2:
            return 0
        return RIGHT_TO_READ if ap & 4 else RIGHT_TO_READ | RIGHT_TO_WRITE
    if ap == 0 or ap == 4:
        return 0
    if privileged:
        return RIGHT_TO_READ if ap & 4 else RIGHT_TO_READ | RIGHT_TO_WRITE
    if ap == 1 or ap == 5:
        return 0
    return RIGHT_TO_READ | RIGHT_TO_WRITE if ap == 3 else RIGHT_TO_READ


cdef void _set_type(Core* core, uint32_t tex, uint32_t c, uint32_t b, int access, Translation* found) noexcept nogil:
    """What kind of memory TEX, C and B mean (B3.8.2), with TEX remap (B3.8.3) or without."""
    cdef uint32_t number, kind
    found.inner = found.outer = 0
    if core.cp15[SCTLR] & TEX_REMAP:
        number = (tex & 1) << 2 | c << 1 | b
        kind = core.cp15[PRRR] >> 2 * number & 3
        found.device = kind < 2
        if kind >= 2:
            found.inner = core.cp15[NMRR] >> 2 * number & 3
            found.outer = core.cp15[NMRR] >> (2 * number + 16) & 3
    elif tex & 4:
        found.device = 0
        found.inner, found.outer = c << 1 | b, tex & 3
    else:
        found.device = c == 0 and (tex == 0 or (tex == 2 and b == 0))
        if tex == 0 and c:
            found.inner = found.outer = 3 if b else 2
        elif tex == 1 and c and b:
            found.inner = found.outer = 1
    if not core.cp15[SCTLR] & (INSTRUCTION_CACHE if access == EXECUTE else DATA_CACHE):
        found.inner = found.outer = 0


cdef uint32_t translate(Core* core, uint32_t address, bint privileged, int access, Translation* found) noexcept nogil:
    cdef uint32_t first = 0, second = 0, table, ap, domain, execute_never, tex, rights, width, page = 0, attributes
    if not core.cp15[SCTLR] & MMU_ENABLE:
        found.physical, found.device, found.attributes, found.not_global = address, 0, 0, 0
        # Data is Strongly-ordered, but unaligned accesses to RAM are let through; instructions are Normal (B3.2.1).
        found.inner = found.outer = 2 if access == EXECUTE and core.cp15[SCTLR] & INSTRUCTION_CACHE else 0
        return 0

    # TTBR0 has the lower 4 GiB >> N, TTBR1 the rest (B3.5.4).
    width = core.cp15[TTBCR] & 7
    if width == 0 or address >> (32 - width) == 0:
        if core.cp15[TTBCR] & NO_WALK_0:
            return TRANSLATION
        attributes = core.cp15[TTBR0]
        table = attributes & ~((<uint32_t>1 << (14 - width)) - 1)
        table |= address >> 18 & 0x3FFC & ((<uint32_t>1 << (14 - width)) - 1)
    else:
        if core.cp15[TTBCR] & NO_WALK_1:
            return TRANSLATION
        attributes = core.cp15[TTBR1]
        table = (attributes & ~<uint32_t>0x3FFF) | (address >> 18 & 0x3FFC)
    if not _load(core, table, attributes, &first):
        return EXTERNAL_ABORT

    if first & 3 == 0 or first & 3 == 3:
        return TRANSLATION
    page = 2 if first & 3 == 1 else 0
    domain = 0 if not page and first & SUPERSECTION else first >> 5 & 15
    rights = core.cp15[DACR] >> 2 * domain & 3
    found.attributes = 0
    if page:
        if not _load(core, (first & ~<uint32_t>0x3FF) | (address >> 10 & 0x3FC), attributes, &second):
            return EXTERNAL_ABORT + 2
        if second & 3 == 0:
            return TRANSLATION + page | domain << 4
        ap = (second >> 4 & 3) | (second >> 7 & 4)
        if second & 2:
            found.physical = (second & ~<uint32_t>0xFFF) | (address & 0xFFF)
            execute_never, tex = second & 1, second >> 6 & 7
        else:
            found.physical = (second & ~<uint32_t>0xFFFF) | (address & 0xFFFF)
            execute_never, tex = second >> 15 & 1, second >> 12 & 7
        found.not_global = second >> 11 & 1
        _set_type(core, tex, second >> 3 & 1, second >> 2 & 1, access, found)
    else:
        ap = (first >> 10 & 3) | (first >> 13 & 4)
        execute_never, tex = first >> 4 & 1, first >> 12 & 7
        if first & SUPERSECTION:
            found.physical = (first & <uint32_t>0xFF000000) | (address & 0xFFFFFF)
            found.attributes = SUPERSECTION_IN_PAR
        else:
            found.physical = (first & <uint32_t>0xFFF00000) | (address & 0xFFFFF)
        found.not_global = first >> 17 & 1
        _set_type(core, tex, first >> 3 & 1, first >> 2 & 1, access, found)

    # The access flag belongs to the walk; what the domain and AP allow is looked at when that is done (B3.19).
    if core.cp15[SCTLR] & ACCESS_FLAG and not ap & 1:
        return (ACCESS_FLAG_OF_PAGE if page else ACCESS_FLAG_OF_SECTION) | domain << 4
    if rights == MANAGER:
        return 0
    if rights != CLIENT:
        return DOMAIN + page | domain << 4
    if access == EXECUTE and execute_never:
        return PERMISSION + page | domain << 4
    rights = _rights(core, ap, privileged)
    if not rights & (RIGHT_TO_WRITE if access == WRITE else RIGHT_TO_READ):
        return PERMISSION + page | domain << 4
    return 0
