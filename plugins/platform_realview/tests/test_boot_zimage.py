from __future__ import annotations

import gzip
import lzma
import struct
import tracemalloc

import pytest
from board_testing import MIB, make_zimage
from hypothesis import given
from hypothesis import strategies as st
from vmsim_core.errors import WorkloadError
from vmsim_platform_realview.boot import zimage

KERNEL = bytes(range(256)) * 64
ROOM = 16 * MIB


def unpack(data: bytes, limit: int = ROOM) -> tuple[int, bytes, int]:
    program = zimage.host_unpacked(zimage.parse("F", data), limit)
    kernel = program.segments[-1]
    assert program.entry == kernel.address
    return kernel.address, bytes(kernel.data), kernel.size


PACKED = {
    "gzip": None,
    "xz": lzma.compress(KERNEL, lzma.FORMAT_XZ, lzma.CHECK_CRC32,
                        filters=[{"id": lzma.FILTER_ARM}, {"id": lzma.FILTER_LZMA2, "preset": 6}]),
    "lzma": lzma.compress(KERNEL, lzma.FORMAT_ALONE, preset=9),
}  # fmt: skip


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("packing", PACKED)
def test_the_kernel_is_unpacked_to_where_it_wants_to_run(packing: str, order: str) -> None:
    data = make_zimage(KERNEL, PACKED[packing], text_offset=0x208000, bss_size=0x1000, order=order)
    assert unpack(data) == (0x208000, KERNEL, len(KERNEL) + 0x1000)


def test_the_kernels_first_page_table_is_kept_free() -> None:
    program = zimage.host_unpacked(zimage.parse("F", make_zimage(KERNEL)), ROOM)
    assert [(s.address, len(s.data), s.size) for s in program.segments[:1]] == [(0x4000, 0, 0x4000)]


def test_magic_numbers_in_the_decompressor_are_not_taken_for_the_kernel() -> None:
    other = gzip.compress(b"not the kernel", mtime=0)
    decoy = b"\xfd7zXZ\0 \x1f\x8b\x08 " + other + b"\x1f\x8b\x08"
    assert unpack(make_zimage(KERNEL, decoy=decoy))[1] == KERNEL


def test_a_dtb_behind_the_image_does_no_harm() -> None:
    assert unpack(make_zimage(KERNEL) + b"\xd0\x0d\xfe\xed" + bytes(100))[1] == KERNEL


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (make_zimage(KERNEL)[:-10], "its header tells of"),
        (make_zimage(KERNEL, unpacked_size=len(KERNEL) - 1), "not known here"),
        (make_zimage(KERNEL, unpacked_size=len(KERNEL) + 1), "not known here"),
        (make_zimage(KERNEL, unpacked_size=ROOM), "more than there is in 16MiB of RAM"),
        (make_zimage(KERNEL, bss_size=0xFFFFFFFF), "more than there is in 16MiB of RAM"),
        (make_zimage(KERNEL, b"\x02\x21\x4c\x18" + bytes(100)), "set unpack: guest"),
        (make_zimage(KERNEL, text_offset=0), "wants to run at 0x0"),
        (make_zimage(KERNEL, text_offset=0x8001), "wants to run at 0x8001"),
        (make_zimage(KERNEL, text_offset=0xFFFF8000), "wants to run at 0xffff8000"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(data: bytes, message: str) -> None:
    with pytest.raises(WorkloadError, match=message) as error:
        unpack(data)
    assert str(error.value).startswith("F")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("length", [0, 4], ids=["no table entry", "an entry without the offset"])
def test_an_old_zimage_must_be_unpacked_by_the_guest(length: int) -> None:
    old = bytearray(make_zimage(KERNEL))
    struct.pack_into("<I", old, 0x40, length)
    image = zimage.parse("F", bytes(old))
    with pytest.raises(WorkloadError, match="set unpack: guest"):
        zimage.host_unpacked(image, ROOM)
    assert zimage.guest_unpacked(image).entry == zimage.GUEST_LOAD_ADDRESS


def test_the_guest_gets_the_image_and_room_to_unpack_it() -> None:
    data = make_zimage(KERNEL, text_offset=0x208000)
    (segment,) = zimage.guest_unpacked(zimage.parse("F", data)).segments
    assert segment.data == data
    assert segment.address + segment.size > 0x208000 + len(KERNEL) + len(data)


def test_a_bomb_does_not_exhaust_the_host() -> None:
    bomb = gzip.compress(bytes(512 * MIB), compresslevel=1, mtime=0)[:-4]
    data = make_zimage(KERNEL, bomb, unpacked_size=ROOM // 2)
    tracemalloc.start()
    with pytest.raises(WorkloadError):
        unpack(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * ROOM


def test_a_file_full_of_magic_numbers_is_given_up_soon() -> None:
    stream = gzip.compress(bytes(4 * MIB), mtime=0)
    with pytest.raises(WorkloadError, match="not known here"):
        unpack(make_zimage(KERNEL, stream * 500, unpacked_size=8 * MIB))


@given(st.data())
def test_whatever_is_in_the_headers_only_a_workload_error_comes_out(data: st.DataObject) -> None:
    hostile = bytearray(make_zimage(KERNEL, order=data.draw(st.sampled_from("<>"))))
    for _ in range(data.draw(st.integers(1, 6))):
        offset = data.draw(st.one_of(st.integers(0x28, 0x60), st.integers(0x28, len(hostile) - 4)))
        value = data.draw(st.one_of(st.integers(0, 0xFFFFFFFF), st.integers(0, len(hostile))))
        struct.pack_into("<I", hostile, offset, value)
    hostile = hostile[: data.draw(st.one_of(st.just(len(hostile)), st.integers(0, len(hostile))))]
    try:
        image = zimage.parse("F", bytes(hostile))
        zimage.guest_unpacked(image)
        program = zimage.host_unpacked(image, ROOM)
    except WorkloadError:
        return
    assert len(program.segments[-1].data) <= program.segments[-1].size <= ROOM
