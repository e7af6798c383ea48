"""The model keeps the contract of CPU models."""

from __future__ import annotations

from vmsim_arch_arm.testing import ArmPrograms
from vmsim_core.testing import CpuModelSuite


class TestTiming(CpuModelSuite):
    model = "timing"
    programs = ArmPrograms()
    waived = {
        "test_it_stops_at_the_first_instruction_boundary_after_the_deadline": (
            "an instruction starts when its fetch and its operands are there, which is found when it is tried: the run "
            "may end before one whose turn had come before the deadline"
        )
    }
