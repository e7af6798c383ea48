"""The encodings, in the order of the ARM Architecture Reference Manual (DDI 0406C).

Each module has the rows of one group as `ARM`, `THUMB16` and `THUMB32` (those that it needs).
"""

from __future__ import annotations

from importlib import import_module

from vmsim_arch_arm.engine.table import Row, check

MODULES = (
    "data_processing",
    "thumb_data_processing",
    "multiply",
    "media",
    "load_store",
    "extra_load_store",
    "load_store_thumb",
    "load_store_multiple",
    "exclusive",
    "branches",
    "system",
    "coprocessor",
    "vfp",
    "simd",
    "simd_load_store",
)
"""In the order of chapters A5 to A7."""


def rows(instruction_set: str) -> list[Row]:
    """Return the rows of ``ARM``, ``THUMB16`` or ``THUMB32``; raises TableError when they are ambiguous."""
    found: list[Row] = []
    for name in MODULES:
        found += getattr(import_module(f"{__name__}.{name}"), instruction_set, [])
    check(found)
    return found
