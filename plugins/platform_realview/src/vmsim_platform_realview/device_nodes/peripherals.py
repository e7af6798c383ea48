"""Nodes of the devices that something is connected to: a card, a disk, a network, a screen, chips on a bus."""

from __future__ import annotations

from vmsim_core.device import Device

from vmsim_platform_realview.compact_flash import CONTROL_BLOCK
from vmsim_platform_realview.device_nodes.clocks import BUS_CLOCK, CARD_CLOCK, clocked, fixed_clock
from vmsim_platform_realview.device_nodes.collection import CELLS_1_0, DeviceNodes
from vmsim_platform_realview.device_nodes.system import oscillator_label
from vmsim_platform_realview.flattened_tree import Node, PropertyValue, Reference
from vmsim_platform_realview.pl111 import Pl111
from vmsim_platform_realview.versatile_i2c import VersatileI2c

_SUPPLY_MICROVOLTS = 3_300_000


def _supply(nodes: DeviceNodes, name: str) -> list[Reference]:
    """Return a supply that is always on; a driver asks for one before it touches its device."""
    properties: dict[str, PropertyValue] = {
        "compatible": "regulator-fixed",
        "regulator-name": name,
        "regulator-min-microvolt": _SUPPLY_MICROVOLTS,
        "regulator-max-microvolt": _SUPPLY_MICROVOLTS,
        "regulator-boot-on": True,
    }
    return [nodes.add_off_the_bus(Node(f"regulator-{name}", properties, label=name))]


def memory_card(nodes: DeviceNodes, device: Device) -> Node:
    """The card's switches are on a GPIO controller in Linux's tree; without them a driver looks for a card once."""
    properties = clocked(mclk=CARD_CLOCK, apb_pclk=BUS_CLOCK)
    properties |= {
        "compatible": ["arm,pl18x", "arm,primecell"],
        "max-frequency": 500_000,
        "bus-width": 4,
        "cap-sd-highspeed": True,
        "cap-mmc-highspeed": True,
        "vmmc-supply": _supply(nodes, "vmmc"),
    }
    return nodes.node(device, "mmcsd", properties)


def compact_flash(nodes: DeviceNodes, device: Device) -> Node:
    """The command block and the control block, as Linux's generic ATA driver wants them."""
    at, size = device.params.at, device.window_size
    return nodes.node(device, "ide", {"reg": [at, CONTROL_BLOCK, at + CONTROL_BLOCK, size - CONTROL_BLOCK]})


def ethernet(nodes: DeviceNodes, device: Device) -> Node:
    """Return the node of the network controller, with its two supplies."""
    supply = _supply(nodes, "veth")
    return nodes.node(device, "ethernet", {"vdd33a-supply": supply, "vddvario-supply": supply})


_SECOND_BUS = 0x10016000
_DISPLAY_DATA_BUS = Reference("i2c1")

_CHIPS = {"ds1338": ("rtc", "dallas,ds1338")}
"""Name and compatible of a chip on a two-wire bus, by its type."""


def two_wire_bus(nodes: DeviceNodes, device: Device) -> Node:
    """Return the node of a two-wire bus with the chips on it."""
    assert isinstance(device, VersatileI2c)
    label = _DISPLAY_DATA_BUS if device.params.at == _SECOND_BUS else None
    node = nodes.node(device, "i2c", CELLS_1_0, label)
    for chip in sorted(device.slaves, key=lambda chip: chip.address):
        name, compatible = _CHIPS[chip.type_name]
        node.children.append(Node(f"{name}@{chip.address:x}", {"compatible": compatible, "reg": chip.address}))
    return node


_PICTURE_OUT = Reference("clcd_pads")
_BRIDGE_IN = Reference("vga_bridge_in")
_BRIDGE_OUT = Reference("vga_bridge_out")
_CONNECTOR_IN = Reference("vga_con_in")


def screen(nodes: DeviceNodes, device: Device) -> Node:
    """The display controller's pads feed a video DAC, and that a VGA connector."""
    nodes.add_off_the_bus(_video_dac())
    nodes.add_off_the_bus(_vga_connector(nodes))
    properties = clocked(clcdclk=_picture_clock(nodes, device), apb_pclk=BUS_CLOCK)
    # In bytes for each second: so much of the bus is the picture's, at most.
    properties |= {"interrupt-names": "combined", "max-memory-bandwidth": 95_000_000}
    node = nodes.node(device, "clcd", properties)
    pads = _endpoint(_PICTURE_OUT, _BRIDGE_IN)
    pads.properties["arm,pl11x,tft-r0g0b0-pads"] = [0, 8, 16]
    node.children = [Node("port", {}, [pads])]
    return node


def _picture_clock(nodes: DeviceNodes, device: Device) -> Reference:
    """Return the board's last oscillator, which a driver sets, unless the clock is fixed."""
    assert isinstance(device, Pl111)
    if device.params.clcdclk is None and nodes.system_registers is not None:
        return oscillator_label(4)
    return nodes.add_off_the_bus(fixed_clock(f"{device.name}-clcdclk", device.params.clcdclk or device.clcdclk))


def _video_dac() -> Node:
    ways = [_endpoint(_BRIDGE_IN, _PICTURE_OUT), _endpoint(_BRIDGE_OUT, _CONNECTOR_IN)]
    ports = [Node(f"port@{index}", {"reg": index}, [endpoint]) for index, endpoint in enumerate(ways)]
    properties: dict[str, PropertyValue] = {"compatible": ["ti,ths8134a", "ti,ths8134"], **CELLS_1_0}
    return Node("bridge", properties, [Node("ports", CELLS_1_0, ports)])


def _vga_connector(nodes: DeviceNodes) -> Node:
    properties: dict[str, PropertyValue] = {"compatible": "vga-connector"}
    buses = [device for device in nodes.devices if device.type_name == "versatile-i2c"]
    # A driver waits for the bus that it is told of.
    if any(bus.params.at == _SECOND_BUS for bus in buses):
        properties["ddc-i2c-bus"] = [_DISPLAY_DATA_BUS]
    return Node("vga", properties, [Node("port", {}, [_endpoint(_CONNECTOR_IN, _BRIDGE_OUT)])])


def _endpoint(own: Reference, remote: Reference) -> Node:
    return Node("endpoint", {"remote-endpoint": [remote]}, label=own.label)


DMA_PROPERTIES: dict[str, PropertyValue] = {
    **clocked(apb_pclk=BUS_CLOCK),
    "#dma-cells": 2,
    # The PL081 has one bus master: descriptors and memory are both behind it.
    "lli-bus-interface-ahb1": True,
    "mem-bus-interface-ahb1": True,
    "memcpy-burst-size": 256,
    "memcpy-bus-width": 32,
}
