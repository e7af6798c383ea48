"""records.py has the constants and the fields of records.pxd: interpreted runs work on the same core."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from vmsim_arch_arm.engine import records
from vmsim_arch_arm.state import ArmState

DECLARATIONS = Path(records.__file__).with_suffix(".pxd").read_text(encoding="utf-8")
POINTERS = {"tlb", "tlbs", "memory", "execute"}
"""They have no shape in interpreted runs."""


def lines() -> list[str]:
    return [line.split("#")[0].rstrip() for line in DECLARATIONS.splitlines()]


def constants() -> dict[str, int]:
    """Return the members of every enum; one without a value is the one before plus 1."""
    found: dict[str, int] = {}
    value = inside = 0
    for line in lines():
        if line.startswith("cdef enum:"):
            inside, value = 1, -1
        elif line and not line.startswith(" "):
            inside = 0
        elif inside and line:
            name, _, given = (part.strip() for part in line.partition("="))
            value = int(given, 0) if given else value + 1
            found[name] = value
    return found


def fields(structure: str) -> dict[str, tuple[int, ...]]:
    """Return the fields of a structure with their sizes as arrays, in order."""
    found: dict[str, tuple[int, ...]] = {}
    inside = False
    for line in lines():
        if line and not line.startswith(" "):
            inside = line == f"cdef struct {structure}:"
        elif inside and (match := re.fullmatch(r" +\w+[*]? (\w+)((?:\[\w+\])*)", line)):
            sizes = [int(size) if size.isdigit() else constants()[size] for size in re.findall(r"\[(\w+)\]", match[2])]
            found[match[1]] = tuple(sizes)
        else:
            assert not inside or not line, f"not understood: {line}"
    return found


def shape(value: Any) -> tuple[int, ...]:
    return (len(value), *shape(value[0])) if isinstance(value, list) else ()


def test_constants_are_the_same() -> None:
    found = constants()
    assert found["MASK32"] == 0xFFFF_FFFF
    assert found["MIDR"] == 0
    mine = {name: value for name, value in vars(records).items() if name.isupper() and isinstance(value, int)}
    assert mine == found


@pytest.mark.parametrize("structure", ["Instruction", "Core"])
def test_fields_are_the_same(structure: str) -> None:
    found = fields(structure)
    mine = vars(getattr(records, structure)())
    assert list(mine) == list(found)
    for name, value in mine.items():
        if name not in POINTERS:
            assert (name, shape(value)) == (name, found[name])


def test_arrays_are_as_long_as_the_constants_say() -> None:
    core, known = fields("Core"), constants()
    assert core["cp15"] == (known["CP15_REGISTERS"],)
    assert core["bank_sp"] == core["bank_lr"] == core["bank_spsr"] == (known["BANKS"],)
    assert core["tlbs"] == (known["TLB_SETS"], known["TLB_ENTRIES"])


def test_coprocessor_registers_are_those_of_the_state() -> None:
    names = list(constants())
    registers = names[names.index("MIDR") : names.index("CP15_REGISTERS")]
    assert [name for name in registers if not hasattr(ArmState(), name.lower())] == []
