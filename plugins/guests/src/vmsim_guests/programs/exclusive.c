/* Exclusive loads and stores of all sizes; a store fails without a load and after CLREX. */

#include "vmsim.h"

#define LOAD(suffix, type) \
    static type load##suffix(volatile type *address) \
    { \
        type value; \
        __asm__ volatile("ldrex" #suffix " %0, [%1]" : "=&r"(value) : "r"(address) : "memory"); \
        return value; \
    }

/* Returns 0 if the store was done. */
#define STORE(suffix, type) \
    static uint32_t store##suffix(volatile type *address, type value) \
    { \
        uint32_t failed; \
        __asm__ volatile("strex" #suffix " %0, %1, [%2]" : "=&r"(failed) : "r"(value), "r"(address) : "memory"); \
        return failed; \
    }

LOAD(, uint32_t)
LOAD(b, uint8_t)
LOAD(h, uint16_t)
STORE(, uint32_t)
STORE(b, uint8_t)
STORE(h, uint16_t)

static uint64_t load_double(volatile uint64_t *address)
{
    uint64_t value;
    __asm__ volatile("ldrexd %0, %H0, [%1]" : "=&r"(value) : "r"(address) : "memory");
    return value;
}

static uint32_t store_double(volatile uint64_t *address, uint64_t value)
{
    uint32_t failed;
    __asm__ volatile("strexd %0, %1, %H1, [%2]" : "=&r"(failed) : "r"(value), "r"(address) : "memory");
    return failed;
}

static volatile uint32_t word;
static volatile uint8_t byte;
static volatile uint16_t half;
static volatile uint64_t both __attribute__((aligned(8)));

static void atomic_add(volatile uint32_t *counter, uint32_t step)
{
    while (store(counter, load(counter) + step) != 0)
        ;
}

int main(void)
{
    __asm__ volatile("clrex");
    CHECK(store(&word, 1) == 1);
    CHECK(word == 0);

    CHECK(load(&word) == 0);
    CHECK(store(&word, 2) == 0);
    CHECK(word == 2);
    /* The store has used the reservation up. */
    CHECK(store(&word, 3) == 1);
    CHECK(word == 2);

    CHECK(load(&word) == 2);
    __asm__ volatile("clrex");
    CHECK(store(&word, 4) == 1);
    CHECK(word == 2);

    CHECK(loadb(&byte) == 0);
    CHECK(storeb(&byte, 0x5a) == 0);
    CHECK(byte == 0x5a);
    CHECK(loadh(&half) == 0);
    CHECK(storeh(&half, 0xbeef) == 0);
    CHECK(half == 0xbeef);
    CHECK(load_double(&both) == 0);
    CHECK(store_double(&both, 0x0123456789abcdefull) == 0);
    CHECK(both == 0x0123456789abcdefull);

    for (int i = 0; i < 1000; i++)
        atomic_add(&word, 3);
    CHECK(word == 3002);
    return 0;
}
