"""Every device of the board keeps the contract of devices, on the board that it belongs to."""

from __future__ import annotations

from vmsim_core.testing import DeviceSuite


class TestDevices(DeviceSuite):
    """One of each type, as the ready system has it; small, so that checkpoints are."""

    description = """
        include: realview-pbx-a9.yaml
        memory: 1MiB
    """
