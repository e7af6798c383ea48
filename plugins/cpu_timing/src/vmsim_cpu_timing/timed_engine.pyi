from collections.abc import Sequence

from vmsim_arch_arm.engine.arm_engine import ArmEngine
from vmsim_core.memory_port import CorePort

from vmsim_cpu_timing.parameters import TimingParams

VMSIM_ABI_COMPILED: int

class TimedEngine(ArmEngine):
    def configure(
        self,
        port: CorePort,
        cycle: int,
        params: TimingParams,
        latencies: Sequence[int],
        intervals: Sequence[int],
        fetch_hit: int,
    ) -> None: ...
    def fetch_again(self) -> None: ...
    def set_now(self, tick: int) -> None: ...
    @property
    def complete(self) -> int: ...
    def timing_counters(self) -> dict[str, int]: ...
