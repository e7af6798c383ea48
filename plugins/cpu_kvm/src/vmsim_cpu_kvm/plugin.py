"""What the distribution vmsim-cpu-kvm offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmsim_core import hookimpl
from vmsim_cpu_kvm.kvm_cpu import KvmCpu
from vmsim_cpu_kvm.unicorn_engine import VMSIM_ABI_COMPILED as VMSIM_ABI_COMPILED  # compared with the core's

if TYPE_CHECKING:
    from vmsim_core.cpu import CpuModel


@hookimpl
def vmsim_cpu_models() -> list[type[CpuModel]]:
    """Offer the virtual CPU."""
    return [KvmCpu]
