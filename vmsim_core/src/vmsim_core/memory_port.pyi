"""The compiled side of a memory hierarchy: what each core's engine calls for its accesses."""

class CorePort:
    """A core's way to memory; a memory hierarchy subclasses it and fills in `port`."""
