"""The architectural state: complete, checked, and never confused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.fields import FieldSpec
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


def test_reset_values_fit_and_encodings_are_unique() -> None:
    encodings = [spec.encoding for spec in specs() if spec.encoding is not None]
    assert len(encodings) == len(set(encodings))
    for spec in specs():
        assert 0 <= spec.reset < 1 << spec.width
        assert spec.doc


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
    state = ArmState(cpsr=0x1D3 | (0x20 if thumb else 0))
    assert Arm().disassemble(bytes.fromhex(code), 0x8000, state) == text


def test_the_documentation_lists_every_field() -> None:
    page = Path(__file__).parents[3] / "docs" / "arch-state.md"
    if not page.exists():
        pytest.skip("installed without docs/")
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) \| (yes|no) \|", page.read_text(), re.MULTILINE)
    assert rows == [
        (spec.name, str(spec.width), str(spec.count), "yes" if spec.host_dependent else "no") for spec in specs()
    ]
