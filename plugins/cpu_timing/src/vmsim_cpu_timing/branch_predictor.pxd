# Branch prediction: directions, targets, and a stack of return addresses.

from libc.stdint cimport uint32_t, uint64_t, uint8_t

cdef enum:
    MAX_COUNTERS = 1 << 14
    TARGETS = 512
    RETURNS = 8

cdef struct BranchPredictor:
    uint32_t bimodal            # two-bit counters; else backward branches are taken, forward ones are not
    uint32_t counter_mask
    uint8_t counters[MAX_COUNTERS]
    uint32_t target_of[TARGETS]     # the branch that an entry is of, with bit 0 set
    uint32_t targets[TARGETS]
    uint32_t returns[RETURNS]
    uint32_t top
    uint64_t branches
    uint64_t mispredicted

cdef bint predict(BranchPredictor* predictor, uint32_t kind, bint conditional, bint backward, uint32_t pc, uint32_t following,
                  uint32_t target, bint taken) noexcept nogil
cdef void forget(BranchPredictor* predictor) noexcept nogil
