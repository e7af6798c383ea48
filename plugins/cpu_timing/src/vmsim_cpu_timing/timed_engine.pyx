"""The ARM engine with a pipeline: the object that the timing CPU uses."""

from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from vmsim_arch_arm.engine.arm_engine cimport ArmEngine
from vmsim_arch_arm.engine.loop cimport RunResult, run_engine
from vmsim_arch_arm.engine.memory_system cimport CROSSES_DOUBLEWORD, CROSSES_WORD
from vmsim_arch_arm.engine.observed_loop cimport execute_observed
from vmsim_arch_arm.engine.tlb_model cimport TlbModel
from vmsim_core.abi cimport VMSIM_ABI
from vmsim_core.memory_port cimport CorePort
from vmsim_cpu_timing.branch_predictor cimport MAX_COUNTERS, forget
from vmsim_cpu_timing.pipeline cimport CLASSES, MAX_STORES, Pipeline, complete, empty, execute_timed

VMSIM_ABI_COMPILED = VMSIM_ABI


cdef class TimedEngine(ArmEngine):
    """An ARM core whose instructions take the time that its pipeline and the caches behind `port` say."""

    cdef Pipeline* pipeline
    cdef bint running

    def __cinit__(self):
        self.pipeline = <Pipeline*>calloc(1, sizeof(Pipeline))
        if self.pipeline == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.pipeline)

    def configure(self, CorePort port not None, uint64_t cycle, params, latencies, intervals, uint64_t fetch_hit):
        """`cycle` is in ticks, what `params`, `latencies` and `intervals` (by operation class) say in cycles;
        `fetch_hit` is what a hit in the instruction cache takes, in ticks."""
        cdef Pipeline* p = self.pipeline
        cdef TlbModel* tlbs = &self.e.memory.tlbs
        cdef int index
        self.connect(port)
        self.e.timing = p
        self.e.plain = self.e.execute = execute_timed
        self.e.core.own_clock = 1
        self.e.memory.blocking, self.e.memory.spacing = 0, cycle
        p.cycle, p.fetch_hit = cycle, fetch_hit
        for index in range(CLASSES):
            p.latency[index], p.interval[index] = latencies[index] * cycle, intervals[index] * cycle
        p.width, p.load_places, p.store_places = params.issue_width, params.load_buffer, params.store_buffer
        p.crossing[CROSSES_WORD] = params.unaligned_word * cycle
        p.crossing[CROSSES_DOUBLEWORD] = params.unaligned_doubleword * cycle
        p.mispredict, p.taken = params.mispredict_penalty * cycle, params.taken_penalty * cycle
        p.flush, p.device = params.flush_penalty * cycle, params.device_latency * cycle
        tlbs.data.used, tlbs.instructions.used = params.micro_tlb, params.micro_tlb
        tlbs.micro_penalty, tlbs.main_penalty = params.micro_tlb_miss * cycle, params.main_tlb_miss * cycle
        p.branches.bimodal, p.branches.counter_mask = params.branch_prediction == "bimodal", MAX_COUNTERS // 4 - 1
        forget(&p.branches)

    cdef uint64_t now(self) noexcept:
        return self.e.memory.now if self.running else self.e.now

    def set_now(self, uint64_t tick):
        """Let the next instruction start at the first cycle at or after `tick`."""
        cdef Pipeline* p = self.pipeline
        p.issue = (tick + p.cycle - 1) // p.cycle * p.cycle
        self.e.now = p.issue
        p.issued = p.memory_issued = 0

    def run(self, uint64_t deadline, uint64_t instructions):
        """Run to the first instruction that would start at tick `deadline` or later, at most `instructions` of them."""
        cdef RunResult result
        self.e.limit, self.e.deadline = self.e.core.retired + instructions, deadline
        self.running = True
        try:
            with nogil:
                result = run_engine(self.e)
        finally:
            self.running = False
        self.e.core.cycles = self.e.now // self.pipeline.cycle
        if self.error is not None:
            error, self.error = self.error, None
            self.e.failure = NULL
            raise error
        return result

    cdef int pull_in(self, uint64_t tick) except -1:
        """An event that an access brought up comes before the next instruction that starts at its tick or later."""
        if tick < self.e.deadline:
            self.e.deadline = tick
        return 0

    cdef bint read_device(self, uint32_t physical, uint32_t size, uint32_t* value) noexcept:
        self.pipeline.device_accessed = 1
        return ArmEngine.read_device(self, physical, size, value)

    cdef bint write_device(self, uint32_t physical, uint32_t size, uint32_t value) noexcept:
        self.pipeline.device_accessed = 1
        return ArmEngine.write_device(self, physical, size, value)

    def fetch_again(self):
        """Forget the line of instructions that was fetched last."""
        self.e.fetched_line = 1

    def load_state(self, state):
        """Take over an ArmState: the pipeline is empty, nothing is predicted and no translation is known."""
        self.e.core.cycles = self.e.now // self.pipeline.cycle
        ArmEngine.load_state(self, state)
        empty(self.pipeline)
        forget(&self.pipeline.branches)
        self.pipeline.expected_pc = self.e.core.pc
        self.e.fetched_line = 1

    @property
    def complete(self):
        """The tick at which everything that was begun is complete."""
        return complete(self.pipeline)

    def timing_counters(self):
        """Return what the pipeline counted, by name; times in ticks."""
        cdef Pipeline* p = self.pipeline
        cdef TlbModel* tlbs = &self.e.memory.tlbs
        return {
            "branches": p.branches.branches, "mispredicted": p.branches.mispredicted,
            "data_micro_tlb_misses": tlbs.data.misses, "instruction_micro_tlb_misses": tlbs.instructions.misses,
            "main_tlb_misses": tlbs.main_misses,
            "waited_for_fetch": p.waited_for_fetch, "waited_for_operands": p.waited_for_operands,
            "waited_for_loads": p.waited_for_loads, "waited_for_stores": p.waited_for_stores,
            "waited_for_branches": p.waited_for_branches, "waited_for_flushes": p.waited_for_flushes,
            "waited_for_devices": p.waited_for_devices,
        }
