"""What each group of rows needs before a random case is compared with Unicorn."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import branch_oracle
import load_store_oracle
import simd_oracle
import vfp_oracle
from instruction_case import Case
from instruction_oracle import UnicornSide
from vmsim_arch_arm.engine.table import Row

Preparation = Callable[[Case, random.Random], None]


def preparation_of(row: Row, ours: Any, unicorn: UnicornSide) -> Preparation | None:
    """Return what changes a random case of a row so that both sides have to do the same, if anything does."""
    if load_store_oracle.concerns(row):
        return load_store_oracle.preparation(row, ours, unicorn)
    if vfp_oracle.concerns(row):
        return vfp_oracle.preparation(row, ours, unicorn)
    if simd_oracle.concerns(row):
        return simd_oracle.preparation(row)
    if row.execute.startswith("branches"):
        return branch_oracle.preparation(row)
    return None
