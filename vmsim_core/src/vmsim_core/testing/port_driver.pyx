"""Calls what a memory hierarchy gives to a core, as a core's engine does, for tests in Python."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from vmsim_core.memory_port cimport CorePort, SetWay, port_fetch, port_read, port_write


cdef class PortDriver:
    """A core's way to memory. Times are ticks, addresses physical; see memory_port.pxd for what the calls mean."""

    cdef CorePort _port

    def __init__(self, CorePort port not None):
        self._port = port

    @property
    def line(self):
        """Bytes of a line of the first level."""
        return self._port.port.line

    def read(self, uint32_t address, uint32_t size, uint32_t inner=1, uint32_t outer=1, uint64_t now=0, uint32_t pc=0):
        """Return the value, and when it is there."""
        cdef uint32_t value[2]
        value[0] = value[1] = 0
        cdef uint64_t done = port_read(&self._port.port, address, size, inner, outer, pc, now, value)
        return (value[0] | <uint64_t>value[1] << 32 if size == 8 else value[0]), done

    def write(self, uint32_t address, uint32_t size, uint32_t value, uint32_t inner=1, uint32_t outer=1,
              uint64_t now=0, uint32_t pc=0):
        """Write 1, 2 or 4 bytes; return when the core is rid of them."""
        return port_write(&self._port.port, address, size, inner, outer, pc, now, value)

    def fetch(self, uint32_t address, uint32_t inner=1, uint32_t outer=1, uint64_t now=0):
        """Return the line of instructions, when it is there, and whether it was filled now."""
        cdef uint8_t* line = NULL
        cdef uint32_t filled = 0
        cdef uint64_t done = port_fetch(
            &self._port.port, address & ~(self._port.port.line - 1), inner, outer, now, &line, &filled)
        return bytes(line[:self._port.port.line]), done, bool(filled)

    def walk(self, uint32_t address, uint32_t inner=1, uint32_t outer=1, uint64_t now=0):
        """Return a word of a page table, and when it is there."""
        cdef uint32_t value = 0
        cdef uint64_t done = self._port.port.walk(self._port.port.owner, address, inner, outer, now, &value)
        return value, done

    def maintain_address(self, uint32_t operation, uint32_t address, bint to_unification=False, uint64_t now=0):
        """Do what the guest's maintenance of a line does; return when it is complete."""
        return self._port.port.maintain_address(self._port.port.owner, operation, address, to_unification, now)

    def maintain_set_way(self, uint32_t operation, uint32_t number, uint32_t sets, uint32_t way, uint32_t ways,
                         uint64_t now=0):
        """Do what the guest's maintenance by set and way does; return when it is complete."""
        cdef SetWay place
        place.number, place.sets, place.way, place.ways = number, sets, way, ways
        return self._port.port.maintain_set_way(self._port.port.owner, operation, &place, now)

    def invalidate_instructions(self, address=None, uint64_t now=0):
        """Drop a line of instructions, or all of them; return when that is complete."""
        if address is None:
            return self._port.port.invalidate_instructions(self._port.port.owner, now)
        return self._port.port.invalidate_instruction_line(self._port.port.owner, address, now)

    def peek(self, uint32_t address, uint32_t size):
        """Return what is there now, in whichever cache is nearest."""
        return self._port.port.peek(self._port.port.owner, address, size)
