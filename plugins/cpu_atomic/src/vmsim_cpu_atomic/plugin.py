"""What the distribution vmsim-cpu-atomic offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmsim_arch_arm.engine.arm_engine import VMSIM_ABI_COMPILED as VMSIM_ABI_COMPILED  # compared with the core's

from vmsim_core import hookimpl
from vmsim_cpu_atomic.atomic_cpu import AtomicCpu

if TYPE_CHECKING:
    from vmsim_core.cpu import CpuModel


@hookimpl
def vmsim_cpu_models() -> list[type[CpuModel]]:
    """Offer the atomic CPU."""
    return [AtomicCpu]
