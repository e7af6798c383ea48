/* The start of every program: stacks, vectors, VFP, an empty .bss, then main(). */

    .syntax unified
    .arm
    .fpu neon

    .equ MODE_FIQ, 0x11
    .equ MODE_IRQ, 0x12
    .equ MODE_SVC, 0x13
    .equ MODE_ABT, 0x17
    .equ MODE_UND, 0x1b
    .equ MASKED, 0xc0

    .section .text.start, "ax"
    .global _start
_start:
    cpsid   if

    .macro  stack mode, top
    msr     cpsr_c, #(\mode | MASKED)
    ldr     sp, =\top
    .endm
    stack   MODE_FIQ, fiq_stack_top
    stack   MODE_IRQ, irq_stack_top
    stack   MODE_ABT, abt_stack_top
    stack   MODE_UND, und_stack_top
    stack   MODE_SVC, svc_stack_top

    @ The vectors are where this program is, not at 0.
    ldr     r0, =vectors
    mcr     p15, 0, r0, c12, c0, 0

    @ Full access to coprocessors 10 and 11, then the VFP on.
    mrc     p15, 0, r0, c1, c0, 2
    orr     r0, r0, #(0xf << 20)
    mcr     p15, 0, r0, c1, c0, 2
    isb
    mov     r0, #(1 << 30)
    vmsr    fpexc, r0

    ldr     r0, =bss_start
    ldr     r1, =bss_end
    mov     r2, #0
1:  cmp     r0, r1
    strlo   r2, [r0], #4
    blo     1b

    bl      main
    bl      finish

    @ Each exception: save what a C function may change and more, hand the frame to the handler, return through it.
    .macro  exception number
    push    {r0-r12, lr}
    mrs     r0, spsr
    push    {r0, r1}
    ldr     r1, =exception_handlers
    ldr     r1, [r1, #(\number * 4)]
    mov     r0, sp
    blx     r1
    pop     {r0, r1}
    msr     spsr_cxsf, r0
    ldm     sp!, {r0-r12, pc}^
    .endm

undefined:          exception 0
supervisor_call:    exception 1
prefetch_abort:     exception 2
data_abort:         exception 3
irq:                exception 4
fiq:                exception 5
reset:              b reset

    .balign 32
vectors:
    b       reset
    b       undefined
    b       supervisor_call
    b       prefetch_abort
    b       data_abort
    b       reset
    b       irq
    b       fiq

    .ltorg

    .section .bss.stacks, "aw", %nobits
    .balign 8
    .space  1024
fiq_stack_top:
    .space  1024
irq_stack_top:
    .space  1024
abt_stack_top:
    .space  1024
und_stack_top:
    .space  16384
svc_stack_top:

    .section .note.GNU-stack, "", %progbits
