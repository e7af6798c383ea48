"""The architectural state: complete, checked, and never confused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vmsim_arch_arm import psr
from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.fields import Encoding, FieldSpec
from vmsim_arch_arm.id_registers import ID_REGISTERS
from vmsim_arch_arm.psr import Mode
from vmsim_arch_arm.state import ArmState, specs
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Section

each_field = pytest.mark.parametrize("spec", specs(), ids=lambda spec: spec.name)


@st.composite
def states(draw: st.DrawFn) -> ArmState:
    state = ArmState()
    for spec in specs():
        values = st.integers(0, (1 << spec.width) - 1)
        setattr(
            state,
            spec.name,
            draw(values) if spec.count == 1 else draw(st.lists(values, min_size=spec.count, max_size=spec.count)),
        )
    state.cpsr = state.cpsr & ~psr.MODE | draw(st.sampled_from(Mode))
    state.waiting = draw(st.integers(0, 2))
    return state


@given(states())
def test_a_state_survives_its_section(state: ArmState) -> None:
    section = Section("cpu0", "core")
    state.serialize(section)
    restored = ArmState()
    restored.deserialize(section)
    assert restored == state
    assert restored.differences(state) == []


@each_field
def test_a_flipped_bit_in_any_field_is_found_and_copies_are_independent(spec: FieldSpec) -> None:
    state = ArmState()
    changed = state.copy()
    highest = 1 << (spec.width - 1)
    if spec.count == 1:
        setattr(changed, spec.name, getattr(changed, spec.name) ^ highest)
        name = spec.name
    else:
        getattr(changed, spec.name)[spec.count - 1] ^= highest
        name = f"{spec.name}[{spec.count - 1}]"
    (difference,) = state.differences(changed)
    assert (difference.field, difference.host_dependent) == (name, spec.host_dependent)
    assert state == ArmState()


@each_field
def test_a_field_that_is_missing_or_too_wide_is_refused_and_nothing_changes(spec: FieldSpec) -> None:
    section = Section("cpu0", "core")
    ArmState(pc=4).serialize(section)
    name = f"arm.{spec.name}"
    original = section.fields.pop(name)
    state = ArmState()
    with pytest.raises(CheckpointError, match=f"{spec.name}' is missing"):
        state.deserialize(section)
    too_wide = 1 << spec.width
    section.put(name, too_wide if spec.count == 1 else [too_wide] * spec.count)
    with pytest.raises(CheckpointError, match="does not fit"):
        state.deserialize(section)
    if spec.count > 1:
        del section.fields[name]
        section.put(name, [0])
        with pytest.raises(CheckpointError, match=f"instead of {spec.count}"):
            state.deserialize(section)
    assert state == ArmState()
    section.fields[name] = original
    state.deserialize(section)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("cpsr", 0x16, "names no mode"),  # monitor mode
        ("cpsr", 0x00, "names no mode"),
        ("waiting", 3, "none of 0, 1 and 2"),
    ],
)
def test_a_state_that_no_core_can_be_in_is_refused_and_nothing_changes(name: str, value: int, message: str) -> None:
    section = Section("cpu0", "core")
    ArmState(**{name: value}).serialize(section)
    state = ArmState(pc=4)
    with pytest.raises(CheckpointError, match=rf"cpu0\.arm\.{name}: .*{message}"):
        state.deserialize(section)
    assert state == ArmState(pc=4)


# Where R8, R12, SP and LR of each mode are (ARM DDI 0406C, figure B1-2).
BANKS = {
    Mode.USR: ("r8_12_usr[0]", "r8_12_usr[4]", "sp_usr", "lr_usr"),
    Mode.SYS: ("r8_12_usr[0]", "r8_12_usr[4]", "sp_usr", "lr_usr"),
    Mode.FIQ: ("r8_12_fiq[0]", "r8_12_fiq[4]", "sp_fiq", "lr_fiq"),
    Mode.IRQ: ("r8_12_usr[0]", "r8_12_usr[4]", "sp_irq", "lr_irq"),
    Mode.SVC: ("r8_12_usr[0]", "r8_12_usr[4]", "sp_svc", "lr_svc"),
    Mode.ABT: ("r8_12_usr[0]", "r8_12_usr[4]", "sp_abt", "lr_abt"),
    Mode.UND: ("r8_12_usr[0]", "r8_12_usr[4]", "sp_und", "lr_und"),
}


@pytest.mark.parametrize("mode", Mode)
def test_a_mode_sees_its_own_bank_and_touches_no_other(mode: Mode) -> None:
    r8, r12, sp, lr = BANKS[mode]
    places = {0: "r[0]", 7: "r[7]", 8: r8, 12: r12, 13: sp, 14: lr, 15: "pc"}
    for number, place in places.items():
        before = ArmState(cpsr=mode)
        after = before.copy()
        after.write_gpr(number, 0x12345678)
        assert after.read_gpr(number) == 0x12345678
        assert [difference.field for difference in before.differences(after)] == [place]


def test_reset_values_fit_and_no_two_registers_have_one_encoding() -> None:
    encodings = [register.encoding for register in ID_REGISTERS]
    for spec in specs():
        assert 0 <= spec.reset < 1 << spec.width
        assert spec.doc
        if spec.encoding is not None:
            coprocessor, crn, opc1, crm, opc2 = spec.encoding
            encodings += [(coprocessor, crn, opc1, crm + index, opc2) for index in range(spec.count)]
    assert len(encodings) == len(set(encodings))


def test_reset_is_a_cortex_a9s() -> None:
    state = Arm().reset_state(1)
    assert (state.midr, state.mpidr, state.cpsr, state.pc) == (0x410FC090, 0x80000001, 0x1D3, 0)
    assert state.sctlr & 0x2005 == 0, "MMU, data cache and high vectors are off"


DISASSEMBLY = [
    (False, "030091e8", "ldm r1, {r0, r1}"),
    (False, "00f020e3", "nop"),
    (False, "440d02f2", "vadd.f32 q0, q1, q2"),
    (False, "100f11ee", "mrc p15, #0, r0, c1, c0, #0"),
    (True, "0130", "adds r0, #1"),
    (True, "4ff0010c", "mov.w ip, #1"),
    (True, "30bf", "wfi"),
    (False, "ffffffff", ".word 0xffffffff"),
    (True, "ffffffff", ".word 0xffffffff"),
    (True, "20b6", ".short 0xb620"),
]


@pytest.mark.parametrize(("thumb", "code", "text"), DISASSEMBLY)
def test_disassembly(thumb: bool, code: str, text: str) -> None:
    state = ArmState(cpsr=Mode.SVC | (psr.T if thumb else 0))
    assert Arm().disassemble(bytes.fromhex(code), 0x8000, state) == text


def test_disassembly_knows_the_condition_inside_an_it_block() -> None:
    """ITTE NE: two instructions with NE, the third with EQ; outside again the same bits set the flags."""
    architecture = Arm()
    it_state = 0x1A
    texts = []
    for _ in range(4):
        state = ArmState(cpsr=psr.with_it_state(Mode.SVC | psr.T, it_state))
        texts.append(architecture.disassemble(bytes.fromhex("0130"), 0x8000, state))
        it_state = psr.it_advance(it_state)
    assert texts == ["addne r0, #1", "addne r0, #1", "addeq r0, #1", "adds r0, #1"]


def test_a_branch_inside_an_it_block_goes_to_its_target() -> None:
    state = ArmState(cpsr=psr.with_it_state(Mode.SVC | psr.T, 0x08))
    assert Arm().disassemble(bytes.fromhex("fee7"), 0x8000, state) == "beq #0x8000"


def test_the_end_of_memory_in_the_middle_of_a_thumb_instruction() -> None:
    state = ArmState(cpsr=Mode.SVC | psr.T)
    assert Arm().disassemble(bytes.fromhex("4ff0"), 0xFFE, state) == ".short 0xf04f"


def test_the_documentation_lists_every_register_as_it_is_declared() -> None:
    page = Path(__file__).parents[3] / "docs" / "arch-state.md"
    if not page.exists():
        pytest.skip("installed without docs/")
    rows = [line for line in page.read_text().splitlines() if line.startswith("| `")]
    assert rows == [_field_row(spec) for spec in specs()] + [
        f"| `{register.name}` | {_encoding(register.encoding)} | `{register.value:#010x}` | {register.doc} |"
        for register in ID_REGISTERS
    ]


def _field_row(spec: FieldSpec) -> str:
    host = "yes" if spec.host_dependent else "no"
    encoding = _encoding(spec.encoding)
    return f"| `{spec.name}` | {spec.width} | {spec.count} | `{spec.reset:#x}` | {host} | {encoding} | {spec.doc} |"


def _encoding(encoding: Encoding | None) -> str:
    if encoding is None:
        return ""
    coprocessor, crn, opc1, crm, opc2 = encoding
    return f"p{coprocessor}, c{crn}, {opc1}, c{crm}, {opc2}"
