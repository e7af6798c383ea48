"""What the tests of the Cortex-A9's private region share: a board with cores that only feel their interrupt input."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from realview_testing import add_device, make_system, restore_checkpoint, take_checkpoint
from vmsim_core.cpu import Core, CoreParams
from vmsim_core.device import Device
from vmsim_core.system import System
from vmsim_platform_realview.gic import Gic, GicCpuInterface
from vmsim_platform_realview.global_timer import GlobalTimer
from vmsim_platform_realview.private_timer import PrivateTimer
from vmsim_platform_realview.private_watchdog import PrivateWatchdog

CYCLE = 10_000
"""Ticks of one cycle of the default PERIPHCLK."""


class FakeModel:
    """Stands for a CPU model; remembers the levels of the interrupt input, in their order."""

    def __init__(self) -> None:
        self.irq_levels: list[bool] = []
        self.stops = 0

    def set_interrupts(self, irq: bool, fiq: bool) -> None:
        assert not fiq
        self.irq_levels.append(irq)

    def stop(self) -> None:
        self.stops += 1


@dataclass
class Board:
    """The private region of a Cortex-A9 MPCore."""

    system: System
    gic: Gic
    interface: GicCpuInterface
    timer: PrivateTimer
    watchdog: PrivateWatchdog
    global_timer: GlobalTimer
    models: list[FakeModel]

    @property
    def irq(self) -> bool:
        """Whether core 0 is being interrupted."""
        return self.system.cores[0].irq_level

    @property
    def devices(self) -> list[Device]:
        """All of its devices."""
        return [self.gic, self.interface, self.timer, self.watchdog, self.global_timer]

    def on_core(self, cpu: int) -> Board:
        """Let the next accesses come from a core."""
        self.system.current_core = cpu
        return self

    def advance(self, ticks: int) -> None:
        """Let simulated time pass."""
        self.system.events.run_until(self.system.events.now + ticks)

    def enable_all(self) -> None:
        """Let every interrupt through, all at priority 0xa0 and for the current core, as Linux does."""
        for word in range(24):
            self.gic.write(0x400 + 4 * word, 4, 0xA0A0_A0A0)
            self.gic.write(0x800 + 4 * word, 4, 0x0101_0101 << self.system.current_core)
        for word in range(3):
            self.gic.write(0x100 + 4 * word, 4, 0xFFFF_FFFF)
        self.gic.write(0, 4, 1)
        self.interface.write(0x04, 4, 0xF0)
        self.interface.write(0x00, 4, 1)

    def acknowledge(self) -> int:
        """Read ICCIAR."""
        return self.interface.read(0x0C, 4)

    def end(self, identity: int) -> None:
        """Write ICCEOIR."""
        self.interface.write(0x10, 4, identity)


def make_board(cpus: int = 1, **gic_params: Any) -> Board:
    """Return a private region with so many cores, switched on."""
    system = make_system()
    models = []
    for index in range(cpus):
        core = Core(system, f"cpu{index}", CoreParams(start="fake"), index)
        models.append(FakeModel())
        core._active = models[-1]  # type: ignore[assignment]
        system.cores.append(core)
    system.platform = SimpleNamespace(interrupt_controller=lambda: system.devices.get("gic"))  # type: ignore[assignment]
    board = Board(
        system,
        add_device(system, Gic, "gic", at=0x1F001000, **gic_params),
        add_device(system, GicCpuInterface, "gic_cpu", at=0x1F000100),
        add_device(system, PrivateTimer, "private_timer", at=0x1F000600),
        add_device(system, PrivateWatchdog, "private_watchdog", at=0x1F000620),
        add_device(system, GlobalTimer, "global_timer", at=0x1F000200),
        models,
    )
    for device in (board.timer, board.watchdog, board.global_timer):
        for number, line in device.interrupt_outputs().items():
            line.connect(board.gic.interrupt_input(number))
    return board


def copy_board(board: Board) -> Board:
    """Return an equal board, by way of a checkpoint."""
    twin = make_board(len(board.system.cores))
    twin.system.current_core = board.system.current_core
    restore_checkpoint(twin.system, take_checkpoint(board.system))
    return twin
