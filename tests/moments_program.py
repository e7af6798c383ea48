"""A bare-metal program that goes through the moments at which a switch is hardest; its results tell if one went wrong.

It runs on the board with the MMU and small caches on, and leaves in R4 to R9 what `RESULTS` says, on every CPU model
and however it was switched. References are to the ARM Architecture Reference Manual ARMv7-A (ARM DDI 0406C) and the
Cortex-A9 MPCore TRM (DDI 0407).
"""

from __future__ import annotations

import struct

from bare_machine import BareMachine
from bare_programs import CACHED, CACHES_ON, TABLE, device_copies, map_sections

SMALL_CACHES = tuple((f"memory_hierarchy.{name}", f"{{size: {size}, ways: 2}}") for name, size in
                     {"l1i": 1024, "l1d": 1024, "l2": 4096}.items())  # fmt: skip
"""So that lines go down to L2, and to memory, in a few hundred instructions."""

HANDLER, THUMB = 0x100, 0x9000
DATA, SOURCE, DESTINATION = 0x10_0000, 0x20_0000, 0x21_0000
FIRST_MIB, SECOND_MIB, WINDOW = 0x30_0000, 0x40_0000, 0x70_0000
LINES = 72
"""Lines that are made dirty: more than twice as many as L1D has, and not as many as there are in L2."""

_HANDLER = """
    ldr r10, =0x1f000100
    ldr r12, [r10, #0xc]
    ldr r3, =0x1f000600
    mov r2, #1
    str r2, [r3, #0xc]
    str r12, [r10, #0x10]
    add r11, r11, #1
    subs pc, lr, #4
"""
"""Acknowledges (DDI 0407, 3.4), clears the private timer's interrupt (4.2.4), counts in R11."""

_THUMB = """
    cmp r4, #3
    itete eq
    addeq r5, #1
    addne r5, #100
    addeq r5, #2
    addne r5, #200
    cmp r4, #7
    ittt ne
    addne r5, #4
    mulne r5, r4, r5
    addne r5, #8
    bx lr
"""

_SOURCE = f"""
    {CACHES_ON}
    ldr r0, =0x1f000100     @ the interrupt controller lets the private timer's interrupt through
    mov r1, #0xff
    str r1, [r0, #4]
    mov r1, #1
    str r1, [r0]
    ldr r0, =0x1f001000
    str r1, [r0]
    mov r1, #0x20000000
    str r1, [r0, #0x100]

    mov r4, #0              @ exclusive loads and stores; R9 counts those that fail
    mov r9, #0
    ldr r1, =0x{DATA:x}
exclusive:
    ldrex r0, [r1]
    add r0, r0, #1
    strex r2, r0, [r1]
    add r9, r9, r2
    cmp r2, #0
    bne exclusive
    add r4, r4, #1
    cmp r4, #3
    bne exclusive
    add r1, r1, #64         @ of every size, where nothing but the size tells them apart
    mov r2, #0
    mov r3, #0
    ldrexb r0, [r1]
    strexb r0, r2, [r1]
    add r9, r9, r0
    ldrexh r0, [r1]
    strexh r0, r2, [r1]
    add r9, r9, r0
    ldrexd r6, r7, [r1]
    strexd r0, r2, r3, [r1]
    add r9, r9, r0

    mov r5, #0              @ IT blocks
    blx {THUMB}

    mov r11, #0             @ an interrupt that waits until it is unmasked
    ldr r0, =0x1f000600
    mov r1, #20
    str r1, [r0]
    mov r1, #5
    str r1, [r0, #8]
pending:
    ldr r1, [r0, #0xc]
    tst r1, #1
    beq pending
    nop
    nop
    cpsie i
    nop
    cpsid i

    mov r1, #2000           @ an interrupt that is waited for
    str r1, [r0]
    mov r1, #5
    str r1, [r0, #8]
    dsb
    wfi
    cpsie i
    nop
    cpsid i

    ldr r1, =0x{DATA + 0x1000:x}   @ dirty lines in both levels
    mov r2, #{LINES}
    mov r6, #0
dirty:
    str r2, [r1], #32
    subs r2, r2, #1
    bne dirty
    ldr r1, =0x{DATA + 0x1000:x}
    mov r2, #{LINES}
sum:
    ldr r3, [r1], #32
    add r6, r3, r6, ror #31
    subs r2, r2, #1
    bne sum

    ldr r0, =0x{WINDOW:x}   @ a page that moves under a warm TLB
    ldr r2, =0x{FIRST_MIB | CACHED:x}
    bl move
    ldr r7, [r0]
    ldr r2, =0x{SECOND_MIB | CACHED:x}
    bl move
    ldr r3, [r0]
    add r7, r3, r7, lsl #8
    ldr r2, =0x{FIRST_MIB | CACHED:x}
    bl move
    ldr r3, [r0]
    add r7, r3, r7, lsl #8

    ldr r0, =0x{SOURCE:x}   @ a device copies what is dirty to where lines are held
    ldr r1, =0x{DESTINATION:x}
    mov r2, #8
fill:
    mul r3, r2, r2
    str r3, [r0], #4
    ldr r3, [r1], #4
    subs r2, r2, #1
    bne fill
    {device_copies(SOURCE, DESTINATION, words=8)}
    ldr r1, =0x{DESTINATION:x}
    mov r2, #8
    mov r8, #0
copied:
    ldr r3, [r1], #4
    add r8, r3, r8, ror #29
    subs r2, r2, #1
    bne copied
end:
    b end

move:                       @ R0 is to be translated by the section descriptor R2
    ldr r1, =0x{TABLE + (WINDOW >> 18):x}
    str r2, [r1]
    mcr p15, 0, r1, c7, c10, 1
    dsb
    mcr p15, 0, r0, c8, c7, 1
    dsb
    isb
    bx lr
"""


def _rotated(values: list[int], by: int) -> int:
    total = 0
    for value in values:
        total = (value + (total >> by | total << 32 - by)) & 0xFFFFFFFF
    return total


RESULTS = {
    4: 3,
    5: (0 + 1 + 2 + 4) * 3 + 8,
    6: _rotated(list(range(LINES, 0, -1)), 31),
    7: 0x11_22_11,
    8: _rotated([n * n for n in range(8, 0, -1)], 29),
    9: 0,
    11: 2,
}
"""What the registers hold at the end: of R11 the interrupts that came."""


def moments_machine(model: str, *settings: tuple[str, str]) -> BareMachine:
    """Return the board with the program, its tables and what it finds in memory."""
    machine = BareMachine(model, _SOURCE, *SMALL_CACHES, *settings)
    machine.load(HANDLER, _HANDLER)
    machine.load(0x18, f"b 0x{HANDLER:x}")
    machine.load(THUMB, _THUMB, thumb=True)
    write = machine.system.address_map.write_block
    map_sections(machine, (16, CACHED))
    write(FIRST_MIB, struct.pack("<I", 0x11))
    write(SECOND_MIB, struct.pack("<I", 0x22))
    return machine
