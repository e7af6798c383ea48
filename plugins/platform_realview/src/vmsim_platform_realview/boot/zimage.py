"""Linux zImages: a decompressor with a compressed kernel inside (Linux, arch/arm/boot/compressed).

The header says where the image ends and where its table is; the table's KLSZ entry says where the payload ends, how
large the kernel's BSS is and at which offset from the start of RAM the kernel wants to run. So the loader can unpack
the kernel itself, and knows how much memory the guest's own decompressor would use.
"""

from __future__ import annotations

import lzma
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from vmsim_core.errors import WorkloadError
from vmsim_core.units import format_size

from vmsim_platform_realview.boot.program import Program, Segment

MAGIC = 0x016F2818
_MAGIC_OFFSET = 0x24
_HEADER_SIZE = 0x3C
_TABLE_MAGIC = 0x45454545
_KERNEL_SIZE_TAG = 0x5A534C4B

PAGE_TABLE_SIZE = 0x4000
"""The kernel puts its first page table right below itself (Linux, arch/arm/kernel/head.S)."""
GUEST_LOAD_ADDRESS = 0x10000
"""Where a zImage is put when the guest unpacks it; it moves itself out of its own way."""
_DECOMPRESSOR_WORKSPACE = 1 << 20
_LARGEST_RATIO = 6
"""No kernel packs better than this; used for zImages without a table."""

_LARGEST_TEXT_OFFSET = 128 << 20
"""Where a kernel finds the start of RAM by rounding its own address down, it is below (AUTO_ZRELADDR)."""

_MAX_ATTEMPTS = 16
_LZMA_MEMORY_LIMIT = 256 << 20


@dataclass(frozen=True)
class KernelSizes:
    """The KLSZ entry of the table: what a boot loader has to know of the kernel inside."""

    payload_end: int
    unpacked_size: int
    bss_size: int
    text_offset: int | None
    """Distance of the kernel from the start of RAM; older kernels do not say."""


@dataclass(frozen=True)
class ZImage:
    """A zImage whose header was checked."""

    name: str
    data: bytes
    sizes: KernelSizes | None


Decompress = Callable[[memoryview, int], tuple[bytes, bool, int]]
"""Unpacks a stream to at most so many bytes; returns them, whether the stream ended, and how many bytes follow it."""


def _gzip(payload: memoryview, limit: int) -> tuple[bytes, bool, int]:
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    content = stream.decompress(payload, limit)
    return content, stream.eof, len(stream.unused_data)


def _lzma(payload: memoryview, limit: int) -> tuple[bytes, bool, int]:
    stream = lzma.LZMADecompressor(lzma.FORMAT_AUTO, memlimit=_LZMA_MEMORY_LIMIT)
    content = stream.decompress(payload, limit)
    return content, stream.eof, len(stream.unused_data)


_FORMATS: list[tuple[bytes, Decompress]] = [
    (rb"\x1f\x8b\x08", _gzip),
    (rb"\xfd7zXZ\0", _lzma),
    # The kernel's build pipes through lzma: properties, dictionary size, and an unpacked size that was not known.
    (rb"\x5d\0\0..\xff{8}", _lzma),
]


def byte_order(data: bytes) -> str | None:
    """Return the byte order of the zImage as `struct` writes it, or None for what is no zImage."""
    if len(data) < _HEADER_SIZE:
        return None
    for order in "<>":
        if struct.unpack_from(f"{order}I", data, _MAGIC_OFFSET)[0] == MAGIC:
            return order
    return None


def parse(name: str, data: bytes) -> ZImage:
    """Check the header of a zImage and read its table."""
    order = byte_order(data)
    if order is None:
        raise WorkloadError(f"{name} is no zImage: its magic number is missing")
    start, end, _, table_magic, table = struct.unpack_from(f"{order}5I", data, _MAGIC_OFFSET + 4)
    if not _HEADER_SIZE <= end - start <= len(data):
        raise WorkloadError(f"{name} is damaged: its header tells of {end - start} bytes, the file has {len(data)}")
    sizes = _kernel_sizes(data, order, table) if table_magic == _TABLE_MAGIC else None
    return ZImage(name, data, sizes)


def _kernel_sizes(data: bytes, order: str, table: int) -> KernelSizes | None:
    """Find the KLSZ entry; an entry is its length in words, a tag, and values."""
    while table + 8 <= len(data):
        length, tag = struct.unpack_from(f"{order}2I", data, table)
        if length < 2 or table + 4 * length > len(data):
            return None
        if tag == _KERNEL_SIZE_TAG and length >= 4:
            size_at, bss_size, *rest = struct.unpack_from(f"{order}{length - 2}I", data, table + 8)
            if size_at + 4 > len(data):
                return None
            # This word is little-endian in every kernel; a gzip stream ends with it, to the others it is appended.
            unpacked_size = struct.unpack_from("<I", data, size_at)[0]
            return KernelSizes(size_at + 4, unpacked_size, bss_size, rest[0] if rest else None)
        table += 4 * length
    return None


def guest_unpacked(zimage: ZImage) -> Program:
    """Return the zImage as it is, to be unpacked by the guest, with the memory that this takes."""
    size = len(zimage.data)
    if zimage.sizes is None:
        kernel_end = GUEST_LOAD_ADDRESS + _LARGEST_RATIO * size
    else:
        kernel_end = (zimage.sizes.text_offset or GUEST_LOAD_ADDRESS) + zimage.sizes.unpacked_size
        kernel_end += zimage.sizes.bss_size
    # At worst the zImage moves behind the kernel, with its workspace (head.S of the decompressor, "restart").
    end = max(kernel_end, GUEST_LOAD_ADDRESS + size) + size + _DECOMPRESSOR_WORKSPACE
    segment = Segment(GUEST_LOAD_ADDRESS, zimage.data, end - GUEST_LOAD_ADDRESS)
    return Program((segment,), GUEST_LOAD_ADDRESS)


def host_unpacked(zimage: ZImage, limit: int) -> Program:
    """Unpack the kernel inside, of at most `limit` bytes with its BSS, to where its decompressor would put it."""
    sizes = zimage.sizes
    if sizes is None or sizes.text_offset is None:
        raise WorkloadError(
            f"{zimage.name} does not say where its kernel wants to run (it is an older one); set unpack: guest"
        )
    if not PAGE_TABLE_SIZE <= sizes.text_offset < _LARGEST_TEXT_OFFSET or sizes.text_offset % PAGE_TABLE_SIZE:
        raise WorkloadError(f"{zimage.name} is damaged: its kernel wants to run at {sizes.text_offset:#x}")
    needed = sizes.unpacked_size + sizes.bss_size
    if sizes.text_offset + needed > limit:
        raise WorkloadError(
            f"{zimage.name} unpacks to {needed} bytes from {sizes.text_offset:#x} on, more than there is in "
            f"{format_size(limit)} of RAM; give the system more memory"
        )
    kernel = _unpack(zimage.name, zimage.data, sizes)
    segments = (
        Segment(sizes.text_offset - PAGE_TABLE_SIZE, b"", PAGE_TABLE_SIZE),
        Segment(sizes.text_offset, kernel, needed),
    )
    return Program(segments, sizes.text_offset)


def _unpack(name: str, data: bytes, sizes: KernelSizes) -> bytes:
    """Find the stream that ends where the payload ends and has the size that is written there.

    The decompressor's own code and tables may contain a format's magic number too, hence the search.
    """
    attempts = 0
    for magic, decompress in _FORMATS:
        for match in re.finditer(magic, data[: sizes.payload_end], re.DOTALL):
            attempts += 1
            if attempts > _MAX_ATTEMPTS:
                break
            payload = memoryview(data)[match.start() : sizes.payload_end]
            kernel = _decompress(decompress, payload, sizes.unpacked_size)
            if kernel is not None:
                return kernel
    raise WorkloadError(
        f"{name}: its kernel is packed in a way that is not known here (known: gzip, xz, lzma) or damaged; "
        "set unpack: guest"
    )


def _decompress(decompress: Decompress, payload: memoryview, size: int) -> bytes | None:
    """Return the stream's content if it is exactly `size` bytes; it never grows beyond that in our memory."""
    try:
        content, ended, left = decompress(payload, size + 1)
    except (zlib.error, lzma.LZMAError):
        return None
    appended_size = 4
    return content if ended and left in (0, appended_size) and len(content) == size else None
