"""VFP encodings (A7.5, A7.6, A7.8 and A7.9): VFPv3-D32 with half precision, which has no fused multiplication.

`z` in a pattern is the manual's `sz`: such a line is two rows, for single and for double precision.
"""

from dataclasses import replace

from vmsim_arch_arm.engine.table import Row

_S_NUMBER = "((d & 15) << 1 | d >> 4)"
_FRACTION_BITS = "((i & 15) << 1 | i >> 4)"


def _arithmetic(pattern: str, name: str, section: str, function: str) -> list[Row]:
    return [
        Row(pattern.replace("z", digit), name, f"{section}, sz = {digit}", f"vfp.{function}_{precision}",
            f"vfp.decode_{registers}", "vfp")
        for digit, precision, registers in (("0", "f32", "singles"), ("1", "f64", "doubles"))
    ]  # fmt: skip


def _comparison(pattern: str, section: str, function: str) -> list[Row]:
    return [
        Row(pattern.replace("z", digit), "VCMP, VCMPE", f"{section}, sz = {digit}",
            f"vfp_convert.{function}_{precision}", f"vfp.decode_{registers}", "vfp")
        for digit, precision, registers in (("0", "f32", "singles"), ("1", "f64", "doubles"))
    ]  # fmt: skip


def _conversion(pattern: str, name: str, section: str, function: str, decode: str) -> Row:
    return Row(pattern, name, section, f"vfp_convert.{function}", f"vfp.{decode}", "vfp")


def _fixed(pattern: str, op: int, function: str) -> list[Row]:
    return [
        Row(pattern.replace("z", digit), "VCVT (between floating-point and fixed-point, Floating-point)",
            f"A8.8.308 A1, op = {op}, sz = {digit}", f"vfp_convert.{function.replace('FORMAT', size)}",
            f"vfp_convert.decode_fixed_{precision}", "vfp", unpredictable=f"{_FRACTION_BITS} > (32 if l else 16)")
        for digit, size, precision in (("0", "f32", "single"), ("1", "f64", "double"))
    ]  # fmt: skip


def _transfer(pattern: str, name: str, section: str, function: str, unpredictable: str, decode: str = "",
              but: tuple[str, ...] = (), kind: str = "vfp") -> Row:  # fmt: skip
    return Row(pattern, name, section, f"vfp_transfer.{function}", f"vfp_transfer.{decode}" if decode else "", kind,
               but, unpredictable)  # fmt: skip


def _load_store(pattern: str, name: str, section: str, suffix: str, function: str, kind: str,
                unpredictable: str = "", but: tuple[str, ...] = ()) -> list[Row]:  # fmt: skip
    """Single precision is encoding A2, double precision A1."""
    return [
        Row(pattern.replace("z", digit), name, f"{section} {encoding}{suffix}", f"vfp_transfer.{function}_{precision}",
            f"vfp_transfer.decode_load_{precision}", kind, but, unpredictable.replace("RANGE", wrong))
        for digit, encoding, precision, wrong in (
            ("0", "A2", "single", f"(i == 0 or {_S_NUMBER} + i > 32)"),
            # An odd imm8 is FLDMX or FSTMX, which reaches D15 only.
            ("1", "A1", "double", "(i < 2 or i > 33 or d + i // 2 > (16 if i & 1 else 32))"),
        )
    ]  # fmt: skip


_INTEGER = "VCVT, VCVTR (between floating-point and integer, Floating-point)"
_PRECISIONS = "VCVT (between double-precision and single-precision)"
_HALF = "VCVTB, VCVTT"
_TWO_SINGLES = "VMOV (between two ARM core registers and two single-precision registers)"
_DOUBLEWORD = "VMOV (between two ARM core registers and a doubleword extension register)"
_SINGLE = "VMOV (between ARM core register and single-precision register)"
_PC = "t == 15"
_PCS = "15 in (t, u)"
_PC_BASE = "n == 15 and W"
_STACK = "---- ---- ---- 1101 ---- ---- ---- ----"
_NO_ELEMENT = "---- ---- -0-- ---- ---- ---- -10- ----"
_WORD_WITH_U = "---- ---- 10-- ---- ---- ---- -00- ----"
_FPSCR = "---- ---- ---- 0001 ---- ---- ---- ----"

ARM = [
    # A7.5: data processing
    *_arithmetic("cccc 1110 0d00 nnnn dddd 101z n0m0 mmmm", "VMLA (floating-point)", "A8.8.337 A2", "vmla"),
    *_arithmetic("cccc 1110 0d00 nnnn dddd 101z n1m0 mmmm", "VMLS (floating-point)", "A8.8.337 A2", "vmls"),
    *_arithmetic("cccc 1110 0d01 nnnn dddd 101z n0m0 mmmm", "VNMLS", "A8.8.356 A1", "vnmls"),
    *_arithmetic("cccc 1110 0d01 nnnn dddd 101z n1m0 mmmm", "VNMLA", "A8.8.356 A1", "vnmla"),
    *_arithmetic("cccc 1110 0d10 nnnn dddd 101z n0m0 mmmm", "VMUL (floating-point)", "A8.8.351 A2", "vmul"),
    *_arithmetic("cccc 1110 0d10 nnnn dddd 101z n1m0 mmmm", "VNMUL", "A8.8.356 A2", "vnmul"),
    *_arithmetic("cccc 1110 0d11 nnnn dddd 101z n0m0 mmmm", "VADD (floating-point)", "A8.8.283 A2", "vadd"),
    *_arithmetic("cccc 1110 0d11 nnnn dddd 101z n1m0 mmmm", "VSUB (floating-point)", "A8.8.415 A2", "vsub"),
    *_arithmetic("cccc 1110 1d00 nnnn dddd 101z n0m0 mmmm", "VDIV", "A8.8.312 A1", "vdiv"),
    Row("cccc 1110 1d11 iiii dddd 1010 -0-0 iiii", "VMOV (immediate)", "A8.8.339 A2, sz = 0",
        "vfp.vmov_immediate_f32", "vfp.decode_immediate_single", "vfp"),
    Row("cccc 1110 1d11 iiii dddd 1011 -0-0 iiii", "VMOV (immediate)", "A8.8.339 A2, sz = 1",
        "vfp.vmov_immediate_f64", "vfp.decode_immediate_double", "vfp"),
    *_arithmetic("cccc 1110 1d11 0000 dddd 101z 01m0 mmmm", "VMOV (register)", "A8.8.340 A2", "vmov"),
    *_arithmetic("cccc 1110 1d11 0000 dddd 101z 11m0 mmmm", "VABS", "A8.8.280 A2", "vabs"),
    *_arithmetic("cccc 1110 1d11 0001 dddd 101z 01m0 mmmm", "VNEG", "A8.8.355 A2", "vneg"),
    *_arithmetic("cccc 1110 1d11 0001 dddd 101z 11m0 mmmm", "VSQRT", "A8.8.401 A1", "vsqrt"),
    _conversion("cccc 1110 1d11 0010 dddd 1010 l1m0 mmmm", _HALF, "A8.8.311 A1, op = 0",
                "vcvt_f32_f16", "decode_singles"),
    _conversion("cccc 1110 1d11 0011 dddd 1010 l1m0 mmmm", _HALF, "A8.8.311 A1, op = 1",
                "vcvt_f16_f32", "decode_singles"),
    *_comparison("cccc 1110 1d11 0100 dddd 101z o1m0 mmmm", "A8.8.303 A1", "vcmp"),
    *_comparison("cccc 1110 1d11 0101 dddd 101z o1-0 ----", "A8.8.303 A2", "vcmp_zero"),
    _conversion("cccc 1110 1d11 0111 dddd 1010 11m0 mmmm", _PRECISIONS, "A8.8.309 A1, sz = 0",
                "vcvt_f64_f32", "decode_single_source"),
    _conversion("cccc 1110 1d11 0111 dddd 1011 11m0 mmmm", _PRECISIONS, "A8.8.309 A1, sz = 1",
                "vcvt_f32_f64", "decode_single_destination"),
    _conversion("cccc 1110 1d11 1000 dddd 1010 o1m0 mmmm", _INTEGER, "A8.8.306 A1, from integer, sz = 0",
                "vcvt_f32_int", "decode_singles"),
    _conversion("cccc 1110 1d11 1000 dddd 1011 o1m0 mmmm", _INTEGER, "A8.8.306 A1, from integer, sz = 1",
                "vcvt_f64_int", "decode_single_source"),
    _conversion("cccc 1110 1d11 110o dddd 1010 l1m0 mmmm", _INTEGER, "A8.8.306 A1, to integer, sz = 0",
                "vcvt_int_f32", "decode_singles"),
    _conversion("cccc 1110 1d11 110o dddd 1011 l1m0 mmmm", _INTEGER, "A8.8.306 A1, to integer, sz = 1",
                "vcvt_int_f64", "decode_single_destination"),
    *_fixed("cccc 1110 1d11 101U dddd 101z l1i0 iiii", 0, "vcvt_FORMAT_fixed"),
    *_fixed("cccc 1110 1d11 111U dddd 101z l1i0 iiii", 1, "vcvt_fixed_FORMAT"),
    # A7.6: extension register load and store. P:U:W is 010 or 011 (increment after), or 101 (decrement before).
    *_load_store("cccc 1100 1dW0 nnnn dddd 101z iiii iiii", "VSTM", "A8.8.412", ", IA", "vstm", "store",
                 f"RANGE or {_PC_BASE}"),
    *_load_store("cccc 1101 0d10 nnnn dddd 101z iiii iiii", "VSTM", "A8.8.412", ", DB", "vstm", "store",
                 "RANGE or n == 15", but=(_STACK,)),
    *_load_store("cccc 1101 0d10 1101 dddd 101z iiii iiii", "VPUSH", "A8.8.368", "", "vstm", "store", "RANGE"),
    *_load_store("cccc 1101 Ud00 nnnn dddd 101z iiii iiii", "VSTR", "A8.8.413", "", "vstr", "store"),
    *_load_store("cccc 1100 1dW1 nnnn dddd 101z iiii iiii", "VLDM", "A8.8.332", ", IA", "vldm", "load",
                 f"RANGE or {_PC_BASE}", but=("---- ---- --1- 1101 ---- ---- ---- ----",)),
    *_load_store("cccc 1100 1d11 1101 dddd 101z iiii iiii", "VPOP", "A8.8.367", "", "vldm", "load", "RANGE"),
    *_load_store("cccc 1101 0d11 nnnn dddd 101z iiii iiii", "VLDM", "A8.8.332", ", DB", "vldm", "load",
                 "RANGE or n == 15"),
    *_load_store("cccc 1101 Ud01 nnnn dddd 101z iiii iiii", "VLDR", "A8.8.333", "", "vldr", "load"),
    # A7.8: 8, 16 and 32-bit transfers
    _transfer("cccc 1110 0000 nnnn tttt 1010 n--1 ----", _SINGLE, "A8.8.343 A1, op = 0", "vmov_to_single", _PC),
    _transfer("cccc 1110 0001 nnnn tttt 1010 n--1 ----", _SINGLE, "A8.8.343 A1, op = 1", "vmov_from_single", _PC),
    _transfer("cccc 1110 1110 0001 tttt 1010 ---1 ----", "VMSR", "A8.8.349 A1", "vmsr_fpscr", _PC),
    _transfer("cccc 1110 1110 oooo tttt 1010 ---1 ----", "VMSR (system level)", "B9.3.22 A1", "vmsr_system",
              f"{_PC} or o not in (0, 8)", but=(_FPSCR,), kind="system"),
    _transfer("cccc 1110 1111 0001 tttt 1010 ---1 ----", "VMRS", "A8.8.348 A1", "vmrs_fpscr", ""),
    _transfer("cccc 1110 1111 oooo tttt 1010 ---1 ----", "VMRS (system level)", "B9.3.21 A1", "vmrs_system",
              f"{_PC} or o not in (0, 6, 7, 8)", but=(_FPSCR,), kind="system"),
    _transfer("cccc 1110 0oo0 nnnn tttt 1011 noo1 ----", "VMOV (ARM core register to scalar)", "A8.8.341 A1",
              "vmov_to_scalar", _PC, "decode_scalar", (_NO_ELEMENT,)),
    _transfer("cccc 1110 Uoo1 nnnn tttt 1011 noo1 ----", "VMOV (scalar to ARM core register)", "A8.8.342 A1",
              "vmov_from_scalar", _PC, "decode_scalar", (_NO_ELEMENT, _WORD_WITH_U)),
    # A7.9: 64-bit transfers
    _transfer("cccc 1100 0100 uuuu tttt 1010 00m1 mmmm", _TWO_SINGLES, "A8.8.344 A1, op = 0", "vmov_to_singles",
              f"{_PCS} or m == 31", "decode_pair"),
    _transfer("cccc 1100 0101 uuuu tttt 1010 00m1 mmmm", _TWO_SINGLES, "A8.8.344 A1, op = 1", "vmov_from_singles",
              f"{_PCS} or m == 31 or t == u", "decode_pair"),
    _transfer("cccc 1100 0100 uuuu tttt 1011 00m1 mmmm", _DOUBLEWORD, "A8.8.345 A1, op = 0", "vmov_to_double", _PCS),
    _transfer("cccc 1100 0101 uuuu tttt 1011 00m1 mmmm", _DOUBLEWORD, "A8.8.345 A1, op = 1", "vmov_from_double",
              f"{_PCS} or t == u"),
]  # fmt: skip


def thumb_row(row: Row) -> Row:
    """Return the Thumb encoding of an ARM row: the condition field is 1110, and so the condition comes from IT.

    Moves with SP, and PC-relative accesses other than VLDR, are UNPREDICTABLE as well.
    """
    wrong = [row.unpredictable] if row.unpredictable else []
    if row.kind == "store" or "VLDM" in row.name:
        wrong.append("n == 15")
    elif row.kind != "load" and "tttt" in row.pattern:
        wrong.append("13 in (t, u)")
    return replace(row, pattern=row.pattern.replace("cccc", "1110"), section=row.section.replace(" A", " T"),
                   unpredictable=" or ".join(wrong))  # fmt: skip


THUMB32 = [thumb_row(row) for row in ARM]
