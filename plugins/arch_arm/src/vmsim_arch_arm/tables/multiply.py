"""Multiply and saturating add encodings (A5.2.5 to A5.2.7, A5.4.4, A6.2.2, A6.3.15 to A6.3.17).

A Cortex-A9 has no SDIV and UDIV: their words are undefined.
"""

from vmsim_arch_arm.engine.table import Row

_PC = "15 in (d, n, m)"
_PC_ACCUMULATE = "15 in (d, n, m, a)"
_PC_LONG = "15 in (d, n, m, t) or d == t"
_PC_SP = "{13, 15} & {d, n, m}"
_PC_SP_ACCUMULATE = "{13, 15} & {d, n, m} or a == 13"
_PC_SP_SUBTRACT = "{13, 15} & {d, n, m, a}"
_PC_SP_LONG = "{13, 15} & {d, n, m, t} or d == t"
_NO_ACCUMULATOR = ("---- ---- ---- ---- 1111 ---- ---- ----",)
"""Ra is 1111: the instruction without accumulation."""

ARM = [
    # A5.2.5
    Row("cccc 0000 000S dddd ---- mmmm 1001 nnnn", "MUL", "A8.8.114 A1", "multiply.multiply",
        kind="multiply", unpredictable=_PC),
    Row("cccc 0000 001S dddd aaaa mmmm 1001 nnnn", "MLA", "A8.8.100 A1", "multiply.multiply_accumulate",
        kind="multiply", unpredictable=_PC_ACCUMULATE),
    Row("cccc 0000 0100 dddd tttt mmmm 1001 nnnn", "UMAAL", "A8.8.255 A1", "multiply.umaal",
        kind="multiply", unpredictable=_PC_LONG),
    Row("cccc 0000 0110 dddd aaaa mmmm 1001 nnnn", "MLS", "A8.8.101 A1", "multiply.multiply_subtract",
        kind="multiply", unpredictable=_PC_ACCUMULATE),
    Row("cccc 0000 100S dddd tttt mmmm 1001 nnnn", "UMULL", "A8.8.257 A1", "multiply.umull",
        kind="multiply", unpredictable=_PC_LONG),
    Row("cccc 0000 101S dddd tttt mmmm 1001 nnnn", "UMLAL", "A8.8.256 A1", "multiply.umlal",
        kind="multiply", unpredictable=_PC_LONG),
    Row("cccc 0000 110S dddd tttt mmmm 1001 nnnn", "SMULL", "A8.8.189 A1", "multiply.smull",
        kind="multiply", unpredictable=_PC_LONG),
    Row("cccc 0000 111S dddd tttt mmmm 1001 nnnn", "SMLAL", "A8.8.178 A1", "multiply.smlal",
        kind="multiply", unpredictable=_PC_LONG),
    # A5.2.6
    Row("cccc 0001 0000 nnnn dddd ---- 0101 mmmm", "QADD", "A8.8.134 A1", "saturating.qadd", unpredictable=_PC),
    Row("cccc 0001 0010 nnnn dddd ---- 0101 mmmm", "QSUB", "A8.8.141 A1", "saturating.qsub", unpredictable=_PC),
    Row("cccc 0001 0100 nnnn dddd ---- 0101 mmmm", "QDADD", "A8.8.138 A1", "saturating.qdadd", unpredictable=_PC),
    Row("cccc 0001 0110 nnnn dddd ---- 0101 mmmm", "QDSUB", "A8.8.139 A1", "saturating.qdsub", unpredictable=_PC),
    # A5.2.7
    Row("cccc 0001 0000 dddd aaaa mmmm 1lo0 nnnn", "SMLABB, SMLABT, SMLATB, SMLATT", "A8.8.176 A1",
        "multiply.smla_halves", kind="multiply", unpredictable=_PC_ACCUMULATE),
    Row("cccc 0001 0010 dddd aaaa mmmm 1l00 nnnn", "SMLAWB, SMLAWT", "A8.8.181 A1", "multiply.smlaw",
        kind="multiply", unpredictable=_PC_ACCUMULATE),
    Row("cccc 0001 0010 dddd ---- mmmm 1l10 nnnn", "SMULWB, SMULWT", "A8.8.190 A1", "multiply.smulw",
        kind="multiply", unpredictable=_PC),
    Row("cccc 0001 0100 dddd tttt mmmm 1lo0 nnnn", "SMLALBB, SMLALBT, SMLALTB, SMLALTT", "A8.8.179 A1",
        "multiply.smlal_halves", kind="multiply", unpredictable=_PC_LONG),
    Row("cccc 0001 0110 dddd ---- mmmm 1lo0 nnnn", "SMULBB, SMULBT, SMULTB, SMULTT", "A8.8.188 A1",
        "multiply.smul_halves", kind="multiply", unpredictable=_PC),
    # A5.4.4
    Row("cccc 0111 0000 dddd aaaa mmmm 00l1 nnnn", "SMLAD", "A8.8.177 A1", "multiply.smlad",
        kind="multiply", but=_NO_ACCUMULATOR, unpredictable=_PC),
    Row("cccc 0111 0000 dddd 1111 mmmm 00l1 nnnn", "SMUAD", "A8.8.187 A1", "multiply.smuad",
        kind="multiply", unpredictable=_PC),
    Row("cccc 0111 0000 dddd aaaa mmmm 01l1 nnnn", "SMLSD", "A8.8.182 A1", "multiply.smlsd",
        kind="multiply", but=_NO_ACCUMULATOR, unpredictable=_PC),
    Row("cccc 0111 0000 dddd 1111 mmmm 01l1 nnnn", "SMUSD", "A8.8.191 A1", "multiply.smusd",
        kind="multiply", unpredictable=_PC),
    Row("cccc 0111 0100 dddd tttt mmmm 00l1 nnnn", "SMLALD", "A8.8.180 A1", "multiply.smlald",
        kind="multiply", unpredictable=_PC_LONG),
    Row("cccc 0111 0100 dddd tttt mmmm 01l1 nnnn", "SMLSLD", "A8.8.183 A1", "multiply.smlsld",
        kind="multiply", unpredictable=_PC_LONG),
    Row("cccc 0111 0101 dddd aaaa mmmm 00l1 nnnn", "SMMLA", "A8.8.184 A1", "multiply.smmla",
        kind="multiply", but=_NO_ACCUMULATOR, unpredictable=_PC),
    Row("cccc 0111 0101 dddd 1111 mmmm 00l1 nnnn", "SMMUL", "A8.8.186 A1", "multiply.smmul",
        kind="multiply", unpredictable=_PC),
    Row("cccc 0111 0101 dddd aaaa mmmm 11l1 nnnn", "SMMLS", "A8.8.185 A1", "multiply.smmls",
        kind="multiply", unpredictable=_PC_ACCUMULATE),
]  # fmt: skip

THUMB16 = [
    Row("0100 0011 01mm mDDD", "MUL", "A8.8.114 T1", "multiply.multiply_thumb16", kind="multiply"),
]

THUMB32 = [
    # A6.3.15
    Row("1111 1010 1000 nnnn 1111 dddd 1000 mmmm", "QADD", "A8.8.134 T1", "saturating.qadd", unpredictable=_PC_SP),
    Row("1111 1010 1000 nnnn 1111 dddd 1001 mmmm", "QDADD", "A8.8.138 T1", "saturating.qdadd", unpredictable=_PC_SP),
    Row("1111 1010 1000 nnnn 1111 dddd 1010 mmmm", "QSUB", "A8.8.141 T1", "saturating.qsub", unpredictable=_PC_SP),
    Row("1111 1010 1000 nnnn 1111 dddd 1011 mmmm", "QDSUB", "A8.8.139 T1", "saturating.qdsub", unpredictable=_PC_SP),
    # A6.3.16
    Row("1111 1011 0000 nnnn aaaa dddd 0000 mmmm", "MLA", "A8.8.100 T1", "multiply.multiply_accumulate",
        kind="multiply", but=_NO_ACCUMULATOR, unpredictable=_PC_SP_ACCUMULATE),
    Row("1111 1011 0000 nnnn 1111 dddd 0000 mmmm", "MUL", "A8.8.114 T2", "multiply.multiply",
        kind="multiply", unpredictable=_PC_SP),
    Row("1111 1011 0000 nnnn aaaa dddd 0001 mmmm", "MLS", "A8.8.101 T1", "multiply.multiply_subtract",
        kind="multiply", unpredictable=_PC_SP_SUBTRACT),
    Row("1111 1011 0001 nnnn aaaa dddd 00ol mmmm", "SMLABB, SMLABT, SMLATB, SMLATT", "A8.8.176 T1",
        "multiply.smla_halves", kind="multiply", but=_NO_ACCUMULATOR, unpredictable=_PC_SP_ACCUMULATE),
    Row("1111 1011 0001 nnnn 1111 dddd 00ol mmmm", "SMULBB, SMULBT, SMULTB, SMULTT", "A8.8.188 T1",
        "multiply.smul_halves", kind="multiply", unpredictable=_PC_SP),
    Row("1111 1011 0010 nnnn aaaa dddd 000l mmmm", "SMLAD", "A8.8.177 T1", "multiply.smlad",
        kind="multiply", but=_NO_ACCUMULATOR, unpredictable=_PC_SP_ACCUMULATE),
    Row("1111 1011 0010 nnnn 1111 dddd 000l mmmm", "SMUAD", "A8.8.187 T1", "multiply.smuad",
        kind="multiply", unpredictable=_PC_SP),
    Row("1111 1011 0011 nnnn aaaa dddd 000l mmmm", "SMLAWB, SMLAWT", "A8.8.181 T1", "multiply.smlaw",
        kind="multiply", but=_NO_ACCUMULATOR, unpredictable=_PC_SP_ACCUMULATE),
    Row("1111 1011 0011 nnnn 1111 dddd 000l mmmm", "SMULWB, SMULWT", "A8.8.190 T1", "multiply.smulw",
        kind="multiply", unpredictable=_PC_SP),
    Row("1111 1011 0100 nnnn aaaa dddd 000l mmmm", "SMLSD", "A8.8.182 T1", "multiply.smlsd",
        kind="multiply", but=_NO_ACCUMULATOR, unpredictable=_PC_SP_ACCUMULATE),
    Row("1111 1011 0100 nnnn 1111 dddd 000l mmmm", "SMUSD", "A8.8.191 T1", "multiply.smusd",
        kind="multiply", unpredictable=_PC_SP),
    Row("1111 1011 0101 nnnn aaaa dddd 000l mmmm", "SMMLA", "A8.8.184 T1", "multiply.smmla",
        kind="multiply", but=_NO_ACCUMULATOR, unpredictable=_PC_SP_ACCUMULATE),
    Row("1111 1011 0101 nnnn 1111 dddd 000l mmmm", "SMMUL", "A8.8.186 T1", "multiply.smmul",
        kind="multiply", unpredictable=_PC_SP),
    Row("1111 1011 0110 nnnn aaaa dddd 000l mmmm", "SMMLS", "A8.8.185 T1", "multiply.smmls",
        kind="multiply", unpredictable=_PC_SP_SUBTRACT),
    # A6.3.17
    Row("1111 1011 1000 nnnn tttt dddd 0000 mmmm", "SMULL", "A8.8.189 T1", "multiply.smull",
        kind="multiply", unpredictable=_PC_SP_LONG),
    Row("1111 1011 1010 nnnn tttt dddd 0000 mmmm", "UMULL", "A8.8.257 T1", "multiply.umull",
        kind="multiply", unpredictable=_PC_SP_LONG),
    Row("1111 1011 1100 nnnn tttt dddd 0000 mmmm", "SMLAL", "A8.8.178 T1", "multiply.smlal",
        kind="multiply", unpredictable=_PC_SP_LONG),
    Row("1111 1011 1100 nnnn tttt dddd 10ol mmmm", "SMLALBB, SMLALBT, SMLALTB, SMLALTT", "A8.8.179 T1",
        "multiply.smlal_halves", kind="multiply", unpredictable=_PC_SP_LONG),
    Row("1111 1011 1100 nnnn tttt dddd 110l mmmm", "SMLALD", "A8.8.180 T1", "multiply.smlald",
        kind="multiply", unpredictable=_PC_SP_LONG),
    Row("1111 1011 1101 nnnn tttt dddd 110l mmmm", "SMLSLD", "A8.8.183 T1", "multiply.smlsld",
        kind="multiply", unpredictable=_PC_SP_LONG),
    Row("1111 1011 1110 nnnn tttt dddd 0000 mmmm", "UMLAL", "A8.8.256 T1", "multiply.umlal",
        kind="multiply", unpredictable=_PC_SP_LONG),
    Row("1111 1011 1110 nnnn tttt dddd 0110 mmmm", "UMAAL", "A8.8.255 T1", "multiply.umaal",
        kind="multiply", unpredictable=_PC_SP_LONG),
]  # fmt: skip
