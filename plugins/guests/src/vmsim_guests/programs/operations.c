/* How long operations take: in chains, where each needs the one before, and where none does. */

#include "measuring.h"

#define ROUNDS 64u
#define JUMPS 256u

typedef void loop(uint32_t rounds);

extern loop add_chain_16, add_chain_32, add_any_16, add_any_32, mul_chain_16, mul_chain_32, mul_any_16, mul_any_32;
extern loop vadd_chain_16, vadd_chain_32, vmul_chain_16, vmul_chain_32;
extern loop vdiv_chain_16, vdiv_chain_32, vdiv_any_16, vdiv_any_32;
void jump_about(uint32_t rounds, uint32_t elsewhere);

static const struct {
    const char *name;
    loop *with_16, *with_32;
} operations[] = {
    {"add-chain", add_chain_16, add_chain_32},
    {"add-any", add_any_16, add_any_32},
    {"mul-chain", mul_chain_16, mul_chain_32},
    {"mul-any", mul_any_16, mul_any_32},
    {"vadd-chain", vadd_chain_16, vadd_chain_32},
    {"vmul-chain", vmul_chain_16, vmul_chain_32},
    {"vdiv-chain", vdiv_chain_16, vdiv_chain_32},
    {"vdiv-any", vdiv_any_16, vdiv_any_32},
};

/* Not inlined: there is one call of the loop, whose target is known the second time, as is the code after it. */
static __attribute__((noinline)) uint32_t time_once(loop *run)
{
    uint32_t before = cycles();
    run(ROUNDS);
    return cycles() - before;
}

static uint32_t time_of(loop *run)
{
    time_once(run);
    return time_once(run);
}

static __attribute__((noinline)) uint32_t time_of_jumps(uint32_t jumps, uint32_t elsewhere)
{
    uint32_t before = cycles();
    jump_about(jumps, elsewhere);
    return cycles() - before;
}

static uint32_t time_of_more_jumps(uint32_t elsewhere)
{
    time_of_jumps(JUMPS, elsewhere);
    uint32_t fewer = time_of_jumps(JUMPS, elsewhere);
    return time_of_jumps(2 * JUMPS, elsewhere) - fewer;
}

void measure_operations(void)
{
    for (uint32_t index = 0; index < sizeof(operations) / sizeof(operations[0]); index++) {
        uint32_t shorter = time_of(operations[index].with_16);
        report(operations[index].name, time_of(operations[index].with_32) - shorter, 16 * ROUNDS);
    }
    uint32_t foreseen = time_of_more_jumps(0);
    report("jump-elsewhere", time_of_more_jumps(16) - foreseen, JUMPS);
}
