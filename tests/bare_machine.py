"""The ready board without a workload: assembled programs at chosen addresses, run so many instructions."""

from __future__ import annotations

import keystone
from vmsim_arch_arm.state import ArmState
from vmsim_core.exits import ExitCause, Halt
from vmsim_core.simulation import RunLimits, Simulation
from whole_system import SYSTEM

CODE = 0x8000
LIMIT = 100_000


def assemble(source: str, address: int, thumb: bool = False) -> bytes:
    """Return the encoding of `source` at `address`."""
    mode = keystone.KS_MODE_THUMB if thumb else keystone.KS_MODE_ARM
    encoding, _ = keystone.Ks(keystone.KS_ARCH_ARM, mode).asm(source, address, as_bytes=True)
    return bytes(encoding)


class BareMachine:
    """A board with one core in Supervisor mode that begins at 0x8000, the MMU and the caches off."""

    def __init__(self, model: str, source: str, *settings: tuple[str, str], thumb: bool = False) -> None:
        self.simulation = Simulation.from_yaml(SYSTEM, model, (("memory", "16MiB"), *settings))
        self.system = self.simulation.system
        self.load(CODE, source, thumb)
        core = self.system.cores[0]
        state = core.active.save_state()
        assert isinstance(state, ArmState)
        state.pc = CODE
        state.cpsr = state.cpsr & ~0x20 | thumb << 5
        core.activate(core.active, state, 0)

    def load(self, address: int, source: str, thumb: bool = False) -> None:
        """Assemble and write, as a device would."""
        self.system.address_map.write_block(address, assemble(source, address, thumb))

    def run(self, instructions: int = LIMIT) -> ExitCause:
        """Run on; a program ends with ``b .`` and interrupts masked."""
        return self.simulation.run(RunLimits(instructions=instructions))

    def finish(self) -> list[int]:
        """Run to the end of the program; return R0 to R7."""
        assert isinstance(self.run(), Halt)
        return list(self.state.r)

    @property
    def state(self) -> ArmState:
        state = self.system.cores[0].active.save_state()
        assert isinstance(state, ArmState)
        return state

    def word(self, address: int) -> int:
        """Return a word of RAM, as a device sees it."""
        return int.from_bytes(self.system.address_map.read_block(address, 4), "little")
