"""What is said for timing models of every instruction: that it is so, by executing it.

An instruction must do the same if any register changes that is none of its sources, and must leave alone what is none
of its destinations; and what it declares has to make a difference. The oracle is what instructions do, which others
have compared with Unicorn.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import pytest
from instruction_case import CODE, Case
from operand_probe import CORE, DOUBLES, PARTS, PC, SYSTEM, Outcome, Probe, randomize, same
from vmsim_arch_arm import tables
from vmsim_arch_arm.engine import operands, records
from vmsim_arch_arm.engine.explain import Explanation, explain
from vmsim_arch_arm.engine.table import Row
from vmsim_arch_arm.state import ArmState

ROWS = [(name, row) for name in ("ARM", "THUMB16", "THUMB32") for row in tables.rows(name)]
IDS = [f"{name} {row}" for name, row in ROWS]
WORDS = 4
STATES = 20
"""In which each word is executed at most, until everything it declares has made a difference."""
ELSEWHERE_CODE = 0x3000
"""Another address for the same code; its PC differs."""

IDLE = {
    "load_store.preload": "hints read their address, and have no effect here",
    "system.no_operation": "a condition is looked at, and nothing follows",
    "system.send_event": "the same: the event register is no operand",
    "system.secure_monitor_call": "the run ends with it",
    "coprocessor.mcr": "random registers of coprocessors are undefined: test_coprocessor_moves",
    "coprocessor.mrc": "the same",
    "system.move_to_status": "MSR of an SPSR declares the flags, too",
    "system.move_immediate_to_status": "the same",
    "simd_permute.vext": "all four registers are sources, an immediate chooses three of them or less",
}
"""Functions that may declare what makes no difference, and why."""


def bits_of(mask: int) -> list[int]:
    return [bit for bit in range(64) if mask >> bit & 1]


@dataclass
class Tried:
    """What a word declares, and what made a difference."""

    sources: int
    destinations: int
    read: int = 0
    written: int = 0

    @property
    def missing(self) -> tuple[int, int]:
        """Sources and destinations that made no difference, but for what cannot be tried in general."""
        known = ~(1 << SYSTEM | 1 << PC)
        return self.sources & ~self.read & known, self.destinations & ~self.written & known


def try_word(probe: Probe, word: int, rng: random.Random) -> Tried:
    """Execute a word from several states; fails if it depends on or changes what it does not declare."""
    fields = probe.decoder.describe(word, probe.size)
    tried = Tried(fields["sources"], fields["destinations"])
    hidden = [bit for bit in (*CORE, *PARTS, *DOUBLES) if not tried.sources >> bit & 1]
    is_call = fields["branch_kind"] in (records.BRANCH_DIRECT_CALL, records.BRANCH_INDIRECT_CALL)
    for _ in range(STATES):
        case = probe.case(word, rng)
        state = probe.state(case, rng)
        one = probe.execute(case, state)
        if not one.exception:
            changed = one.changed() | (one.pc != CODE + probe.size) << PC
            assert changed & ~tried.destinations == 0, f"{word:#x} writes {bits_of(changed & ~tried.destinations)}"
            tried.written |= changed
        other = with_others(probe, case, state, hidden, rng)
        wrong = differences(one, other, tried)
        assert not wrong and one.pc == other.pc, f"{word:#x} reads more than {bits_of(tried.sources)}: {wrong} differ"
        for bit in bits_of(tried.sources & ~tried.read):
            other = with_others(probe, case, state, [bit], rng)
            if one.pc != other.pc or differences(one, other, tried, strictly=True):
                tried.read |= 1 << bit
        moved = state.copy()
        moved.pc = ELSEWHERE_CODE
        if differences(one, probe.execute(case, moved), tried) and not is_call:
            tried.read |= 1 << PC
        if not any(tried.missing):
            break
    return tried


def with_others(probe: Probe, case: Case, state: ArmState, bits: list[int], rng: random.Random) -> Outcome:
    """Execute a case with other values in some registers."""
    disturbed = state.copy()
    randomize(disturbed, bits, probe.row, rng)
    return probe.execute(case, disturbed)


def differences(one: Outcome, other: Outcome, tried: Tried, strictly: bool = False) -> list[object]:
    """Return in which destinations, or where else, an instruction did something else."""
    if one.elsewhere != other.elsewhere:
        return ["memory or exception"]
    if one.exception:
        return []
    results = bits_of(tried.destinations & ~(1 << PC))
    return [bit for bit in results if not same(bit, one, other, strictly or bool(tried.sources >> bit & 1))]


def loose(name: str, row: Row, words: int) -> list[str]:
    """Try words of a row; return what is declared without need.

    That is the flags, a core or an extension register in more than a quarter of the words, and anything else in all of
    them. Words like SUBS of a register and itself, where an operand is two, are left out.
    """
    rng = random.Random(f"{name}{row}{words}")
    probe = Probe(name, row)
    all_tried: list[Tried] = []
    for _ in range(words):
        word = probe.word(rng)
        tried = try_word(probe, word, rng)
        assert tried.read & 1 << PC == 0 or tried.sources & 1 << PC, f"{word:#x} reads the PC"
        fields = row.fields_of(word)
        if "m" not in fields or fields["m"] not in (fields.get("n"), fields.get("d"), fields.get("D")):
            all_tried.append(tried)
    numbered = sum(1 << bit for bit in (*CORE, records.OPERAND_FLAGS, *DOUBLES))
    incomplete = [tried for tried in all_tried if any(mask & numbered for mask in tried.missing)]
    found = (
        [f"registers of {len(incomplete)} of {len(all_tried)} words"]
        if len(incomplete) > max(1, len(all_tried) // 4)
        else []
    )
    for side in range(2):
        always = ~numbered
        for tried in all_tried:
            always &= tried.missing[side] | ~(tried.sources, tried.destinations)[side]
        declared = sum({1 << bit for tried in all_tried for bit in bits_of((tried.sources, tried.destinations)[side])})
        found += [f"{('source', 'destination')[side]} {bit}" for bit in bits_of(always & declared)]
    return found


@pytest.mark.parametrize(("name", "row"), ROWS, ids=IDS)
def test_row(name: str, row: Row) -> None:
    found = loose(name, row, WORDS)
    if found and row.execute not in IDLE:
        found = loose(name, row, 8 * WORDS)  # it may have been chance
        assert found == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "row"), ROWS, ids=IDS)
def test_row_many_words(name: str, row: Row) -> None:
    assert loose(name, row, 25 * WORDS) == [] or row.execute in IDLE


@pytest.mark.parametrize(
    ("name", "word"), [("MCR", 0xEE0D_0F50), ("MRC", 0xEE1D_0F50), ("MRC", 0xEE1D_FF50)], ids=["MCR", "MRC", "flags"]
)
def test_coprocessor_moves(name: str, word: int) -> None:
    """Of TPIDRURW, which every mode may access: Rt or the flags, and SYSTEM."""
    row = next(row for _, row in ROWS if row.name == name)
    tried = try_word(Probe("ARM", row), word, random.Random(name))
    assert tried.missing == (0, 0)
    assert (tried.sources | tried.destinations) >> SYSTEM & 1


# --- examples -------------------------------------------------------------------------------------------------------


def explained(name: str, word: int) -> Explanation:
    """Return what a word is."""
    found = explain(name, word)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "name", "word", "operation", "sources", "destinations"),
    [
        ("add r0, r1, r2", "ARM", 0xE081_0002, "ALU", "r1 r2", "r0"),
        ("add r0, r1, r2, lsl #3", "ARM", 0xE081_0182, "ALU_SHIFT", "r1 r2", "r0"),
        ("add r0, r1, r2, lsl r3", "ARM", 0xE081_0312, "ALU_REGISTER_SHIFT", "r1 r2 r3", "r0"),
        ("addeq r0, r1, r2", "ARM", 0x0081_0002, "ALU", "r0 r1 r2 flags", "r0"),
        ("adcs r0, r1, #1", "ARM", 0xE2B1_0001, "ALU", "r1 flags", "r0 flags"),
        ("mov r0, r1, rrx", "ARM", 0xE1A0_0061, "MOVE", "r1 flags", "r0"),
        ("lsls r0, r1, #3", "THUMB16", 0x00C8, "MOVE", "r1", "r0 flags"),
        ("movt r0, #1", "ARM", 0xE340_0001, "MOVE", "r0", "r0"),
        ("bfi r0, r1, #4, #8", "ARM", 0xE7CB_0211, "BIT_FIELD", "r0 r1", "r0"),
        ("adr r0, #8", "ARM", 0xE28F_0008, "ALU", "pc", "r0"),
        ("mla r0, r1, r2, r3", "ARM", 0xE020_3291, "MULTIPLY", "r1 r2 r3", "r0"),
        ("smlal r0, r1, r2, r3", "ARM", 0xE0E1_0392, "MULTIPLY_LONG", "r0 r1 r2 r3", "r0 r1"),
        ("smlabb r0, r1, r2, r3", "ARM", 0xE100_3281, "MULTIPLY_HALF", "r1 r2 r3", "r0 q"),
        ("sel r0, r1, r2", "ARM", 0xE681_0FB2, "PARALLEL", "r1 r2 q", "r0"),
        ("ldr r0, [r1, #4]!", "ARM", 0xE5B1_0004, "LOAD", "r1", "r0 r1"),
        ("ldr r0, [pc, #4]", "ARM", 0xE59F_0004, "LOAD", "pc", "r0"),
        ("strd r2, r3, [r0]", "ARM", 0xE1C0_20F0, "STORE_MULTIPLE", "r0 r2 r3", ""),
        ("push {r4, lr}", "THUMB16", 0xB510, "STORE_MULTIPLE", "r4 sp lr", "sp"),
        ("strex r0, r1, [r2]", "ARM", 0xE182_0F91, "STORE", "r1 r2", "r0"),
        ("msr cpsr_f, r0", "ARM", 0xE128_F000, "MOVE", "r0", "flags q"),
        ("msr cpsr_c, r0", "ARM", 0xE121_F000, "SYSTEM", "r0", "system"),
        ("mrc p15, 0, r0, c1, c0, 0", "ARM", 0xEE11_0F10, "COPROCESSOR", "system", "r0"),
        ("mrc p14, 0, APSR_nzcv, c0, c1, 0", "ARM", 0xEE10_FE11, "COPROCESSOR", "system", "flags"),
        ("dmb", "ARM", 0xF57F_F05F, "BARRIER", "", ""),
        ("nop", "THUMB16", 0xBF00, "HINT", "", ""),
        ("svc #0", "ARM", 0xEF00_0000, "EXCEPTION", "", ""),
        ("vadd.f32 s0, s2, s4", "ARM", 0xEE31_0A02, "FP_ADD", "control d1 d2", "status d0"),
        ("vmla.f64 d0, d1, d2", "ARM", 0xEE01_0B02, "FP_MULTIPLY_ACCUMULATE_DOUBLE", "control d0 d1 d2", "status d0"),
        ("vdiv.f64 d16, d17, d18", "ARM", 0xEEC1_0BA2, "FP_DIVIDE_DOUBLE", "control d17 d18", "status d16"),
        ("vcvt.f64.s32 d0, s2", "ARM", 0xEEB8_0BC1, "FP_CONVERT", "d1", "d0"),
        ("vcmp.f64 d0, d1", "ARM", 0xEEB4_0B41, "FP_COMPARE", "control d0 d1", "fpflags status"),
        ("vmrs APSR_nzcv, fpscr", "ARM", 0xEEF1_FA10, "FP_TRANSFER", "fpflags", "flags"),
        ("vmov r0, r1, d2", "ARM", 0xEC51_0B12, "FP_TRANSFER", "d2", "r0 r1"),
        ("vldmia r0!, {d1-d3}", "ARM", 0xECB0_1B06, "FP_LOAD_MULTIPLE", "r0", "r0 d1 d2 d3"),
        ("vpush {s1-s4}", "ARM", 0xED6D_0A04, "FP_STORE_MULTIPLE", "sp d0 d1 d2", "sp"),
        ("vadd.i32 q0, q1, q2", "ARM", 0xF222_0844, "SIMD_INTEGER", "d2 d3 d4 d5", "d0 d1"),
        ("vmlal.s16 q0, d2, d3", "ARM", 0xF292_0803, "SIMD_MULTIPLY_ACCUMULATE", "d0 d1 d2 d3", "d0 d1"),
        ("vmul.f32 q0, q1, d0[0]", "ARM", 0xF3A2_0940, "SIMD_FLOAT_MULTIPLY", "d0 d2 d3", "status d0 d1"),
        ("vtbx.8 d0, {d1, d2}, d3", "ARM", 0xF3B1_0943, "SIMD_PERMUTE", "d0 d1 d2 d3", "d0"),
        ("vld2.8 {d0, d2}, [r1]!", "ARM", 0xF421_090D, "SIMD_LOAD", "r1", "r1 d0 d2"),
        ("vld1.8 {d0[1]}, [r1], r2", "ARM", 0xF4A1_0022, "SIMD_LOAD", "r1 r2 d0", "r1 d0"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)  # fmt: skip
def test_examples(text: str, name: str, word: int, operation: str, sources: str, destinations: str) -> None:
    found = explained(name, word)
    assert found.operation_class == operation
    assert (" ".join(found.sources), " ".join(found.destinations)) == (sources, destinations)


@pytest.mark.parametrize(
    ("text", "name", "word", "kind"),
    [
        ("b", "ARM", 0xEA00_0000, "DIRECT"),
        ("bne", "THUMB16", 0xD1FE, "DIRECT"),
        ("cbz r0", "THUMB16", 0xB100, "DIRECT"),
        ("bl", "THUMB32", 0xF000_F800, "DIRECT_CALL"),
        ("blx #imm", "ARM", 0xFA00_0000, "DIRECT_CALL"),
        ("blx r3", "ARM", 0xE12F_FF33, "INDIRECT_CALL"),
        ("bx r3", "THUMB16", 0x4718, "INDIRECT"),
        ("bx lr", "THUMB16", 0x4770, "RETURN"),
        ("mov pc, lr", "ARM", 0xE1A0_F00E, "RETURN"),
        ("mov pc, r3", "ARM", 0xE1A0_F003, "INDIRECT"),
        ("add pc, pc, r3", "ARM", 0xE08F_F003, "INDIRECT"),
        ("add r0, pc, r3", "ARM", 0xE08F_0003, "NONE"),
        ("pop {r4, pc}", "THUMB16", 0xBD10, "RETURN"),
        ("pop {r4}", "THUMB16", 0xBC10, "NONE"),
        ("ldr pc, [sp], #4", "ARM", 0xE49D_F004, "RETURN"),
        ("ldr pc, [r0]", "ARM", 0xE590_F000, "INDIRECT"),
        ("ldm r0, {r1, pc}", "ARM", 0xE890_8002, "INDIRECT"),
        ("ldm sp!, {r0, pc}^", "ARM", 0xE8FD_8001, "EXCEPTION_RETURN"),
        ("subs pc, lr, #4", "ARM", 0xE25E_F004, "EXCEPTION_RETURN"),
        ("rfe sp!", "ARM", 0xF8BD_0A00, "EXCEPTION_RETURN"),
        ("tbb [pc, r0]", "THUMB32", 0xE8DF_F000, "INDIRECT"),
        ("svc #0", "ARM", 0xEF00_0000, "NONE"),
    ],
)
def test_branch_kinds(text: str, name: str, word: int, kind: str) -> None:
    found = explained(name, word)
    assert found.branch_kind == kind
    assert ("pc" in found.destinations) == (kind != "NONE")


@pytest.mark.parametrize(
    ("text", "name", "word", "kind"),
    [
        ("ldrb r0, [r1]", "ARM", 0xE5D1_0000, "LOAD"),
        ("str r0, [sp]", "THUMB16", 0x9000, "STORE"),
        ("ldrex r0, [r1]", "ARM", 0xE191_0F9F, "LOAD_EXCLUSIVE"),
        ("strex r0, r1, [r2]", "ARM", 0xE182_0F91, "STORE_EXCLUSIVE"),
        ("swp r0, r1, [r2]", "ARM", 0xE102_0091, "SWAP"),
        ("pld [r0]", "ARM", 0xF5D0_F000, "PRELOAD"),
        ("vldr d0, [r1]", "ARM", 0xED91_0B00, "LOAD"),
        ("vst1.8 {d0}, [r1]", "ARM", 0xF401_070F, "STORE"),
        ("tbb [pc, r0]", "THUMB32", 0xE8DF_F000, "LOAD"),
        ("rfe sp!", "ARM", 0xF8BD_0A00, "LOAD"),
        ("add r0, r1, r2", "ARM", 0xE081_0002, "NONE"),
    ],
)
def test_memory_kinds(text: str, name: str, word: int, kind: str) -> None:
    assert explained(name, word).memory_kind == kind


@pytest.mark.parametrize(("name", "row"), ROWS, ids=IDS)
def test_row_has_a_class_and_an_access(name: str, row: Row) -> None:
    """Every row has a class; its access and its operands' line agree with what the table says it is."""
    description = operands.describe(row)
    assert description.operation_class != records.CLASS_UNDEFINED
    is_access = description.memory_kind not in (records.ACCESS_NONE, records.ACCESS_PRELOAD)
    transfers = ("system.return_from_exception", "system.store_return_state", "branches.tbb")
    assert is_access == (row.kind in ("load", "store") or row.execute in transfers)


@pytest.mark.parametrize("line", ["q7 > d", "n? > d", "Xn > d", "n*regs? >"])
def test_line_that_means_nothing(line: str) -> None:
    with pytest.raises(ValueError, match=r"is no operand|is no condition"):
        operands.parse(line)


def test_undefined_words_have_no_explanation() -> None:
    assert explain("ARM", 0xFFFF_FFFF) is None
    with pytest.raises(KeyError):
        explain("A64", 0)


def test_documented() -> None:
    """The page about operands has every class, access, kind of branch and register."""
    file = Path(__file__).parents[3] / "docs" / "arm-operands.md"
    if not file.exists():
        pytest.skip("installed without docs/")
    page = file.read_text(encoding="utf-8")
    for prefix in ("CLASS_", "ACCESS_", "BRANCH_", "OPERAND_"):
        names = [name for name in vars(records) if name.startswith(prefix)]
        assert names
        for name in names:
            assert f"`{name if prefix == 'OPERAND_' else name.removeprefix(prefix)}`" in page, name
