/* Loops of one operation, in two lengths: what the loop itself costs falls out of the difference.
   Each is void NAME_16(uint32_t rounds) or NAME_32. */

    .syntax unified
    .arm
    .fpu neon

    .macro  loop name, count, operation:vararg
    .global \name
    .type   \name, %function
    .balign 32
\name:
1:  .rept   \count
    \operation
    .endr
    subs    r0, r0, #1
    bne     1b
    bx      lr
    .endm

    .macro  loops name, operation:vararg
    loop    \name\()_16, 16, \operation
    loop    \name\()_32, 32, \operation
    .endm

    .text
    loops   add_chain, add r1, r1, #1
    loops   add_any, add r1, r2, #1
    loops   mul_chain, mul r1, r2, r1
    loops   mul_any, mul r1, r2, r3
    loops   vadd_chain, vadd.f32 s0, s0, s2
    loops   vmul_chain, vmul.f32 s0, s0, s2
    loops   vdiv_chain, vdiv.f32 s0, s0, s2
    loops   vdiv_any, vdiv.f32 s0, s2, s4

/* void jump_about(uint32_t rounds, uint32_t elsewhere): with 0 a jump always goes to the same place, with 16 it
   goes to two places in turn, and where it went last time says nothing. */
    .global jump_about
    .type   jump_about, %function
    .balign 64
jump_about:
    adr     r2, place
1:  eor     r2, r2, r1
    bx      r2
    .balign 32
place:
    subs    r0, r0, #1
    bne     1b
    bx      lr
    nop
    subs    r0, r0, #1          @ 16 bytes on
    bne     1b
    bx      lr

    .section .note.GNU-stack, "", %progbits
