"""Pieces of bare-metal programs: translation with the caches on, and a device that copies memory.

References are to the ARM Architecture Reference Manual ARMv7-A (ARM DDI 0406C) and the PL081 TRM (DDI 0218).
"""

from __future__ import annotations

import struct

from bare_machine import BareMachine

TABLE = 0x4000
CACHED, UNCACHED, DEVICE = 0x1C0E, 0x1C02, 0x0C16
"""Section descriptors (B3.5.1): write-back and write-allocate; Normal and not cacheable; shareable device."""

CACHES_ON = f"""
    ldr r0, =0x{TABLE | 0x48:x}
    mcr p15, 0, r0, c2, c0, 0
    mov r0, #1
    mcr p15, 0, r0, c3, c0, 0
    mrc p15, 0, r0, c1, c0, 0
    orr r0, r0, #0x1800
    orr r0, r0, #0x5
    mcr p15, 0, r0, c1, c0, 0
    isb
"""
"""MMU, caches and branch prediction on; the tables, which `map_sections` makes, are walked through the caches."""


def map_sections(machine: BareMachine, *spans: tuple[int, int]) -> None:
    """Map memory to itself: so many MiB with a descriptor, then as many with the next; the rest as a device."""
    kinds = [kind for length, kind in spans for _ in range(length)]
    kinds += [DEVICE] * (4096 - len(kinds))
    table = [mib << 20 | kind for mib, kind in enumerate(kinds)]
    machine.system.address_map.write_block(TABLE, struct.pack("<4096I", *table))


def device_copies(source: int, destination: int, words: int) -> str:
    """Return a program that has the DMA controller copy words, and waits for it (3.4); it uses R0 and R1."""
    return f"""
        ldr r0, =0x10030000
        mov r1, #1
        str r1, [r0, #0x30]
        ldr r1, =0x{source:x}
        str r1, [r0, #0x100]
        ldr r1, =0x{destination:x}
        str r1, [r0, #0x104]
        mov r1, #0
        str r1, [r0, #0x108]
        ldr r1, =0x{words | 2 << 18 | 2 << 21 | 3 << 26:x}
        str r1, [r0, #0x10c]
        mov r1, #1
        dsb
        str r1, [r0, #0x110]
    copying:
        ldr r1, [r0, #0x1c]
        tst r1, #1
        bne copying
    """
