"""Exceptions in our engine, from every mode and instruction set, and back: against the tables of B1.8 and B1.9."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from instruction_case import CODE, MEMORY
from system_oracle import BANKED, FIELDS, random_state, random_status
from vmsim_arch_arm import psr, tables
from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.engine.arm_engine import ArmEngine
from vmsim_arch_arm.exceptions import ExceptionKind, take
from vmsim_arch_arm.psr import Mode
from vmsim_arch_arm.state import ArmState, specs
from vmsim_core.events import EventQueue
from vmsim_core.ram import Ram

HIGH = 0xFFFF0000
LOW = 0x4000
NOWHERE = 0x00F0_0000
HANDLER_OFFSET = 8
ARM_NOP, THUMB_NOP = 0xE320F000, 0xBF00
V, EE, TE = 1 << 13, 1 << 25, 1 << 30
SYNCHRONOUS_EXTERNAL_ABORT, ALIGNMENT_FAULT, DEBUG_EVENT = 8, 1, 2


@dataclass(frozen=True)
class Cause:
    """An instruction that raises an exception."""

    name: str
    kind: ExceptionKind
    word: int
    size: int = 4
    retires: bool = False


ARM_CAUSES = [
    Cause("UDF", ExceptionKind.UNDEFINED, 0xE7F000F0),
    Cause("SVC", ExceptionKind.SUPERVISOR_CALL, 0xEF000000, retires=True),
    Cause("BKPT", ExceptionKind.PREFETCH_ABORT, 0xE1200070),
    Cause("LDREX", ExceptionKind.DATA_ABORT, 0xE1900F9F),
    Cause("IRQ", ExceptionKind.IRQ, ARM_NOP),
    Cause("FIQ", ExceptionKind.FIQ, ARM_NOP),
]
THUMB_CAUSES = [
    Cause("UDF", ExceptionKind.UNDEFINED, 0xDE00, 2),
    Cause("UDF.W", ExceptionKind.UNDEFINED, 0xF7F0A000),
    Cause("SVC", ExceptionKind.SUPERVISOR_CALL, 0xDF00, 2, retires=True),
    Cause("BKPT", ExceptionKind.PREFETCH_ABORT, 0xBE00, 2),
    Cause("LDREX", ExceptionKind.DATA_ABORT, 0xE8500F00),
    Cause("IRQ", ExceptionKind.IRQ, THUMB_NOP, 2),
    Cause("FIQ", ExceptionKind.FIQ, THUMB_NOP, 2),
]
CAUSES = [(False, each) for each in ARM_CAUSES] + [(True, each) for each in THUMB_CAUSES]
EVERY_CAUSE = pytest.mark.parametrize(
    ("thumb", "cause"), CAUSES, ids=[f"{'thumb' if thumb else 'arm'}-{each.name}" for thumb, each in CAUSES]
)


def encoded(word: int, size: int, thumb: bool) -> bytes:
    """Return an instruction as it stands in memory."""
    if thumb and size == 4:
        return (word >> 16).to_bytes(2, "little") + (word & 0xFFFF).to_bytes(2, "little")
    return word.to_bytes(size, "little")


class Machine:
    """RAM at 0 and at the high vectors; devices nowhere."""

    def __init__(self) -> None:
        self.low, self.high = Ram("low", MEMORY), Ram("high", 1 << 16)
        regions = [(0, self.low, 0, MEMORY), (HIGH, self.high, 0, 1 << 16)]
        self.engine = ArmEngine(regions, self._read_device, self._write_device, EventQueue(), tables.rows)

    def _read_device(self, address: int, size: int) -> int:
        return 0

    def _write_device(self, address: int, size: int, value: int) -> None:
        pass

    def put(self, address: int, code: bytes) -> None:
        """Write code."""
        ram, offset = (self.high, address - HIGH) if address >= HIGH else (self.low, address)
        ram.view[offset : offset + len(code)] = code
        self.engine.invalidate(address, len(code))

    def fill_vectors(self, thumb: bool) -> None:
        """Let every vector be NOPs."""
        for base in (LOW, HIGH):
            self.put(base, (THUMB_NOP.to_bytes(2, "little") * 2 if thumb else ARM_NOP.to_bytes(4, "little")) * 8)

    def run(self, state: ArmState, count: int = 1) -> ArmState:
        """Run `count` instructions from a state."""
        self.engine.load_state(state)
        self.engine.run(1 << 62, count)
        return self.engine.save_state(state.copy())


@pytest.fixture(scope="module")
def machine() -> Machine:
    return Machine()


def before(cause: Cause, mode: Mode, thumb: bool, sctlr: int) -> ArmState:
    """Return a state from which the cause raises its exception."""
    state = random_state(random.Random(f"{cause}{mode}{sctlr}"), thumb)
    state.cpsr = state.cpsr & ~(psr.MODE | psr.F | psr.I) | mode
    state.sctlr, state.vbar = state.sctlr | sctlr, LOW
    state.r[0] = CODE + 1  # LDREX r0, [r0] wants a multiple of four
    return state


@EVERY_CAUSE
@pytest.mark.parametrize("mode", list(Mode))
def test_entry(machine: Machine, thumb: bool, cause: Cause, mode: Mode) -> None:
    machine.put(CODE, encoded(cause.word, cause.size, thumb))
    machine.engine.set_interrupts(cause.name == "IRQ", cause.name == "FIQ", True)
    for sctlr in map(sum, itertools.product((0, V), (0, EE), (0, TE))):
        machine.fill_vectors(bool(sctlr & TE))
        state = before(cause, mode, thumb, sctlr)
        after = machine.run(state)
        next_address = CODE + (cause.size if cause.retires else 0)
        taken = take(cause.kind, state.cpsr, state.sctlr, state.vbar, next_address)
        expected = state.copy()
        expected.cpsr = taken.cpsr
        bank = cause.kind.value.mode.name.lower()
        setattr(expected, f"spsr_{bank}", taken.spsr)
        setattr(expected, f"lr_{bank}", taken.lr)
        # What does not retire is followed by the first instruction of the handler.
        expected.pc = taken.pc + (0 if cause.retires else 2 if sctlr & TE else 4)
        if cause.name == "BKPT":
            expected.ifsr = DEBUG_EVENT
        if cause.name == "LDREX":
            expected.dfsr, expected.dfar = ALIGNMENT_FAULT, CODE + 1
        assert [str(each) for each in after.differences(expected)] == []
    machine.engine.set_interrupts(False, False, True)


@pytest.mark.parametrize("thumb", [False, True])
@pytest.mark.parametrize("mode", list(Mode))
def test_a_prefetch_abort_tells_the_address(machine: Machine, thumb: bool, mode: Mode) -> None:
    machine.fill_vectors(False)
    state = random_state(random.Random(mode), thumb)
    state.cpsr, state.vbar, state.pc = state.cpsr & ~psr.MODE | mode, LOW, NOWHERE
    after = machine.run(state)
    taken = take(ExceptionKind.PREFETCH_ABORT, state.cpsr, state.sctlr, LOW, NOWHERE)
    assert (after.ifar, after.ifsr & 0x40F) == (NOWHERE, SYNCHRONOUS_EXTERNAL_ABORT)
    assert (after.pc, after.cpsr, after.spsr_abt, after.lr_abt) == (LOW + 0x10, taken.cpsr, taken.spsr, taken.lr)


# By table B1-7: what the handler subtracts from LR.
RETURNS = {"UDF": (4, 2), "UDF.W": (4, 2), "SVC": (0, 0), "BKPT": (4, 4), "LDREX": (8, 8), "IRQ": (4, 4), "FIQ": (4, 4)}


@EVERY_CAUSE
@pytest.mark.parametrize("handler_in_thumb", [False, True])
def test_there_and_back(machine: Machine, thumb: bool, cause: Cause, handler_in_thumb: bool) -> None:
    """SUBS PC, LR, #n leads back to the instruction (behind it for SVC), other registers as before."""
    amount = RETURNS[cause.name][thumb]
    back = encoded(0xF3DE8F00 | amount, 4, True) if handler_in_thumb else encoded(0xE25EF000 | amount, 4, False)
    machine.put(CODE, encoded(cause.word, cause.size, thumb))
    for mode in Mode:
        state = before(cause, mode, thumb, TE if handler_in_thumb else 0)
        machine.put(LOW + cause.kind.value.vector, back)
        machine.engine.set_interrupts(cause.name == "IRQ", cause.name == "FIQ", True)
        after = machine.run(state, 1 + cause.retires)
        if mode == cause.kind.value.mode:
            continue  # its own LR and SPSR are overwritten: test_entry has seen it
        expected = state.copy()
        expected.pc += cause.size if cause.retires else 0
        own = cause.kind.value.mode.name.lower()
        for name in FIELDS:
            if name not in (f"lr_{own}", f"spsr_{own}"):
                assert getattr(after, name) == getattr(expected, name), f"{name} in {mode!r}"
    machine.engine.set_interrupts(False, False, True)


@pytest.mark.parametrize(("word", "kind", "it"), [
    (0xDF00, ExceptionKind.SUPERVISOR_CALL, 0x0A), (0xDE00, ExceptionKind.UNDEFINED, 0x05),
])  # fmt: skip
def test_it_state_is_saved(machine: Machine, word: int, kind: ExceptionKind, it: int) -> None:
    """In an IT block: SVC has happened, so ITSTATE is advanced; what is undefined has not."""
    machine.fill_vectors(False)
    machine.put(CODE, encoded(word, 2, True))
    state = random_state(random.Random(word), thumb=True)
    state.cpsr = psr.with_it_state(psr.T | psr.Z | Mode.USR, 0x05)
    state.vbar = LOW
    after = machine.run(state)
    assert psr.it_state(after.cpsr) == 0
    assert psr.it_state(getattr(after, f"spsr_{kind.value.mode.name.lower()}")) == it


@pytest.mark.parametrize("thumb", [False, True])
def test_a_return_into_an_it_block_goes_on_with_it(machine: Machine, thumb: bool) -> None:
    """SUBS PC, LR, #0 with an SPSR inside of a block: ADDEQ is skipped, ADDNE executed."""
    machine.put(CODE, encoded(0xF3DE8F00, 4, True) if thumb else encoded(0xE25EF000, 4, False))
    machine.put(0x9000, encoded(0x3101, 2, True) + encoded(0x3201, 2, True))
    state = random_state(random.Random(1), thumb)
    state.cpsr = psr.I | Mode.IRQ | (psr.T if thumb else 0)
    state.spsr_irq, state.lr_irq = psr.with_it_state(psr.T | Mode.USR, 0x0C), 0x9000
    state.r[1], state.r[2] = 5, 5
    after = machine.run(state, 3)
    assert (after.r[1], after.r[2], after.pc, psr.it_state(after.cpsr)) == (5, 6, 0x9004, 0)


@pytest.mark.parametrize("mask", [psr.I, psr.F, psr.I | psr.F, 0])
@pytest.mark.parametrize(("irq", "fiq"), [(False, False), (True, False), (False, True), (True, True)])
def test_masks_and_priority(machine: Machine, mask: int, irq: bool, fiq: bool) -> None:
    machine.fill_vectors(False)
    machine.put(CODE, encoded(ARM_NOP, 4, False))
    state = random_state(random.Random(1), thumb=False)
    state.cpsr, state.vbar = mask | Mode.USR, LOW
    machine.engine.set_interrupts(irq, fiq, True)
    mode = machine.run(state).cpsr & psr.MODE
    machine.engine.set_interrupts(False, False, True)
    expected = Mode.FIQ if fiq and not mask & psr.F else Mode.IRQ if irq and not mask & psr.I else Mode.USR
    assert mode == expected


# --- the state as a whole -------------------------------------------------------------------------------------------


def any_state() -> st.SearchStrategy[ArmState]:
    """States of which every field that is not the engine's own is anything."""
    return st.integers(0, 1 << 64).map(state_from)


def state_from(seed: int) -> ArmState:
    """Return a state with every field random."""
    rng = random.Random(seed)
    state = Arm().reset_state(0)
    assert isinstance(state, ArmState)
    for spec in specs():
        values = [rng.getrandbits(spec.width) for _ in range(spec.count)]
        setattr(state, spec.name, values[0] if spec.count == 1 else values)
    for name in ("cpsr", *(f"spsr_{bank}" for bank in BANKED)):
        setattr(state, name, psr.with_it_state(random_status(rng) | rng.choice((0, psr.E)), rng.getrandbits(8)))
    state.waiting %= 3
    if not state.monitor_valid:
        state.monitor_address = state.monitor_size = state.monitor_virtual_address = 0
    state.pmcr = 0x41093000 | state.pmcr & 0x39
    return state


@settings(max_examples=200, deadline=None)
@given(state=any_state())
def test_a_state_survives_the_engine(machine: Machine, state: ArmState) -> None:
    machine.engine.load_state(state)
    assert [str(each) for each in machine.engine.save_state(Arm().reset_state(0)).differences(state)] == []
