"""What the distribution vmsim-arch-arm offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmsim_core import hookimpl

if TYPE_CHECKING:
    from vmsim_core.architecture import Architecture


@hookimpl
def vmsim_architectures() -> list[type[Architecture]]:
    """Offer ARMv7-A."""
    from vmsim_arch_arm.architecture import Arm

    return [Arm]
