"""Device trees as nodes, and how they are flattened (Devicetree Specification 0.4, chapters 2 and 5)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import libfdt


@dataclass(frozen=True)
class Reference:
    """The phandle of the node with a label; in a list of cells, further cells may follow it."""

    label: str


Cell = int | Reference
PropertyValue = bool | int | str | bytes | Sequence[str] | Sequence[Cell]
"""True is an empty property; an integer is a cell of 32 bits; a list is one of cells or of strings."""


@dataclass
class Node:
    """A node; others refer to it by its label (to the first, if there are several)."""

    name: str
    properties: dict[str, PropertyValue] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    label: str = ""

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


def flatten(root: Node) -> bytes:
    """Return the tree as the blob that a boot loader hands to a kernel."""
    labelled: dict[str, Node] = {}
    for node in root.walk():
        if node.label:
            labelled.setdefault(node.label, node)
    phandles = {label: index for index, label in enumerate(labelled, start=1)}
    tree = libfdt.FdtSw()
    tree.finish_reservemap()
    _write(tree, root, phandles, labelled)
    blob = tree.as_fdt()
    blob.pack()
    return bytes(blob.as_bytearray())


def encode(value: PropertyValue, phandles: Mapping[str, int]) -> bytes:
    """Return a property's value as its bytes; cells are big-endian."""
    if isinstance(value, bool):
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape") + b"\0"
    if isinstance(value, int):
        return struct.pack(">I", value)
    return b"".join(encode(phandles[item.label] if isinstance(item, Reference) else item, phandles) for item in value)


def _write(tree: libfdt.FdtSw, node: Node, phandles: Mapping[str, int], labelled: Mapping[str, Node]) -> None:
    with tree.add_node(node.name):
        for name, value in node.properties.items():
            if value is not False:
                tree.property(name, encode(value, phandles))
        if labelled.get(node.label) is node:
            tree.property_u32("phandle", phandles[node.label])
        for child in node.children:
            _write(tree, child, phandles, labelled)
