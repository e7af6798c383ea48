"""Device accesses of a real KVM guest: what the processor describes, what it does not, and what the bus refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from real_kvm_bench import FREELY, LOOP, bench_on, needs_kvm, program, state_of, vcpu_of
from vmsim_core.address_map import BusError, DeviceRegion
from vmsim_core.cpu import CpuExit
from vmsim_core.testing.bench import PROBE
from vmsim_core.testing.cpu_bench import CpuBench

pytestmark = needs_kvm
DEVICE = 0x2000_0000
TO_DEVICE = 0xE3A03202  # mov r3, #0x20000000

ACCESSES = {
    "ldr": [0xE5930000],  # ldr r0, [r3]
    "ldrb ldrh": [0xE5D30001, 0xE1D340B2],  # ldrb r0, [r3, #1]; ldrh r4, [r3, #2]
    "ldrsb ldrsh": [0xE1D300D1, 0xE1D340F2],  # ldrsb r0, [r3, #1]; ldrsh r4, [r3, #2]
    "str strb strh": [0xE5831000, 0xE5C31005, 0xE1C310B6],  # str r1, [r3]; strb r1, [r3, #5]; strh r1, [r3, #6]
    "ldm": [0xE8930030],  # ldm r3, {r4, r5}
    "ldm writeback": [0xE8B30030],  # ldm r3!, {r4, r5}
    "stm": [0xE9830006],  # stmib r3, {r1, r2}
    "ldrd strd": [0xE1C340D0, 0xE1C340F8],  # ldrd r4, r5, [r3]; strd r4, r5, [r3, #8]
    "ldr writeback": [0xE4936004, 0xE5B36004],  # ldr r6, [r3], #4; ldr r6, [r3, #4]!
    "condition fails": [0xE3530000, 0x05936000],  # cmp r3, #0; ldreq r6, [r3]
}


class Recorder:
    """A device that remembers its accesses; its last word is refused."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int, int, int]] = []

    def read(self, offset: int, size: int) -> int:
        value = (0x89ABCDEF * (len(self.seen) + 1) + offset) & (1 << 8 * size) - 1
        self._note("read", offset, size, value)
        return value

    def write(self, offset: int, size: int, value: int) -> None:
        self._note("write", offset, size, value)

    def _note(self, kind: str, offset: int, size: int, value: int) -> None:
        if offset >= 0xFFC:
            raise BusError(DEVICE + offset)
        self.seen.append((kind, offset, size, value))


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[list[tuple[CpuBench, Recorder]]]:
    """A bench on real KVM and one on Unicorn, with the same device each."""
    made = []
    for engine in ("kvm", "unicorn"):
        bench, device = bench_on(tmp_path / engine, engine), Recorder()
        as_device: Any = device
        bench.system.address_map.add(DeviceRegion("recorder", DEVICE, 0x1000, as_device))
        made.append((bench, device))
    yield made
    for bench, _ in made:
        bench.close()


def run_to_the_end(bench: CpuBench, stepped: bool) -> None:
    for _ in range(50):
        if bench.run(100 if stepped else FREELY) is CpuExit.HALTED:
            return
    pytest.fail("the program did not come to its end")


def differences(pair: list[tuple[CpuBench, Recorder]]) -> list[str]:
    found = [
        f"{each.field}: {each.mine!r} / {each.theirs!r}"
        for each in state_of(pair[0][0]).differences(state_of(pair[1][0]))
        if not each.host_dependent
    ]
    if pair[0][1].seen != pair[1][1].seen:
        found.append(f"{pair[0][1].seen} / {pair[1][1].seen}")
    return found


@pytest.mark.parametrize("stepped", [True, False], ids=["stepped", "freely"])
@pytest.mark.parametrize("name", ACCESSES)
def test_every_kind_of_access_is_what_unicorn_makes_of_it(
    pair: list[tuple[CpuBench, Recorder]], name: str, stepped: bool
) -> None:
    for bench, _ in pair:
        bench.load(program(TO_DEVICE, *ACCESSES[name], LOOP))
        run_to_the_end(bench, stepped)
    assert differences(pair) == []
    assert pair[0][1].seen or name == "condition fails"


REFUSED = {
    "load": ([0xE5930FFC], 0x008, 0xFFC),  # ldr r0, [r3, #0xffc]
    "store": ([0xE5831FFC], 0x808, 0xFFC),  # str r1, [r3, #0xffc]
    "load of two": ([0xE2833EFF, 0xE2833008, 0xE8930030], 0x008, 0xFF8),  # ldm of 0xff8 and 0xffc
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_bus_refuses_is_an_external_abort(pair: list[tuple[CpuBench, Recorder]], name: str) -> None:
    words, status, offset = REFUSED[name]
    bench, _ = pair[0]
    bench.load(program(TO_DEVICE, *words, LOOP, x10=LOOP))
    before = state_of(bench)
    run_to_the_end(bench, stepped=False)
    after = state_of(bench)
    faulting = 0x8004 + 4 * len(words[:-1])
    assert (after.pc, after.lr_abt, after.spsr_abt, after.cpsr & 0x1F) == (0x10, faulting + 8, before.cpsr, 0x17)
    assert (after.dfsr & 0xC0F, after.dfar & ~7) == (status, DEVICE + offset & ~7)
    assert after.r[0] == before.r[0]
    assert vcpu_of(bench).counters()["aborted_accesses"] == 1


def test_an_address_that_nothing_decodes_is_what_the_board_makes_of_it(pair: list[tuple[CpuBench, Recorder]]) -> None:
    for bench, _ in pair:
        bench.load(program(0xE3A03203, 0xE5934008, 0xE5831008, LOOP))  # mov r3, #0x30000000; ldr r4, [r3, #8]; str
        run_to_the_end(bench, stepped=False)
        assert bench.system.unmapped_accesses == 2
    assert differences(pair) == []


def test_a_fetch_from_a_device_is_a_prefetch_abort(pair: list[tuple[CpuBench, Recorder]]) -> None:
    for bench, _ in pair:
        bench.load(program(TO_DEVICE, 0xE12FFF13, xC=LOOP))  # bx r3
        run_to_the_end(bench, stepped=False)
        assert state_of(bench).pc == 0xC
    # The kernel takes this one to the guest itself, and an emulated host (see kvm_spsr) loses its SPSR.
    assert [each for each in differences(pair) if not each.startswith(("ifsr", "spsr_abt"))] == []


def test_the_instruction_that_accesses_is_known(tmp_path: Path) -> None:
    bench, found = bench_on(tmp_path, "kvm"), []

    class Curious(Recorder):
        def read(self, offset: int, size: int) -> int:
            found.append(bench.cpu.accessing)
            return 0

    device: Any = Curious()
    bench.system.address_map.add(DeviceRegion("curious", DEVICE, 0x1000, device))
    bench.load(program(TO_DEVICE, 0xE5930000, 0xE8930030, LOOP))  # ldr r0, [r3]; ldm r3, {r4, r5}
    run_to_the_end(bench, stepped=False)
    assert found == [0x8004, 0x8008, 0x8008]
    assert bench.cpu.accessing is None
    assert vcpu_of(bench).counters()["interpreted"] == 1
    bench.close()


def test_a_program_reads_a_device_at_times_that_go_on(tmp_path: Path) -> None:
    bench = bench_on(tmp_path, "kvm")
    bench.load(program(0xE5910000, 0xEAFFFFFD))  # ldr r0, [r1]; b
    assert bench.run(FREELY, bench.cpu.time + 20_000_000_000) is CpuExit.DEADLINE
    times = bench.probe.read_at
    assert len(times) > 10 and times == sorted(times)
    assert times[-1] <= bench.cpu.time
    assert state_of(bench).r[1] == PROBE
    bench.close()


@pytest.mark.parametrize("ticks", [1, 4001, 100_000, 10_000_000])
def test_devices_see_accesses_and_events_in_the_order_of_time(tmp_path: Path, ticks: int) -> None:
    """Otherwise a timer that is written to between its expiry and our notice of that loses its interrupt."""
    bench, seen = bench_on(tmp_path, "kvm"), []
    events = bench.system.events
    # str r0, [r1, #4] (the alarm); ldr r3, [r1] five times; b to itself, interrupts being open
    bench.load(program(0xE5810004, *[0xE5913000] * 5, LOOP), interrupts=True)
    state = state_of(bench)
    state.r[0] = ticks
    bench.core.activate(bench.cpu, state, bench.cpu.time)
    bench.probe.ring.action = lambda: seen.append(events.now)
    bench.system.address_map.observe_devices(lambda access: seen.append(events.now))
    for _ in range(10):
        assert bench.run(FREELY) is CpuExit.DEADLINE
    assert len(seen) == 7
    assert seen == sorted(seen)
    bench.close()


def test_an_access_that_an_interruption_has_left_unanswered_is_answered(
    pair: list[tuple[CpuBench, Recorder]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C may come between the kernel's return and the device."""

    def interrupted() -> None:
        monkeypatch.undo()
        raise KeyboardInterrupt

    for bench, _ in pair:
        bench.load(program(TO_DEVICE, *ACCESSES["ldr"], *ACCESSES["ldm"], LOOP))
    monkeypatch.setattr(vcpu_of(pair[0][0]), "_serve_exit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pair[0][0].run(FREELY)
    for bench, _ in pair:
        run_to_the_end(bench, stepped=False)
    assert differences(pair) == []
