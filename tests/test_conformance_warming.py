"""The atomic CPU keeps the contract of CPU models when its accesses go through caches, too; small ones."""

from __future__ import annotations

from vmsim_arch_arm.testing import ArmPrograms
from vmsim_core.testing import CpuModelSuite

SMALL = {f"memory_hierarchy.{name}": f"{{size: {size}, ways: 2}}" for name, size in
         {"l1i": 1024, "l1d": 1024, "l2": 4096}.items()}  # fmt: skip


class TestWarming(CpuModelSuite):
    """With lines that come and go."""

    model = "atomic"
    programs = ArmPrograms()
    params = {"warming": True}
    overrides = SMALL
