"""A cache hierarchy in plain Python: objects and dictionaries, one thing after the other, no time.

It says what every cache holds after every access, and what was a hit, a miss, an eviction and a write-back, for LRU.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cache_machine import ALIAS, CLEAN, INVALIDATE, UNCACHED, WRITE_BACK_ALLOCATE, WRITE_THROUGH


@dataclass
class Attributes:
    """How the page of an access is cacheable."""

    inner: int
    outer: int


@dataclass
class Line:
    """A line that is held; `used` grows with every use."""

    address: int
    data: bytearray
    state: str
    attributes: Attributes
    used: int = 0


@dataclass
class Memory:
    """RAM."""

    data: bytearray

    def read(self, address: int, size: int, attributes: Attributes, kind: str) -> bytes:
        return bytes(self.data[address : address + size])

    def write(self, address: int, data: bytes, attributes: Attributes, kind: str) -> None:
        self.data[address : address + len(data)] = data


@dataclass
class ModelCache:
    """One cache. A slot is (set, way)."""

    name: str
    sets: int
    ways: int
    line: int
    below: ModelCache | Memory
    is_outer: bool = False
    write_through: bool = False
    allocate: str = "attributes"
    inclusive: bool = False
    peers: list[ModelCache] = field(default_factory=list)
    above: list[ModelCache] = field(default_factory=list)
    slots: dict[tuple[int, int], Line] = field(default_factory=dict)
    count: Counter[str] = field(default_factory=Counter)
    uses: int = 0

    def read(self, address: int, size: int, attributes: Attributes, kind: str) -> bytes:
        line = self.find(address)
        self.count[f"{kind} {'miss' if line is None else 'hit'}"] += 1
        if line is None:
            if self.cacheability(attributes) == UNCACHED:
                dirty = self.look_at_peers(address, take=False)
                if dirty is not None:
                    start = address % self.line
                    return bytes(dirty[start : start + size])
                return self.below.read(address, size, attributes, kind)
            line = self.fill(address, attributes, kind, exclusive=False)
        self.use(line)
        start = address - line.address
        return bytes(line.data[start : start + size])

    def write(self, address: int, data: bytes, attributes: Attributes, kind: str) -> None:
        line = self.find(address)
        self.count[f"{kind} {'miss' if line is None else 'hit'}"] += 1
        if line is None:
            if not self.allocates(attributes):
                self.look_at_peers(address, take=False)
                self.look_at_peers(address, take=True)
                self.below.write(address, data, attributes, "writeback")
                return
            if len(data) == self.line:
                self.look_at_peers(address, take=True)
                line = self.enter(address, bytes(self.line), "E", attributes)
            else:
                line = self.fill(address, attributes, kind, exclusive=True)
        self.use(line)
        if line.state == "S":
            self.look_at_peers(address, take=True)
            line.state = "E"
        start = address - line.address
        line.data[start : start + len(data)] = data
        if self.write_through or self.cacheability(attributes) == WRITE_THROUGH:
            self.below.write(address, data, attributes, "writeback")
        else:
            line.state = "M"

    def fill(self, address: int, attributes: Attributes, kind: str, exclusive: bool) -> Line:
        address -= address % self.line
        shared = any(peer.find(address) for peer in self.peers)
        dirty = self.look_at_peers(address, take=exclusive)
        if dirty is not None:
            data, state = bytes(dirty), "M" if exclusive else "S"
        else:
            data = self.below.read(address, self.line, attributes, kind)
            state = "S" if shared and not exclusive else "E"
        return self.enter(address, data, state, attributes)

    def enter(self, address: int, data: bytes, state: str, attributes: Attributes) -> Line:
        number = address // self.line % self.sets
        places = [(number, way) for way in range(self.ways)]
        free = [place for place in places if place not in self.slots]
        place = free[0] if free else min(places, key=lambda each: self.slots[each].used)
        if place in self.slots:
            self.evict(place)
        line = self.slots[place] = Line(address, bytearray(data), state, attributes)
        self.use(line)
        return line

    def evict(self, place: tuple[int, int]) -> None:
        line = self.slots.pop(place)
        self.count["eviction"] += 1
        if self.inclusive and self.recall(line):
            line.state = "M"
        if line.state == "M":
            self.write_back(line)

    def recall(self, leaving: Line) -> bool:
        newer = False
        for cache in self.above:
            for place, line in sorted(cache.slots.items(), key=lambda item: item[1].address):
                if leaving.address <= line.address < leaving.address + len(leaving.data):
                    if line.state == "M":
                        start = line.address - leaving.address
                        leaving.data[start : start + cache.line] = line.data
                        newer = True
                    del cache.slots[place]
                    cache.count["recalled"] += 1
            newer |= cache.recall(leaving)
        return newer

    def write_back(self, line: Line) -> None:
        self.count["writeback"] += 1
        self.below.write(line.address, bytes(line.data), line.attributes, "writeback")

    def look_at_peers(self, address: int, take: bool) -> bytearray | None:
        """Share or take other cores' copies; return the bytes of one that was dirty."""
        dirty = None
        for peer in self.peers:
            line = peer.find(address)
            if line is None:
                continue
            if line.state == "M":
                dirty = bytearray(line.data)
            was_dirty, line.state = line.state == "M", "S"
            if take:
                peer.forget(line)
                peer.count["taken"] += 1
            elif was_dirty:
                peer.write_back(line)
        return dirty

    def maintain(self, operation: int, line: Line | None) -> None:
        if line is None:
            return
        if operation & CLEAN and line.state == "M":
            line.state = "E"
            self.write_back(line)
        if operation & INVALIDATE:
            self.forget(line)

    def maintain_at(self, operation: int, address: int) -> None:
        """Maintain the 32 bytes that the guest takes for a line; what is dirty beside them goes below."""
        line = self.find(address)
        if line is not None and operation == INVALIDATE and line.state == "M":
            start = address // 32 * 32
            for first, end in ((line.address, start), (start + 32, line.address + self.line)):
                if first < end:
                    part = bytes(line.data[first - line.address : end - line.address])
                    self.below.write(first, part, line.attributes, "writeback")
        self.maintain(operation, line)

    def lines_of(self, number: int, sets: int, way: int, ways: int) -> list[Line]:
        """The lines that a set and a way stand for in a geometry of so many."""
        return [
            line for place, line in sorted(self.slots.items()) if place[0] % sets == number and place[1] % ways == way
        ]

    def find(self, address: int) -> Line | None:
        wanted = address - address % self.line
        return next((line for line in self.slots.values() if line.address == wanted), None)

    def forget(self, line: Line) -> None:
        self.slots = {place: each for place, each in self.slots.items() if each is not line}

    def use(self, line: Line) -> None:
        self.uses += 1
        line.used = self.uses

    def cacheability(self, attributes: Attributes) -> int:
        return attributes.outer if self.is_outer else attributes.inner

    def allocates(self, attributes: Attributes) -> bool:
        cacheability = self.cacheability(attributes)
        if cacheability == UNCACHED or self.allocate == "reads":
            return False
        return self.allocate == "always" or cacheability == WRITE_BACK_ALLOCATE

    def contents(self) -> list[tuple[int, str, bytes]]:
        return sorted((line.address, line.state, bytes(line.data)) for line in self.slots.values())


class ModelCore:
    """A core's way to memory."""

    def __init__(self, instructions: ModelCache, data: ModelCache, shared: list[ModelCache], memory: Memory) -> None:
        self.instructions = instructions
        self.data = data
        self.shared = shared
        self.memory = memory

    def read(self, address: int, size: int, attributes: Attributes, kind: str = "read") -> int:
        address = self._first_alias(address)
        if attributes.inner or attributes.outer:
            return int.from_bytes(self.data.read(address, size, attributes, kind), "little")
        for cache in [self.data, *self.data.peers, *self.shared]:
            line = cache.find(address)
            if line is not None:
                start = address - line.address
                return int.from_bytes(line.data[start : start + size], "little")
        return int.from_bytes(self.memory.data[address : address + size], "little")

    def write(self, address: int, size: int, value: int, attributes: Attributes) -> None:
        address = self._first_alias(address)
        data = value.to_bytes(size, "little")
        if attributes.inner or attributes.outer:
            self.data.write(address, data, attributes, "write")
            return
        self.memory.data[address : address + size] = data
        for cache in [self.data, *self.data.peers, *self.shared]:
            line = cache.find(address)
            if line is not None:
                line.data[address - line.address : address - line.address + size] = data

    def fetch(self, address: int, attributes: Attributes) -> bytes:
        address = self._first_alias(address)
        size = self.instructions.line
        address -= address % size
        if attributes.inner or attributes.outer:
            return self.instructions.read(address, size, attributes, "fetch")
        for cache in ([self.data] if self.instructions is self.data else []) + self.shared:
            line = cache.find(address)
            if line is not None:
                return bytes(line.data[address - line.address : address - line.address + size])
        return bytes(self.memory.data[address : address + size])

    def maintain_address(self, operation: int, address: int, to_unification: bool) -> None:
        address = self._first_alias(address)
        inner = [] if to_unification else [cache for cache in self.shared if not cache.is_outer]
        for cache in [*self.data.peers, self.data, *inner]:
            cache.maintain_at(operation, address)

    def maintain_slots(self, operation: int, number: int, sets: int, way: int, ways: int) -> None:
        inner = [self.data, *(cache for cache in self.shared if not cache.is_outer)]
        for level, cache in enumerate(inner):
            for line in cache.lines_of(number, sets, way, ways):
                for below in inner[level:]:
                    below.maintain(operation, below.find(line.address))

    def invalidate_instructions(self) -> None:
        if self.instructions is not self.data:
            self.instructions.slots.clear()

    @staticmethod
    def _first_alias(address: int) -> int:
        return address - ALIAS if address >= ALIAS else address
