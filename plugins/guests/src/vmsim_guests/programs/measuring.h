/* Measuring by the cycle counter: what began and what ended a measurement falls out of the difference between two. */

#ifndef MEASURING_H
#define MEASURING_H

#include <stdint.h>

void start_counting(void);
uint32_t cycles(void);

/* A line: the name of what was measured, the cycles, and how often it was done, in hexadecimal. */
void report(const char *name, uint32_t taken, uint32_t times);

void measure_operations(void);

#endif
