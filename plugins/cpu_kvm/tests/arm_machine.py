"""A bare machine for tests of the engine: RAM, a device that remembers its accesses, and programs in assembler."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import keystone
from unicorn import arm_const
from vmsim_core.events import EventQueue
from vmsim_core.ram import Ram
from vmsim_cpu_kvm.run_loop import RunResult
from vmsim_cpu_kvm.unicorn_engine import UnicornEngine

RAM_SIZE = 1 << 20
ALIAS = 0x70000000
DEVICE = 0x10000000
PERIOD = 2000
FOREVER = 1 << 62
GPRS = [getattr(arm_const, f"UC_ARM_REG_R{number}") for number in range(16)]
SUPERVISOR_MASKED = 0x1D3
SUPERVISOR_OPEN = 0x113


@lru_cache
def assemble(source: str, address: int = 0, thumb: bool = False) -> bytes:
    """Return the code of an ARM or Thumb program."""
    mode = keystone.KS_MODE_THUMB if thumb else keystone.KS_MODE_ARM
    encoding, _ = keystone.Ks(keystone.KS_ARCH_ARM, mode).asm(source, address)
    return bytes(encoding)


@dataclass
class Access:
    """One device access: when (ticks), where, how wide, and the value of a write."""

    tick: int
    address: int
    size: int
    written: int | None = None


@dataclass
class Machine:
    """One engine with 1 MiB of RAM at 0 (again at 0x70000000) and one device everywhere else."""

    ram: Ram = field(default_factory=lambda: Ram("ram", RAM_SIZE))
    events: EventQueue = field(default_factory=EventQueue)
    accesses: list[Access] = field(default_factory=list)
    on_access: Callable[[Access], None] = lambda access: None
    coprocessor: Callable[[int, int], bool] = lambda word, cpsr: False

    def __post_init__(self) -> None:
        regions = [(0, self.ram, 0, RAM_SIZE), (ALIAS, self.ram, 0, RAM_SIZE)]
        self.engine = UnicornEngine(
            regions, self._read, self._write, lambda word, cpsr: self.coprocessor(word, cpsr), self.events
        )
        self.engine.set_clock(0, PERIOD)

    def load(self, source: str, address: int = 0, thumb: bool = False) -> None:
        """Put a program into RAM, as a host would before the start."""
        self.poke(address, assemble(source, address, thumb))

    def poke(self, address: int, data: bytes) -> None:
        """Write RAM behind the engine's back, and tell it."""
        self.ram.view[address : address + len(data)] = data
        self.engine.invalidate(address, len(data))

    def word(self, address: int) -> int:
        """Return a word of RAM."""
        return int.from_bytes(self.ram.view[address : address + 4], "little")

    def start(self, address: int = 0, cpsr: int = SUPERVISOR_MASKED) -> None:
        """Set PC and CPSR."""
        self.engine.write_register(arm_const.UC_ARM_REG_CPSR, cpsr)
        self.engine.write_register(GPRS[15], address | (cpsr >> 5 & 1))

    def register(self, number: int) -> int:
        """Return r0 to r15 of the current mode."""
        return self.engine.read_register(GPRS[number])

    def set_register(self, number: int, value: int) -> None:
        """Write r0 to r14 of the current mode."""
        self.engine.write_register(GPRS[number], value)

    @property
    def cpsr(self) -> int:
        """The CPSR."""
        return self.engine.read_register(arm_const.UC_ARM_REG_CPSR)

    def run(self, instructions: int, slices: Iterable[int] = ()) -> RunResult:
        """Run `instructions`, in slices of the given lengths (the last one is as long as is left)."""
        target = self.engine.retired + instructions
        lengths = iter(slices)
        while True:
            left = target - self.engine.retired
            result = self.engine.run(FOREVER, min(left, next(lengths, left)))
            assert result is not RunResult.FAILED, self.engine.failure
            if result is not RunResult.REACHED_LIMIT or self.engine.retired == target:
                return result

    def snapshot(self) -> tuple[object, ...]:
        """Return everything that must not depend on how the run was sliced."""
        registers = [self.register(number) for number in range(16)]
        accesses = [(a.tick, a.address, a.size, a.written) for a in self.accesses]
        return registers, self.cpsr, self.engine.retired, accesses, bytes(self.ram.view)

    def _read(self, address: int, size: int) -> int:
        if ALIAS <= address < ALIAS + RAM_SIZE:
            return int.from_bytes(self.ram.view[address - ALIAS : address - ALIAS + size], "little")
        access = Access(self.events.now, address, size)
        self.accesses.append(access)
        self.on_access(access)
        return (len(self.accesses) * 0x01010101 + address) & ((1 << 8 * size) - 1)

    def _write(self, address: int, size: int, value: int) -> None:
        if ALIAS <= address < ALIAS + RAM_SIZE:
            self.poke(address - ALIAS, value.to_bytes(size, "little"))
            return
        access = Access(self.events.now, address, size, value)
        self.accesses.append(access)
        self.on_access(access)
