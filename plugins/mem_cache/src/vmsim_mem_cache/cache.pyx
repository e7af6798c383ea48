"""A cache as an object: it owns the memory of a level, ties levels together, and does what concerns many lines."""

from libc.stdint cimport int32_t, uint32_t, uint64_t, uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset
from posix.stdlib cimport posix_memalign

from vmsim_mem_cache.cache_array cimport (
    ABSENT, EXCLUSIVE, MESI, MODIFIED, CacheArray, address_of, bytes_of, drop, find,
)
from vmsim_mem_cache.level cimport GUEST_LINE, MAX_ENTRIES, MAX_NEIGHBOURS, Level, maintain
from vmsim_mem_cache.maintenance cimport maintain_at
from vmsim_mem_cache.prefetcher cimport NO_PREFETCH, Pattern, Prefetcher
from vmsim_mem_cache.ram_map cimport host_address

cdef enum:
    HOST_LINE = 64
    NEVER = 0x4000000000000000

REPLACEMENT = {"lru": 0, "plru": 1, "random": 2}
ALLOCATE = {"attributes": 0, "always": 1, "reads": 2}
PREFETCHERS = {"none": 0, "stride": 1, "stream": 2}
KINDS = ("read", "write", "fetch", "walk", "prefetch", "writeback")
_STATES = "ISEM"


cdef class MainMemory:
    """RAM and the DRAM's timing."""

    def __cinit__(self, RamMap ram, Dram dram):
        self.ram, self.dram = ram, dram
        self.memory.ram, self.memory.dram = &ram.table, &dram.state

    @property
    def busy_until(self):
        """The tick at which the last fill or eviction that was begun is complete."""
        return self.memory.busy_until

    def settle(self, uint64_t now):
        """Do the writes that wait in the memory controller."""
        self.memory.busy_until = max(self.memory.busy_until, self.dram.settle(now))

    def clear_timing(self, uint64_t now=0):
        """Forget what is busy now."""
        self.memory.busy_until = 0
        self.dram.clear(now)


cdef class Cache:
    """One cache; `below` is the next one, or None. Times are in ticks; the rest is explained in `parameters`."""

    def __cinit__(self, str name, MainMemory memory, Cache below, dict settings):
        cdef CacheArray* array = &self.level.array
        cdef uint32_t sets, ways, lines
        cdef size_t size
        self.name, self._memory, self._below, self._neighbours = name, memory, below, []
        ways, array.line = settings["ways"], settings["line"]
        sets = settings["size"] // (ways * array.line)
        lines = sets * ways
        array.sets, array.ways, array.set_mask = sets, ways, sets - 1
        array.line_shift = array.line.bit_length() - 1
        array.line_mask = ~(array.line - 1)
        array.way_bits = (ways - 1).bit_length()
        array.policy = REPLACEMENT[settings["replacement"]]
        self._seed = settings["seed"]
        # What a hit needs lies together, each part beginning with a host line.
        sizes = [settings["size"], 4 * lines, 4 * sets, lines, 8 * lines, 8 * lines, 8 * sets]
        places, size = [], 0
        for part in sizes:
            places.append(size)
            size += (part + HOST_LINE - 1) // HOST_LINE * HOST_LINE
        if posix_memalign(<void**>&self._block, HOST_LINE, size):
            raise MemoryError
        memset(self._block, 0, size)
        array.data = self._block
        array.tags = <uint32_t*>(self._block + <size_t>places[1])
        array.newest = <uint32_t*>(self._block + <size_t>places[2])
        array.state = self._block + <size_t>places[3]
        array.ready = <uint64_t*>(self._block + <size_t>places[4])
        array.used = <uint64_t*>(self._block + <size_t>places[5])
        array.tree = <uint64_t*>(self._block + <size_t>places[6])
        self._configure(settings)
        self.forget_history()

    def _configure(self, dict settings):
        cdef Level* level = &self.level
        level.memory = &self._memory.memory
        level.below = &self._below.level if self._below is not None else NULL
        level.is_outer, level.inclusive = settings["outer"], settings["inclusive"]
        level.write_through = settings["write"] == "through"
        level.allocate = ALLOCATE[settings["allocate"]]
        level.cycle = settings["cycle"]
        level.latency, level.miss_latency = settings["latency"], settings["miss_latency"]
        level.interval, level.snoop_latency = settings["interval"], settings["snoop_latency"]
        level.mshr_count, level.write_buffer_count = settings["mshrs"], settings["write_buffers"]
        level.prefetcher.kind = PREFETCHERS[settings["prefetcher"]]
        level.prefetcher.degree = settings["prefetch_degree"]
        level.prefetcher.entries = settings["prefetch_entries"]
        level.prefetcher.line = level.array.line
        level.plain = settings["pipelined"] and level.prefetcher.kind == NO_PREFETCH
        level.prefetcher.patterns = <Pattern*>calloc(level.prefetcher.entries, sizeof(Pattern))
        level.seen = <uint8_t*>calloc((<size_t>1 << (32 - level.array.line_shift)) // 8, 1)
        if level.prefetcher.patterns == NULL or level.seen == NULL:
            raise MemoryError
        self.clear_timing()

    def __dealloc__(self):
        free(self._block)
        free(self.level.prefetcher.patterns)
        free(self.level.seen)

    def keep_coherent_with(self, Cache peer):
        """Take lines from another core's cache, or share them."""
        if self.level.peer_count == MAX_NEIGHBOURS:
            raise ValueError(f"{self.name} has too many peers")
        self.level.peers[self.level.peer_count] = &peer.level
        self.level.peer_count += 1
        self._neighbours.append(peer)

    def is_below(self, Cache above):
        """Be told of a cache above, which an inclusive one takes lines from."""
        if self.level.above_count == MAX_NEIGHBOURS:
            raise ValueError(f"there are too many caches above {self.name}")
        self.level.above[self.level.above_count] = &above.level
        self.level.above_count += 1
        self._neighbours.append(above)

    # --- many lines -------------------------------------------------------------------------------------------------

    def indices(self, address=None, size=0):
        """Return the numbers of the lines that are held, of all or of a range of addresses, in order."""
        cdef CacheArray* array = &self.level.array
        cdef uint32_t index, place, first, last
        cdef int32_t found
        numbers = []
        if address is None or size >> array.line_shift >= array.sets * array.ways:
            first, last = (0, 0) if address is None else (address & array.line_mask, address + size - 1)
            for index in range(array.sets * array.ways):
                if array.tags[index] and (address is None or first <= address_of(array, index) <= last):
                    numbers.append(index)
        elif array.valid:
            for place in range(address & array.line_mask, address + size, array.line):
                found = find(array, place)
                if found != ABSENT:
                    numbers.append(found)
        return numbers

    def write_back(self, address=None, size=0):
        """Write dirty lines to RAM, all or those in a range, and keep them; return how many. Takes no time."""
        cdef uint32_t index
        count = 0
        for index in self.indices(address, size):
            if self.level.array.state[index] & MESI == MODIFIED:
                self._write_home(index)
                count += 1
        self.level.count.writebacks += count
        return count

    cdef void _write_home(self, uint32_t index) noexcept nogil:
        """Have RAM, and every cache on the way, hold what a line holds."""
        cdef CacheArray* array = &self.level.array
        cdef uint32_t address = address_of(array, index)
        cdef uint8_t* line = bytes_of(array, index, address)
        cdef Level* below = self.level.below
        cdef int32_t copy
        while below != NULL:
            copy = find(&below.array, address)
            if copy != ABSENT:
                memcpy(bytes_of(&below.array, copy, address), line, array.line)
            below = below.below
        memcpy(host_address(self.level.memory.ram, address), line, array.line)
        array.state[index] = <uint8_t>(array.state[index] & ~<uint32_t>MESI | EXCLUSIVE)

    def drop(self, address=None, size=0):
        """Forget lines, all or those in a range, dirty or not; return how many."""
        cdef uint32_t index
        numbers = self.indices(address, size)
        for index in numbers:
            drop(&self.level.array, index)
        return len(numbers)

    def maintain(self, uint32_t operation, address, uint64_t now, bint whole=False):
        """Do a guest's maintenance operation to all lines, or to what it takes for a line, or the whole line at an
        address; return when it is complete."""
        cdef uint32_t index
        cdef uint64_t done = now
        if address is None or whole:
            for index in self.indices(address, 1):
                done = max(done, maintain(&self.level, operation, index, now))
            return done
        address &= ~(GUEST_LINE - 1)
        for index in self.indices(address, GUEST_LINE):
            done = max(done, maintain_at(&self.level, operation, index, address, now))
        return done

    def addresses_of(self, uint32_t way, uint32_t ways, uint32_t number, uint32_t sets):
        """Return the addresses of the lines of a way and a set, both modulo the numbers that there are to the guest."""
        cdef CacheArray* array = &self.level.array
        cdef uint32_t index
        return [
            address_of(array, index)
            for index in self.indices()
            if index % array.ways % ways == way and index // array.ways % sets == number
        ]

    def clear_timing(self):
        """Forget what is busy or on its way."""
        cdef Level* level = &self.level
        memset(level.array.ready, 0, sizeof(uint64_t) * level.array.sets * level.array.ways)
        level.visible = 0
        memset(level.mshrs, 0, sizeof(uint64_t) * MAX_ENTRIES)
        memset(level.write_buffers, 0, sizeof(uint64_t) * MAX_ENTRIES)
        level.port.reserved_from = level.port.free = 0
        level.plain_from = 0 if level.plain else NEVER

    def forget_history(self):
        """Be as a cache that was never used, but for the lines that are held and what was counted."""
        cdef CacheArray* array = &self.level.array
        cdef Prefetcher* prefetcher = &self.level.prefetcher
        cdef uint32_t number
        array.random, array.uses, prefetcher.uses = self._seed, 0, 0
        memset(array.used, 0, sizeof(uint64_t) * array.sets * array.ways)
        memset(array.tree, 0, sizeof(uint64_t) * array.sets)
        memset(prefetcher.patterns, 0, sizeof(Pattern) * prefetcher.entries)
        for number in range(array.sets):
            array.newest[number] = number * array.ways

    # --- looking ----------------------------------------------------------------------------------------------------

    @property
    def lines(self):
        """How many lines there are."""
        return self.level.array.sets * self.level.array.ways

    @property
    def held(self):
        """How many lines are held."""
        return self.level.array.valid

    @property
    def dirty(self):
        """How many lines are dirty."""
        cdef CacheArray* array = &self.level.array
        cdef uint32_t index, count = 0
        for index in range(array.sets * array.ways):
            if array.tags[index] and array.state[index] & MESI == MODIFIED:
                count += 1
        return count

    def contents(self):
        """Return what is held: (address, MESI state as a letter, bytes), by address."""
        cdef CacheArray* array = &self.level.array
        cdef uint32_t index, address
        found = []
        for index in self.indices():
            address = address_of(array, index)
            line = bytes_of(array, index, address)[:array.line]
            found.append((address, _STATES[array.state[index] & MESI], line))
        return sorted(found)

    def counters(self):
        """Return what was counted, by the names of LevelCounters, and how often and how long was waited."""
        counted = dict(self.level.count)
        counted["mshr_waits"] = self.level.mshr_waiting.count
        counted["write_buffer_waits"] = self.level.write_buffer_waiting.count
        counted["wait_ticks"] = self.level.mshr_waiting.ticks + self.level.write_buffer_waiting.ticks
        return counted
