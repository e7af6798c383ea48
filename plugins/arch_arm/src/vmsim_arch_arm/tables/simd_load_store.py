"""Advanced SIMD element and structure loads and stores (A7.7), the encodings of both instruction sets."""

from vmsim_arch_arm.engine.table import Row


def thumb(row: Row) -> Row:
    """Return the Thumb encoding of an ARM encoding: 1111 0100 becomes 1111 1001."""
    pattern = "1111 1001" + row.pattern[9:]
    section = row.section.replace(" A", " T")
    return Row(pattern, row.name, section, row.execute, row.decode, row.kind, row.but, row.unpredictable)


def _row(pattern: str, name: str, section: str, function: str, decode: str, last: str, *but: str) -> Row:
    """`last` is the highest register."""
    module = "simd_load_store"
    kind = function.partition("_")[0]
    unpredictable = f"n == 15 or {last} > 31"
    return Row(pattern, name, section, f"{module}.{function}", f"{module}.decode_{decode}", kind, but, unpredictable)


_ALL_LANES = "---- ---- ---- ---- ---- 11-- ---- ----"
_APART = "(1 + (o > 0 and i >> o & 1))"
"""How far apart the registers of single lanes are."""

ARM = [
    # Table A7-20
    _row("1111 0100 0d00 nnnn dddd 0010 ooaa mmmm", "VST1 (multiple 1-element structures)", "A8.8.404 A1",
         "store_multiple", "multiple_1", "d + 3"),
    _row("1111 0100 0d00 nnnn dddd 0110 ooaa mmmm", "VST1 (multiple 1-element structures)", "A8.8.404 A1",
         "store_multiple", "multiple_1", "d + 2"),
    _row("1111 0100 0d00 nnnn dddd 0111 ooaa mmmm", "VST1 (multiple 1-element structures)", "A8.8.404 A1",
         "store_multiple", "multiple_1", "d"),
    _row("1111 0100 0d00 nnnn dddd 1010 ooaa mmmm", "VST1 (multiple 1-element structures)", "A8.8.404 A1",
         "store_multiple", "multiple_1", "d + 1"),
    _row("1111 0100 0d00 nnnn dddd 0011 ooaa mmmm", "VST2 (multiple 2-element structures)", "A8.8.406 A1",
         "store_multiple", "multiple_2", "d + 3"),
    _row("1111 0100 0d00 nnnn dddd 100s ooaa mmmm", "VST2 (multiple 2-element structures)", "A8.8.406 A1",
         "store_multiple", "multiple_2", "d + 1 + s"),
    _row("1111 0100 0d00 nnnn dddd 010s ooaa mmmm", "VST3 (multiple 3-element structures)", "A8.8.408 A1",
         "store_multiple", "multiple_3", "d + 2 + 2 * s"),
    _row("1111 0100 0d00 nnnn dddd 000s ooaa mmmm", "VST4 (multiple 4-element structures)", "A8.8.410 A1",
         "store_multiple", "multiple_4", "d + 3 + 3 * s"),
    _row("1111 0100 1d00 nnnn dddd oo00 iiii mmmm", "VST1 (single 1-element structure from one lane)", "A8.8.405 A1",
         "store_lane", "lane_1", "d", _ALL_LANES),
    _row("1111 0100 1d00 nnnn dddd oo01 iiii mmmm", "VST2 (single 2-element structure from one lane)", "A8.8.407 A1",
         "store_lane", "lane_2", f"d + {_APART}", _ALL_LANES),
    _row("1111 0100 1d00 nnnn dddd oo10 iiii mmmm", "VST3 (single 3-element structure from one lane)", "A8.8.409 A1",
         "store_lane", "lane_3", f"d + 2 * {_APART}", _ALL_LANES),
    _row("1111 0100 1d00 nnnn dddd oo11 iiii mmmm", "VST4 (single 4-element structure from one lane)", "A8.8.411 A1",
         "store_lane", "lane_4", f"d + 3 * {_APART}", _ALL_LANES),
    # Table A7-21
    _row("1111 0100 0d10 nnnn dddd 0010 ooaa mmmm", "VLD1 (multiple 1-element structures)", "A8.8.320 A1",
         "load_multiple", "multiple_1", "d + 3"),
    _row("1111 0100 0d10 nnnn dddd 0110 ooaa mmmm", "VLD1 (multiple 1-element structures)", "A8.8.320 A1",
         "load_multiple", "multiple_1", "d + 2"),
    _row("1111 0100 0d10 nnnn dddd 0111 ooaa mmmm", "VLD1 (multiple 1-element structures)", "A8.8.320 A1",
         "load_multiple", "multiple_1", "d"),
    _row("1111 0100 0d10 nnnn dddd 1010 ooaa mmmm", "VLD1 (multiple 1-element structures)", "A8.8.320 A1",
         "load_multiple", "multiple_1", "d + 1"),
    _row("1111 0100 0d10 nnnn dddd 0011 ooaa mmmm", "VLD2 (multiple 2-element structures)", "A8.8.323 A1",
         "load_multiple", "multiple_2", "d + 3"),
    _row("1111 0100 0d10 nnnn dddd 100s ooaa mmmm", "VLD2 (multiple 2-element structures)", "A8.8.323 A1",
         "load_multiple", "multiple_2", "d + 1 + s"),
    _row("1111 0100 0d10 nnnn dddd 010s ooaa mmmm", "VLD3 (multiple 3-element structures)", "A8.8.326 A1",
         "load_multiple", "multiple_3", "d + 2 + 2 * s"),
    _row("1111 0100 0d10 nnnn dddd 000s ooaa mmmm", "VLD4 (multiple 4-element structures)", "A8.8.329 A1",
         "load_multiple", "multiple_4", "d + 3 + 3 * s"),
    _row("1111 0100 1d10 nnnn dddd oo00 iiii mmmm", "VLD1 (single 1-element structure to one lane)", "A8.8.321 A1",
         "load_lane", "lane_1", "d", _ALL_LANES),
    _row("1111 0100 1d10 nnnn dddd oo01 iiii mmmm", "VLD2 (single 2-element structure to one lane)", "A8.8.324 A1",
         "load_lane", "lane_2", f"d + {_APART}", _ALL_LANES),
    _row("1111 0100 1d10 nnnn dddd oo10 iiii mmmm", "VLD3 (single 3-element structure to one lane)", "A8.8.327 A1",
         "load_lane", "lane_3", f"d + 2 * {_APART}", _ALL_LANES),
    _row("1111 0100 1d10 nnnn dddd oo11 iiii mmmm", "VLD4 (single 4-element structure to one lane)", "A8.8.330 A1",
         "load_lane", "lane_4", f"d + 3 * {_APART}", _ALL_LANES),
    _row("1111 0100 1d10 nnnn dddd 1100 oosa mmmm", "VLD1 (single 1-element structure to all lanes)", "A8.8.322 A1",
         "load_all_lanes", "all_lanes_1", "d + s"),
    _row("1111 0100 1d10 nnnn dddd 1101 oosa mmmm", "VLD2 (single 2-element structure to all lanes)", "A8.8.325 A1",
         "load_all_lanes", "all_lanes_2", "d + 1 + s"),
    _row("1111 0100 1d10 nnnn dddd 1110 oosa mmmm", "VLD3 (single 3-element structure to all lanes)", "A8.8.328 A1",
         "load_all_lanes", "all_lanes_3", "d + 2 + 2 * s"),
    _row("1111 0100 1d10 nnnn dddd 1111 oosa mmmm", "VLD4 (single 4-element structure to all lanes)", "A8.8.331 A1",
         "load_all_lanes", "all_lanes_4", "d + 3 + 3 * s"),
]  # fmt: skip

THUMB32 = [thumb(row) for row in ARM]
