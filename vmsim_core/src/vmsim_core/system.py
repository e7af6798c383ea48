"""The system: the tree of components, and the services that they share."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from vmsim_core.address_map import AddressMap
from vmsim_core.component import Component
from vmsim_core.cpu import Core
from vmsim_core.device import Device
from vmsim_core.drain import DrainManager
from vmsim_core.errors import VmsimError
from vmsim_core.ethernet_port import EthernetPort
from vmsim_core.events import EventQueue
from vmsim_core.exits import RunEvent
from vmsim_core.host_ports import Display, Keyboard, Mouse
from vmsim_core.ram import Ram
from vmsim_core.regions import Regions
from vmsim_core.serial_port import SerialPort

if TYPE_CHECKING:
    from vmsim_core.architecture import Architecture
    from vmsim_core.description import SystemDescription, Workload
    from vmsim_core.memory_hierarchy import MemoryHierarchy
    from vmsim_core.platform import Platform
    from vmsim_core.simulation import Simulation

log = logging.getLogger("vmsim")

_MAX_LOGGED_ONCE = 1000


class System:
    """A machine: components by path, the event queue, the address map, and requests to end the run."""

    platform: Platform
    architecture: Architecture

    def __init__(self, description: SystemDescription) -> None:
        self.description = description
        self.events = EventQueue()
        self.drain_manager = DrainManager()
        self.address_map = AddressMap(unmapped=self._unmapped_access)
        self.components: dict[str, Component] = {}
        self.cores: list[Core] = []
        self.devices: dict[str, Device] = {}
        self.make_memory_hierarchy: Callable[[], MemoryHierarchy] | None = None
        """Makes the caches and DRAM that the description asks for; set by the builder."""
        self._memory_hierarchy: MemoryHierarchy | None = None
        self.outer_cache_geometry: tuple[int, int] | None = None
        """Bytes and ways of the outer cache that the description asks for, for its controller's registers."""
        self.outer_cache_enabled: Callable[[], bool] = lambda: True
        """Whether the outer caches are enabled; set by their controller, if there is one."""
        self.serial_ports: dict[str, SerialPort] = {}
        self.ethernet_ports: dict[str, EthernetPort] = {}
        self.keyboards: dict[str, Keyboard] = {}
        self.mice: dict[str, Mouse] = {}
        self.displays: dict[str, Display] = {}
        self.current_core = 0
        """Index of the core whose access or instruction is being executed; a banked register looks at it."""
        self.requested_exits: list[RunEvent] = []
        self.requested_actions: deque[Callable[[Simulation], object]] = deque()
        self._regions: Regions | None = None
        self.unmapped_accesses = 0
        self._logged: set[str] = set()

    @property
    def workload(self) -> Workload:
        """What the machine runs."""
        return self.description.workload

    @property
    def has_memory_hierarchy(self) -> bool:
        """Whether a CPU model has asked for the caches: before, they are not there."""
        return self._memory_hierarchy is not None

    @property
    def memory_hierarchy(self) -> MemoryHierarchy:
        """The caches and DRAM, made when the first CPU model asks for them; raises VmsimError when they cannot be."""
        if self._memory_hierarchy is None:
            if self.make_memory_hierarchy is None:
                raise VmsimError(
                    "no memory hierarchy is installed, which CPU models that use caches need "
                    "(its distribution may be vmsim-mem-cache)"
                )
            self._memory_hierarchy = self.make_memory_hierarchy()
            self.add(self._memory_hierarchy)
            self.address_map.snoop_with(self._memory_hierarchy)
        return self._memory_hierarchy

    def add(self, component: Component) -> None:
        """Enter a component under its path."""
        if component.path in self.components:
            raise ValueError(f"there are two components called {component.path}")
        self.components[component.path] = component

    def serial_port(self, name: str) -> SerialPort:
        """Return the serial port called `name`, made on first use."""
        return self.serial_ports.setdefault(name, SerialPort(name))

    def ethernet_port(self, name: str) -> EthernetPort:
        """Return the Ethernet port called `name`, made on first use."""
        return self.ethernet_ports.setdefault(name, EthernetPort(name))

    @property
    def regions(self) -> Regions:
        """The regions of interest, made when the first one is marked."""
        if self._regions is None:
            self._regions = Regions(self)
            self.add(self._regions)
        return self._regions

    @property
    def has_regions(self) -> bool:
        """Whether a region of interest was marked: before, nothing counts them."""
        return self._regions is not None

    @property
    def open_regions(self) -> list[int]:
        """The regions of interest that are open, as :attr:`Regions.state` gives them."""
        return [] if self._regions is None else self._regions.state

    @open_regions.setter
    def open_regions(self, numbers: list[int]) -> None:
        if numbers or self._regions is not None:
            self.regions.state = numbers

    def request_action(self, action: Callable[[Simulation], object]) -> None:
        """Have `action` called, with the simulation, at the instruction boundary after the current instruction.

        For what a device cannot do within an access: take a checkpoint, switch the CPU. Called in an access or an
        event; actions come in the order in which they were asked for, and before the end of the run.
        """
        self.requested_actions.append(action)
        for core in self.cores:
            core.active.stop()

    def request_exit(self, cause: RunEvent) -> None:
        """End the run after the current instruction or event; later requests are kept, the first is the cause."""
        self.requested_exits.append(cause)
        for core in self.cores:
            core.active.stop()

    def log_once(self, message: str) -> None:
        """Log a warning about the guest's behaviour once; a guest cannot make us keep more than a thousand."""
        if message not in self._logged and len(self._logged) < _MAX_LOGGED_ONCE:
            self._logged.add(message)
            log.warning("%s", message)

    def rams(self) -> list[Ram]:
        """Return the machine's memories, each once, by address."""
        return list({id(region.ram): region.ram for region in self.address_map.ram_regions}.values())

    def walk(self) -> Iterator[Component]:
        """Yield every component in the order of its path."""
        for path in sorted(self.components):
            yield self.components[path]

    def _unmapped_access(self, kind: str, address: int, size: int) -> int:
        # An address that nothing decodes: counted, reads as zero, writes are dropped, as the peripheral bus of the
        # RealView boards (and QEMU's model of them) does it.
        self.unmapped_accesses += 1
        self.log_once(f"unmapped {kind} of {size} bytes at {address:#010x}")
        return 0
