"""A small machine for the atomic CPU: RAM, a device, and one core."""

from __future__ import annotations

import keystone
from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.state import ArmState
from vmsim_core.address_map import DeviceRegion, RamRegion
from vmsim_core.cpu import Core, CoreParams
from vmsim_core.description import SystemDescription
from vmsim_core.device import Device, DeviceParams
from vmsim_core.events import Event
from vmsim_core.ram import Ram
from vmsim_core.registers import RegisterTable
from vmsim_core.system import System
from vmsim_cpu_atomic.atomic_cpu import AtomicCpu, AtomicParams

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
        self.cpu = AtomicCpu(self.system, "cpu0.atomic", AtomicParams(), self.core)
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
