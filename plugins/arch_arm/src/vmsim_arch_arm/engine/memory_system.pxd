# What is behind a core: host memory, devices, caches, and what the TLBs hold.

from libc.stdint cimport uint16_t, uint32_t, uint64_t, uint8_t

from vmsim_arch_arm.engine.records cimport TLB_ENTRIES, TLB_SETS, Core
from vmsim_arch_arm.engine.tlb_model cimport TlbModel
from vmsim_core.memory_port cimport MemoryPort

cdef enum:
    PAGE_SHIFT = 12
    PAGE_SIZE = 4096
    PAGE_MASK = 0xFFFFF000
    NO_TAG = 4                  # bit 2 of what is compared with a tag is never set

cdef enum:
    MAX_ACCESSES = 160          # of an instruction: 32 doublewords byte by byte are the most

# A data access that was recorded for an observer.
cdef struct RecordedAccess:
    uint32_t address            # virtual
    uint32_t value
    uint32_t size
    uint32_t write

# A translation of the software TLB when accesses go through caches: tags as in TlbEntry.
cdef struct PortedEntry:
    uint32_t read_tag
    uint32_t write_tag
    uint32_t physical           # the page's address, as the RAM's first alias has it
    uint8_t inner
    uint8_t outer

# What a load that is not aligned goes across.
cdef enum:
    CROSSES_NOTHING = 0
    CROSSES_WORD = 1
    CROSSES_DOUBLEWORD = 2

# What is behind a core's TLB. Physical pages with RAM have a host address; everything else is a device or a hole, and
# goes through the callbacks, which take the GIL.
cdef struct MemorySystem:
    uint8_t** host              # by physical page number: where its bytes are, NULL where there is no RAM
    uint32_t* first_alias       # by physical page number: the lowest address at which the same RAM is seen
    uint8_t* has_code           # by number of the first alias's page: instructions of it are predecoded
    void* owner
    # Both return whether the bus has answered; an error is an external abort.
    bint (*read_device)(void* owner, Core* core, uint32_t physical, uint32_t size, uint32_t* value) noexcept nogil
    bint (*write_device)(void* owner, Core* core, uint32_t physical, uint32_t size, uint32_t value) noexcept nogil
    void (*code_written)(void* owner, uint32_t physical, uint32_t size) noexcept nogil
    # Through caches instead of straight to RAM, for models that have them. Times are ticks.
    MemoryPort* port            # NULL: straight to RAM
    uint32_t blocking           # each access is waited for; else those of an instruction start `spacing` apart
    uint64_t now                # when the next access starts
    uint64_t ready              # when all that was read is there
    uint64_t spacing            # from one access of an instruction to the next
    uint64_t written            # when the core is rid of what was written
    uint32_t crossing           # of a load that was not aligned, for the model to take
    uint32_t fetch_inner        # cacheability of the page that `fetch_address` found
    uint32_t fetch_outer
    uint64_t code_generation    # raised when the guest invalidates instructions
    uint32_t untimed            # the tables are walked for what is known already
    TlbModel tlbs               # what they hold says how long a translation takes
    PortedEntry ported[TLB_SETS][TLB_ENTRIES]
    uint32_t observed           # accesses are recorded, and so never go by way of the TLB
    uint32_t access_count
    RecordedAccess accesses[MAX_ACCESSES]
