"""The compiled side of a memory hierarchy: what each core's engine calls for its accesses."""


cdef class CorePort:
    """A core's way to memory; a memory hierarchy subclasses it and fills in `port`."""
