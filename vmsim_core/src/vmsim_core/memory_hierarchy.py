"""Memory hierarchies: what stands between a timing CPU model and RAM."""

from __future__ import annotations

from typing import ClassVar

from vmsim_core.component import Component


class MemoryHierarchy(Component):
    """Caches and DRAM in front of the system's RAM, offered by a plugin."""

    type_name: ClassVar[str] = ""
