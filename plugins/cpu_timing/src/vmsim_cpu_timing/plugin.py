"""What the distribution vmsim-cpu-timing offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmsim_core import hookimpl
from vmsim_cpu_timing.timed_engine import VMSIM_ABI_COMPILED as VMSIM_ABI_COMPILED  # compared with the core's
from vmsim_cpu_timing.timing_cpu import TimingCpu

if TYPE_CHECKING:
    from vmsim_core.cpu import CpuModel


@hookimpl
def vmsim_cpu_models() -> list[type[CpuModel]]:
    """Offer the timing CPU."""
    return [TimingCpu]
