"""How long operations take: cycles from issue to result, and until another can issue.

The classes are those of the ARM distribution (records.pxd). Values follow the tables of the Cortex-A9 and its units for
an in-order core: DDI 0388 appendix B, DDI 0408 and DDI 0409 ("Instruction throughput and latency"). What is loaded is
there when the caches say; a latency here is the least.
"""

from __future__ import annotations

from collections.abc import Mapping

from vmsim_arch_arm.engine import records

CLASSES = {
    name.removeprefix("CLASS_").lower(): number
    for name, number in vars(records).items()
    if name.startswith("CLASS_") and isinstance(number, int)
}
"""Numbers of the classes of operation, by name."""

PLACES = 64

LATENCIES = {
    "move": 1, "move_register_shift": 2, "alu": 1, "alu_shift": 2, "alu_register_shift": 3, "bit_field": 2,
    "extend_add": 2, "parallel": 1, "parallel_saturating": 2, "saturate": 2, "multiply": 4, "multiply_long": 5,
    "multiply_half": 3, "multiply_half_long": 4, "coprocessor": 2, "system": 2,
    "fp_add": 4, "fp_multiply": 5, "fp_multiply_double": 6, "fp_multiply_accumulate": 8,
    "fp_multiply_accumulate_double": 9, "fp_divide": 15, "fp_divide_double": 25, "fp_sqrt": 17, "fp_sqrt_double": 32,
    "fp_convert": 4, "fp_compare": 1, "fp_move": 1, "fp_transfer": 3,
    "simd_integer": 3, "simd_shift": 3, "simd_multiply": 6, "simd_multiply_accumulate": 6, "simd_float_add": 5,
    "simd_float_multiply": 5, "simd_float_multiply_accumulate": 9, "simd_permute": 2,
}  # fmt: skip
"""Cycles from issue to result; 1 where nothing is said."""

INTERVALS = {
    "multiply": 2, "multiply_long": 3, "fp_multiply_double": 2, "fp_multiply_accumulate_double": 2, "fp_divide": 10,
    "fp_divide_double": 20, "fp_sqrt": 13, "fp_sqrt_double": 28, "simd_multiply": 2, "simd_multiply_accumulate": 2,
}  # fmt: skip
"""Cycles until another instruction can issue; 1 where nothing is said."""


def latency_table(changes: Mapping[str, int]) -> list[int]:
    """Return the latencies by number of the class; raises ValueError for a class that there is not."""
    return _by_number({**LATENCIES, **changes})


def interval_table() -> list[int]:
    """Return the intervals by number of the class."""
    return _by_number(INTERVALS)


def _by_number(cycles: Mapping[str, int]) -> list[int]:
    unknown = sorted(set(cycles) - set(CLASSES))
    if unknown:
        raise ValueError(f"latencies: there is no class of operation {unknown[0]!r}; there are {', '.join(CLASSES)}")
    table = [1] * PLACES
    for name, value in cycles.items():
        if not 1 <= value <= 1000:
            raise ValueError(f"latencies: {name} takes {value} cycles, which is not from 1 to 1000")
        table[CLASSES[name]] = value
    return table
