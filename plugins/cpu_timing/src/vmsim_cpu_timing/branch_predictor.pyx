"""Branch prediction of a small core: two-bit counters or static directions, a target cache, a return stack.

The defaults are those of a Cortex-A9 (DDI 0388, 6.5): 4096 counters, 512 targets, 8 returns.
"""

from libc.string cimport memset

from vmsim_arch_arm.engine.records cimport (
    BRANCH_DIRECT, BRANCH_DIRECT_CALL, BRANCH_INDIRECT_CALL, BRANCH_RETURN,
)


cdef bint _direction(BranchPredictor* p, bint backward, uint32_t pc, bint taken) noexcept nogil:
    """Predict whether a conditional branch is taken, and learn."""
    cdef uint8_t* counter
    cdef bint predicted
    if not p.bimodal:
        return backward
    counter = &p.counters[pc >> 1 & p.counter_mask]
    predicted = counter[0] >= 2
    if taken and counter[0] < 3:
        counter[0] += 1
    elif not taken and counter[0] > 0:
        counter[0] -= 1
    return predicted


cdef bint _target_known(BranchPredictor* p, uint32_t pc, uint32_t target) noexcept nogil:
    cdef uint32_t index = pc >> 1 & (TARGETS - 1)
    cdef bint known = p.target_of[index] == pc | 1 and p.targets[index] == target
    p.target_of[index], p.targets[index] = pc | 1, target
    return known


cdef bint predict(BranchPredictor* p, uint32_t kind, bint conditional, bint backward, uint32_t pc, uint32_t following,
                  uint32_t target, bint taken) noexcept nogil:
    """Say whether a branch was predicted right; `target` is where it led, `following` the instruction after it.

    `backward` is what the encoding says, also of a branch that was not taken.
    """
    cdef bint right = True
    p.branches += 1
    if conditional:
        right = _direction(p, backward, pc, taken) == taken
    if taken and kind == BRANCH_RETURN:
        right = right and p.returns[p.top] == target
        p.top = (p.top - 1) & (RETURNS - 1)
    elif taken and kind != BRANCH_DIRECT and kind != BRANCH_DIRECT_CALL:
        # The target is learned whatever the direction was.
        right = _target_known(p, pc, target) and right
    if taken and (kind == BRANCH_DIRECT_CALL or kind == BRANCH_INDIRECT_CALL):
        p.top = (p.top + 1) & (RETURNS - 1)
        p.returns[p.top] = following
    if not right:
        p.mispredicted += 1
    return right


cdef void forget(BranchPredictor* p) noexcept nogil:
    """Begin anew; what was counted stays."""
    memset(p.counters, 1, sizeof(p.counters))
    memset(p.target_of, 0, sizeof(p.target_of))
    memset(p.returns, 0, sizeof(p.returns))
    p.top = 0
