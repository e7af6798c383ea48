/* Thumb code that provokes exceptions: r0 gets the address of the instruction, r1 where to go on. */

    .syntax unified
    .thumb
    .text

    .macro  provoking name
    .global \name
    .thumb_func
    .type   \name, %function
    .balign 4
\name:
    push    {r4, lr}
    adr     r3, 1f
    str     r3, [r0]
    adr     r3, 2f
    str     r3, [r1]
    b       1f
    .balign 4
    .endm

    .macro  going_on
    .balign 4
2:  pop     {r4, pc}
    .endm

    provoking thumb_undefined
1:  udf     #7
    nop
    going_on

    provoking thumb_call
1:  svc     #9
    nop
    going_on

    provoking thumb_load
1:  ldr.w   r3, [r2]
    going_on

    .section .note.GNU-stack, "", %progbits
