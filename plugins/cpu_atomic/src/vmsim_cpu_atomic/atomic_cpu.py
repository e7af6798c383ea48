"""The atomic CPU: executes instructions one after the other, without waiting for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from vmsim_arch_arm.engine.arm_engine import ArmEngine
from vmsim_arch_arm.engine_cpu import EngineCpu
from vmsim_core.component import ComponentParams
from vmsim_core.cpu import Core, MemoryMode
from vmsim_core.instruction_clock import InstructionClockCpu

if TYPE_CHECKING:
    from vmsim_core.system import System


class AtomicParams(ComponentParams):
    """Parameters of the atomic CPU."""

    warming: bool = False
    """Whether every access goes through the caches, which so stay warm (functional warming); without, they are
    bypassed."""


class AtomicCpu(EngineCpu, InstructionClockCpu):
    """Our own engine at full speed. It agrees with the virtual CPU on every instruction, and on time exactly."""

    type_name = "atomic"
    Params: ClassVar[type[ComponentParams]] = AtomicParams

    def __init__(self, system: System, path: str, params: ComponentParams, core: Core) -> None:
        super().__init__(system, path, params, core)
        address_map = system.address_map
        regions = [(region.base, region.ram, region.offset, region.size) for region in address_map.ram_regions]
        self._engine = ArmEngine(regions, address_map.read, address_map.write, system.events)
        self._engine.set_cycles_per_instruction(system.description.cpus[core.index].cpi)
        if self.params.warming:
            self.memory_mode = MemoryMode.ATOMIC
            self.resets = ("TLBs",)
            self._engine.connect(system.memory_hierarchy.port(core.index))
        self._report_engine(system)

    def _set_time(self, tick: int) -> None:
        self._engine.set_clock(tick, self.period)

    def _invalidate(self, physical: int, size: int) -> None:
        self._engine.invalidate(physical, size)
