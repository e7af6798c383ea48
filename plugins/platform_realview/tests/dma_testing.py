"""A machine to try DMA in: a PL081, RAM, a peripheral with two FIFOs that asks for service, and copies of all that."""

from __future__ import annotations

from realview_testing import add_device, advance, make_system, restore_checkpoint, take_checkpoint
from vmsim_core.address_map import DeviceRegion, RamRegion
from vmsim_core.device import Device, DeviceParams
from vmsim_core.interrupts import InterruptLine
from vmsim_core.ram import Ram
from vmsim_core.registers import RegisterTable
from vmsim_core.system import System
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_platform_realview.pl081 import Pl081
from vmsim_platform_realview.pl081_flow import Request

HERTZ = 24_000_000
RAM_SIZE = 0x10000
DMAC, PERIPHERAL = 0x10030000, 0x10040000

INT_STATUS, TC_STATUS, TC_CLEAR, ERROR_STATUS, ERROR_CLEAR, RAW_TC, RAW_ERROR, ENABLED = range(0, 0x20, 4)
SOFT_BURST, SOFT_SINGLE, SOFT_LAST_BURST, SOFT_LAST_SINGLE, CONFIGURATION, SYNC = range(0x20, 0x38, 4)
SOURCE, DESTINATION, NEXT, CONTROL, CHANNEL_CONFIGURATION = range(0, 0x14, 4)

INTERRUPT = 1 << 31
SOURCE_INCREMENTS, DESTINATION_INCREMENTS = 1 << 26, 1 << 27
BOTH_INCREMENT = SOURCE_INCREMENTS | DESTINATION_INCREMENTS
BYTES, HALFWORDS, WORDS = range(3)
BURSTS = [1, 4, 8, 16, 32, 64, 128, 256]

ENABLE, ERROR_MASK, TC_MASK, LOCK, ACTIVE, HALT = (1 << bit for bit in (0, 14, 15, 16, 17, 18))
UNMASKED = ERROR_MASK | TC_MASK
(
    MEMORY_TO_MEMORY,
    MEMORY_TO_PERIPHERAL,
    PERIPHERAL_TO_MEMORY,
    PERIPHERAL_TO_PERIPHERAL,
    TO_PERIPHERAL_THAT_ENDS,
    MEMORY_TO_PERIPHERAL_THAT_ENDS,
    PERIPHERAL_THAT_ENDS_TO_MEMORY,
    FROM_PERIPHERAL_THAT_ENDS,
) = (flow << 11 for flow in range(8))
"""The values of FlowCntrl: in four of them the peripheral named says when the transfer ends."""


def control(size: int, widths: tuple[int, int] = (WORDS, WORDS), bursts: tuple[int, int] = (1, 1)) -> int:
    """Return DMACCxControl for a size, and widths and bursts of source and destination."""
    source_burst, destination_burst = (BURSTS.index(burst) for burst in bursts)
    return size | source_burst << 12 | destination_burst << 15 | widths[0] << 18 | widths[1] << 21


def ticks(cycles: int) -> int:
    """Return the first tick at which so many cycles of HCLK have passed."""
    return -(-cycles * TICKS_PER_SECOND // HERTZ)


class Port(Device):
    """A data register: what is read comes from `to_give`, what is written goes to `taken`, and it counts both.

    Burst and single requests are up while `burst` transfers, or one, can be served; `room` is for what may be written.
    """

    type_name = "test-port"
    registers = RegisterTable(size=0x1000)

    def __init__(self, system: System, path: str, params: DeviceParams) -> None:
        super().__init__(system, path, params)
        self.to_give: list[int] = []
        self.taken: list[int] = []
        self.room = 0
        self.burst = 1
        self.receive_burst, self.receive_single = InterruptLine("receive-burst"), InterruptLine("receive-single")
        self.transmit_burst, self.transmit_single = InterruptLine("transmit-burst"), InterruptLine("transmit-single")

    def read(self, offset: int, size: int) -> int:
        assert self.to_give, "read more than was offered"
        value = self.to_give.pop(0)
        self.ask()
        return value

    def write(self, offset: int, size: int, value: int) -> None:
        assert self.room, "written more than was asked for"
        self.taken.append(value)
        self.room -= 1
        self.ask()

    def ask(self) -> None:
        """Drive the requests."""
        self.receive_burst.set(len(self.to_give) >= self.burst)
        self.receive_single.set(bool(self.to_give))
        self.transmit_burst.set(self.room >= self.burst)
        self.transmit_single.set(self.room > 0)


class Machine:
    """The controller with what it moves data between."""

    def __init__(self) -> None:
        system = make_system()
        self.ram = Ram("ram", RAM_SIZE)
        system.address_map.add(RamRegion("RAM", 0, RAM_SIZE, self.ram))
        self.dmac = add_device(system, Pl081, clock=HERTZ)
        self.port = add_device(system, Port, "port")
        for at, device in ((DMAC, self.dmac), (PERIPHERAL, self.port)):
            system.address_map.add(DeviceRegion(device.path, at, device.window_size, device))

    def copy(self) -> Machine:
        """Return an equal machine, by way of a checkpoint; the port, which is no subject here, stays behind."""
        twin = Machine()
        twin.ram.view[:] = self.ram.view
        restore_checkpoint(twin.dmac.system, take_checkpoint(self.dmac.system))
        return twin

    def state(self) -> tuple[object, ...]:
        """Return all there is to compare."""
        return take_checkpoint(self.dmac.system), bytes(self.ram.view), self.dmac.irq.level

    def read(self, offset: int) -> int:
        return self.dmac.read(offset, 4)

    def write(self, offset: int, value: int) -> None:
        self.dmac.write(offset, 4, value)

    def channel(self, number: int, register: int) -> int:
        return self.read(0x100 + 0x20 * number + register)

    def set_channel(self, number: int, register: int, value: int) -> None:
        self.write(0x100 + 0x20 * number + register, value)

    def begin(
        self,
        source: int,
        destination: int,
        control: int,
        flow: int = MEMORY_TO_MEMORY | UNMASKED,
        number: int = 0,
        next_item: int = 0,
    ) -> None:
        """Start a transfer as a driver does."""
        self.write(CONFIGURATION, 1)
        for register, value in ((SOURCE, source), (DESTINATION, destination), (NEXT, next_item), (CONTROL, control)):
            self.set_channel(number, register, value)
        self.set_channel(number, CHANNEL_CONFIGURATION, flow | ENABLE)

    def connect(self, receiver: int = 0, transmitter: int = 0, *, last: bool = False) -> None:
        """Wire the port's requests to those of two peripherals, as those that end a transfer if `last`."""
        burst, single = (Request.LAST_BURST, Request.LAST_SINGLE) if last else (Request.BURST, Request.SINGLE)
        self.port.receive_burst.connect(self.dmac.dma_request(receiver, burst))
        self.port.receive_single.connect(self.dmac.dma_request(receiver, single))
        self.port.transmit_burst.connect(self.dmac.dma_request(transmitter, burst))
        self.port.transmit_single.connect(self.dmac.dma_request(transmitter, single))

    def advance(self, cycles: int) -> None:
        """Let cycles of HCLK pass."""
        advance(self.dmac, ticks(cycles))
