"""The snoop control unit of a Cortex-A9 MPCore (ARM DDI 0407, chapter 2)."""

from __future__ import annotations

from vmsim_core.device import Device
from vmsim_core.registers import RegisterTable


class Scu(Device):
    """What software configures of the coherence between the cores' caches; there is nothing to snoop in the model."""

    type_name = "a9-scu"

    registers = RegisterTable(size=0x100)
    control = registers.read_write(0x00, writable_bits=0x7F, doc="SCU Control")
    configuration = registers.computed(0x04, doc="SCU Configuration: cores, which of them are coherent, tag RAM sizes")
    power_status = registers.read_write(0x08, writable_bits=0x0303_0303, doc="SCU CPU Power Status, a byte per core")
    invalidate_all = registers.command(0x0C, readable=True, doc="SCU Invalidate All: done at once")
    filtering_start = registers.read_write(0x40, writable_bits=0xFFF0_0000, doc="Filtering Start Address")
    filtering_end = registers.read_write(0x44, writable_bits=0xFFF0_0000, doc="Filtering End Address")
    access_control = registers.read_write(0x50, reset=0xF, writable_bits=0xF, doc="SCU Access Control")
    non_secure_access = registers.read_write(0x54, writable_bits=0xFFF, doc="SCU Non-secure Access Control")

    @configuration.read
    def _read_configuration(self) -> int:
        cores = max(1, len(self.system.cores))
        return (1 << cores) - 1 << 4 | cores - 1

    @invalidate_all.read
    def _read_invalidate_all(self) -> int:
        return 0

    @invalidate_all.write
    def _invalidate_all(self, value: int) -> None:
        pass
