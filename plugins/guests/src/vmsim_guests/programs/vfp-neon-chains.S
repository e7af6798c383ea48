/* Loops whose results depend on every operation in them. r0 is the number of rounds; results are in core registers. */

    .syntax unified
    .arm
    .fpu neon
    .text

@ x = sqrt(x * 1.5 + i) / 1.25, and the bits of every x added up.
    .global vfp_single_chain
    .type   vfp_single_chain, %function
vfp_single_chain:
    vmov.f32    s0, #1.0
    vmov.f32    s1, #1.5
    vmov.f32    s2, #1.25
    mov         r1, #0              @ i
    mov         r2, #0              @ the sum
1:  vmov        s3, r1
    vcvt.f32.u32 s3, s3
    vmul.f32    s0, s0, s1
    vadd.f32    s0, s0, s3
    vsqrt.f32   s0, s0
    vdiv.f32    s0, s0, s2
    vmov        r3, s0
    add         r2, r2, r3
    add         r1, r1, #1
    cmp         r1, r0
    blo         1b
    mov         r0, r2
    bx          lr

@ The same in double precision, with a multiply-accumulate (rounded twice, as VFPv3 does).
    .global vfp_double_chain
    .type   vfp_double_chain, %function
vfp_double_chain:
    push        {r4, r5}
    vmov.f64    d0, #1.0
    vmov.f64    d1, #1.5
    vmov.f64    d2, #1.25
    mov         r1, #0
    mov         r2, #0              @ the sum, low
    mov         r3, #0              @ and high
1:  vmov        s6, r1
    vcvt.f64.u32 d3, s6
    vmla.f64    d3, d0, d1
    vsqrt.f64   d0, d3
    vdiv.f64    d0, d0, d2
    vmov        r4, r5, d0
    adds        r2, r2, r4
    adc         r3, r3, r5
    add         r1, r1, #1
    cmp         r1, r0
    blo         1b
    mov         r0, r2
    mov         r1, r3
    pop         {r4, r5}
    bx          lr

@ Four 32-bit lanes: lanes = (lanes * 1664525 + 1013904223) ^ (lanes >> 7); then the lanes added up.
    .global neon_integer_chain
    .type   neon_integer_chain, %function
neon_integer_chain:
    ldr         r1, =1664525
    vdup.32     q1, r1
    ldr         r1, =1013904223
    vdup.32     q2, r1
    ldr         r1, =first_lanes
    vld1.32     {q0}, [r1]
1:  vshr.u32    q3, q0, #7
    vmov        q8, q2
    vmla.i32    q8, q0, q1
    veor        q0, q8, q3
    subs        r0, r0, #1
    bne         1b
    vadd.i32    d0, d0, d1
    vpadd.i32   d0, d0, d0
    vmov        r0, s0
    bx          lr

@ Four single-precision lanes: lanes = lanes * 0.96875 + (1, 2, 3, 4); the bits of every result added up lane by lane.
    .global neon_float_chain
    .type   neon_float_chain, %function
neon_float_chain:
    vmov.f32    q1, #0.96875
    ldr         r1, =first_lanes
    vld1.32     {q2}, [r1]
    vcvt.f32.u32 q2, q2
    vmov        q0, q2
    vmov.i32    q3, #0
1:  vmul.f32    q0, q0, q1
    vadd.f32    q0, q0, q2
    vadd.i32    q3, q3, q0
    subs        r0, r0, #1
    bne         1b
    vadd.i32    d6, d6, d7
    vpadd.i32   d6, d6, d6
    vmov        r0, s12
    bx          lr

    .ltorg

    .section .rodata
    .balign 16
first_lanes:
    .word   1, 2, 3, 4

    .section .note.GNU-stack, "", %progbits
