"""Loads and stores of several registers, and of two in Thumb state (A5.5, A6.2, A6.3.5, A6.3.6 and B9.3)."""

from vmsim_arch_arm.engine.table import Row

_DECODE = "load_store_multiple.decode_multiple"
_LOAD = "load_store_multiple.load_multiple"
_STORE = "load_store_multiple.store_multiple"

_EMPTY = "n == 15 or r == 0"
_LOADED_BASE = f"{_EMPTY} or W and r >> n & 1"
_STORED_BASE = f"{_EMPTY} or W and r >> n & 1 and r & (1 << n) - 1"
"""The manual: what is stored of a base that is written back, and not the first one, is UNKNOWN."""
_FEW = "n == 15 or r & r - 1 == 0 or r >> 13 & 1 or W and r >> n & 1"
"""Thumb: the stack pointer is not in the list, there are two registers at least."""

ARM = [
    Row("cccc 1000 00W0 nnnn rrrr rrrr rrrr rrrr", "STMDA (STMED)", "A8.8.200 A1", _STORE, _DECODE, "store", (),
        _STORED_BASE),
    Row("cccc 1000 00W1 nnnn rrrr rrrr rrrr rrrr", "LDMDA/LDMFA", "A8.8.59 A1",
        _LOAD, _DECODE, "load", (), _LOADED_BASE),
    Row("cccc 1000 10W0 nnnn rrrr rrrr rrrr rrrr", "STM (STMIA, STMEA)", "A8.8.199 A1", _STORE, _DECODE, "store", (),
        _STORED_BASE),
    Row("cccc 1000 10W1 nnnn rrrr rrrr rrrr rrrr", "LDM/LDMIA/LDMFD (ARM), POP", "A8.8.58 A1, A8.8.132 A1",
        _LOAD, _DECODE, "load", (), _LOADED_BASE),
    Row("cccc 1001 00W0 nnnn rrrr rrrr rrrr rrrr", "STMDB (STMFD), PUSH", "A8.8.201 A1, A8.8.133 A1",
        _STORE, _DECODE, "store", (), _STORED_BASE),
    Row("cccc 1001 00W1 nnnn rrrr rrrr rrrr rrrr", "LDMDB/LDMEA", "A8.8.60 A1",
        _LOAD, _DECODE, "load", (), _LOADED_BASE),
    Row("cccc 1001 10W0 nnnn rrrr rrrr rrrr rrrr", "STMIB (STMFA)", "A8.8.202 A1", _STORE, _DECODE, "store", (),
        _STORED_BASE),
    Row("cccc 1001 10W1 nnnn rrrr rrrr rrrr rrrr", "LDMIB/LDMED", "A8.8.61 A1",
        _LOAD, _DECODE, "load", (), _LOADED_BASE),
    Row("cccc 100P U1-0 nnnn rrrr rrrr rrrr rrrr", "STM (User registers)", "B9.3.17 A1",
        "load_store_multiple.store_multiple_user", _DECODE, "store", (), _EMPTY),
    Row("cccc 100P U1-1 nnnn 0rrr rrrr rrrr rrrr", "LDM (User registers)", "B9.3.6 A1",
        "load_store_multiple.load_multiple_user", _DECODE, "load", (), _EMPTY),
    Row("cccc 100P U1W1 nnnn 1rrr rrrr rrrr rrrr", "LDM (exception return)", "B9.3.5 A1",
        "load_store_multiple.load_multiple_return", "load_store_multiple.decode_return", "load", (),
        "n == 15 or W and r >> n & 1"),
]  # fmt: skip

THUMB16 = [
    Row("1011 010r rrrr rrrr", "PUSH", "A8.8.133 T1", _STORE, "load_store_multiple.decode_push", "store", (), "r == 0"),
    Row("1011 110r rrrr rrrr", "POP (Thumb)", "A8.8.131 T1", _LOAD, "load_store_multiple.decode_pop", "load", (),
        "r == 0"),
    Row("1100 0nnn rrrr rrrr", "STM (STMIA, STMEA)", "A8.8.199 T1",
        _STORE, "load_store_multiple.decode_store_thumb16", "store", (), "r == 0 or r >> n & 1 and r & (1 << n) - 1"),
    Row("1100 1nnn rrrr rrrr", "LDM/LDMIA/LDMFD (Thumb)", "A8.8.57 T1",
        _LOAD, "load_store_multiple.decode_load_thumb16", "load", (), "r == 0"),
]  # fmt: skip

_NOT_DUAL = "---- ---0 --0- ---- ---- ---- ---- ----"
"""P and W clear: exclusives and table branches."""
_PC_BASE = "---- ---- ---- 1111 ---- ---- ---- ----"
_PAIR = "t == 13 or t == 15 or u == 13 or u == 15"

THUMB32 = [
    # A6.3.5: load/store multiple
    Row("1110 1000 10W0 nnnn rrrr rrrr rrrr rrrr", "STM (STMIA, STMEA)", "A8.8.199 T2", _STORE, _DECODE, "store", (),
        f"{_FEW} or r >> 15"),
    Row("1110 1000 10W1 nnnn rrrr rrrr rrrr rrrr", "LDM/LDMIA/LDMFD (Thumb), POP", "A8.8.57 T2, A8.8.131 T2",
        _LOAD, _DECODE, "load", (), f"{_FEW} or r >> 14 == 3"),
    Row("1110 1001 00W0 nnnn rrrr rrrr rrrr rrrr", "STMDB (STMFD), PUSH", "A8.8.201 T1, A8.8.133 T2",
        _STORE, _DECODE, "store", (), f"{_FEW} or r >> 15"),
    Row("1110 1001 00W1 nnnn rrrr rrrr rrrr rrrr", "LDMDB/LDMEA", "A8.8.60 T1", _LOAD, _DECODE, "load", (),
        f"{_FEW} or r >> 14 == 3"),
    # A6.3.6: load/store dual
    Row("1110 100P U1W0 nnnn tttt uuuu iiii iiii", "STRD (immediate)", "A8.8.210 T1",
        "load_store_dual.store_dual", "load_store_dual.decode_dual_immediate_thumb", "store", (_NOT_DUAL,),
        f"n == 15 or {_PAIR} or W and (n == t or n == u)"),
    Row("1110 100P U1W1 nnnn tttt uuuu iiii iiii", "LDRD (immediate)", "A8.8.72 T1",
        "load_store_dual.load_dual", "load_store_dual.decode_dual_immediate_thumb", "load",
        (_NOT_DUAL, _PC_BASE), f"{_PAIR} or t == u or W and (n == t or n == u)"),
    Row("1110 100P U1W1 1111 tttt uuuu iiii iiii", "LDRD (literal)", "A8.8.73 T1",
        "load_store_dual.load_dual", "load_store_dual.decode_dual_literal_thumb", "load",
        (_NOT_DUAL,), f"{_PAIR} or t == u or W"),
]  # fmt: skip
