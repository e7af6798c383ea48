"""The program status register: modes, bits, IT state and conditions (ARM DDI 0406C, B1.3.3, A2.5.2, A8.3)."""

from __future__ import annotations

from enum import IntEnum


class Mode(IntEnum):
    """The processor modes of one security state, as CPSR.M encodes them (B1.3.1)."""

    USR = 0x10
    FIQ = 0x11
    IRQ = 0x12
    SVC = 0x13
    ABT = 0x17
    UND = 0x1B
    SYS = 0x1F


N = 1 << 31
Z = 1 << 30
C = 1 << 29
V = 1 << 28
Q = 1 << 27
J = 1 << 24
GE = 0xF << 16
E = 1 << 9
A = 1 << 8
I = 1 << 7  # noqa: E741 (the manual's name)
F = 1 << 6
T = 1 << 5
MODE = 0x1F
IT = 0x3 << 25 | 0x3F << 10
"""ITSTATE<1:0> is in bits 26 and 25, ITSTATE<7:2> in bits 15 to 10."""


def it_state(psr: int) -> int:
    """Return ITSTATE<7:0>; zero outside an IT block."""
    return psr >> 8 & 0xFC | psr >> 25 & 0x3


def with_it_state(psr: int, state: int) -> int:
    """Return `psr` with ITSTATE<7:0> set to `state`."""
    return psr & ~IT | (state & 0xFC) << 8 | (state & 0x3) << 25


def it_advance(state: int) -> int:
    """Return ITSTATE after one more instruction of the block: ITAdvance()."""
    if state & 0x7 == 0:
        return 0
    return state & 0xE0 | state << 1 & 0x1F


def condition_passed(condition: int, psr: int) -> bool:
    """Return whether the flags of `psr` meet a four-bit condition code (A8.3.1)."""
    n, z, c, v = (bool(psr & flag) for flag in (N, Z, C, V))
    base = (z, c, n, v, c and not z, n == v, n == v and not z, True)[condition >> 1]
    inverted = condition & 1 == 1 and condition != 0xF
    return base != inverted
