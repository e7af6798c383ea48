"""The conformance kit: suites of standard tests that a plugin author subclasses, and a fixture that runs systems.

    from vmsim_core.testing import DeviceSuite

    class TestThermometer(DeviceSuite):
        device = Thermometer

It needs pytest (``pip install vmsim-core[testing]``), and is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vmsim_core.testing.checkpoint_suite import CheckpointSuite
    from vmsim_core.testing.cpu_suite import CpuModelSuite
    from vmsim_core.testing.device_suite import DeviceSuite
    from vmsim_core.testing.drain_suite import DrainSuite
    from vmsim_core.testing.machine import Machine, MachineMaker
    from vmsim_core.testing.memory_suite import MemorySuite
    from vmsim_core.testing.programs import GuestPrograms, Program
    from vmsim_core.testing.suite import Suite, not_applicable

_HOME = {
    "CheckpointSuite": "checkpoint_suite",
    "CpuModelSuite": "cpu_suite",
    "DeviceSuite": "device_suite",
    "DrainSuite": "drain_suite",
    "Machine": "machine", "MachineMaker": "machine",
    "MemorySuite": "memory_suite",
    "GuestPrograms": "programs", "Program": "programs",
    "Suite": "suite", "not_applicable": "suite",
}  # fmt: skip

__all__ = [
    "CheckpointSuite",
    "CpuModelSuite",
    "DeviceSuite",
    "DrainSuite",
    "GuestPrograms",
    "Machine",
    "MachineMaker",
    "MemorySuite",
    "Program",
    "Suite",
    "not_applicable",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
