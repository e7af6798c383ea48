"""The board's clocks in the device tree. All come from one crystal, or have no frequency that software needs."""

from __future__ import annotations

from vmsim_platform_realview.flattened_tree import Cell, Node, PropertyValue, Reference

CRYSTAL = Reference("xtal24mhz")
SLOW_CLOCK = Reference("refclk32khz")
BUS_CLOCK = Reference("pclk")
TIMER_CLOCK = Reference("timclk")
UART_CLOCK = Reference("uartclk")
CARD_CLOCK = Reference("mclk")
KEYBOARD_CLOCK = Reference("kmiclk")
WATCHDOG_CLOCK = Reference("wdogclk")

CRYSTAL_FREQUENCY = 24_000_000
_FIXED_CLOCKS = {CRYSTAL.label: CRYSTAL_FREQUENCY, SLOW_CLOCK.label: 32_768, BUS_CLOCK.label: 0}
"""Frequencies in hertz. The peripheral bus's clock hangs off a PLL; in Linux's tree it has no frequency either."""
DIVISORS = {
    TIMER_CLOCK.label: 24,
    UART_CLOCK.label: 1,
    CARD_CLOCK.label: 1,
    KEYBOARD_CLOCK.label: 1,
    "sspclk": 1,
    WATCHDOG_CLOCK.label: 1,
}
"""Divisors of the crystal."""


def board_clocks() -> list[Node]:
    """Return the board's clocks."""
    nodes = [fixed_clock(name, hertz) for name, hertz in _FIXED_CLOCKS.items()]
    for name, divisor in DIVISORS.items():
        properties: dict[str, PropertyValue] = {"#clock-cells": 0, "compatible": "fixed-factor-clock"}
        properties |= {"clock-div": divisor, "clock-mult": 1, "clocks": [CRYSTAL]}
        nodes.append(Node(name, properties, label=name))
    return nodes


def fixed_clock(name: str, hertz: int) -> Node:
    """Return a clock that runs at one frequency."""
    properties: dict[str, PropertyValue] = {"compatible": "fixed-clock", "clock-frequency": hertz}
    return Node(name, {"#clock-cells": 0, **properties}, label=name)


def clocked(**clocks: Cell | list[Cell]) -> dict[str, PropertyValue]:
    """Return the properties of a device that has these clocks, by the names of its inputs; a list is one with cells."""
    cells = [cell for clock in clocks.values() for cell in (clock if isinstance(clock, list) else [clock])]
    return {"clocks": cells, "clock-names": list(clocks)}
