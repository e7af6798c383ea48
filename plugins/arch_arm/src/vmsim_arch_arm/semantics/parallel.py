"""Parallel addition and subtraction of halfwords and bytes (DDI 0406C, A5.4.1, A5.4.2, A6.3.13 and A6.3.14)."""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.records import NEXT, Core, Instruction


def low(value: int) -> int:
    """SInt(value<15:0>)."""
    return (value & 0xFFFF ^ 0x8000) - 0x8000


def high(value: int) -> int:
    """SInt(value<31:16>)."""
    return (value >> 16 ^ 0x8000) - 0x8000


def u_low(value: int) -> int:
    """UInt(value<15:0>)."""
    return value & 0xFFFF


def u_high(value: int) -> int:
    """UInt(value<31:16>)."""
    return value >> 16


def clamp(value: int, lowest: int, highest: int) -> int:
    """SignedSat() and UnsignedSat(), A2.2.1: the nearest value from `lowest` to `highest`."""
    if value < lowest:
        return lowest
    return highest if value > highest else value


def write_halves(core: Core, insn: Instruction, first: int, second: int) -> int:
    """Write the lower and the upper half of the destination."""
    core.r[insn.d] = first & 0xFFFF | (second & 0xFFFF) << 16
    return NEXT


def write_halves_ge(core: Core, insn: Instruction, first: int, second: int) -> int:
    """The same; two GE flags for each half say that it is not negative."""
    core.ge = (3 if first >= 0 else 0) | (12 if second >= 0 else 0)
    return write_halves(core, insn, first, second)


def signed_byte(value: int, position: int) -> int:
    """SInt() of the byte from bit `position` on."""
    return (value >> position & 0xFF ^ 0x80) - 0x80


def unsigned_byte(value: int, position: int) -> int:
    """UInt() of the byte from bit `position` on."""
    return value >> position & 0xFF


# --- A5.4.1: signed, with GE flags ------------------------------------------------------------------------------------


def sadd16(core: Core, insn: Instruction) -> int:
    """SADD16, A8.8.158."""
    n, m = core.r[insn.n], core.r[insn.m]
    return write_halves_ge(core, insn, low(n) + low(m), high(n) + high(m))


def sasx(core: Core, insn: Instruction) -> int:
    """SASX, A8.8.160."""
    n, m = core.r[insn.n], core.r[insn.m]
    return write_halves_ge(core, insn, low(n) - high(m), high(n) + low(m))


def ssax(core: Core, insn: Instruction) -> int:
    """SSAX, A8.8.195."""
    n, m = core.r[insn.n], core.r[insn.m]
    return write_halves_ge(core, insn, low(n) + high(m), high(n) - low(m))


def ssub16(core: Core, insn: Instruction) -> int:
    """SSUB16, A8.8.196."""
    n, m = core.r[insn.n], core.r[insn.m]
    return write_halves_ge(core, insn, low(n) - low(m), high(n) - high(m))


def sadd8(core: Core, insn: Instruction) -> int:
    """SADD8, A8.8.159."""
    n, m = core.r[insn.n], core.r[insn.m]
    result = ge = 0
    for position in range(0, 32, 8):
        total = signed_byte(n, position) + signed_byte(m, position)
        result |= (total & 0xFF) << position
        ge |= (total >= 0) << (position >> 3)
    core.ge = ge
    core.r[insn.d] = result
    return NEXT


def ssub8(core: Core, insn: Instruction) -> int:
    """SSUB8, A8.8.197."""
    n, m = core.r[insn.n], core.r[insn.m]
    result = ge = 0
    for position in range(0, 32, 8):
        total = signed_byte(n, position) - signed_byte(m, position)
        result |= (total & 0xFF) << position
        ge |= (total >= 0) << (position >> 3)
    core.ge = ge
    core.r[insn.d] = result
    return NEXT


# --- A5.4.1: signed, saturating ---------------------------------------------------------------------------------------


def qadd16(core: Core, insn: Instruction) -> int:
    """QADD16, A8.8.135."""
    n, m = core.r[insn.n], core.r[insn.m]
    first, second = low(n) + low(m), high(n) + high(m)
    return write_halves(core, insn, clamp(first, -0x8000, 0x7FFF), clamp(second, -0x8000, 0x7FFF))


def qasx(core: Core, insn: Instruction) -> int:
    """QASX, A8.8.137."""
    n, m = core.r[insn.n], core.r[insn.m]
    first, second = low(n) - high(m), high(n) + low(m)
    return write_halves(core, insn, clamp(first, -0x8000, 0x7FFF), clamp(second, -0x8000, 0x7FFF))


def qsax(core: Core, insn: Instruction) -> int:
    """QSAX, A8.8.140."""
    n, m = core.r[insn.n], core.r[insn.m]
    first, second = low(n) + high(m), high(n) - low(m)
    return write_halves(core, insn, clamp(first, -0x8000, 0x7FFF), clamp(second, -0x8000, 0x7FFF))


def qsub16(core: Core, insn: Instruction) -> int:
    """QSUB16, A8.8.142."""
    n, m = core.r[insn.n], core.r[insn.m]
    first, second = low(n) - low(m), high(n) - high(m)
    return write_halves(core, insn, clamp(first, -0x8000, 0x7FFF), clamp(second, -0x8000, 0x7FFF))


def qadd8(core: Core, insn: Instruction) -> int:
    """QADD8, A8.8.136."""
    n, m = core.r[insn.n], core.r[insn.m]
    result = 0
    for position in range(0, 32, 8):
        total = signed_byte(n, position) + signed_byte(m, position)
        result |= (clamp(total, -0x80, 0x7F) & 0xFF) << position
    core.r[insn.d] = result
    return NEXT


def qsub8(core: Core, insn: Instruction) -> int:
    """QSUB8, A8.8.143."""
    n, m = core.r[insn.n], core.r[insn.m]
    result = 0
    for position in range(0, 32, 8):
        total = signed_byte(n, position) - signed_byte(m, position)
        result |= (clamp(total, -0x80, 0x7F) & 0xFF) << position
    core.r[insn.d] = result
    return NEXT


# --- A5.4.1: signed, halving ------------------------------------------------------------------------------------------


def shadd16(core: Core, insn: Instruction) -> int:
    """SHADD16, A8.8.169."""
    n, m = core.r[insn.n], core.r[insn.m]
    return write_halves(core, insn, (low(n) + low(m)) >> 1, (high(n) + high(m)) >> 1)


def shasx(core: Core, insn: Instruction) -> int:
    """SHASX, A8.8.171."""
    n, m = core.r[insn.n], core.r[insn.m]
    return write_halves(core, insn, (low(n) - high(m)) >> 1, (high(n) + low(m)) >> 1)


def shsax(core: Core, insn: Instruction) -> int:
    """SHSAX, A8.8.172."""
    n, m = core.r[insn.n], core.r[insn.m]
    return write_halves(core, insn, (low(n) + high(m)) >> 1, (high(n) - low(m)) >> 1)


def shsub16(core: Core, insn: Instruction) -> int:
    """SHSUB16, A8.8.173."""
    n, m = core.r[insn.n], core.r[insn.m]
    return write_halves(core, insn, (low(n) - low(m)) >> 1, (high(n) - high(m)) >> 1)


def shadd8(core: Core, insn: Instruction) -> int:
    """SHADD8, A8.8.170."""
    n, m = core.r[insn.n], core.r[insn.m]
    result = 0
    for position in range(0, 32, 8):
        total = signed_byte(n, position) + signed_byte(m, position)
        result |= (total >> 1 & 0xFF) << position
    core.r[insn.d] = result
    return NEXT


def shsub8(core: Core, insn: Instruction) -> int:
    """SHSUB8, A8.8.174."""
    n, m = core.r[insn.n], core.r[insn.m]
    result = 0
    for position in range(0, 32, 8):
        total = signed_byte(n, position) - signed_byte(m, position)
        result |= (total >> 1 & 0xFF) << position
    core.r[insn.d] = result
    return NEXT


# --- A5.4.2: unsigned, with GE flags ----------------------------------------------------------------------------------


def uadd16(core: Core, insn: Instruction) -> int:
    """UADD16, A8.8.243."""
    n, m = core.r[insn.n], core.r[insn.m]
    first, second = u_low(n) + u_low(m), u_high(n) + u_high(m)
    core.ge = (3 if first > 0xFFFF else 0) | (12 if second > 0xFFFF else 0)
    return write_halves(core, insn, first, second)


def uasx(core: Core, insn: Instruction) -> int:
    """UASX, A8.8.245."""
    n, m = core.r[insn.n], core.r[insn.m]
    first, second = u_low(n) - u_high(m), u_high(n) + u_low(m)
    core.ge = (3 if first >= 0 else 0) | (12 if second > 0xFFFF else 0)
    return write_halves(core, insn, first, second)


def usax(core: Core, insn: Instruction) -> int:
    """USAX, A8.8.268."""
    n, m = core.r[insn.n], core.r[insn.m]
    first, second = u_low(n) + u_high(m), u_high(n) - u_low(m)
    core.ge = (3 if first > 0xFFFF else 0) | (12 if second >= 0 else 0)
    return write_halves(core, insn, first, second)


def usub16(core: Core, insn: Instruction) -> int:
    """USUB16, A8.8.269."""
    n, m = core.r[insn.n], core.r[insn.m]
    return write_halves_ge(core, insn, u_low(n) - u_low(m), u_high(n) - u_high(m))


def uadd8(core: Core, insn: Instruction) -> int:
    """UADD8, A8.8.244."""
    n, m = core.r[insn.n], core.r[insn.m]
    result = ge = 0
    for position in range(0, 32, 8):
        total = unsigned_byte(n, position) + unsigned_byte(m, position)
        result |= (total & 0xFF) << position
        ge |= (total > 0xFF) << (position >> 3)
    core.ge = ge
    core.r[insn.d] = result
    return NEXT


def usub8(core: Core, insn: Instruction) -> int:
    """USUB8, A8.8.270."""
    n, m = core.r[insn.n], core.r[insn.m]
    result = ge = 0
    for position in range(0, 32, 8):
        total = unsigned_byte(n, position) - unsigned_byte(m, position)
        result |= (total & 0xFF) << position
        ge |= (total >= 0) << (position >> 3)
    core.ge = ge
    core.r[insn.d] = result
    return NEXT


# --- A5.4.2: unsigned, saturating -------------------------------------------------------------------------------------


def uqadd16(core: Core, insn: Instruction) -> int:
    """UQADD16, A8.8.258."""
    n, m = core.r[insn.n], core.r[insn.m]
    first, second = u_low(n) + u_low(m), u_high(n) + u_high(m)
    return write_halves(core, insn, clamp(first, 0, 0xFFFF), clamp(second, 0, 0xFFFF))


def uqasx(core: Core, insn: Instruction) -> int:
    """UQASX, A8.8.260."""
    n, m = core.r[insn.n], core.r[insn.m]
    first, second = u_low(n) - u_high(m), u_high(n) + u_low(m)
    return write_halves(core, insn, clamp(first, 0, 0xFFFF), clamp(second, 0, 0xFFFF))


def uqsax(core: Core, insn: Instruction) -> int:
    """UQSAX, A8.8.261."""
    n, m = core.r[insn.n], core.r[insn.m]
    first, second = u_low(n) + u_high(m), u_high(n) - u_low(m)
    return write_halves(core, insn, clamp(first, 0, 0xFFFF), clamp(second, 0, 0xFFFF))


def uqsub16(core: Core, insn: Instruction) -> int:
    """UQSUB16, A8.8.262."""
    n, m = core.r[insn.n], core.r[insn.m]
    first, second = u_low(n) - u_low(m), u_high(n) - u_high(m)
    return write_halves(core, insn, clamp(first, 0, 0xFFFF), clamp(second, 0, 0xFFFF))


def uqadd8(core: Core, insn: Instruction) -> int:
    """UQADD8, A8.8.259."""
    n, m = core.r[insn.n], core.r[insn.m]
    result = 0
    for position in range(0, 32, 8):
        total = unsigned_byte(n, position) + unsigned_byte(m, position)
        result |= (clamp(total, 0, 0xFF) & 0xFF) << position
    core.r[insn.d] = result
    return NEXT


def uqsub8(core: Core, insn: Instruction) -> int:
    """UQSUB8, A8.8.263."""
    n, m = core.r[insn.n], core.r[insn.m]
    result = 0
    for position in range(0, 32, 8):
        total = unsigned_byte(n, position) - unsigned_byte(m, position)
        result |= (clamp(total, 0, 0xFF) & 0xFF) << position
    core.r[insn.d] = result
    return NEXT


# --- A5.4.2: unsigned, halving ----------------------------------------------------------------------------------------


def uhadd16(core: Core, insn: Instruction) -> int:
    """UHADD16, A8.8.249."""
    n, m = core.r[insn.n], core.r[insn.m]
    return write_halves(core, insn, (u_low(n) + u_low(m)) >> 1, (u_high(n) + u_high(m)) >> 1)


def uhasx(core: Core, insn: Instruction) -> int:
    """UHASX, A8.8.251."""
    n, m = core.r[insn.n], core.r[insn.m]
    return write_halves(core, insn, (u_low(n) - u_high(m)) >> 1, (u_high(n) + u_low(m)) >> 1)


def uhsax(core: Core, insn: Instruction) -> int:
    """UHSAX, A8.8.252."""
    n, m = core.r[insn.n], core.r[insn.m]
    return write_halves(core, insn, (u_low(n) + u_high(m)) >> 1, (u_high(n) - u_low(m)) >> 1)


def uhsub16(core: Core, insn: Instruction) -> int:
    """UHSUB16, A8.8.253."""
    n, m = core.r[insn.n], core.r[insn.m]
    return write_halves(core, insn, (u_low(n) - u_low(m)) >> 1, (u_high(n) - u_high(m)) >> 1)


def uhadd8(core: Core, insn: Instruction) -> int:
    """UHADD8, A8.8.250."""
    n, m = core.r[insn.n], core.r[insn.m]
    result = 0
    for position in range(0, 32, 8):
        total = unsigned_byte(n, position) + unsigned_byte(m, position)
        result |= (total >> 1 & 0xFF) << position
    core.r[insn.d] = result
    return NEXT


def uhsub8(core: Core, insn: Instruction) -> int:
    """UHSUB8, A8.8.254."""
    n, m = core.r[insn.n], core.r[insn.m]
    result = 0
    for position in range(0, 32, 8):
        total = unsigned_byte(n, position) - unsigned_byte(m, position)
        result |= (total >> 1 & 0xFF) << position
    core.r[insn.d] = result
    return NEXT
