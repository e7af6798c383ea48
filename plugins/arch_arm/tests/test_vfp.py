"""VFP: every row against Unicorn, on operands where something happens."""

from __future__ import annotations

import pytest
from instruction_oracle import OurSide, check_row, unicorn_side
from vfp_oracle import preparation
from vmsim_arch_arm.engine.table import Row
from vmsim_arch_arm.tables import vfp

ROWS = [(name, row) for name in ("ARM", "THUMB32") for row in getattr(vfp, name)]
VFP = pytest.mark.parametrize(("instruction_set", "row"), ROWS, ids=[f"{name}-{row}" for name, row in ROWS])


@VFP
def test_row_is_as_unicorn_has_it(instruction_set: str, row: Row) -> None:
    sides = (OurSide(lambda name: [row] if name == instruction_set else []), unicorn_side())
    check_row(row, instruction_set, 100, prepare=preparation(row, *sides), sides=sides)
