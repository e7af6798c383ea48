"""Guest RAM: one anonymous private mapping, so that it can be handed to an engine by pointer and a forked child
shares it copy-on-write."""

import mmap

from cpython.buffer cimport PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from libc.string cimport memcmp
from posix.mman cimport MAP_NORESERVE

from vmsim_core.abi cimport VMSIM_ABI

ABI_VERSION = VMSIM_ABI

cdef enum:
    PAGE = 4096


cdef class Ram:
    """`size` bytes of guest RAM, zero at first; offsets count from its own start."""

    def __cinit__(self, str name, size_t size):
        # No reservation: a guest seldom touches all of its RAM, and the host would refuse to fork a process whose
        # reservations exceed what it has (Linux, Documentation/mm/overcommit-accounting.rst).
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE
        self._mapping = mmap.mmap(-1, size, flags=flags)
        PyObject_GetBuffer(self._mapping, &self._view, PyBUF_WRITABLE)
        self.data = <unsigned char*>self._view.buf
        self.size = size
        self.name = name

    def __dealloc__(self):
        if self.data != NULL:
            PyBuffer_Release(&self._view)

    @property
    def address(self):
        """The host address of the first byte."""
        return <size_t>self.data

    @property
    def view(self):
        """The bytes as a writable memoryview; whoever writes through it must tell the CPUs (AddressMap.write_block)."""
        return memoryview(self._mapping)

    def clear(self):
        """Make every byte zero, and give the memory back to the host."""
        self._mapping.madvise(mmap.MADV_DONTNEED)

    def first_difference(self, Ram other):
        """Return the offset of the first 4 KiB page in which another RAM of the same size differs, or None."""
        cdef size_t offset = 0
        if other.size != self.size:
            raise ValueError(f"{self.name} and {other.name} have different sizes")
        while offset < self.size:
            if memcmp(self.data + offset, other.data + offset, min(<size_t>PAGE, self.size - offset)) != 0:
                return offset
            offset += PAGE
        return None

    def touched_pages(self):
        """Return the offsets of the 4 KiB pages that are not all zero, in order."""
        cdef size_t offset = 0
        cdef unsigned char zero[PAGE]
        for i in range(PAGE):
            zero[i] = 0
        pages = []
        while offset < self.size:
            if memcmp(self.data + offset, zero, min(<size_t>PAGE, self.size - offset)) != 0:
                pages.append(offset)
            offset += PAGE
        return pages
