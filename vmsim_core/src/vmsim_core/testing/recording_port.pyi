from vmsim_core.memory_port import CorePort
from vmsim_core.ram import Ram

class RecordingPort(CorePort):
    """RAM at address 0, without caches or time; notes what comes by."""

    def __init__(self, ram: Ram) -> None: ...
    @property
    def accesses(self) -> list[tuple[str, int, int, int]]:
        """Of each read, write, fetch and walk: which it was, the physical address, inner and outer cacheability."""
