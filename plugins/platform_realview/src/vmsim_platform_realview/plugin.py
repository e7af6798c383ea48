"""What this distribution offers to vmsim."""

from __future__ import annotations

from pathlib import Path

from vmsim_core.device import Device
from vmsim_core.markers import hookimpl
from vmsim_core.platform import Platform

from vmsim_platform_realview.board import RealViewPbxA9
from vmsim_platform_realview.gic import Gic, GicCpuInterface
from vmsim_platform_realview.global_timer import GlobalTimer
from vmsim_platform_realview.l2c310 import L2c310
from vmsim_platform_realview.pl011 import Pl011
from vmsim_platform_realview.pl031 import Pl031
from vmsim_platform_realview.private_timer import PrivateTimer
from vmsim_platform_realview.private_watchdog import PrivateWatchdog
from vmsim_platform_realview.scu import Scu
from vmsim_platform_realview.simctl import Simctl
from vmsim_platform_realview.sp804 import Sp804
from vmsim_platform_realview.sp810 import Sp810
from vmsim_platform_realview.system_registers import SystemRegisters

_SYSTEMS = Path(__file__).with_name("systems")


@hookimpl
def vmsim_platforms() -> list[type[Platform]]:
    """Offer the board."""
    return [RealViewPbxA9]


@hookimpl
def vmsim_devices() -> list[type[Device]]:
    """Offer the devices on the board."""
    return [
        Gic,
        GicCpuInterface,
        GlobalTimer,
        L2c310,
        Pl011,
        Pl031,
        PrivateTimer,
        PrivateWatchdog,
        Scu,
        Simctl,
        Sp804,
        Sp810,
        SystemRegisters,
    ]


@hookimpl
def vmsim_system_folders() -> list[Path]:
    """Offer the ready system descriptions."""
    return [_SYSTEMS]
