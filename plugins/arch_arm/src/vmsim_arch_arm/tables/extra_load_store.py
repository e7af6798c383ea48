"""Loads and stores of halfwords, signed bytes and two words, in ARM state (A5.2.8 and A5.2.9)."""

from vmsim_arch_arm.engine.table import Row

_OFFSET = "---- 0001 -10- ---- ---- ---- ---- ----"
_UNPRIVILEGED = "---- 0000 --1- ---- ---- ---- ---- ----"
_PC_BASE = "---- ---- -1-- 1111 ---- ---- ---- ----"
_IMMEDIATE = "load_store.decode_immediate"
_IMMEDIATE_OFFSET = "load_store.decode_immediate_offset"
_LITERAL = "load_store.decode_literal"
_REGISTER = "load_store.decode_register"

_WRITEBACK = "(not P or W)"
_PAIR = "(t + 1 == 15 or (not P or W) and (n == 15 or n == t or n == t + 1))"

ARM = [
    Row("cccc 000P U0W0 nnnn tttt ---- 1011 mmmm", "STRH (register)", "A8.8.218 A1",
        "load_store.store_halfword", _REGISTER, "store", (_UNPRIVILEGED,),
        f"t == 15 or m == 15 or {_WRITEBACK} and (n == 15 or n == t)"),
    Row("cccc 000P U0W1 nnnn tttt ---- 1011 mmmm", "LDRH (register)", "A8.8.82 A1",
        "load_store.load_halfword", _REGISTER, "load", (_UNPRIVILEGED,),
        f"t == 15 or m == 15 or {_WRITEBACK} and (n == 15 or n == t)"),
    Row("cccc 0001 U100 nnnn tttt iiii 1011 iiii", "STRH (immediate, ARM), offset", "A8.8.217 A1",
        "load_store.store_halfword_immediate", _IMMEDIATE_OFFSET, "store", (), "t == 15"),
    Row("cccc 000P U1W0 nnnn tttt iiii 1011 iiii", "STRH (immediate, ARM), indexed", "A8.8.217 A1",
        "load_store.store_halfword", _IMMEDIATE, "store", (_OFFSET, _UNPRIVILEGED), "t == 15 or n == 15 or n == t"),
    Row("cccc 0001 U101 nnnn tttt iiii 1011 iiii", "LDRH (immediate, ARM), offset", "A8.8.80 A1",
        "load_store.load_halfword_immediate", _IMMEDIATE_OFFSET, "load", (_PC_BASE,), "t == 15"),
    Row("cccc 000P U1W1 nnnn tttt iiii 1011 iiii", "LDRH (immediate, ARM), indexed", "A8.8.80 A1",
        "load_store.load_halfword", _IMMEDIATE, "load", (_OFFSET, _UNPRIVILEGED, _PC_BASE), "t == 15 or n == t"),
    Row("cccc 000P U1W1 1111 tttt iiii 1011 iiii", "LDRH (literal)", "A8.8.81 A1",
        "load_store.load_halfword", _LITERAL, "load", (_UNPRIVILEGED,), "t == 15 or not P or W"),
    Row("cccc 000P U0W0 nnnn tttt ---- 1101 mmmm", "LDRD (register)", "A8.8.74 A1",
        "load_store_dual.load_dual", "load_store_dual.decode_dual_register", "load", (_UNPRIVILEGED,),
        f"m == 15 or m == t or m == t + 1 or {_PAIR}"),
    Row("cccc 000P U0W1 nnnn tttt ---- 1101 mmmm", "LDRSB (register)", "A8.8.86 A1",
        "load_store.load_signed_byte", _REGISTER, "load", (_UNPRIVILEGED,),
        f"t == 15 or m == 15 or {_WRITEBACK} and (n == 15 or n == t)"),
    Row("cccc 000P U1W0 nnnn tttt iiii 1101 iiii", "LDRD (immediate)", "A8.8.72 A1",
        "load_store_dual.load_dual", "load_store_dual.decode_dual_immediate", "load", (_UNPRIVILEGED, _PC_BASE), _PAIR),
    Row("cccc 000P U1W0 1111 tttt iiii 1101 iiii", "LDRD (literal)", "A8.8.73 A1",
        "load_store_dual.load_dual", "load_store_dual.decode_dual_literal", "load", (_UNPRIVILEGED,),
        "t + 1 == 15 or not P or W"),
    Row("cccc 000P U1W1 nnnn tttt iiii 1101 iiii", "LDRSB (immediate)", "A8.8.84 A1",
        "load_store.load_signed_byte", _IMMEDIATE, "load", (_UNPRIVILEGED, _PC_BASE),
        f"t == 15 or {_WRITEBACK} and n == t"),
    Row("cccc 000P U1W1 1111 tttt iiii 1101 iiii", "LDRSB (literal)", "A8.8.85 A1",
        "load_store.load_signed_byte", _LITERAL, "load", (_UNPRIVILEGED,), "t == 15 or not P or W"),
    Row("cccc 000P U0W0 nnnn tttt ---- 1111 mmmm", "STRD (register)", "A8.8.211 A1",
        "load_store_dual.store_dual", "load_store_dual.decode_dual_register", "store", (_UNPRIVILEGED,),
        f"m == 15 or {_PAIR}"),
    Row("cccc 000P U0W1 nnnn tttt ---- 1111 mmmm", "LDRSH (register)", "A8.8.90 A1",
        "load_store.load_signed_halfword", _REGISTER, "load", (_UNPRIVILEGED,),
        f"t == 15 or m == 15 or {_WRITEBACK} and (n == 15 or n == t)"),
    Row("cccc 000P U1W0 nnnn tttt iiii 1111 iiii", "STRD (immediate)", "A8.8.210 A1",
        "load_store_dual.store_dual", "load_store_dual.decode_dual_immediate", "store", (_UNPRIVILEGED,), _PAIR),
    Row("cccc 000P U1W1 nnnn tttt iiii 1111 iiii", "LDRSH (immediate)", "A8.8.88 A1",
        "load_store.load_signed_halfword", _IMMEDIATE, "load", (_UNPRIVILEGED, _PC_BASE),
        f"t == 15 or {_WRITEBACK} and n == t"),
    Row("cccc 000P U1W1 1111 tttt iiii 1111 iiii", "LDRSH (literal)", "A8.8.89 A1",
        "load_store.load_signed_halfword", _LITERAL, "load", (_UNPRIVILEGED,), "t == 15 or not P or W"),
    # A5.2.9: unprivileged
    Row("cccc 0000 U110 nnnn tttt iiii 1011 iiii", "STRHT", "A8.8.219 A1",
        "load_store.store_halfword_unprivileged", _IMMEDIATE, "store", (), "t == 15 or n == 15 or n == t"),
    Row("cccc 0000 U010 nnnn tttt ---- 1011 mmmm", "STRHT", "A8.8.219 A2",
        "load_store.store_halfword_unprivileged", _REGISTER, "store", (), "t == 15 or n == 15 or n == t or m == 15"),
    Row("cccc 0000 U111 nnnn tttt iiii 1011 iiii", "LDRHT", "A8.8.83 A1",
        "load_store.load_halfword_unprivileged", _IMMEDIATE, "load", (), "t == 15 or n == 15 or n == t"),
    Row("cccc 0000 U011 nnnn tttt ---- 1011 mmmm", "LDRHT", "A8.8.83 A2",
        "load_store.load_halfword_unprivileged", _REGISTER, "load", (), "t == 15 or n == 15 or n == t or m == 15"),
    Row("cccc 0000 U111 nnnn tttt iiii 1101 iiii", "LDRSBT", "A8.8.87 A1",
        "load_store.load_signed_byte_unprivileged", _IMMEDIATE, "load", (), "t == 15 or n == 15 or n == t"),
    Row("cccc 0000 U011 nnnn tttt ---- 1101 mmmm", "LDRSBT", "A8.8.87 A2",
        "load_store.load_signed_byte_unprivileged", _REGISTER, "load", (), "t == 15 or n == 15 or n == t or m == 15"),
    Row("cccc 0000 U111 nnnn tttt iiii 1111 iiii", "LDRSHT", "A8.8.91 A1",
        "load_store.load_signed_halfword_unprivileged", _IMMEDIATE, "load", (), "t == 15 or n == 15 or n == t"),
    Row("cccc 0000 U011 nnnn tttt ---- 1111 mmmm", "LDRSHT", "A8.8.91 A2",
        "load_store.load_signed_halfword_unprivileged", _REGISTER, "load", (),
        "t == 15 or n == 15 or n == t or m == 15"),
]  # fmt: skip
