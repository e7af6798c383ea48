"""Which registers an instruction depends on and which it changes, found out by executing it from different states.

Registers are numbered as the bits of `Instruction.sources` and `destinations`; one of several modes is one register.
"""

from __future__ import annotations

import random
from typing import Any

import float_operands
import load_store_oracle
import simd_oracle
import vfp_oracle
from branch_oracle import preparation as preparation_branches
from instruction_case import DATA, MEMORY, WINDOW, Case, state_of
from random_cases import random_case, random_value, random_word
from vmsim_arch_arm import psr
from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.engine import records
from vmsim_arch_arm.engine.arm_engine import ArmEngine
from vmsim_arch_arm.engine.decoder import InstructionSet
from vmsim_arch_arm.engine.table import Row
from vmsim_arch_arm.state import ArmState, specs
from vmsim_core.events import EventQueue
from vmsim_core.ram import Ram

CORE = range(15)
DOUBLES = range(records.OPERAND_D0, 64)
FLAGS, Q_GE, SYSTEM = records.OPERAND_FLAGS, records.OPERAND_Q_GE, records.OPERAND_SYSTEM
FP_FLAGS, FP_CONTROL, FP_STATUS = records.OPERAND_FP_FLAGS, records.OPERAND_FP_CONTROL, records.OPERAND_FP_STATUS
PC = records.OPERAND_PC

PARTS = {
    FLAGS: ("cpsr", 0xF000_0000),
    Q_GE: ("cpsr", 0x080F_0000),
    FP_FLAGS: ("fpscr", 0xF000_0000),
    FP_CONTROL: ("fpscr", 0x07F7_0000),
    FP_STATUS: ("fpscr", 0x0800_009F),
}
"""Registers that are bits of a field of the state."""
FP_VECTORS = 0x0037_0000
"""LEN and STRIDE: they stay zero, as arithmetic with short vectors is undefined."""
CONTROL_BITS = 0x3DF
"""Mode, masks and endianness, which are SYSTEM."""
BETWEEN = ("monitor_", "event_", "waiting", "pending_")
"""Fields that are no registers."""
BANKS = ("usr", "fiq", "irq", "svc", "abt", "und")
SCTLR_SW = 0x400
ACCESS_SIZES = {"byte": 1, "halfword": 2, "doubleword": 8, "": 4}

HALVES = [0xFFFF_FFFF, 0xFFFF_FFFF << 32]
BITS = [1 << bit for bit in range(32)]

_SYSTEM_FIELDS = [
    spec.name
    for spec in specs()
    if spec.name not in ("r", "d", "pc", "cpsr", "fpscr", "r8_12_usr", "r8_12_fiq")
    and not spec.name.startswith(("sp_", "lr_", *BETWEEN))
]


def registers_of(state: ArmState, mode: int) -> dict[int, Any]:
    """Return the value of every register; core registers are those of a mode."""
    status, state.cpsr = state.cpsr, state.cpsr & ~psr.MODE | mode
    found: dict[int, Any] = {bit: state.read_gpr(bit) for bit in CORE}
    state.cpsr = status
    for bit, (name, mask) in PARTS.items():
        found[bit] = getattr(state, name) & mask
    found[SYSTEM] = (state.cpsr & CONTROL_BITS, *(str(getattr(state, name)) for name in _SYSTEM_FIELDS))
    return found | dict(enumerate(state.d, records.OPERAND_D0))


def banked(state: ArmState) -> dict[int, tuple[int, ...]]:
    """Return the values that a core register has in all modes."""
    found: dict[int, tuple[int, ...]] = {
        8 + index: (state.r8_12_usr[index], state.r8_12_fiq[index]) for index in range(5)
    }
    found[13] = tuple(getattr(state, f"sp_{bank}") for bank in BANKS)
    found[14] = tuple(getattr(state, f"lr_{bank}") for bank in BANKS)
    return found


def randomize(state: ArmState, bits: list[int], row: Row, rng: random.Random) -> None:
    """Give registers other values."""
    for bit in bits:
        if bit < 8:
            state.r[bit] = random_value(rng)
        elif bit < 13:
            state.r8_12_usr[bit - 8], state.r8_12_fiq[bit - 8] = random_value(rng), random_value(rng)
        elif bit < PC:
            for bank in BANKS:
                setattr(state, f"{'sp' if bit == 13 else 'lr'}_{bank}", random_value(rng))
        elif bit in PARTS:
            name, mask = PARTS[bit]
            setattr(state, name, getattr(state, name) ^ rng.getrandbits(32) & mask & ~FP_VECTORS)
        elif bit in DOUBLES:
            state.d[bit - records.OPERAND_D0] = random_double(row, rng)


def random_double(row: Row, rng: random.Random) -> int:
    """Return a doubleword of the kind that a row works on."""
    if row.execute == "vfp_convert.vcvt_f32_f16":
        return sum(float_operands.random_float(rng, 16) << position for position in range(0, 64, 16))
    if row.execute.startswith("vfp"):
        return vfp_oracle.random_register(row, rng)
    if row.execute.startswith("simd"):
        return simd_oracle.random_register(row, rng)
    return float_operands.random_double_register(rng)


class Outcome:
    """The state before and after an instruction."""

    def __init__(self, before: ArmState, after: ArmState, exception: bool, data: bytes) -> None:
        mode = before.cpsr & psr.MODE
        self.mode = mode
        self.before, self.after = registers_of(before, mode), registers_of(after, mode)
        self.banked_before, self.banked_after = banked(before), banked(after)
        self.exception = exception
        self.pc = after.pc
        self.elsewhere = (exception, after.cpsr & psr.T, data)
        """What is visible elsewhere than in registers."""

    def changed(self) -> int:
        """Return the mask of the registers that have other values, those of any mode."""
        found = {bit for bit, value in self.before.items() if self.after[bit] != value}
        found |= {bit for bit, values in self.banked_before.items() if self.banked_after[bit] != values}
        return sum(1 << bit for bit in found)


class Probe:
    """Executes words of one row."""

    def __init__(self, instruction_set: str, row: Row) -> None:
        self.instruction_set, self.row = instruction_set, row
        self.size = row.size
        self.decoder: Any = InstructionSet([row], "system.undefined", 8 * row.size)
        self.ram = Ram("ram", MEMORY)
        rng = random.Random("memory")
        self.ram.view[:] = rng.randbytes(MEMORY)
        self.engine = self.new_engine()

    def new_engine(self) -> Any:
        """Return an engine that knows the row."""

        def rows(name: str) -> list[Row]:
            return [self.row] if name == self.instruction_set else []

        def no_device(*access: int) -> Any:
            return 0

        return ArmEngine([(0, self.ram, 0, MEMORY)], no_device, no_device, EventQueue(), rows)

    def case(self, word: int, rng: random.Random) -> Case:
        """Return a random case of a word, outside of IT blocks; it may have changed ignored bits of the word."""
        row = self.row
        case = random_case(row, self.instruction_set, word, rng)
        case.it, case.rest = 0, ()
        if load_store_oracle.concerns(row):
            case.word &= ~load_store_oracle.ignored_bits(row)
            load_store_oracle.aim(row, case, rng)
        elif simd_oracle.concerns(row):
            simd_oracle.preparation(row)(case, rng)
        elif vfp_oracle.concerns(row):
            case.d = [random_double(row, rng) for _ in range(32)]
            case.r[word >> 16 & 15 if (word >> 16 & 15) < 15 else 0] &= ~3
        elif row.kind == "branch":
            preparation_branches(row)(case, rng)
        if row.kind not in ("load", "store"):
            self.choose_operands(case, rng)
        return case

    def choose_operands(self, case: Case, rng: random.Random) -> None:
        """Choose operands now and then with which more happens: saturation, shifts that leave something, tables."""
        fields = self.decoder.describe(case.word, self.size) or {}
        if rng.random() < 0.2:
            several = [rng.choice((0x8000_8000, 0x8000_0000, 0x7FFF_7FFF)) for _ in range(15)]
            case.r, case.d = several, [rng.choice(several) * 0x1_0000_0001 for _ in range(32)]
        elif self.row.execute.startswith("register_shifted"):
            case.r[fields["m"] if self.row.execute.endswith("_register") else fields["s"]] = rng.randrange(34)
        elif self.row.execute.startswith("simd_permute.vtb"):
            case.d[fields["m"]] = int.from_bytes(bytes(rng.randrange(9 * fields["length"]) for _ in range(8)), "little")

    def word(self, rng: random.Random) -> int:
        """Return a random word of the row that has a meaning."""
        for _ in range(200):
            word = random_word(self.row, rng)
            assert word is not None
            word = self.case(self.sometimes_rrx(word, rng), rng).word
            if self.decoder.describe(word, self.size) is not None:
                return word
        raise AssertionError(f"no word of {self.row} is defined")

    def sometimes_rrx(self, word: int, rng: random.Random) -> int:
        """Return the word with RRX, the shift by a constant that reads a flag, which is rare by chance."""
        fields = self.row.fields_of(word)
        if self.row.decode.endswith(("decode_shift", ".decode_register")) and "y" in fields and rng.random() < 0.2:
            for part in self.row.parts:
                if part.letter in "hy":
                    ones = (1 << part.width) - 1 << part.shift
                    word = word | ones if part.letter == "y" else word & ~ones
        return word

    def state(self, case: Case, rng: random.Random) -> ArmState:
        """Return the state of a case; other modes have registers, SWP is enabled, the monitor is set."""
        state = state_of(case)
        for bank in BANKS:
            for name in ("sp", "lr"):
                if name == "sp" and self.row.execute == "system.store_return_state":
                    setattr(state, f"sp_{bank}", DATA + 4 * rng.randrange(64))
                elif getattr(state, f"{name}_{bank}") == 0:
                    setattr(state, f"{name}_{bank}", rng.getrandbits(32))
            if bank != "usr":
                setattr(state, f"spsr_{bank}", rng.getrandbits(4) << 28 | 0x1D0)
        for values in (state.r8_12_usr, state.r8_12_fiq):
            values[:] = [value or rng.getrandbits(32) for value in values]
        state.sctlr |= SCTLR_SW
        if self.row.execute.startswith("exclusive"):
            fields = self.decoder.describe(case.word, self.size)
            address = case.r[fields["n"]] + fields["immediate"] & 0xFFFF_FFFF
            size = next(size for name, size in ACCESS_SIZES.items() if name in self.row.execute)
            state.monitor_valid, state.monitor_size = 1, size
            state.monitor_address = state.monitor_virtual_address = address
        return state

    def execute(self, case: Case, state: ArmState) -> Outcome:
        """Execute the word of a case in a state, at its PC."""
        self.ram.view[state.pc : state.pc + 8] = case.code.ljust(8, b"\0")
        self.engine.invalidate(state.pc, 8)
        self.ram.view[DATA - WINDOW // 2 : DATA + WINDOW // 2] = case.data
        self.engine.load_state(state)
        before = self.exceptions()
        self.engine.run(1 << 62, 1)
        after = self.engine.save_state(Arm().reset_state(0))
        raised = self.exceptions() != before
        if self.engine.failure:  # SMC, and whatever else leads to monitor mode: there is none
            raised, self.engine = True, self.new_engine()
        return Outcome(state, after, raised, bytes(self.ram.view[DATA - WINDOW // 2 : DATA + WINDOW // 2]))

    def exceptions(self) -> list[int]:
        """Return how often each kind of exception was taken."""
        names = ("undefined", "supervisor_calls", "prefetch_aborts", "data_aborts", "breakpoints")
        counters = self.engine.counters()
        return [counters.get(name, 0) for name in names]


def same(bit: int, one: Outcome, other: Outcome, is_source: bool) -> bool:
    """Whether an instruction left the same in a destination.

    Of flags and single-precision registers only a part may be written, and of registers of several modes one: what kept
    its own value both times is no result, unless the destination is a source, too.
    """
    for index, value in enumerate(one.banked_after.get(bit, ())):
        second = other.banked_after[bit][index]
        kept = value == one.banked_before[bit][index] and second == other.banked_before[bit][index]
        if value != second and not kept:
            return False
    first, second = one.after[bit], other.after[bit]
    if is_source or first == second or bit == SYSTEM:
        return bool(first == second)
    rest = first ^ second
    # What a register of another mode receives has been compared above.
    words = [0xFFFF_FFFF] if bit in one.banked_after and one.mode != psr.Mode.USR else []
    for unit in HALVES if bit in DOUBLES else BITS if bit in PARTS else words:
        if (first ^ one.before[bit]) & unit == 0 and (second ^ other.before[bit]) & unit == 0:
            rest &= ~unit
    return bool(rest == 0)
