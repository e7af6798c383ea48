"""Executes single instructions of a KVM guest by the simulator's own engine.

An ARM processor tells the hypervisor what an access to device space is only for plain loads and stores of one register
(ARM DDI 0487, D13.2.37: ISS encoding for a Data Abort, ISV). For the others, such as LDM, LDRD or a load with
writeback, the kernel gives up; they are executed here, one at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmsim_arch_arm.engine.arm_engine import ArmEngine
from vmsim_arch_arm.engine.loop import RunResult
from vmsim_arch_arm.state import ArmState
from vmsim_core.units import NEVER

if TYPE_CHECKING:
    from vmsim_core.system import System


class Interpreter:
    """The engine, made when it is needed for the first time."""

    def __init__(self, system: System, period: int) -> None:
        self._system = system
        self._period = period
        self._engine: ArmEngine | None = None
        self.failure = ""

    def execute(self, state: ArmState, time: int) -> ArmState | None:
        """Return the state after the next instruction, which begins at tick `time`, or after the exception that it
        takes; None if it cannot be executed, `failure` saying why."""
        engine = self._engine
        if engine is None:
            address_map = self._system.address_map
            regions = [(region.base, region.ram, region.offset, region.size) for region in address_map.ram_regions]
            engine = self._engine = ArmEngine(regions, address_map.read, address_map.write, self._system.events)
        engine.set_clock(time, self._period)
        engine.load_state(state)
        result = engine.run(NEVER, 1)
        engine.suspend()
        if result is RunResult.FAILED:
            self.failure = engine.failure
            return None
        return engine.save_state(ArmState())

    @property
    def accessing(self) -> int | None:
        """The address of the instruction whose device access is being served; None when none is."""
        return None if self._engine is None else self._engine.accessing

    def close(self) -> None:
        """Let go of the engine."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None
