"""The engine's rules, one by one: exact counts, exact times, exceptions, stale translations."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
from arm_machine import ALIAS, DEVICE, PERIOD, SUPERVISOR_MASKED, SUPERVISOR_OPEN, Machine, assemble
from unicorn import arm_const
from vmsim_cpu_kvm.run_loop import RunResult

THUMB = 0x20


def slicings() -> Iterator[tuple[str, Iterator[int]]]:
    yield "unlimited", iter(())
    for length in (1, 2, 3, 7):
        yield str(length), itertools.repeat(length)
    chooser = random.Random(1)
    yield "random", iter(lambda: chooser.randint(1, 9), 0)


# Every program ends in a branch to itself with interrupts masked. r0 points to the device, r13 to RAM.
SLICED_PROGRAMS = {
    "loads and stores with writeback": (
        "mov r4, #20; loop: ldr r1, [r0], #4; str r1, [r0, #8]!; strb r1, [r0, #1]; subs r4, r4, #1; bne loop; "
        "end: b end",
        False,
    ),
    "multiple registers": ("ldm r0!, {r1-r8}; stm r0!, {r1-r8}; push {r1-r8}; end: b end", False),
    "doublewords": ("ldrd r2, r3, [r0]; strd r2, r3, [r0, #16]; end: b end", False),
    "conditional": ("cmp r0, #0; ldreq r1, [r0]; ldrne r2, [r0]; strne r2, [r0, #4]; end: b end", False),
    "unaligned": ("add r0, r0, #1; ldr r1, [r0]; str r1, [r0, #8]; ldrh r2, [r0, #2]; end: b end", False),
    "floating point": ("vldr d0, [r0]; vstr d0, [r0, #8]; vldm r0!, {s4-s11}; end: b end", False),
    "exclusives": ("mov r5, r13; ldrex r1, [r5]; add r1, r1, #1; strex r2, r1, [r5]; end: b end", False),
    "swap": ("mov r5, #3; swp r6, r5, [r0]; end: b end", False),
    "thumb": ("movs r4, #20; loop: ldr r1, [r0]; str r1, [r0, #4]; subs r4, #1; bne loop; end: b end", True),
    "it block": (
        "movs r4, #9; loop: cmp r4, #4; ittee lt; ldrlt r1, [r0]; strlt r1, [r0, #4]; ldrge r2, [r0, #8]; "
        "strge r2, [r0, #12]; subs r4, #1; bne loop; end: b end",
        True,
    ),
    "hints": ("yield; sev; wfe; nop; add r1, r1, #1; end: b end", False),
    "hints in an it block": ("cmp r0, r0; itete eq; yieldeq; addne r1, #1; seveq; addne r1, #1; wfe; end: b end", True),
}


@pytest.mark.parametrize("name", SLICED_PROGRAMS)
def test_slicing_changes_nothing(name: str) -> None:
    source, thumb = SLICED_PROGRAMS[name]
    results = {}
    for slicing, lengths in slicings():
        machine = Machine()
        machine.load(source, thumb=thumb)
        machine.engine.write_coprocessor(15, 1, 0, 0, 2, 0x00F00000)  # CPACR: VFP for all
        machine.engine.write_register(arm_const.UC_ARM_REG_FPEXC, 1 << 30)
        machine.start(0, SUPERVISOR_MASKED | (THUMB if thumb else 0))
        machine.set_register(0, DEVICE)
        machine.set_register(13, 0x8000)
        machine.events.next_tick = 1 << 62
        result = machine.run(1000, lengths)
        assert result is RunResult.ENDLESS_LOOP
        results[slicing] = machine.snapshot()
    assert all(result == results["unlimited"] for result in results.values())


def test_a_device_sees_the_time_of_the_very_instruction() -> None:
    machine = Machine()
    machine.load("nop; nop; ldr r1, [r0]; nop; str r1, [r0, #4]; nop; end: b end")
    machine.start()
    machine.set_register(0, DEVICE)
    machine.run(7)
    assert [access.tick for access in machine.accesses] == [2 * PERIOD, 4 * PERIOD]


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("thumb", [False, True])
def test_an_interrupt_raised_by_the_access_is_taken_before_the_next_instruction(write: bool, thumb: bool) -> None:
    machine = Machine()
    access = "str r1, [r0]" if write else "ldr r1, [r0]"
    machine.load(f"adds r2, r2, #1; {access}; adds r2, r2, #1; adds r2, r2, #1; end: b end", 0x100, thumb)
    machine.load("end: b end", 0x18)
    machine.start(0x100, SUPERVISOR_OPEN | (THUMB if thumb else 0))
    machine.set_register(0, DEVICE)
    machine.on_access = lambda access: machine.engine.set_interrupts(True, False, False)
    machine.run(5)
    assert len(machine.accesses) == 1
    assert machine.register(2) == 1
    assert machine.cpsr & 0x1F == 0x12
    assert machine.register(14) == 0x100 + (2 + 2 if thumb else 4 + 4) + 4


def test_an_access_inside_an_it_block_with_consequences_is_done_once() -> None:
    machine = Machine()
    machine.load("cmp r0, r0; itt eq; streq r1, [r0]; addeq r2, #1; add r2, #1; end: b end", 0x100, thumb=True)
    machine.load("end: b end", 0x18)
    machine.start(0x100, SUPERVISOR_OPEN | THUMB)
    machine.set_register(0, DEVICE)
    machine.on_access = lambda access: machine.engine.set_interrupts(True, False, False)
    machine.run(6)
    assert len(machine.accesses) == 1
    assert machine.register(2) == 0
    assert (
        machine.engine.read_register(arm_const.UC_ARM_REG_SPSR) >> 25 & 3
        or machine.engine.read_register(arm_const.UC_ARM_REG_SPSR) & 0xFC00
    ), "the interrupted IT state belongs into SPSR"


def test_an_event_that_an_access_schedules_pulls_the_deadline_in() -> None:
    machine = Machine()
    machine.load("str r1, [r0]; " + "add r2, r2, #1; " * 20 + "end: b end")
    machine.start()
    machine.set_register(0, DEVICE)

    def schedule(access: object) -> None:
        machine.events.next_tick = 5 * PERIOD + 1

    machine.on_access = schedule
    assert machine.engine.run(1 << 62, 1000) is RunResult.REACHED_LIMIT
    assert machine.engine.retired == 6
    assert machine.register(2) == 5


def test_stop_takes_effect_after_the_accessing_instruction() -> None:
    machine = Machine()
    machine.load("ldm r0, {r1-r4}; add r5, r5, #1; end: b end")
    machine.start()
    machine.set_register(0, DEVICE)
    machine.on_access = lambda access: machine.engine.stop()
    assert machine.engine.run(1 << 62, 1000) is RunResult.STOPPED
    assert machine.engine.retired == 1
    assert len(machine.accesses) == 4


EXCEPTIONS = {
    # name: (program at 0x100, Thumb, instructions until the vector, mode, vector, return address)
    "svc": ("nop; svc #0", False, 2, 0x13, 0x08, 0x108),
    "svc thumb": ("nop; svc #0", True, 2, 0x13, 0x08, 0x104),
    "undefined": ("nop; udf #0", False, 1, 0x1B, 0x04, 0x108),
    "undefined thumb": ("nop; udf #0", True, 1, 0x1B, 0x04, 0x104),
    "breakpoint": ("nop; bkpt #0", False, 1, 0x17, 0x0C, 0x108),
    "breakpoint thumb": ("nop; bkpt #0", True, 1, 0x17, 0x0C, 0x106),
}


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_exceptions_enter_with_the_right_return_address_and_count(name: str) -> None:
    source, thumb, count, mode, vector, return_address = EXCEPTIONS[name]
    machine = Machine()
    machine.load(source + "; nop; nop", 0x100, thumb)
    machine.load("end: b end", vector)
    machine.start(0x100, SUPERVISOR_OPEN | (THUMB if thumb else 0))
    assert machine.run(count + 1) is RunResult.ENDLESS_LOOP
    assert machine.engine.retired == count
    assert machine.register(15) == vector
    assert machine.cpsr & 0x1F == mode
    assert machine.register(14) == return_address


def make_page_table(machine: Machine, sections: dict[int, int], base: int = 0x4000) -> None:
    """Write first-level descriptors: virtual megabyte -> section descriptor; domain 0 is a client."""
    for megabyte, descriptor in sections.items():
        machine.poke(base + 4 * megabyte, descriptor.to_bytes(4, "little"))


SECTION = 0x00000C02  # full access (AP 11), domain 0
NEVER_EXECUTE = 1 << 4


def enable_mmu(machine: Machine, base: int = 0x4000) -> None:
    machine.engine.write_coprocessor(15, 2, 0, 0, 0, base)
    machine.engine.write_coprocessor(15, 3, 0, 0, 0, 1)
    machine.engine.write_coprocessor(15, 1, 0, 0, 0, machine.engine.read_coprocessor(15, 1, 0, 0, 0) | 1)


def test_data_and_prefetch_aborts_say_where_and_why() -> None:
    machine = Machine()
    make_page_table(machine, {0: SECTION})
    machine.load("end: b end", 0x10)
    machine.load("end: b end", 0x0C)
    machine.load("nop; str r1, [r0]; nop", 0x100)
    enable_mmu(machine)
    machine.start(0x100)
    machine.set_register(0, 0x00300004)
    machine.run(2)
    assert (machine.register(15), machine.register(14)) == (0x10, 0x104 + 8)
    assert machine.engine.read_coprocessor(15, 6, 0, 0, 0) == 0x00300004
    assert machine.engine.read_coprocessor(15, 5, 0, 0, 0) == 0x805  # a write, section translation fault
    machine.start(0x00400000)
    machine.run(1)
    assert (machine.register(15), machine.register(14)) == (0x0C, 0x00400004)
    assert machine.engine.read_coprocessor(15, 6, 0, 0, 2) == 0x00400000
    assert machine.engine.read_coprocessor(15, 5, 0, 0, 1) & 0x40F == 0x005


def test_a_load_multiple_that_faults_after_device_accesses_repeats_them() -> None:
    machine = Machine()
    make_page_table(machine, {0: SECTION, 2: SECTION | DEVICE})
    machine.load("end: b end", 0x10)
    machine.load("ldm r0, {r1-r4}", 0x100)
    enable_mmu(machine)
    machine.start(0x100)
    machine.set_register(0, 0x002FFFF8)  # two words in the device, two in a hole
    for attempt in (1, 2):
        machine.start(0x100)
        machine.run(1)
        assert machine.register(15) == 0x10
        assert len(machine.accesses) == 2 * attempt
        assert machine.engine.retired == 0


REPLACE = "adds r4, r4, #1"
CALLS = "blx r6; str r2, [r5]; blx r6; end: b end"


@pytest.mark.parametrize("thumb", [False, True])
def test_self_modifying_code_is_seen(thumb: bool) -> None:
    machine = Machine()
    machine.load("adds r3, r3, #1; bx lr", 0x200, thumb)
    machine.load(CALLS, 0x100)
    machine.start(0x100)
    machine.set_register(6, 0x200 | thumb)
    machine.set_register(5, 0x200)
    new = assemble(f"{REPLACE}; bx lr", 0, thumb)
    machine.set_register(2, int.from_bytes(new[:4], "little"))
    machine.run(8)
    assert (machine.register(3), machine.register(4)) == (1, 1)


def test_code_written_through_a_mapping_that_is_not_executable_is_seen() -> None:
    machine = Machine()
    make_page_table(machine, {0: SECTION, 1: SECTION | NEVER_EXECUTE})
    machine.load("adds r3, r3, #1; bx lr", 0x80200)
    machine.load(CALLS, 0x100)
    machine.load(REPLACE, 0x300)
    enable_mmu(machine)
    machine.start(0x100)
    machine.set_register(6, 0x80200)
    machine.set_register(5, 0x00180200)
    machine.set_register(2, machine.word(0x300))
    machine.run(8)
    assert (machine.register(3), machine.register(4)) == (1, 1)


def test_code_written_through_the_other_alias_of_ram_is_seen() -> None:
    machine = Machine()
    machine.load("adds r3, r3, #1; bx lr", 0x80200)
    machine.load(CALLS, 0x100)
    machine.load(REPLACE, 0x300)
    machine.start(0x100)
    machine.set_register(6, 0x80200)
    machine.set_register(5, ALIAS + 0x80200)
    machine.set_register(2, machine.word(0x300))
    machine.run(8)
    assert (machine.register(3), machine.register(4)) == (1, 1)


def test_code_that_the_host_has_written_is_seen() -> None:
    machine = Machine()
    machine.load("loop: adds r3, r3, #1; b loop", 0x200)
    machine.start(0x200)
    machine.run(100)
    machine.load(REPLACE, 0x200)
    machine.run(100)
    assert (machine.register(3), machine.register(4)) == (50, 50)


def test_two_address_spaces_with_other_code_of_the_same_size() -> None:
    machine = Machine()
    for table, where in ((0x4000, 0x40000), (0x8000, 0x48000)):
        make_page_table(machine, {0: SECTION}, table)
        second_level = 0x10000 if table == 0x4000 else 0x11000
        machine.poke(table + 4 * 2, (second_level | 1).to_bytes(4, "little"))
        machine.poke(second_level, (where | 0x32).to_bytes(4, "little"))
    # Six bytes each: three instructions in one space, two in the other.
    machine.load("adds r3, #1; adds r3, #1; bx lr", 0x40000, thumb=True)
    machine.load("add.w r4, r4, #1; bx lr", 0x48000, thumb=True)
    machine.load(
        "loop: mcr p15, 0, r7, c2, c0, 0; mcr p15, 0, r9, c8, c7, 0; blx r6; "
        "mcr p15, 0, r8, c2, c0, 0; mcr p15, 0, r9, c8, c7, 0; blx r6; b loop",
        0x100,
    )
    results = []
    for _, lengths in slicings():
        machine.start(0x100)
        for register in (3, 4):
            machine.set_register(register, 0)
        machine.set_register(6, 0x00200001)
        machine.set_register(7, 0x4000)
        machine.set_register(8, 0x8000)
        enable_mmu(machine)
        machine.run(12 * 50, lengths)
        results.append((machine.register(3), machine.register(4), machine.register(15)))
    assert results == [(100, 50, 0x100)] * len(results)


def test_code_can_run_from_either_alias_of_ram() -> None:
    machine = Machine()
    machine.load("adds r3, r3, #1; bx lr", 0x200)
    machine.start(ALIAS + 0x200)
    assert machine.run(10) is RunResult.NEEDS_ALIAS
    machine.engine.map_alias()
    machine.start(ALIAS + 0x200)
    machine.set_register(14, 0x200)
    assert machine.run(10) is RunResult.NEEDS_ALIAS
    assert (machine.register(3), machine.engine.retired) == (1, 2)


def test_code_in_device_space_is_an_external_abort() -> None:
    machine = Machine()
    machine.load("end: b end", 0x0C)
    machine.start(DEVICE)
    assert machine.run(10) is RunResult.ENDLESS_LOOP
    assert machine.engine.read_coprocessor(15, 5, 0, 0, 1) == 0x008
    assert machine.register(14) == DEVICE + 4


def test_wfi_waits_until_an_interrupt_is_pending_even_when_masked() -> None:
    machine = Machine()
    machine.load("wfi; add r1, r1, #1; end: b end")
    machine.start()
    assert machine.run(10) is RunResult.WAITING
    assert machine.engine.retired == 1
    assert machine.run(10) is RunResult.WAITING
    machine.engine.set_interrupts(True, False, False)
    assert machine.run(1) is RunResult.REACHED_LIMIT
    assert machine.register(1) == 1


def test_wfi_in_an_it_block() -> None:
    machine = Machine()
    machine.load("cmp r0, r0; itee eq; wfieq; addne r1, #1; addne r1, #1; add r2, #1; end: b end", thumb=True)
    machine.start(0, SUPERVISOR_MASKED | THUMB)
    assert machine.run(20) is RunResult.WAITING
    assert machine.engine.retired == 3
    machine.engine.set_interrupts(True, False, False)
    machine.run(3)
    assert (machine.register(1), machine.register(2)) == (0, 1)


def test_wfe_waits_unless_an_event_is_registered() -> None:
    machine = Machine()
    machine.load("sev; wfe; add r1, r1, #1; wfe; end: b end")
    machine.start()
    assert machine.run(20) is RunResult.WAITING
    assert (machine.register(1), machine.engine.retired) == (1, 4)
    machine.engine.set_interrupts(True, False, False)
    assert machine.run(20) is RunResult.WAITING, "a masked interrupt does not end WFE"


def test_a_branch_to_itself_is_the_end_only_when_nothing_can_interrupt_it() -> None:
    machine = Machine()
    machine.load("end: b end")
    machine.start()
    assert machine.run(1000) is RunResult.ENDLESS_LOOP
    machine.start(0, SUPERVISOR_OPEN)
    assert machine.run(1000) is RunResult.REACHED_LIMIT


@pytest.mark.parametrize("thumb", [False, True])
def test_semihosting_calls_go_to_the_simulator_only_when_enabled(thumb: bool) -> None:
    calls: list[tuple[int, int]] = []
    for enabled in (True, False):
        machine = Machine()
        machine.load(f"svc #{'0xAB' if thumb else '0x123456'}; end: b end", 0x100, thumb)
        machine.load("end: b end", 0x08)
        if enabled:
            machine.engine.enable_semihosting(lambda operation, parameter: calls.append((operation, parameter)) or 42)
        machine.start(0x100, SUPERVISOR_MASKED | (THUMB if thumb else 0))
        machine.set_register(0, 4)
        machine.set_register(1, 0x1234)
        machine.run(10)
        assert machine.register(15) == (0x102 if thumb else 0x104) if enabled else machine.register(15) == 0x08
        assert machine.register(0) == (42 if enabled else 4)
    assert calls == [(4, 0x1234)]


def test_exceptions_without_end_are_seen() -> None:
    for lengths in ((), itertools.repeat(1)):
        machine = Machine()
        machine.load("udf #0", 0x04)
        machine.load("nop; udf #0", 0x100)
        machine.start(0x100)
        assert machine.run(100, lengths) is RunResult.ENDLESS_EXCEPTIONS
        assert (machine.engine.retired, machine.register(15)) == (1, 4)


def test_smc_ends_the_run_with_a_reason() -> None:
    machine = Machine()
    machine.poke(0, (0xE1600070).to_bytes(4, "little"))  # smc #0
    machine.start()
    assert machine.engine.run(1 << 62, 10) is RunResult.FAILED
    assert "SMC" in machine.engine.failure


def test_an_exception_in_a_device_comes_out_of_run() -> None:
    machine = Machine()
    machine.load("ldr r1, [r0]; end: b end")
    machine.start()
    machine.set_register(0, DEVICE)

    def broken(access: object) -> None:
        raise RuntimeError("a broken device")

    machine.on_access = broken
    with pytest.raises(RuntimeError, match="a broken device"):
        machine.run(10)


def test_memory_is_given_back() -> None:
    machine = Machine()
    machine.engine.close()
    machine.engine.close()
