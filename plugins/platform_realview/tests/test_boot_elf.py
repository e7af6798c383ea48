from __future__ import annotations

import struct

import pytest
from board_testing import make_elf
from hypothesis import given
from hypothesis import strategies as st
from vmsim_core.errors import WorkloadError
from vmsim_platform_realview.boot import elf

SIMPLE = make_elf([(0x8000, b"code", 0x100)], 0x8000)


def test_segments_and_entry_are_read() -> None:
    program = elf.parse("F", make_elf([(0x8000, b"code", 4), (0x9000, b"data", 0x100)], 0x8001))
    assert [(s.address, bytes(s.data), s.size) for s in program.segments] == [
        (0x8000, b"code", 4),
        (0x9000, b"data", 0x100),
    ]
    assert program.entry == 0x8001


def test_empty_segments_are_left_out() -> None:
    assert len(elf.parse("F", make_elf([(0x8000, b"code", 4), (0, b"", 0)], 0x8000)).segments) == 1


@pytest.mark.parametrize(("virtual", "physical"), [(0xC0008000, 0x8000), (0x80208000, 0x208000)])
def test_a_vmlinux_goes_where_its_kernel_runs_before_it_maps_itself(virtual: int, physical: int) -> None:
    program = elf.parse("F", make_elf([(virtual, b"head", 0x100), (virtual + 0x100000, b"data", 4)], virtual))
    assert [segment.address for segment in program.segments] == [physical, physical + 0x100000]
    assert program.entry == physical


def changed(offset: int, value: bytes) -> bytes:
    return SIMPLE[:offset] + value + SIMPLE[offset + len(value) :]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (SIMPLE[:40], "ends within its ELF header"),
        (make_elf([(0, b"x", 1)], 0, machine=62), "no program for this machine"),
        (make_elf([(0, b"x", 1)], 0, elf_class=2), "no program for this machine"),
        (changed(5, b"\2"), "no program for this machine"),
        (make_elf([(0, b"x", 1)], 0, kind=3), "no executable"),
        (make_elf([], 0), "no segment"),
        (changed(28, struct.pack("<I", 1 << 31)), "program headers are not inside"),
        (changed(42, struct.pack("<H", 0)), "program headers are not inside"),
        (changed(44, struct.pack("<H", 0xFFFF)), "program headers are not inside"),
        (changed(52 + 4, struct.pack("<I", len(SIMPLE))), "segment 0 has a wild"),
        (changed(52 + 16, struct.pack("<I", 0x101)), "segment 0 has a wild"),
        (changed(52 + 12, struct.pack("<I", 0xFFFFFFF0)), "segment 0 has a wild"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(data: bytes, message: str) -> None:
    with pytest.raises(WorkloadError, match=message) as error:
        elf.parse("F", data)
    assert str(error.value).startswith("F ")
    assert "\n" not in str(error.value)


@given(st.data())
def test_whatever_is_in_the_headers_only_a_workload_error_comes_out(data: st.DataObject) -> None:
    hostile = bytearray(make_elf([(0x8000, b"code", 8), (0x9000, b"more", 8)], 0x8000))
    for _ in range(data.draw(st.integers(1, 6))):
        offset = data.draw(st.integers(16, len(hostile) - 4))
        value = data.draw(st.one_of(st.integers(0, 0xFFFFFFFF), st.sampled_from([0, 1, 0x7FFFFFFF, 0xFFFFFFFF])))
        struct.pack_into("<I", hostile, offset, value)
    hostile = hostile[: data.draw(st.integers(0, len(hostile)))]
    try:
        program = elf.parse("F", bytes(hostile))
    except WorkloadError:
        return
    for segment in program.segments:
        assert segment.address >= 0
        assert segment.address + segment.size <= 1 << 32
        assert len(segment.data) <= segment.size
