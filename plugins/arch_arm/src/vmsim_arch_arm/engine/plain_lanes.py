"""The functions of lanes.pxd for interpreted runs."""

from __future__ import annotations

from vmsim_arch_arm.engine.plain_vfp_registers import simd_enabled
from vmsim_arch_arm.engine.records import UNDEFINED, Core, Instruction

FPSCR_QC = 0x8000000


def simd_trapped(core: Core) -> bool:
    """CheckAdvancedSIMDEnabled(), B1.11.1."""
    if simd_enabled(core):
        return False
    core.exception = UNDEFINED
    return True


def ones(bits: int) -> int:
    """`bits` ones."""
    return (1 << bits) - 1


def sign_bits(bits: int) -> int:
    """The highest bit of every element."""
    return ones(64) // ones(bits) << (bits - 1)


def raw_lane(value: int, position: int, bits: int) -> int:
    """Elem[]."""
    return value >> position & ones(bits)


def signed_lane(value: int, position: int, bits: int) -> int:
    """SInt(Elem[])."""
    element = raw_lane(value, position, bits)
    return element - (element >> (bits - 1) << bits)


def lane(value: int, position: int, bits: int, is_unsigned: int) -> int:
    """Int(Elem[], unsigned)."""
    return raw_lane(value, position, bits) if is_unsigned else signed_lane(value, position, bits)


def placed(value: int, position: int, bits: int) -> int:
    """The lowest bits of a value where an element has them."""
    return (value & ones(bits)) << position


def saturate(core: Core, value: int, bits: int, is_unsigned: int) -> int:
    """SatQ(), A2.2.1."""
    lowest, highest = (0, ones(bits)) if is_unsigned else (-1 << (bits - 1), ones(bits - 1))
    if not lowest <= value <= highest:
        core.fpscr |= FPSCR_QC
        return lowest if value < lowest else highest
    return value


def signed_saturate(core: Core, value: int, bits: int) -> int:
    """SignedSatQ(), A2.2.1."""
    return saturate(core, value, bits, 0)


def unsigned_saturate(core: Core, value: int, bits: int) -> int:
    """UnsignedSatQ(), A2.2.1."""
    return saturate(core, value, bits, 1)


def add_saturated64(core: Core, a: int, b: int, is_unsigned: int) -> int:
    """SatQ(a + b, 64, unsigned)."""
    return saturate(core, lane(a, 0, 64, is_unsigned) + lane(b, 0, 64, is_unsigned), 64, is_unsigned) & ones(64)


def subtract_saturated64(core: Core, a: int, b: int, is_unsigned: int) -> int:
    """SatQ(a - b, 64, unsigned)."""
    return saturate(core, lane(a, 0, 64, is_unsigned) - lane(b, 0, 64, is_unsigned), 64, is_unsigned) & ones(64)


def shifted_right(value: int, amount: int, is_unsigned: int) -> int:
    """An extended element shifted right by any amount."""
    return value >> amount


def rounded_right(value: int, amount: int, is_unsigned: int) -> int:
    """(value + 2**(amount - 1)) >> amount."""
    return (value + (1 << amount >> 1)) >> amount


def left_saturated(core: Core, value: int, amount: int, bits: int, is_unsigned: int) -> int:
    """SatQ(value << amount, bits, unsigned)."""
    return saturate(core, value << amount, bits, is_unsigned)


def doubled_product(core: Core, a: int, b: int, bits: int) -> int:
    """SignedSatQ(2 * a * b, 2 * bits)."""
    return saturate(core, 2 * a * b, 2 * bits, 0)


def carryless_product(a: int, b: int) -> int:
    """PolynomialMult() of bytes, A2.8.1."""
    result = 0
    for position in range(8):
        result ^= (a << position) * (b >> position & 1)
    return result


def difference_of(a: int, b: int) -> int:
    """Abs(a - b)."""
    return abs(a - b)


def vector_n(insn: Instruction) -> int:
    """UInt(N:Vn): the table's letters put Vn:N together."""
    return (insn.n & 1) << 4 | insn.n >> 1


def replicated(value: int, bits: int) -> int:
    """A doubleword whose elements all have one value."""
    return value * (sign_bits(bits) >> (bits - 1))


def scalar_m(core: Core, insn: Instruction) -> int:
    """The scalar Dm[x] in all elements, if the instruction has one (insn.index): x is at bit insn.shift_amount."""
    if not insn.index:
        return 0
    return replicated(raw_lane(core.d[insn.m], insn.shift_amount, insn.option), insn.option)


def unsigned_saturate64(core: Core, value: int, bits: int) -> int:
    """UnsignedSatQ(), A2.2.1, of an unsigned value."""
    return saturate(core, value, bits, 1)


def bit_length(value: int) -> int:
    """How many bits a value has, leading zeros left out."""
    return value.bit_length()


def where_zero(value: int, bits: int) -> int:
    """All ones in the elements that are zero, zero in the others."""
    result = 0
    for position in range(0, 64, bits):
        result |= placed(-1 if raw_lane(value, position, bits) == 0 else 0, position, bits)
    return result
