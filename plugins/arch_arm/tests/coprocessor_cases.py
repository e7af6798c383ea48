"""MCR and MRC against Unicorn: registers that it keeps, and identification, from every mode.

All the others: test_coprocessor.py, and tests/test_coprocessor_registers.py of the project.
"""

from __future__ import annotations

import random

from instruction_case import WINDOW
from instruction_oracle import Tally
from random_cases import random_word
from system_cases import banked_sides, encoded
from system_oracle import differences, random_state
from vmsim_arch_arm import psr
from vmsim_arch_arm.engine.table import Row

KEPT = ((13, 0, 0, 2), (13, 0, 0, 3), (13, 0, 0, 4), (13, 0, 0, 1), (6, 0, 0, 0), (6, 0, 0, 2), (3, 0, 0, 0))
"""CRn, opc1, CRm, opc2: TPIDRURW, TPIDRURO, TPIDRPRW, CONTEXTIDR, DFAR, IFAR, DACR."""
IDENTIFICATION = ((0, 0, 0, 0), (0, 0, 0, 1), (0, 0, 1, 0), (0, 0, 1, 4), (0, 0, 2, 1), (0, 0, 2, 2))
"""MIDR, CTR, ID_PFR0, ID_MMFR0, ID_ISAR1, ID_ISAR2."""
_LOAD = 1 << 20
_FIELDS = 0x00EF_0FEF
"""Everything but the condition, the direction, Rt and the bits that make it a transfer."""


def concerns(row: Row) -> bool:
    """Whether a row is a transfer to or from a coprocessor."""
    return row.kind == "coprocessor"


def check_coprocessor_row(row: Row, instruction_set: str, cases: int, seed: int) -> Tally:
    """Compare the row's word between a write and a read of the same register, which are always executed.

    Raises AssertionError with the first difference.
    """
    rng = random.Random(f"{instruction_set}{row}{seed}")
    ours, unicorn = banked_sides()
    tally = Tally()
    for _ in range(cases):
        word = random_word(row, rng)
        assert word is not None
        reads = row.name == "MRC"
        encoding = rng.choice(KEPT + IDENTIFICATION if reads else KEPT)
        word = word & ~_FIELDS | fields(encoding)
        write, read = (word & 0x0FEF_0FFF | 0xE000_0000 | rng.randrange(13) << 12 | load for load in (0, _LOAD))
        state = random_state(rng, instruction_set != "ARM")
        words = [write, word] if reads else [write, word, read]
        if encoding in IDENTIFICATION:
            words = [word]
        code = b"".join(encoded(each, instruction_set) for each in words)
        data = bytes(WINDOW)
        mine, theirs = (side.execute(code, state, data, len(words)) for side in (ours, unicorn))
        found = [] if mine[0] else differences(mine[1], theirs[1])
        assert (mine[0], found) == (theirs[0], []), f"{row}: {word:#010x} {state.cpsr & psr.MODE:#x} {found}"
        tally.cases += 1
        tally.raised += mine[0] != ""
    return tally


def fields(encoding: tuple[int, int, int, int]) -> int:
    """Return the bits of a transfer to or from coprocessor 15 that name a register."""
    crn, opc1, crm, opc2 = encoding
    return opc1 << 21 | crn << 16 | 15 << 8 | opc2 << 5 | crm
