"""A bit-banging I2C master for tests, that knows nothing but the two registers of the versatile-i2c."""

from __future__ import annotations

from vmsim_core.device import Device

SET, CLEAR = 0x0, 0x4
SCL, SDA = 1, 2


class Master:
    """Moves the lines as an I2C master does: a bit is put on SDA while SCL is low, and is there while SCL is high."""

    def __init__(self, device: Device) -> None:
        self.device = device

    def lines(self) -> int:
        return self.device.read(SET, 4)

    def scl(self, level: int) -> None:
        self.device.write(SET if level else CLEAR, 4, SCL)

    def sda(self, level: int) -> None:
        self.device.write(SET if level else CLEAR, 4, SDA)

    def start(self) -> None:
        self.sda(1)
        self.scl(1)
        assert self.lines() == SCL | SDA
        self.sda(0)
        self.scl(0)

    def stop(self) -> None:
        self.sda(0)
        self.scl(1)
        self.sda(1)

    def put_bit(self, bit: int) -> None:
        self.sda(bit)
        self.scl(1)
        self.scl(0)

    def get_bit(self) -> int:
        self.sda(1)
        self.scl(1)
        bit = self.lines() >> 1
        self.scl(0)
        return bit

    def put_byte(self, byte: int) -> bool:
        """Send a byte; return whether it was acknowledged."""
        for bit in range(7, -1, -1):
            self.put_bit(byte >> bit & 1)
        return not self.get_bit()

    def get_byte(self, acknowledge: bool) -> int:
        byte = 0
        for _ in range(8):
            byte = byte << 1 | self.get_bit()
        self.put_bit(not acknowledge)
        return byte

    def write(self, address: int, *data: int) -> list[bool]:
        """Write bytes to a slave; return which were acknowledged, its address first."""
        self.start()
        acknowledged = [self.put_byte(byte) for byte in (address << 1, *data)]
        self.stop()
        return acknowledged

    def read(self, address: int, register: int, count: int) -> bytes:
        """Read registers of a slave, with a repeated start between their address and their values."""
        self.start()
        assert self.put_byte(address << 1)
        assert self.put_byte(register)
        self.start()
        assert self.put_byte(address << 1 | 1)
        data = bytes(self.get_byte(index < count - 1) for index in range(count))
        self.stop()
        return data
