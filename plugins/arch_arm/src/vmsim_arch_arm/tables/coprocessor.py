"""Moves to and from coprocessors 14 and 15 (A5.6, A6.3.18).

Coprocessors 10 and 11 are the VFP. Nothing else of chapter A5.6 is there in a Cortex-A9: no other coprocessors, no
memory transfers and operations of 14 and 15, no second forms such as MRC2 (B3.15.2). All of that is undefined.
"""

from vmsim_arch_arm.engine.table import Row

ARM = [
    Row("cccc 1110 iii0 nnnn tttt 111o iii1 mmmm", "MCR", "A8.8.98 A1", "coprocessor.mcr", kind="coprocessor",
        unpredictable="t == 15"),
    Row("cccc 1110 iii1 nnnn tttt 111o iii1 mmmm", "MRC", "A8.8.107 A1", "coprocessor.mrc", kind="coprocessor"),
]  # fmt: skip

THUMB32 = [
    Row("1110 1110 iii0 nnnn tttt 111o iii1 mmmm", "MCR", "A8.8.98 T1", "coprocessor.mcr", kind="coprocessor",
        unpredictable="t in (13, 15)"),
    Row("1110 1110 iii1 nnnn tttt 111o iii1 mmmm", "MRC", "A8.8.107 T1", "coprocessor.mrc", kind="coprocessor",
        unpredictable="t == 13"),
]  # fmt: skip
