"""Nodes of what makes the board a system: clocks, timers, serial ports, interrupts, cache."""

from __future__ import annotations

from vmsim_core.device import Device

from vmsim_platform_realview.device_nodes.clocks import (
    BUS_CLOCK,
    CRYSTAL,
    SLOW_CLOCK,
    TIMER_CLOCK,
    UART_CLOCK,
    WATCHDOG_CLOCK,
    clocked,
)
from vmsim_platform_realview.device_nodes.collection import (
    CELLS_1_1,
    INTERRUPT_CONTROLLER,
    SYSTEM_CONTROLLER,
    SYSTEM_REGISTERS,
    DeviceNodes,
)
from vmsim_platform_realview.flattened_tree import Cell, Node, PropertyValue, Reference
from vmsim_platform_realview.simctl import Simctl
from vmsim_platform_realview.system_registers import SystemRegisters

_SIMCTL = Reference("simctl")


def uart(nodes: DeviceNodes, device: Device) -> Node:
    """Return the node of a serial port."""
    clock = nodes.clock(device, UART_CLOCK, device.params.uartclk)
    return nodes.node(device, "serial", clocked(uartclk=clock, apb_pclk=BUS_CLOCK))


_FIRST_TIMER = {0x10011000: 0, 0x10012000: 2, 0x10018000: 4, 0x10019000: 6}
"""The number that the board gives to the first timer of the dual timer at an address."""


def dual_timer(nodes: DeviceNodes, device: Device) -> Node:
    """The system controller selects the clocks of the first two dual timers, the others have theirs from the board."""
    first = _FIRST_TIMER.get(device.params.at, 0)
    clock = nodes.clock(device, TIMER_CLOCK, device.params.clock)
    clocks: list[Cell | list[Cell]] = [clock, clock]
    if first < 4 and clock is TIMER_CLOCK and nodes.system_controller is not None:
        clocks = [[nodes.system_controller, first], [nodes.system_controller, first + 1]]
    inputs = {f"timerclk{first + index}": each for index, each in enumerate(clocks)}
    return nodes.node(device, "timer", clocked(**inputs, apb_pclk=BUS_CLOCK))


def watchdog(nodes: DeviceNodes, device: Device) -> Node:
    """Return the node of one of the board's watchdogs."""
    clock = nodes.clock(device, WATCHDOG_CLOCK, device.params.clock)
    return nodes.node(device, "watchdog", clocked(wdog_clk=clock, apb_pclk=BUS_CLOCK))


def system_controller(nodes: DeviceNodes, device: Device) -> Node:
    """Return the node of the system controller, which selects the clocks of four timers."""
    timers = range(4)
    properties = clocked(refclk=SLOW_CLOCK, timclk=TIMER_CLOCK, apb_pclk=CRYSTAL)
    properties |= {
        "#clock-cells": 1,
        "clock-output-names": [f"timerclk{index}" for index in timers],
        "assigned-clocks": [cell for index in timers for cell in (SYSTEM_CONTROLLER, index)],
        "assigned-clock-parents": [TIMER_CLOCK for _ in timers],
    }
    return nodes.node(device, "sysctl", properties, SYSTEM_CONTROLLER)


def oscillator_label(index: int) -> Reference:
    """Return the label of one of the board's programmable oscillators."""
    return Reference(f"oscclk{index}")


def system_registers(nodes: DeviceNodes, device: Device) -> Node:
    """The system registers, with the LEDs and the oscillators' settings that are bits and words of them."""
    ranges: list[int] = [0, device.params.at, device.window_size]
    node = nodes.node(device, "syscon", {"ranges": ranges, **CELLS_1_1}, SYSTEM_REGISTERS)
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
        "clocks": [CRYSTAL],
    }
    return Node(f"clock-controller@{register:x}", properties, label=oscillator_label(index).label)


def interrupt_controller(nodes: DeviceNodes, device: Device) -> Node:
    """One node for the distributor and the CPU interfaces, two devices on the bus."""
    interface = nodes.first("gic-cpu-interface")
    windows = [device] if interface is None else [device, interface]
    properties: dict[str, PropertyValue] = {
        "compatible": "arm,cortex-a9-gic",
        "#interrupt-cells": 3,
        "#address-cells": 1,
        "interrupt-controller": True,
        "reg": [cell for window in windows for cell in (window.params.at, window.window_size)],
    }
    return nodes.node(device, "interrupt-controller", properties, INTERRUPT_CONTROLLER)


L2_PROPERTIES: dict[str, PropertyValue] = {
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


def simctl(nodes: DeviceNodes, device: Device) -> Node:
    """Offer the simulator's own device as a syscon whose POWEROFF register Linux knows how to use."""
    poweroff: dict[str, PropertyValue] = {"compatible": "syscon-poweroff", "regmap": [_SIMCTL]}
    poweroff |= {"offset": Simctl.power_off.offset, "value": 1}
    node = nodes.node(device, "simctl", {"compatible": ["vmsim,simctl", "syscon", "simple-mfd"]}, _SIMCTL)
    node.children = [Node("poweroff", poweroff)]
    return node
