"""Registers that instructions read and write, against those that capstone says: an oracle that we did not write.

It leaves out operands of many instructions, which are listed, and where it does it may only leave out.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import capstone
from instruction_case import SETS
from vmsim_arch_arm import tables
from vmsim_arch_arm.engine.decoder import InstructionSet
from vmsim_arch_arm.engine.records import OPERAND_D0

ALWAYS = 14

LEAVES_OUT = {
    r"branches\.bx": "LR of BX LR in ARM state",
    r"register_shifted\..*_register_shifted": "the register that has the amount",
    r"load_store\..*_unprivileged": "the writeback",
    r"load_store\.(load|store)_byte": "the writeback of some forms",
    r"load_store_multiple\.store_multiple": "the list of STMDB with writeback, as Thumb's",
    r"exclusive\.(load|store)_doubleword_exclusive": "the registers of ARM's encoding",
    r"system\.(return_from_exception|store_return_state)": "base and writeback",
    r"media\.(pack_.*|[su]xta.*)|saturating\.[su]sat.*": "the last source",
    r"multiply\.([su]mlal|smlal_halves|smlald|smlsld|umaal)": "that the destinations are sources",
    r"simd_float\.vac(ge|gt)": "everything",
    r"vfp_convert\.vcvt_f16_f32": "that a half of the destination stays",
    r"simd_load_store\..*": "the writeback by a register, and that other lanes stay",
    r"vfp_transfer\.(vldm|vstm)_.*|vfp_transfer\.vmsr_.*": "the list, or the base; the register of VMSR",
    r"simd_(float|three_same|different)\.v(q|qr)?(d)?m(la|ls|ul|ull|lal|lsl|ulh|lal)": "the scalar",
    r"simd_permute\.(vswp|vtrn|vuzp|vzip)": "that the destinations are sources",
}
"""Semantic functions, and which of their operands capstone 5.0 does not know."""
WRONG = {
    "coprocessor.mrc": "says that Rt is read",
    "system.supervisor_call": "takes LR of another mode for the one of this mode",
    "load_store.store_byte_unprivileged": "says that Thumb's STRBT writes Rt",
    "load_store.store_halfword_unprivileged": "the same of STRHT",
    "vfp_transfer.vldm_single": "says that VPOP reads the list",
    "vfp_transfer.vldm_double": "the same",
    "vfp_transfer.vstm_single": "says that VPUSH writes the list",
    "vfp_transfer.vstm_double": "the same",
}
"""Semantic functions of whose operands capstone says too much."""

SPECIAL = {"sb": 9, "sl": 10, "fp": 11, "ip": 12, "sp": 13, "lr": 14}
COMPARED = (1 << 15) - 1 | (1 << 32) - 1 << OPERAND_D0
DECODERS = {name: InstructionSet(tables.rows(name), "system.undefined", 16 if name == "THUMB16" else 32)
            for name in SETS}  # fmt: skip


def disassembler(thumb: bool) -> Any:
    """Return capstone for an instruction set."""
    engine: Any = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB if thumb else capstone.CS_MODE_ARM)
    engine.detail = True
    return engine


DISASSEMBLERS = {name: disassembler(name != "ARM") for name in DECODERS}


def mask_of(names: list[str]) -> int:
    """Return the mask of core and extension registers; others do not count."""
    mask = 0
    for name in names:
        number = int(name[1:]) if name[1:].isdigit() else 0
        if name in SPECIAL:
            mask |= 1 << SPECIAL[name]
        elif re.fullmatch(r"r\d+", name):
            mask |= 1 << number
        elif re.fullmatch(r"[sdq]\d+", name):
            first, count = {"s": (number >> 1, 1), "d": (number, 1), "q": (2 * number, 3)}[name[0]]
            mask |= count << OPERAND_D0 + first
    return mask


@cache
def leaves_out(execute: str) -> bool:
    """Whether capstone is known to leave operands out of the instructions of a semantic function."""
    return any(re.fullmatch(pattern, execute) for pattern in LEAVES_OUT)


def operand_difference(instruction_set: str, word: int, execute: str) -> str:
    """Return the text of a predictable, unconditional word and the registers that differ; nothing if none do."""
    size = 2 if instruction_set == "THUMB16" else 4
    fields = DECODERS[instruction_set].describe(word, size)
    if fields is None or fields["cond"] < ALWAYS or execute in WRONG:
        return ""
    code = word.to_bytes(size, "little")
    code = code[2:] + code[:2] if instruction_set == "THUMB32" else code
    for instruction in DISASSEMBLERS[instruction_set].disasm(code, 0x8000, 1):
        for kind, theirs in zip(("sources", "destinations"), instruction.regs_access(), strict=True):
            mine, other = fields[kind] & COMPARED, mask_of([instruction.reg_name(each) for each in theirs])
            if other & ~mine or (mine & ~other and not leaves_out(execute)):
                return f"{word:#x} {instruction.mnemonic} {instruction.op_str}: {kind} {mine:#x} / {other:#x}"
    return ""
