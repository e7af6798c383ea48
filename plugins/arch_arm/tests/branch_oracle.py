"""States in which branches can be compared with Unicorn."""

from __future__ import annotations

import random
from collections.abc import Callable

from instruction_case import CODE, DATA, Case
from vmsim_arch_arm.engine.table import Row


def preparation(row: Row) -> Callable[[Case, random.Random], None]:
    """Let tables of offsets be in memory, and registers be compared with zero."""

    def change(case: Case, rng: random.Random) -> None:
        # Where Unicorn begins it cannot be told to stop.
        case.r = [each + 0x100 if each & ~3 == CODE else each for each in case.r]
        fields = row.fields_of(case.word)
        if row.name == "TBB, TBH":
            if fields["n"] < 15:
                case.r[fields["n"]] = DATA + rng.randrange(-64, 64)
            if fields["m"] != fields["n"]:
                case.r[fields["m"]] = rng.randrange(256)
        elif row.name.startswith("CB") and rng.random() < 0.5:
            case.r[fields["n"]] = 0

    return change
