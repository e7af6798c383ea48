"""The nodes of the devices in the device tree: a table by device type.

The table adds to what a device's class says itself: the parts that the board decides, such as names and clocks. A
device type that is not in the table gets a plain node, if its class says what it is compatible with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from vmsim_core.device import Device

from vmsim_platform_realview.flattened_tree import Cell, Node, PropertyValue, Reference
from vmsim_platform_realview.gic import Gic, GicCpuInterface
from vmsim_platform_realview.global_timer import GlobalTimer
from vmsim_platform_realview.l2c310 import L2c310
from vmsim_platform_realview.pl011 import Pl011
from vmsim_platform_realview.pl031 import Pl031
from vmsim_platform_realview.private_timer import PrivateTimer
from vmsim_platform_realview.private_watchdog import PrivateWatchdog
from vmsim_platform_realview.scu import Scu
from vmsim_platform_realview.simctl import Simctl
from vmsim_platform_realview.sp804 import Sp804
from vmsim_platform_realview.sp810 import Sp810
from vmsim_platform_realview.system_registers import SystemRegisters

if TYPE_CHECKING:
    from vmsim_core.system import System

_FIRST_SHARED_INTERRUPT = 32
_FIRST_PRIVATE_INTERRUPT = 16
_LEVEL_HIGH = 4
_ALL_FOUR_CORES = 0xF00

CELLS_1_1: dict[str, PropertyValue] = {"#address-cells": 1, "#size-cells": 1}

_SYSTEM_REGISTERS = Reference("syscon")
_SYSTEM_CONTROLLER = Reference("sp810_syscon0")
_INTERRUPT_CONTROLLER = Reference("intc")
_L2_CACHE = Reference("L2")
_SIMCTL = Reference("simctl")

_CRYSTAL = Reference("xtal24mhz")
_TIMER_CLOCK = Reference("timclk")
_UART_CLOCK = Reference("uartclk")
_BUS_CLOCK = Reference("pclk")
_SLOW_CLOCK = Reference("refclk32khz")
_FIXED_CLOCKS = {_CRYSTAL.label: 24_000_000, _SLOW_CLOCK.label: 32_768, _BUS_CLOCK.label: 0}
"""Frequencies in hertz. The peripheral bus's clock hangs off a PLL; in Linux's tree it has no frequency either."""
_DIVIDED_CLOCKS = {_TIMER_CLOCK.label: 24, _UART_CLOCK.label: 1, "mclk": 1, "kmiclk": 1, "sspclk": 1, "wdogclk": 1}
"""Divisors of the crystal."""


def cpu_label(index: int) -> str:
    """Return the label of a processor core."""
    return f"cpu{index}"


def interrupt_cells(number: int) -> list[int]:
    """Return a GIC interrupt ID as the three cells of the GIC's binding: kind, number, flags."""
    if number >= _FIRST_SHARED_INTERRUPT:
        return [0, number - _FIRST_SHARED_INTERRUPT, _LEVEL_HIGH]
    return [1, number - _FIRST_PRIVATE_INTERRUPT, _ALL_FOUR_CORES | _LEVEL_HIGH]


def board_clocks() -> list[Node]:
    """Return the board's clocks."""
    nodes = [_fixed_clock(name, hertz) for name, hertz in _FIXED_CLOCKS.items()]
    for name, divisor in _DIVIDED_CLOCKS.items():
        properties: dict[str, PropertyValue] = {"#clock-cells": 0, "compatible": "fixed-factor-clock"}
        properties |= {"clock-div": divisor, "clock-mult": 1, "clocks": [_CRYSTAL]}
        nodes.append(Node(name, properties, label=name))
    return nodes


def _fixed_clock(name: str, hertz: int) -> Node:
    properties: dict[str, PropertyValue] = {"compatible": "fixed-clock", "clock-frequency": hertz}
    return Node(name, {"#clock-cells": 0, **properties}, label=name)


class DeviceNodes:
    """The nodes of one system's devices, by address, and the devices that other nodes refer to, if they are there."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.devices = sorted(system.devices.values(), key=lambda device: cast(int, device.params.at))
        self.own_clocks: list[Node] = []
        """Clocks of devices that the description gives another frequency than the board does."""
        self.system_registers = self._reference(SystemRegisters, _SYSTEM_REGISTERS)
        self.system_controller = self._reference(Sp810, _SYSTEM_CONTROLLER)
        self.interrupt_controller = self._reference(Gic, _INTERRUPT_CONTROLLER)
        self.l2_cache = self._reference(L2c310, _L2_CACHE)
        self.first_serial = self.first(Pl011)
        made = [self._make(device) for device in self.devices]
        self.nodes = [node for node in made if node is not None]

    def first(self, kind: type[Device]) -> Device | None:
        """Return the system's first device of a type, by address."""
        return next((device for device in self.devices if isinstance(device, kind)), None)

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

    def clock(self, device: Device, board_clock: Reference, hertz: int) -> Reference:
        """Return the board's clock, or one of the device's own if that runs at another frequency."""
        if hertz * _DIVIDED_CLOCKS[board_clock.label] == _FIXED_CLOCKS[_CRYSTAL.label]:
            return board_clock
        own = Reference(f"{device.name}-{board_clock.label}")
        self.own_clocks.append(_fixed_clock(own.label, hertz))
        return own

    def _reference(self, kind: type[Device], reference: Reference) -> Reference | None:
        return None if self.first(kind) is None else reference

    def _make(self, device: Device) -> Node | None:
        make = _NODE_MAKERS.get(type(device))
        if make is not None:
            return make(self, device)
        return self.node(device, device.name) if "compatible" in device.device_tree else None


NodeMaker = Callable[[DeviceNodes, Device], Node | None]


def _plain(
    name: str, properties: dict[str, PropertyValue] | None = None, reference: Reference | None = None
) -> NodeMaker:
    """Return the maker for a device that needs nothing special."""
    return lambda nodes, device: nodes.node(device, name, properties, reference)


def _clocks(names: list[str], clocks: list[Cell]) -> dict[str, PropertyValue]:
    return {"clocks": clocks, "clock-names": names}


def _part_of_another_node(nodes: DeviceNodes, device: Device) -> None:
    """Make no node."""


def _uart(nodes: DeviceNodes, device: Device) -> Node:
    clock = nodes.clock(device, _UART_CLOCK, device.params.uartclk)
    return nodes.node(device, "serial", _clocks(["uartclk", "apb_pclk"], [clock, _BUS_CLOCK]))


def _dual_timer(nodes: DeviceNodes, device: Device) -> Node:
    """The system controller selects the clocks of the first two dual timers, the others have theirs from the board."""
    first = _FIRST_TIMER.get(device.params.at, 0)
    clock = nodes.clock(device, _TIMER_CLOCK, device.params.clock)
    clocks: list[Cell] = [clock, clock]
    if first < 4 and clock is _TIMER_CLOCK and nodes.system_controller is not None:
        clocks = [nodes.system_controller, first, nodes.system_controller, first + 1]
    names = [f"timerclk{first}", f"timerclk{first + 1}", "apb_pclk"]
    return nodes.node(device, "timer", _clocks(names, [*clocks, _BUS_CLOCK]))


_FIRST_TIMER = {0x10011000: 0, 0x10012000: 2, 0x10018000: 4, 0x10019000: 6}
"""The number that the board gives to the first timer of the dual timer at an address."""


def _system_controller(nodes: DeviceNodes, device: Device) -> Node:
    timers = range(4)
    properties = _clocks(["refclk", "timclk", "apb_pclk"], [_SLOW_CLOCK, _TIMER_CLOCK, _CRYSTAL])
    properties |= {
        "#clock-cells": 1,
        "clock-output-names": [f"timerclk{index}" for index in timers],
        "assigned-clocks": [cell for index in timers for cell in (_SYSTEM_CONTROLLER, index)],
        "assigned-clock-parents": [_TIMER_CLOCK for _ in timers],
    }
    return nodes.node(device, "sysctl", properties, _SYSTEM_CONTROLLER)


def _system_registers(nodes: DeviceNodes, device: Device) -> Node:
    """The system registers, with the LEDs and the oscillators' settings that are bits and words of them."""
    ranges: list[int] = [0, device.params.at, device.window_size]
    node = nodes.node(device, "syscon", {"ranges": ranges, **CELLS_1_1}, _SYSTEM_REGISTERS)
    node.children = [_led(index) for index in range(8)] + [_oscillator(index) for index in range(5)]
    return node


_LED_TRIGGERS = {0: "heartbeat", 1: "mmc0", 2: "cpu0"}


def _led(index: int) -> Node:
    register = SystemRegisters.leds.offset
    properties: dict[str, PropertyValue] = {
        "compatible": "register-bit-led",
        "reg": [register, 4],
        "offset": register,
        "mask": 1 << index,
        "label": f"versatile:{index}",
        "default-state": "on" if index == 0 else "off",
    }
    if index in _LED_TRIGGERS:
        properties["linux,default-trigger"] = _LED_TRIGGERS[index]
    return Node(f"led@{register:x},{index}", properties)


def _oscillator(index: int) -> Node:
    register = SystemRegisters.oscillators.offset + 4 * index
    properties: dict[str, PropertyValue] = {
        "compatible": "arm,syscon-icst307",
        "reg": [register, 4],
        "#clock-cells": 0,
        "lock-offset": SystemRegisters.lock.offset,
        "vco-offset": register,
        "clocks": [_CRYSTAL],
    }
    return Node(f"clock-controller@{register:x}", properties, label=f"oscclk{index}")


def _interrupt_controller(nodes: DeviceNodes, device: Device) -> Node:
    """One node for the distributor and the CPU interfaces, two devices on the bus."""
    interface = nodes.first(GicCpuInterface)
    windows = [device] if interface is None else [device, interface]
    properties: dict[str, PropertyValue] = {
        "compatible": "arm,cortex-a9-gic",
        "#interrupt-cells": 3,
        "#address-cells": 1,
        "interrupt-controller": True,
        "reg": [cell for window in windows for cell in (window.params.at, window.window_size)],
    }
    return nodes.node(device, "interrupt-controller", properties, _INTERRUPT_CONTROLLER)


_L2_PROPERTIES: dict[str, PropertyValue] = {
    "compatible": "arm,pl310-cache",
    "cache-unified": True,
    "cache-level": 2,
    # 128 KiB in 8 ways; said here, since a boot loader may have set the controller up otherwise.
    "cache-size": 131072,
    "cache-sets": 512,
    "cache-line-size": 32,
    "arm,parity-disable": True,
    "arm,tag-latency": [1, 1, 1],
    "arm,data-latency": [1, 1, 1],
}


def _simctl(nodes: DeviceNodes, device: Device) -> Node:
    """Offer the simulator's own device as a syscon whose POWEROFF register Linux knows how to use."""
    poweroff: dict[str, PropertyValue] = {"compatible": "syscon-poweroff", "regmap": [_SIMCTL]}
    poweroff |= {"offset": Simctl.power_off.offset, "value": 1}
    node = nodes.node(device, "simctl", {"compatible": ["vmsim,simctl", "syscon", "simple-mfd"]}, _SIMCTL)
    node.children = [Node("poweroff", poweroff)]
    return node


_NODE_MAKERS: dict[type[Device], NodeMaker] = {
    SystemRegisters: _system_registers,
    Sp810: _system_controller,
    Pl011: _uart,
    Sp804: _dual_timer,
    Pl031: _plain("rtc", _clocks(["apb_pclk"], [_BUS_CLOCK])),
    Scu: _plain("scu", {"compatible": "arm,cortex-a9-scu"}),
    Gic: _interrupt_controller,
    GicCpuInterface: _part_of_another_node,
    # Linux's own tree leaves the global timer out: its driver refuses a Cortex-A9 before r2p0, which ours is.
    GlobalTimer: _plain("timer", {"compatible": "arm,cortex-a9-global-timer", "status": "disabled"}),
    PrivateTimer: _plain("timer", {"compatible": "arm,cortex-a9-twd-timer"}),
    PrivateWatchdog: _plain("watchdog", {"compatible": "arm,cortex-a9-twd-wdt"}),
    L2c310: _plain("cache-controller", _L2_PROPERTIES, _L2_CACHE),
    Simctl: _simctl,
}
