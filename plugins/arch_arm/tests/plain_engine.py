"""The semantic functions as plain Python: decoded by the table's own patterns, executed without anything compiled.

``python plain_engine.py ROWS`` runs in a process of its own, where the modules that have a .pxd are loaded from their
.py, and compares with Unicorn.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = "vmsim_arch_arm"


class SourceFinder(MetaPathFinder):
    """Finds the .py of modules that are compiled as well."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the source of a module beside which a .pxd stands."""
        if not fullname.startswith(f"{PACKAGE}.") or path is None:
            return None
        for folder in path:
            source = Path(folder, fullname.rpartition(".")[2]).with_suffix(".py")
            if source.exists() and source.with_suffix(".pxd").exists():
                return importlib.util.spec_from_file_location(
                    fullname, source, loader=SourceFileLoader(fullname, str(source))
                )
        return None


class PlainMemory:
    """Memory as the semantic functions see it in interpreted runs."""

    def __init__(self, data: bytearray) -> None:
        self.data = data
        self.core: Any = None

    def read(self, address: int, size: int) -> int:
        """Read little-endian, or big-endian if the core says so; outside, zeros."""
        block = bytes(self.data[address : address + size]).ljust(size, b"\0")
        return int.from_bytes(block, "big" if self.core.big_endian else "little")

    def write(self, address: int, size: int, value: int) -> None:
        """Write; outside, nothing."""
        if address + size <= len(self.data):
            self.data[address : address + size] = value.to_bytes(size, "big" if self.core.big_endian else "little")


class PlainSide:
    """Stands in for OurSide of instruction_oracle."""

    def __init__(self, rows: Sequence[Any]) -> None:
        from instruction_case import MEMORY

        self.rows = rows
        self.data = bytearray(MEMORY)

    def execute(self, case: Any) -> Any:
        """Execute the case with the first row that has its word."""
        from instruction_case import CODE, DATA, WINDOW, After, padded
        from random_cases import leave_rest_of_it_block
        from vmsim_arch_arm import psr
        from vmsim_arch_arm.engine import records
        from vmsim_arch_arm.engine.exceptions import read_cpsr, write_cpsr_all
        from vmsim_arch_arm.engine.table import FIELDS

        leave_rest_of_it_block(case)
        row = next(each for each in self.rows if each.matches(case.word))
        insn, core = records.Instruction(), records.Core()
        insn.word, insn.size, insn.cond = case.word, case.size, 14
        for letter, value in row.fields_of(case.word).items():
            for name in FIELDS[letter]:
                setattr(insn, name, value)
        self.data[DATA - WINDOW // 2 : DATA + WINDOW // 2] = case.data
        self.data[CODE : CODE + 16] = padded(case.code)
        core.memory = PlainMemory(self.data)
        core.memory.core = core
        core.control = 0x1D3
        write_cpsr_all(core, case.cpsr)
        core.r[:15] = case.r
        core.r[15] = CODE + (4 if case.thumb else 8)
        core.d[:] = case.d
        core.pc, core.next_pc = CODE, CODE + case.size
        core.fpscr, core.fpexc, core.cp15[records.CPACR] = case.fpscr, 0x4000_0000, 0x00F0_0000
        core.cp15[records.SCTLR] = case.sctlr
        if case.exclusive is not None:
            core.monitor_valid, (core.monitor_address, core.monitor_size) = 1, case.exclusive
            core.monitor_virtual_address = core.monitor_address
        outcome = records.NEXT
        defined = not row.decode or _function(row.decode)(insn) == records.DECODED
        in_block = core.it != 0
        cond = core.it >> 4 if in_block else insn.cond
        if psr.condition_passed(cond, core.nzcv << 28):
            outcome = _function(row.execute)(core, insn) if defined else records.EXCEPTION
            if not defined:
                core.exception = records.UNDEFINED
        if outcome != records.EXCEPTION and in_block:
            core.it = core.it & 0xE0 | core.it << 1 & 0x1F if core.it & 7 else 0
        names = {records.UNDEFINED: "undefined", records.SUPERVISOR_CALL: "supervisor call",
                 records.PREFETCH_ABORT: "prefetch abort", records.DATA_ABORT: "data abort",
                 records.BREAKPOINT: "breakpoint"}  # fmt: skip
        raised = names[core.exception] if outcome == records.EXCEPTION else ""
        window = bytes(self.data[DATA - WINDOW // 2 : DATA + WINDOW // 2])
        return After(raised, core.next_pc, read_cpsr(core), list(core.r[:15]), list(core.d), core.fpscr, window)


def _function(name: str) -> Any:
    module, _, function = name.partition(".")
    return getattr(importlib.import_module(f"{PACKAGE}.semantics.{module}"), function)


def main(module: str, cases: int) -> None:
    """Compare every row of a table module, interpreted, with Unicorn."""
    from instruction_oracle import check_row, unicorn_side
    from preparations import preparation_of

    table = importlib.import_module(f"{PACKAGE}.tables.{module}")
    compared = 0
    for instruction_set in ("ARM", "THUMB16", "THUMB32"):
        rows = getattr(table, instruction_set, [])
        sides: Any = (PlainSide(rows), unicorn_side())
        for row in rows:
            # Compiled only: what needs other banks of registers than the one in use.
            if row.kind in ("system", "coprocessor", "hint") or row.execute.endswith(("_user", "_return")):
                continue
            compared += check_row(row, instruction_set, cases, 1, preparation_of(row, *sides), sides=sides).cases
    print(f"{compared} cases")


if __name__ == "__main__":
    sys.meta_path.insert(0, SourceFinder())
    main(sys.argv[1], int(sys.argv[2]))
