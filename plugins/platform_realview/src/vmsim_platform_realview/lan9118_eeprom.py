"""The EEPROM beside the LAN9118: 128 bytes, in which the chip finds its MAC address (data sheet, 3.9)."""

from __future__ import annotations

from vmsim_core.component import Component, ComponentParams, State
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Section
from vmsim_core.system import System

SIZE = 128
_PROGRAMMED = 0xA5  # first byte of an EEPROM whose next six are a MAC address

_READ, _WRITE_DISABLE, _WRITE_ENABLE, _WRITE, _WRITE_ALL, _ERASE, _ERASE_ALL = range(7)


class Eeprom(Component):
    """A 93C46. It keeps its contents as long as the run lasts, whatever resets the chip."""

    type_name = "lan9118-eeprom"

    contents = State(b"", "", "what it holds")
    write_enabled = State(False, "", "erasing and writing are enabled")

    def __init__(self, system: System, path: str, params: ComponentParams, mac: bytes) -> None:
        super().__init__(system, path, params)
        self._initial = (bytes((_PROGRAMMED,)) + mac).ljust(SIZE, b"\xff")

    def reset(self) -> None:
        """Be as it left the factory, with the MAC address."""
        super().reset()
        self.contents = self._initial

    def deserialize(self, section: Section) -> None:
        """Take the contents."""
        super().deserialize(section)
        if len(self.contents) != SIZE:
            raise CheckpointError(f"{self.path}: the EEPROM has {SIZE} bytes, not {len(self.contents)}")

    def mac_address(self) -> bytes | None:
        """Return the MAC address, None when it holds none."""
        return self.contents[1:7] if self.contents[:1] == bytes((_PROGRAMMED,)) else None

    def execute(self, command: int, address: int, data: int) -> int | None:
        """Execute a command other than RELOAD; return the data register, None if the EEPROM does not answer."""
        address %= SIZE
        if command == _READ:
            return self.contents[address]
        if command in (_WRITE_DISABLE, _WRITE_ENABLE):
            self.write_enabled = command == _WRITE_ENABLE
            return data
        if not self.write_enabled:
            return None
        byte = bytes((0xFF if command in (_ERASE, _ERASE_ALL) else data,))
        if command in (_WRITE_ALL, _ERASE_ALL):
            self.contents = byte * SIZE
        else:
            self.contents = self.contents[:address] + byte + self.contents[address + 1 :]
        return data
