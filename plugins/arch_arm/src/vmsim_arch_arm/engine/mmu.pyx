"""The short-descriptor translation of VMSAv7 (DDI 0406C, B3.5), as a Cortex-A9 has it."""

from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.translation cimport walk_read
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
    IS_SUPERSECTION = 1 << 18

# Memory types, as PRRR numbers them; the reserved 3 is taken for Normal memory.
cdef enum:
    STRONGLY_ORDERED = 0
    DEVICE = 1
    NORMAL = 2

# Attributes in PAR (B4.1.112).
cdef enum:
    PAR_SUPERSECTION = 1 << 1
    PAR_OUTER = 1 << 2          # times the cacheability
    PAR_INNER = 1 << 4
    PAR_STRONGLY_ORDERED = 1 << 4
    PAR_DEVICE = 3 << 4
    PAR_CACHEABLE = 1 << 6
    PAR_SHAREABLE = 1 << 7
    PAR_NOT_OUTER_SHAREABLE = 1 << 10

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

# What the descriptors of an address say about who may access it.
cdef struct Rules:
    uint32_t domain
    uint32_t ap                 # AP[2:0]
    uint32_t execute_never
    uint32_t page               # 2 if there was a second level, otherwise 0: what that adds to the fault status


cdef void walk_cacheability(Core* core, uint32_t ttbr, uint32_t* inner, uint32_t* outer) noexcept nogil:
    """IRGN and RGN (B4.1.154); without the data cache a walk is as any access to data (DDI 0388, 7.4.3)."""
    inner[0] = outer[0] = 0
    if core.cp15[SCTLR] & DATA_CACHE:
        inner[0] = (ttbr >> 6 & 1) | (ttbr << 1 & 2)
        outer[0] = ttbr >> 3 & 3


cdef bint _load(Core* core, uint32_t physical, uint32_t ttbr, uint32_t* descriptor) noexcept nogil:
    """Read a descriptor; tables are in RAM."""
    cdef uint32_t value = 0, inner, outer
    walk_cacheability(core, ttbr, &inner, &outer)
    if not walk_read(core, physical, inner, outer, &value):
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


# --- memory types ---------------------------------------------------------------------------------------------------

cdef uint32_t _default_type(uint32_t tex, uint32_t c, uint32_t b, uint32_t s, Translation* found) noexcept nogil:
    """The type that TEX, C, B and S mean without TEX remap (table B3-10); what is reserved there is not cached."""
    found.shareable = OUTER_SHAREABLE if s else NOT_SHAREABLE
    if tex & 4:
        found.inner, found.outer = c << 1 | b, tex & 3
    elif tex == 0 and c:
        found.inner = found.outer = 3 if b else 2
    elif tex == 1 and c and b:
        found.inner = found.outer = 1
    elif tex == 0:
        found.shareable = OUTER_SHAREABLE
        return DEVICE if b else STRONGLY_ORDERED
    elif tex == 2 and not c and not b:
        found.shareable = NOT_SHAREABLE
        return DEVICE
    return NORMAL


cdef uint32_t _remapped_type(Core* core, uint32_t number, uint32_t s, Translation* found) noexcept nogil:
    """The type that PRRR and NMRR give to a number made of TEX[0], C and B, and to S (B3.8.3)."""
    cdef uint32_t primary = core.cp15[PRRR], normal = core.cp15[NMRR], kind = primary >> 2 * number & 3
    if kind == STRONGLY_ORDERED:
        found.shareable = OUTER_SHAREABLE
        return STRONGLY_ORDERED
    found.shareable = NOT_SHAREABLE
    if primary >> ((16 if kind == DEVICE else 18) + s) & 1:
        found.shareable = INNER_SHAREABLE if primary >> (24 + number) & 1 else OUTER_SHAREABLE
    if kind == DEVICE:
        return DEVICE
    found.inner, found.outer = normal >> 2 * number & 3, normal >> (2 * number + 16) & 3
    return NORMAL


cdef uint32_t _par_attributes(uint32_t kind, Translation* found) noexcept nogil:
    cdef uint32_t attributes = 0
    if kind == STRONGLY_ORDERED:
        attributes = PAR_STRONGLY_ORDERED
    elif kind == DEVICE:
        attributes = PAR_DEVICE
    elif found.inner:
        attributes = PAR_CACHEABLE | found.inner * PAR_INNER
    attributes |= found.outer * PAR_OUTER
    if found.shareable:
        attributes |= PAR_SHAREABLE
    if found.shareable == INNER_SHAREABLE:
        attributes |= PAR_NOT_OUTER_SHAREABLE
    return attributes


cdef void _set_type(Core* core, uint32_t tex, uint32_t cb, uint32_t s, int access, Translation* found) noexcept nogil:
    """Set everything that follows from TEX, C, B and S. PAR shows what the tables say, also of a cache that is off."""
    cdef uint32_t kind
    found.inner = found.outer = 0
    if core.cp15[SCTLR] & TEX_REMAP:
        kind = _remapped_type(core, (tex & 1) << 2 | cb, s, found)
    else:
        kind = _default_type(tex, cb >> 1, cb & 1, s, found)
    found.device = kind < NORMAL
    found.attributes = _par_attributes(kind, found)
    if not core.cp15[SCTLR] & (INSTRUCTION_CACHE if access == EXECUTE else DATA_CACHE):
        found.inner = found.outer = 0


cdef void _without_mmu(Core* core, uint32_t address, int access, Translation* found) noexcept nogil:
    """Data is Strongly-ordered, but unaligned accesses to RAM are let through; instructions are Normal (B3.2.1)."""
    found.physical, found.device, found.not_global = address, 0, 0
    found.shareable = OUTER_SHAREABLE
    found.inner = found.outer = 0
    found.attributes = _par_attributes(STRONGLY_ORDERED, found)
    if access == EXECUTE and core.cp15[SCTLR] & INSTRUCTION_CACHE:
        found.inner = found.outer = 2


# --- tables ---------------------------------------------------------------------------------------------------------

cdef bint _first_level(Core* core, uint32_t address, uint32_t* ttbr, uint32_t* entry) noexcept nogil:
    """Find an address's entry in the first-level table: TTBR0 has the lower 4 GiB >> N, TTBR1 the rest (B3.5.4)."""
    cdef uint32_t n = core.cp15[TTBCR] & 7, number = NO_WALK_0, mask
    ttbr[0] = core.cp15[TTBR0]
    if n and address >> (32 - n):
        n, number, ttbr[0] = 0, NO_WALK_1, core.cp15[TTBR1]
    mask = (<uint32_t>1 << (14 - n)) - 1
    entry[0] = (ttbr[0] & ~mask) | (address >> 18 & mask & ~<uint32_t>3)
    return core.cp15[TTBCR] & number == 0


cdef void _section(Core* core, uint32_t address, uint32_t descriptor, int access,
                   Translation* found, Rules* rules) noexcept nogil:
    rules.page = 0
    rules.ap = (descriptor >> 10 & 3) | (descriptor >> 13 & 4)
    rules.execute_never = descriptor >> 4 & 1
    found.not_global = descriptor >> 17 & 1
    _set_type(core, descriptor >> 12 & 7, descriptor >> 2 & 3, descriptor >> 16 & 1, access, found)
    if descriptor & IS_SUPERSECTION:
        rules.domain, found.size = 0, SUPERSECTION
        found.physical = (descriptor & <uint32_t>0xFF000000) | (address & 0xFFFFFF)
        found.attributes |= PAR_SUPERSECTION
    else:
        rules.domain, found.size = descriptor >> 5 & 15, SECTION
        found.physical = (descriptor & <uint32_t>0xFFF00000) | (address & 0xFFFFF)


cdef uint32_t _page(Core* core, uint32_t address, uint32_t first, uint32_t ttbr, int access,
                    Translation* found, Rules* rules) noexcept nogil:
    """Read the second level; return 0 or a fault status."""
    cdef uint32_t descriptor = 0, tex
    rules.page = 2
    rules.domain = first >> 5 & 15
    if not _load(core, (first & ~<uint32_t>0x3FF) | (address >> 10 & 0x3FC), ttbr, &descriptor):
        return EXTERNAL_ABORT + 2 | rules.domain << 4
    if descriptor & 3 == 0:
        return TRANSLATION + 2 | rules.domain << 4
    rules.ap = (descriptor >> 4 & 3) | (descriptor >> 7 & 4)
    found.not_global = descriptor >> 11 & 1
    found.size = SMALL_PAGE if descriptor & 2 else LARGE_PAGE
    if descriptor & 2:
        found.physical = (descriptor & ~<uint32_t>0xFFF) | (address & 0xFFF)
        rules.execute_never, tex = descriptor & 1, descriptor >> 6 & 7
    else:
        found.physical = (descriptor & ~<uint32_t>0xFFFF) | (address & 0xFFFF)
        rules.execute_never, tex = descriptor >> 15 & 1, descriptor >> 12 & 7
    _set_type(core, tex, descriptor >> 2 & 3, descriptor >> 10 & 1, access, found)
    return 0


cdef uint32_t _check(Core* core, Rules* rules, bint privileged, int access) noexcept nogil:
    """Return 0, or the status of the first fault: the access flag is the walk's, domain and AP are next (B3.19)."""
    cdef uint32_t in_domain = core.cp15[DACR] >> 2 * rules.domain & 3
    if core.cp15[SCTLR] & ACCESS_FLAG and not rules.ap & 1:
        return (ACCESS_FLAG_OF_PAGE if rules.page else ACCESS_FLAG_OF_SECTION) | rules.domain << 4
    if in_domain == MANAGER:
        return 0
    if in_domain != CLIENT:
        return DOMAIN + rules.page | rules.domain << 4
    if access == EXECUTE and rules.execute_never:
        return PERMISSION + rules.page | rules.domain << 4
    if not _rights(core, rules.ap, privileged) & (RIGHT_TO_WRITE if access == WRITE else RIGHT_TO_READ):
        return PERMISSION + rules.page | rules.domain << 4
    return 0


cdef uint32_t translate(Core* core, uint32_t address, bint privileged, int access, Translation* found) noexcept nogil:
    cdef uint32_t ttbr, entry, descriptor = 0, status = 0
    cdef Rules rules
    if not core.cp15[SCTLR] & MMU_ENABLE:
        _without_mmu(core, address, access, found)
        return 0
    if not _first_level(core, address, &ttbr, &entry):
        return TRANSLATION
    if not _load(core, entry, ttbr, &descriptor):
        return EXTERNAL_ABORT
    if descriptor & 3 == 1:
        status = _page(core, address, descriptor, ttbr, access, found, &rules)
    elif descriptor & 3 == 2:
        _section(core, address, descriptor, access, found, &rules)
    else:
        return TRANSLATION
    return status if status else _check(core, &rules, privileged, access)
