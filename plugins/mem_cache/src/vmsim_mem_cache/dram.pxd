# What an access to RAM costs, by timestamps: everything that is busy is kept as the tick until which it is.

from libc.stdint cimport int64_t, uint32_t, uint64_t

from vmsim_mem_cache.busy cimport Port

ctypedef struct Bank:
    int64_t row                 # the open one, or NO_ROW
    uint64_t ready              # when it takes the next command
    uint64_t activated          # when its row was opened
    uint64_t closable           # when it has recovered from the last read or write

ctypedef struct QueuedWrite:
    uint32_t address
    uint32_t size
    uint64_t arrived

ctypedef struct DramCounters:
    uint64_t reads
    uint64_t writes
    uint64_t bytes_read
    uint64_t bytes_written
    uint64_t row_hits
    uint64_t row_closed         # accesses that found no row open
    uint64_t row_conflicts      # accesses that found another row open
    uint64_t refreshes
    uint64_t forwarded          # reads of what was still waiting to be written
    uint64_t busy_ticks         # of the data bus

ctypedef struct DramState:
    uint32_t banked             # 0: latency and interval are all there is
    uint64_t latency
    uint64_t interval
    Port bus
    # Banked: all times in ticks
    uint32_t banks
    uint32_t row_bytes
    uint32_t burst_bytes
    uint32_t close_rows
    uint64_t controller
    uint64_t rcd
    uint64_t rp
    uint64_t cl
    uint64_t ras
    uint64_t wr
    uint64_t rtp
    uint64_t rrd
    uint64_t faw
    uint64_t wtr
    uint64_t rfc
    uint64_t refi
    uint64_t burst
    uint64_t next_refresh
    uint64_t row_from           # when another row of any bank may be opened: tRRD
    uint64_t window[4]          # and when, counted from each of the last four: tFAW
    uint32_t window_place
    uint64_t read_from          # when a read may follow the last write: tWTR
    Bank* bank
    QueuedWrite* queue
    uint32_t queue_size
    uint32_t queued
    DramCounters count

# Returns when a read's last byte is there, or when the memory controller has taken a write.
cdef uint64_t dram_read(DramState* dram, uint32_t address, uint32_t size, uint64_t now) noexcept nogil
cdef uint64_t dram_write(DramState* dram, uint32_t address, uint32_t size, uint64_t now) noexcept nogil
# Does the writes that still wait; returns when the last is done.
cdef uint64_t dram_settle(DramState* dram, uint64_t now) noexcept nogil

cdef class Dram:
    cdef DramState state
    cpdef clear(self, uint64_t now=*)
