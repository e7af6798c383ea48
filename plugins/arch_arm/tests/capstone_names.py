"""Names of instructions, ours and capstone's: the same words are instructions, and the same ones.

What the fields mean, capstone_operands.py and the comparison with Unicorn show. UNPREDICTABLE words are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import capstone
from random_cases import is_unpredictable
from vmsim_arch_arm import tables
from vmsim_arch_arm.engine.decoder import InstructionSet
from vmsim_arch_arm.engine.table import Row

SYNONYMS = {
    "movs": "mov", "hint": "nop yield wfe wfi sev dbg", "push": "stmdb str", "pop": "ldm ldr",
    "trap": "udf", "tbh": "tbb", "rfeda": "rfe", "rfedb": "rfe", "rfeia": "rfe", "rfeib": "rfe", "srsda": "srs",
    "srsdb": "srs", "srsia": "srs", "srsib": "srs", "fconstd": "vmov", "fconsts": "vmov", "fmdhr": "vmov",
    "fmstat": "vmrs",
    "fldmdbx": "vldm fldmx", "fldmiax": "vldm vpop", "fstmdbx": "vstm vpush", "fstmiax": "vstm fstmx",
    "vldmdb": "vldm", "vldmia": "vldm", "vstmdb": "vstm", "vstmia": "vstm", "vpop": "vldm", "vpush": "vstm",
    "ldcl": "ldc", "ldc2l": "ldc2", "stcl": "stc", "stc2l": "stc2",
    "lsl": "mov", "lsr": "mov", "asr": "mov", "ror": "mov", "rrx": "mov", "add": "adr", "sub": "adr",
    "ldmda": "ldm", "ldmdb": "ldm", "ldmib": "ldm", "stmda": "stm", "stmdb": "stm", "stmib": "stm",
    "smladx": "smlad", "smuadx": "smuad", "smlsdx": "smlsd", "smusdx": "smusd", "smlaldx": "smlald",
    "smlsldx": "smlsld", "smmlar": "smmla", "smmulr": "smmul", "smmlsr": "smmls", "pkhbt": "pkh", "pkhtb": "pkh",
}  # fmt: skip
"""Names that capstone has for instructions of which the manual's headings have others."""


def each_of(names: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(names.split())


GROUPS = {
    "SUBS PC, LR and related instructions": each_of(
        "and eor sub rsb add adc sbc rsc orr mov lsl lsr asr ror rrx bic mvn"
    ),
    "Unallocated memory hint": each_of(""),
}
"""By the beginning of a row's name: the names that it stands for."""

REFUSED: dict[str, Callable[[int], bool]] = {
    "Unallocated memory hint": lambda word: True,
    "UDF": lambda word: True,
    "SUBS PC, LR and related instructions": lambda word: word >> 21 & 0b1101 == 0b1101,  # MOV and MVN ignore Rn
}
"""By the beginning of a row's name, of the word: instructions of which capstone thinks that they are none."""

ACCEPTED: dict[str, Callable[[int], bool]] = {
    # In ARM state an odd Rt is UNPREDICTABLE (A8.8.72 to A8.8.77, A8.8.210 to A8.8.214), and undefined here.
    "ldrd": lambda word: word >> 25 & 7 == 0 and word >> 12 & 1 == 1,
    "strd": lambda word: word >> 25 & 7 == 0 and word >> 12 & 1 == 1,
    "ldrexd": lambda word: word >> 25 & 7 == 0 and word >> 12 & 1 == 1,
    "strexd": lambda word: word >> 25 & 7 == 0 and word & 1 == 1,
    # There are no coprocessors but 10, 11, 14 and 15.
    "mrc": lambda word: word >> 9 & 7 != 7,
    "mcr": lambda word: word >> 9 & 7 != 7,
    # Of a literal it is UNPREDICTABLE (A5.7.1).
    "pldw": lambda word: word >> 24 == 0xF5 and word >> 16 & 15 == 15,
    # The banked forms are of the Virtualization Extensions.
    "mrs": lambda word: bool(word >> 5 & 1 or word >> 9 & 1),
    "msr": lambda word: bool(word >> 5 & 1 or word >> 9 & 1),
}
"""By capstone's name, of the word: what it takes for this instruction, although it is undefined."""

NOT_IN_A_CORTEX_A9 = each_of(
    # The Virtualization Extensions and VFPv4; ARMv8: loads, stores and system instructions, VFP, the rest; ARMv8-M.
    """
    sdiv udiv hvc eret vfma vfms vfnma vfnms
    cdp cdp2 ldc ldc2 stc stc2 mcr2 mrc2 mcrr mcrr2 mrrc mrrc2
    lda ldab ldah ldaex ldaexb ldaexd ldaexh stl stlb stlh stlex stlexb stlexd stlexh hlt sevl dcps1 dcps2 dcps3
    crc32b crc32h crc32w crc32cb crc32ch crc32cw esb csdb tsb pssbb ssbb sb setpan
    vcvta vcvtm vcvtn vcvtp vmaxnm vminnm vrinta vrintm vrintn vrintp vrintr vrintx vrintz
    vseleq vselge vselgt vselvs vins vmovx vjcvt vqrdmlah vqrdmlsh vsdot vudot vcmla vcadd vfmal vfmsl
    aesd aese aesimc aesmc sha1c sha1h sha1m sha1p sha1su0 sha1su1 sha256h sha256h2 sha256su0 sha256su1
    tt tta ttat ttt bxns blxns sg vlldm vlstm
    """
)
"""What capstone knows from other processors."""


def is_half_precision(word: int) -> bool:
    """Whether it belongs to coprocessor 9: VFP of half precision in ARMv8.2."""
    return (word >> 25 & 7 == 6 or word >> 24 & 15 == 14) and word >> 8 & 15 == 9


class Comparison:
    """One instruction set, decoded by both."""

    def __init__(self, instruction_set: str) -> None:
        self.rows = tables.rows(instruction_set)
        self.width = 16 if instruction_set == "THUMB16" else 32
        self.thumb = instruction_set != "ARM"
        self.decoder: Any = InstructionSet(self.rows, "system.undefined", self.width)
        self.by_title = {str(row): row for row in self.rows}
        self.capstone: Any = capstone.Cs(
            capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB if self.thumb else capstone.CS_MODE_ARM
        )
        self.names = {name for row in self.rows for name in names_of(row)}
        self.compared = 0

    def capstone_name(self, word: int) -> str:
        """Return what capstone calls a word, without condition and data type; nothing if it knows none."""
        code = word.to_bytes(self.width // 8, "little")
        if self.thumb and self.width == 32:
            code = code[2:] + code[:2]
        for instruction in self.capstone.disasm(code, 0x8000, 1):
            return str(self.capstone.insn_name(instruction.id)) if instruction.size == len(code) else ""
        return ""

    def row_of(self, word: int) -> Row | None:
        """Return the row that our decoder finds."""
        described = self.decoder.describe(word, self.width // 8)
        return None if described is None else self.by_title[described["row"]]

    def is_half_arithmetic(self, word: int) -> bool:
        """Whether it computes with half precision, as Advanced SIMD of ARMv8.2 does."""
        code = word.to_bytes(4, "little")
        code = code[2:] + code[:2] if self.thumb else code
        return any(".f16" in each.mnemonic for each in self.capstone.disasm(code, 0, 1))

    def difference(self, word: int) -> tuple[str, Row | None] | None:
        """Return capstone's name and our row if they differ; None if not, or if the word is UNPREDICTABLE."""
        row = self.row_of(word)
        theirs = self.capstone_name(word)
        if row is None:
            self.compared += 1
            if theirs.startswith("v") and (is_half_precision(word) or self.is_half_arithmetic(word)):
                return None
            if theirs not in self.names or ACCEPTED.get(theirs, lambda word: False)(word):
                return None
            rows = [row for row in self.rows if row.matches(word)]
            return (theirs, None) if not rows or is_predictable(rows[0], word) else None
        if not is_predictable(row, word):
            return None
        self.compared += 1
        if theirs and (theirs in names_of(row) or names_of(row) & set(SYNONYMS.get(theirs, "").split())):
            return None
        if not theirs and any(row.name.startswith(name) and test(word) for name, test in REFUSED.items()):
            return None
        return theirs, row

    def check(self, words: Iterable[int]) -> None:
        """Raise AssertionError with a word for each pair of names that differ."""
        differences: dict[tuple[str, Row | None], int] = {}
        for word in words:
            pair = self.difference(word)
            if pair:
                differences.setdefault(pair, word)
        assert not differences, "\n" + "\n".join(
            f"{word:#x} is {theirs or 'nothing'} for capstone, {row or 'undefined'} here"
            for (theirs, row), word in differences.items()
        )


@cache
def names_of(row: Row) -> frozenset[str]:
    """Return the names in the heading of a row."""
    for beginning, names in GROUPS.items():
        if row.name.startswith(beginning):
            return names
    return frozenset(re.sub(r"\(.*?\)", "", row.name).lower().replace(",", " ").replace("/", " ").split())


def is_predictable(row: Row, word: int) -> bool:
    """Whether the manual defines what a word of a row does."""
    for position, character in enumerate(reversed(row.pattern.replace(" ", ""))):
        if character in "-+" and word >> position & 1 != (character == "+"):
            return False
    return not is_unpredictable(row, word)


@cache
def comparison(instruction_set: str) -> Comparison:
    """Return the one comparison of an instruction set."""
    return Comparison(instruction_set)
