"""Linux boots, ends, and does the same every time."""

from __future__ import annotations

import shutil

import pytest
from vmsim_core.exits import GuestExit, Halt, InstructionLimit, PowerOff, Reset, TextSeen
from vmsim_core.simulation import RunLimits
from whole_system import USER_SPACE, Outcome, linux, make_simulation, run, run_qemu, without_times

pytestmark = pytest.mark.guest
qemu = pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="qemu-system-arm is not installed")


def boot(*, slice_instructions: int | None = None, until: RunLimits | None = None, **workload: str) -> Outcome:
    simulation = make_simulation(*linux(**workload))
    if slice_instructions is not None:
        simulation.slice_instructions = slice_instructions
    return run(simulation, until)


def test_the_small_kernel_reaches_user_space_in_few_instructions() -> None:
    outcome = boot(until=RunLimits(text=USER_SPACE, host_seconds=120))
    assert outcome.cause == TextSeen(USER_SPACE)
    assert outcome.instructions < 120_000_000


def test_debians_own_kernel_reaches_a_shell_and_powers_off() -> None:
    outcome = boot(kernel="debian-armmp", append="vmsim.run=true")
    assert USER_SPACE in outcome.text
    assert isinstance(outcome.cause, PowerOff | Halt)
    assert "command ended with status 0" in outcome.text


def test_the_guests_own_decompressor_works_too() -> None:
    outcome = boot(unpack="guest", until=RunLimits(text=USER_SPACE, host_seconds=120))
    assert outcome.cause == TextSeen(USER_SPACE)


ENDINGS = {"poweroff -f": PowerOff, "reboot -f": Reset, "halt -f": Halt}


@pytest.mark.parametrize("command", ENDINGS)
def test_the_end_of_a_run_is_recognised(command: str) -> None:
    outcome = boot(append=f'vmsim.run="{command}"')
    assert isinstance(outcome.cause, ENDINGS[command])


def test_a_boot_is_the_same_twice_and_however_it_is_sliced() -> None:
    limit = RunLimits(instructions=30_000_000)
    whole = boot(until=limit)
    assert whole.cause == InstructionLimit()
    assert whole.instructions == 30_000_000
    assert boot(until=limit) == whole
    for length in (1_000_000, 9973):
        assert boot(until=limit, slice_instructions=length) == whole


@pytest.mark.slow
@pytest.mark.parametrize("length", [101, 7])
def test_short_slices_of_a_boot(length: int) -> None:
    limit = RunLimits(instructions=8_000_000)
    assert boot(until=limit, slice_instructions=length) == boot(until=limit)


@pytest.mark.slow
@pytest.mark.parametrize("length", [1_000_000, 9973])
def test_debians_boot_is_the_same_however_it_is_sliced(length: int) -> None:
    limit = RunLimits(text=USER_SPACE)
    assert boot(kernel="debian-armmp", until=limit, slice_instructions=length) == boot(
        kernel="debian-armmp", until=limit
    )


# What differs between our board and QEMU's model of it is named here, line by line.
DIFFERENT_BY_DESIGN = (
    "Memory:",  # the size of the initial RAM disk and the device tree
    "OF: fdt:",
    "Machine model",
    "L2C-310 dynamic clock gating",  # the power control register, which QEMU's model lacks
    "rtc-pl031 10017000.rtc: setting system clock",  # our base time is fixed, QEMU's is the host's
)


@qemu
def test_the_small_kernel_says_what_it_says_under_qemu() -> None:
    ours = boot(until=RunLimits(text=USER_SPACE, host_seconds=120), dtb="guest:realview-dtb")
    theirs = run_qemu("realview", "busybox", until=USER_SPACE)
    expected = [line for line in without_times(theirs) if not line.startswith(DIFFERENT_BY_DESIGN)]
    got = [line for line in without_times(ours.text) if not line.startswith(DIFFERENT_BY_DESIGN)]
    missing = [line for line in expected if line not in got]
    assert missing == []


@qemu
def test_the_stress_of_user_space_prints_what_it_prints_under_qemu() -> None:
    done = "vmsim: stress done"
    ours = boot(initrd="busybox-stress", until=RunLimits(text=done, host_seconds=200))
    theirs = run_qemu("realview", "busybox-stress", until=done)
    start = USER_SPACE
    assert ours.cause == TextSeen(done)
    assert (
        ours.text.replace("\r", "").partition(start)[2].strip() == theirs.replace("\r", "").partition(start)[2].strip()
    )


PROGRAMS = ["hello", "timer-irq", "sgi", "vfp-neon", "self-modifying", "exceptions", "exclusive"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_bare_metal_program_finds_itself_right(program: str) -> None:
    outcome = run(make_simulation(("workload.kernel", f"guest:{program}")), RunLimits(host_seconds=60))
    assert outcome.cause == GuestExit(0)


@pytest.mark.parametrize("program", ["halt", "wfi-halt"])
def test_a_program_that_nothing_can_wake_is_a_halt(program: str) -> None:
    outcome = run(make_simulation(("workload.kernel", f"guest:{program}")), RunLimits(host_seconds=60))
    assert isinstance(outcome.cause, Halt)


def test_a_program_reads_its_arguments_and_ends_with_its_own_code() -> None:
    simulation = make_simulation(("workload.kernel", "guest:exit-code"), ("workload.arguments", "['exit-code', '42']"))
    assert run(simulation, RunLimits(host_seconds=60)).cause == GuestExit(42)


def test_semihosting_prints_and_exits_only_when_allowed() -> None:
    simulation = make_simulation(("workload.kernel", "guest:semihost-hello"), ("workload.semihosting", "true"))
    printed = bytearray()
    simulation.system.serial_port("semihosting").listen(printed.extend)
    assert run(simulation, RunLimits(host_seconds=60)).cause == GuestExit(0)
    assert b"hello" in bytes(printed).lower()
    refused = run(make_simulation(("workload.kernel", "guest:semihost-hello")), RunLimits(instructions=1_000_000))
    assert refused.cause == GuestExit(10000), "a supervisor call like any other: an unexpected exception"
