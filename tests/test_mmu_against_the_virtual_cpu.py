"""Random translation tables and accesses on the virtual CPU and on ours: what is read, written, or which fault."""

from __future__ import annotations

import random

import pytest
import random_translation
from random_translation import CODE, MIB, RAM_SIZE, SCTLR_A, Translation
from vmsim_arch_arm.state import ArmState
from vmsim_core.address_map import RamRegion
from vmsim_core.cpu import Core, CoreParams, CpuModel
from vmsim_core.description import SystemDescription
from vmsim_core.ram import Ram
from vmsim_core.system import System
from vmsim_cpu_atomic.atomic_cpu import AtomicCpu, AtomicParams
from vmsim_cpu_kvm.kvm_cpu import KvmCpu, KvmParams

FOREVER = 1 << 62
LENGTH = 12
"""Instructions of a case; a few more may be run for handlers."""
CASES_OF_A_TRANSLATION = 24
FAULT_STATUS = 0x40F
ALIGNMENT_FAULT = 1
WALK_FAULTS = {0b00111: 0b01011, 0b00011: 0b01001, 0b00110: 0b01011}
"""Translation fault of a page, access flag fault of a section and of a page; and the domain fault instead."""
PAR_ATTRIBUTES = 0x4FC
"""NOS, SH, Inner and Outer of PAR (B4.1.112), which the virtual CPU leaves zero; test_mmu_memory_types.py has them."""
CLIENT, MANAGER = 1, 3
PREFETCH_VECTOR = 0xC


class Twin:
    """One core with 32 MiB of RAM at 0, of one model or the other."""

    def __init__(self, model: str) -> None:
        description = {"platform": "none", "memory": RAM_SIZE, "cpus": [{"start": model}]}
        self.system = System(SystemDescription.model_validate(description))
        self.ram = Ram("ram", RAM_SIZE)
        self.ram.view[:] = random_translation.filling()
        self.system.address_map.add(RamRegion("ram", 0, RAM_SIZE, self.ram))
        core = Core(self.system, "cpu0", CoreParams(start=model), 0)
        self.system.cores.append(core)
        self.cpu: CpuModel
        if model == "kvm":
            self.cpu = KvmCpu(self.system, "cpu0.kvm", KvmParams(), core)
        else:
            self.cpu = AtomicCpu(self.system, "cpu0.atomic", AtomicParams(), core)
        core.activate(self.cpu, ArmState(), 0)

    def start(self, memory: dict[int, bytes], state: ArmState) -> None:
        """Begin anew, with other contents of RAM."""
        self.cpu.suspend()
        for address, data in memory.items():
            self.ram.view[address : address + len(data)] = data
        self.cpu.load_state(state)

    def step(self) -> ArmState:
        """Execute one instruction, or take one exception."""
        self.cpu.run(FOREVER, 1)
        return self.state

    @property
    def state(self) -> ArmState:
        """The state of the core, without what PAR says about memory types."""
        state = self.cpu.save_state()
        assert isinstance(state, ArmState)
        if not state.par & 1:
            state.par &= ~PAR_ATTRIBUTES
        return state


def differences(ours: ArmState, theirs: ArmState) -> dict[str, str]:
    """Return the fields that must agree and do not: ours, and the virtual CPU's."""
    return {
        each.field: f"{each.mine:#x} {each.theirs:#x}"
        for each in ours.differences(theirs)
        if not each.host_dependent and not each.field.startswith("monitor_")
    }


def compare(seed: int, translations: int) -> int:
    """Compare cases of as many random translations; return how many instructions were."""
    generator = random.Random(seed)
    ours, theirs = Twin("atomic"), Twin("kvm")
    compared = 0
    for _ in range(translations):
        translation = random_translation.make_translation(generator)
        for case in range(CASES_OF_A_TRANSLATION):
            code = random_translation.make_code(generator, LENGTH)
            state = translation.state(generator, generator.random() < 0.5, random_translation.make_addresses(generator))
            memory = {random_translation.CODE_PAGE: random_translation.code_page(code)} | (
                translation.memory if case == 0 else {}
            )
            ours.start(memory, state)
            theirs.start(memory, state)
            compared += compare_case(ours, theirs, translation, code)
        assert ours.ram.view[MIB:] == theirs.ram.view[MIB:]
    return compared


def compare_case(ours: Twin, theirs: Twin, translation: Translation, code: list[str]) -> int:
    """Execute one instruction after the other; return how many were compared."""
    branch = translation.code + CODE + 4 * (len(code) - 1)
    before = ours.state
    for count in range(4 * LENGTH):
        if before.pc == branch and not random_translation.is_filling(ours.cpu.read_memory(before.r[0], 4)):
            return count
        one, other = ours.step(), theirs.step()
        if before.pc == branch:
            # The virtual CPU has taken the abort when the branch is done, ours takes it when it is to go on.
            one, other = ours.step(), theirs.step()
        if excused(before, one, other, translation, code) or found_earlier(before, one, other):
            if (other.lr_abt, other.dfar) != (one.lr_abt, one.dfar):
                undo_store(ours, theirs)
            return count
        found = differences(one, other)
        assert not found, report(found, before, code, translation.code)
        if before.pc == branch:
            return count + 1
        before = one
    raise AssertionError("no end")


def undo_store(ours: Twin, theirs: Twin) -> None:
    """Take back what the virtual CPU may have stored where ours did not: no more than one access, in two pages."""
    pages = range(MIB, RAM_SIZE, 1 << 12)
    differing = [page for page in pages if ours.ram.view[page : page + 4096] != theirs.ram.view[page : page + 4096]]
    assert len(differing) <= 2
    for page in differing:
        theirs.ram.view[page : page + 4096] = ours.ram.view[page : page + 4096]


def excused(before: ArmState, ours: ArmState, theirs: ArmState, translation: Translation, code: list[str]) -> bool:
    """Whether the virtual CPU differs as it looks at alignment only in exclusive accesses, and after all else there."""
    if ours.lr_abt == before.lr_abt or ours.dfsr & FAULT_STATUS != ALIGNMENT_FAULT or not ours.dfar & 3:
        return False
    if theirs.lr_abt == ours.lr_abt:
        return theirs.dfar - ours.dfar in range(4) and theirs.dfsr & FAULT_STATUS != ALIGNMENT_FAULT
    exclusive = code[(before.pc - translation.code - CODE) // 4].startswith(("ldrex", "swp"))
    return not exclusive and (bool(translation.sctlr & SCTLR_A) or not translation.all_normal)


def found_earlier(before: ArmState, ours: ArmState, theirs: ArmState) -> bool:
    """Whether ours is a fault of the walk, and the virtual CPU looked at the domain, or at XN, before that."""
    if ours.par != theirs.par:
        instead = WALK_FAULTS.get(ours.par >> 1 & 0x1F) if ours.par & 1 else None
        return instead is not None and (theirs.par >> 1 & 0x1F == instead or theirs.par & 1 == 0)
    fetch = ours.pc == before.vbar + PREFETCH_VECTOR
    ours_status, theirs_status = (ours.ifsr, theirs.ifsr) if fetch else (ours.dfsr, theirs.dfsr)
    instead = WALK_FAULTS.get(ours_status & FAULT_STATUS)
    if ours.lr_abt == before.lr_abt or instead is None:
        return False
    rights = before.dacr >> 2 * (ours_status >> 4 & 15) & 3
    if rights == MANAGER:
        return theirs.lr_abt != ours.lr_abt or theirs.dfar != ours.dfar
    if theirs.lr_abt != ours.lr_abt:
        return False
    if rights == CLIENT:
        return fetch and theirs_status & FAULT_STATUS == instead | 4
    return theirs_status & FAULT_STATUS == instead


def report(found: dict[str, str], before: ArmState, code: list[str], page: int) -> str:
    """Say what was executed, by what rules, and what differed."""
    index = (before.pc - page - CODE) // 4
    line = code[index] if 0 <= index < len(code) else "a handler"
    rules = " ".join(f"{name}={getattr(before, name):#x}" for name in ("cpsr", "sctlr", "ttbcr", "dacr", "pc"))
    return f"{line}: {found}; {rules}; r {[hex(value) for value in before.r]}"


@pytest.mark.parametrize("seed", range(4))
def test_translation(seed: int) -> None:
    assert compare(seed, 8) > 1000


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 108))
def test_many_translations(seed: int) -> None:
    assert compare(seed, 200) > 20_000
