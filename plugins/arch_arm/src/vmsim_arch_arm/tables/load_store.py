"""Loads and stores of words and bytes, and memory hints (A5.3, A5.7.1, A6.2.4, A6.3.7, A6.3.9 and A6.3.10).

Where the manual has one encoding with P, U and W, offset addressing without writeback has a row of its own: it has the
short semantic function. Bits that the manual writes as (1) are fixed in the hints: other words are UNPREDICTABLE, and
undefined on Unicorn as well.
"""

from vmsim_arch_arm.engine.table import Row

_OFFSET = "---- 0101 --0- ---- ---- ---- ---- ----"
_OFFSET_REGISTER = "---- 0111 --0- ---- ---- ---- ---- ----"
_UNPRIVILEGED = "---- 01-0 --1- ---- ---- ---- ---- ----"
_PC_BASE = "---- ---- ---- 1111 ---- ---- ---- ----"
_IMMEDIATE = "load_store.decode_immediate"
_IMMEDIATE_OFFSET = "load_store.decode_immediate_offset"
_LITERAL = "load_store.decode_literal"
_REGISTER = "load_store.decode_register"
_REGISTER_OFFSET = "load_store.decode_register_offset"

ARM = [
    # A5.3: load/store word and unsigned byte
    Row("cccc 0101 U000 nnnn tttt iiii iiii iiii", "STR (immediate, ARM), offset", "A8.8.204 A1",
        "load_store.store_word_immediate", _IMMEDIATE_OFFSET, "store"),
    Row("cccc 010P U0W0 nnnn tttt iiii iiii iiii", "STR (immediate, ARM), indexed", "A8.8.204 A1",
        "load_store.store_word", _IMMEDIATE, "store", (_OFFSET, _UNPRIVILEGED), "n == 15 or n == t"),
    Row("cccc 0111 U000 nnnn tttt hhhh hyy0 mmmm", "STR (register), offset", "A8.8.205 A1",
        "load_store.store_word_register", _REGISTER_OFFSET, "store", (), "m == 15"),
    Row("cccc 011P U0W0 nnnn tttt hhhh hyy0 mmmm", "STR (register), indexed", "A8.8.205 A1",
        "load_store.store_word", _REGISTER, "store", (_OFFSET_REGISTER, _UNPRIVILEGED),
        "m == 15 or n == 15 or n == t"),
    Row("cccc 0100 U010 nnnn tttt iiii iiii iiii", "STRT", "A8.8.220 A1",
        "load_store.store_word_unprivileged", _IMMEDIATE, "store", (), "n == 15 or n == t"),
    Row("cccc 0110 U010 nnnn tttt hhhh hyy0 mmmm", "STRT", "A8.8.220 A2",
        "load_store.store_word_unprivileged", _REGISTER, "store", (), "m == 15 or n == 15 or n == t"),
    Row("cccc 0101 U001 nnnn tttt iiii iiii iiii", "LDR (immediate, ARM), offset", "A8.8.63 A1",
        "load_store.load_word_immediate", _IMMEDIATE_OFFSET, "load", (_PC_BASE,)),
    Row("cccc 010P U0W1 nnnn tttt iiii iiii iiii", "LDR (immediate, ARM), indexed", "A8.8.63 A1",
        "load_store.load_word", _IMMEDIATE, "load", (_OFFSET, _UNPRIVILEGED, _PC_BASE), "n == t"),
    Row("cccc 010P U0W1 1111 tttt iiii iiii iiii", "LDR (literal)", "A8.8.64 A1",
        "load_store.load_word_literal", _LITERAL, "load", (_UNPRIVILEGED,), "not P or W"),
    Row("cccc 0111 U001 nnnn tttt hhhh hyy0 mmmm", "LDR (register, ARM), offset", "A8.8.66 A1",
        "load_store.load_word_register", _REGISTER_OFFSET, "load", (), "m == 15"),
    Row("cccc 011P U0W1 nnnn tttt hhhh hyy0 mmmm", "LDR (register, ARM), indexed", "A8.8.66 A1",
        "load_store.load_word", _REGISTER, "load", (_OFFSET_REGISTER, _UNPRIVILEGED), "m == 15 or n == 15 or n == t"),
    Row("cccc 0100 U011 nnnn tttt iiii iiii iiii", "LDRT", "A8.8.92 A1",
        "load_store.load_word_unprivileged", _IMMEDIATE, "load", (), "t == 15 or n == 15 or n == t"),
    Row("cccc 0110 U011 nnnn tttt hhhh hyy0 mmmm", "LDRT", "A8.8.92 A2",
        "load_store.load_word_unprivileged", _REGISTER, "load", (), "t == 15 or n == 15 or n == t or m == 15"),
    Row("cccc 0101 U100 nnnn tttt iiii iiii iiii", "STRB (immediate, ARM), offset", "A8.8.207 A1",
        "load_store.store_byte_immediate", _IMMEDIATE_OFFSET, "store", (), "t == 15"),
    Row("cccc 010P U1W0 nnnn tttt iiii iiii iiii", "STRB (immediate, ARM), indexed", "A8.8.207 A1",
        "load_store.store_byte", _IMMEDIATE, "store", (_OFFSET, _UNPRIVILEGED), "t == 15 or n == 15 or n == t"),
    Row("cccc 0111 U100 nnnn tttt hhhh hyy0 mmmm", "STRB (register), offset", "A8.8.208 A1",
        "load_store.store_byte_register", _REGISTER_OFFSET, "store", (), "t == 15 or m == 15"),
    Row("cccc 011P U1W0 nnnn tttt hhhh hyy0 mmmm", "STRB (register), indexed", "A8.8.208 A1",
        "load_store.store_byte", _REGISTER, "store", (_OFFSET_REGISTER, _UNPRIVILEGED),
        "t == 15 or m == 15 or n == 15 or n == t"),
    Row("cccc 0100 U110 nnnn tttt iiii iiii iiii", "STRBT", "A8.8.209 A1",
        "load_store.store_byte_unprivileged", _IMMEDIATE, "store", (), "t == 15 or n == 15 or n == t"),
    Row("cccc 0110 U110 nnnn tttt hhhh hyy0 mmmm", "STRBT", "A8.8.209 A2",
        "load_store.store_byte_unprivileged", _REGISTER, "store", (), "t == 15 or n == 15 or n == t or m == 15"),
    Row("cccc 0101 U101 nnnn tttt iiii iiii iiii", "LDRB (immediate, ARM), offset", "A8.8.68 A1",
        "load_store.load_byte_immediate", _IMMEDIATE_OFFSET, "load", (_PC_BASE,), "t == 15"),
    Row("cccc 010P U1W1 nnnn tttt iiii iiii iiii", "LDRB (immediate, ARM), indexed", "A8.8.68 A1",
        "load_store.load_byte", _IMMEDIATE, "load", (_OFFSET, _UNPRIVILEGED, _PC_BASE), "t == 15 or n == t"),
    Row("cccc 010P U1W1 1111 tttt iiii iiii iiii", "LDRB (literal)", "A8.8.69 A1",
        "load_store.load_byte", _LITERAL, "load", (_UNPRIVILEGED,), "t == 15 or not P or W"),
    Row("cccc 0111 U101 nnnn tttt hhhh hyy0 mmmm", "LDRB (register), offset", "A8.8.70 A1",
        "load_store.load_byte_register", _REGISTER_OFFSET, "load", (), "t == 15 or m == 15"),
    Row("cccc 011P U1W1 nnnn tttt hhhh hyy0 mmmm", "LDRB (register), indexed", "A8.8.70 A1",
        "load_store.load_byte", _REGISTER, "load", (_OFFSET_REGISTER, _UNPRIVILEGED),
        "t == 15 or m == 15 or n == 15 or n == t"),
    Row("cccc 0100 U111 nnnn tttt iiii iiii iiii", "LDRBT", "A8.8.71 A1",
        "load_store.load_byte_unprivileged", _IMMEDIATE, "load", (), "t == 15 or n == 15 or n == t"),
    Row("cccc 0110 U111 nnnn tttt hhhh hyy0 mmmm", "LDRBT", "A8.8.71 A2",
        "load_store.load_byte_unprivileged", _REGISTER, "load", (), "t == 15 or n == 15 or n == t or m == 15"),
    # A5.7.1: memory hints
    Row("1111 0100 -001 ---- ---- ---- ---- ----", "Unallocated memory hint", "A5.7.1",
        "load_store.preload", "", "hint"),
    Row("1111 0100 U101 nnnn 1111 iiii iiii iiii", "PLI (immediate, literal)", "A8.8.129 A1",
        "load_store.preload", "", "hint"),
    Row("1111 0101 UW01 nnnn 1111 iiii iiii iiii", "PLD, PLDW (immediate)", "A8.8.126 A1",
        "load_store.preload", "", "hint", (_PC_BASE,)),
    Row("1111 0101 U101 1111 1111 iiii iiii iiii", "PLD (literal)", "A8.8.127 A1", "load_store.preload", "", "hint"),
    Row("1111 0110 -001 ---- ---- ---- ---0 ----", "Unallocated memory hint", "A5.7.1",
        "load_store.preload", "", "hint"),
    Row("1111 0110 U101 nnnn 1111 hhhh hyy0 mmmm", "PLI (register)", "A8.8.130 A1",
        "load_store.preload", "", "hint", (), "m == 15"),
    Row("1111 0111 UW01 nnnn 1111 hhhh hyy0 mmmm", "PLD, PLDW (register)", "A8.8.128 A1",
        "load_store.preload", "", "hint", (), "m == 15 or n == 15 and not W"),
]  # fmt: skip

THUMB16 = [
    Row("0100 1ttt iiii iiii", "LDR (literal)", "A8.8.64 T1",
        "load_store.load_word_literal", "load_store.decode_words", "load"),
    # A6.2.4: load/store single data item
    Row("0101 000m mmnn nttt", "STR (register)", "A8.8.205 T1",
        "load_store.store_word_register", "load_store.decode_register_thumb", "store"),
    Row("0101 001m mmnn nttt", "STRH (register)", "A8.8.218 T1",
        "load_store.store_halfword_register", "load_store.decode_register_thumb", "store"),
    Row("0101 010m mmnn nttt", "STRB (register)", "A8.8.208 T1",
        "load_store.store_byte_register", "load_store.decode_register_thumb", "store"),
    Row("0101 011m mmnn nttt", "LDRSB (register)", "A8.8.86 T1",
        "load_store.load_signed_byte", "load_store.decode_register_thumb", "load"),
    Row("0101 100m mmnn nttt", "LDR (register, Thumb)", "A8.8.65 T1",
        "load_store.load_word_register", "load_store.decode_register_thumb", "load"),
    Row("0101 101m mmnn nttt", "LDRH (register)", "A8.8.82 T1",
        "load_store.load_halfword_register", "load_store.decode_register_thumb", "load"),
    Row("0101 110m mmnn nttt", "LDRB (register)", "A8.8.70 T1",
        "load_store.load_byte_register", "load_store.decode_register_thumb", "load"),
    Row("0101 111m mmnn nttt", "LDRSH (register)", "A8.8.90 T1",
        "load_store.load_signed_halfword", "load_store.decode_register_thumb", "load"),
    Row("0110 0iii iinn nttt", "STR (immediate, Thumb)", "A8.8.203 T1",
        "load_store.store_word_immediate", "load_store.decode_words", "store"),
    Row("0110 1iii iinn nttt", "LDR (immediate, Thumb)", "A8.8.62 T1",
        "load_store.load_word_immediate", "load_store.decode_words", "load"),
    Row("0111 0iii iinn nttt", "STRB (immediate, Thumb)", "A8.8.206 T1",
        "load_store.store_byte_immediate", "", "store"),
    Row("0111 1iii iinn nttt", "LDRB (immediate, Thumb)", "A8.8.67 T1",
        "load_store.load_byte_immediate", "", "load"),
    Row("1000 0iii iinn nttt", "STRH (immediate, Thumb)", "A8.8.216 T1",
        "load_store.store_halfword_immediate", "load_store.decode_halfwords", "store"),
    Row("1000 1iii iinn nttt", "LDRH (immediate, Thumb)", "A8.8.79 T1",
        "load_store.load_halfword_immediate", "load_store.decode_halfwords", "load"),
    Row("1001 0ttt iiii iiii", "STR (immediate, Thumb)", "A8.8.203 T2",
        "load_store.store_word_immediate", "load_store.decode_words_sp", "store"),
    Row("1001 1ttt iiii iiii", "LDR (immediate, Thumb)", "A8.8.62 T2",
        "load_store.load_word_immediate", "load_store.decode_words_sp", "load"),
]  # fmt: skip
