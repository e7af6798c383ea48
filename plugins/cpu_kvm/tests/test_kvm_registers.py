"""The table of registers: complete, without overlaps, and the same in both directions. Runs on any host."""

from __future__ import annotations

import ctypes
from itertools import combinations
from random import Random
from typing import Any

import pytest
from vmsim_arch_arm.psr import Mode
from vmsim_arch_arm.state import ArmState, specs
from vmsim_arch_arm.testing import ArmPrograms
from vmsim_cpu_kvm import kvm_api as api
from vmsim_cpu_kvm.kvm_registers import KEPT_OUTSIDE, PC, PLACES, PSTATE, RegisterFile, general_register, places_of


class FakeKernel:
    """Keeps registers as the kernel does: as wide as the identifier says."""

    def __init__(self) -> None:
        self.values: dict[int, bytes] = {}
        self.order: list[int] = []

    def ioctl(self, descriptor: int, request: int, argument: Any) -> int:
        one = argument._obj
        size = 1 << (one.id >> 52 & 0xF)
        if request == api.SET_ONE_REG:
            self.order.append(one.id)
            self.values[one.id] = ctypes.string_at(one.addr, size)
        else:
            ctypes.memmove(one.addr, self.values.get(one.id, bytes(size)), size)
        return 0


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> FakeKernel:
    made = FakeKernel()
    monkeypatch.setattr(api, "raw_ioctl", made.ioctl)
    return made


def test_every_field_has_a_place_or_is_known_to_have_none() -> None:
    placed = {place.field for place in PLACES}
    assert placed | KEPT_OUTSIDE == {spec.name for spec in specs()}
    assert not placed & KEPT_OUTSIDE
    for spec in specs():
        indices = {place.index for place in places_of(spec.name)}
        assert spec.name in KEPT_OUTSIDE or indices == ({None} if spec.count == 1 else set(range(spec.count)))


def test_what_is_lost_is_what_the_host_fixes() -> None:
    hidden = {spec.name for spec in specs() if spec.host_dependent}
    assert KEPT_OUTSIDE - hidden == {
        "fcseidr", "teecr", "teehbr", "adfsr", "aifsr", "monitor_valid", "monitor_address", "monitor_size",
        "monitor_virtual_address", "event_register", "waiting", "pending_async_abort",
    }  # fmt: skip


def test_no_bit_has_two_meanings() -> None:
    for one, other in combinations(PLACES, 2):
        same_register = one.register == other.register and one.mask << one.shift & other.mask << other.shift
        same_field = (one.field, one.index) == (other.field, other.index) and one.mask & other.mask
        assert not same_register and not same_field, f"{one} and {other}"


@pytest.mark.parametrize("seed", range(20))
def test_a_state_comes_back_bit_for_bit(kernel: FakeKernel, seed: int) -> None:
    state = ArmPrograms().random_state(ArmState(), Random(seed))
    registers = RegisterFile(-1)
    registers.load(state)
    assert registers.save().differences(state) == []
    assert kernel.order[0] == PSTATE, "the kernel narrows the others as the mode says"
    assert set(kernel.values) == {place.register for place in PLACES}


def test_what_the_guest_changes_is_seen_and_what_it_cannot_change_stays(kernel: FakeKernel) -> None:
    registers = RegisterFile(-1)
    state = ArmState()
    state.actlr, state.diagnostic, state.teehbr, state.sctlr = 0x41, 0x1234, 7, state.sctlr | 1 << 10
    registers.load(state)
    registers.write(PC, 0x1000)
    [cpacr] = places_of("cpacr")
    registers.write(cpacr.register, 0x00300000)
    after = registers.save()
    assert (after.pc, after.actlr, after.diagnostic, after.teehbr) == (0x1000, 0x41, 0x1234, 7)
    assert after.sctlr >> 10 & 1, "SWP enable: a bit that ARMv8 has not"
    assert after.cpacr == 0x00F00000, "both coprocessors of the VFP"


def test_what_arm_v8_adds_to_the_psr_is_left_out(kernel: FakeKernel) -> None:
    registers = RegisterFile(-1)
    registers.load(ArmState())
    registers.write(PSTATE, 0x01F001D3)
    assert registers.save().cpsr == 0x1D3


@pytest.mark.parametrize("mode", Mode)
def test_registers_by_number_are_those_of_the_mode(kernel: FakeKernel, mode: Mode) -> None:
    state = ArmState()
    state.cpsr = 0x1C0 | mode
    for number in range(15):
        state.write_gpr(number, 0x100 + number)
    registers = RegisterFile(-1)
    registers.load(state)
    assert [registers.read(general_register(n, state.cpsr)) for n in range(15)] == [0x100 + n for n in range(15)]


def test_a_kernel_that_refuses_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    registers = RegisterFile(-1)
    with pytest.raises(api.KvmError):
        registers.save()
