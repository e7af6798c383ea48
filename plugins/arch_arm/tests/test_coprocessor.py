"""Coprocessors 14 and 15 in our engine; that the virtual CPU answers the same is tested where both are."""

from __future__ import annotations

import random

import pytest
from instruction_case import CODE, WINDOW
from system_oracle import BankedEngine, random_state
from vmsim_arch_arm import psr
from vmsim_arch_arm.fields import Encoding
from vmsim_arch_arm.id_registers import CCSIDR, ID_REGISTERS, IdRegister
from vmsim_arch_arm.psr import Mode
from vmsim_arch_arm.state import ArmState

PMCR, PMCNTENSET, PMCCNTR = (15, 9, 0, 12, 0), (15, 9, 0, 12, 1), (15, 9, 0, 13, 0)
NOP = 0xE320F000


@pytest.fixture(scope="module")
def ours() -> BankedEngine:
    return BankedEngine()


def transfer(encoding: Encoding, read: bool, target: int = 0) -> bytes:
    """Return MRC or MCR."""
    coprocessor, crn, opc1, crm, opc2 = encoding
    word = 0xEE000010 | read << 20 | opc1 << 21 | crn << 16 | target << 12 | coprocessor << 8 | opc2 << 5 | crm
    return word.to_bytes(4, "little")


def supervisor(seed: int = 1) -> ArmState:
    """Return a state in Supervisor mode."""
    state = random_state(random.Random(seed), thumb=False)
    state.cpsr = 0x1C0 | Mode.SVC
    return state


def run(ours: BankedEngine, code: bytes, state: ArmState) -> tuple[str, ArmState]:
    """Execute code."""
    raised, after, _ = ours.execute(code, state, bytes(WINDOW), len(code) // 4)
    return raised, after


@pytest.mark.parametrize("register", ID_REGISTERS, ids=lambda register: register.name)
def test_id_registers_are_constant(ours: BankedEngine, register: IdRegister) -> None:
    raised, after = run(ours, transfer(register.encoding, read=True), supervisor())
    assert (raised, after.r[0]) == ("", register.value)
    assert run(ours, transfer(register.encoding, read=False), supervisor())[0] == "undefined"


@pytest.mark.parametrize("selected", range(16))
def test_the_selected_cache_is_described(ours: BankedEngine, selected: int) -> None:
    state = supervisor()
    state.csselr = selected
    assert run(ours, transfer((15, 0, 1, 0, 0), read=True), state)[1].r[0] == CCSIDR.get(selected, 0)


def test_mrc_to_r15_writes_the_flags(ours: BankedEngine) -> None:
    """MRC p14, 0, APSR_nzcv, c0, c1, 0 (A8.8.107): DBGDSCRint."""
    state = supervisor()
    state.dbgdscr = 0xA5555555
    after = run(ours, transfer((14, 0, 0, 1, 0), read=True, target=15), state)[1]
    assert (after.cpsr >> 28, after.pc) == (0xA, CODE + 4)


@pytest.mark.parametrize("word", [
    0xFE100F10, 0xFE0D0F50,                             # MRC2, MCR2
    0xEC510F02, 0xEC410F02, 0xFC510F02,                 # MRRC, MCRR, MRRC2
    0xEE000F00, 0xFE000E00,                             # CDP, CDP2
    0xED900F00, 0xED800F00, 0xED905E00, 0xFD905E00,     # LDC, STC
    0xEE110110, 0xEE010D10, 0xEE000C00, 0xED900900,     # coprocessors that are not there
])  # fmt: skip
def test_everything_else_of_coprocessors_is_undefined(ours: BankedEngine, word: int) -> None:
    assert run(ours, word.to_bytes(4, "little"), supervisor())[0] == "undefined"


@pytest.mark.parametrize("encoding", [(15, 1, 0, 0, 0), (15, 2, 0, 0, 0), (15, 9, 0, 12, 0), (15, 0, 0, 0, 0)])
@pytest.mark.parametrize("read", [False, True])
def test_user_mode_is_kept_out(ours: BankedEngine, encoding: Encoding, read: bool) -> None:
    state = supervisor()
    state.cpsr = Mode.USR
    assert run(ours, transfer(encoding, read), state)[0] == "undefined"


@pytest.mark.parametrize("encoding", [(15, 7, 0, 5, 4), (15, 7, 0, 10, 4), (15, 7, 0, 10, 5), (15, 13, 0, 0, 2)])
def test_what_user_mode_may_write(ours: BankedEngine, encoding: Encoding) -> None:
    state = supervisor()
    state.cpsr = Mode.USR
    assert run(ours, transfer(encoding, read=False), state)[0] == ""


@pytest.mark.parametrize("thread_id", [(15, 13, 0, 0, 2), (15, 13, 0, 0, 3)])
def test_user_mode_reads_its_thread_ids(ours: BankedEngine, thread_id: Encoding) -> None:
    state = supervisor()
    state.cpsr, state.tpidrurw, state.tpidruro = Mode.USR, 5, 5
    assert run(ours, transfer(thread_id, read=True), state)[1].r[0] == 5


@pytest.mark.parametrize(("irq", "fiq"), [(False, False), (True, False), (False, True), (True, True)])
def test_isr_shows_what_is_pending(ours: BankedEngine, irq: bool, fiq: bool) -> None:
    ours.engine.set_interrupts(irq, fiq, True)
    after = run(ours, transfer((15, 12, 0, 1, 0), read=True), supervisor())[1]
    ours.engine.set_interrupts(False, False, True)
    assert after.r[0] == irq << 7 | fiq << 6


@pytest.mark.parametrize(("control", "cpi", "cycles"), [(1, 1, 64), (1, 3, 192), (9, 3, 3), (0, 3, 0)])
def test_the_cycle_counter_counts_instructions(control: int, cpi: int, cycles: int) -> None:
    """PMCCNTR after 64 NOPs, PMCR.D divides by 64; the instruction that reads has not retired."""
    ours = BankedEngine()
    ours.engine.set_cycles_per_instruction(cpi)
    state = supervisor()
    state.pmcr, state.pmcntenset = state.pmcr | control, 1 << 31
    after = run(ours, NOP.to_bytes(4, "little") * 64 + transfer(PMCCNTR, read=True), state)[1]
    assert after.r[0] == cycles


def test_a_counter_that_overflows_says_so(ours: BankedEngine) -> None:
    state = supervisor()
    state.pmcr, state.pmcntenset, state.pmccntr = state.pmcr | 1, 1 << 31 | 1, 0xFFFFFFFF
    state.pmevtyper[0], state.pmevcntr[0] = 0x68, 0xFFFFFFFE
    after = run(ours, NOP.to_bytes(4, "little") * 3, state)[1]
    assert (after.pmccntr, after.pmevcntr[0], after.pmovsr) == (2, 1, 1 << 31 | 1)


def test_new_vectors_are_used_at_once(ours: BankedEngine) -> None:
    """MCR of VBAR, then SVC."""
    state = supervisor()
    state.r[0] = 0x1_2345
    after = run(ours, transfer((15, 12, 0, 0, 0), read=False) + 0xEF000000.to_bytes(4, "little"), state)[1]
    assert (after.vbar, after.pc, after.spsr_svc) == (0x1_2340, 0x1_2348, 0x1C0 | Mode.SVC)


@pytest.mark.parametrize(("thumb", "code"), [(False, "100f1dee"), (True, "1dee100f")])
def test_a_condition_that_fails_makes_nothing_undefined(ours: BankedEngine, thumb: bool, code: str) -> None:
    """MRCEQ p15, 0, r0, c13, c0, 0 in User mode, with Z clear; in Thumb state in an IT block."""
    state = supervisor()
    state.cpsr = Mode.USR | (psr.with_it_state(psr.T, 0x08) if thumb else 0)
    encoded = bytes.fromhex(code) if thumb else bytes.fromhex(code)[:3] + b"\x0e"
    raised, after, _ = ours.execute(encoded, state, bytes(WINDOW))
    assert (raised, after.pc, after.r) == ("", CODE + 4, state.r)
