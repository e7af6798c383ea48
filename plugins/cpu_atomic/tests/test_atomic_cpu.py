"""The atomic CPU as a CPU model: state in and out, time, devices, what it tells of its end."""

from __future__ import annotations

import keystone
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.state import ArmState, specs
from vmsim_core.address_map import DeviceRegion, RamRegion
from vmsim_core.component import ComponentParams
from vmsim_core.cpu import Core, CoreParams, CpuExit
from vmsim_core.description import SystemDescription
from vmsim_core.device import Device, DeviceParams
from vmsim_core.events import Event
from vmsim_core.ram import Ram
from vmsim_core.registers import RegisterTable
from vmsim_core.system import System
from vmsim_cpu_atomic.atomic_cpu import AtomicCpu

FOREVER = 1 << 62
SIZE = 1 << 20
PERIOD = 2000
"""Ticks of an instruction: two cycles at 1 GHz."""
DEVICE = 0x1000_0000


class Clock(Device):
    """Remembers when it was read; a write makes something happen so many ticks later, or raises the interrupt."""

    type_name = "clock"
    registers = RegisterTable(size=0x1000)
    time = registers.computed(0x0)
    alarm = registers.command(0x4)
    interrupt = registers.command(0x8)

    def __init__(self, system: System, path: str, params: DeviceParams) -> None:
        super().__init__(system, path, params)
        self.seen: list[int] = []
        self.rung: list[int] = []
        self.ring: Event = self.event("ring", lambda: self.rung.append(self.now))

    @time.read
    def _read_time(self) -> int:
        self.seen.append(self.now)
        return len(self.seen)

    @alarm.write
    def _set_alarm(self, value: int) -> None:
        self.schedule(self.ring, self.now + value)

    @interrupt.write
    def _interrupt(self, value: int) -> None:
        self.system.cores[0].set_irq(bool(value))


class Machine:
    """RAM at 0, a device, and one core that starts at 0x8000."""

    def __init__(self, source: str = "nop") -> None:
        description = {"platform": "none", "memory": SIZE, "cpus": [{"start": "atomic"}]}
        self.system = System(SystemDescription.model_validate(description))
        self.ram = Ram("ram", SIZE)
        self.system.address_map.add(RamRegion("ram", 0, SIZE, self.ram))
        self.clock = Clock(self.system, "clock", DeviceParams(at=DEVICE))
        self.system.address_map.add(DeviceRegion("clock", DEVICE, 0x1000, self.clock))
        self.core = Core(self.system, "cpu0", CoreParams(start="atomic"), 0)
        self.system.cores.append(self.core)
        self.cpu = AtomicCpu(self.system, "cpu0.atomic", ComponentParams(), self.core)
        self.load(0x8000, source)
        state = Arm().reset_state(0)
        assert isinstance(state, ArmState)
        state.pc, state.r[1] = 0x8000, DEVICE
        self.core.activate(self.cpu, state, 0)

    def load(self, address: int, source: str) -> None:
        encoding, _ = keystone.Ks(keystone.KS_ARCH_ARM, keystone.KS_MODE_ARM).asm(source, address, as_bytes=True)
        self.system.address_map.write_block(address, encoding)

    @property
    def state(self) -> ArmState:
        return self.cpu.save_state()


def test_it_runs_to_the_very_instruction() -> None:
    machine = Machine("add r0, r0, #1\nb 0x8000")
    assert machine.cpu.run(FOREVER, 7) is CpuExit.DEADLINE
    assert (machine.state.r[0], machine.cpu.retired, machine.cpu.time) == (4, 7, 7 * PERIOD)
    assert machine.cpu.run(10 * PERIOD - 1, 100) is CpuExit.DEADLINE
    assert machine.cpu.retired == 10


def test_a_device_sees_the_time_of_the_instruction_that_accesses() -> None:
    machine = Machine("nop\nldr r2, [r1]\nldr r3, [r1]\nnop")
    machine.cpu.run(FOREVER, 4)
    assert machine.clock.seen == [PERIOD, 2 * PERIOD]
    assert (machine.state.r[2], machine.state.r[3]) == (1, 2)


def test_an_event_that_an_access_brings_up_ends_the_run_in_time() -> None:
    machine = Machine("ldr r0, =4001\nstr r0, [r1, #4]\nnop\nnop\nnop\nnop\nnop")
    assert machine.cpu.run(FOREVER, 100) is CpuExit.DEADLINE
    assert machine.cpu.time == 4 * PERIOD  # the first instruction at or after tick 6001


def test_an_interrupt_that_an_access_raises_is_taken_before_the_next_instruction() -> None:
    machine = Machine("cpsie i\nmov r0, #1\nstr r0, [r1, #8]\nmov r5, #1\nb .")
    machine.load(0x18, "mov r6, lr\nb .")
    machine.cpu.run(FOREVER, 4)
    assert (machine.state.r[5], machine.state.r[6]) == (0, 0x800C + 4)


@pytest.mark.parametrize(
    ("source", "result", "detail"),
    [
        ("wfi", CpuExit.WAITING, ""),
        ("b .", CpuExit.HALTED, "a branch to itself with interrupts masked at 0x00008000"),
        (
            ".word 0xe1600070",
            CpuExit.FAILED,
            "the guest called the secure monitor (SMC), which there is none of (pc 0x00008000)",
        ),
    ],
)
def test_it_says_why_it_ends(source: str, result: CpuExit, detail: str) -> None:
    machine = Machine(source)
    assert machine.cpu.run(FOREVER, 100) is result
    assert machine.cpu.exit_detail == detail


def test_an_interrupt_wakes_it_and_idle_time_is_skipped() -> None:
    machine = Machine("wfi\nmov r0, #7\nb .")
    assert machine.cpu.run(FOREVER, 100) is CpuExit.WAITING
    machine.cpu.skip_to(12_345)
    assert machine.cpu.time == 14_000
    machine.core.set_irq(True)
    machine.cpu.run(FOREVER, 1)
    assert machine.state.r[0] == 7  # masked, but it ends the wait


def test_code_that_the_host_writes_is_seen_also_while_another_model_runs() -> None:
    machine = Machine("mov r0, #1\nb 0x8000")
    machine.cpu.run(FOREVER, 10)
    machine.load(0x8000, "mov r0, #2")
    machine.cpu.run(FOREVER, 2)
    assert machine.state.r[0] == 2
    state = machine.state
    machine.cpu.suspend()
    machine.ram.view[0x8000] = 3  # unseen
    machine.cpu.load_state(state)
    machine.cpu.run(FOREVER, 2)
    assert machine.state.r[0] == 3


NOT_FREE = {"cpsr", "waiting", "monitor_valid", "monitor_address", "monitor_size", "monitor_virtual_address"}


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_state_comes_back_bit_exactly(data: st.DataObject) -> None:
    machine = Machine()
    state = machine.state
    for spec in specs():
        if spec.name in NOT_FREE:
            continue
        values = [data.draw(st.integers(0, (1 << spec.width) - 1)) for _ in range(spec.count)]
        setattr(state, spec.name, values[0] if spec.count == 1 else values)
    state.cpsr = data.draw(st.sampled_from([0x10, 0x11, 0x12, 0x13, 0x17, 0x1B, 0x1F])) | data.draw(
        st.integers(0, 0xFF).map(lambda bits: (bits & 0xF) << 28 | (bits >> 4) << 6)
    )
    machine.cpu.load_state(state)
    assert state.differences(machine.state) == []
