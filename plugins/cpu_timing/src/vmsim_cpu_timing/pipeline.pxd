# The pipeline of a small in-order core, as ticks at which things are ready.

from libc.stdint cimport uint32_t, uint64_t, uint8_t

from vmsim_arch_arm.engine.loop cimport Engine
from vmsim_arch_arm.engine.records cimport Instruction
from vmsim_cpu_timing.branch_predictor cimport BranchPredictor

cdef enum:
    OPERANDS = 64               # bits of insn.sources and insn.destinations
    CLASSES = 64                # room for operation classes
    MAX_LOADS = 16
    MAX_STORES = 16

cdef struct Pipeline:
    uint64_t cycle              # ticks
    uint64_t issue              # when the next instruction can issue at the earliest
    uint64_t ready[OPERANDS]    # when an operand can be used
    uint64_t fetched            # when the line of instructions is there
    uint64_t line_entered       # when its first instruction issued
    uint64_t latency[CLASSES]   # ticks from issue to result
    uint64_t interval[CLASSES]  # ticks until another instruction can issue
    uint64_t loads[MAX_LOADS]   # when the load in this place is done
    uint32_t load_places
    uint32_t next_load
    uint64_t crossing[3]        # ticks that a load takes longer, by what it goes across
    uint64_t stores[MAX_STORES] # when the store in this place of the store buffer is done
    uint32_t store_places
    uint32_t next_store
    uint32_t width              # instructions that can issue in a cycle
    uint32_t issued             # in the present cycle
    uint32_t memory_issued      # whether one of them accesses memory
    uint32_t expected_pc        # where execution goes on, unless an interrupt is taken
    uint64_t fetch_hit          # ticks that a hit in the instruction cache takes, which the fetch buffer hides
    uint64_t mispredict         # ticks from a branch's resolution to its target's issue
    uint64_t taken              # ticks that a rightly predicted taken branch costs
    uint64_t flush              # ticks that an exception or a synchronisation costs
    uint64_t device             # ticks of a device access
    uint32_t device_accessed
    BranchPredictor branches
    # Where issue cycles were lost, in ticks.
    uint64_t waited_for_fetch
    uint64_t waited_for_operands
    uint64_t waited_for_loads
    uint64_t waited_for_stores
    uint64_t waited_for_branches
    uint64_t waited_for_flushes
    uint64_t waited_for_devices

cdef void execute_timed(Engine* e) noexcept nogil
cdef uint64_t complete(Pipeline* p) noexcept nogil
cdef void empty(Pipeline* p) noexcept nogil
