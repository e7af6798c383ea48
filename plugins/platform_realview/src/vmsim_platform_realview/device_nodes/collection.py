"""The nodes of one system's devices, and what makers of nodes may ask about the system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from vmsim_core.device import Device

from vmsim_platform_realview.device_nodes.clocks import CRYSTAL_FREQUENCY, DIVISORS, fixed_clock
from vmsim_platform_realview.flattened_tree import Node, PropertyValue, Reference

if TYPE_CHECKING:
    from vmsim_core.system import System

_FIRST_SHARED_INTERRUPT = 32
_FIRST_PRIVATE_INTERRUPT = 16
_LEVEL_HIGH = 4
_ALL_FOUR_CORES = 0xF00

CELLS_1_1: dict[str, PropertyValue] = {"#address-cells": 1, "#size-cells": 1}
CELLS_1_0: dict[str, PropertyValue] = {"#address-cells": 1, "#size-cells": 0}

SYSTEM_REGISTERS = Reference("syscon")
SYSTEM_CONTROLLER = Reference("sp810_syscon0")
INTERRUPT_CONTROLLER = Reference("intc")
L2_CACHE = Reference("L2")


def cpu_label(index: int) -> str:
    """Return the label of a processor core."""
    return f"cpu{index}"


def interrupt_cells(number: int) -> list[int]:
    """Return a GIC interrupt ID as the three cells of the GIC's binding: kind, number, flags."""
    if number >= _FIRST_SHARED_INTERRUPT:
        return [0, number - _FIRST_SHARED_INTERRUPT, _LEVEL_HIGH]
    return [1, number - _FIRST_PRIVATE_INTERRUPT, _ALL_FOUR_CORES | _LEVEL_HIGH]


class DeviceNodes:
    """The nodes of one system's devices, by address, and the devices that other nodes refer to, if they are there."""

    def __init__(self, system: System, makers: Mapping[str, NodeMaker]) -> None:
        self.system = system
        self.devices = sorted(system.devices.values(), key=lambda device: cast(int, device.params.at))
        self._off_the_bus: dict[str, Node] = {}
        self.system_registers = self._reference("realview-sysregs", SYSTEM_REGISTERS)
        self.system_controller = self._reference("sp810", SYSTEM_CONTROLLER)
        self.interrupt_controller = self._reference("gic", INTERRUPT_CONTROLLER)
        self.l2_cache = self._reference("l2c-310", L2_CACHE)
        made = [makers.get(device.type_name, _by_class)(self, device) for device in self.devices]
        self.nodes = [node for node in made if node is not None]

    @property
    def off_the_bus(self) -> list[Node]:
        """Nodes that devices need beside their own: supplies, what a screen is connected to, clocks of their own."""
        return list(self._off_the_bus.values())

    def first(self, type_name: str) -> Device | None:
        """Return the system's first device of a type, by address."""
        return next((device for device in self.devices if device.type_name == type_name), None)

    def node(
        self,
        device: Device,
        name: str,
        properties: dict[str, PropertyValue] | None = None,
        reference: Reference | None = None,
    ) -> Node:
        """Return a node with the device's registers and interrupts, what its class says, and further properties."""
        at = device.params.at
        plain: dict[str, PropertyValue] = {"reg": [at, device.window_size]}
        if self.interrupt_controller is not None and (numbers := sorted(device.interrupt_outputs())):
            plain["interrupts"] = [cell for number in numbers for cell in interrupt_cells(number)]
        own = cast("dict[str, PropertyValue]", device.device_tree)
        label = "" if reference is None else reference.label
        return Node(f"{name}@{at:x}", {**own, **plain, **(properties or {})}, label=label)

    def add_off_the_bus(self, node: Node) -> Reference:
        """Add a node that is no device on the bus, once by its name; devices may share it. Return it for reference."""
        return Reference(self._off_the_bus.setdefault(node.name, node).label)

    def clock(self, device: Device, board_clock: Reference, hertz: int) -> Reference:
        """Return the board's clock, or one of the device's own if that runs at another frequency."""
        if hertz * DIVISORS[board_clock.label] == CRYSTAL_FREQUENCY:
            return board_clock
        return self.add_off_the_bus(fixed_clock(f"{device.name}-{board_clock.label}", hertz))

    def _reference(self, type_name: str, reference: Reference) -> Reference | None:
        return None if self.first(type_name) is None else reference


NodeMaker = Callable[[DeviceNodes, Device], Node | None]


def plain(name: str, properties: dict[str, PropertyValue] | None = None, label: Reference | None = None) -> NodeMaker:
    """Return the maker for a device that needs nothing special."""
    return lambda nodes, device: nodes.node(device, name, properties, label)


def part_of_another_node(nodes: DeviceNodes, device: Device) -> None:
    """Make no node."""


def _by_class(nodes: DeviceNodes, device: Device) -> Node | None:
    """Make a plain node if the device's class says what it is compatible with."""
    return nodes.node(device, device.name) if "compatible" in device.device_tree else None
