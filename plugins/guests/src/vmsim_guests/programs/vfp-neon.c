/* Chains of VFP and NEON operations, condensed to checksums that were computed apart from any ARM machine. */

#include "vmsim.h"

/* In vfp-neon-chains.S. */
uint32_t vfp_single_chain(uint32_t rounds);
uint64_t vfp_double_chain(uint32_t rounds);
uint32_t neon_integer_chain(uint32_t rounds);
uint32_t neon_float_chain(uint32_t rounds);

#define ROUNDS 10000
#define EXPECTED_SINGLE 0x2babaaebu
#define EXPECTED_DOUBLE 0x2575755c2634fd2cull
#define EXPECTED_INTEGER 0x7b8a7cc3u
#define EXPECTED_NEON_FLOAT 0xd7ca4ac6u

int main(void)
{
    CHECK(vfp_single_chain(ROUNDS) == EXPECTED_SINGLE);
    CHECK(vfp_double_chain(ROUNDS) == EXPECTED_DOUBLE);
    CHECK(neon_integer_chain(ROUNDS) == EXPECTED_INTEGER);
    CHECK(neon_float_chain(ROUNDS) == EXPECTED_NEON_FLOAT);
    return 0;
}
