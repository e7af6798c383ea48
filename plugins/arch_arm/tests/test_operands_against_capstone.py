"""Registers that instructions read and write, against those that capstone says: an oracle that we did not write.

It leaves out operands of many instructions, which are listed, and where it does it may only leave out.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import capstone
import pytest
from random_cases import random_word
from vmsim_arch_arm import tables
from vmsim_arch_arm.engine.decoder import InstructionSet
from vmsim_arch_arm.engine.records import OPERAND_D0
from vmsim_arch_arm.engine.table import Row

WORDS = 6
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
ROWS = [(name, row) for name in ("ARM", "THUMB16", "THUMB32") for row in tables.rows(name)]
DECODERS = {name: InstructionSet(tables.rows(name), "system.undefined", 16 if name == "THUMB16" else 32)
            for name in ("ARM", "THUMB16", "THUMB32")}  # fmt: skip


def disassembler(thumb: bool) -> Any:
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


def both(name: str, row: Row, words: int) -> Iterator[tuple[str, tuple[int, int], tuple[int, int]]]:
    """Yield the text, our sources and destinations, and capstone's, of unconditional words of a row."""
    rng = random.Random(f"{name}{row}")
    for _ in range(words):
        word = random_word(row, rng)
        assert word is not None
        fields = DECODERS[name].describe(word, row.size)
        if fields is None or fields["cond"] < ALWAYS:
            continue
        code = word.to_bytes(row.size, "little")
        code = code[2:] + code[:2] if name == "THUMB32" else code
        for instruction in DISASSEMBLERS[name].disasm(code, 0x8000, 1):
            read, written = ([instruction.reg_name(each) for each in some] for some in instruction.regs_access())
            ours = fields["sources"] & COMPARED, fields["destinations"] & COMPARED
            yield f"{word:#x} {instruction.mnemonic} {instruction.op_str}", ours, (mask_of(read), mask_of(written))


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name} {row}" for name, row in ROWS])
def test_row(name: str, row: Row) -> None:
    leaves_out = any(re.fullmatch(pattern, row.execute) for pattern in LEAVES_OUT)
    for text, ours, theirs in both(name, row, WORDS):
        for mine, other in zip(ours, theirs, strict=True):
            if row.execute not in WRONG:
                assert other & ~mine == 0, f"{text}: {other & ~mine:#x}"
            if not leaves_out and row.execute not in WRONG:
                assert mine & ~other == 0, f"{text}: {mine & ~other:#x}"


def test_most_is_compared() -> None:
    """What capstone leaves out is the smaller part, and each pattern of it is of some row."""
    functions = [row.execute for _, row in ROWS]
    for pattern in (*LEAVES_OUT, *map(re.escape, WRONG)):
        assert any(re.fullmatch(pattern, each) for each in functions), pattern
    left_out = [each for each in functions if any(re.fullmatch(pattern, each) for pattern in LEAVES_OUT)]
    assert len(left_out) < len(functions) // 3
