"""What an instruction is, in words: the fields that the decoder fills in for timing models, by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from vmsim_arch_arm import tables
from vmsim_arch_arm.engine import records
from vmsim_arch_arm.engine.decoder import InstructionSet
from vmsim_arch_arm.engine.operands import register_names

WIDTHS = {"ARM": 32, "THUMB16": 16, "THUMB32": 32}
"""Bits of an instruction of each instruction set."""


@dataclass(frozen=True)
class Explanation:
    """One instruction."""

    row: str
    """Name and section of its row in the table."""
    operation_class: str
    """As in records.py, without ``CLASS_``; so are the next two, without ``ACCESS_`` and ``BRANCH_``."""
    memory_kind: str
    branch_kind: str
    sources: tuple[str, ...]
    """Registers that it reads."""
    destinations: tuple[str, ...]
    """Registers that it writes."""


def explain(instruction_set: str, word: int) -> Explanation | None:
    """Return what a word is in ``ARM``, ``THUMB16`` or ``THUMB32``; None if it is undefined.

    The first halfword of a 32-bit Thumb instruction is the upper one. Raises KeyError for another instruction set.
    """
    fields = _decoder(instruction_set).describe(word, WIDTHS[instruction_set] // 8)
    if fields is None:
        return None
    return Explanation(
        row=fields["row"],
        operation_class=_name("CLASS_", fields["operation_class"]),
        memory_kind=_name("ACCESS_", fields["memory_kind"]),
        branch_kind=_name("BRANCH_", fields["branch_kind"]),
        sources=register_names(fields["sources"]),
        destinations=register_names(fields["destinations"]),
    )


@cache
def _decoder(instruction_set: str) -> Any:
    return InstructionSet(tables.rows(instruction_set), "system.undefined", WIDTHS[instruction_set])


@cache
def _name(prefix: str, value: int) -> str:
    return next(name for name, number in vars(records).items() if name.startswith(prefix) and number == value)[
        len(prefix) :
    ]
