"""The compiled side of a memory hierarchy: what each core's engine calls for its accesses."""

# A first level of one line that holds nothing.
cdef uint32_t _no_line = 0
cdef uint8_t _no_state = 0
cdef uint64_t _at_once = 0
cdef PlainHits _no_hits
_no_hits.tags = _no_hits.latest = &_no_line
_no_hits.state, _no_hits.plain_from = &_no_state, &_at_once


cdef class CorePort:
    """A core's way to memory; a memory hierarchy subclasses it and fills in `port`."""

    def __cinit__(self, *arguments, **named):
        self.port.plain_reads = self.port.plain_writes = self.port.plain_fetches = _no_hits
