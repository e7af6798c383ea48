"""What a trace asks of devices: the names of registers, and which interrupt a core is to take."""

from __future__ import annotations

import pytest
from a9_testing import make_board
from realview_testing import make_device
from vmsim_core.device import Device
from vmsim_platform_realview.lan9118 import Lan9118
from vmsim_platform_realview.pl011 import Pl011
from vmsim_platform_realview.pl081 import Pl081
from vmsim_platform_realview.sp804 import Sp804


@pytest.mark.parametrize(
    ("kind", "offset", "name"),
    [
        (Pl011, 0x00, "data"),
        (Pl011, 0x02, "data"),
        (Pl011, 0x0C, ""),
        (Sp804, 0x04, "timer1.value"),
        (Sp804, 0x28, "timer2.control"),
        (Sp804, 0x1C, ""),
        (Sp804, 0xFE0, "periphid0"),
        (Pl081, 0x100, "channel0.source"),
        (Pl081, 0x12C, "channel1.control"),
        (Pl081, 0x180, ""),
        (Lan9118, 0x54, "irq_config"),
        (Lan9118, 0x154, "irq_config"),
    ],
)
def test_a_register_has_the_name_that_its_device_gives_it(kind: type[Device], offset: int, name: str) -> None:
    assert make_device(kind).register_name(offset) == name


def test_the_registers_of_a_private_device_are_those_of_each_core() -> None:
    board = make_board(cpus=2)
    assert board.timer.register_name(0x8) == "control"
    assert board.gic.register_name(0x108) == "enable_set[2]"


def test_the_interrupt_controller_says_which_interrupt_it_signals() -> None:
    board = make_board()
    assert board.interface.signalled_interrupt(0) is None
    board.enable_all()
    line = board.gic.interrupt_input(44)
    line(True)
    assert board.interface.signalled_interrupt(0) == 44
    assert board.irq, "asking changes nothing"
    assert board.acknowledge() == 44
    assert board.interface.signalled_interrupt(0) is None
    line(False)
    board.end(44)
    board.gic.write(0xF00, 4, 0x02000003)
    assert board.interface.signalled_interrupt(0) == 3
    assert board.gic.signalled_interrupt(0) is None
