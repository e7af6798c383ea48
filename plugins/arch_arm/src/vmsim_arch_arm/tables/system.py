"""System instructions, hints and barriers (A5.2.11, A5.2.12, A5.7, A6.2.5, A6.3.4, B9.3).

Banked MRS and MSR, HVC and ERET of the Virtualization Extensions have no rows: a Cortex-A9 does not have them.
"""

from vmsim_arch_arm.engine.table import Row

_NOP, _WFE, _WFI, _SEV = ("system.no_operation", "system.wait_for_event", "system.wait_for_interrupt",
                          "system.send_event")  # fmt: skip
_NAMED_HINTS = ("000", "001", "010", "011", "100")
_CPS = "l and not W or o == 1 or o >> 1 == (i == 0) or not o and not W"
_RETURN, _STORE = "system.return_from_exception", "system.store_return_state"
_BANKED_STACK = "l in (16, 31)"
"""Of these modes nothing can be said: the manual allows them, but their SP is that of User mode."""

ARM = [
    # A5.2.11: MSR (immediate), and hints
    Row("cccc 0011 0010 0000 ++++ ---- 0000 0000", "NOP", "A8.8.119 A1", _NOP, "", "hint"),
    Row("cccc 0011 0010 0000 ++++ ---- 0000 0001", "YIELD", "A8.8.426 A1", _NOP, "", "hint"),
    Row("cccc 0011 0010 0000 ++++ ---- 0000 0010", "WFE", "A8.8.424 A1", _WFE, "", "hint"),
    Row("cccc 0011 0010 0000 ++++ ---- 0000 0011", "WFI", "A8.8.425 A1", _WFI, "", "hint"),
    Row("cccc 0011 0010 0000 ++++ ---- 0000 0100", "SEV", "A8.8.168 A1", _SEV, "", "hint"),
    Row("cccc 0011 0010 0000 ++++ ---- 1111 iiii", "DBG", "A8.8.42 A1", _NOP, "", "hint"),
    Row("cccc 0011 0010 0000 ++++ ---- iiii iiii", "Unallocated hint", "A5.2.11", _NOP, "", "hint",
        (*(f"---- ---- ---- ---- ---- ---- 0000 0{each}" for each in _NAMED_HINTS),
         "---- ---- ---- ---- ---- ---- 1111 ----")),
    Row("cccc 0011 0o10 llll ++++ iiii iiii iiii", "MSR (immediate)", "A8.8.111 A1, B9.3.11 A1",
        "system.move_immediate_to_status", "system.decode_immediate", "system",
        ("---- ---- -0-- 0000 ---- ---- ---- ----",), "l == 0"),
    # A5.2.12: miscellaneous instructions
    Row("cccc 0001 0000 ++++ dddd --0- 0000 ----", "MRS (CPSR)", "A8.8.109 A1, B9.3.8 A1", "system.move_from_cpsr", "",
        "system", (), "d == 15"),
    Row("cccc 0001 0100 ++++ dddd --0- 0000 ----", "MRS (SPSR)", "B9.3.8 A1", "system.move_from_spsr", "", "system", (),
        "d == 15"),
    Row("cccc 0001 0o10 llll ++++ --0- 0000 nnnn", "MSR (register)", "A8.8.112 A1, B9.3.12 A1",
        "system.move_to_status", "", "system", (), "l == 0 or n == 15"),
    Row("cccc 0001 0010 iiii iiii iiii 0111 iiii", "BKPT", "A8.8.24 A1", "system.breakpoint", "", "system", (),
        "c != 14"),
    Row("cccc 0001 0110 ---- ---- ---- 0111 iiii", "SMC", "B9.3.14 A1", "system.secure_monitor_call", "", "system"),
    # A5.4: media instructions
    Row("cccc 0111 1111 iiii iiii iiii 1111 iiii", "UDF", "A8.8.247 A1", "system.permanently_undefined", "", "system",
        (), "c != 14"),
    # A5.6: coprocessor instructions, and supervisor call
    Row("cccc 1111 iiii iiii iiii iiii iiii iiii", "SVC", "A8.8.228 A1", "system.supervisor_call", "", "system"),
    # A5.7: unconditional instructions
    Row("1111 0001 0000 ooW0 ---- ---i ii0l llll", "CPS", "B9.3.2 A1", "system.change_state", "", "system", (), _CPS),
    Row("1111 0001 0000 ---1 ---- --o- 0000 ----", "SETEND", "A8.8.167 A1", "system.set_endianness", "", "system"),
    Row("1111 0101 0111 ++++ ++++ ---- 0100 iiii", "DSB", "A8.8.44 A1", _NOP, "", "barrier"),
    Row("1111 0101 0111 ++++ ++++ ---- 0101 iiii", "DMB", "A8.8.43 A1", _NOP, "", "barrier"),
    Row("1111 0101 0111 ++++ ++++ ---- 0110 iiii", "ISB", "A8.8.53 A1", _NOP, "", "barrier"),
    Row("1111 100P U1W0 ++-+ ---- -101 ---l llll", "SRS", "B9.3.16 A1", _STORE, "system.decode_store_return_state",
        "system", (), _BANKED_STACK),
    Row("1111 100P U0W1 nnnn ---- 1010 ---- ----", "RFE", "B9.3.13 A1", _RETURN, "system.decode_both_words", "system",
        (), "n == 15"),
]  # fmt: skip

THUMB16 = [
    # A6.2.5: miscellaneous 16-bit instructions
    Row("1011 0110 010+ o---", "SETEND", "A8.8.167 T1", "system.set_endianness", "", "system"),
    Row("1011 0110 011o -iii", "CPS", "B9.3.1 T1", "system.change_state", "system.decode_change_state_thumb16",
        "system", (), "i == 0"),
    Row("1011 1110 iiii iiii", "BKPT", "A8.8.24 T1", "system.breakpoint", "system.decode_unconditional", "system"),
    Row("1011 1111 0000 0000", "NOP", "A8.8.119 T1", _NOP, "", "hint"),
    Row("1011 1111 0001 0000", "YIELD", "A8.8.426 T1", _NOP, "", "hint"),
    Row("1011 1111 0010 0000", "WFE", "A8.8.424 T1", _WFE, "", "hint"),
    Row("1011 1111 0011 0000", "WFI", "A8.8.425 T1", _WFI, "", "hint"),
    Row("1011 1111 0100 0000", "SEV", "A8.8.168 T1", _SEV, "", "hint"),
    Row("1011 1111 iiii 0000", "Unallocated hint", "A6.2.5", _NOP, "", "hint",
        tuple(f"---- ---- 0{each} ----" for each in _NAMED_HINTS)),
    # A6.2.6: conditional branch, and supervisor call
    Row("1101 1110 iiii iiii", "UDF", "A8.8.247 T1", "system.permanently_undefined", "", "system"),
    Row("1101 1111 iiii iiii", "SVC", "A8.8.228 T1", "system.supervisor_call", "", "system"),
]  # fmt: skip

THUMB32 = [
    # A6.3.5: load/store multiple
    Row("1110 1000 00W0 ++-+ ++-- ---- ---l llll", "SRS", "B9.3.15 T1", _STORE,
        "system.decode_store_return_state_thumb", "system", (), _BANKED_STACK),
    Row("1110 1000 00W1 nnnn ++-- ---- ---- ----", "RFE", "B9.3.13 T1", _RETURN, "system.decode_both_words_thumb",
        "system", (), "n == 15"),
    Row("1110 1001 10W0 ++-+ ++-- ---- ---l llll", "SRS", "B9.3.15 T2", _STORE,
        "system.decode_store_return_state_thumb", "system", (), _BANKED_STACK),
    Row("1110 1001 10W1 nnnn ++-- ---- ---- ----", "RFE", "B9.3.13 T2", _RETURN, "system.decode_both_words_thumb",
        "system", (), "n == 15"),
    # A6.3.4: branches and miscellaneous control
    Row("1111 0011 100o nnnn 10-0 llll --0- ----", "MSR (register)", "A8.8.112 T1, B9.3.12 T1", "system.move_to_status",
        "", "system", (), "l == 0 or n in (13, 15)"),
    Row("1111 0011 1010 ++++ 10-0 -ooW iiil llll", "CPS", "B9.3.1 T2", "system.change_state", "", "system",
        ("---- ---- ---- ---- ---- -000 ---- ----",), _CPS),
    Row("1111 0011 1010 ++++ 10-0 -000 0000 0000", "NOP", "A8.8.119 T2", _NOP, "", "hint"),
    Row("1111 0011 1010 ++++ 10-0 -000 0000 0001", "YIELD", "A8.8.426 T2", _NOP, "", "hint"),
    Row("1111 0011 1010 ++++ 10-0 -000 0000 0010", "WFE", "A8.8.424 T2", _WFE, "", "hint"),
    Row("1111 0011 1010 ++++ 10-0 -000 0000 0011", "WFI", "A8.8.425 T2", _WFI, "", "hint"),
    Row("1111 0011 1010 ++++ 10-0 -000 0000 0100", "SEV", "A8.8.168 T2", _SEV, "", "hint"),
    Row("1111 0011 1010 ++++ 10-0 -000 1111 iiii", "DBG", "A8.8.42 T1", _NOP, "", "hint"),
    Row("1111 0011 1010 ++++ 10-0 -000 iiii iiii", "Unallocated hint", "A6.3.4", _NOP, "", "hint",
        (*(f"---- ---- ---- ---- ---- ---- 0000 0{each}" for each in _NAMED_HINTS),
         "---- ---- ---- ---- ---- ---- 1111 ----")),
    Row("1111 0011 1011 ++++ 10-0 ++++ 0100 iiii", "DSB", "A8.8.44 T1", _NOP, "", "barrier"),
    Row("1111 0011 1011 ++++ 10-0 ++++ 0101 iiii", "DMB", "A8.8.43 T1", _NOP, "", "barrier"),
    Row("1111 0011 1011 ++++ 10-0 ++++ 0110 iiii", "ISB", "A8.8.53 T1", _NOP, "", "barrier"),
    Row("1111 0011 1110 ++++ 10-0 dddd --0- ----", "MRS (CPSR)", "A8.8.109 T1, B9.3.8 T1", "system.move_from_cpsr", "",
        "system", (), "d in (13, 15)"),
    Row("1111 0011 1111 ++++ 10-0 dddd --0- ----", "MRS (SPSR)", "B9.3.8 T1", "system.move_from_spsr", "", "system", (),
        "d in (13, 15)"),
    Row("1111 0111 1111 iiii 1000 ---- ---- ----", "SMC", "B9.3.14 T1", "system.secure_monitor_call", "", "system"),
    Row("1111 0111 1111 iiii 1010 iiii iiii iiii", "UDF", "A8.8.247 T2", "system.permanently_undefined", "", "system"),
]  # fmt: skip
