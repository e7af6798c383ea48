"""Memory hierarchies: what stands between a simulated CPU and RAM."""

from __future__ import annotations

from abc import abstractmethod
from enum import IntEnum
from typing import ClassVar

from vmsim_core.component import Component, ComponentParams
from vmsim_core.memory_port import CorePort
from vmsim_core.ram import Ram


class Maintenance(IntEnum):
    """What a cache maintenance operation does to a line."""

    CLEAN = 1
    INVALIDATE = 2
    CLEAN_AND_INVALIDATE = 3


class MemoryHierarchy(Component):
    """Caches and DRAM in front of the system's RAM, offered by a plugin.

    Caches hold data: after `drain` and `mem_writeback` RAM holds the truth, after `mem_invalidate` it alone does. None
    of it is in a checkpoint.
    """

    type_name: ClassVar[str] = ""
    in_checkpoints: ClassVar[bool] = False

    @abstractmethod
    def port(self, core: int) -> CorePort:
        """Return the way of core number `core` to memory."""

    @abstractmethod
    def fetch_latency(self, core: int) -> int:
        """Return the ticks that a hit in the first instruction cache of a core takes."""

    @abstractmethod
    def maintain_outer(self, operation: Maintenance, physical: int | None) -> None:
        """Do what an outer cache controller (L2C-310) was told: to the line at an address, or to everything."""

    @abstractmethod
    def maintain_outer_way(self, operation: Maintenance, way: int, ways: int, number: int = 0, sets: int = 1) -> None:
        """Do what an outer cache controller was told to do to a way, or to one set of it, of the geometry that it has.

        That may differ from the caches': all lines are meant whose way is `way` modulo `ways`, and whose set is
        `number` modulo `sets`.
        """

    @classmethod
    def outer_geometry(cls, params: ComponentParams) -> tuple[int, int] | None:
        """Return the bytes and the ways of the outer cache that parameters describe; None if there is none."""
        return None

    @abstractmethod
    def device_reads(self, ram: Ram, offset: int, size: int) -> None:
        """Be told that a device is about to read RAM: a coherent hierarchy writes dirty lines back first."""

    @abstractmethod
    def device_writes(self, ram: Ram, offset: int, size: int) -> None:
        """Be told that a device is about to write RAM: a coherent hierarchy cleans and drops the lines first."""
