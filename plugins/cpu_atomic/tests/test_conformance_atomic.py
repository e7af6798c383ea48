"""The model keeps the contract of CPU models."""

from __future__ import annotations

from vmsim_arch_arm.testing import ArmPrograms
from vmsim_core.testing import CpuModelSuite


class TestAtomic(CpuModelSuite):
    model = "atomic"
    programs = ArmPrograms()
