"""simctl: the simulator's own device, by which a guest prints, reads arguments and a file, and steers its simulation.

A *command* is carried out at the instruction boundary right after the store that gives it; STATUS then says how it
went. What costs the host something is limited by the user: see `SimctlParams`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from vmsim_core.actions import (
    Action,
    BeginRegion,
    DumpStatistics,
    EndRegion,
    ResetStatistics,
    SwitchCpu,
    TakeCheckpoint,
)
from vmsim_core.checkpoint import Upgrader
from vmsim_core.component import HOST_SIDE, State
from vmsim_core.device import Device, DeviceParams
from vmsim_core.errors import CheckpointError, VmsimError
from vmsim_core.exits import GuestExit, PowerOff, Reset
from vmsim_core.regions import MAX_REGIONS
from vmsim_core.registers import RegisterTable
from vmsim_core.run_events import GuestRequest, RequestRefused
from vmsim_core.section import Section
from vmsim_core.system import System

if TYPE_CHECKING:
    from vmsim_core.simulation import Simulation

_ID = 0x564D_5331  # "VMS1"
_VERSION = 2
MAX_TEXT = 64
MAX_FILE = 16 << 20

CHECKPOINT, SWITCH_NAMED, SWITCH_NUMBERED, STATS_RESET, STATS_DUMP, REGION_BEGIN, REGION_END = range(1, 8)
"""Commands."""
OK, UNKNOWN, INVALID, REFUSED, FAILED, BUSY = range(6)
"""What STATUS says."""


class SimctlParams(DeviceParams):
    """What the guest may ask for."""

    max_checkpoints: Annotated[int, HOST_SIDE, Field(ge=0)] = 16
    """Checkpoints that the guest may ask for in all."""
    max_dumps: Annotated[int, HOST_SIDE, Field(ge=0)] = 1000
    """Dumps of the statistics that the guest may ask for in all."""
    may_switch: Annotated[bool, HOST_SIDE] = True
    """Whether the guest may switch the CPU model."""


class Simctl(Device):
    """Its text goes to the serial port that has the device's own name."""

    type_name = "simctl"
    section_version = 2
    Params = SimctlParams
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
    version = registers.constant(0x20, _VERSION, doc="VERSION: 2 where there are the registers from here on")
    command = registers.command(0x24, doc="COMMAND: carried out after the instruction that writes it")
    status_code = registers.computed(0x28, doc="STATUS: how the last command went, 0 for well")
    operand = registers.read_write(0x2C, doc="OPERAND: the number that a command is about")
    put_text = registers.command(0x30, doc="TEXT: the low byte is added to the command's text; 0 empties it")
    model_count = registers.computed(0x34, doc="MODEL_COUNT: how many CPU models there are")
    model_select = registers.read_write(0x38, doc="MODEL_SELECT: the model whose name to read, from its beginning")
    model_character = registers.computed(0x3C, doc="MODEL_CHAR: the next byte of its name, 0 at the end")
    file_size = registers.computed(0x40, doc="FILE_SIZE: the size of the workload's readfile in bytes")
    file_offset = registers.read_write(0x44, doc="FILE_OFFSET: where FILE_DATA reads")
    file_data = registers.computed(0x48, doc="FILE_DATA: the next four bytes, zeros after the end")

    position = State(0, "bytes", "how much of the selected argument was read")
    model_position = State(0, "bytes", "how much of the selected model's name was read")
    text = State(b"", "", "what was written to TEXT")
    pending = State(0, "", "the command that is not carried out yet")
    status = State(OK, "", "how the last command went")
    checkpoints = State(0, "count", "checkpoints that the guest has asked for")
    dumps = State(0, "count", "dumps of the statistics that the guest has asked for")

    def __init__(self, system: System, path: str, params: DeviceParams) -> None:
        super().__init__(system, path, params)
        self.port = system.serial_port(path)
        self.arguments = [argument.encode() for argument in system.workload.arguments]
        self.file = b""

    # --- texts, arguments and the file ------------------------------------------------------------------------------

    def on_run_started(self) -> None:
        """Read the file that the guest may read; it stays the same for the run."""
        if (file := self.system.workload.readfile) is not None:
            self.file = _content(file)

    @put_character.write
    def _put_character(self, value: int) -> None:
        self.port.send(bytes([value & 0xFF]))

    @argument_select.written
    def _select_argument(self) -> None:
        self.position = 0

    @argument_character.read
    def _read_argument_character(self) -> int:
        character = _byte(self.arguments, self.argument_select.value, self.position)
        self.position += character is not None
        return character or 0

    @argument_count.read
    def _read_argument_count(self) -> int:
        return len(self.arguments)

    @model_count.read
    def _read_model_count(self) -> int:
        return len(self._models())

    @model_select.written
    def _select_model(self) -> None:
        self.model_position = 0

    @model_character.read
    def _read_model_character(self) -> int:
        names = [name.encode() for name in self._models()]
        character = _byte(names, self.model_select.value, self.model_position)
        self.model_position += character is not None
        return character or 0

    @file_size.read
    def _read_file_size(self) -> int:
        return len(self.file)

    @file_data.read
    def _read_file_data(self) -> int:
        offset = self.file_offset.value
        data = self.file[offset : offset + 4]
        self.file_offset.value += len(data)
        return int.from_bytes(data, "little")

    # --- the ends of a run ------------------------------------------------------------------------------------------

    @exit_code.write
    def _exit(self, value: int) -> None:
        self.system.request_exit(GuestExit(code=value))

    @power_off.write
    def _power_off(self, value: int) -> None:
        self.system.request_exit(PowerOff())

    @board_reset.write
    def _reset_board(self, value: int) -> None:
        self.system.request_exit(Reset(source=self.path))

    # --- commands ---------------------------------------------------------------------------------------------------

    @put_text.write
    def _put_text(self, value: int) -> None:
        character = value & 0xFF
        self.text = self.text[: MAX_TEXT - 1] + bytes([character]) if character else b""

    @status_code.read
    def _read_status(self) -> int:
        return BUSY if self.pending else self.status

    @command.write
    def _command(self, value: int) -> None:
        # One instruction may store several words: what follows a command in it is not heard.
        if self.pending:
            self.system.log_once(f"{self.path}: a command in the instruction of another one is ignored")
        elif not CHECKPOINT <= value <= REGION_END:
            self.status = UNKNOWN
            self.system.log_once(f"{self.path}: there is no command of the number that the guest gives")
        else:
            self.pending = value
            self.system.request_action(self._carry_out)

    def restored(self) -> None:
        """Ask again for what was asked for and not done when the checkpoint was taken."""
        if self.pending:
            self.system.request_action(self._carry_out)

    def _carry_out(self, simulation: Simulation) -> None:
        command, self.pending = self.pending, 0
        action = self._action(command) if command else None
        self.text = b""
        if action is None:
            # With no command a restore has come between.
            if command:
                self.status = INVALID
                self.system.log_once(f"{self.path}: the guest gives a command {command} with a wrong operand")
            return
        simulation.tell(GuestRequest(action, self.path))
        # A checkpoint holds how things are after it: the run that goes on from it must be the one that took it.
        self.status, reason = OK, self._refusal(action, simulation)
        if reason:
            self.status = REFUSED
        else:
            try:
                action.perform(simulation)
            except VmsimError as error:
                self.status = INVALID if isinstance(action, BeginRegion | EndRegion) else FAILED
                reason = str(error)
        if self.status != OK:
            self.system.log_once(f"{self.path}: the guest's request, {action}, is not met: {reason}")
            simulation.tell(RequestRefused(action, self.path, reason))

    def _action(self, command: int) -> Action | None:
        """Return what the command asks for, None for a wrong operand."""
        operand, models = self.operand.value, self._models()
        name = self.text.decode("ascii", "replace")
        if command == SWITCH_NUMBERED:
            name = models[operand] if operand < len(models) else ""
        if command in (SWITCH_NAMED, SWITCH_NUMBERED):
            return SwitchCpu(name) if name in models else None
        if command in (REGION_BEGIN, REGION_END):
            kind = BeginRegion if command == REGION_BEGIN else EndRegion
            return kind(operand) if operand < MAX_REGIONS else None
        return {CHECKPOINT: TakeCheckpoint(), STATS_RESET: ResetStatistics(), STATS_DUMP: DumpStatistics()}[command]

    def _refusal(self, action: Action, simulation: Simulation) -> str:
        """Return why the user does not allow the action; count it if it is one of a limited number."""
        if isinstance(action, SwitchCpu) and not self.params.may_switch:
            return "may_switch is false"
        if isinstance(action, TakeCheckpoint):
            if simulation.checkpoint_folder is None:
                return "nothing says where checkpoints go: name a folder (--checkpoint-dir)"
            if self.checkpoints >= self.params.max_checkpoints:
                return f"it has asked for {self.checkpoints} already (max_checkpoints)"
            self.checkpoints += 1
        if isinstance(action, DumpStatistics):
            if simulation.statistics_file is None:
                return "nothing says where statistics go: name a file (--stats)"
            if self.dumps >= self.params.max_dumps:
                return f"it has asked for {self.dumps} already (max_dumps)"
            self.dumps += 1
        return ""

    def _models(self) -> list[str]:
        """The names of the CPU models, in the order of the system description."""
        return list(self.system.cores[0].makers) if self.system.cores else []

    # --- checkpoints ------------------------------------------------------------------------------------------------

    def serialize(self, section: Section) -> None:
        """Write the state, and which regions of interest are open."""
        super().serialize(section)
        section.put("open_regions", self.system.open_regions)

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote."""
        super().deserialize(section)
        counts = (self.position, self.model_position, self.checkpoints, self.dumps)
        if len(self.text) > MAX_TEXT or min(counts) < 0:
            raise CheckpointError(f"{self.path}: no guest can have written this text, or asked for so little")
        if not 0 <= self.pending <= REGION_END or not OK <= self.status < BUSY:
            raise CheckpointError(f"{self.path}: there is no such command or status")
        try:
            self.system.open_regions = section.get_ints("open_regions")
        except VmsimError as error:
            raise CheckpointError(f"{self.path}: {error}") from None


class SimctlCommands(Upgrader):
    """Version 1 knew no commands: none was given."""

    kind = Simctl.type_name
    from_version = 1

    def upgrade(self, section: Section) -> Section:
        """Add the fields of version 2."""
        for state in (Simctl.model_position, Simctl.pending, Simctl.status, Simctl.checkpoints, Simctl.dumps):
            section.put(state.name, state.initial, state.unit)
        section.put("text", b"")
        for register in (Simctl.operand, Simctl.model_select, Simctl.file_offset):
            section.put(f"register.{register.name}", register.reset)
        section.put("open_regions", [])
        return section


def _byte(texts: list[bytes], index: int, position: int) -> int | None:
    """Return a byte of one of the texts; None after its end, and for a text that is not there."""
    text = texts[index] if index < len(texts) else b""
    return text[position] if position < len(text) else None


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise VmsimError(f"workload.readfile: {file} cannot be read: {error.strerror}") from None
    if len(content) > MAX_FILE:
        raise VmsimError(f"workload.readfile: {file} is larger than {MAX_FILE >> 20} MiB")
    return content
