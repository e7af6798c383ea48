"""The class of operation, the access to memory and the kind of branch of an instruction, by its semantic function.

The classes are those that the timing tables of a Cortex-A9 tell apart: of DDI 0388, appendix B, for the core, and of
"Instruction throughput and latency" in DDI 0408 and DDI 0409 for the extension registers.
"""

from __future__ import annotations

import re
from typing import TypeVar

from vmsim_arch_arm.engine.records import (
    ACCESS_LOAD,
    ACCESS_LOAD_EXCLUSIVE,
    ACCESS_PRELOAD,
    ACCESS_STORE,
    ACCESS_STORE_EXCLUSIVE,
    ACCESS_SWAP,
    BRANCH_DIRECT,
    BRANCH_DIRECT_CALL,
    BRANCH_EXCEPTION_RETURN,
    BRANCH_INDIRECT_CALL,
    CLASS_ALU,
    CLASS_ALU_REGISTER_SHIFT,
    CLASS_BARRIER,
    CLASS_BIT_FIELD,
    CLASS_BRANCH,
    CLASS_COPROCESSOR,
    CLASS_EXCEPTION,
    CLASS_EXTEND_ADD,
    CLASS_FP_ADD,
    CLASS_FP_COMPARE,
    CLASS_FP_CONVERT,
    CLASS_FP_DIVIDE,
    CLASS_FP_DIVIDE_DOUBLE,
    CLASS_FP_LOAD,
    CLASS_FP_LOAD_MULTIPLE,
    CLASS_FP_MOVE,
    CLASS_FP_MULTIPLY,
    CLASS_FP_MULTIPLY_ACCUMULATE,
    CLASS_FP_MULTIPLY_ACCUMULATE_DOUBLE,
    CLASS_FP_MULTIPLY_DOUBLE,
    CLASS_FP_SQRT,
    CLASS_FP_SQRT_DOUBLE,
    CLASS_FP_STORE,
    CLASS_FP_STORE_MULTIPLE,
    CLASS_FP_TRANSFER,
    CLASS_HINT,
    CLASS_LOAD,
    CLASS_LOAD_MULTIPLE,
    CLASS_MOVE,
    CLASS_MOVE_REGISTER_SHIFT,
    CLASS_MULTIPLY,
    CLASS_MULTIPLY_HALF,
    CLASS_MULTIPLY_HALF_LONG,
    CLASS_MULTIPLY_LONG,
    CLASS_PARALLEL,
    CLASS_PARALLEL_SATURATING,
    CLASS_SATURATE,
    CLASS_SIMD_FLOAT_ADD,
    CLASS_SIMD_FLOAT_MULTIPLY,
    CLASS_SIMD_FLOAT_MULTIPLY_ACCUMULATE,
    CLASS_SIMD_INTEGER,
    CLASS_SIMD_LOAD,
    CLASS_SIMD_MULTIPLY,
    CLASS_SIMD_MULTIPLY_ACCUMULATE,
    CLASS_SIMD_PERMUTE,
    CLASS_SIMD_SHIFT,
    CLASS_SIMD_STORE,
    CLASS_STORE,
    CLASS_STORE_MULTIPLE,
    CLASS_SYSTEM,
)

Value = TypeVar("Value")


def first(rules: dict[str, Value], name: str, otherwise: Value) -> Value:
    """Return the value of the first pattern that a name matches."""
    return next((value for pattern, value in rules.items() if re.fullmatch(pattern, name)), otherwise)


CLASSES = {
    r"barrier": CLASS_BARRIER,
    r"hint|branches\.it|system\.(no_operation|wait_.*|send_event)": CLASS_HINT,
    r"branches\..*|subs_pc_lr\..*": CLASS_BRANCH,
    r"coprocessor\..*": CLASS_COPROCESSOR,
    r"data_processing\.(mov|lsl|lsr|asr|ror|rrx).*": CLASS_MOVE,
    r"moves_and_bitfields\.move_.*": CLASS_MOVE,
    r"register_shifted\.(lsl|lsr|asr|ror)_register": CLASS_MOVE_REGISTER_SHIFT,
    r"register_shifted\..*": CLASS_ALU_REGISTER_SHIFT,
    r"moves_and_bitfields\.(bit_field|signed|unsigned)_.*|media\.[su]xt[bh](16)?": CLASS_BIT_FIELD,
    r"media\.[su]xta.*": CLASS_EXTEND_ADD,
    r"media\.usada?8": CLASS_MULTIPLY_HALF,
    r"parallel\.[su](add|sub|asx|sax).*|media\.select_bytes|saturating\.[su]sat16": CLASS_PARALLEL,
    r"parallel\..*|saturating\.q(add|sub)": CLASS_PARALLEL_SATURATING,
    r"saturating\..*": CLASS_SATURATE,
    r"data_processing\..*|moves_and_bitfields\..*|media\..*": CLASS_ALU,
    r"multiply\.(smlal_halves|smlald|smlsld)": CLASS_MULTIPLY_HALF_LONG,
    r"multiply\.(umaal|[us]m(ul|la)l)": CLASS_MULTIPLY_LONG,
    r"multiply\.(multiply.*|smm.*)": CLASS_MULTIPLY,
    r"multiply\..*": CLASS_MULTIPLY_HALF,
    r"load_store_(dual|multiple)\.load_.*|exclusive\.load_doubleword.*": CLASS_LOAD_MULTIPLE,
    r"load_store_(dual|multiple)\.store_.*|exclusive\.store_doubleword.*": CLASS_STORE_MULTIPLE,
    r"(load_store|exclusive)\.(load|swap|preload).*": CLASS_LOAD,
    r"(load_store|exclusive)\.store_.*": CLASS_STORE,
    r"system\.return_from_exception": CLASS_LOAD_MULTIPLE,
    r"system\.store_return_state": CLASS_STORE_MULTIPLE,
    r"system\.move_.*": CLASS_MOVE,
    r"system\.(supervisor_call|breakpoint|secure_monitor_call|permanently_undefined)": CLASS_EXCEPTION,
    r"system\..*|exclusive\.clear_exclusive": CLASS_SYSTEM,
    r"vfp\.v(add|sub)_.*": CLASS_FP_ADD,
    r"vfp\.vn?mul_f32": CLASS_FP_MULTIPLY,
    r"vfp\.vn?mul_f64": CLASS_FP_MULTIPLY_DOUBLE,
    r"vfp\.vn?ml[as]_f32": CLASS_FP_MULTIPLY_ACCUMULATE,
    r"vfp\.vn?ml[as]_f64": CLASS_FP_MULTIPLY_ACCUMULATE_DOUBLE,
    r"vfp\.vdiv_f32": CLASS_FP_DIVIDE,
    r"vfp\.vdiv_f64": CLASS_FP_DIVIDE_DOUBLE,
    r"vfp\.vsqrt_f32": CLASS_FP_SQRT,
    r"vfp\.vsqrt_f64": CLASS_FP_SQRT_DOUBLE,
    r"vfp\..*": CLASS_FP_MOVE,
    r"vfp_convert\.vcmp.*": CLASS_FP_COMPARE,
    r"vfp_convert\..*": CLASS_FP_CONVERT,
    r"vfp_transfer\.vldr.*": CLASS_FP_LOAD,
    r"vfp_transfer\.vstr.*": CLASS_FP_STORE,
    r"vfp_transfer\.vldm.*": CLASS_FP_LOAD_MULTIPLE,
    r"vfp_transfer\.vstm.*": CLASS_FP_STORE_MULTIPLE,
    r"vfp_transfer\..*|simd_permute\.vdup_register": CLASS_FP_TRANSFER,
    r"simd_load_store\.load_.*": CLASS_SIMD_LOAD,
    r"simd_load_store\.store_.*": CLASS_SIMD_STORE,
    r"simd_float\.(vml[as]|vrecps|vrsqrts)": CLASS_SIMD_FLOAT_MULTIPLY_ACCUMULATE,
    r"simd_float\.vmul": CLASS_SIMD_FLOAT_MULTIPLY,
    r"simd_float\..*": CLASS_SIMD_FLOAT_ADD,
    r"simd_\w+\.v(qd)?ml[as]l?": CLASS_SIMD_MULTIPLY_ACCUMULATE,
    r"simd_\w+\.v(mull?|qr?dmul[hl])(_polynomial|l)?": CLASS_SIMD_MULTIPLY,
    r"simd_shift\..*|simd_three_same\.vq?r?shl": CLASS_SIMD_SHIFT,
    r"simd_permute\.v(rev|swp|trn|uzp|zip|dup|ext|tbl|tbx)": CLASS_SIMD_PERMUTE,
    r"simd_\w+\..*": CLASS_SIMD_INTEGER,
}

ACCESSES = {
    r"load_store\.preload": ACCESS_PRELOAD,
    r"exclusive\.load_.*": ACCESS_LOAD_EXCLUSIVE,
    r"exclusive\.store_.*": ACCESS_STORE_EXCLUSIVE,
    r"exclusive\.swap_.*": ACCESS_SWAP,
    r"\w*load_store\w*\.load_.*|vfp_transfer\.vld.*|system\.return_.*|branches\.tbb": ACCESS_LOAD,
    r"\w*load_store\w*\.store_.*|vfp_transfer\.vst.*|system\.store_.*": ACCESS_STORE,
}

BRANCHES = {
    r"branches\.(b|cbz)": BRANCH_DIRECT,
    r"branches\.(bl|blx_immediate)": BRANCH_DIRECT_CALL,
    r"branches\.blx_register": BRANCH_INDIRECT_CALL,
    r"subs_pc_lr\..*|system\.return_from_exception|.*\.load_multiple_return": BRANCH_EXCEPTION_RETURN,
}

RETURNS = {
    r"branches\.bx|data_processing\.mov_register": ("m", 14),
    r"load_store\.load_word.*|load_store_multiple\.load_multiple": ("n", 13),
}
"""Which branches return from a call: those that the return stack of DDI 0388, "Return stack predictions", pops."""
