"""Where in RAM the parts of a workload are; nothing may overlap or lie outside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vmsim_core.address_map import AddressMap, RamRegion
from vmsim_core.errors import WorkloadError
from vmsim_core.units import format_size

PAGE = 4096


@dataclass(frozen=True)
class Span:
    """Bytes `start` to `end` of the RAM called `ram`, and what is there."""

    what: str
    ram: str
    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        """Whether a byte belongs to both."""
        return self.ram == other.ram and self.start < other.end and other.start < self.end


class BootMemory:
    """The RAM of a machine while it is loaded. RAM is told by its own offsets: an alias is no other place."""

    def __init__(self, address_map: AddressMap) -> None:
        self._map = address_map
        self._spans: list[Span] = []

    def put(self, what: str, address: int, data: bytes | memoryview, size: int | None = None) -> None:
        """Put `data` at `address` and keep `size` bytes there for it (RAM is zero before a workload is loaded)."""
        size = len(data) if size is None else size
        span = self._span(what, address, size)
        if span is None:
            raise WorkloadError(f"{what}: {address:#x} to {address + size - 1:#x} is not inside RAM")
        for other in self._spans:
            if span.overlaps(other):
                raise WorkloadError(f"{what}: {address:#x} to {address + size - 1:#x} overlaps {other.what}")
        self._spans.append(span)
        self._map.write_block(address, data)

    def put_above(self, what: str, lowest: int, data: bytes) -> int:
        """Put `data` on the first free page from `lowest` on, in the same RAM; return its address."""
        region = self._region(lowest)
        start = lowest
        while (span := self._span(what, start, len(data))) is not None:
            obstacles = [other.end for other in self._spans if span.overlaps(other)]
            if not obstacles:
                self.put(what, start, data)
                return start
            start = region.base - region.offset + _page_up(max(obstacles))
        raise WorkloadError(
            f"{what} ({len(data)} bytes) does not fit into the {format_size(region.size)} of RAM at {region.base:#x} "
            "beside what is loaded there; give the system more memory"
        )

    def _region(self, address: int) -> RamRegion:
        region = self._map.find(address)
        if not isinstance(region, RamRegion):
            raise WorkloadError(f"there is no RAM at {address:#x}")
        return region

    def _span(self, what: str, address: int, size: int) -> Span | None:
        region = self._map.find(address)
        if not isinstance(region, RamRegion) or address + size > region.base + region.size:
            return None
        start = region.offset + address - region.base
        return Span(what, region.ram.name, start, start + size)


def _page_up(address: int) -> int:
    return -(-address // PAGE) * PAGE


def read_file(role: str, path: Path, limit: int) -> bytes:
    """Return the content of a workload's file, of at most `limit` bytes."""
    try:
        if path.exists() and not path.is_file():
            raise WorkloadError(f"{role} {path}: is not a regular file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise WorkloadError(f"{role} {path}: {error.strerror or error}") from None
    except ValueError as error:  # a NUL in the name
        raise WorkloadError(f"{role} {str(path)!r}: {error}") from None
    if not data:
        raise WorkloadError(f"{role} {path}: is empty")
    if len(data) > limit:
        raise WorkloadError(f"{role} {path}: is larger than {limit} bytes, what the machine can take")
    return data
