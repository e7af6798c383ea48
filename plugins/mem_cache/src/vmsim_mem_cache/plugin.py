"""What the distribution vmsim-mem-cache offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmsim_core import hookimpl
from vmsim_mem_cache.hierarchy import CacheHierarchy
from vmsim_mem_cache.port import VMSIM_ABI_COMPILED as VMSIM_ABI_COMPILED  # compared with the core's

if TYPE_CHECKING:
    from vmsim_core.memory_hierarchy import MemoryHierarchy


@hookimpl
def vmsim_memory_hierarchies() -> list[type[MemoryHierarchy]]:
    """Offer caches and DRAM."""
    return [CacheHierarchy]
