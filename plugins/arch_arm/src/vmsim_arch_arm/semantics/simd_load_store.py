"""Advanced SIMD element and structure loads and stores (DDI 0406C, A7.7).

After decoding, insn.option is the size of an element in bytes, insn.length the number of elements in a structure (the
1 to 4 of the name), insn.shift_amount how far apart their registers are, insn.regs how many such groups of registers
there are, insn.s the alignment, insn.t the lane, and insn.immediate the number of bytes. Registers are loaded element
by element; after an abort the base register has its old value.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from vmsim_arch_arm.engine.plain_lanes import ones, replicated, simd_trapped
    from vmsim_arch_arm.engine.plain_memory import mem_a_read, mem_a_write, mem_u_read, mem_u_write
    from vmsim_arch_arm.engine.records import (
        DECODED,
        EXCEPTION,
        IS_UNDEFINED,
        MASK32,
        NEXT,
        SCTLR,
        Core,
        Instruction,
        u64,
    )

    SCTLR_A = 2


# --- decoding -------------------------------------------------------------------------------------------------------


def finish(insn: Instruction, size: int) -> int:
    """Writeback of `size` bytes or, with a register other than SP, of Rm.

    A base of R15 and registers beyond D31 are UNPREDICTABLE, here undefined.
    """
    insn.immediate = size
    insn.wback = 1 if insn.m != 15 else 0
    insn.index = 1 if insn.m != 15 and insn.m != 13 else 0
    last = insn.d + insn.regs - 1 + insn.shift_amount * (insn.length - 1)
    return IS_UNDEFINED if insn.n == 15 or last > 31 else DECODED


def finish_multiple(insn: Instruction, structure: int, groups: int, apart: int) -> int:
    """Structures in whole registers; the field `align` is 0 or the alignment's logarithm less 2."""
    insn.s = 4 << insn.a if insn.a else 1
    insn.option = 1 << insn.option
    insn.length = structure
    insn.regs = groups
    insn.shift_amount = apart
    return finish(insn, 8 * groups * structure)


def decode_multiple_1(insn: Instruction) -> int:
    """A8.8.320, A8.8.404: one to four registers."""
    kind = insn.word >> 8 & 15
    groups = 1 if kind == 7 else 2 if kind == 10 else 3 if kind == 6 else 4
    if (groups & 1 and insn.a & 2) or (groups == 2 and insn.a == 3):
        return IS_UNDEFINED
    return finish_multiple(insn, 1, groups, 0)


def decode_multiple_2(insn: Instruction) -> int:
    """A8.8.323, A8.8.406: two registers, side by side or not, or two pairs."""
    kind = insn.word >> 8 & 15
    if insn.option == 3 or (kind != 3 and insn.a == 3):
        return IS_UNDEFINED
    return finish_multiple(insn, 2, 2 if kind == 3 else 1, 1 if kind == 8 else 2)


def decode_multiple_3(insn: Instruction) -> int:
    """A8.8.326, A8.8.408."""
    if insn.option == 3 or insn.a & 2:
        return IS_UNDEFINED
    return finish_multiple(insn, 3, 1, 1 + (insn.word >> 8 & 1))


def decode_multiple_4(insn: Instruction) -> int:
    """A8.8.329, A8.8.410."""
    if insn.option == 3:
        return IS_UNDEFINED
    return finish_multiple(insn, 4, 1, 1 + (insn.word >> 8 & 1))


def finish_lane(insn: Instruction, structure: int, alignment: int) -> int:
    """One lane: above the bits for alignment index_align has the distance of registers, and then the lane."""
    apart = insn.immediate >> insn.option & 1 if insn.option else 0
    insn.t = insn.immediate >> (insn.option + 1)
    insn.s = alignment
    insn.option = 1 << insn.option
    insn.length = structure
    insn.regs = 1
    insn.shift_amount = 1 + apart
    return finish(insn, insn.option * structure)


def decode_lane_1(insn: Instruction) -> int:
    """A8.8.321, A8.8.405."""
    align = insn.immediate & ((2 << insn.option) - 1)
    if align and align != (1 << insn.option) - 1:
        return IS_UNDEFINED
    return finish_lane(insn, 1, 1 << insn.option if align else 1)


def decode_lane_2(insn: Instruction) -> int:
    """A8.8.324, A8.8.407."""
    if insn.option == 2 and insn.immediate & 2:
        return IS_UNDEFINED
    return finish_lane(insn, 2, 2 << insn.option if insn.immediate & 1 else 1)


def decode_lane_3(insn: Instruction) -> int:
    """A8.8.327, A8.8.409."""
    if insn.immediate & 1 or (insn.option == 2 and insn.immediate & 2):
        return IS_UNDEFINED
    return finish_lane(insn, 3, 1)


def decode_lane_4(insn: Instruction) -> int:
    """A8.8.330, A8.8.411."""
    align = insn.immediate & (3 if insn.option == 2 else 1)
    if align == 3:
        return IS_UNDEFINED
    if align == 0:
        return finish_lane(insn, 4, 1)
    return finish_lane(insn, 4, 4 << align if insn.option == 2 else 4 << insn.option)


def finish_all_lanes(insn: Instruction, structure: int, groups: int, alignment: int) -> int:
    """All lanes: T is in insn.s."""
    insn.shift_amount = 1 + insn.s
    insn.s = alignment
    insn.option = 1 << insn.option
    insn.length = structure
    insn.regs = groups
    return finish(insn, insn.option * structure)


def decode_all_lanes_1(insn: Instruction) -> int:
    """A8.8.322: of one or two registers."""
    if insn.option == 3 or (insn.option == 0 and insn.a):
        return IS_UNDEFINED
    return finish_all_lanes(insn, 1, 1 + insn.s, 1 << insn.option if insn.a else 1)


def decode_all_lanes_2(insn: Instruction) -> int:
    """A8.8.325."""
    if insn.option == 3:
        return IS_UNDEFINED
    return finish_all_lanes(insn, 2, 1, 2 << insn.option if insn.a else 1)


def decode_all_lanes_3(insn: Instruction) -> int:
    """A8.8.328."""
    return IS_UNDEFINED if insn.option == 3 or insn.a else finish_all_lanes(insn, 3, 1, 1)


def decode_all_lanes_4(insn: Instruction) -> int:
    """A8.8.331: sizes 10 and 11 are words, with alignments of 8 and 16."""
    if insn.option == 3:
        insn.option = 2
        return finish_all_lanes(insn, 4, 1, 16) if insn.a else IS_UNDEFINED
    if insn.option == 2:
        return finish_all_lanes(insn, 4, 1, 8 if insn.a else 1)
    return finish_all_lanes(insn, 4, 1, 4 << insn.option if insn.a else 1)


# --- access ---------------------------------------------------------------------------------------------------------


def read_element(core: Core, address: int, size: int) -> int:
    """MemU[address, size]; one of 8 bytes is accessed as two words."""
    if size < 8:
        return mem_u_read(core, address, size)
    first = cython.cast(u64, mem_u_read(core, address, 4))
    if core.exception:
        return 0
    second = cython.cast(u64, mem_u_read(core, (address + 4) & MASK32, 4))
    return first << 32 | second if core.big_endian else second << 32 | first


def write_element(core: Core, address: int, size: int, value: int) -> None:
    """MemU[address, size] = value, of which `size` bytes count."""
    if size < 8:
        mem_u_write(core, address, size, value & ones(8 * size))
        return
    mem_u_write(core, address, 4, value >> 32 if core.big_endian else value & MASK32)
    if not core.exception:
        mem_u_write(core, (address + 4) & MASK32, 4, value & MASK32 if core.big_endian else value >> 32)


def insert(core: Core, number: int, position: int, bits: int, value: int) -> None:
    """Elem[] = value."""
    core.d[number] = core.d[number] & ~(ones(bits) << position) | value << position


def access_size(core: Core, insn: Instruction) -> int:
    """Bytes of an access: elements of single registers are in the order of doublewords if memory is little-endian."""
    if insn.length == 1 and not core.big_endian and not core.cp15[SCTLR] & SCTLR_A:
        return 8
    return insn.option


def refused(core: Core, insn: Instruction, is_store: int) -> int:
    """Advanced SIMD is disabled, or the address is not aligned as the instruction says."""
    if simd_trapped(core):
        return 1
    address = core.r[insn.n]
    if address & (insn.s - 1) == 0:
        return 0
    if is_store:
        mem_a_write(core, address, insn.s, 0)  # raises the exception
    else:
        mem_a_read(core, address, insn.s)
    return 1


def written_back(core: Core, insn: Instruction) -> int:
    """What the base register holds after the access."""
    base = core.r[insn.n]
    if insn.index:
        return (base + core.r[insn.m]) & MASK32
    return (base + insn.immediate) & MASK32 if insn.wback else base


# --- instructions ---------------------------------------------------------------------------------------------------


def load_multiple(core: Core, insn: Instruction) -> int:
    """VLD1 to VLD4 (multiple structures), A8.8.320, A8.8.323, A8.8.326, A8.8.329."""
    if refused(core, insn, 0):
        return EXCEPTION
    size = access_size(core, insn)
    address = core.r[insn.n]
    for group in range(insn.regs):
        position = 0
        while position < 64:
            number = insn.d + group
            for _ in range(insn.length):
                value = read_element(core, address, size)
                if core.exception:
                    return EXCEPTION
                insert(core, number, position, 8 * size, value)
                address = (address + size) & MASK32
                number += insn.shift_amount
            position += 8 * size
    core.r[insn.n] = written_back(core, insn)
    return NEXT


def store_multiple(core: Core, insn: Instruction) -> int:
    """VST1 to VST4 (multiple structures), A8.8.404, A8.8.406, A8.8.408, A8.8.410.

    The instruction may be overwritten by what it stores: nothing is taken from it after the first element.
    """
    if refused(core, insn, 1):
        return EXCEPTION
    size = access_size(core, insn)
    address = core.r[insn.n]
    after = written_back(core, insn)
    n = insn.n
    d = insn.d
    structure = insn.length
    apart = insn.shift_amount
    groups = insn.regs
    for group in range(groups):
        position = 0
        while position < 64:
            number = d + group
            for _ in range(structure):
                write_element(core, address, size, core.d[number] >> position)
                if core.exception:
                    return EXCEPTION
                address = (address + size) & MASK32
                number += apart
            position += 8 * size
    core.r[n] = after
    return NEXT


def load_lane(core: Core, insn: Instruction) -> int:
    """VLD1 to VLD4 (single structure to one lane), A8.8.321, A8.8.324, A8.8.327, A8.8.330."""
    if refused(core, insn, 0):
        return EXCEPTION
    address = core.r[insn.n]
    number = insn.d
    bits = 8 * insn.option
    for _ in range(insn.length):
        value = mem_u_read(core, address, insn.option)
        if core.exception:
            return EXCEPTION
        insert(core, number, insn.t * bits, bits, value)
        address = (address + insn.option) & MASK32
        number += insn.shift_amount
    core.r[insn.n] = written_back(core, insn)
    return NEXT


def store_lane(core: Core, insn: Instruction) -> int:
    """VST1 to VST4 (single structure from one lane), A8.8.405, A8.8.407, A8.8.409, A8.8.411."""
    if refused(core, insn, 1):
        return EXCEPTION
    address = core.r[insn.n]
    after = written_back(core, insn)
    n = insn.n
    number = insn.d
    size = insn.option
    position = insn.t * 8 * size
    structure = insn.length
    apart = insn.shift_amount
    for _ in range(structure):
        write_element(core, address, size, core.d[number] >> position)
        if core.exception:
            return EXCEPTION
        address = (address + size) & MASK32
        number += apart
    core.r[n] = after
    return NEXT


def load_all_lanes(core: Core, insn: Instruction) -> int:
    """VLD1 to VLD4 (single structure to all lanes), A8.8.322, A8.8.325, A8.8.328, A8.8.331."""
    if refused(core, insn, 0):
        return EXCEPTION
    address = core.r[insn.n]
    number = insn.d
    for _ in range(insn.length):
        value = mem_u_read(core, address, insn.option)
        if core.exception:
            return EXCEPTION
        for group in range(insn.regs):
            core.d[number + group] = replicated(value, 8 * insn.option)
        address = (address + insn.option) & MASK32
        number += insn.shift_amount
    core.r[insn.n] = written_back(core, insn)
    return NEXT
