"""Advanced SIMD data processing (A7.4), the encodings of both instruction sets.

They are written as ARM has them; Thumb has the bit U elsewhere. A word that fits a row and whose size, registers or
immediate make it UNDEFINED is found by the row's decode function. A Cortex-A9 has no VFMA and VFMS.
"""

from vmsim_arch_arm.engine.table import Row


def thumb(row: Row) -> Row:
    """Return the Thumb encoding of an ARM encoding: 1111 001U becomes 111U 1111, and a condition becomes 1110."""
    start = "1110 1110" if row.pattern.startswith("cccc") else f"111{row.pattern[8]} 1111"
    section = row.section.replace(" A", " T")
    pattern = start + row.pattern[9:]
    return Row(pattern, row.name, section, row.execute, row.decode, row.kind, row.but, row.unpredictable)


def _same(pattern: str, name: str, section: str, execute: str, decode: str) -> Row:
    module = "simd_three_same"
    return Row(pattern, name, section, f"{module}.{execute}", f"{module}.decode_{decode}", "simd")


def _doubleword(pattern: str, name: str, section: str, execute: str, decode: str) -> Row:
    return Row(pattern, name, section, f"simd_doubleword.{execute}", f"simd_three_same.decode_{decode}", "simd")


def _float(pattern: str, name: str, section: str, execute: str, decode: str = "three") -> Row:
    module = "simd_float"
    return Row(pattern, name, section, f"{module}.{execute}", f"{module}.decode_{decode}", "simd")


def _different(pattern: str, name: str, section: str, execute: str, decode: str) -> Row:
    module = "simd_different"
    return Row(pattern, name, section, f"{module}.{execute}", f"{module}.decode_{decode}", "simd", _SIZE_3)


def _scalar(pattern: str, name: str, section: str, execute: str, decode: str = "scalar") -> Row:
    return Row(pattern, name, section, execute, f"simd_different.decode_{decode}", "simd", _SIZE_3)


def _shift(pattern: str, name: str, section: str, execute: str, decode: str) -> Row:
    module = "simd_shift"
    return Row(pattern, name, section, f"{module}.{execute}", f"{module}.decode_{decode}", "simd", _IMMEDIATE)


def _two(pattern: str, name: str, section: str, execute: str, decode: str) -> Row:
    module = "simd_two"
    return Row(pattern, name, section, f"{module}.{execute}", f"{module}.decode_{decode}", "simd")


def _permute(pattern: str, name: str, section: str, execute: str, decode: str, unpredictable: str = "") -> Row:
    module = "simd_permute"
    return Row(pattern, name, section, f"{module}.{execute}", f"{module}.decode_{decode}", "simd", (), unpredictable)


def _narrow(pattern: str, name: str, section: str, execute: str) -> Row:
    return Row(pattern, name, section, f"simd_shift.{execute}", "simd_two.decode_narrow", "simd")


def _immediate(pattern: str, name: str, section: str, execute: str, decode: str, *but: str) -> Row:
    module = "simd_permute"
    other = tuple(f"---- ---- ---- ---- ---- {cmode} ---- ----" for cmode in but)
    return Row(pattern, name, section, f"{module}.{execute}", f"{module}.decode_{decode}", "simd", other)


_IMMEDIATE = ("---- ---- --00 0--- ---- ---- 0--- ----",)
"""Other instructions: those of A7.4.6."""

_SIZE_3 = ("---- ---- --11 ---- ---- ---- ---- ----",)
"""Other instructions: VEXT, VTBL and those of A7.4.5."""

_PAST_D31 = "(n >> 1 | (n & 1) << 4) + l > 31"

ARM = [
    # A7.4.1: three registers of the same length
    _same("1111 001U 0doo nnnn dddd 0000 ngm0 mmmm", "VHADD", "A8.8.319 A1", "vhadd", "to_32"),
    _same("1111 001U 0doo nnnn dddd 0000 ngm1 mmmm", "VQADD", "A8.8.370 A1", "vqadd", "any"),
    _same("1111 001U 0doo nnnn dddd 0001 ngm0 mmmm", "VRHADD", "A8.8.387 A1", "vrhadd", "to_32"),
    _doubleword("1111 0010 0d00 nnnn dddd 0001 ngm1 mmmm", "VAND (register)", "A8.8.287 A1", "vand", "any"),
    _doubleword("1111 0010 0d01 nnnn dddd 0001 ngm1 mmmm", "VBIC (register)", "A8.8.289 A1", "vbic", "any"),
    _doubleword("1111 0010 0d10 nnnn dddd 0001 ngm1 mmmm", "VORR, VMOV (register)", "A8.8.360 A1", "vorr", "any"),
    _doubleword("1111 0010 0d11 nnnn dddd 0001 ngm1 mmmm", "VORN (register)", "A8.8.358 A1", "vorn", "any"),
    _doubleword("1111 0011 0d00 nnnn dddd 0001 ngm1 mmmm", "VEOR", "A8.8.315 A1", "veor", "any"),
    _doubleword("1111 0011 0d01 nnnn dddd 0001 ngm1 mmmm", "VBSL", "A8.8.290 A1", "vbsl", "any"),
    _doubleword("1111 0011 0d10 nnnn dddd 0001 ngm1 mmmm", "VBIT", "A8.8.290 A1", "vbit", "any"),
    _doubleword("1111 0011 0d11 nnnn dddd 0001 ngm1 mmmm", "VBIF", "A8.8.290 A1", "vbif", "any"),
    _same("1111 001U 0doo nnnn dddd 0010 ngm0 mmmm", "VHSUB", "A8.8.319 A1", "vhsub", "to_32"),
    _same("1111 001U 0doo nnnn dddd 0010 ngm1 mmmm", "VQSUB", "A8.8.382 A1", "vqsub", "any"),
    _same("1111 001U 0doo nnnn dddd 0011 ngm0 mmmm", "VCGT (register)", "A8.8.295 A1", "vcgt", "to_32"),
    _same("1111 001U 0doo nnnn dddd 0011 ngm1 mmmm", "VCGE (register)", "A8.8.293 A1", "vcge", "to_32"),
    _same("1111 001U 0doo nnnn dddd 0100 ngm0 mmmm", "VSHL (register)", "A8.8.396 A1", "vshl", "any"),
    _same("1111 001U 0doo nnnn dddd 0100 ngm1 mmmm", "VQSHL (register)", "A8.8.379 A1", "vqshl", "any"),
    _same("1111 001U 0doo nnnn dddd 0101 ngm0 mmmm", "VRSHL", "A8.8.388 A1", "vrshl", "any"),
    _same("1111 001U 0doo nnnn dddd 0101 ngm1 mmmm", "VQRSHL", "A8.8.377 A1", "vqrshl", "any"),
    _same("1111 001U 0doo nnnn dddd 0110 ngm0 mmmm", "VMAX (integer)", "A8.8.334 A1", "vmax", "to_32"),
    _same("1111 001U 0doo nnnn dddd 0110 ngm1 mmmm", "VMIN (integer)", "A8.8.334 A1", "vmin", "to_32"),
    _same("1111 001U 0doo nnnn dddd 0111 ngm0 mmmm", "VABD (integer)", "A8.8.278 A1", "vabd", "to_32"),
    _same("1111 001U 0doo nnnn dddd 0111 ngm1 mmmm", "VABA", "A8.8.277 A1", "vaba", "to_32"),
    _doubleword("1111 0010 0doo nnnn dddd 1000 ngm0 mmmm", "VADD (integer)", "A8.8.282 A1", "vadd", "any"),
    _doubleword("1111 0011 0doo nnnn dddd 1000 ngm0 mmmm", "VSUB (integer)", "A8.8.414 A1", "vsub", "any"),
    _doubleword("1111 0010 0doo nnnn dddd 1000 ngm1 mmmm", "VTST", "A8.8.421 A1", "vtst", "to_32"),
    _doubleword("1111 0011 0doo nnnn dddd 1000 ngm1 mmmm", "VCEQ (register)", "A8.8.291 A1", "vceq", "to_32"),
    _same("1111 0010 0doo nnnn dddd 1001 ngm0 mmmm", "VMLA (integer)", "A8.8.336 A1", "vmla", "to_32"),
    _same("1111 0011 0doo nnnn dddd 1001 ngm0 mmmm", "VMLS (integer)", "A8.8.336 A1", "vmls", "to_32"),
    _same("1111 0010 0doo nnnn dddd 1001 ngm1 mmmm", "VMUL (integer)", "A8.8.350 A1", "vmul", "to_32"),
    _same("1111 0011 0d00 nnnn dddd 1001 ngm1 mmmm", "VMUL (polynomial)", "A8.8.350 A1", "vmul_polynomial", "any"),
    _same("1111 001U 0doo nnnn dddd 1010 n0m0 mmmm", "VPMAX (integer)", "A8.8.365 A1", "vpmax", "to_32"),
    _same("1111 001U 0doo nnnn dddd 1010 n0m1 mmmm", "VPMIN (integer)", "A8.8.365 A1", "vpmin", "to_32"),
    _same("1111 0010 0doo nnnn dddd 1011 ngm0 mmmm", "VQDMULH", "A8.8.372 A1", "vqdmulh", "16_32"),
    _same("1111 0011 0doo nnnn dddd 1011 ngm0 mmmm", "VQRDMULH", "A8.8.376 A1", "vqrdmulh", "16_32"),
    _same("1111 0010 0doo nnnn dddd 1011 n0m1 mmmm", "VPADD (integer)", "A8.8.362 A1", "vpadd", "to_32"),
    _float("1111 0010 0d00 nnnn dddd 1101 ngm0 mmmm", "VADD (floating-point)", "A8.8.283 A1", "vadd"),
    _float("1111 0010 0d10 nnnn dddd 1101 ngm0 mmmm", "VSUB (floating-point)", "A8.8.415 A1", "vsub"),
    _float("1111 0011 0d00 nnnn dddd 1101 n0m0 mmmm", "VPADD (floating-point)", "A8.8.363 A1", "vpadd"),
    _float("1111 0011 0d10 nnnn dddd 1101 ngm0 mmmm", "VABD (floating-point)", "A8.8.279 A1", "vabd"),
    _float("1111 0010 0d00 nnnn dddd 1101 ngm1 mmmm", "VMLA (floating-point)", "A8.8.337 A1", "vmla"),
    _float("1111 0010 0d10 nnnn dddd 1101 ngm1 mmmm", "VMLS (floating-point)", "A8.8.337 A1", "vmls"),
    _float("1111 0011 0d00 nnnn dddd 1101 ngm1 mmmm", "VMUL (floating-point)", "A8.8.351 A1", "vmul"),
    _float("1111 0010 0d00 nnnn dddd 1110 ngm0 mmmm", "VCEQ (register)", "A8.8.291 A2", "vceq"),
    _float("1111 0011 0d00 nnnn dddd 1110 ngm0 mmmm", "VCGE (register)", "A8.8.293 A2", "vcge"),
    _float("1111 0011 0d10 nnnn dddd 1110 ngm0 mmmm", "VCGT (register)", "A8.8.295 A2", "vcgt"),
    _float("1111 0011 0d00 nnnn dddd 1110 ngm1 mmmm", "VACGE", "A8.8.281 A1", "vacge"),
    _float("1111 0011 0d10 nnnn dddd 1110 ngm1 mmmm", "VACGT", "A8.8.281 A1", "vacgt"),
    _float("1111 0010 0d00 nnnn dddd 1111 ngm0 mmmm", "VMAX (floating-point)", "A8.8.335 A1", "vmax"),
    _float("1111 0010 0d10 nnnn dddd 1111 ngm0 mmmm", "VMIN (floating-point)", "A8.8.335 A1", "vmin"),
    _float("1111 0011 0d00 nnnn dddd 1111 n0m0 mmmm", "VPMAX (floating-point)", "A8.8.366 A1", "vpmax"),
    _float("1111 0011 0d10 nnnn dddd 1111 n0m0 mmmm", "VPMIN (floating-point)", "A8.8.366 A1", "vpmin"),
    _float("1111 0010 0d00 nnnn dddd 1111 ngm1 mmmm", "VRECPS", "A8.8.385 A1", "vrecps"),
    _float("1111 0010 0d10 nnnn dddd 1111 ngm1 mmmm", "VRSQRTS", "A8.8.392 A1", "vrsqrts"),
    # A7.4.2: three registers of different lengths
    _different("1111 001U 1doo nnnn dddd 0000 n0m0 mmmm", "VADDL", "A8.8.285 A1", "vaddl", "long"),
    _different("1111 001U 1doo nnnn dddd 0001 n0m0 mmmm", "VADDW", "A8.8.285 A1", "vaddw", "wide"),
    _different("1111 001U 1doo nnnn dddd 0010 n0m0 mmmm", "VSUBL", "A8.8.417 A1", "vsubl", "long"),
    _different("1111 001U 1doo nnnn dddd 0011 n0m0 mmmm", "VSUBW", "A8.8.417 A1", "vsubw", "wide"),
    _different("1111 0010 1doo nnnn dddd 0100 n0m0 mmmm", "VADDHN", "A8.8.284 A1", "vaddhn", "narrow"),
    _different("1111 0011 1doo nnnn dddd 0100 n0m0 mmmm", "VRADDHN", "A8.8.383 A1", "vraddhn", "narrow"),
    _different("1111 001U 1doo nnnn dddd 0101 n0m0 mmmm", "VABAL", "A8.8.277 A2", "vabal", "long"),
    _different("1111 0010 1doo nnnn dddd 0110 n0m0 mmmm", "VSUBHN", "A8.8.416 A1", "vsubhn", "narrow"),
    _different("1111 0011 1doo nnnn dddd 0110 n0m0 mmmm", "VRSUBHN", "A8.8.394 A1", "vrsubhn", "narrow"),
    _different("1111 001U 1doo nnnn dddd 0111 n0m0 mmmm", "VABDL", "A8.8.278 A2", "vabdl", "long"),
    _different("1111 001U 1doo nnnn dddd 1000 n0m0 mmmm", "VMLAL (integer)", "A8.8.336 A2", "vmlal", "long"),
    _different("1111 001U 1doo nnnn dddd 1010 n0m0 mmmm", "VMLSL (integer)", "A8.8.336 A2", "vmlsl", "long"),
    _different("1111 0010 1doo nnnn dddd 1001 n0m0 mmmm", "VQDMLAL", "A8.8.371 A1", "vqdmlal", "long_16_32"),
    _different("1111 0010 1doo nnnn dddd 1011 n0m0 mmmm", "VQDMLSL", "A8.8.371 A1", "vqdmlsl", "long_16_32"),
    _different("1111 001U 1doo nnnn dddd 1100 n0m0 mmmm", "VMULL (integer)", "A8.8.350 A2", "vmull", "long"),
    _different("1111 0010 1doo nnnn dddd 1101 n0m0 mmmm", "VQDMULL", "A8.8.373 A1", "vqdmull", "long_16_32"),
    _different("1111 0010 1d00 nnnn dddd 1110 n0m0 mmmm", "VMULL (polynomial)", "A8.8.350 A2",
               "vmull_polynomial", "long"),
    # A7.4.3: two registers and a scalar
    _scalar("1111 001g 1doo nnnn dddd 0000 n1m0 mmmm", "VMLA (by scalar)", "A8.8.338 A1", "simd_three_same.vmla"),
    _scalar("1111 001g 1doo nnnn dddd 0100 n1m0 mmmm", "VMLS (by scalar)", "A8.8.338 A1", "simd_three_same.vmls"),
    _scalar("1111 001U 1doo nnnn dddd 0010 n1m0 mmmm", "VMLAL (by scalar)", "A8.8.338 A2",
            "simd_different.vmlal", "long_scalar"),
    _scalar("1111 001U 1doo nnnn dddd 0110 n1m0 mmmm", "VMLSL (by scalar)", "A8.8.338 A2",
            "simd_different.vmlsl", "long_scalar"),
    _scalar("1111 0010 1doo nnnn dddd 0011 n1m0 mmmm", "VQDMLAL (by scalar)", "A8.8.371 A2",
            "simd_different.vqdmlal", "long_scalar"),
    _scalar("1111 0010 1doo nnnn dddd 0111 n1m0 mmmm", "VQDMLSL (by scalar)", "A8.8.371 A2",
            "simd_different.vqdmlsl", "long_scalar"),
    _scalar("1111 001g 1doo nnnn dddd 1000 n1m0 mmmm", "VMUL (by scalar)", "A8.8.352 A1", "simd_three_same.vmul"),
    _scalar("1111 001U 1doo nnnn dddd 1010 n1m0 mmmm", "VMULL (by scalar)", "A8.8.352 A2",
            "simd_different.vmull", "long_scalar"),
    _scalar("1111 0010 1doo nnnn dddd 1011 n1m0 mmmm", "VQDMULL (by scalar)", "A8.8.373 A2",
            "simd_different.vqdmull", "long_scalar"),
    _scalar("1111 001g 1doo nnnn dddd 1100 n1m0 mmmm", "VQDMULH (by scalar)", "A8.8.372 A2", "simd_three_same.vqdmulh"),
    _scalar("1111 001g 1doo nnnn dddd 1101 n1m0 mmmm", "VQRDMULH (by scalar)", "A8.8.376 A2",
            "simd_three_same.vqrdmulh"),
    _float("1111 001g 1d10 nnnn dddd 0001 n1m0 mmmm", "VMLA (by scalar)", "A8.8.338 A1, F = 1", "vmla", "scalar"),
    _float("1111 001g 1d10 nnnn dddd 0101 n1m0 mmmm", "VMLS (by scalar)", "A8.8.338 A1, F = 1", "vmls", "scalar"),
    _float("1111 001g 1d10 nnnn dddd 1001 n1m0 mmmm", "VMUL (by scalar)", "A8.8.352 A1, F = 1", "vmul", "scalar"),
    # A7.4.4: two registers and a shift amount
    _shift("1111 001U 1dii iiii dddd 0000 lgm1 mmmm", "VSHR", "A8.8.398 A1", "vshr", "right"),
    _shift("1111 001U 1dii iiii dddd 0001 lgm1 mmmm", "VSRA", "A8.8.402 A1", "vsra", "right"),
    _shift("1111 001U 1dii iiii dddd 0010 lgm1 mmmm", "VRSHR", "A8.8.389 A1", "vrshr", "right"),
    _shift("1111 001U 1dii iiii dddd 0011 lgm1 mmmm", "VRSRA", "A8.8.393 A1", "vrsra", "right"),
    _shift("1111 0011 1dii iiii dddd 0100 lgm1 mmmm", "VSRI", "A8.8.403 A1", "vsri", "right"),
    _shift("1111 0010 1dii iiii dddd 0101 lgm1 mmmm", "VSHL (immediate)", "A8.8.395 A1", "vshl", "left"),
    _shift("1111 0011 1dii iiii dddd 0101 lgm1 mmmm", "VSLI", "A8.8.400 A1", "vsli", "left"),
    _shift("1111 0011 1dii iiii dddd 0110 lgm1 mmmm", "VQSHLU (immediate)", "A8.8.380 A1", "vqshlu", "left"),
    _shift("1111 001U 1dii iiii dddd 0111 lgm1 mmmm", "VQSHL (immediate)", "A8.8.380 A1", "vqshl", "left"),
    _shift("1111 0010 1dii iiii dddd 1000 00m1 mmmm", "VSHRN", "A8.8.399 A1", "vshrn", "narrow"),
    _shift("1111 0010 1dii iiii dddd 1000 01m1 mmmm", "VRSHRN", "A8.8.390 A1", "vrshrn", "narrow"),
    _shift("1111 0011 1dii iiii dddd 1000 00m1 mmmm", "VQSHRUN", "A8.8.381 A1", "vqshrun", "narrow"),
    _shift("1111 0011 1dii iiii dddd 1000 01m1 mmmm", "VQRSHRUN", "A8.8.378 A1", "vqrshrun", "narrow"),
    _shift("1111 001U 1dii iiii dddd 1001 00m1 mmmm", "VQSHRN", "A8.8.381 A1", "vqshrn", "narrow"),
    _shift("1111 001U 1dii iiii dddd 1001 01m1 mmmm", "VQRSHRN", "A8.8.378 A1", "vqrshrn", "narrow"),
    _shift("1111 001U 1dii iiii dddd 1010 00m1 mmmm", "VSHLL, VMOVL", "A8.8.397 A1", "vshll", "long"),
    Row("1111 001U 1dii iiii dddd 1110 0gm1 mmmm", "VCVT (from fixed-point, Advanced SIMD)", "A8.8.307 A1, op = 0",
        "simd_float.vcvt_from_fixed", "simd_float.decode_fixed", "simd", _IMMEDIATE),
    Row("1111 001U 1dii iiii dddd 1111 0gm1 mmmm", "VCVT (to fixed-point, Advanced SIMD)", "A8.8.307 A1, op = 1",
        "simd_float.vcvt_to_fixed", "simd_float.decode_fixed", "simd", _IMMEDIATE),
    # A7.4.5: two registers, miscellaneous
    _permute("1111 0011 1d11 oo00 dddd 000y ygm0 mmmm", "VREV16, VREV32, VREV64", "A8.8.386 A1", "vrev", "reversal"),
    _two("1111 0011 1d11 oo00 dddd 0010 Ugm0 mmmm", "VPADDL", "A8.8.364 A1", "vpaddl", "to_32"),
    _two("1111 0011 1d11 oo00 dddd 0100 0gm0 mmmm", "VCLS", "A8.8.299 A1", "vcls", "to_32"),
    _two("1111 0011 1d11 oo00 dddd 0100 1gm0 mmmm", "VCLZ", "A8.8.302 A1", "vclz", "to_32"),
    _two("1111 0011 1d11 0000 dddd 0101 0gm0 mmmm", "VCNT", "A8.8.304 A1", "vcnt", "any"),
    _two("1111 0011 1d11 0000 dddd 0101 1gm0 mmmm", "VMVN (register)", "A8.8.354 A1", "vmvn", "any"),
    _two("1111 0011 1d11 oo00 dddd 0110 Ugm0 mmmm", "VPADAL", "A8.8.361 A1", "vpadal", "to_32"),
    _two("1111 0011 1d11 oo00 dddd 0111 0gm0 mmmm", "VQABS", "A8.8.369 A1", "vqabs", "to_32"),
    _two("1111 0011 1d11 oo00 dddd 0111 1gm0 mmmm", "VQNEG", "A8.8.375 A1", "vqneg", "to_32"),
    _two("1111 0011 1d11 oo01 dddd 0000 0gm0 mmmm", "VCGT (immediate #0)", "A8.8.296 A1", "vcgt_zero", "to_32"),
    _two("1111 0011 1d11 oo01 dddd 0000 1gm0 mmmm", "VCGE (immediate #0)", "A8.8.294 A1", "vcge_zero", "to_32"),
    _two("1111 0011 1d11 oo01 dddd 0001 0gm0 mmmm", "VCEQ (immediate #0)", "A8.8.292 A1", "vceq_zero", "to_32"),
    _two("1111 0011 1d11 oo01 dddd 0001 1gm0 mmmm", "VCLE (immediate #0)", "A8.8.298 A1", "vcle_zero", "to_32"),
    _two("1111 0011 1d11 oo01 dddd 0010 0gm0 mmmm", "VCLT (immediate #0)", "A8.8.301 A1", "vclt_zero", "to_32"),
    _two("1111 0011 1d11 oo01 dddd 0011 0gm0 mmmm", "VABS (integer)", "A8.8.280 A1", "vabs", "to_32"),
    _two("1111 0011 1d11 oo01 dddd 0011 1gm0 mmmm", "VNEG (integer)", "A8.8.355 A1", "vneg", "to_32"),
    _permute("1111 0011 1d11 0010 dddd 0000 0gm0 mmmm", "VSWP", "A8.8.418 A1", "vswp", "pair"),
    _permute("1111 0011 1d11 oo10 dddd 0000 1gm0 mmmm", "VTRN", "A8.8.420 A1", "vtrn", "to_32", "d == m"),
    _permute("1111 0011 1d11 oo10 dddd 0001 0gm0 mmmm", "VUZP", "A8.8.422 A1", "vuzp", "interleaving", "d == m"),
    _permute("1111 0011 1d11 oo10 dddd 0001 1gm0 mmmm", "VZIP", "A8.8.423 A1", "vzip", "interleaving", "d == m"),
    _narrow("1111 0011 1d11 oo10 dddd 0010 00m0 mmmm", "VMOVN", "A8.8.347 A1", "vshrn"),
    _narrow("1111 0011 1d11 oo10 dddd 0010 01m0 mmmm", "VQMOVUN", "A8.8.374 A1", "vqshrun"),
    _narrow("1111 0011 1d11 oo10 dddd 0010 1Um0 mmmm", "VQMOVN", "A8.8.374 A1", "vqshrn"),
    Row("1111 0011 1d11 oo10 dddd 0011 00m0 mmmm", "VSHLL", "A8.8.397 A2",
        "simd_shift.vshll", "simd_shift.decode_long_maximum", "simd"),
    _float("1111 0011 1d11 1001 dddd 0100 0gm0 mmmm", "VCGT (immediate #0)", "A8.8.296 A1, F = 1", "vcgt_zero", "two"),
    _float("1111 0011 1d11 1001 dddd 0100 1gm0 mmmm", "VCGE (immediate #0)", "A8.8.294 A1, F = 1", "vcge_zero", "two"),
    _float("1111 0011 1d11 1001 dddd 0101 0gm0 mmmm", "VCEQ (immediate #0)", "A8.8.292 A1, F = 1", "vceq_zero", "two"),
    _float("1111 0011 1d11 1001 dddd 0101 1gm0 mmmm", "VCLE (immediate #0)", "A8.8.298 A1, F = 1", "vcle_zero", "two"),
    _float("1111 0011 1d11 1001 dddd 0110 0gm0 mmmm", "VCLT (immediate #0)", "A8.8.301 A1, F = 1", "vclt_zero", "two"),
    _float("1111 0011 1d11 1001 dddd 0111 0gm0 mmmm", "VABS (floating-point)", "A8.8.280 A1, F = 1", "vabs", "two"),
    _float("1111 0011 1d11 1001 dddd 0111 1gm0 mmmm", "VNEG (floating-point)", "A8.8.355 A1, F = 1", "vneg", "two"),
    _float("1111 0011 1d11 0110 dddd 0110 00m0 mmmm", "VCVT (to half-precision)", "A8.8.310 A1, op = 0",
           "vcvt_to_half", "from_quadword"),
    _float("1111 0011 1d11 0110 dddd 0111 00m0 mmmm", "VCVT (from half-precision)", "A8.8.310 A1, op = 1",
           "vcvt_from_half", "to_quadword"),
    _float("1111 0011 1d11 1011 dddd 0100 0gm0 mmmm", "VRECPE", "A8.8.384 A1, F = 0", "vrecpe_unsigned", "two"),
    _float("1111 0011 1d11 1011 dddd 0101 0gm0 mmmm", "VRECPE", "A8.8.384 A1, F = 1", "vrecpe", "two"),
    _float("1111 0011 1d11 1011 dddd 0100 1gm0 mmmm", "VRSQRTE", "A8.8.391 A1, F = 0", "vrsqrte_unsigned", "two"),
    _float("1111 0011 1d11 1011 dddd 0101 1gm0 mmmm", "VRSQRTE", "A8.8.391 A1, F = 1", "vrsqrte", "two"),
    _float("1111 0011 1d11 1011 dddd 0110 Ugm0 mmmm", "VCVT (from integer, Advanced SIMD)", "A8.8.305 A1, op = 0x",
           "vcvt_from_fixed", "two"),
    _float("1111 0011 1d11 1011 dddd 0111 Ugm0 mmmm", "VCVT (to integer, Advanced SIMD)", "A8.8.305 A1, op = 1x",
           "vcvt_to_fixed", "two"),
    # A7.4.6: one register and a modified immediate value
    _immediate("1111 001i 1d00 0iii dddd oooo 0g01 iiii", "VMOV (immediate)", "A8.8.339 A1",
               "vmov_immediate", "immediate", "0--1", "10-1"),
    _immediate("1111 001i 1d00 0iii dddd 1110 0g11 iiii", "VMOV (immediate)", "A8.8.339 A1", "vmov_bytes", "bytes"),
    _immediate("1111 001i 1d00 0iii dddd ooo1 0g01 iiii", "VORR (immediate)", "A8.8.359 A1",
               "vorr_immediate", "immediate", "11--"),
    _immediate("1111 001i 1d00 0iii dddd oooo 0g11 iiii", "VMVN (immediate)", "A8.8.353 A1",
               "vmov_immediate", "inverted", "0--1", "10-1", "111-"),
    _immediate("1111 001i 1d00 0iii dddd ooo1 0g11 iiii", "VBIC (immediate)", "A8.8.288 A1",
               "vbic_immediate", "immediate", "11--"),
    # A7.4: VEXT, VTBL, VTBX, VDUP (scalar)
    _permute("1111 0010 1d11 nnnn dddd iiii ngm0 mmmm", "VEXT", "A8.8.316 A1", "vext", "extract"),
    _permute("1111 0011 1d11 nnnn dddd 10ll n0m0 mmmm", "VTBL", "A8.8.419 A1", "vtbl", "table", _PAST_D31),
    _permute("1111 0011 1d11 nnnn dddd 10ll n1m0 mmmm", "VTBX", "A8.8.419 A1", "vtbx", "table", _PAST_D31),
    _permute("1111 0011 1d11 iiii dddd 1100 0gm0 mmmm", "VDUP (scalar)", "A8.8.313 A1", "vdup", "duplicate"),
    # A7.8
    _permute("cccc 1110 1og0 dddd tttt 1011 d0o1 ----", "VDUP (ARM core register)", "A8.8.314 A1",
             "vdup_register", "duplicate_register", "t in (13, 15)"),
]  # fmt: skip

THUMB32 = [thumb(row) for row in ARM]
