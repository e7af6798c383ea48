"""simctl: the simulator's own device, by which a bare-metal program prints, reads its arguments and ends the run."""

from __future__ import annotations

from vmsim_core.component import State
from vmsim_core.device import Device, DeviceParams
from vmsim_core.exits import GuestExit, PowerOff, Reset
from vmsim_core.registers import RegisterTable
from vmsim_core.system import System

_ID = 0x564D_5331  # "VMS1"


class Simctl(Device):
    """Its text goes to the serial port that has the device's own name."""

    type_name = "simctl"
    device_tree = {"compatible": ["vmsim,simctl"]}

    registers = RegisterTable(size=0x1000)
    identity = registers.constant(0x00, _ID, doc="ID: 0x564d5331")
    exit_code = registers.command(0x04, doc="EXIT: the run ends with this code")
    put_character = registers.command(0x08, doc="PUTC: the low byte is printed")
    argument_select = registers.read_write(0x0C, doc="ARG_SELECT: the argument to read, from its beginning")
    argument_character = registers.computed(0x10, doc="ARG_CHAR: its next byte (UTF-8), 0 at the end")
    argument_count = registers.computed(0x14, doc="ARG_COUNT: how many arguments the workload has")
    # Linux reads a register of a syscon before it writes it.
    power_off = registers.command(0x18, readable=True, doc="POWEROFF: any write switches the machine off; reads 0")
    board_reset = registers.command(0x1C, readable=True, doc="RESET: any write resets the board; reads 0")

    position = State(0, "bytes", "how much of the selected argument was read")

    def __init__(self, system: System, path: str, params: DeviceParams) -> None:
        super().__init__(system, path, params)
        self.port = system.serial_port(path)
        self.arguments = [argument.encode() for argument in system.workload.arguments]

    @exit_code.write
    def _exit(self, value: int) -> None:
        self.system.request_exit(GuestExit(code=value))

    @put_character.write
    def _put_character(self, value: int) -> None:
        self.port.send(bytes([value & 0xFF]))

    @argument_select.written
    def _select_argument(self) -> None:
        self.position = 0

    @argument_character.read
    def _read_argument_character(self) -> int:
        selected = self.argument_select.value
        argument = self.arguments[selected] if selected < len(self.arguments) else b""
        if self.position >= len(argument):
            return 0
        self.position += 1
        return argument[self.position - 1]

    @argument_count.read
    def _read_argument_count(self) -> int:
        return len(self.arguments)

    @power_off.write
    def _power_off(self, value: int) -> None:
        self.system.request_exit(PowerOff())

    @board_reset.write
    def _reset_board(self, value: int) -> None:
        self.system.request_exit(Reset(source=self.path))
