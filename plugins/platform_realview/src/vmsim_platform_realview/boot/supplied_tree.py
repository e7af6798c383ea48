"""A device tree that the user supplies instead of the generated one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import libfdt
from vmsim_core.errors import WorkloadError

from vmsim_platform_realview.boot.memory import read_file
from vmsim_platform_realview.device_tree import chosen_properties, memory_node
from vmsim_platform_realview.flattened_tree import PropertyValue, encode

if TYPE_CHECKING:
    from vmsim_core.description import Workload

_LARGEST = 1 << 20
_ROOM = 1024
"""Room for the names of the few nodes and properties that are added, and for the memory's addresses."""
_ROOT = 0


def read_device_tree(path: Path, banks: list[range], workload: Workload, initrd: range | None) -> bytes:
    """Return the tree in a file, completed as boot loaders do: /memory is the machine's, /chosen what is loaded."""
    data = bytearray(read_file("dtb", path, _LARGEST))
    if libfdt.fdt_check_full(data, len(data)) != 0:
        raise WorkloadError(f"dtb {path}: is damaged, or not a device tree blob (compile a .dts with dtc)")
    tree = libfdt.Fdt(data)
    if any(_property(tree, _ROOT, name) != encode(1, {}) for name in ("#address-cells", "#size-cells")):
        raise WorkloadError(f"dtb {path}: is for another machine (its root's #address-cells and #size-cells are not 1)")
    chosen = chosen_properties(workload, initrd)
    if not workload.append:
        del chosen["bootargs"]  # the file's own stay
    try:
        tree.resize(tree.totalsize() + _ROOM + sum(len(encode(value, {})) for value in chosen.values()))
        _remove_memory(tree)
        memory = memory_node(banks)
        _add_properties(tree, memory.name, memory.properties)
        _add_properties(tree, "chosen", chosen)
        tree.pack()
    except libfdt.FdtException as error:
        raise WorkloadError(f"dtb {path}: cannot be completed with /memory and /chosen ({error})") from None
    return bytes(tree.as_bytearray())


def _remove_memory(tree: libfdt.Fdt) -> None:
    while (node := _find_memory(tree)) is not None:
        tree.del_node(node)


def _add_properties(tree: libfdt.Fdt, name: str, properties: dict[str, PropertyValue]) -> None:
    node = tree.subnode_offset(_ROOT, name, [libfdt.NOTFOUND])
    if node < 0:
        node = tree.add_subnode(_ROOT, name)
    for key, value in properties.items():
        tree.setprop(node, key, encode(value, {}))


def _find_memory(tree: libfdt.Fdt) -> int | None:
    node = tree.first_subnode(_ROOT, [libfdt.NOTFOUND])
    while node >= 0:
        if _property(tree, node, "device_type") == b"memory\0":
            return int(node)
        node = tree.next_subnode(node, [libfdt.NOTFOUND])
    return None


def _property(tree: libfdt.Fdt, node: int, name: str) -> bytes | None:
    value = tree.getprop(node, name, [libfdt.NOTFOUND])
    return None if isinstance(value, int) else bytes(value)
