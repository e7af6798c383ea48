"""Where RAM is. A board shows the same RAM at several addresses; caches know a byte by the lowest of them."""

from libc.stdint cimport uint32_t, uint8_t
from libc.stdlib cimport calloc, free

from vmsim_core.ram cimport Ram

cdef enum:
    SMALLEST_GRANULE = 12


cdef class RamMap:
    """`regions` are (physical address, RAM, offset in it, size). Raises ValueError where they are not whole pages."""

    def __cinit__(self, list regions):
        cdef uint32_t granules, index
        cdef Ram ram
        self._regions = sorted(regions, key=lambda region: region[0])
        self.table.shift = _granule(self._regions)
        self.table.mask = (<uint32_t>1 << self.table.shift) - 1
        granules = <uint32_t>1 << (32 - self.table.shift)
        self.table.to_first = <uint32_t*>calloc(granules, sizeof(uint32_t))
        self.table.host = <uint8_t**>calloc(granules, sizeof(uint8_t*))
        self.table.size = <uint32_t*>calloc(granules, sizeof(uint32_t))
        if self.table.to_first == NULL or self.table.host == NULL or self.table.size == NULL:
            raise MemoryError
        for base, ram, offset, size in self._regions:
            for start in range(0, size, 1 << self.table.shift):
                index = (base + start) >> self.table.shift
                self.table.host[index] = ram.data + <size_t>(offset + start)
                self.table.size[index] = min(size - start, 1 << self.table.shift)
                self.table.to_first[index] = base + start - self._first(ram, offset + start)

    def __dealloc__(self):
        free(self.table.to_first)
        free(self.table.host)
        free(self.table.size)

    def first_alias(self, uint32_t physical):
        """Return the address under which the caches know a byte."""
        return first_alias(&self.table, physical)

    def addresses(self, Ram ram, size_t offset, size_t size):
        """Return where the caches know a part of a RAM, as (address, size), in pieces that are contiguous there."""
        aliases = [(base, start, start + length) for base, other, start, length in self._regions if other is ram]
        return _pieces(aliases, offset, size)

    def _first(self, Ram ram, size_t offset):
        return min(base + offset - start for base, other, start, length in self._regions
                   if other is ram and start <= offset < start + length)


def _pieces(aliases, offset, size):
    """Cut a part of a RAM where its lowest alias changes. `aliases` are (address, first offset, end), by address."""
    pieces, end = [], offset + size
    while offset < end:
        seen = [alias for alias in aliases if alias[1] <= offset < alias[2]]
        if not seen:
            break
        base, start, stop = seen[0]
        # No further than where a lower one may begin.
        ends = [end, stop] + [alias[1] for alias in aliases if alias[1] > offset]
        step = min(ends) - offset
        pieces.append((base + offset - start, step))
        offset += step
    return pieces


def _granule(regions):
    """Return the logarithm of the largest granule in which addresses are translated alike."""
    places = 1 << 31
    for base, ram, offset, size in regions:
        places |= base
        for other_base, other_ram, other_offset, other_size in regions:
            if other_ram is ram:
                # The other alias begins and ends here, if that is inside this region.
                for place in (base + other_offset - offset, base + other_offset + other_size - offset):
                    if base < place < base + size:
                        places |= place
    shift = (places & -places).bit_length() - 1
    if shift < SMALLEST_GRANULE:
        raise ValueError(f"RAM begins or ends in the middle of a page of {1 << SMALLEST_GRANULE} bytes")
    return shift
