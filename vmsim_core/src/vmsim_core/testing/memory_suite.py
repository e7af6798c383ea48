"""What every memory hierarchy must do: hold data, give it back, and let memory hold the truth when it is told to."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest

from vmsim_core.memory_hierarchy import Maintenance, MemoryHierarchy
from vmsim_core.testing.bench import ALIAS, NoArchitecture, bench_plugins
from vmsim_core.testing.memory_bench import RAM_SIZE, STEP, MemoryBench
from vmsim_core.testing.subject import Recipe
from vmsim_core.testing.suite import Suite, not_applicable

_NAMES = ("uncached", "write-back-allocate", "write-through", "write-back")
_CACHEABILITIES = pytest.mark.parametrize("kind", range(4), ids=_NAMES)
_SEEDS = pytest.mark.parametrize("seed", range(3))
_BLOCK = 256
"""Bytes that have the same attributes: longer than any line."""


class MemorySuite(Suite):
    """The contract of a memory hierarchy. A subclass says which::

    class TestCaches(MemorySuite):
        hierarchy = Caches
        params = {"l1d": {"size": "256"}}
    """

    required = ("hierarchy",)
    hierarchy: ClassVar[type[MemoryHierarchy]]
    """The class."""
    params: ClassVar[dict[str, Any]] = {}
    """Its parameters; caches that are small against `RAM_SIZE`, 64 KiB, make for more evictions."""
    keeps_writes: ClassVar[bool] = True
    """Whether it keeps written data back (a write-back cache)."""
    keeps_reads: ClassVar[bool] = True
    """Whether it keeps what was read (any cache)."""
    coherent: ClassVar[bool] = True
    """Whether devices see what caches hold, and caches what devices write; otherwise software must care."""

    def make(self) -> MemoryBench:
        """Build the bench with the hierarchy."""
        return MemoryBench(_recipe(type(self)).simulation())

    # --- data ---------------------------------------------------------------------------------------------------------

    @_SEEDS
    @_CACHEABILITIES
    def test_what_was_written_is_read(self, kind: int, seed: int) -> None:
        """Whatever is evicted meanwhile, every byte is the one that was last written; in the end RAM has them all."""
        self._compare_with_plain_bytes(Random(seed), lambda address: kind)

    @_SEEDS
    def test_pages_with_different_attributes_do_not_disturb_each_other(self, seed: int) -> None:
        """Cached and uncached pages side by side."""
        random = Random(seed)
        kinds = [random.randrange(4) for _ in range(RAM_SIZE // _BLOCK)]
        self._compare_with_plain_bytes(random, lambda address: kinds[address // _BLOCK])

    def test_a_double_word_is_two_words(self) -> None:
        """An aligned read of eight bytes gives both words."""
        bench = self.make()
        bench.write(0x208, 0x89AB_CDEF)
        bench.write(0x20C, 0x0123_4567)
        assert bench.read(0x208, 8) == 0x0123_4567_89AB_CDEF

    def test_an_alias_shows_the_same_data(self) -> None:
        """RAM that is seen at two addresses is one memory, caches included."""
        bench = self.make()
        for number, (one, other) in enumerate(((0, ALIAS), (ALIAS, 0)) * 2):
            bench.read(one + 0x300)
            bench.write(other + 0x300, 0x1111 * (number + 1))
            assert bench.read(one + 0x300) == 0x1111 * (number + 1)
        bench.write_back()
        assert bench.ram_word(0x300) == 0x4444

    # --- the phases of a drain ----------------------------------------------------------------------------------------

    def test_memory_holds_the_truth_after_a_writeback(self) -> None:
        """Each dirty line is written once, and counted."""
        bench = self.make()
        bench.write(0x400, 0xCAFE_F00D)
        if self.keeps_writes:
            assert bench.ram_word(0x400) != 0xCAFE_F00D, "the write was not kept back: keeps_writes = False?"
        lines = bench.write_back()
        assert bench.ram_word(0x400) == 0xCAFE_F00D
        assert lines >= 1 or not self.keeps_writes
        assert bench.write_back() == 0, "lines that were written back are dirty still"
        assert bench.read(0x400) == 0xCAFE_F00D

    def test_nothing_is_kept_after_an_invalidation(self) -> None:
        """Memory may change afterwards, and what it holds is what is read."""
        bench = self.make()
        bench.set_ram_word(0x500, 1)
        assert bench.read(0x500) == 1
        bench.fetch(0x540)
        bench.set_ram_word(0x500, 2)
        bench.set_ram_word(0x540, 3)
        if self.keeps_reads:
            assert bench.read(0x500) == 1, "the line was not kept: keeps_reads = False?"
        lines = bench.invalidate()
        assert lines >= 1 or not self.keeps_reads
        assert bench.read(0x500) == 2
        assert bench.fetch(0x540) == (3).to_bytes(4, "little")
        assert bench.write_back() == 0, "a line that was only read is dirty"

    def test_no_line_comes_back_after_the_phases(self) -> None:
        """What was dropped never reaches memory later, over what another CPU model has written meanwhile."""
        bench = self.make()
        for address in range(0x600, 0xA00, 16):
            bench.write(address, address)
        bench.write_back()
        bench.invalidate()
        for address in range(0x600, 0xA00, 16):
            bench.set_ram_word(address, ~address & 0xFFFF_FFFF)
        for address in range(0x2000, 0x6000, 16):
            bench.write(address, 0)
        bench.write_back()
        assert [bench.ram_word(address) for address in range(0x600, 0xA00, 16)] == [
            ~address & 0xFFFF_FFFF for address in range(0x600, 0xA00, 16)
        ]

    @_SEEDS
    def test_it_comes_to_rest_at_any_time(self, seed: int) -> None:
        """In the middle of misses too; in the end nothing is under way, and nothing is lost."""
        bench, random = self.make(), Random(seed)
        expected = {}
        for _ in range(200):
            address = random.randrange(0, RAM_SIZE, 4)
            expected[address] = random.getrandbits(32)
            bench.port.write(address, 4, expected[address], now=bench.system.events.now)
            if random.random() < 0.2:
                with bench.simulation.at_rest():
                    assert bench.hierarchy.drain() is True
                    bench.hierarchy.drain_sanity_check()
        bench.write_back()
        assert {address: bench.ram_word(address) for address in expected} == expected

    def test_nothing_of_it_is_in_a_checkpoint_and_a_restore_drops_it(self, tmp_path: Path) -> None:
        """A checkpoint has the truth in RAM; after a restore nothing older is seen."""
        bench = self.make()
        bench.write(0x700, 7)
        taken = bench.simulation.take_checkpoint(tmp_path)
        bench.write(0x700, 8)
        bench.fetch(0x700)
        bench.simulation.restore(taken)
        assert bench.read(0x700) == 7
        assert bench.fetch(0x700) == (7).to_bytes(4, "little")
        assert not type(bench.hierarchy).in_checkpoints

    # --- devices ------------------------------------------------------------------------------------------------------

    def test_devices_and_caches_agree(self) -> None:
        """What a device reads is what the program wrote, and the other way round; or software sees to it."""
        bench = self.make()
        bus = bench.system.address_map
        bench.write(0x800, 0x1234)
        bench.read(0x840)
        if not self.coherent:
            bench.maintain(Maintenance.CLEAN, 0x800)
        assert int.from_bytes(bus.read_block(0x800, 4), "little") == 0x1234
        bus.write_block(0x840, (5).to_bytes(4, "little"))
        if not self.coherent:
            bench.maintain(Maintenance.INVALIDATE, 0x840)
        assert bench.read(0x840) == 5

    def test_a_device_that_writes_a_part_of_a_dirty_line_leaves_the_rest(self) -> None:
        """A line has bytes of both, the program's and the device's."""
        if not self.coherent:
            not_applicable("devices do not see these caches")
        bench = self.make()
        bench.write(0x900, 0xAAAA_AAAA)
        bench.write(0x904, 0xBBBB_BBBB)
        bench.system.address_map.write_block(0x904, (6).to_bytes(4, "little"))
        assert (bench.read(0x900), bench.read(0x904)) == (0xAAAA_AAAA, 6)
        bench.write_back()
        assert (bench.ram_word(0x900), bench.ram_word(0x904)) == (0xAAAA_AAAA, 6)

    # --- the guest's maintenance --------------------------------------------------------------------------------------

    def test_a_guest_cleans_and_invalidates_lines(self) -> None:
        """By address, down to memory."""
        bench = self.make()
        bench.write(0xA00, 1)
        bench.maintain(Maintenance.CLEAN, 0xA00)
        assert bench.ram_word(0xA00) == 1
        bench.set_ram_word(0xA00, 2)
        bench.maintain(Maintenance.INVALIDATE, 0xA00)
        assert bench.read(0xA00) == 2
        bench.write(0xA00, 3)
        bench.maintain(Maintenance.CLEAN_AND_INVALIDATE, 0xA00)
        assert bench.ram_word(0xA00) == 3
        bench.set_ram_word(0xA00, 4)
        assert bench.read(0xA00) == 4

    def test_code_that_was_written_is_fetched_after_maintenance(self) -> None:
        """Cleaned to the point of unification, its line of instructions dropped, by address or with all others."""
        bench = self.make()
        for number, dropped in enumerate((0xB00, None, 0xB00)):
            bench.fetch(0xB00)
            bench.write(0xB00, number)
            bench.port.maintain_address(Maintenance.CLEAN, 0xB00, True, bench.now)
            bench.port.invalidate_instructions(dropped, bench.now)
            assert bench.fetch(0xB00) == number.to_bytes(4, "little")

    def test_a_page_table_that_was_cleaned_is_walked(self) -> None:
        """The walker of a TLB sees what was cleaned to the point of unification."""
        bench = self.make()
        for number in range(3):
            bench.port.walk(0xC00, now=bench.now)
            bench.write(0xC00, number)
            bench.maintain(Maintenance.CLEAN_AND_INVALIDATE, 0xC00)
            assert bench.port.walk(0xC00, now=bench.now)[0] == number

    # --- time, debuggers, statistics ----------------------------------------------------------------------------------

    @_SEEDS
    def test_the_same_accesses_take_the_same_time(self, seed: int) -> None:
        """Nothing of the host is in it."""
        times = []
        for _ in range(2):
            bench, random = self.make(), Random(seed)
            done = []
            for _ in range(300):
                address, kind = random.randrange(0, RAM_SIZE, 4), random.randrange(1, 4)
                bench.write(address, 1, 4, kind) if random.random() < 0.4 else bench.read(address, 4, kind)
                done.append(bench.now)
            times.append(done)
        assert times[0] == times[1]

    def test_a_hit_takes_no_longer_than_a_miss(self) -> None:
        """What is kept is nearer."""
        bench = self.make()
        durations = []
        for _ in range(2):
            _, done = bench.port.read(0xD00, 4, now=bench.now)
            durations.append(done - bench.now)
            bench.now = done + STEP
        assert durations[1] <= durations[0]
        assert durations[1] < durations[0] or not self.keeps_reads

    def test_a_debugger_changes_nothing(self) -> None:
        """`peek` shows the newest data, takes no time, and leaves statistics and lines alone."""
        bench = self.make()
        bench.write(0xE00, 0x5678)
        before = {each.name: each.value for each in bench.hierarchy.statistics}
        assert bench.port.peek(0xE00, 4) == 0x5678
        assert bench.port.peek(0x1E00, 4) == 0
        assert {each.name: each.value for each in bench.hierarchy.statistics} == before

    def test_its_statistics_have_units_and_descriptions(self) -> None:
        """Each number says what it is."""
        bench = self.make()
        bench.read(0xF00)
        found = list(bench.hierarchy.statistics)
        assert found, "a memory hierarchy counts what it does"
        assert [each.name for each in found if not (each.unit and each.description)] == []

    def _compare_with_plain_bytes(self, random: Random, kind_of: Any) -> None:
        bench, plain = self.make(), bytearray(RAM_SIZE)
        for _ in range(1500):
            size = random.choice((1, 2, 4))
            # Half of the accesses go to a few places: lines are used again before they leave.
            address = random.randrange(0, RAM_SIZE if random.random() < 0.5 else 1024, size)
            kind = kind_of(address)
            if random.random() < 0.5:
                value = random.getrandbits(8 * size)
                bench.write(address, value, size, kind)
                plain[address : address + size] = value.to_bytes(size, "little")
            else:
                expected = int.from_bytes(plain[address : address + size], "little")
                assert bench.read(address, size, kind) == expected, f"{size} bytes at {address:#x}, {_NAMES[kind]}"
        bench.write_back()
        assert bytes(bench.ram.view) == bytes(plain)


def _recipe(suite: type[MemorySuite]) -> Recipe:
    text = f"{{platform: bench, memory: {RAM_SIZE}, cpus: [{{start: parked}}]}}"
    hierarchy = {**suite.params, "type": suite.hierarchy.type_name}
    plugins = bench_plugins(NoArchitecture.type_name, suite.hierarchy)
    with tempfile.TemporaryDirectory() as folder:
        return Recipe.from_text(text, Path(folder), plugins, [("memory_hierarchy", str(hierarchy))])
