"""The virtual CPU as a CPU model: state in and out, time, what it tells of its end."""

from __future__ import annotations

import random

import pytest
from arm_machine import assemble
from hypothesis import given, settings
from hypothesis import strategies as st
from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.state import ArmState
from vmsim_core.address_map import RamRegion
from vmsim_core.cpu import Core, CoreParams, CpuExit
from vmsim_core.description import SystemDescription
from vmsim_core.errors import VmsimError
from vmsim_core.ram import Ram
from vmsim_core.system import System
from vmsim_cpu_kvm.kvm_cpu import KvmCpu, KvmParams
from vmsim_cpu_kvm.kvm_probe import why_not
from vmsim_cpu_kvm.unicorn_vcpu import split_at_aliases

FOREVER = 1 << 62
SIZE = 1 << 20


def make_system(**core: object) -> tuple[System, Core, Ram]:
    description = {"platform": "none", "memory": SIZE, "cpus": [{"start": "kvm", **core}]}
    system = System(SystemDescription.model_validate(description))
    ram = Ram("ram", SIZE)
    system.address_map.add(RamRegion("ram", 0, SIZE, ram))
    system.cores.append(Core(system, "cpu0", CoreParams(start="kvm"), 0))
    return system, system.cores[0], ram


def make_cpu(system: System, core: Core, path: str = "cpu0.kvm", engine: str = "unicorn") -> KvmCpu:
    return KvmCpu(system, path, KvmParams.model_validate({"engine": engine}), core)


def reset_state(pc: int = 0) -> ArmState:
    state = Arm().reset_state(0)
    state.pc = pc
    return state


# Uses banked registers, flags, VFP, NEON, coprocessor registers, memory and supervisor calls for ever.
WORKLOAD = """
    mcr p15, 0, r0, c13, c0, 3
    mrc p15, 0, r1, c1, c0, 1
    orr r1, r1, #0x40
    mcr p15, 0, r1, c1, c0, 1
    mov r2, #0xf00000
    mcr p15, 0, r2, c1, c0, 2
    mov r2, #0x40000000
    vmsr fpexc, r2
    mov r10, #0x8000
    vmov s0, r10
loop:
    add r0, r0, #7
    eor r1, r1, r0, ror #3
    adcs r3, r3, r1
    vmov s1, r1
    vcvt.f32.u32 s2, s1
    vadd.f32 s0, s0, s2
    vadd.i16 q2, q2, q0
    str r1, [r10, r0]
    and r4, r0, #0xff0
    strb r3, [r10, r4]
    svc #1
    mrc p15, 0, r5, c13, c0, 3
    add r5, r5, #1
    mcr p15, 0, r5, c13, c0, 3
    cps #0x11
    add r8, r8, #1
    mov r13, r8
    cps #0x13
    and r0, r0, #0xff
    b loop
"""


def load_workload(ram: Ram) -> None:
    code = assemble(WORKLOAD, 0x100)
    ram.view[0x100 : 0x100 + len(code)] = code
    handler = assemble("add r6, r6, #1; movs pc, lr", 8)
    ram.view[8 : 8 + len(handler)] = handler


def run_with_handovers(pieces: list[int]) -> tuple[ArmState, bytes, int]:
    """Run the workload; after each piece a fresh instance of the same model takes over."""
    system, core, ram = make_system()
    load_workload(ram)
    state, time = reset_state(0x100), 0
    for number, piece in enumerate(pieces):
        cpu = make_cpu(system, core, f"cpu0.kvm{number}")
        core.activate(cpu, state, time)
        assert cpu.run(FOREVER, piece) is CpuExit.DEADLINE
        assert cpu.retired == piece
        state, time = cpu.save_state(), cpu.time
        cpu.release()
    return state, bytes(ram.view), time


def test_handing_over_to_a_fresh_instance_changes_nothing() -> None:
    whole = run_with_handovers([3000])
    chooser = random.Random(7)
    pieces = [chooser.randint(1, 120) for _ in range(40)]
    pieces.append(3000 - sum(pieces))
    assert pieces[-1] > 0
    cut = run_with_handovers(pieces)
    assert cut[0].differences(whole[0]) == []
    assert cut[1:] == whole[1:]


words = st.integers(0, 0xFFFFFFFF)
FREE_WORDS = [
    "ttbr1", "dfar", "ifar", "contextidr", "tpidrurw", "tpidruro", "tpidrprw", "diagnostic", "pmccntr", "pc",
    "sp_usr", "lr_usr", "sp_fiq", "lr_fiq", "sp_irq", "lr_irq", "sp_svc", "lr_svc", "sp_abt", "lr_abt", "sp_und",
    "lr_und", "spsr_fiq", "spsr_irq", "spsr_svc", "spsr_abt", "spsr_und",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_state_comes_back_bit_for_bit(data: st.DataObject) -> None:
    system, core, _ = make_system()
    cpu = make_cpu(system, core)
    state = reset_state()
    for name in FREE_WORDS:
        setattr(state, name, data.draw(words))
    state.pc &= ~3
    state.vbar = data.draw(words) & ~0x1F
    for bank in (state.r, state.r8_12_usr, state.r8_12_fiq):
        bank[:] = [data.draw(words) for _ in bank]
    for values in (state.dbgbvr, state.dbgwvr):
        values[:] = [data.draw(words) & ~3 for _ in values]
    state.dbgoslock = data.draw(st.integers(0, 1))
    state.teecr = data.draw(st.integers(0, 1))
    state.teehbr = data.draw(words)
    state.pmccntr_prescaler = data.draw(st.integers(0, 63))
    state.d[:] = [data.draw(st.integers(0, (1 << 64) - 1)) for _ in state.d]
    mode = data.draw(st.sampled_from([0x10, 0x11, 0x12, 0x13, 0x17, 0x1B, 0x1F]))
    state.cpsr = (data.draw(words) & 0xF80F01C0) | mode
    state.fpscr = data.draw(words) & 0xF7C0009F
    state.waiting = data.draw(st.integers(0, 2))
    state.event_register = data.draw(st.integers(0, 1))
    core.activate(cpu, state, 0)
    assert cpu.save_state().differences(state) == []
    cpu.release()


def test_time_is_counted_in_instructions_and_skips_on_their_grid() -> None:
    system, core, ram = make_system(clock="800MHz", cpi=4)
    load_workload(ram)
    cpu = make_cpu(system, core)
    core.activate(cpu, reset_state(0x100), 1234)
    assert cpu.period == 5000
    cpu.run(FOREVER, 10)
    assert cpu.time == 1234 + 50000
    cpu.skip_to(cpu.time + 1)
    assert cpu.time == 1234 + 55000
    cpu.skip_to(0)
    assert cpu.time == 1234 + 55000
    assert cpu.run(cpu.time + 5001, 1000) is CpuExit.DEADLINE
    assert cpu.retired == 12


def test_a_clock_that_is_no_whole_number_of_ticks_is_refused() -> None:
    system, core, _ = make_system(clock=3_000_000_007, cpi=1)
    with pytest.raises(VmsimError, match="whole number of picoseconds"):
        make_cpu(system, core)


def test_the_end_says_where_and_why() -> None:
    system, core, ram = make_system()
    ram.view[0x200:0x204] = assemble("end: b end", 0x200)
    cpu = make_cpu(system, core)
    core.activate(cpu, reset_state(0x200), 0)
    assert cpu.run(FOREVER, 10) is CpuExit.HALTED
    assert "0x00000200" in cpu.exit_detail


def test_what_a_device_writes_over_code_is_seen() -> None:
    system, core, ram = make_system()
    ram.view[0x200:0x208] = assemble("loop: add r3, r3, #1; b loop", 0x200)
    cpu = make_cpu(system, core)
    core.activate(cpu, reset_state(0x200), 0)
    cpu.run(FOREVER, 100)
    system.address_map.write_block(0x200, assemble("add r4, r4, #1", 0x200))
    cpu.run(FOREVER, 100)
    state = cpu.save_state()
    assert (state.r[3], state.r[4]) == (50, 50)


def test_a_trapped_register_is_the_cortex_a9s_own() -> None:
    system, core, ram = make_system()
    program = (
        "mrc p15, 0, r0, c0, c0, 5; mrc p15, 4, r1, c15, c0, 0; mvn r2, #0; mcr p15, 0, r2, c1, c0, 1; "
        "mrc p15, 0, r3, c1, c0, 1; mov r4, #0x80000000; mcr p15, 0, r4, c9, c12, 1; mov r4, #1; "
        "mcr p15, 0, r4, c9, c12, 0; nop; nop; mrc p15, 0, r5, c9, c13, 0; end: b end"
    )
    code = assemble(program, 0x200)
    ram.view[0x200 : 0x200 + len(code)] = code
    cpu = make_cpu(system, core)
    state = reset_state(0x200)
    state.cbar = 0x1F000000
    core.activate(cpu, state, 0)
    cpu.run(FOREVER, 100)
    after = cpu.save_state()
    assert (after.r[0], after.r[1]) == (0x80000000, 0x1F000000)
    assert after.r[3] == 0x3CF
    assert after.r[5] == 3 * 2, "the cycle counter counts two cycles for each instruction"


def test_a_trapped_register_is_undefined_in_user_mode() -> None:
    system, core, ram = make_system()
    ram.view[0x200:0x204] = assemble("mrc p15, 0, r0, c1, c0, 1", 0x200)
    ram.view[4:8] = assemble("end: b end", 4)
    cpu = make_cpu(system, core)
    state = reset_state(0x200)
    state.cpsr = 0x1D0
    core.activate(cpu, state, 0)
    assert cpu.run(FOREVER, 10) is CpuExit.HALTED
    after = cpu.save_state()
    assert (after.pc, after.cpsr & 0x1F, after.lr_und, cpu.retired) == (4, 0x1B, 0x204, 0)


@pytest.mark.skipif(why_not() is None, reason="this host can run it")
def test_the_kvm_engine_is_refused_where_the_host_cannot_run_it() -> None:
    system, core, _ = make_system()
    with pytest.raises(VmsimError, match="engine: kvm cannot be used: ") as error:
        make_cpu(system, core, engine="kvm")
    assert len(error.value.lines()) == 1


def test_the_best_engine_is_chosen_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    system, core, _ = make_system()
    with caplog.at_level("INFO"):
        cpu = make_cpu(system, core, engine="auto")
    if why_not() is None:
        assert cpu._vcpu.name == "kvm"
    else:
        assert cpu._vcpu.name == "unicorn"
        assert f"cpu0.kvm: engine unicorn, not kvm: {why_not()}" in caplog.messages
    cpu.release()


def test_ram_is_cut_where_an_alias_begins_and_ends() -> None:
    board, tile = Ram("board", 0x4000), Ram("tile", 0x1000)
    regions = [
        RamRegion("low", 0, 0x2000, board),
        RamRegion("tile", 0x20000000, 0x1000, tile),
        RamRegion("high", 0x70000000, 0x4000, board),
    ]
    pieces = [(base, ram.name, offset, size) for base, ram, offset, size in split_at_aliases(regions)]
    assert pieces == [
        (0, "board", 0, 0x2000),
        (0x20000000, "tile", 0, 0x1000),
        (0x70000000, "board", 0, 0x2000),
        (0x70002000, "board", 0x2000, 0x2000),
    ]


EXCLUSIVE = """
    mov r1, #0x8000
    {load}
    add r2, r0, #1
    {store}
    b .
"""
EXCLUSIVES = {
    1: {"load": "ldrexb r0, [r1]", "store": "strexb r4, r2, [r1]"},
    2: {"load": "ldrexh r0, [r1]", "store": "strexh r4, r2, [r1]"},
    4: {"load": "ldrex r0, [r1]", "store": "strex r4, r2, [r1]"},
    8: {"load": "ldrexd r6, r7, [r1]", "store": "strexd r4, r6, r7, [r1]"},
}
"""By the bytes that are loaded and stored."""


@pytest.mark.parametrize("value", [0, 0x7F, 0x7FFE, 0x8000_0001])
@pytest.mark.parametrize("size", EXCLUSIVES)
@pytest.mark.parametrize("cpsr", [0, 1 << 5, 1 << 9], ids=["arm", "thumb", "big-endian"])
@pytest.mark.parametrize("disturbed", [False, True], ids=["", "disturbed"])
def test_a_state_taken_between_exclusive_load_and_store_carries_the_monitor(
    value: int, size: int, cpsr: int, disturbed: bool
) -> None:
    """Otherwise a guest that goes on from a checkpoint would try again, and execute more instructions."""
    system, core, ram = make_system()
    ram.view[0:64] = assemble(EXCLUSIVE.format(**EXCLUSIVES[size]), thumb=bool(cpsr & 1 << 5)).ljust(64, b"\0")
    ram.view[0x8000:0x8008] = value.to_bytes(8, "little")
    first = make_cpu(system, core, "cpu0.first")
    start = reset_state()
    start.cpsr |= cpsr
    core.activate(first, start, 0)
    first.run(FOREVER, 3)
    state = first.save_state()
    monitor = (state.monitor_valid, state.monitor_address, state.monitor_size, state.monitor_virtual_address)
    assert monitor == (1, 0x8000, size, 0x8000)
    if disturbed:
        ram.view[0x8000] ^= 0xFF
        state = first.save_state()
        assert state.monitor_valid == 0
    for cpu in (make_cpu(system, core, "cpu0.second"), first):
        cpu.load_state(state)
        assert cpu.save_state().monitor_size == state.monitor_size
        cpu.run(FOREVER, 1)
        assert cpu.save_state().r[4] == disturbed
        assert cpu.save_state().monitor_valid == 0
        ram.view[0x8000:0x8008] = (value ^ 0xFF * disturbed).to_bytes(8, "little")


def test_a_state_without_the_monitor_takes_it_from_an_engine_that_holds_it() -> None:
    system, core, ram = make_system()
    ram.view[0:64] = assemble(EXCLUSIVE.format(**EXCLUSIVES[4])).ljust(64, b"\0")
    cpu = make_cpu(system, core)
    core.activate(cpu, reset_state(), 0)
    cpu.run(FOREVER, 3)
    state = cpu.save_state()
    state.monitor_valid = 0
    cpu.load_state(state)
    cpu.run(FOREVER, 1)
    assert cpu.save_state().r[4] == 1


def test_cpacr_keeps_what_allows_the_vfp() -> None:
    """Unicorn's core starts in a state in which it would ignore that, and run VFP code all the same."""
    system, core, ram = make_system()
    program = "mcr p15, 0, r2, c1, c0, 2\nmrc p15, 0, r3, c1, c0, 2\nvmsr fpexc, r4\nvmov s0, r4\nvmov r5, s0\nb ."
    ram.view[0x8000:0x8040] = assemble(program, 0x8000).ljust(64, b"\0")
    cpu = make_cpu(system, core)
    state = reset_state(0x8000)
    state.r[2], state.r[4] = 0x00F0_0000, 0x4000_0000
    core.activate(cpu, state, 0)
    cpu.run(FOREVER, 5)
    after = cpu.save_state()
    assert (after.r[3], after.cpacr, after.r[5]) == (0x00F0_0000, 0x00F0_0000, 0x4000_0000)
