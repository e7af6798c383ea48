"""Random accesses and maintenance, on the compiled hierarchy and on a plain model of one: the same values, the same
contents of every cache, the same hits, misses, evictions and write-backs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from cache_machine import ALIAS, LONG_AGO, RAM_SIZE, SMALL, Machine
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_model import Attributes, Memory, ModelCache, ModelCore
from vmsim_core.memory_hierarchy import Maintenance
from vmsim_core.testing.port_driver import PortDriver
from vmsim_mem_cache.cache import KINDS
from vmsim_mem_cache.parameters import CacheParams, HierarchyParams
from vmsim_mem_cache.port import CachePort

REACH = 4096
"""Bytes that the accesses are spread over: four times what the largest of these L2 caches holds."""
CORES = 2

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "small": SMALL,
    "no shared level": {"l1i": {"size": 256, "ways": 2}, "l1d": {"size": 256, "ways": 2}},
    "unified": {"l1": {"size": 512, "ways": 4}, "l2": {"size": 1024, "ways": 4}},
    "direct mapped": {"l1i": {"size": 128, "ways": 1}, "l1d": {"size": 128, "ways": 1}, "l2": {"size": 512, "ways": 1}},
    "three ways": {"l1i": {"size": 192, "ways": 3}, "l1d": {"size": 192, "ways": 3}, "l2": {"size": 768, "ways": 3}},
    "inclusive": {**SMALL, "l2": {"size": 512, "ways": 2, "inclusive": True}},
    "longer lines below": {
        **SMALL,
        "l2": {"size": 1024, "ways": 2, "line": 64, "inclusive": True},
        "l3": {"size": 2048, "ways": 4, "line": 128, "inclusive": True},
    },
    "inclusive behind one that is not": {
        **SMALL,
        "l2": {"size": 256, "ways": 2},
        "l3": {"size": 512, "ways": 2, "inclusive": True},
    },
    "inner L2": {**SMALL, "l2": {"size": 1024, "ways": 4, "outer": False}, "l3": {"size": 2048, "ways": 4}},
    "always": {**SMALL, "l1d": {"size": 256, "ways": 2, "allocate": "always"}},
    "write through": {
        **SMALL,
        "l1d": {"size": 256, "ways": 2, "write": "through", "allocate": "reads"},
        "l2": {"size": 1024, "ways": 4, "allocate": "always"},
    },
    "all through": {
        **SMALL,
        "l1d": {"size": 256, "ways": 2, "write": "through", "allocate": "always"},
        "l2": {"size": 1024, "ways": 4, "write": "through"},
    },
}


@dataclass
class Step:
    """One access of a core, or a maintenance operation."""

    core: int
    what: str
    address: int
    size: int
    value: int
    attributes: Attributes
    operation: int
    flag: bool


ACCESSES = ["read", "write"] * 6 + ["fetch", "walk"] * 2
MAINTENANCE = ["address", "slot", "way", "outer", "outer all", "invalidate fetched", "invalidate fetched line"]


def steps(what: list[str]) -> st.SearchStrategy[list[Step]]:
    # Few lines and many attributes: caches differ most where these meet.
    one = st.builds(
        Step,
        core=st.integers(0, CORES - 1),
        what=st.sampled_from(what),
        address=st.builds(lambda line, word: line * 32 + word * 4, st.integers(0, REACH // 32 - 1), st.integers(0, 7)),
        size=st.sampled_from([1, 2, 4]),
        value=st.integers(0, 0xFFFF_FFFF),
        attributes=st.builds(
            Attributes, inner=st.sampled_from([1, 1, 1, 0, 2, 3]), outer=st.sampled_from([1, 1, 0, 2, 3])
        ),
        operation=st.integers(1, 3),
        flag=st.booleans(),
    )
    return st.lists(one, min_size=1, max_size=200)


class Pair:
    """The compiled hierarchy and the model of it, with the same contents of RAM."""

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = HierarchyParams.model_validate(params)
        self.machine = Machine(params, CORES)
        # Core 0 does plain hits without a call, as an engine does; core 1 has everything done by the port's functions.
        self.ports: list[PortDriver | CachePort] = [PortDriver(self.machine.ports[0]), self.machine.ports[1]]
        contents = bytes(index * 7 + (index >> 8) & 0xFF for index in range(RAM_SIZE))
        self.machine.ram.view[:] = contents
        self.memory = Memory(bytearray(contents))
        self.models: dict[str, ModelCache] = {}
        self.cores = self._make_model()
        self.now = 0

    def _make_model(self) -> list[ModelCore]:
        below: ModelCache | Memory = self.memory
        shared: list[ModelCache] = []
        for number, params in reversed(list(enumerate(self.params.shared, 2))):
            below = self._model(f"l{number}", params, below, params.outer)
            if shared:
                shared[0].above.append(below)
            shared.insert(0, below)
        cores = []
        for core in range(CORES):
            if self.params.l1 is not None:
                data = instructions = self._model(f"l1-{core}", self.params.data, below)
            else:
                data = self._model(f"l1d{core}", self.params.data, below)
                instructions = self._model(f"l1i{core}", self.params.instructions, below)
            cores.append(ModelCore(instructions, data, shared, self.memory))
        cores[0].data.peers, cores[1].data.peers = [cores[1].data], [cores[0].data]
        if shared:
            shared[0].above = [cache for name, cache in self.models.items() if name.startswith("l1")]
        return cores

    def _model(self, name: str, params: CacheParams, below: ModelCache | Memory, is_outer: bool = False) -> ModelCache:
        self.models[name] = ModelCache(
            name, params.size // params.ways // params.line, params.ways, params.line, below, is_outer,
            params.write == "through", params.allocate, params.inclusive,
        )  # fmt: skip
        return self.models[name]

    def do(self, step: Step) -> None:
        """Do one step on both, and compare what it returns."""
        self.now += 100_000
        port, model = self.ports[step.core], self.cores[step.core]
        size, attributes, operation = step.size, step.attributes, step.operation
        pages = (attributes.inner, attributes.outer, self.now)
        place = step.address + (ALIAS if step.flag else 0)
        if step.what == "read":
            assert port.read(place, size, *pages)[0] == model.read(place, size, attributes)
        elif step.what == "write":
            value = step.value & ((1 << 8 * size) - 1)
            port.write(place, size, value, *pages)
            model.write(place, size, value, attributes)
        elif step.what == "walk":
            assert port.walk(place, *pages)[0] == model.read(place, 4, attributes, "walk")
        elif step.what == "fetch":
            assert port.fetch(place, *pages)[0] == model.fetch(place, attributes)
        elif step.what == "address":
            port.maintain_address(operation, place, step.value & 1, self.now)
            model.maintain_address(operation, place, bool(step.value & 1))
        elif step.what == "slot":
            self._maintain_slot(step)
        elif step.what == "way":
            self._maintain_way(step)
        elif step.what == "invalidate fetched":
            port.invalidate_instructions(now=self.now)
            model.invalidate_instructions()
        elif step.what == "invalidate fetched line":
            port.invalidate_instructions(place, now=self.now)
            line = model.instructions.find(step.address)
            if line is not None and model.instructions is not model.data:
                model.instructions.forget(line)
        else:
            self._maintain_outer(step)

    def _maintain_slot(self, step: Step) -> None:
        # What the guest is told of the geometry may be less, or more, than there is.
        sets, ways = 1 << step.value % 5, 1 << step.value // 8 % 3
        number, way = step.address // 32 % sets, step.value // 32 % ways
        self.machine.ports[step.core].maintain_set_way(step.operation, number, sets, way, ways, self.now)
        self.cores[step.core].maintain_slots(step.operation, number, sets, way, ways)

    def _maintain_way(self, step: Step) -> None:
        sets, ways = 1 << step.value % 5, 1 << step.value // 8 % 3
        number, way = step.address // 32 % sets, step.value // 32 % ways
        self.machine.hierarchy.maintain_outer_way(Maintenance(step.operation), way, ways, number, sets)
        outer = [cache for cache in self.cores[0].shared if cache.is_outer]
        for level, cache in enumerate(outer):
            for line in cache.lines_of(number, sets, way, ways):
                for below in outer[level:]:
                    below.maintain(step.operation, below.find(line.address))

    def _maintain_outer(self, step: Step) -> None:
        operation = Maintenance(step.operation)
        everything = step.what == "outer all"
        self.machine.hierarchy.maintain_outer(operation, None if everything else step.address)
        for cache in self.cores[0].shared:
            if cache.is_outer:
                if not everything:
                    cache.maintain_at(operation, step.address)
                    continue
                for _, line in sorted(cache.slots.items()):
                    cache.maintain(operation, line)

    def compare(self) -> None:
        """Compare what is held, RAM, and what was counted."""
        for name, model in self.models.items():
            cache = self.machine.cache(name)
            assert cache.contents() == model.contents(), name
            assert cache.held == len(model.slots), name
            assert counted(cache.counters()) == +model.count, name
        assert bytes(self.machine.ram.view) == bytes(self.memory.data)


def counted(counters: dict[str, Any]) -> Counter[str]:
    found = Counter(
        {
            "eviction": counters["evictions"],
            "writeback": counters["writebacks"],
            "taken": counters["taken"],
            "recalled": counters["recalled"],
        }
    )
    for kind, hits, misses in zip(KINDS, counters["hits"], counters["misses"], strict=True):
        found[f"{kind} hit"], found[f"{kind} miss"] = hits, misses
    return +found


@pytest.mark.parametrize("name", CONFIGURATIONS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_model_agrees(name: str, data: st.DataObject) -> None:
    pair = Pair(CONFIGURATIONS[name])
    for step in data.draw(steps(ACCESSES + MAINTENANCE)):
        pair.do(step)
    pair.compare()


def random_step(random: Random) -> Step:
    return Step(
        core=random.randrange(CORES),
        what=random.choice(ACCESSES * 4 + MAINTENANCE),
        address=random.randrange(REACH // 4) * 4,
        size=random.choice([1, 2, 4]),
        value=random.randrange(1 << 32),
        attributes=Attributes(random.choice([1, 1, 1, 0, 2, 3]), random.choice([1, 1, 0, 2, 3])),
        operation=random.choice([1, 2, 3]),
        flag=random.random() < 0.5,
    )


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_model_agrees_for_a_long_time(name: str) -> None:
    pair, random = Pair(CONFIGURATIONS[name]), Random(name)
    for number in range(6000):
        pair.do(random_step(random))
        if number % 500 == 0:
            pair.compare()
    pair.compare()
    evictions = sum(model.count["eviction"] for model in pair.models.values())
    writebacks = sum(model.count["writeback"] for model in pair.models.values())
    assert evictions > 1000
    assert writebacks > 100 or name == "all through"


@pytest.mark.parametrize("replacement", ["lru", "plru", "random"])
@pytest.mark.parametrize("prefetcher", ["none", "stride", "stream"])
@settings(max_examples=30, deadline=None)
@given(sequence=steps(["read", "write", "walk"]))
def test_every_read_sees_the_last_write(replacement: str, prefetcher: str, sequence: list[Step]) -> None:
    # With nothing but RAM as the model: whatever is replaced or prefetched, no data is lost or stale.
    options = {"replacement": replacement, "prefetcher": prefetcher, "prefetch_degree": 4}
    machine = Machine(
        {
            "l1i": {"size": 256, "ways": 2},
            "l1d": {"size": 256, "ways": 2, **options},
            "l2": {"size": 512, "ways": 4, "inclusive": True, **options},
        },
        CORES,
    )
    memory = bytearray(RAM_SIZE)
    for number, step in enumerate(sequence):
        port, size, place = machine.ports[step.core], step.size, step.address
        pages = (step.attributes.inner, step.attributes.outer, number * 50_000, step.value & 0x1C)
        if step.what == "write":
            value = step.value & ((1 << 8 * size) - 1)
            port.write(place, size, value, *pages)
            memory[place : place + size] = value.to_bytes(size, "little")
        else:
            assert port.read(place, size, *pages)[0] == int.from_bytes(memory[place : place + size], "little")
    machine.system.events.now = LONG_AGO
    machine.drain()
    machine.system.drain_manager.mem_writeback()
    assert bytes(machine.ram.view) == bytes(memory)
