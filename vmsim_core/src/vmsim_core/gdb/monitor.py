"""The commands that a debugger's user gives to the simulator itself, with ``monitor``."""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable
from pathlib import Path

from vmsim_core.address_map import BusError
from vmsim_core.errors import VmsimError
from vmsim_core.gdb.target import ADDRESSES, Target
from vmsim_core.simulation import Simulation
from vmsim_core.stats_writers import TextWriter
from vmsim_core.units import format_time

_SIZES = (1, 2, 4)


class Monitor:
    """Carries out commands while the machine stands still."""

    def __init__(self, simulation: Simulation, target: Target) -> None:
        self._simulation = simulation
        self._target = target
        self._commands: dict[str, tuple[Callable[..., str], str, str]] = {
            "help": (self._help, "", "this list"),
            "info": (self._info, "", "time, instructions, CPU model, where the program is"),
            "switch": (self._switch, "MODEL", "let another CPU model go on"),
            "checkpoint": (self._checkpoint, "DIR", "take a checkpoint into the folder DIR"),
            "stats": (self._stats, "[TEXT]", "statistics, of those whose names have TEXT in them"),
            "translate": (self._translate, "ADDRESS", "the physical address of a virtual one"),
            "peek": (self._peek, "ADDRESS [SIZE]", "read 1, 2 or 4 bytes at a physical address; a device notices"),
            "poke": (self._poke, "ADDRESS VALUE [SIZE]", "write there"),
        }

    def execute(self, line: str) -> str:
        """Carry out a command; return what there is to be shown, mistakes included."""
        try:
            name, *arguments = shlex.split(line) or ["help"]
            command, usage, _ = self._commands[self._name_of(name)]
            count = len(usage.split())
            if not count - usage.count("[") <= len(arguments) <= count:
                raise VmsimError(f"usage: monitor {name} {usage}".rstrip())
            return command(*arguments)
        except VmsimError as error:
            return f"error: {error}\n"
        except ValueError as error:  # shlex: a quotation that does not end
            return f"error: {line}: {error}\n"

    def _name_of(self, beginning: str) -> str:
        """Return the command that begins so, as GDB's own commands may be cut short."""
        found = [name for name in self._commands if name.startswith(beginning)]
        if beginning in self._commands:
            return beginning
        if len(found) != 1:
            raise VmsimError(f"there is no command {beginning!r}; monitor help lists them")
        return found[0]

    def _help(self) -> str:
        return "".join(f"{f'{name} {usage}':<28} {doc}\n" for name, (_, usage, doc) in self._commands.items())

    def _info(self) -> str:
        simulation, core = self._simulation, self._simulation.system.cores[0]
        architecture = simulation.system.architecture
        address = architecture.program_counter(self._target.state)
        code = self._target.read_memory(address, 4)
        instruction = architecture.disassemble(code, address, self._target.state) if code else "no memory"
        return (
            f"time          {format_time(simulation.time)}\n"
            f"instructions  {simulation.instructions:,}\n"
            f"CPU model     {core.active_name} (there are {', '.join(sorted(core.makers))})\n"
            f"next          {address:#010x}  {instruction}\n"
        )

    def _switch(self, model: str) -> str:
        report = self._simulation.switch(model)
        self._target.moved()
        return f"{report.core}: {report.from_model} to {report.to_model} at {format_time(report.tick)}\n"

    def _checkpoint(self, folder: str) -> str:
        place = self._simulation.take_checkpoint(Path(folder))
        self._target.moved()
        return f"checkpoint {place}\n"

    def _stats(self, wanted: str = "") -> str:
        written = io.StringIO()
        TextWriter().write(self._simulation, written)
        lines = written.getvalue().splitlines(keepends=True)
        return "".join(line for line in lines if wanted in line.partition(" ")[0])

    def _translate(self, address: str) -> str:
        virtual = _number(address, ADDRESSES)
        physical = self._target.translate(virtual)
        if physical is None:
            raise VmsimError(f"{virtual:#010x} is not mapped")
        return f"{physical:#010x}\n"

    def _peek(self, address: str, size: str = "4") -> str:
        place, count = self._place(address, size)
        try:
            value = self._simulation.system.address_map.read(place, count)
        except BusError:
            raise VmsimError(f"nothing answers at {place:#010x}") from None
        return f"{value:#0{2 + 2 * count}x}\n"

    def _poke(self, address: str, value: str, size: str = "4") -> str:
        place, count = self._place(address, size)
        try:
            self._simulation.system.address_map.write(place, count, _number(value, 1 << 8 * count))
        except BusError:
            raise VmsimError(f"nothing answers at {place:#010x}") from None
        self._target.moved()
        return ""

    def _place(self, address: str, size: str) -> tuple[int, int]:
        """Read where to access, and let the devices see the time at which the machine stands."""
        place, count = _number(address, ADDRESSES), _number(size, 5)
        if count not in _SIZES or place % count:
            raise VmsimError("an access has 1, 2 or 4 bytes and is aligned to them")
        system = self._simulation.system
        system.events.run_until(self._simulation.time)
        system.current_core = 0
        return place, count


def _number(text: str, limit: int) -> int:
    try:
        value = int(text, 0)
    except ValueError:
        raise VmsimError(f"{text!r} is no number") from None
    if not 0 <= value < limit:
        raise VmsimError(f"{text} is not from 0 to {limit - 1:#x}")
    return value
