"""The generated device tree against Linux's own for the board, node by node and property by property.

Every difference is in a table here, with its reason; docs/platform.md shows the same tables to readers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libfdt
import pytest
from vmsim_core.simulation import Simulation
from vmsim_guests import guest_path
from whole_system import PROJECT, SYSTEM

pytestmark = pytest.mark.guest

Tree = Mapping[str, Mapping[str, bytes]]
"""Properties by the path of their node."""

# Where Linux's tree has a node of another name. Its buses soc, fpga and issp are one in ours.
RENAMED = {
    **{name: name.partition("@")[0] for name in ("/xtal24mhz@24M", "/timclk@1M", "/mclk@24M", "/kmiclk@24M")},
    **{name: name.partition("@")[0] for name in ("/sspclk@24M", "/uartclk@24M", "/wdogclk@24M", "/pclk@0", "/pmu@0")},
    "/memory": "/memory@0",
    "/interrupt-controller@1f000000": "/interrupt-controller@1f001000",
    "/cache-controller": "/cache-controller@1f002000",
}
BUSES = ("/soc", "/fpga", "/issp")

# Nodes of Linux's tree for which there is no device here.
ABSENT = {
    "/fpga": "one bus instead of three",
    "/issp": "one bus instead of three",
    "/flash0@40000000": "no flash",
    "/flash1@44000000": "no flash",
    "/usb@4f000000": "no USB controller",
    "/spi@1000d000": "no PL022",
    "/aaci@10004000": "no PL041",
    "/gpio@10013000": "no PL061",
    "/gpio@10014000": "no PL061",
    "/gpio@10015000": "no PL061",
    "/sysctl@1001a000": "no second SP810; the timers that it would serve take their clock directly",
}

# Nodes that Linux's tree does not have.
ADDED = {
    "/simctl@1e100000": "the simulator's own device",
    "/timer@1f000200": "the global timer is there; disabled, since Linux's driver refuses this Cortex-A9",
    "/dma-controller@10030000": "the PL081 is on the board",
    "/ide@18000000": "the CompactFlash socket is on the board",
}

# Properties that differ, of nodes that both trees have.
DIFFERENT = {
    ("/chosen", "bootargs"): "the boot loader's to say",
    ("/chosen", "stdout-path"): "the boot loader's to say",
    ("/aliases", "serial3"): "one bus instead of three",
    ("/memory@0", "reg"): "the memory that the machine has",
    ("/mmcsd@10005000", "cd-gpios"): "no PL061; without a switch Linux looks for a card once, at start",
    ("/mmcsd@10005000", "wp-gpios"): "no PL061; without a switch Linux takes the card as writable",
    ("/watchdog@1000f000", "status"): "disabled in Linux's tree; it works here",
    ("/watchdog@10010000", "status"): "disabled in Linux's tree; it works here",
}

# Properties that hold phandles: the number of cells after each is fixed, or said by a property of the node meant.
REFERENCES: dict[str, int | str] = {
    "clocks": "#clock-cells",
    "assigned-clocks": "#clock-cells",
    "assigned-clock-parents": "#clock-cells",
    "cd-gpios": "#gpio-cells",
    "wp-gpios": "#gpio-cells",
    **dict.fromkeys(("interrupt-parent", "interrupt-affinity", "next-level-cache", "cpu", "regmap"), 0),
    **dict.fromkeys(("remote-endpoint", "ddc-i2c-bus", "vmmc-supply", "vdd33a-supply", "vddvario-supply"), 0),
}


def place(path: str) -> str:
    """Return where a node is looked for in either tree."""
    for bus in BUSES:
        path = path.removeprefix(bus) if path != bus else path
    head, slash, tail = path[1:].partition("/")
    return RENAMED.get(f"/{head}", f"/{head}") + slash + tail


@dataclass(frozen=True)
class Comparable:
    """A tree whose nodes are at places that both trees have in common, with phandles replaced by places."""

    nodes: dict[str, dict[str, object]]

    @classmethod
    def of(cls, blob: bytes) -> Comparable:
        tree = dict(_nodes(libfdt.Fdt(blob)))
        targets = {_cells(node["phandle"])[0]: path for path, node in tree.items() if "phandle" in node}
        nodes: dict[str, dict[str, object]] = {}
        for path, node in tree.items():
            properties = {name: value for name, value in node.items() if name not in ("phandle", "interrupt-parent")}
            if "interrupts" in node:
                properties["interrupt-parent"] = _interrupt_parent(tree, path)
            nodes[place(path)] = {
                name: tuple(_resolved(tree, targets, value, REFERENCES[name])) if name in REFERENCES else value
                for name, value in properties.items()
            }
        return cls(nodes)


def _nodes(fdt: libfdt.Fdt) -> Iterator[tuple[str, dict[str, bytes]]]:
    node, depth = 0, 0
    while depth >= 0:
        properties: dict[str, bytes] = {}
        offset = fdt.first_property_offset(node, [libfdt.NOTFOUND])
        while offset >= 0:
            found = fdt.get_property_by_offset(offset)
            properties[found.name] = bytes(found)
            offset = fdt.next_property_offset(offset, [libfdt.NOTFOUND])
        yield fdt.get_path(node), properties
        node, depth = fdt.next_node(node, depth)


def _cells(value: bytes) -> list[int]:
    return [cell for (cell,) in struct.iter_unpack(">I", value)]


def _interrupt_parent(tree: Tree, path: str) -> bytes:
    """Any node above may have said it for those below."""
    while path and "interrupt-parent" not in tree[path]:
        path = path.rpartition("/")[0]
    return tree[path or "/"]["interrupt-parent"]


def _resolved(tree: Tree, targets: dict[int, str], value: bytes, size: int | str) -> Iterator[object]:
    left = _cells(value)
    while left:
        target = targets[left.pop(0)]
        count = size if isinstance(size, int) else _cells(tree[target][size])[0]
        yield place(target), *left[:count]
        del left[:count]


@pytest.fixture(scope="module")
def linux() -> Comparable:
    return Comparable.of(guest_path("realview-dtb").read_bytes())


@pytest.fixture(scope="module")
def ours() -> Comparable:
    """The default system's, with as many cores as Linux's tree has."""
    system = Simulation.from_yaml(SYSTEM, "kvm", (("cpus", "[{start: kvm}, {start: kvm}]"),)).system
    return Comparable.of(system.platform.device_tree(system.workload))


def below(table: dict[str, str], node: str) -> str | None:
    """Return the entry that covers a node, which is the node's own or that of one above it."""
    return next((entry for entry in table if node == entry or node.startswith(f"{entry}/")), None)


def test_every_node_of_linux_is_there_or_its_device_is_not(linux: Comparable, ours: Comparable) -> None:
    missing = set(linux.nodes) - set(ours.nodes)
    assert {node for node in missing if below(ABSENT, node) is None} == set()
    assert set(ABSENT) <= missing, "an entry of the table is out of date"


def test_every_further_node_has_a_reason(linux: Comparable, ours: Comparable) -> None:
    added = set(ours.nodes) - set(linux.nodes)
    assert {node for node in added if below(ADDED, node) is None} == set()
    assert set(ADDED) <= added, "an entry of the table is out of date"


def test_all_properties_are_the_same_or_the_difference_has_a_reason(linux: Comparable, ours: Comparable) -> None:
    different = {
        (place, name): (linux.nodes[place].get(name), ours.nodes[place].get(name))
        for place in set(linux.nodes) & set(ours.nodes)
        for name in set(linux.nodes[place]) | set(ours.nodes[place])
        if linux.nodes[place].get(name) != ours.nodes[place].get(name)
    }
    assert {key: values for key, values in different.items() if key not in DIFFERENT} == {}
    assert set(DIFFERENT) <= set(different), "an entry of the table is out of date"


def test_the_tables_are_in_the_documentation() -> None:
    text = (PROJECT / "docs" / "platform.md").read_text()
    nodes = {*ABSENT, *ADDED, *(node for node, _ in DIFFERENT)}
    properties = {name for _, name in DIFFERENT}
    reasons = {*ABSENT.values(), *ADDED.values(), *DIFFERENT.values()}
    assert [name for name in sorted(nodes | properties) if f"`{name.lstrip('/')}`" not in text] == []
    assert [reason for reason in sorted(reasons) if reason not in text] == []
