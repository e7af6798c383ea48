"""Data-processing encodings of the Thumb instruction set (A6.2.1 to A6.2.5, A6.3.1 to A6.3.4, A6.3.11 to A6.3.14).

The forms with SP that the manual describes for themselves (ADD (SP plus register), for example) do the same.
"""

from vmsim_arch_arm.engine.table import Row

# SP and PC can be operands of few 32-bit instructions: with any other the word is UNPREDICTABLE.
_D = "d in (13, 15)"
_DN = "{13, 15} & {d, n}"
_DM = "{13, 15} & {d, m}"
_NM = "{13, 15} & {n, m}"
_DNM = "{13, 15} & {d, n, m}"
_MOVE = "15 in (d, m) or (d == 13 and m == 13) or (S == 1 and 13 in (d, m))"
_ORR = "n == 13 or d in (13, 15)"
_SUM = "15 in (d, n) or (d == 13 and n != 13)"
_SUM_REGISTER = f"{_SUM} or m in (13, 15) or (d == 13 and (y != 0 or h > 3))"
_REVERSE = "{13, 15} & {d, m} or n != m"
_ZEROS = "i >> 8 in (1, 2, 3) and i & 0xFF == 0"
"""ThumbExpandImm() of a byte that is zero."""

# What is another row.
_NO_DESTINATION = ("---- ---- ---1 ---- ---- 1111 ---- ----",)
"""S with Rd 1111: the operation that only sets flags."""
_NO_FIRST_OPERAND = ("---- ---- ---- 1111 ---- ---- ---- ----",)
"""Rn is 1111: the operation without it, or ADR, or BFC."""
_NO_SHIFT = ("---- ---- ---- ---- -000 ---- 00-- ----",)
"""A shift by an immediate of 0: MOV or RRX."""

THUMB16 = [
    # A6.2.1 Shift (immediate), add, subtract, move, and compare
    Row("0000 0000 00mm mddd", "MOV (register, Thumb)", "A8.8.103 T2", "data_processing.mov_register",
        "operand_decoding.decode_thumb16"),
    Row("0000 0hhh hhmm mddd", "LSL (immediate)", "A8.8.94 T1", "data_processing.lsl_immediate",
        "operand_decoding.decode_thumb16", but=("0000 0000 00-- ----",)),
    Row("0000 1hhh hhmm mddd", "LSR (immediate)", "A8.8.96 T1", "data_processing.lsr_immediate",
        "operand_decoding.decode_thumb16_right_shift"),
    Row("0001 0hhh hhmm mddd", "ASR (immediate)", "A8.8.16 T1", "data_processing.asr_immediate",
        "operand_decoding.decode_thumb16_right_shift"),
    Row("0001 100m mmnn nddd", "ADD (register, Thumb)", "A8.8.6 T1", "data_processing.add_register",
        "operand_decoding.decode_thumb16"),
    Row("0001 101m mmnn nddd", "SUB (register)", "A8.8.223 T1", "data_processing.sub_register",
        "operand_decoding.decode_thumb16"),
    Row("0001 110i iinn nddd", "ADD (immediate, Thumb)", "A8.8.4 T1", "data_processing.add_immediate",
        "operand_decoding.decode_thumb16"),
    Row("0001 111i iinn nddd", "SUB (immediate, Thumb)", "A8.8.221 T1", "data_processing.sub_immediate",
        "operand_decoding.decode_thumb16"),
    Row("0010 0ddd iiii iiii", "MOV (immediate)", "A8.8.102 T1", "data_processing.mov_immediate",
        "operand_decoding.decode_thumb16"),
    Row("0010 1nnn iiii iiii", "CMP (immediate)", "A8.8.37 T1", "data_processing.cmp_immediate"),
    Row("0011 0DDD iiii iiii", "ADD (immediate, Thumb)", "A8.8.4 T2", "data_processing.add_immediate",
        "operand_decoding.decode_thumb16"),
    Row("0011 1DDD iiii iiii", "SUB (immediate, Thumb)", "A8.8.221 T2", "data_processing.sub_immediate",
        "operand_decoding.decode_thumb16"),
    # A6.2.2 Data-processing
    Row("0100 0000 00mm mDDD", "AND (register)", "A8.8.14 T1", "data_processing.and_register",
        "operand_decoding.decode_thumb16"),
    Row("0100 0000 01mm mDDD", "EOR (register)", "A8.8.47 T1", "data_processing.eor_register",
        "operand_decoding.decode_thumb16"),
    Row("0100 0000 10mm mDDD", "LSL (register)", "A8.8.95 T1", "register_shifted.lsl_register",
        "operand_decoding.decode_thumb16"),
    Row("0100 0000 11mm mDDD", "LSR (register)", "A8.8.97 T1", "register_shifted.lsr_register",
        "operand_decoding.decode_thumb16"),
    Row("0100 0001 00mm mDDD", "ASR (register)", "A8.8.17 T1", "register_shifted.asr_register",
        "operand_decoding.decode_thumb16"),
    Row("0100 0001 01mm mDDD", "ADC (register)", "A8.8.2 T1", "data_processing.adc_register",
        "operand_decoding.decode_thumb16"),
    Row("0100 0001 10mm mDDD", "SBC (register)", "A8.8.162 T1", "data_processing.sbc_register",
        "operand_decoding.decode_thumb16"),
    Row("0100 0001 11mm mDDD", "ROR (register)", "A8.8.150 T1", "register_shifted.ror_register",
        "operand_decoding.decode_thumb16"),
    Row("0100 0010 00mm mnnn", "TST (register)", "A8.8.241 T1", "data_processing.tst_register"),
    Row("0100 0010 01nn nddd", "RSB (immediate)", "A8.8.152 T1", "data_processing.rsb_immediate",
        "operand_decoding.decode_thumb16"),
    Row("0100 0010 10mm mnnn", "CMP (register)", "A8.8.38 T1", "data_processing.cmp_register"),
    Row("0100 0010 11mm mnnn", "CMN (register)", "A8.8.35 T1", "data_processing.cmn_register"),
    Row("0100 0011 00mm mDDD", "ORR (register)", "A8.8.123 T1", "data_processing.orr_register",
        "operand_decoding.decode_thumb16"),
    Row("0100 0011 10mm mDDD", "BIC (register)", "A8.8.22 T1", "data_processing.bic_register",
        "operand_decoding.decode_thumb16"),
    Row("0100 0011 11mm mddd", "MVN (register)", "A8.8.116 T1", "data_processing.mvn_register",
        "operand_decoding.decode_thumb16"),
    # A6.2.3 Special data instructions
    Row("0100 0100 Dmmm mDDD", "ADD (register, Thumb)", "A8.8.6 T2", "data_processing.add_register",
        unpredictable="D == 15 and m == 15"),
    Row("0100 0101 nmmm mnnn", "CMP (register)", "A8.8.38 T2", "data_processing.cmp_register",
        unpredictable="15 in (n, m) or (n < 8 and m < 8)"),
    Row("0100 0110 dmmm mddd", "MOV (register, Thumb)", "A8.8.103 T1", "data_processing.mov_register"),
    # A6.2 PC-relative and SP-relative addresses
    Row("1010 0ddd iiii iiii", "ADR", "A8.8.12 T1", "data_processing.adr", "operand_decoding.decode_thumb16_words"),
    Row("1010 1ddd iiii iiii", "ADD (SP plus immediate)", "A8.8.9 T1", "data_processing.add_immediate",
        "operand_decoding.decode_thumb16_sp"),
    # A6.2.5 Miscellaneous 16-bit instructions
    Row("1011 0000 0iii iiii", "ADD (SP plus immediate)", "A8.8.9 T2", "data_processing.add_immediate",
        "operand_decoding.decode_thumb16_to_sp"),
    Row("1011 0000 1iii iiii", "SUB (SP minus immediate)", "A8.8.225 T1", "data_processing.sub_immediate",
        "operand_decoding.decode_thumb16_to_sp"),
    Row("1011 1010 00mm mddd", "REV", "A8.8.145 T1", "moves_and_bitfields.reverse"),
    Row("1011 1010 01mm mddd", "REV16", "A8.8.146 T1", "moves_and_bitfields.reverse_halves"),
    Row("1011 1010 11mm mddd", "REVSH", "A8.8.147 T1", "moves_and_bitfields.reverse_signed_half"),
]  # fmt: skip

THUMB32 = [
    # A6.3.1 Data-processing (modified immediate)
    Row("1111 0i00 000S nnnn 0iii dddd iiii iiii", "AND (immediate)", "A8.8.13 T1", "data_processing.and_immediate",
        "operand_decoding.decode_thumb_immediate", but=_NO_DESTINATION, unpredictable=f"{_DN} or {_ZEROS}"),
    Row("1111 0i00 0001 nnnn 0iii 1111 iiii iiii", "TST (immediate)", "A8.8.240 T1", "data_processing.tst_immediate",
        "operand_decoding.decode_thumb_immediate", unpredictable=f"n in (13, 15) or {_ZEROS}"),
    Row("1111 0i00 001S nnnn 0iii dddd iiii iiii", "BIC (immediate)", "A8.8.21 T1", "data_processing.bic_immediate",
        "operand_decoding.decode_thumb_immediate", unpredictable=f"{_DN} or {_ZEROS}"),
    Row("1111 0i00 010S nnnn 0iii dddd iiii iiii", "ORR (immediate)", "A8.8.122 T1", "data_processing.orr_immediate",
        "operand_decoding.decode_thumb_immediate", but=_NO_FIRST_OPERAND, unpredictable=f"{_ORR} or {_ZEROS}"),
    Row("1111 0i00 010S 1111 0iii dddd iiii iiii", "MOV (immediate)", "A8.8.102 T2", "data_processing.mov_immediate",
        "operand_decoding.decode_thumb_immediate", unpredictable=f"{_D} or {_ZEROS}"),
    Row("1111 0i00 011S nnnn 0iii dddd iiii iiii", "ORN (immediate)", "A8.8.120 T1", "data_processing.orn_immediate",
        "operand_decoding.decode_thumb_immediate", but=_NO_FIRST_OPERAND, unpredictable=f"{_ORR} or {_ZEROS}"),
    Row("1111 0i00 011S 1111 0iii dddd iiii iiii", "MVN (immediate)", "A8.8.115 T1", "data_processing.mvn_immediate",
        "operand_decoding.decode_thumb_immediate", unpredictable=f"{_D} or {_ZEROS}"),
    Row("1111 0i00 100S nnnn 0iii dddd iiii iiii", "EOR (immediate)", "A8.8.46 T1", "data_processing.eor_immediate",
        "operand_decoding.decode_thumb_immediate", but=_NO_DESTINATION, unpredictable=f"{_DN} or {_ZEROS}"),
    Row("1111 0i00 1001 nnnn 0iii 1111 iiii iiii", "TEQ (immediate)", "A8.8.237 T1", "data_processing.teq_immediate",
        "operand_decoding.decode_thumb_immediate", unpredictable=f"n in (13, 15) or {_ZEROS}"),
    Row("1111 0i01 000S nnnn 0iii dddd iiii iiii", "ADD (immediate, Thumb)", "A8.8.4 T3",
        "data_processing.add_immediate", "operand_decoding.decode_thumb_immediate", but=_NO_DESTINATION,
        unpredictable=f"{_SUM} or {_ZEROS}"),
    Row("1111 0i01 0001 nnnn 0iii 1111 iiii iiii", "CMN (immediate)", "A8.8.34 T1", "data_processing.cmn_immediate",
        "operand_decoding.decode_thumb_immediate", unpredictable=f"n == 15 or {_ZEROS}"),
    Row("1111 0i01 010S nnnn 0iii dddd iiii iiii", "ADC (immediate)", "A8.8.1 T1", "data_processing.adc_immediate",
        "operand_decoding.decode_thumb_immediate", unpredictable=f"{_DN} or {_ZEROS}"),
    Row("1111 0i01 011S nnnn 0iii dddd iiii iiii", "SBC (immediate)", "A8.8.161 T1", "data_processing.sbc_immediate",
        "operand_decoding.decode_thumb_immediate", unpredictable=f"{_DN} or {_ZEROS}"),
    Row("1111 0i01 101S nnnn 0iii dddd iiii iiii", "SUB (immediate, Thumb)", "A8.8.221 T3",
        "data_processing.sub_immediate", "operand_decoding.decode_thumb_immediate", but=_NO_DESTINATION,
        unpredictable=f"{_SUM} or {_ZEROS}"),
    Row("1111 0i01 1011 nnnn 0iii 1111 iiii iiii", "CMP (immediate)", "A8.8.37 T2", "data_processing.cmp_immediate",
        "operand_decoding.decode_thumb_immediate", unpredictable=f"n == 15 or {_ZEROS}"),
    Row("1111 0i01 110S nnnn 0iii dddd iiii iiii", "RSB (immediate)", "A8.8.152 T2", "data_processing.rsb_immediate",
        "operand_decoding.decode_thumb_immediate", unpredictable=f"{_DN} or {_ZEROS}"),
    # A6.3.3 Data-processing (plain binary immediate)
    Row("1111 0i10 0000 nnnn 0iii dddd iiii iiii", "ADD (immediate, Thumb)", "A8.8.4 T4",
        "data_processing.add_immediate", but=_NO_FIRST_OPERAND, unpredictable=_SUM),
    Row("1111 0i10 0000 1111 0iii dddd iiii iiii", "ADR", "A8.8.12 T3", "data_processing.adr", unpredictable=_D),
    Row("1111 0i10 0100 iiii 0iii dddd iiii iiii", "MOV (immediate)", "A8.8.102 T3", "moves_and_bitfields.move_wide",
        "moves_and_bitfields.decode_thumb_move", unpredictable=_D),
    Row("1111 0i10 1010 nnnn 0iii dddd iiii iiii", "SUB (immediate, Thumb)", "A8.8.221 T4",
        "data_processing.sub_immediate", but=_NO_FIRST_OPERAND, unpredictable=_SUM),
    Row("1111 0i10 1010 1111 0iii dddd iiii iiii", "ADR", "A8.8.12 T2", "data_processing.adr_subtracting",
        unpredictable=_D),
    Row("1111 0i10 1100 iiii 0iii dddd iiii iiii", "MOVT", "A8.8.106 T1", "moves_and_bitfields.move_top",
        "moves_and_bitfields.decode_thumb_move", unpredictable=_D),
    Row("1111 0-11 0100 nnnn 0hhh dddd hh-o oooo", "SBFX", "A8.8.164 T1", "moves_and_bitfields.signed_extract",
        "moves_and_bitfields.decode_extraction", unpredictable=f"{_DN} or h + o > 31"),
    Row("1111 0-11 0110 nnnn 0hhh dddd hh-o oooo", "BFI", "A8.8.20 T1", "moves_and_bitfields.bit_field_insert",
        "moves_and_bitfields.decode_insertion", but=_NO_FIRST_OPERAND, unpredictable=f"{_DN} or o < h"),
    Row("1111 0-11 0110 1111 0hhh dddd hh-o oooo", "BFC", "A8.8.19 T1", "moves_and_bitfields.bit_field_clear",
        "moves_and_bitfields.decode_insertion", unpredictable=f"{_D} or o < h"),
    Row("1111 0-11 1100 nnnn 0hhh dddd hh-o oooo", "UBFX", "A8.8.246 T1", "moves_and_bitfields.unsigned_extract",
        "moves_and_bitfields.decode_extraction", unpredictable=f"{_DN} or h + o > 31"),
    # A6.3.4 Branches and miscellaneous control
    Row("1111 0011 1101 +++- 10-0 ++++ iiii iiii", "SUBS PC, LR, Thumb", "B9.3.19 T1",
        "subs_pc_lr.return_immediate_thumb", kind="system"),
    # A6.3.11 Data-processing (shifted register)
    Row("1110 1010 000S nnnn -hhh dddd hhyy mmmm", "AND (register)", "A8.8.14 T2", "data_processing.and_register",
        "operand_decoding.decode_shift", but=_NO_DESTINATION, unpredictable=_DNM),
    Row("1110 1010 0001 nnnn -hhh 1111 hhyy mmmm", "TST (register)", "A8.8.241 T2", "data_processing.tst_register",
        "operand_decoding.decode_shift", unpredictable=_NM),
    Row("1110 1010 001S nnnn -hhh dddd hhyy mmmm", "BIC (register)", "A8.8.22 T2", "data_processing.bic_register",
        "operand_decoding.decode_shift", unpredictable=_DNM),
    Row("1110 1010 010S nnnn -hhh dddd hhyy mmmm", "ORR (register)", "A8.8.123 T2", "data_processing.orr_register",
        "operand_decoding.decode_shift", but=_NO_FIRST_OPERAND, unpredictable=f"n == 13 or {_DM}"),
    Row("1110 1010 010S 1111 -000 dddd 0000 mmmm", "MOV (register, Thumb)", "A8.8.103 T3",
        "data_processing.mov_register", unpredictable=_MOVE),
    Row("1110 1010 010S 1111 -hhh dddd hh00 mmmm", "LSL (immediate)", "A8.8.94 T2", "data_processing.lsl_immediate",
        but=_NO_SHIFT, unpredictable=_DM),
    Row("1110 1010 010S 1111 -hhh dddd hh01 mmmm", "LSR (immediate)", "A8.8.96 T2", "data_processing.lsr_immediate",
        "operand_decoding.decode_right_shift", unpredictable=_DM),
    Row("1110 1010 010S 1111 -hhh dddd hh10 mmmm", "ASR (immediate)", "A8.8.16 T2", "data_processing.asr_immediate",
        "operand_decoding.decode_right_shift", unpredictable=_DM),
    Row("1110 1010 010S 1111 -000 dddd 0011 mmmm", "RRX", "A8.8.151 T1", "data_processing.rrx", unpredictable=_DM),
    Row("1110 1010 010S 1111 -hhh dddd hh11 mmmm", "ROR (immediate)", "A8.8.149 T1", "data_processing.ror_immediate",
        but=_NO_SHIFT, unpredictable=_DM),
    Row("1110 1010 011S nnnn -hhh dddd hhyy mmmm", "ORN (register)", "A8.8.121 T1", "data_processing.orn_register",
        "operand_decoding.decode_shift", but=_NO_FIRST_OPERAND, unpredictable=f"n == 13 or {_DM}"),
    Row("1110 1010 011S 1111 -hhh dddd hhyy mmmm", "MVN (register)", "A8.8.116 T2", "data_processing.mvn_register",
        "operand_decoding.decode_shift", unpredictable=_DM),
    Row("1110 1010 100S nnnn -hhh dddd hhyy mmmm", "EOR (register)", "A8.8.47 T2", "data_processing.eor_register",
        "operand_decoding.decode_shift", but=_NO_DESTINATION, unpredictable=_DNM),
    Row("1110 1010 1001 nnnn -hhh 1111 hhyy mmmm", "TEQ (register)", "A8.8.238 T1", "data_processing.teq_register",
        "operand_decoding.decode_shift", unpredictable=_NM),
    Row("1110 1011 000S nnnn -hhh dddd hhyy mmmm", "ADD (register, Thumb)", "A8.8.6 T3",
        "data_processing.add_register", "operand_decoding.decode_shift", but=_NO_DESTINATION,
        unpredictable=_SUM_REGISTER),
    Row("1110 1011 0001 nnnn -hhh 1111 hhyy mmmm", "CMN (register)", "A8.8.35 T2", "data_processing.cmn_register",
        "operand_decoding.decode_shift", unpredictable="n == 15 or m in (13, 15)"),
    Row("1110 1011 010S nnnn -hhh dddd hhyy mmmm", "ADC (register)", "A8.8.2 T2", "data_processing.adc_register",
        "operand_decoding.decode_shift", unpredictable=_DNM),
    Row("1110 1011 011S nnnn -hhh dddd hhyy mmmm", "SBC (register)", "A8.8.162 T2", "data_processing.sbc_register",
        "operand_decoding.decode_shift", unpredictable=_DNM),
    Row("1110 1011 101S nnnn -hhh dddd hhyy mmmm", "SUB (register)", "A8.8.223 T2", "data_processing.sub_register",
        "operand_decoding.decode_shift", but=_NO_DESTINATION, unpredictable=_SUM_REGISTER),
    Row("1110 1011 1011 nnnn -hhh 1111 hhyy mmmm", "CMP (register)", "A8.8.38 T3", "data_processing.cmp_register",
        "operand_decoding.decode_shift", unpredictable="n == 15 or m in (13, 15)"),
    Row("1110 1011 110S nnnn -hhh dddd hhyy mmmm", "RSB (register)", "A8.8.153 T1", "data_processing.rsb_register",
        "operand_decoding.decode_shift", unpredictable=_DNM),
    # A6.3.12 Data-processing (register)
    Row("1111 1010 000S nnnn 1111 dddd 0000 mmmm", "LSL (register)", "A8.8.95 T2", "register_shifted.lsl_register",
        unpredictable=_DNM),
    Row("1111 1010 001S nnnn 1111 dddd 0000 mmmm", "LSR (register)", "A8.8.97 T2", "register_shifted.lsr_register",
        unpredictable=_DNM),
    Row("1111 1010 010S nnnn 1111 dddd 0000 mmmm", "ASR (register)", "A8.8.17 T2", "register_shifted.asr_register",
        unpredictable=_DNM),
    Row("1111 1010 011S nnnn 1111 dddd 0000 mmmm", "ROR (register)", "A8.8.150 T2", "register_shifted.ror_register",
        unpredictable=_DNM),
    # A6.3.14 Miscellaneous operations
    Row("1111 1010 1001 nnnn 1111 dddd 1000 mmmm", "REV", "A8.8.145 T2", "moves_and_bitfields.reverse",
        unpredictable=_REVERSE),
    Row("1111 1010 1001 nnnn 1111 dddd 1001 mmmm", "REV16", "A8.8.146 T2", "moves_and_bitfields.reverse_halves",
        unpredictable=_REVERSE),
    Row("1111 1010 1001 nnnn 1111 dddd 1010 mmmm", "RBIT", "A8.8.144 T1", "moves_and_bitfields.reverse_bits",
        unpredictable=_REVERSE),
    Row("1111 1010 1001 nnnn 1111 dddd 1011 mmmm", "REVSH", "A8.8.147 T2", "moves_and_bitfields.reverse_signed_half",
        unpredictable=_REVERSE),
    Row("1111 1010 1011 nnnn 1111 dddd 1000 mmmm", "CLZ", "A8.8.33 T1", "moves_and_bitfields.count_leading_zeros",
        unpredictable=_REVERSE),
]  # fmt: skip
