"""One instruction on Unicorn and on our engine, from the same random state; everything is compared.

Unicorn is an implementation that we did not write. What it cannot judge, or where it is no Cortex-A9, a test says.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from unicorn import arm_const
from unicorn.unicorn import Uc, UcError
from unicorn.unicorn_const import (
    UC_ARCH_ARM,
    UC_ERR_FETCH_PROT,
    UC_ERR_FETCH_UNMAPPED,
    UC_HOOK_INTR,
    UC_MODE_ARM,
)
from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.engine.table import Row
from vmsim_arch_arm.state import ArmState
from vmsim_core.events import EventQueue
from vmsim_core.ram import Ram

MEMORY = 1 << 20
CODE = 0x8000
DATA = 0x4_0000
WINDOW = 0x1000
"""Bytes of memory around DATA that are random and compared."""

THUMB_BIT = 0x20
ENABLE_VFP = 0x4000_0000
SPECIAL = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF)
_GPRS = [getattr(arm_const, f"UC_ARM_REG_R{number}") for number in range(15)]
_DOUBLES = [getattr(arm_const, f"UC_ARM_REG_D{number}") for number in range(32)]
_FPSCR_BITS = 0xF7C0_009F
"""Flags, AHP, DN, FZ, rounding mode and the cumulative exception bits."""

_SETS = {"ARM": 4, "THUMB16": 2, "THUMB32": 4}


@dataclass
class Case:
    """A word and the state in which it is executed."""

    word: int
    size: int
    thumb: bool
    mode: int = 0x13
    nzcv: int = 0
    q: int = 0
    ge: int = 0
    it: int = 0
    r: list[int] = field(default_factory=lambda: [0] * 15)
    d: list[int] = field(default_factory=lambda: [0] * 32)
    fpscr: int = 0
    data: bytes = field(default=bytes(WINDOW), repr=False)

    @property
    def cpsr(self) -> int:
        """The CPSR, with interrupts masked."""
        it = self.it >> 2 << 10 | (self.it & 3) << 25
        return self.nzcv << 28 | self.q << 27 | it | self.ge << 16 | 0x1C0 | self.thumb << 5 | self.mode

    @property
    def code(self) -> bytes:
        """The word as it stands in memory."""
        if self.thumb and self.size == 4:
            return (self.word >> 16).to_bytes(2, "little") + (self.word & 0xFFFF).to_bytes(2, "little")
        return self.word.to_bytes(self.size, "little")


@dataclass
class After:
    """What is compared."""

    exception: str
    pc: int
    cpsr: int
    r: list[int]
    d: list[int]
    fpscr: int
    data: bytes

    def differences(self, other: After) -> list[str]:
        """Return what differs, `other` being Unicorn's."""
        found = []
        if self.exception != other.exception:
            found.append(f"exception {self.exception!r} / {other.exception!r}")
        if self.exception or other.exception:
            return found
        for name in ("pc", "cpsr", "fpscr"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if name == "pc" and not self.cpsr & THUMB_BIT:
                mine, theirs = mine & ~3, theirs & ~3  # an address that ends in 10 is UNPREDICTABLE
            if mine != theirs:
                found.append(f"{name} {mine:#x} / {theirs:#x}")
        for name in ("r", "d"):
            for number, (mine, theirs) in enumerate(zip(getattr(self, name), getattr(other, name), strict=True)):
                if mine != theirs:
                    found.append(f"{name}{number} {mine:#x} / {theirs:#x}")
        for offset, (mine, theirs) in enumerate(zip(self.data, other.data, strict=True)):
            if mine != theirs:
                found.append(f"[{DATA + offset - WINDOW // 2:#x}] {mine:#x} / {theirs:#x}")
        return found


class UnicornSide:
    """Unicorn, as a Cortex-A9 without MMU."""

    _EXCEPTIONS = {2: "supervisor call", 3: "prefetch abort", 4: "data abort", 7: "breakpoint", 13: "smc"}

    def __init__(self) -> None:
        self.engine: Any = Uc(UC_ARCH_ARM, UC_MODE_ARM)
        self.engine.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_A9)
        self.engine.mem_map(0, MEMORY)
        # Without this CPACR ignores what it is written (it starts in the Non-secure state, with NSACR zero).
        self.engine.reg_write(arm_const.UC_ARM_REG_CP_REG, (15, 0, 0, 1, 1, 0, 2, 3 << 10))
        self.engine.hook_add(UC_HOOK_INTR, self._interrupted)
        self._exception = ""

    def _interrupted(self, engine: Any, number: int, data: object) -> None:
        self._exception = self._EXCEPTIONS.get(number, f"interrupt {number}")
        engine.emu_stop()

    def execute(self, case: Case) -> After:
        """Execute the case."""
        engine = self.engine
        self._exception = ""
        engine.mem_write(CODE, case.code + b"\0\0\0\0")
        engine.ctl_remove_cache(CODE, CODE + 8)
        engine.mem_write(DATA - WINDOW // 2, case.data)
        engine.reg_write(arm_const.UC_ARM_REG_CPSR, 0x1D3)
        engine.reg_write(arm_const.UC_ARM_REG_CP_REG, (15, 0, 0, 1, 0, 0, 2, 0x00F0_0000))
        engine.reg_write(arm_const.UC_ARM_REG_FPEXC, ENABLE_VFP)
        engine.reg_write(arm_const.UC_ARM_REG_FPSCR, case.fpscr)
        engine.reg_write(arm_const.UC_ARM_REG_CPSR, case.cpsr)
        engine.reg_write_batch(list(zip(_GPRS, case.r, strict=True)))
        engine.reg_write_batch(list(zip(_DOUBLES, case.d, strict=True)))
        engine.reg_write(arm_const.UC_ARM_REG_CPSR, case.cpsr)
        try:
            # A skipped instruction does not count: stop behind it as well.
            engine.emu_start(CODE | case.thumb, CODE + case.size, count=1)
        except UcError as error:
            # A branch to where nothing is has happened all the same.
            if error.errno not in (UC_ERR_FETCH_UNMAPPED, UC_ERR_FETCH_PROT):
                self._exception = self._exception or "undefined"
        return After(
            self._exception,
            engine.reg_read(arm_const.UC_ARM_REG_PC),
            engine.reg_read(arm_const.UC_ARM_REG_CPSR),
            list(engine.reg_read_batch(_GPRS)),
            list(engine.reg_read_batch(_DOUBLES)),
            engine.reg_read(arm_const.UC_ARM_REG_FPSCR),
            bytes(engine.mem_read(DATA - WINDOW // 2, WINDOW)),
        )


class OurSide:
    """Our engine with some rows of the table, or all of them."""

    _EXCEPTIONS = {
        "undefined": "undefined", "supervisor_calls": "supervisor call", "prefetch_aborts": "prefetch abort",
        "data_aborts": "data abort", "breakpoints": "breakpoint",
    }  # fmt: skip

    def __init__(self, tables: Callable[[str], list[Row]]) -> None:
        # Only here: the interpreted runs of plain_engine.py load nothing that is compiled.
        from vmsim_arch_arm.engine.loop import ArmEngine

        self.ram = Ram("ram", MEMORY)
        self.engine: Any = ArmEngine([(0, self.ram, 0, MEMORY)], self._no_device, self._no_device, EventQueue(), tables)

    def _no_device(self, *access: int) -> int:
        return 0

    def execute(self, case: Case) -> After:
        """Execute the case."""
        engine, ram = self.engine, self.ram
        ram.view[CODE : CODE + 8] = case.code.ljust(8, b"\0")
        engine.invalidate(CODE, 8)
        ram.view[DATA - WINDOW // 2 : DATA + WINDOW // 2] = case.data
        engine.load_state(state_of(case))
        before = engine.counters()
        engine.run(1 << 62, 1)
        after = engine.counters()
        raised = [name for key, name in self._EXCEPTIONS.items() if after.get(key, 0) != before.get(key, 0)]
        state: ArmState = engine.save_state(Arm().reset_state(0))
        return After(
            raised[-1] if raised else "",
            state.pc,
            state.cpsr,
            [state.read_gpr(number) for number in range(15)],
            list(state.d),
            state.fpscr,
            bytes(ram.view[DATA - WINDOW // 2 : DATA + WINDOW // 2]),
        )


def state_of(case: Case) -> ArmState:
    """Return the case as an architectural state."""
    state = Arm().reset_state(0)
    assert isinstance(state, ArmState)
    state.cpsr = case.cpsr
    for number, value in enumerate(case.r):
        state.write_gpr(number, value)
    state.pc = CODE
    state.d[:] = case.d
    state.cpacr, state.fpexc, state.fpscr = 0x00F0_0000, ENABLE_VFP, case.fpscr
    return state


def random_word(row: Row, rng: random.Random) -> int | None:
    """Return a word of a row that is not UNPREDICTABLE; None if none was found."""
    width = 8 * row.size
    for _ in range(1000):
        word = rng.getrandbits(width) & ~row.cube.mask | row.cube.value
        for bit, character in enumerate(reversed(row.pattern.replace(" ", ""))):
            if character in "-+":
                word = word & ~(1 << bit) | (character == "+") << bit
        fields = row.fields_of(word)
        if "c" in fields and rng.random() < 0.8:
            part = next(each for each in row.parts if each.letter == "c")
            word = word & ~(0xF << part.shift) | 14 << part.shift
            fields = row.fields_of(word)
        if not row.matches(word):
            continue
        if row.unpredictable and eval(row.unpredictable, {}, dict.fromkeys("cSdnmstuaDiyhPUWrolg", 0) | fields):
            continue
        return word
    return None


def random_value(rng: random.Random) -> int:
    """Return a 32-bit value, often a special one."""
    return rng.choice(SPECIAL) if rng.random() < 0.3 else rng.getrandbits(32)


def random_case(row: Row, instruction_set: str, word: int, rng: random.Random) -> Case:
    """Return a random state for a word; bases of loads and stores lead to the compared memory, most of the time."""
    case = Case(word, _SETS[instruction_set], instruction_set != "ARM")
    case.mode = rng.choice([0x10, 0x13, 0x1F])
    case.nzcv, case.q, case.ge = rng.getrandbits(4), rng.getrandbits(1), rng.getrandbits(4)
    case.r = [random_value(rng) for _ in range(15)]
    case.d = [random_value(rng) << 32 | random_value(rng) for _ in range(32)]
    case.fpscr = rng.getrandbits(32) & _FPSCR_BITS
    case.data = rng.randbytes(WINDOW)
    if case.thumb and row.kind != "branch" and rng.random() < 0.3:
        # The last instruction of an IT block: Unicorn does not stop inside of one.
        case.it = rng.randrange(15) << 4 | 8
    if row.kind in ("load", "store"):
        fields = row.fields_of(word)
        aligned = rng.random() < 0.8
        for letter in "nD":
            if letter in fields and fields[letter] < 15:
                case.r[fields[letter]] = DATA + (4 * rng.randrange(-64, 64) if aligned else rng.randrange(-256, 256))
        case.r[13] = DATA + 4 * rng.randrange(-64, 64)
        if "m" in fields and fields["m"] < 15 and fields["m"] != fields.get("n"):
            case.r[fields["m"]] = rng.choice([0, 1, 2, 4, 8, 0xFFFF_FFFC, 0xFFFF_FFFF])
    return case


def check_row(
    row: Row,
    instruction_set: str,
    cases: int = 50,
    seed: int = 1,
    prepare: Callable[[Case, random.Random], None] | None = None,
    ignore: str = "",
    sides: tuple[OurSide, UnicornSide] | None = None,
) -> int:
    """Compare `cases` random executions of a row; raise AssertionError with the first difference; return how many.

    `prepare` may change a case; differences that match the regular expression `ignore` are not looked at.
    """
    rng = random.Random(f"{row}{seed}")
    ours, unicorn = sides or (OurSide(lambda name: [row] if name == instruction_set else []), unicorn_side())
    done = 0
    for _ in range(cases):
        word = random_word(row, rng)
        assert word is not None, f"no word of {row} is predictable"
        case = random_case(row, instruction_set, word, rng)
        if prepare is not None:
            prepare(case, rng)
        mine, theirs = ours.execute(case), unicorn.execute(case)
        found = [each for each in mine.differences(theirs) if not ignore or not re.search(ignore, each)]
        assert not found, f"{row}: {word:#010x} {disassembly(case)}: {'; '.join(found[:6])} (ours / Unicorn's)\n{case}"
        done += 1
    return done


def disassembly(case: Case) -> str:
    """Return the instruction as text."""
    return Arm().disassemble(case.code, CODE, state_of(case))


_unicorn: list[UnicornSide] = []


def unicorn_side() -> UnicornSide:
    """Return the one Unicorn of this process."""
    if not _unicorn:
        _unicorn.append(UnicornSide())
    return _unicorn[0]
