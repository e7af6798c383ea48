"""One instruction on Unicorn and on our engine, from the same random state; everything is compared.

Unicorn is an implementation that we did not write. What it cannot judge, or where it is no Cortex-A9, a test says.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from instruction_case import (
    CODE,
    DATA,
    ENABLE_VFP,
    FULL_ACCESS,
    MEMORY,
    WINDOW,
    After,
    Case,
    disassembly,
    padded,
    state_of,
)  # fmt: skip
from random_cases import leave_rest_of_it_block, random_case, random_word
from unicorn import arm_const
from unicorn.unicorn import Uc, UcError
from unicorn.unicorn_const import (
    UC_ARCH_ARM,
    UC_ERR_FETCH_PROT,
    UC_ERR_FETCH_UNMAPPED,
    UC_HOOK_INTR,
    UC_MODE_ARM,
)
from unicorn_registers import RegisterBlock
from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.engine.table import Row
from vmsim_arch_arm.state import ArmState
from vmsim_core.events import EventQueue
from vmsim_core.ram import Ram

GPRS = [getattr(arm_const, f"UC_ARM_REG_R{number}") for number in range(15)]
DOUBLES = [getattr(arm_const, f"UC_ARM_REG_D{number}") for number in range(32)]
_CPSR, _FPSCR = arm_const.UC_ARM_REG_CPSR, arm_const.UC_ARM_REG_FPSCR
_SUPERVISOR = 0x1D3
TRANSLATIONS = 16 << 20
"""Bytes for Unicorn's translations; by itself it takes 1 GiB for each engine, more than a host has for fifty."""
_WINDOW_START = DATA - WINDOW // 2


class UnicornSide:
    """Unicorn, as a Cortex-A9 without MMU."""

    _EXCEPTIONS = {2: "supervisor call", 3: "prefetch abort", 4: "data abort", 7: "breakpoint", 13: "smc"}

    def __init__(self) -> None:
        self.engine: Any = Uc(UC_ARCH_ARM, UC_MODE_ARM)
        self.engine.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_A9)
        self.engine.ctl_set_tcg_buffer_size(TRANSLATIONS)
        self.engine.mem_map(0, MEMORY)
        # Without this CPACR ignores what it is written (it starts in the Non-secure state, with NSACR zero).
        self.engine.reg_write(arm_const.UC_ARM_REG_CP_REG, (15, 0, 0, 1, 1, 0, 2, 3 << 10))
        self.engine.reg_write(arm_const.UC_ARM_REG_CP_REG, (15, 0, 0, 1, 0, 0, 2, FULL_ACCESS))
        self.engine.hook_add(UC_HOOK_INTR, self._interrupted)
        self._exception = ""
        # The mode decides which registers are meant, the enable bit whether there are any: hence the order.
        first = [_CPSR, arm_const.UC_ARM_REG_FPEXC, _FPSCR, _CPSR]
        self._before = RegisterBlock(self.engine, [*first, *GPRS, *DOUBLES, _CPSR])
        self._after = RegisterBlock(self.engine, [arm_const.UC_ARM_REG_PC, _CPSR, _FPSCR, *GPRS, *DOUBLES])

    def _interrupted(self, engine: Any, number: int, data: object) -> None:
        self._exception = self._EXCEPTIONS.get(number, f"interrupt {number}")
        engine.emu_stop()

    def run(self, code: bytes, thumb: bool, count: int, target: int | None = None) -> str:
        """Execute `count` instructions at CODE from the present state, or up to `target`; return the exception."""
        engine = self.engine
        self._exception = ""
        memory = padded(code)
        engine.mem_write(CODE, memory)
        engine.ctl_remove_cache(CODE, CODE + len(memory))
        # A skipped instruction does not count: stop behind it as well.
        end = CODE + len(code)
        if target is not None:
            self._stop_at(end, target)
        try:
            engine.emu_start(CODE | thumb, end, count=count)
        except UcError as error:
            # A branch to where nothing is has happened all the same.
            if error.errno not in (UC_ERR_FETCH_UNMAPPED, UC_ERR_FETCH_PROT):
                self._exception = self._exception or "undefined"
        if target is not None:
            engine.ctl_exits_enabled(False)
        return self._exception

    def _stop_at(self, end: int, target: int) -> None:
        """Stop at `target`, too, and where ARM code is UNPREDICTABLE."""
        self.engine.ctl_remove_cache(target, target + 4)  # translated as something to be executed, perhaps
        self.engine.ctl_exits_enabled(True)
        self.engine.ctl_set_exits(sorted({end, target, target | 2}))

    def execute(self, case: Case, target: int | None = None) -> After:
        """Execute the case. Behind a branch that ends an IT block Unicorn goes on, unless it is told the `target`."""
        self.engine.mem_write(_WINDOW_START, case.data)
        cpsr = case.cpsr
        self._before.write([_SUPERVISOR, ENABLE_VFP, case.fpscr, cpsr, *case.r, *case.d, cpsr])
        exception = self.run(case.code, case.thumb, 1 + len(case.rest), target)
        pc, cpsr, fpscr, *registers = self._after.read()
        data = bytes(self.engine.mem_read(_WINDOW_START, WINDOW))
        return After(exception, pc, cpsr, registers[:15], registers[15:], fpscr, data)


class OurSide:
    """Our engine with some rows of the table, or all of them."""

    _EXCEPTIONS = {
        "undefined": "undefined", "supervisor_calls": "supervisor call", "prefetch_aborts": "prefetch abort",
        "data_aborts": "data abort", "breakpoints": "breakpoint",
    }  # fmt: skip

    def __init__(self, tables: Callable[[str], list[Row]]) -> None:
        # Only here: the interpreted runs of plain_engine.py load nothing that is compiled.
        from vmsim_arch_arm.engine.arm_engine import ArmEngine

        self.ram = Ram("ram", MEMORY)
        self.engine: Any = ArmEngine([(0, self.ram, 0, MEMORY)], self._no_device, self._no_device, EventQueue(), tables)
        self._saved = Arm().reset_state(0)

    def _no_device(self, *access: int) -> int:
        return 0

    def execute(self, case: Case) -> After:
        """Execute the case; an instruction that branches ends its IT block."""
        after = self._execute(case)
        if case.rest and not after.exception:
            if after.pc != CODE + case.size:
                leave_rest_of_it_block(case)
                return self._execute(case)
            self.engine.run(1 << 62, len(case.rest))
            return self._after("")
        return after

    def _execute(self, case: Case) -> After:
        engine, ram = self.engine, self.ram
        memory = padded(case.code)
        ram.view[CODE : CODE + len(memory)] = memory
        engine.invalidate(CODE, len(memory))
        ram.view[_WINDOW_START : _WINDOW_START + WINDOW] = case.data
        engine.load_state(state_of(case))
        before = engine.counters()
        engine.run(1 << 62, 1)
        after = engine.counters()
        return self._after(next((name for key, name in self._EXCEPTIONS.items() if after[key] != before[key]), ""))

    def _after(self, exception: str) -> After:
        state: ArmState = self.engine.save_state(self._saved)
        data = bytes(self.ram.view[_WINDOW_START : _WINDOW_START + WINDOW])
        r = [*state.r, *(state.read_gpr(number) for number in range(8, 15))]
        return After(exception, state.pc, state.cpsr, r, list(state.d), state.fpscr, data)


@dataclass
class Tally:
    """How many cases of a row were compared."""

    cases: int = 0
    raised: int = 0
    """Of these, exceptions."""


def check_row(
    row: Row,
    instruction_set: str,
    cases: int = 50,
    seed: int = 1,
    prepare: Callable[[Case, random.Random], None] | None = None,
    ignore: str = "",
    sides: tuple[Any, UnicornSide] | None = None,
) -> Tally:
    """Compare `cases` random executions of a row; raise AssertionError with the first difference.

    `prepare` may change a case; differences that match the regular expression `ignore` are not looked at.
    """
    rng = random.Random(f"{instruction_set}{row}{seed}")
    ours, unicorn = sides or (OurSide(lambda name: [row] if name == instruction_set else []), unicorn_side())
    tally = Tally()
    for _ in range(cases):
        word = random_word(row, rng)
        assert word is not None, f"no word of {row} is predictable"
        case = random_case(row, instruction_set, word, rng)
        if prepare is not None:
            prepare(case, rng)
        mine = ours.execute(case)
        branched = case.it and not case.rest and not mine.exception and mine.pc != CODE + case.size
        theirs = unicorn.execute(case, mine.pc if branched else None)
        found = [each for each in mine.differences(theirs) if not ignore or not re.search(ignore, each)]
        assert not found, f"{row}: {word:#010x} {disassembly(case)}: {'; '.join(found[:6])} (ours / Unicorn's)\n{case}"
        tally.cases += 1
        tally.raised += mine.exception != ""
    return tally


@cache
def unicorn_side() -> UnicornSide:
    """Return the one Unicorn of this process."""
    return UnicornSide()
