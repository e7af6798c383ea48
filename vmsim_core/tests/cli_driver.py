"""Command lines of ``vmsim`` in the tests' own process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MACHINE = """\
from fake_plugins import Parts

parts = Parts()
vmsim_architectures = parts.vmsim_architectures
vmsim_platforms = parts.vmsim_platforms
vmsim_devices = parts.vmsim_devices
vmsim_cpu_models = parts.vmsim_cpu_models
"""


@dataclass(frozen=True)
class Outcome:
    """What a command line did."""

    code: int
    out: str
    err: str


Vmsim = Callable[..., Outcome]
