"""Synchronization primitives (A5.2.10, A6.3.6, A8.8.32).

Bits that the manual writes as (0) and (1) are fixed here, except those of SWP: other words are UNPREDICTABLE, and
undefined on Unicorn as well.
"""

from vmsim_arch_arm.engine.table import Row

_PC = "t == 15 or n == 15"
_RESULT = "d == 15 or d == n or d == t"
_T_BANNED = "t == 13 or t == 15 or n == 15"
_D_BANNED = "d == 13 or d == 15 or d == n or d == t"

ARM = [
    Row("cccc 0001 0000 nnnn tttt ---- 1001 uuuu", "SWP", "A8.8.229 A1", "exclusive.swap_word", "", "store", (),
        "t == 15 or u == 15 or n == 15 or n == t or n == u"),
    Row("cccc 0001 0100 nnnn tttt ---- 1001 uuuu", "SWPB", "A8.8.229 A1", "exclusive.swap_byte", "", "store", (),
        "t == 15 or u == 15 or n == 15 or n == t or n == u"),
    Row("cccc 0001 1000 nnnn dddd 1111 1001 tttt", "STREX", "A8.8.212 A1",
        "exclusive.store_word_exclusive", "", "store", (), f"{_PC} or {_RESULT}"),
    Row("cccc 0001 1001 nnnn tttt 1111 1001 1111", "LDREX", "A8.8.75 A1", "exclusive.load_word_exclusive", "", "load",
        (), _PC),
    Row("cccc 0001 1010 nnnn dddd 1111 1001 tttt", "STREXD", "A8.8.214 A1",
        "exclusive.store_doubleword_exclusive", "exclusive.decode_pair", "store", (),
        f"t == 14 or {_PC} or {_RESULT} or d == t + 1"),
    Row("cccc 0001 1011 nnnn tttt 1111 1001 1111", "LDREXD", "A8.8.77 A1",
        "exclusive.load_doubleword_exclusive", "exclusive.decode_pair", "load", (), f"t == 14 or {_PC}"),
    Row("cccc 0001 1100 nnnn dddd 1111 1001 tttt", "STREXB", "A8.8.213 A1",
        "exclusive.store_byte_exclusive", "", "store", (), f"{_PC} or {_RESULT}"),
    Row("cccc 0001 1101 nnnn tttt 1111 1001 1111", "LDREXB", "A8.8.76 A1", "exclusive.load_byte_exclusive", "", "load",
        (), _PC),
    Row("cccc 0001 1110 nnnn dddd 1111 1001 tttt", "STREXH", "A8.8.215 A1",
        "exclusive.store_halfword_exclusive", "", "store", (), f"{_PC} or {_RESULT}"),
    Row("cccc 0001 1111 nnnn tttt 1111 1001 1111", "LDREXH", "A8.8.78 A1",
        "exclusive.load_halfword_exclusive", "", "load", (), _PC),
    Row("1111 0101 0111 1111 1111 0000 0001 1111", "CLREX", "A8.8.32 A1", "exclusive.clear_exclusive", "", "system"),
]  # fmt: skip

THUMB32 = [
    Row("1110 1000 0100 nnnn tttt dddd iiii iiii", "STREX", "A8.8.212 T1",
        "exclusive.store_word_exclusive", "exclusive.decode_words_exclusive", "store", (),
        f"{_T_BANNED} or {_D_BANNED}"),
    Row("1110 1000 0101 nnnn tttt 1111 iiii iiii", "LDREX", "A8.8.75 T1",
        "exclusive.load_word_exclusive", "exclusive.decode_words_exclusive", "load", (), _T_BANNED),
    Row("1110 1000 1100 nnnn tttt 1111 0100 dddd", "STREXB", "A8.8.213 T1",
        "exclusive.store_byte_exclusive", "", "store", (), f"{_T_BANNED} or {_D_BANNED}"),
    Row("1110 1000 1100 nnnn tttt 1111 0101 dddd", "STREXH", "A8.8.215 T1",
        "exclusive.store_halfword_exclusive", "", "store", (), f"{_T_BANNED} or {_D_BANNED}"),
    Row("1110 1000 1100 nnnn tttt uuuu 0111 dddd", "STREXD", "A8.8.214 T1",
        "exclusive.store_doubleword_exclusive", "", "store", (),
        f"{_T_BANNED} or u == 13 or u == 15 or {_D_BANNED} or d == u"),
    Row("1110 1000 1101 nnnn tttt 1111 0100 1111", "LDREXB", "A8.8.76 T1",
        "exclusive.load_byte_exclusive", "", "load", (), _T_BANNED),
    Row("1110 1000 1101 nnnn tttt 1111 0101 1111", "LDREXH", "A8.8.78 T1",
        "exclusive.load_halfword_exclusive", "", "load", (), _T_BANNED),
    Row("1110 1000 1101 nnnn tttt uuuu 0111 1111", "LDREXD", "A8.8.77 T1",
        "exclusive.load_doubleword_exclusive", "", "load", (), f"{_T_BANNED} or u == 13 or u == 15 or t == u"),
    Row("1111 0011 1011 1111 1000 1111 0010 1111", "CLREX", "A8.8.32 T1", "exclusive.clear_exclusive", "", "system"),
]  # fmt: skip
