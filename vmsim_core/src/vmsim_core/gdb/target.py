"""The machine as a debugger sees it: registers, memory by virtual address, breakpoints and watchpoints."""

from __future__ import annotations

from vmsim_core.address_map import BusError, RamRegion
from vmsim_core.architecture import ArchState
from vmsim_core.cpu import Core
from vmsim_core.debug import MemoryAccess, Watchpoint
from vmsim_core.debugger import DebuggerRegister, DebuggerView
from vmsim_core.errors import VmsimError
from vmsim_core.simulation import Simulation

ADDRESSES = 1 << 32
_PAGE = 4096
_MAX_BREAKPOINTS = 256
_MAX_WATCHPOINTS = 64


class Target:
    """One core of a machine that stands still; `moved` has to be called after it ran, or its state was replaced."""

    def __init__(self, simulation: Simulation, view: DebuggerView) -> None:
        self.view = view
        self.registers: tuple[DebuggerRegister, ...] = tuple(
            register for feature in view.features for register in feature.registers
        )
        self._simulation = simulation
        self._core: Core = simulation.system.cores[0]
        self._state: ArchState | None = None
        self._software: frozenset[int] = frozenset()
        self._hardware: frozenset[int] = frozenset()
        self._watchpoints: tuple[Watchpoint, ...] = ()

    def moved(self) -> None:
        """Forget what was known of the core's state."""
        self._state = None

    @property
    def state(self) -> ArchState:
        """The core's state; not to be changed."""
        if self._state is None:
            self._state = self._core.active.save_state()
        return self._state

    # --- registers ----------------------------------------------------------------------------------------------------

    def read_register(self, register: DebuggerRegister) -> bytes:
        """Return a register, little-endian."""
        return self.view.read(self.state, register.name).to_bytes(register.bits // 8, "little")

    def write_registers(self, values: dict[str, int]) -> None:
        """Change registers; raises VmsimError, nothing being changed, for an impossible value."""
        old, new = self.state, self.state.copy()
        for name in sorted(values, key=lambda name: name != self.view.mode_register):
            self.view.write(new, name, values[name])
        self.moved()
        model = self._core.active
        try:
            model.load_state(new)
            kept = model.save_state()
        except VmsimError:
            model.load_state(old)
            raise
        for name in values:
            if self.view.read(kept, name) != self.view.read(new, name):
                model.load_state(old)
                raise VmsimError(f"{model.path}: {name} cannot be changed to {self.view.read(new, name):#x}")

    # --- memory -------------------------------------------------------------------------------------------------------

    def translate(self, address: int) -> int | None:
        """Return the physical address of a virtual one; None where nothing is mapped."""
        try:
            return self.view.translate(self.state, address, self._simulation.system.address_map.read_block)
        except BusError:  # the guest's page tables point nowhere
            return None

    def read_memory(self, address: int, size: int) -> bytes:
        """Return RAM at a virtual address, as far as there is any; never from a device, which would notice."""
        parts = []
        for start, length in _pages(address, size):
            physical = self._ram_at(start, length)
            if physical is None:
                break
            parts.append(self._simulation.system.address_map.read_block(physical, length))
        return b"".join(parts)

    def write_memory(self, address: int, data: bytes) -> None:
        """Write RAM at a virtual address; raises VmsimError, nothing being changed, where there is none."""
        places = []
        for start, length in _pages(address, len(data)):
            physical = self._ram_at(start, length)
            if physical is None:
                raise VmsimError(f"there is no RAM at {start:#010x}")
            places.append((physical, length))
        for physical, length in places:
            self._simulation.system.address_map.write_block(physical, data[:length])
            data = data[length:]
        self.moved()  # memory may be where a model keeps part of the state, such as its exclusive monitor

    def _ram_at(self, address: int, size: int) -> int | None:
        """Return the physical address of `size` bytes inside a page, if they are RAM."""
        physical = self.translate(address)
        if physical is None:
            return None
        find = self._simulation.system.address_map.find
        inside = all(isinstance(find(place), RamRegion) for place in (physical, physical + size - 1))
        return physical if inside else None

    # --- breakpoints and watchpoints ----------------------------------------------------------------------------------

    def set_breakpoint(self, address: int, present: bool, hardware: bool) -> None:
        """Insert or remove a breakpoint; raises VmsimError when the CPU model cannot."""
        software, hardwired = self._software, self._hardware
        if hardware:
            hardwired = hardwired | {address} if present else hardwired - {address}
        else:
            software = software | {address} if present else software - {address}
        if len(software | hardwired) > _MAX_BREAKPOINTS:
            raise VmsimError(f"there can be {_MAX_BREAKPOINTS} breakpoints at most")
        self._core.set_breakpoints(software | hardwired)
        self._software, self._hardware = software, hardwired

    def set_watchpoint(self, watchpoint: Watchpoint, present: bool) -> None:
        """Insert or remove a watchpoint; raises VmsimError when the CPU model cannot."""
        watchpoints = tuple(each for each in self._watchpoints if each != watchpoint)
        if present:
            watchpoints = (*watchpoints, watchpoint)
        if len(watchpoints) > _MAX_WATCHPOINTS:
            raise VmsimError(f"there can be {_MAX_WATCHPOINTS} watchpoints at most")
        self._core.set_watchpoints(watchpoints)
        self._watchpoints = watchpoints

    def clear(self) -> None:
        """Remove all breakpoints and watchpoints."""
        self._software = self._hardware = frozenset()
        self._watchpoints = ()
        self._core.set_breakpoints(frozenset())
        self._core.set_watchpoints(())

    def is_software_breakpoint(self, address: int) -> bool:
        """Whether the debugger has asked for a software breakpoint there, and not for a hardware one."""
        return address in self._software - self._hardware

    def watchpoint_of(self, access: MemoryAccess) -> tuple[Watchpoint, int] | None:
        """Return the watchpoint that an access hit, and the first address that both have."""
        for each in self._watchpoints:
            first = max(each.address, access.address)
            last = min(each.address + each.size, access.address + access.size)
            if first < last and (each.writes if access.write else each.reads):
                return each, first
        return None


def _pages(address: int, size: int) -> list[tuple[int, int]]:
    """Cut a span of virtual memory at page boundaries, and off at the end of the address space."""
    end = min(address + size, ADDRESSES)
    pieces = []
    while address < end:
        length = min(end - address, _PAGE - address % _PAGE)
        pieces.append((address, length))
        address += length
    return pieces
