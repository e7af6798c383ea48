# Elements of the registers of Advanced SIMD: bodies here so that they are inlined; plain_lanes.py has the same for
# interpreted runs. `bits` is the size of an element, `position` the number of its lowest bit in a doubleword.

from libc.stdint cimport uint32_t

from vmsim_arch_arm.engine.records cimport UNDEFINED, Core, Instruction, s64, u64
from vmsim_arch_arm.engine.vfp_registers cimport simd_enabled

cdef enum:
    FPSCR_QC = 0x8000000            # cumulative saturation (A2.5.3)

# What makes an element of a result of elements of two operands, each sign- or zero-extended (insn.add: U).
ctypedef s64 (*Element)(Core* core, Instruction* insn, s64 a, s64 b) noexcept nogil

cdef inline bint simd_trapped(Core* core) noexcept nogil:
    """CheckAdvancedSIMDEnabled(), B1.11.1: raise Undefined Instruction if Advanced SIMD is disabled."""
    if simd_enabled(core):
        return False
    core.exception = UNDEFINED
    return True

cdef inline u64 ones(uint32_t bits) noexcept nogil:
    """`bits` ones."""
    return (<u64>0 - 1) >> (64 - bits)

cdef inline u64 sign_bits(uint32_t bits) noexcept nogil:
    """The highest bit of every element."""
    if bits == 8:
        return 0x8080808080808080ull
    if bits == 16:
        return 0x8000800080008000ull
    return 0x8000000080000000ull if bits == 32 else 0x8000000000000000ull

cdef inline u64 raw_lane(u64 value, uint32_t position, uint32_t bits) noexcept nogil:
    """Elem[], its bits."""
    return value >> position & ones(bits)

cdef inline s64 signed_lane(u64 value, uint32_t position, uint32_t bits) noexcept nogil:
    """SInt(Elem[])."""
    return <s64>(value << (64 - bits - position)) >> (64 - bits)

cdef inline s64 lane(u64 value, uint32_t position, uint32_t bits, bint is_unsigned) noexcept nogil:
    """Int(Elem[], unsigned); one of 64 bits keeps its bits."""
    return <s64>raw_lane(value, position, bits) if is_unsigned else signed_lane(value, position, bits)

cdef inline u64 placed(s64 value, uint32_t position, uint32_t bits) noexcept nogil:
    """The lowest bits of a value where an element has them."""
    return (<u64>value & ones(bits)) << position

cdef inline s64 signed_saturate(Core* core, s64 value, uint32_t bits) noexcept nogil:
    """SignedSatQ(), A2.2.1, to 32 bits at most; sets FPSCR.QC."""
    cdef s64 limit = <s64>1 << (bits - 1)
    if value >= limit:
        core.fpscr |= FPSCR_QC
        return limit - 1
    if value < -limit:
        core.fpscr |= FPSCR_QC
        return -limit
    return value

cdef inline s64 unsigned_saturate(Core* core, s64 value, uint32_t bits) noexcept nogil:
    """UnsignedSatQ(), A2.2.1, of a signed value to 32 bits at most; sets FPSCR.QC."""
    if value < 0:
        core.fpscr |= FPSCR_QC
        return 0
    if value >> bits:
        core.fpscr |= FPSCR_QC
        return <s64>ones(bits)
    return value

cdef inline s64 saturate(Core* core, s64 value, uint32_t bits, bint is_unsigned) noexcept nogil:
    """SatQ(), A2.2.1, to 32 bits at most; sets FPSCR.QC."""
    return unsigned_saturate(core, value, bits) if is_unsigned else signed_saturate(core, value, bits)

cdef inline u64 add_saturated64(Core* core, u64 a, u64 b, bint is_unsigned) noexcept nogil:
    """SatQ(a + b, 64, unsigned)."""
    cdef u64 total = a + b
    if is_unsigned:
        if total < a:
            core.fpscr |= FPSCR_QC
            return ones(64)
    elif ((a ^ total) & (b ^ total)) >> 63:
        core.fpscr |= FPSCR_QC
        return ones(63) + (a >> 63)
    return total

cdef inline u64 subtract_saturated64(Core* core, u64 a, u64 b, bint is_unsigned) noexcept nogil:
    """SatQ(a - b, 64, unsigned)."""
    cdef u64 difference = a - b
    if is_unsigned:
        if a < b:
            core.fpscr |= FPSCR_QC
            return 0
    elif ((a ^ b) & (a ^ difference)) >> 63:
        core.fpscr |= FPSCR_QC
        return ones(63) + (a >> 63)
    return difference

cdef inline s64 shifted_right(s64 value, uint32_t amount, bint is_unsigned) noexcept nogil:
    """An extended element shifted right by any amount."""
    if is_unsigned:
        return <s64>(<u64>value >> amount) if amount < 64 else 0
    return value >> (amount if amount < 64 else 63)

cdef inline s64 rounded_right(s64 value, uint32_t amount, bint is_unsigned) noexcept nogil:
    """(value + 2**(amount - 1)) >> amount, with nothing lost."""
    if amount == 0:
        return value
    return shifted_right(value, amount, is_unsigned) + (shifted_right(value, amount - 1, is_unsigned) & 1)

cdef inline s64 left_saturated(Core* core, s64 value, uint32_t amount, uint32_t bits, bint is_unsigned) noexcept nogil:
    """SatQ(value << amount, bits, unsigned) of an extended element, by any amount."""
    cdef u64 limit = ones(bits if is_unsigned else bits - 1)
    if value == 0:
        return 0
    if not is_unsigned and value < 0:
        if amount < bits and value >= ~<s64>(limit >> amount):
            return value << amount
        core.fpscr |= FPSCR_QC
        return ~<s64>limit
    if amount < bits and <u64>value <= limit >> amount:
        return value << amount
    core.fpscr |= FPSCR_QC
    return <s64>limit

cdef inline s64 doubled_product(Core* core, s64 a, s64 b, uint32_t bits) noexcept nogil:
    """SignedSatQ(2 * a * b, 2 * bits) of elements of 16 or 32 bits."""
    cdef s64 product = a * b
    if product == <s64>1 << (2 * bits - 2):
        core.fpscr |= FPSCR_QC
        return <s64>ones(2 * bits - 1)
    return 2 * product

cdef inline s64 carryless_product(s64 a, s64 b) noexcept nogil:
    """PolynomialMult() of bytes, A2.8.1."""
    cdef s64 result = 0
    while b:
        if b & 1:
            result ^= a
        a <<= 1
        b >>= 1
    return result

cdef inline s64 difference_of(s64 a, s64 b) noexcept nogil:
    """Abs(a - b)."""
    return a - b if a > b else b - a

cdef inline uint32_t vector_n(Instruction* insn) noexcept nogil:
    """UInt(N:Vn): the table's letters put Vn:N together."""
    return (insn.n & 1) << 4 | insn.n >> 1

cdef inline u64 replicated(u64 value, uint32_t bits) noexcept nogil:
    """A doubleword whose elements all have one value."""
    return value * (sign_bits(bits) >> (bits - 1))

cdef inline u64 scalar_m(Core* core, Instruction* insn) noexcept nogil:
    """The scalar Dm[x] in all elements, if the instruction has one (insn.index): x is at bit insn.shift_amount."""
    if not insn.index:
        return 0
    return replicated(raw_lane(core.d[insn.m], insn.shift_amount, insn.option), insn.option)

cdef inline s64 unsigned_saturate64(Core* core, u64 value, uint32_t bits) noexcept nogil:
    """UnsignedSatQ(), A2.2.1, of an unsigned value to 32 bits at most; sets FPSCR.QC."""
    if value > ones(bits):
        core.fpscr |= FPSCR_QC
        return <s64>ones(bits)
    return <s64>value

cdef extern from *:
    uint32_t _leading_zeros "__builtin_clzll" (u64 value) nogil

cdef inline uint32_t bit_length(u64 value) noexcept nogil:
    """How many bits a value has, leading zeros left out."""
    return 64 - _leading_zeros(value) if value else 0

cdef inline u64 where_zero(u64 value, uint32_t bits) noexcept nogil:
    """All ones in the elements that are zero, zero in the others."""
    cdef u64 tops = sign_bits(bits)
    cdef u64 zero = (((value & ~tops) + ~tops) | value) & tops ^ tops
    return zero | (zero - (zero >> (bits - 1)))
