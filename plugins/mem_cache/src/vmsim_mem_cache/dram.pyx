"""DRAM in time: a fixed latency, or banks with rows, refresh, and writes that wait for a good moment.

The banked model follows the command timing of JESD79-2F (DDR2) and JESD79-3F (DDR3): precharge (tRP), activate (tRCD),
column access (CL), with tRAS between activate and precharge, tRTP and tWR between a read or a write's data and
precharge, tRRD between activates and tFAW for four of them, tWTR between a write's data and a read, and tRFC for a
refresh of all banks every tREFI. Reads are served as they come. Writes are posted; when the queue is full, half of it is
written at once, and while nothing else is to be done whatever is more than half of it: those to open rows first and the
oldest of them first (first ready, first come, first served).
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memmove, memset

from vmsim_mem_cache.busy cimport later, reserve

cdef enum:
    NO_ROW = -1


# --- fixed latency --------------------------------------------------------------------------------------------------

cdef uint64_t _fixed(DramState* dram, uint64_t now) noexcept nogil:
    now = reserve(&dram.bus, dram.interval, now)
    dram.count.busy_ticks += dram.interval
    return now + dram.latency


# --- banks ----------------------------------------------------------------------------------------------------------

cdef inline uint64_t _closed_at(DramState* dram, Bank* bank, uint64_t now) noexcept nogil:
    """When the open row is closed, if that is asked for now."""
    return later(later(now, bank.ready), later(bank.activated + dram.ras, bank.closable)) + dram.rp


cdef uint64_t _open_row(DramState* dram, Bank* bank, int64_t row, uint64_t now) noexcept nogil:
    """Activate a row of a bank that has none; returns when it can be accessed."""
    cdef uint64_t* fourth = &dram.window[dram.window_place]
    now = later(later(now, bank.ready), later(dram.row_from, fourth[0]))
    dram.row_from = now + dram.rrd
    fourth[0] = now + dram.faw
    dram.window_place = (dram.window_place + 1) & 3
    bank.row, bank.activated, bank.closable = row, now, 0
    return now + dram.rcd


cdef void _refresh(DramState* dram, uint64_t now) noexcept nogil:
    """Do the refreshes that have come up: all banks close their rows and are busy for tRFC."""
    cdef uint64_t count, start
    cdef uint32_t index
    cdef Bank* bank
    if not dram.refi or now < dram.next_refresh:
        return
    count = (now - dram.next_refresh) // dram.refi + 1
    start = dram.next_refresh + (count - 1) * dram.refi
    dram.next_refresh = start + dram.refi
    dram.count.refreshes += count
    for index in range(dram.banks):
        bank = &dram.bank[index]
        start = later(start, bank.ready if bank.row == NO_ROW else _closed_at(dram, bank, start))
    for index in range(dram.banks):
        dram.bank[index].row = NO_ROW
        dram.bank[index].ready = start + dram.rfc


cdef uint64_t _access(DramState* dram, uint32_t address, uint32_t size, bint write, uint64_t now) noexcept nogil:
    """Put an access on the data bus; returns when its last byte has passed."""
    cdef uint32_t rows = address // dram.row_bytes
    cdef Bank* bank = &dram.bank[rows % dram.banks]
    cdef int64_t row = rows // dram.banks
    cdef uint64_t length = dram.burst * ((size + dram.burst_bytes - 1) // dram.burst_bytes)
    cdef uint64_t command, data
    _refresh(dram, now)
    if bank.row == row:
        dram.count.row_hits += 1
        command = later(now, bank.ready)
    elif bank.row == NO_ROW:
        dram.count.row_closed += 1
        command = _open_row(dram, bank, row, now)
    else:
        dram.count.row_conflicts += 1
        bank.ready = _closed_at(dram, bank, now)
        command = _open_row(dram, bank, row, now)
    if not write:
        command = later(command, dram.read_from)
    data = later(command + dram.cl, dram.bus.free)
    dram.bus.free = data + length
    dram.count.busy_ticks += length
    bank.ready = data - dram.cl + length
    if write:
        bank.closable = later(bank.closable, data + length + dram.wr)
        dram.read_from = data + length + dram.wtr
    else:
        bank.closable = later(bank.closable, data - dram.cl + dram.rtp)
    if dram.close_rows:
        bank.ready = _closed_at(dram, bank, bank.ready)
        bank.row = NO_ROW
    return data + length


cdef uint32_t _best_write(DramState* dram) noexcept nogil:
    """The first write to a row that is open, or the first of all."""
    cdef uint32_t index, rows
    for index in range(dram.queued):
        rows = dram.queue[index].address // dram.row_bytes
        if dram.bank[rows % dram.banks].row == rows // dram.banks:
            return index
    return 0


cdef uint64_t _write_one(DramState* dram, uint32_t index, uint64_t now) noexcept nogil:
    cdef QueuedWrite each = dram.queue[index]
    dram.queued -= 1
    memmove(&dram.queue[index], &dram.queue[index + 1], (dram.queued - index) * sizeof(QueuedWrite))
    return _access(dram, each.address, each.size, True, now)


cdef uint64_t _write_queued(DramState* dram, uint32_t leave, uint64_t now) noexcept nogil:
    """Write until only `leave` wait; returns when the last one is done."""
    cdef uint64_t done = now
    cdef uint32_t index
    while dram.queued > leave:
        index = _best_write(dram)
        done = later(done, _write_one(dram, index, later(now, dram.queue[index].arrived)))
    return done


cdef void _write_while_idle(DramState* dram, uint64_t now) noexcept nogil:
    """Before an access that comes now: have written what was over by then, as long as more than half of the queue waits."""
    cdef uint64_t longest = later(dram.ras, dram.wr) + dram.rp + dram.rcd + dram.cl + dram.burst + dram.wtr
    cdef uint32_t index
    cdef uint64_t start
    while dram.queued > dram.queue_size // 2:
        index = _best_write(dram)
        start = later(dram.queue[index].arrived, dram.bus.free)
        if start + longest > now:
            return
        _write_one(dram, index, start)


# --- the interface --------------------------------------------------------------------------------------------------

cdef uint64_t dram_read(DramState* dram, uint32_t address, uint32_t size, uint64_t now) noexcept nogil:
    cdef QueuedWrite* queued
    cdef uint32_t index
    dram.count.reads += 1
    dram.count.bytes_read += size
    if not dram.banked:
        return _fixed(dram, now)
    now += dram.controller
    _write_while_idle(dram, now)
    for index in range(dram.queued):
        queued = &dram.queue[index]
        if queued.address <= address and address + size <= queued.address + queued.size:
            dram.count.forwarded += 1
            return now
    return _access(dram, address, size, False, now)


cdef uint64_t dram_write(DramState* dram, uint32_t address, uint32_t size, uint64_t now) noexcept nogil:
    dram.count.writes += 1
    dram.count.bytes_written += size
    if not dram.banked:
        return _fixed(dram, now)
    now += dram.controller
    if not dram.queue_size:
        return _access(dram, address, size, True, now)
    _write_while_idle(dram, now)
    if dram.queued == dram.queue_size:
        now = _write_queued(dram, dram.queue_size // 2, now)
    dram.queue[dram.queued].address = address
    dram.queue[dram.queued].size = size
    dram.queue[dram.queued].arrived = now
    dram.queued += 1
    return now


cdef uint64_t dram_settle(DramState* dram, uint64_t now) noexcept nogil:
    return _write_queued(dram, 0, now) if dram.banked else now


cdef class Dram:
    """`banks` of 0 is a fixed latency. Times are in ticks, `timing` by the names of DramState."""

    def __cinit__(self, dict timing, uint32_t banks=0, uint32_t row_bytes=0, uint32_t burst_bytes=0,
                  bint close_rows=False, uint32_t write_queue=0):
        self.state.banked, self.state.banks = banks > 0, banks
        self.state.row_bytes, self.state.burst_bytes = row_bytes, burst_bytes
        self.state.close_rows = close_rows
        self.state.queue_size = write_queue
        self.state.latency = timing.get("latency", 0)
        self.state.interval = timing.get("interval", 0)
        self.state.controller = timing.get("controller", 0)
        self.state.rcd, self.state.rp, self.state.cl = timing.get("rcd", 0), timing.get("rp", 0), timing.get("cl", 0)
        self.state.ras, self.state.wr, self.state.rtp = timing.get("ras", 0), timing.get("wr", 0), timing.get("rtp", 0)
        self.state.rrd, self.state.faw, self.state.wtr = timing.get("rrd", 0), timing.get("faw", 0), timing.get("wtr", 0)
        self.state.rfc, self.state.refi = timing.get("rfc", 0), timing.get("refi", 0)
        self.state.burst = timing.get("burst", 0)
        self.state.bank = <Bank*>calloc(banks + 1, sizeof(Bank))
        self.state.queue = <QueuedWrite*>calloc(write_queue + 1, sizeof(QueuedWrite))
        if self.state.bank == NULL or self.state.queue == NULL:
            raise MemoryError
        self.clear()

    def __dealloc__(self):
        free(self.state.bank)
        free(self.state.queue)

    cpdef clear(self, uint64_t now=0):
        """Close all rows, and forget what is busy or waits; refreshes are where they always are in time: every tREFI."""
        cdef uint32_t index
        if self.state.refi:
            self.state.next_refresh = (now // self.state.refi + 1) * self.state.refi
        memset(self.state.bank, 0, self.state.banks * sizeof(Bank))
        for index in range(self.state.banks):
            self.state.bank[index].row = NO_ROW
        self.state.queued = 0
        self.state.row_from = self.state.read_from = self.state.window_place = 0
        memset(self.state.window, 0, sizeof(self.state.window))
        self.state.bus.free = self.state.bus.reserved_from = 0

    def read(self, uint32_t address, uint32_t size, uint64_t now):
        """Return the tick at which a read that starts now is complete."""
        return dram_read(&self.state, address, size, now)

    def write(self, uint32_t address, uint32_t size, uint64_t now):
        """Return the tick at which a write that starts now is taken."""
        return dram_write(&self.state, address, size, now)

    def settle(self, uint64_t now):
        """Do the writes that wait; return when the last is done."""
        return dram_settle(&self.state, now)

    def counters(self):
        """Return what was counted, by the names of DramCounters."""
        return self.state.count
