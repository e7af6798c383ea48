"""Loads and stores: what the random cases of test_load_store leave out."""

from __future__ import annotations

from typing import Any

import pytest
from instruction_case import CODE, DATA, WINDOW, Case, state_of
from instruction_oracle import OurSide, UnicornSide, unicorn_side
from unicorn import arm_const
from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.state import ArmState
from vmsim_arch_arm.tables import (
    exclusive,
    extra_load_store,
    load_store,
    load_store_multiple,
    load_store_thumb,
)

MODULES = (load_store, extra_load_store, load_store_thumb, load_store_multiple, exclusive)
NOP = 0xE320_F000
PRELOAD = 0xF5D0_F000
CLREX = 0xF57F_F01F
SCTLR_SW = 1 << 10
SUPERVISOR = 0x13
ALIGNMENT_FAULT = 1
WRITE = 0x800


@pytest.fixture(scope="module")
def ours() -> OurSide:
    """Our engine with all loads and stores."""
    side = OurSide(lambda name: [row for module in MODULES for row in getattr(module, name, [])])
    # An instruction that aborts does not count: one without effect waits at every vector.
    side.ram.view[0:0x20] = PRELOAD.to_bytes(4, "little") * 8
    return side


def run(ours: OurSide, words: list[int], state: ArmState, data: bytes = b"") -> ArmState:
    """Execute ARM instructions on our engine and return the state behind them."""
    code = b"".join(word.to_bytes(4, "little") for word in words)
    ours.ram.view[CODE : CODE + len(code)] = code
    ours.ram.view[DATA : DATA + len(data)] = data
    ours.engine.invalidate(CODE, len(code))
    ours.engine.load_state(state)
    ours.engine.run(1 << 62, len(words))
    after = ours.engine.save_state(Arm().reset_state(0))
    assert isinstance(after, ArmState)
    return after


def run_on_unicorn(unicorn: UnicornSide, words: list[int], case: Case) -> list[int]:
    """Execute ARM instructions on Unicorn and return R0 to R14 behind them."""
    case.word = CLREX
    unicorn.execute(case)
    engine = unicorn.engine
    code = b"".join(word.to_bytes(4, "little") for word in words)
    engine.mem_write(CODE, code)
    engine.ctl_remove_cache(CODE, CODE + len(code))
    engine.emu_start(CODE, CODE + len(code), count=len(words))
    return [engine.reg_read(getattr(arm_const, f"UC_ARM_REG_R{number}")) for number in range(15)]


# --- alignment ------------------------------------------------------------------------------------------------------

_ALIGNED = {
    "LDM r1!, {r2, r3}": (0xE8B1_000C, 4, 0),
    "LDMDB r1, {r2, pc}": (0xE911_8004, 4, 0),
    "STMIB r1!, {r2, r3}": (0xE9A1_000C, 4, WRITE),
    "LDRD r2, r3, [r1], #8": (0xE0C1_20D8, 4, 0),
    "STRD r2, r3, [r1, #8]!": (0xE1E1_20F8, 4, WRITE),
    "LDREX r2, [r1]": (0xE191_2F9F, 4, 0),
    "LDREXH r2, [r1]": (0xE1F1_2F9F, 2, 0),
    "LDREXD r2, r3, [r1]": (0xE1B1_2F9F, 8, 0),
    "STREX r4, r2, [r1]": (0xE181_4F92, 4, WRITE),
    "STREXH r4, r2, [r1]": (0xE1E1_4F92, 2, WRITE),
    "STREXD r4, r2, r3, [r1]": (0xE1A1_4F92, 8, WRITE),
    "SWP r4, r2, [r1]": (0xE101_4092, 4, 0),
}


@pytest.mark.parametrize("text", _ALIGNED)
@pytest.mark.parametrize("offset", range(1, 8))
def test_alignment_fault(ours: OurSide, text: str, offset: int) -> None:
    """What needs alignment takes an alignment fault without it (A3.2.1), and nothing else happens."""
    word, size, write = _ALIGNED[text]
    if offset % size == 0:
        pytest.skip("aligned")
    case = Case(word, 4, False, SUPERVISOR, r=[7 * number for number in range(15)])
    case.r[1] = DATA + offset
    state = state_of(case)
    state.sctlr |= SCTLR_SW
    ours.ram.view[DATA : DATA + 32] = bytes(range(32))
    after = run(ours, [word], state, bytes(range(32)))
    first = 4 if text.startswith("STMIB") else 8 if text.startswith("STRD") else -8 if text.startswith("LDMDB") else 0
    assert after.cpsr & 0x1F == 0x17 and after.dfsr == ALIGNMENT_FAULT | write
    assert after.dfar == case.r[1] + first
    assert [after.read_gpr(number) for number in range(13)] == case.r[:13]
    assert after.sp_svc == case.r[13] and after.lr_svc == case.r[14] and after.lr_abt == CODE + 8
    assert bytes(ours.ram.view[DATA : DATA + 32]) == bytes(range(32))


# --- exclusives -----------------------------------------------------------------------------------------------------


def load_exclusive(kind: int, register: int = 0, base: int = 1) -> int:
    """LDREX, LDREXD, LDREXB, LDREXH: kind 0 to 3."""
    return 0xE190_0F9F | kind << 21 | base << 16 | register << 12


def store_exclusive(kind: int, result: int = 2, register: int = 4, base: int = 1) -> int:
    """STREX, STREXD, STREXB, STREXH: kind 0 to 3."""
    return 0xE180_0F90 | kind << 21 | base << 16 | result << 12 | register


_SEQUENCES = {
    "store alone": (lambda kind: [store_exclusive(kind)], [1]),
    "load and store": (lambda kind: [load_exclusive(kind, 10), store_exclusive(kind)], [0]),
    "cleared": (lambda kind: [load_exclusive(kind, 10), CLREX, store_exclusive(kind)], [1]),
    "elsewhere": (lambda kind: [load_exclusive(kind, 10), store_exclusive(kind, base=6)], [1]),
    "twice": (lambda kind: [load_exclusive(kind, 10), store_exclusive(kind), store_exclusive(kind, 3)], [0, 1]),
    "the later load": (
        lambda kind: [load_exclusive(kind, 10), load_exclusive(kind, 8, 6), store_exclusive(kind),
                      store_exclusive(kind, 3, base=6)], [1, 1]),
    "a load between": (lambda kind: [load_exclusive(kind, 10), 0xE591_8000, store_exclusive(kind)], [0]),
}  # fmt: skip


@pytest.mark.parametrize("kind", range(4), ids=["word", "doubleword", "byte", "halfword"])
@pytest.mark.parametrize("name", _SEQUENCES)
def test_exclusive(ours: OurSide, name: str, kind: int) -> None:
    """Sequences of exclusive loads and stores, as on Unicorn and as the manual says (A3.4.1)."""
    make, results = _SEQUENCES[name]
    data = bytes(range(1, 65))
    r = [0x1111_1111 * number for number in range(15)]
    r[1], r[6] = DATA + 8, DATA + 24
    content = bytes(WINDOW // 2) + data + bytes(WINDOW // 2 - len(data))
    case = Case(NOP, 4, False, SUPERVISOR, r=r, data=content)
    after = run(ours, make(kind), state_of(case), data)
    mine = [after.read_gpr(number) for number in range(15)]
    unicorn = unicorn_side()
    assert mine == run_on_unicorn(unicorn, make(kind), case)
    assert mine[2 : 2 + len(results)] == results
    assert bytes(ours.ram.view[DATA : DATA + 64]) == bytes(unicorn.engine.mem_read(DATA, 64))
    size = (4, 8, 1, 2)[kind]
    if 0 in results:
        written = (case.r[5] << 32 | case.r[4]).to_bytes(8, "little")[:size]
        assert bytes(ours.ram.view[DATA + 8 : DATA + 8 + size]) == written


@pytest.mark.parametrize("byte", [False, True])
@pytest.mark.parametrize("enabled", [False, True])
def test_swap(ours: OurSide, byte: bool, enabled: bool) -> None:
    """SWP and SWPB (A8.8.229) exchange, if SCTLR.SW enables them: it does not after reset."""
    r = [0] * 15
    r[1], r[2] = DATA + 4, 0xCAFE_F00D
    state = state_of(Case(NOP, 4, False, SUPERVISOR, r=r))
    state.sctlr |= SCTLR_SW if enabled else 0
    after = run(ours, [0xE101_4092 | byte << 22], state, b"\0\1\2\3\4\5\6\7")
    written = bytes(ours.ram.view[DATA : DATA + 8])
    if not enabled:
        assert after.cpsr & 0x1F == 0x1B and after.lr_und == CODE + 4 and written == b"\0\1\2\3\4\5\6\7"
    elif byte:
        assert after.r[4] == 4 and written == b"\0\1\2\3\x0d\5\6\7"
    else:
        assert after.r[4] == 0x0706_0504 and written == b"\0\1\2\3\x0d\xf0\xfe\xca"


# --- other modes ----------------------------------------------------------------------------------------------------


def banked_state(mode: int) -> ArmState:
    """Return a state in which every banked register has a value of its own."""
    state = state_of(Case(NOP, 4, False, mode, r=[0x100 + number for number in range(15)]))
    for number in range(5):
        state.r8_12_usr[number], state.r8_12_fiq[number] = 0x200 + number, 0x300 + number
    for place, suffix in enumerate(("usr", "svc", "abt", "und", "irq", "fiq")):
        setattr(state, f"sp_{suffix}", 0x400 + place)
        setattr(state, f"lr_{suffix}", 0x500 + place)
    state.write_gpr(1, DATA + 8)
    return state


_USER_REGISTERS = [("r", 0), *(("r8_12_usr", number) for number in range(5)), ("sp_usr", None), ("lr_usr", None)]


def user_registers(state: Any) -> list[int]:
    """R0, and R8 to R14 of User mode."""
    return [getattr(state, name) if index is None else getattr(state, name)[index] for name, index in _USER_REGISTERS]


@pytest.mark.parametrize("mode", [0x11, 0x12, 0x13, 0x17, 0x1B])
def test_user_registers(ours: OurSide, mode: int) -> None:
    """LDM and STM (User registers), B9.3.6 and B9.3.17, reach the registers of User mode from every other."""
    state = banked_state(mode)
    expected = user_registers(state)
    run(ours, [0xE8C1_7F01], state, bytes(64))  # STMIA r1, {r0, r8-r14}^
    words = [int.from_bytes(ours.ram.view[DATA + 8 + 4 * n : DATA + 12 + 4 * n], "little") for n in range(8)]
    assert words == expected
    values = [0x600 + number for number in range(16)]
    data = b"".join(value.to_bytes(4, "little") for value in values)
    after = run(ours, [0xE8D1_7F01], banked_state(mode), data)  # LDMIA r1, {r0, r8-r14}^
    assert user_registers(after) == values[2:10]
    untouched = banked_state(mode)
    for suffix in ("svc", "abt", "und", "irq", "fiq"):
        assert getattr(after, f"sp_{suffix}") == getattr(untouched, f"sp_{suffix}")
        assert getattr(after, f"lr_{suffix}") == getattr(untouched, f"lr_{suffix}")
    assert list(after.r8_12_fiq) == list(untouched.r8_12_fiq)


@pytest.mark.parametrize("spsr", [0x6000_0010, 0x8000_0030, 0x2000_01D1, 0x0A00_0033])
def test_exception_return(ours: OurSide, spsr: int) -> None:
    """LDM (exception return), B9.3.5: registers of the mode that is left, then SPSR to CPSR, then the branch."""
    state = banked_state(0x12)
    state.spsr_irq = spsr
    target = 0x9003
    data = b"".join(value.to_bytes(4, "little") for value in (0, 0, 0xAA, 0xBB, 0xCC, target))
    after = run(ours, [0xE8F1_E001], state, data)  # LDMIA r1!, {r0, sp, lr, pc}^
    assert after.cpsr == spsr
    assert after.pc == (target & ~1 if spsr & 0x20 else target & ~3)
    assert (after.r[0], after.sp_irq, after.lr_irq, after.r[1]) == (0xAA, 0xBB, 0xCC, DATA + 24)
    assert after.sp_usr == state.sp_usr and after.lr_usr == state.lr_usr


@pytest.mark.parametrize(("word", "mode"), [(0xE8F1_8001, 0x10), (0xE8F1_8001, 0x1F), (0xE8D1_0001, 0x10),
                                            (0xE8C1_0001, 0x10)])  # fmt: skip
def test_undefined_without_privilege(ours: OurSide, word: int, mode: int) -> None:
    """They are UNPREDICTABLE in modes that have no SPSR or are User mode: undefined here, as on Unicorn."""
    after = run(ours, [word], banked_state(mode))
    assert after.cpsr & 0x1F == 0x1B and after.lr_und == CODE + 4


# --- instructions that overwrite themselves ------------------------------------------------------------------------

_OVERWRITING = {
    "STR r2, [r1, #4]!": (0xE5A1_2004, -4),
    "STR r2, [r1], #8": (0xE481_2008, 0),
    "STRT r2, [r1], #8": (0xE4A1_2008, 0),
    "STRB r2, [r1], r3": (0xE6C1_2003, 0),
    "STRH r2, [r1, #-2]!": (0xE161_20B2, 2),
    "STRD r2, r3, [r1], #8": (0xE0C1_20F8, 0),
    "STMIA r1!, {r2-r9}": (0xE8A1_03FC, -8),
    "STMDB r1!, {r2-r9}": (0xE921_03FC, 16),
}


@pytest.mark.parametrize(
    ("word", "address", "expected"), [(0xE1D0_10B0, 0x57, 0x5857), (0xE590_1000, 0x59, 0x5C5B_5A59)]
)
def test_unaligned_in_the_first_page(ours: OurSide, word: int, address: int, expected: int) -> None:
    """LDRH and LDR of an address that has nothing but its lowest bits, as after a null pointer: it is no TLB tag."""
    ours.ram.view[0x20:0x80] = bytes(range(0x20, 0x80))
    case = Case(word, 4, False)
    case.r[0] = address
    assert run(ours, [word], state_of(case)).r[1] == expected


@pytest.mark.parametrize("first", [0xE591_2000, 0xE581_2000], ids=["LDR", "STR"])
def test_big_endian_behind_a_page_boundary(ours: OurSide, first: int) -> None:
    """An access to [r1], across the boundary, with CPSR.E; then the same of r3 at [r4], in the page behind it."""
    case = Case(first, 4, False, big_endian=True)
    case.r[1], case.r[4] = DATA - 2, DATA + 8
    second = 0xE594_3000 if first >> 20 & 1 else 0xE584_3000
    case.r[3] = 0x0809_0A0B
    after = run(ours, [first, second], state_of(case), bytes(range(32)))
    assert after.r[3] == 0x0809_0A0B
    assert bytes(ours.ram.view[DATA + 8 : DATA + 12]) == bytes((8, 9, 10, 11))


@pytest.mark.parametrize("text", _OVERWRITING)
def test_overwrites_itself(text: str) -> None:
    """A store to the place of its own instruction is completed all the same, writeback included."""
    word, offset = _OVERWRITING[text]
    ours = OurSide(lambda name: [row for module in MODULES for row in getattr(module, name, [])])
    case = Case(word, 4, False, SUPERVISOR, r=[0x1111 * number for number in range(15)])
    case.r[1] = CODE + offset
    unicorn_side().engine.mem_write(CODE - 64, bytes(128))
    mine, theirs = ours.execute(case), unicorn_side().execute(case)
    assert mine.differences(theirs) == []
    assert bytes(ours.ram.view[CODE - 64 : CODE + 64]) == bytes(unicorn_side().engine.mem_read(CODE - 64, 128))


# --- aborts ---------------------------------------------------------------------------------------------------------

_ABORTING = {
    "LDR r2, [r1, #4]!": 0xE5B1_2004,
    "LDRB r2, [r1], #4": 0xE4D1_2004,
    "LDRT r2, [r1], #4": 0xE4B1_2004,
    "LDRSH r2, [r1, #4]!": 0xE1F1_20F4,
    "LDRD r0, r1, [r1]": 0xE1C1_00D0,
    "LDM r1!, {r2, r3, r4, lr}": 0xE8B1_401C,
    "LDM r1, {r0, r1, r2, pc}": 0xE891_8007,
    "LDM r1, {r0, r1, r2}^": 0xE8D1_0007,
    "LDM r1, {r0, r1, r2, pc}^": 0xE8D1_8007,
    "LDREX r2, [r1]": 0xE191_2F9F,
    "STR r2, [r1, #4]!": 0xE5A1_2004,
    "STRH r2, [r1], #4": 0xE0C1_20B4,
    "STRBT r2, [r1], #4": 0xE4E1_2004,
    "STRD r2, r3, [r1], #8": 0xE0C1_20F8,
    "STM r1!, {r2, r3, r4, lr}": 0xE8A1_401C,
    "SWP r4, r2, [r1]": 0xE101_4092,
}
LEVEL1, LEVEL2 = 0x2_0000, 0x2_4000
"""Translation tables: the first megabyte in small pages."""


def map_memory(ours: OurSide, state: ArmState, hole: int) -> None:
    """Turn the MMU on: RAM where it is, in small pages (B3.5.1), except for the page at `hole`."""
    level1 = [LEVEL2 | 1] + [0] * 4095
    level2 = [0 if page << 12 == hole else page << 12 | 0x32 for page in range(256)]
    for place, table in ((LEVEL1, level1), (LEVEL2, level2)):
        ours.ram.view[place : place + 4 * len(table)] = b"".join(entry.to_bytes(4, "little") for entry in table)
    state.ttbr0, state.dacr, state.sctlr = LEVEL1, 1, state.sctlr | 1 | SCTLR_SW


@pytest.mark.parametrize("words", range(3))
@pytest.mark.parametrize("text", _ABORTING)
def test_abort(ours: OurSide, text: str, words: int) -> None:
    """An abort leaves the base register, and what has no value yet, as they were (B1.9.8)."""
    word = _ABORTING[text]
    several = "LDM" in text or "STM" in text
    before = words if several else words and text.startswith(("LDRD", "STRD"))
    hole = DATA + 0x1000
    r = [0x1111_1111 * number for number in range(15)]
    r[1] = hole - 4 * before - (4 if "]!" in text else 0)
    state = state_of(Case(word, 4, False, SUPERVISOR, r=r))
    map_memory(ours, state, hole)
    data = bytes(range(256)) * 16
    ours.ram.view[DATA : DATA + 0x1000] = data
    after = run(ours, [word], state)
    assert after.cpsr & 0x1F == 0x17 and after.dfar == hole and after.lr_abt == CODE + 8
    assert after.dfsr & 0x40F == 7  # translation fault, second level
    assert bool(after.dfsr & WRITE) == text.startswith("ST")
    assert after.r[1] == r[1] and after.sp_svc == r[13] and not after.monitor_valid
    if before == 0:
        assert [after.read_gpr(number) for number in range(13)] == r[:13] and after.lr_svc == r[14]
