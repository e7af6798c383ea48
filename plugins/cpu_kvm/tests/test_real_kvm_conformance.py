"""The engine `kvm` on the host's own KVM keeps the contract of CPU models."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from vmsim_arch_arm.testing import ArmPrograms
from vmsim_core.testing import CpuModelSuite
from vmsim_core.testing.suite import not_applicable
from vmsim_cpu_kvm.kvm_probe import why_not


@pytest.fixture(autouse=True)
def _host() -> None:
    if (reason := why_not()) is not None:
        not_applicable(f"no KVM for 32-bit ARM guests: {reason}")


class TestRealKvm(CpuModelSuite):
    model = "kvm"
    programs = ArmPrograms()
    params: ClassVar[dict[str, Any]] = {"engine": "kvm"}
    # That these are refused clearly is tested in test_real_kvm_runs.
    waived: ClassVar[dict[str, str]] = {
        "test_watchpoints_work_or_are_refused": "a guest on the host's processor does not show its accesses to memory",
        "test_an_observer_sees_every_instruction_or_is_refused": "nor its instructions",
    }
