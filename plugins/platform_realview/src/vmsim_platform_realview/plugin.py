"""What this distribution offers to vmsim."""

from __future__ import annotations

from pathlib import Path

from vmsim_core.checkpoint import Upgrader
from vmsim_core.device import Device
from vmsim_core.markers import hookimpl
from vmsim_core.platform import Platform

from vmsim_platform_realview.board import RealViewPbxA9
from vmsim_platform_realview.compact_flash import CompactFlash
from vmsim_platform_realview.gic import Gic, GicCpuInterface
from vmsim_platform_realview.global_timer import GlobalTimer
from vmsim_platform_realview.l2c310 import L2c310
from vmsim_platform_realview.lan9118 import Lan9118
from vmsim_platform_realview.pl011 import Pl011
from vmsim_platform_realview.pl031 import Pl031
from vmsim_platform_realview.pl050 import Pl050
from vmsim_platform_realview.pl081 import Pl081
from vmsim_platform_realview.pl111 import Pl111
from vmsim_platform_realview.pl181 import Pl181
from vmsim_platform_realview.private_timer import PrivateTimer
from vmsim_platform_realview.private_watchdog import PrivateWatchdog
from vmsim_platform_realview.scu import Scu
from vmsim_platform_realview.simctl import Simctl, SimctlCommands
from vmsim_platform_realview.sp804 import Sp804
from vmsim_platform_realview.sp805 import Sp805
from vmsim_platform_realview.sp810 import Sp810
from vmsim_platform_realview.system_registers import SystemRegisters
from vmsim_platform_realview.versatile_i2c import VersatileI2c

_SYSTEMS = Path(__file__).with_name("systems")


@hookimpl
def vmsim_platforms() -> list[type[Platform]]:
    """Offer the board."""
    return [RealViewPbxA9]


@hookimpl
def vmsim_devices() -> list[type[Device]]:
    """Offer the devices on the board."""
    return [
        CompactFlash,
        Gic,
        GicCpuInterface,
        GlobalTimer,
        L2c310,
        Lan9118,
        Pl011,
        Pl031,
        Pl050,
        Pl081,
        Pl111,
        Pl181,
        PrivateTimer,
        PrivateWatchdog,
        Scu,
        Simctl,
        Sp804,
        Sp805,
        Sp810,
        SystemRegisters,
        VersatileI2c,
    ]


@hookimpl
def vmsim_checkpoint_upgraders() -> list[type[Upgrader]]:
    """Offer what brings sections of older checkpoints up to date."""
    return [SimctlCommands]


@hookimpl
def vmsim_system_folders() -> list[Path]:
    """Offer the ready system descriptions."""
    return [_SYSTEMS]
