"""Encodings of branches and IT (A5.5, A6.2.5, A6.2.6, A6.3.4)."""

from vmsim_arch_arm.engine.table import Row

ARM = [
    Row("cccc 1010 iiii iiii iiii iiii iiii iiii", "B", "A8.8.18 A1", "branches.b", "branches.decode_b_arm", "branch"),
    Row("cccc 1011 iiii iiii iiii iiii iiii iiii", "BL (immediate)", "A8.8.25 A1", "branches.bl",
        "branches.decode_b_arm", "branch"),
    Row("1111 101o iiii iiii iiii iiii iiii iiii", "BLX (immediate)", "A8.8.25 A2", "branches.blx_immediate",
        "branches.decode_blx_arm", "branch"),
    Row("cccc 0001 0010 ++++ ++++ ++++ 0001 mmmm", "BX", "A8.8.27 A1", "branches.bx", kind="branch"),
    Row("cccc 0001 0010 ++++ ++++ ++++ 0010 mmmm", "BXJ", "A8.8.28 A1", "branches.bx", kind="branch",
        unpredictable="m == 15"),
    Row("cccc 0001 0010 ++++ ++++ ++++ 0011 mmmm", "BLX (register)", "A8.8.26 A1", "branches.blx_register",
        kind="branch", unpredictable="m == 15"),
]  # fmt: skip

THUMB16 = [
    Row("1101 cccc iiii iiii", "B", "A8.8.18 T1", "branches.b", "branches.decode_b_t1", "branch",
        but=("1101 1110 ---- ----",)),
    Row("1110 0iii iiii iiii", "B", "A8.8.18 T2", "branches.b", "branches.decode_b_t2", "branch"),
    Row("0100 0111 0mmm m---", "BX", "A8.8.27 T1", "branches.bx", kind="branch"),
    Row("0100 0111 1mmm m---", "BLX (register)", "A8.8.26 T1", "branches.blx_register", kind="branch",
        unpredictable="m == 15"),
    Row("1011 o0i1 iiii innn", "CBZ, CBNZ", "A8.8.29 T1", "branches.cbz", "branches.decode_cbz", "branch"),
    Row("1011 1111 iiii iiii", "IT", "A8.8.54 T1", "branches.it", "branches.decode_it", "hint",
        but=("---- ---- ---- 0000",), unpredictable="i >> 4 == 15 or i >> 4 == 14 and i & i - 1 & 15"),
]  # fmt: skip

THUMB32 = [
    Row("1111 0icc ccii iiii 10i0 iiii iiii iiii", "B", "A8.8.18 T3", "branches.b", "branches.decode_b_t3", "branch",
        but=("---- --11 1--- ---- ---- ---- ---- ----",)),
    Row("1111 0iii iiii iiii 10i1 iiii iiii iiii", "B", "A8.8.18 T4", "branches.b", "branches.decode_b_t4", "branch"),
    Row("1111 0iii iiii iiii 11i1 iiii iiii iiii", "BL (immediate)", "A8.8.25 T1", "branches.bl",
        "branches.decode_b_t4", "branch"),
    Row("1111 0iii iiii iiii 11i0 iiii iiii iii0", "BLX (immediate)", "A8.8.25 T2", "branches.blx_immediate",
        "branches.decode_b_t4", "branch"),
    Row("1111 0011 1100 mmmm 10-0 ++++ ---- ----", "BXJ", "A8.8.28 T1", "branches.bx", kind="branch",
        unpredictable="m in (13, 15)"),
    Row("1110 1000 1101 nnnn ++++ ---- 000o mmmm", "TBB, TBH", "A8.8.236 T1", "branches.tbb", kind="branch",
        unpredictable="n == 13 or m in (13, 15)"),
]  # fmt: skip
