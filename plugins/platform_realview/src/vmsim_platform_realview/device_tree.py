"""The board's device tree, from the system as it is configured: a device that is not there has no node.

Names, bindings and clocks are those of Linux's arm-realview-pbx.dtsi and arm-realview-pbx-a9.dts, so that a kernel
finds what it would find on the real board.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmsim_core.system import System

from vmsim_platform_realview.device_nodes.clocks import board_clocks
from vmsim_platform_realview.device_nodes.collection import (
    CELLS_1_0,
    CELLS_1_1,
    DeviceNodes,
    cpu_label,
    interrupt_cells,
)
from vmsim_platform_realview.device_nodes.table import NODE_MAKERS
from vmsim_platform_realview.flattened_tree import Node, PropertyValue, Reference, flatten

if TYPE_CHECKING:
    from vmsim_core.description import Workload

_MODEL = "ARM RealView Platform Baseboard Explore for Cortex-A9"
_FIRST_PMU_INTERRUPT = 76


def make_device_tree(system: System, banks: list[range], workload: Workload, initrd: range | None = None) -> bytes:
    """Return the flattened device tree.

    `banks` are the addresses of the RAM that the guest may use, `initrd` is where the initial RAM disk was put.
    """
    devices = DeviceNodes(system, NODE_MAKERS)
    soc = _soc(devices)
    root = Node("", {"model": _MODEL, "compatible": "arm,realview-pbx", "arm,hbi": 0x182, **CELLS_1_1})
    chosen = Node("chosen", chosen_properties(workload, initrd))
    root.children = [chosen, _aliases(soc), memory_node(banks), _cpus(devices)]
    root.children += [*board_clocks(), *devices.off_the_bus, soc]
    if devices.interrupt_controller is not None:
        root.properties["interrupt-parent"] = [devices.interrupt_controller]
        root.children.append(_performance_monitors(system))
    if devices.first("pl011") is not None:
        chosen.properties["stdout-path"] = "serial0:115200n8"
    return flatten(root)


def chosen_properties(workload: Workload, initrd: range | None) -> dict[str, PropertyValue]:
    """Return what a boot loader says in /chosen."""
    properties: dict[str, PropertyValue] = {"bootargs": workload.append}
    if initrd is not None:
        properties |= {"linux,initrd-start": initrd.start, "linux,initrd-end": initrd.stop}
    return properties


def memory_node(banks: list[range]) -> Node:
    """Return the node that tells where RAM is."""
    cells = [cell for bank in banks for cell in (bank.start, len(bank))]
    return Node(f"memory@{banks[0].start:x}", {"device_type": "memory", "reg": cells})


def _soc(devices: DeviceNodes) -> Node:
    properties: dict[str, PropertyValue] = {"compatible": ["arm,realview-pbx-soc", "simple-bus"], **CELLS_1_1}
    if devices.system_registers is not None:
        properties["regmap"] = [devices.system_registers]
    return Node("soc", properties | {"ranges": True}, devices.nodes)


def _aliases(soc: Node) -> Node:
    """Serial ports and two-wire buses are numbered by address."""
    aliases = Node("aliases")
    for kind in ("serial", "i2c"):
        names = [node.name for node in soc.children if node.name.startswith(f"{kind}@")]
        aliases.properties |= {f"{kind}{index}": f"/soc/{name}" for index, name in enumerate(names)}
    return aliases


def _cpus(devices: DeviceNodes) -> Node:
    cluster = Node("cluster0")
    cpus = Node("cpus", {**CELLS_1_0, "enable-method": "arm,realview-smp"})
    cpus.children = [Node("cpu-map", {}, [cluster])]
    for core in devices.system.cores:
        properties: dict[str, PropertyValue] = {"device_type": "cpu", "compatible": "arm,cortex-a9", "reg": core.index}
        if devices.l2_cache is not None:
            properties["next-level-cache"] = [devices.l2_cache]
        label = cpu_label(core.index)
        cpus.children.append(Node(f"cpu@{core.index:x}", properties, label=label))
        cluster.children.append(Node(f"core{core.index}", {"cpu": [Reference(label)]}))
    return cpus


def _performance_monitors(system: System) -> Node:
    """The cores' performance monitors: they are in the cores, not on the bus, but each has an interrupt of its own."""
    indices = [core.index for core in system.cores]
    interrupts = [cell for index in indices for cell in interrupt_cells(_FIRST_PMU_INTERRUPT + index)]
    affinity = [Reference(cpu_label(index)) for index in indices]
    return Node("pmu", {"compatible": "arm,cortex-a9-pmu", "interrupts": interrupts, "interrupt-affinity": affinity})
