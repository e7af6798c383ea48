"""System instructions: the corner cases of the manual."""

from __future__ import annotations

import random

import pytest
from instruction_case import CODE, DATA, SIZES, WINDOW
from system_cases import encoded
from system_oracle import BANKED, BankedEngine, random_state
from vmsim_arch_arm import psr
from vmsim_arch_arm.engine.loop import RunResult
from vmsim_arch_arm.psr import Mode

MONITOR = 0x16


@pytest.fixture(scope="module")
def ours() -> BankedEngine:
    return BankedEngine()


class TestModes:
    """What the manual says and Unicorn does not judge."""

    @pytest.mark.parametrize("thumb", [False, True])
    def test_rfe_and_srs_are_undefined_in_user_mode(self, ours: BankedEngine, thumb: bool) -> None:
        for word in (0xE990C000, 0xE98DC013) if thumb else (0xF8900A00, 0xF8CD0513):
            state = random_state(random.Random(word), thumb, DATA)
            state.cpsr = state.cpsr & ~psr.MODE | Mode.USR
            assert ours.execute(encoded(word, "THUMB32" if thumb else "ARM"), state, bytes(WINDOW))[0] == "undefined"

    @pytest.mark.parametrize("mode", [Mode.USR, Mode.SYS])
    @pytest.mark.parametrize("word", [0xE14F0000, 0xE16FF000, 0xE369F001, 0xE1B0F00E, 0xE25EF004])
    def test_there_is_no_spsr(self, ours: BankedEngine, mode: Mode, word: int) -> None:
        """MRS, MSR, MOVS PC, LR and SUBS PC, LR, #4: UNPREDICTABLE, UNDEFINED here."""
        state = random_state(random.Random(word), thumb=False)
        state.cpsr = state.cpsr & ~psr.MODE | mode
        assert ours.execute(encoded(word, "ARM"), state, bytes(WINDOW))[0] == "undefined"

    @pytest.mark.parametrize("word", [0xF8900A00, 0xF8B00A00, 0xF8CD0513, 0xF8ED0513])
    @pytest.mark.parametrize("misaligned", [1, 2, 3])
    def test_return_state_is_aligned(self, ours: BankedEngine, word: int, misaligned: int) -> None:
        """RFE and SRS use MemA[]; the base stays as it was."""
        state = random_state(random.Random(word), False, DATA + misaligned)
        state.cpsr = state.cpsr & ~psr.MODE | Mode.SVC
        state.r[0] = DATA + misaligned
        raised, after, data = ours.execute(encoded(word, "ARM"), state, bytes(WINDOW))
        assert (raised, after.dfar & 3, after.dfsr & 0x40F) == ("data abort", misaligned, 1)
        assert (after.r[0], after.sp_svc, data) == (DATA + misaligned, DATA + misaligned, bytes(WINDOW))

    def test_user_mode_writes_flags_and_endianness_only(self, ours: BankedEngine) -> None:
        state = random_state(random.Random(1), thumb=False)
        state.cpsr, state.r[0] = Mode.USR, 0xFFFFFFFF & ~psr.MODE
        _, after, _ = ours.execute(encoded(0xE12FF000, "ARM"), state, bytes(WINDOW))  # MSR CPSR_fsxc, r0
        assert after.cpsr == psr.N | psr.Z | psr.C | psr.V | psr.Q | psr.GE | psr.E | Mode.USR

    @pytest.mark.parametrize("word", [0xF10E01DF, 0xF1020013, 0xF10C01C0])
    def test_cps_does_nothing_in_user_mode(self, ours: BankedEngine, word: int) -> None:
        state = random_state(random.Random(1), thumb=False)
        state.cpsr = Mode.USR
        raised, after, _ = ours.execute(encoded(word, "ARM"), state, bytes(WINDOW))
        assert (raised, after.cpsr, after.pc) == ("", Mode.USR, CODE + 4)

    @pytest.mark.parametrize("word", [0xF1020016, 0xE121F000, 0xE321F016, 0xE1600070, 0xE1B0F00E])
    def test_monitor_mode_and_smc_end_the_run(self, word: int) -> None:
        """CPS, MSR, SMC and an exception return."""
        ours = BankedEngine()
        state = random_state(random.Random(1), thumb=False)
        state.cpsr, state.r[0], state.spsr_svc = 0x1C0 | Mode.SVC, MONITOR, MONITOR
        _, after, _ = ours.execute(encoded(word, "ARM"), state, bytes(WINDOW))
        assert ours.result is RunResult.FAILED
        assert (after.pc, after.cpsr) == (CODE, state.cpsr)

    def test_smc_is_undefined_in_user_mode(self, ours: BankedEngine) -> None:
        state = random_state(random.Random(1), thumb=False)
        state.cpsr = Mode.USR
        assert ours.execute(encoded(0xE1600070, "ARM"), state, bytes(WINDOW))[0] == "undefined"

    @pytest.mark.parametrize("mode", [Mode.FIQ, Mode.IRQ, Mode.SVC, Mode.ABT, Mode.UND, Mode.SYS])
    @pytest.mark.parametrize("wrong", [0x00, 0x0F, 0x14, 0x18, 0x1A, 0x1E])
    def test_other_modes_leave_the_mode_as_it_is(self, ours: BankedEngine, mode: Mode, wrong: int) -> None:
        state = random_state(random.Random(1), thumb=False)
        state.cpsr, state.r[0] = 0x1C0 | mode, wrong
        _, after, _ = ours.execute(encoded(0xE121F000, "ARM"), state, bytes(WINDOW))  # MSR CPSR_c, r0
        assert after.cpsr == psr.A | mode

    def test_every_mode_has_its_registers(self, ours: BankedEngine) -> None:
        """From every mode to every other one: MSR CPSR_c, r0, then each register is moved to r1."""
        for old in Mode:
            for new in Mode:
                if old == Mode.USR:
                    continue
                state = random_state(random.Random(f"{old}{new}"), thumb=False)
                state.cpsr, state.r[0] = 0x1C0 | old, 0x1C0 | new
                expected = state.copy()
                expected.cpsr = 0x1C0 | new
                for number in range(8, 15):
                    code = encoded(0xE121F000, "ARM") + encoded(0xE1A01000 | number, "ARM")
                    _, after, _ = ours.execute(code, state, bytes(WINDOW), 2)
                    assert (after.cpsr, after.r[1]) == (expected.cpsr, expected.read_gpr(number)), (
                        f"{old} {new} {number}"
                    )
                    for bank in BANKED:
                        assert getattr(after, f"spsr_{bank}") == getattr(state, f"spsr_{bank}")

    @pytest.mark.parametrize(("thumb", "words"), [(False, (0xE7F000F0, 0xE7FFFFFF)), (True, (0xDE00, 0xDEFF))])
    def test_udf_is_undefined(self, ours: BankedEngine, thumb: bool, words: tuple[int, int]) -> None:
        for word in words:
            state = random_state(random.Random(1), thumb)
            assert ours.execute(encoded(word, "THUMB16" if thumb else "ARM"), state, bytes(WINDOW))[0] == "undefined"

    @pytest.mark.parametrize("word", [0xE1010200, 0xE121F200, 0xE1410200, 0xE161F200, 0xE1400070, 0xE160006E])
    def test_a_cortex_a9_has_no_virtualization(self, ours: BankedEngine, word: int) -> None:
        """MRS and MSR (banked), HVC and ERET."""
        state = random_state(random.Random(1), thumb=False)
        assert ours.execute(encoded(word, "ARM"), state, bytes(WINDOW))[0] == "undefined"


class TestHints:
    """WFI and WFE wait, SEV is remembered; the instruction has retired."""

    WFE, WFI, SEV = 2, 3, 4

    @pytest.mark.parametrize("instruction_set", SIZES)
    @pytest.mark.parametrize("hint", range(256))
    def test_hint(self, ours: BankedEngine, instruction_set: str, hint: int) -> None:
        if instruction_set == "THUMB16" and hint > 15:
            return
        word = {"ARM": 0xE320F000 | hint, "THUMB16": 0xBF00 | hint << 4, "THUMB32": 0xF3AF8000 | hint}[instruction_set]
        for event in (0, 1):
            state = random_state(random.Random(hint), instruction_set != "ARM")
            state.event_register = event
            raised, after, _ = ours.execute(encoded(word, instruction_set), state, bytes(WINDOW))
            expected = state.copy()
            expected.pc += SIZES[instruction_set]
            if hint == self.WFI:
                expected.waiting = 1
            elif hint == self.WFE:
                expected.waiting, expected.event_register = 0 if event else 2, 0
            elif hint == self.SEV:
                expected.event_register = 1
            assert (raised, after.differences(expected)) == ("", [])

    def test_a_hint_whose_condition_fails_does_nothing(self, ours: BankedEngine) -> None:
        state = random_state(random.Random(1), thumb=False)
        state.cpsr &= ~psr.Z
        assert ours.execute(encoded(0x0320F003, "ARM"), state, bytes(WINDOW))[1].waiting == 0  # WFIEQ


@pytest.mark.parametrize(("thumb", "big", "little"), [(False, 0xF1010200, 0xF1010000), (True, 0xB658, 0xB650)])
def test_setend_reverses_data(ours: BankedEngine, thumb: bool, big: int, little: int) -> None:
    """SETEND BE; LDR r1, [r0]; SETEND LE; LDR r2, [r0]: on a page whose translation has been used before."""
    loads = (0x6801, 0x6802) if thumb else (0xE5901000, 0xE5902000)
    code = b"".join(
        encoded(word, "THUMB16" if thumb else "ARM") for word in (loads[0], big, loads[0], little, loads[1])
    )
    state = random_state(random.Random(1), thumb)
    state.cpsr = state.cpsr & ~psr.MODE | Mode.USR
    state.r[0] = DATA
    _, after, _ = ours.execute(
        code, state, bytes(WINDOW // 2) + bytes(range(WINDOW // 2)[:8]) + bytes(WINDOW // 2 - 8), 5
    )
    assert (after.r[1], after.r[2], after.cpsr & psr.E) == (0x00010203, 0x03020100, 0)
