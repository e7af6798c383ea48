"""What a debugger sees of a core: registers by name, and memory through the guest's page tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.debugger import ArmDebuggerView
from vmsim_arch_arm.psr import Mode
from vmsim_arch_arm.state import ArmState, specs
from vmsim_core.address_map import BusError
from vmsim_core.errors import VmsimError

VIEW = ArmDebuggerView()
REGISTERS = {register.name: register for feature in VIEW.features for register in feature.registers}
BETWEEN_INSTRUCTIONS = {
    "monitor_valid", "monitor_address", "monitor_size", "monitor_virtual_address", "event_register", "waiting",
    "pending_async_abort", "pmccntr_prescaler", "dbgoslock",
}  # fmt: skip
"""Fields that are no register: a debugger does not see them."""


def test_the_architecture_offers_the_view() -> None:
    assert isinstance(Arm().debugger_view, ArmDebuggerView)


def test_gdbs_features_have_what_gdb_asks_for() -> None:
    features = {feature.name: [register.name for register in feature.registers] for feature in VIEW.features}
    assert features["org.gnu.gdb.arm.core"] == [*(f"r{number}" for number in range(13)), "sp", "lr", "pc", "cpsr"]
    assert features["org.gnu.gdb.arm.vfp"] == [*(f"d{number}" for number in range(32)), "fpscr"]
    assert sum(len(names) for names in features.values()) == len(REGISTERS), "a name is used twice"


def test_every_field_of_the_state_can_be_seen() -> None:
    """Each one is given its own value; all of them are found among the registers."""
    state, value, values = ArmState(), 1, set()
    for spec in specs():
        if spec.name in BETWEEN_INSTRUCTIONS or spec.name == "cpsr":
            continue
        value += 1
        if spec.count == 1:
            setattr(state, spec.name, value)
            values.add(value)
        else:
            getattr(state, spec.name)[:] = range(value, value + spec.count)
            values |= set(range(value, value + spec.count))
            value += spec.count
    assert {VIEW.read(state, name) for name in REGISTERS if name != "cpsr"} == values


@given(st.sampled_from(sorted(set(REGISTERS) - {"cpsr", "pc"})), st.sampled_from(Mode), st.integers(0, (1 << 64) - 1))
def test_what_is_written_is_read_and_nothing_else_changes(name: str, mode: Mode, value: int) -> None:
    value &= (1 << REGISTERS[name].bits) - 1
    state = ArmState(cpsr=mode)
    before = {each: VIEW.read(state, each) for each in REGISTERS}
    fresh = state.copy()
    VIEW.write(state, name, value)
    assert VIEW.read(state, name) == value
    assert len(fresh.differences(state)) == (value != before[name])
    changed = {each for each in REGISTERS if VIEW.read(state, each) != before[each]}
    assert changed <= {name, *_aliases(name, mode)}


def _aliases(name: str, mode: Mode) -> set[str]:
    """Return the names that a register has besides `name` in a mode."""
    bank = "usr" if mode is Mode.SYS else mode.name.lower()
    high = "fiq" if mode is Mode.FIQ else "usr"
    pairs = {"sp": f"sp_{bank}", "lr": f"lr_{bank}", **{f"r{number}": f"r{number}_{high}" for number in range(8, 13)}}
    return {*(b for a, b in pairs.items() if a == name), *(a for a, b in pairs.items() if b == name)}


def test_the_pc_is_aligned_and_ends_waiting_and_an_it_block() -> None:
    state = ArmState(cpsr=0x1D3, waiting=1)
    VIEW.write(state, "pc", 0x8003)
    assert (state.pc, state.waiting) == (0x8000, 0)
    state = ArmState(cpsr=0x0600FC33)
    VIEW.write(state, "pc", 0x8003)
    assert (state.pc, state.cpsr) == (0x8002, 0x33)


@pytest.mark.parametrize(("value", "message"), [(0x16, "no mode 0x16"), (0, "no mode 0x0"), (0x010001D3, "Jazelle")])
def test_a_cpsr_that_the_core_cannot_have_is_refused(value: int, message: str) -> None:
    state = ArmState()
    with pytest.raises(VmsimError, match=message):
        VIEW.write(state, "cpsr", value)
    assert state.cpsr == 0x1D3


# --- page tables ------------------------------------------------------------------------------------------------------

TABLE, HIGH_TABLE, PAGES = 0x4000, 0x8000, 0xC000


class Memory:
    """64 KiB with page tables; the rest does not answer."""

    def __init__(self, big_endian: bool = False) -> None:
        self._order = "big" if big_endian else "little"
        self._words: dict[int, int] = {}

    def write(self, address: int, word: int) -> None:
        self._words[address] = word

    def read(self, address: int, size: int) -> bytes:
        assert size == 4
        if address >= 0x10000:
            raise BusError(address)
        return self._words.get(address, 0).to_bytes(4, "big" if self._order == "big" else "little")


def core(memory: Memory, **registers: int) -> ArmState:
    memory.write(TABLE + 4 * 0x123, 0xABC00002 | 0xF << 5)  # a section that nobody may access
    memory.write(TABLE + 4 * 0x124, PAGES | 1)
    memory.write(TABLE + 4 * 0x125, 0x12000002 | 1 << 18 | 5 << 20 | 3 << 5)  # a supersection
    memory.write(TABLE + 4 * 0x126, 0xABC00003)  # reserved without PXN
    memory.write(TABLE + 4 * 0x127, 0x10000001)  # a table in the void
    memory.write(PAGES + 4 * 0x45, 0x55555000 | 3)
    memory.write(PAGES + 4 * 0x46, 0x66660000 | 1)
    memory.write(HIGH_TABLE + 4 * 0x923, 0xDEF00002)
    memory.write(HIGH_TABLE + 4 * 0x123, 0x77700002)
    return ArmState(**{"sctlr": 1, "ttbr0": TABLE | 0x59, "ttbr1": HIGH_TABLE | 0x59, **registers})


@pytest.mark.parametrize(
    ("address", "physical"),
    [
        (0x123FFFFC, 0xABCFFFFC), (0x12445678, 0x55555678), (0x12446ABC, 0x66666ABC), (0x12444000, None),
        (0x125ABCDE, 0x3_5_12_5ABCDE), (0x12600000, None), (0x12800000, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("big_endian", [False, True])
def test_every_kind_of_descriptor(address: int, physical: int | None, big_endian: bool) -> None:
    memory = Memory(big_endian)
    state = core(memory, sctlr=1 | big_endian << 25)
    assert VIEW.translate(state, address, memory.read) == physical


def test_without_an_mmu_addresses_are_physical() -> None:
    memory = Memory()
    assert VIEW.translate(core(memory, sctlr=0), 0x12345678, memory.read) == 0x12345678


@pytest.mark.parametrize(
    ("ttbcr", "address", "physical"),
    [
        (0, 0x12300004, 0xABC00004), (1, 0x12300004, 0xABC00004), (1, 0x92300004, 0xDEF00004),
        (3, 0x12300004, 0xABC00004), (4, 0x12300004, 0x77700004), (1 << 4, 0x12300004, None),
        (1 | 1 << 4, 0x92300004, 0xDEF00004), (1 | 1 << 5, 0x92300004, None), (1 | 1 << 5, 0x12300004, 0xABC00004),
    ],
)  # fmt: skip
def test_two_tables_share_the_address_space(ttbcr: int, address: int, physical: int | None) -> None:
    memory = Memory()
    assert VIEW.translate(core(memory, ttbcr=ttbcr), address, memory.read) == physical


def test_what_the_memory_does_not_answer_comes_through() -> None:
    memory = Memory()
    with pytest.raises(BusError):
        VIEW.translate(core(memory), 0x12700000, memory.read)
