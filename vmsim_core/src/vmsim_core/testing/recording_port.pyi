from vmsim_core.memory_port import CorePort
from vmsim_core.ram import Ram

class RecordingPort(CorePort):
    """RAM at address 0, without caches; notes what comes by. Each kind of access takes its ticks, 0 at first;
    a write is seen by others `seen_ticks` after it was asked for."""

    read_ticks: int
    write_ticks: int
    seen_ticks: int
    fetch_ticks: int
    walk_ticks: int

    def __init__(self, ram: Ram) -> None: ...
    @property
    def accesses(self) -> list[tuple[str, int, int, int]]:
        """Of each read, write, fetch and walk: which it was, the physical address, inner and outer cacheability."""
