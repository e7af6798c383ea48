"""Device trees as text."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vmsim_core.device_tree_source import device_tree_source
from vmsim_core.errors import VmsimError


def blob(structure: bytes, strings: bytes, reservations: bytes = b"") -> bytes:
    """Return a flattened device tree of version 17."""
    reserved = reservations + bytes(16)
    start = 40 + len(reserved)
    end = start + len(structure)
    header = (0xD00DFEED, end + len(strings), start, end, 40, 17, 16, 0, len(strings), len(structure))
    return struct.pack(">10I", *header) + reserved + structure + strings


def cells(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


STRINGS = b"model\0reg\0mac\0on\0"
TREE = blob(
    cells(1, 0)
    + cells(3, 7, 0) + b'a\0b "c\0\0'
    + cells(1) + b"uart@10\0"
    + cells(4, 3, 8, 6, 0x10, 0x1000)
    + cells(3, 6, 10) + b"\x01\x02\x03\x04\x05\x06\0\0"
    + cells(3, 0, 14)
    + cells(3, 1, 0) + bytes(4)
    + cells(2, 2, 9),
    STRINGS,
    struct.pack(">QQ", 0x8000, 0x100),
)  # fmt: skip


def test_nodes_and_properties() -> None:
    assert device_tree_source(TREE).splitlines() == [
        "/dts-v1/;",
        "",
        "/memreserve/ 0x8000 0x100;",
        "/ {",
        '\tmodel = "a", "b \\"c";',
        "\tuart@10 {",
        "\t\treg = <0x10 0x1000>;",
        "\t\tmac = [01 02 03 04 05 06];",
        "\t\ton;",
        '\t\tmodel = "";',
        "\t};",
        "};",
    ]


@given(st.binary(max_size=80), st.integers(0, len(TREE) - 1))
def test_damage_is_one_line(noise: bytes, at: int) -> None:
    for damaged in (noise, TREE[:at], TREE[:at] + noise + TREE[at + len(noise) :]):
        try:
            device_tree_source(damaged)
        except VmsimError as error:
            assert error.lines() == ["the device tree is damaged and cannot be shown"]


def test_what_is_no_tree_is_refused() -> None:
    with pytest.raises(VmsimError):
        device_tree_source(bytes(100))
