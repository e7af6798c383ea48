"""The interrupt controller: registers of ARM DDI 0407 chapter 3, behaviour of ARM IHI 0048."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from a9_testing import Board, copy_board, make_board
from hypothesis import given
from hypothesis import strategies as st
from realview_testing import accesses, add_device, make_system, perform, take_checkpoint
from vmsim_platform_realview.gic import GicCpuInterface

SPURIOUS = 1023


def enabled_board(cpus: int = 1) -> Board:
    board = make_board(cpus)
    board.enable_all()
    return board


# --- identification ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cpus", "interrupts", "expected"), [(1, 96, 0x02), (4, 96, 0x62), (2, 256, 0x27)])
def test_the_type_register_counts_cores_and_interrupts(cpus: int, interrupts: int, expected: int) -> None:
    assert make_board(cpus, interrupts=interrupts).gic.read(0x004, 4) == expected


def test_identification_registers() -> None:
    board = make_board()
    assert board.gic.read(0x008, 4) == 0x0102043B
    assert board.interface.read(0xFC, 4) == 0x3901243B
    assert [board.gic.read(offset, 4) for offset in (0xFD0, *range(0xFE0, 0x1000, 4))] == [
        0x04, 0x90, 0xB3, 0x1B, 0x00, 0x0D, 0xF0, 0x05, 0xB1,
    ]  # fmt: skip


def test_power_on_values() -> None:
    board = make_board()
    assert [board.gic.read(0x100 + 4 * word, 4) for word in range(3)] == [0xFFFF, 0, 0]
    assert [board.gic.read(0xC00 + 4 * word, 4) for word in range(7)] == [
        0xAAAAAAAA, 0x7DC00000, 0x55555555, 0x55555555, 0x55555555, 0x55555555, 0,
    ]  # fmt: skip
    assert [board.interface.read(offset, 4) for offset in (0x00, 0x04, 0x08, 0x0C, 0x14, 0x18)] == [
        0, 0, 2, SPURIOUS, 0xFF, SPURIOUS,
    ]  # fmt: skip


# --- inputs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "cpu", "reason"),
    [
        (96, None, "take one from 32 to 95"),
        (5, None, "take one from 32 to 95"),
        (-1, None, "no input for interrupt -1"),
        (40, 0, "shared by the cores"),
        (29, 1, "no inputs for core 1: there are 1"),
    ],
)
def test_bad_inputs_are_refused_with_a_reason(number: int, cpu: int | None, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        make_board().gic.interrupt_input(number, cpu)


def test_the_cpu_interface_needs_its_distributor() -> None:
    with pytest.raises(ValueError, match="'gic' is no device of type gic"):
        add_device(make_system(), GicCpuInterface)


def test_a_level_is_pending_as_long_as_the_pin_is_up() -> None:
    board = enabled_board()
    pin = board.gic.interrupt_input(44)
    pin(True)
    assert board.irq
    pin(False)
    assert not board.irq
    pin(True)
    assert board.acknowledge() == 44
    assert not board.irq, "it is active"
    board.end(44)
    assert board.irq, "the pin is still up"


def test_an_edge_is_remembered_until_it_is_acknowledged() -> None:
    board = enabled_board()
    board.gic.write(0xC00 + 4 * 2, 4, 0b10 << 2 * (44 - 32))
    pin = board.gic.interrupt_input(44)
    pin(True)
    pin(False)
    assert board.irq
    assert board.acknowledge() == 44
    pin(True)
    board.end(44)
    assert board.irq, "an edge that came while it was active"
    assert board.acknowledge() == 44
    board.end(44)
    assert not board.irq, "the pin is up, but there was no other edge"


def test_the_core_is_told_of_changes_only() -> None:
    board = enabled_board()
    first, second = board.gic.interrupt_input(44), board.gic.interrupt_input(45)
    first(True)
    second(True)
    first(True)
    first(False)
    second(False)
    assert board.models[0].irq_levels == [True, False]


def test_input_status_shows_the_pins() -> None:
    board = make_board()
    board.gic.interrupt_input(64)(True)
    board.gic.interrupt_input(29, 0)(True)
    assert [board.gic.read(0xD00 + 4 * word, 4) for word in range(3)] == [1 << 13, 0, 1]


# --- enable, pending, active ------------------------------------------------------------------------------------------


def test_enable_pending_and_active_bits() -> None:
    board = enabled_board()
    board.gic.write(0x184, 4, 1 << 12)
    board.gic.interrupt_input(44)(True)
    assert not board.irq
    assert board.gic.read(0x204, 4) == board.gic.read(0x284, 4) == 1 << 12
    board.gic.write(0x104, 4, 1 << 12)
    assert board.irq
    assert board.acknowledge() == 44
    assert board.gic.read(0x304, 4) == 1 << 12
    board.end(44)
    assert board.gic.read(0x304, 4) == 0


def test_software_can_set_and_clear_pending() -> None:
    board = enabled_board()
    board.gic.write(0x204, 4, 1 << 12)
    assert board.irq
    board.gic.write(0x284, 4, 1 << 12)
    assert not board.irq
    board.gic.interrupt_input(44)(True)
    board.gic.write(0x284, 4, 1 << 12)
    assert board.irq, "a level cannot be cleared"


def test_software_interrupts_cannot_be_masked_or_set_by_mask() -> None:
    board = enabled_board()
    board.gic.write(0x180, 4, 0xFFFF)
    board.gic.write(0x200, 4, 0xFFFF)
    assert board.gic.read(0x100, 4) & 0xFFFF == 0xFFFF
    assert board.gic.read(0x200, 4) == 0


@pytest.mark.parametrize("switch", ["distributor", "interface", "mask"])
def test_each_switch_on_the_way_stops_interrupts(switch: str) -> None:
    board = enabled_board()
    board.gic.interrupt_input(44)(True)
    device, offset, off, on = {
        "distributor": (board.gic, 0, 0, 1),
        "interface": (board.interface, 0, 0, 1),
        "mask": (board.interface, 4, 0xA0, 0xA8),
    }[switch]
    device.write(offset, 4, off)
    assert not board.irq
    assert board.acknowledge() == SPURIOUS
    device.write(offset, 4, on)
    assert board.irq


def test_bytes_of_priorities_and_their_implemented_bits() -> None:
    board = make_board()
    board.gic.write(0x400 + 45, 1, 0xFF)
    board.gic.write(0x400 + 46, 2, 0x1237)
    assert board.gic.read(0x400 + 44, 4) == 0x1030F800
    board.interface.write(0x04, 4, 0xFF)
    assert board.interface.read(0x04, 4) == 0xF8


def test_what_is_not_implemented_is_zero() -> None:
    board = make_board()
    for offset in (0x10C, 0x20C, 0x400 + 96, 0xC00 + 4 * 6):
        board.gic.write(offset, 4, 0xFFFFFFFF)
        assert board.gic.read(offset, 4) == 0


# --- priorities -------------------------------------------------------------------------------------------------------


def test_the_most_urgent_comes_first_then_the_lowest_number() -> None:
    board = enabled_board()
    for number in (50, 44, 60):
        board.gic.interrupt_input(number)(True)
    board.gic.write(0x400 + 60, 1, 0x80)
    assert board.interface.read(0x18, 4) == 60
    taken = []
    while (identity := board.acknowledge()) != SPURIOUS:
        taken.append(identity)
        board.gic.write(0x180 + 4 * (identity // 32), 4, 1 << identity % 32)
        board.end(identity)
    assert taken == [60, 44, 50]


def test_preemption_goes_by_group_priority() -> None:
    board = enabled_board()
    board.gic.write(0x400 + 60, 1, 0x90)
    board.gic.interrupt_input(44)(True)
    assert board.acknowledge() == 44
    board.interface.write(0x08, 4, 5)
    board.gic.interrupt_input(60)(True)
    assert not board.irq, "0x90 and 0xa0 are in one group when bits 7:6 count"
    board.interface.write(0x08, 4, 4)
    assert board.irq, "not when bits 7:5 do"
    assert board.acknowledge() == 60
    assert board.interface.read(0x14, 4) == 0x90
    board.end(60)
    assert board.interface.read(0x14, 4) == 0xA0


def test_without_group_bits_nothing_preempts() -> None:
    board = enabled_board()
    board.interface.write(0x08, 4, 7)
    board.gic.write(0x400 + 60, 1, 0x00)
    board.gic.interrupt_input(44)(True)
    assert board.acknowledge() == 44
    board.gic.interrupt_input(60)(True)
    assert not board.irq
    board.end(44)
    assert board.acknowledge() == 60


def test_the_binary_point_has_a_least_value() -> None:
    board = make_board()
    board.interface.write(0x08, 4, 0)
    assert board.interface.read(0x08, 4) == 2


# --- several cores ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "receivers"), [(0x00050003, {0, 2}), (0x01000003, {0, 2, 3}), (0x02000003, {1}), (0x03FF0003, set())]
)
def test_software_interrupts_go_where_they_are_sent(value: int, receivers: set[int]) -> None:
    board = make_board(4)
    for cpu in range(4):
        board.on_core(cpu).enable_all()
    board.on_core(1).gic.write(0xF00, 4, value)
    assert {core.index for core in board.system.cores if core.irq_level} == receivers
    for cpu in receivers:
        assert board.on_core(cpu).acknowledge() == 3 | 1 << 10
        assert not board.system.cores[cpu].irq_level


def test_one_software_interrupt_from_several_cores_is_taken_for_each() -> None:
    board = make_board(3)
    board.on_core(0).enable_all()
    for sender in (2, 1, 2):
        board.on_core(sender).gic.write(0xF00, 4, 0x00010007)
    taken = []
    board.on_core(0)
    while (identity := board.acknowledge()) != SPURIOUS:
        taken.append(identity)
        assert not board.irq, "the same interrupt does not preempt itself"
        board.end(identity)
    assert taken == [7 | 1 << 10, 7 | 2 << 10]


def test_private_interrupts_are_banked() -> None:
    board = make_board(2)
    for cpu in range(2):
        board.on_core(cpu).enable_all()
    board.gic.interrupt_input(29, 1)(True)
    assert [core.irq_level for core in board.system.cores] == [False, True]
    assert board.on_core(0).gic.read(0x200, 4) == 0
    assert board.on_core(1).gic.read(0x200, 4) == 1 << 29
    board.on_core(1).gic.write(0x180, 4, 1 << 29)
    assert board.on_core(0).gic.read(0x100, 4) & 1 << 29
    board.on_core(0).gic.write(0x400 + 28, 4, 0x11223344)
    assert board.on_core(1).gic.read(0x400 + 28, 4) == 0xA0A0A0A0


def test_a_shared_interrupt_is_taken_by_one_of_its_targets() -> None:
    board = make_board(2)
    for cpu in range(2):
        board.on_core(cpu).enable_all()
    board.gic.write(0x800 + 44, 1, 0b11)
    assert board.gic.read(0x800 + 44, 1) == 0b11
    board.gic.interrupt_input(44)(True)
    assert [core.irq_level for core in board.system.cores] == [True, True]
    assert board.on_core(1).acknowledge() == 44
    assert board.on_core(0).acknowledge() == SPURIOUS
    assert [core.irq_level for core in board.system.cores] == [False, False]


def test_target_registers() -> None:
    assert make_board(1).gic.read(0x820, 4) == 0
    board = make_board(2)
    assert [board.on_core(cpu).gic.read(0x800, 4) for cpu in range(2)] == [0x01010101, 0x02020202]
    board.gic.write(0x820, 4, 0xFF020100)
    assert board.gic.read(0x820, 4) == 0x03020100


# --- against a straightforward model ----------------------------------------------------------------------------------


@dataclass
class Interrupt:
    """One interrupt in the model."""

    edge: bool
    enabled: bool = False
    pin: bool = False
    latched: bool = False
    active: bool = False
    priority: int = 0

    @property
    def pending(self) -> bool:
        return self.latched or (self.pin and not self.edge)


@dataclass
class Model:
    """The interrupt controller of one core in the plainest words."""

    interrupts: dict[int, Interrupt] = field(
        default_factory=lambda: {n: Interrupt(edge=n in (27, 29, 30)) for n in range(16, 96)}
    )
    priority_mask: int = 0
    binary_point: int = 2
    running: list[int] = field(default_factory=list)

    def signalled(self) -> int:
        candidates = [n for n, i in self.interrupts.items() if i.enabled and i.pending and not i.active]
        if not candidates:
            return SPURIOUS
        best = min(candidates, key=lambda n: (self.interrupts[n].priority, n))
        priority = self.interrupts[best].priority
        if priority >= self.priority_mask:
            return SPURIOUS
        if self.running and priority >> self.binary_point + 1 >= min(self.running) >> self.binary_point + 1:
            return SPURIOUS
        return best

    def acknowledge(self) -> int:
        number = self.signalled()
        if number != SPURIOUS:
            taken = self.interrupts[number]
            taken.active, taken.latched = True, False
            self.running.append(taken.priority)
        return number

    def end(self, number: int) -> None:
        if number in self.interrupts and self.interrupts[number].active:
            self.interrupts[number].active = False
            self.running.remove(min(self.running))

    def drive(self, number: int, level: bool) -> None:
        interrupt = self.interrupts[number]
        if level and not interrupt.pin and interrupt.edge:
            interrupt.latched = True
        interrupt.pin = level


numbers = st.sampled_from([16, 27, 29, 31, 32, 33, 44, 63, 64, 95])
steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["up", "down", "enable", "disable", "set", "clear", "edge", "level"]), numbers),
        st.tuples(st.just("priority"), numbers, st.integers(0, 31)),
        st.tuples(st.just("mask"), st.integers(0, 255)),
        st.tuples(st.just("point"), st.integers(0, 7)),
        st.tuples(st.just("acknowledge")),
        st.tuples(st.just("acknowledge")),
        st.tuples(st.just("end last")),
        st.tuples(st.just("end"), st.one_of(numbers, st.integers(0, 0x3FF))),
    ),
    max_size=80,
)


def take_step(board: Board, model: Model, taken: list[int], step: tuple[object, ...]) -> None:
    """Do the same to the controller and to the model."""
    action, *arguments = step
    number = arguments[0] if arguments else 0
    assert isinstance(number, int)
    word, bit = 4 * (number // 32), 1 << number % 32
    match action:
        case "up" | "down":
            board.gic.interrupt_input(number)(action == "up")
            model.drive(number, action == "up")
        case "enable" | "disable":
            board.gic.write((0x100 if action == "enable" else 0x180) + word, 4, bit)
            model.interrupts[number].enabled = action == "enable"
        case "set" | "clear":
            board.gic.write((0x200 if action == "set" else 0x280) + word, 4, bit)
            model.interrupts[number].latched = action == "set"
        case "edge" | "level":
            offset, shift = 0xC00 + 4 * (number // 16), 2 * (number % 16)
            kept = board.gic.read(offset, 4) & ~(0b11 << shift)
            board.gic.write(offset, 4, kept | (0b10 if action == "edge" else 0) << shift)
            if number >= 32:
                model.interrupts[number].edge = action == "edge"
        case "priority":
            priority = arguments[1]
            assert isinstance(priority, int)
            board.gic.write(0x400 + number, 1, priority << 3)
            model.interrupts[number].priority = priority << 3
        case "mask":
            board.interface.write(0x04, 4, number)
            model.priority_mask = number & 0xF8
        case "point":
            board.interface.write(0x08, 4, number)
            model.binary_point = max(number, 2)
        case "acknowledge":
            identity = board.acknowledge()
            assert identity == model.acknowledge()
            taken.append(identity)
        case "end last" if taken:
            last = taken.pop()
            board.end(last)
            model.end(last)
        case "end":
            board.end(number)
            model.end(number)


@given(steps)
def test_it_behaves_like_the_model(sequence: list[tuple[object, ...]]) -> None:
    board, model = make_board(), Model()
    board.gic.write(0, 4, 1)
    board.interface.write(0, 4, 1)
    taken: list[int] = []
    for step in [("mask", 0xF8), *[("enable", n) for n in (29, 32, 44, 64)], *sequence]:
        take_step(board, model, taken, step)
        assert board.irq == (model.signalled() != SPURIOUS)
        assert board.interface.read(0x14, 4) == min(model.running, default=0xFF)
        for offset, expected in ((0x200, "pending"), (0x300, "active")):
            shown = {n for n in range(96) if board.gic.read(offset + 4 * (n // 32), 4) >> n % 32 & 1}
            assert shown == {n for n, interrupt in model.interrupts.items() if getattr(interrupt, expected)}


# --- any guest, checkpoints -------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), accesses), max_size=40),
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), accesses), max_size=40),
)
def test_no_guest_breaks_it_and_a_copy_goes_on_the_same(
    before: list[tuple[int, bool, tuple[bool, int, int, int, int]]],
    after: list[tuple[int, bool, tuple[bool, int, int, int, int]]],
) -> None:
    def run(board: Board, sequence: list[tuple[int, bool, tuple[bool, int, int, int, int]]]) -> list[int]:
        return [
            perform(board.gic if distributor else board.interface, (*access[:2], access[2] & 0xFFF, *access[3:]))
            for cpu, distributor, access in sequence
            if board.on_core(cpu)
        ]

    board = make_board(4)
    for cpu in range(4):
        board.on_core(cpu).enable_all()
    board.gic.interrupt_input(40)(True)
    run(board, before)
    twin = copy_board(board)
    assert [core.irq_level for core in twin.system.cores] == [core.irq_level for core in board.system.cores]
    assert run(board, after) == run(twin, after)
    assert take_checkpoint(board.system) == take_checkpoint(twin.system)


def test_a_checkpoint_in_the_middle_of_nested_handlers() -> None:
    board = enabled_board()
    board.gic.write(0x400 + 60, 1, 0x40)
    board.gic.interrupt_input(44)(True)
    assert board.acknowledge() == 44
    board.gic.interrupt_input(60)(True)
    twin = copy_board(board)
    assert twin.irq
    assert twin.acknowledge() == 60
    twin.gic.interrupt_input(60)(False)
    twin.end(60)
    assert twin.interface.read(0x14, 4) == 0xA0
    twin.end(44)
    assert twin.acknowledge() == 44, "its pin was up when the checkpoint was taken"


def test_reset_leaves_the_pins_alone() -> None:
    board = enabled_board()
    board.gic.interrupt_input(44)(True)
    board.gic.reset()
    board.interface.reset()
    assert not board.irq
    board.enable_all()
    assert board.irq
