"""MRC and MCR of coprocessors 14 and 15: the virtual CPU and the engine of the simulated ones answer the same."""

from __future__ import annotations

import random
from itertools import product
from types import SimpleNamespace
from typing import Any, cast

import pytest
from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.engine.arm_engine import ArmEngine
from vmsim_arch_arm.state import ArmState, specs
from vmsim_core.address_map import AddressMap, RamRegion
from vmsim_core.events import EventQueue
from vmsim_core.ram import Ram
from vmsim_cpu_kvm.unicorn_vcpu import UnicornVcpu

RAM_SIZE = 1 << 21
CODE = 0x8000
RESULTS = 0x10_0000
VECTORS = 0x1000
MARKER = 0x00BADBAD
ENDLESS = 0xEAFFFFFE
USER, SUPERVISOR = 0x1D0, 0x1D3
CPI = 2
Encoding = tuple[int, int, int, int, int]
ENCODINGS: list[Encoding] = list(product((14, 15), range(16), range(8), range(16), range(8)))


def expected_to_differ(encoding: Encoding) -> bool:
    """Where the virtual CPU is no Cortex-A9, and the engine is."""
    coprocessor, crn, _, _, _ = encoding
    # Unicorn has performance monitors of ARMv8 and lacks DBGVCR; FCSE is not there in a Cortex-A9 (B4.1.61).
    return (coprocessor, crn) == (15, 14) or encoding in ((14, 0, 0, 7, 0), (15, 13, 0, 0, 0))


class Both:
    """A virtual CPU and an engine, each with RAM of its own."""

    def __init__(self) -> None:
        self.rams = Ram("kvm", RAM_SIZE), Ram("ours", RAM_SIZE)
        address_map = AddressMap()
        address_map.add(RamRegion("ram", 0, RAM_SIZE, self.rams[0]))
        system = SimpleNamespace(
            address_map=address_map, workload=SimpleNamespace(semihosting=False), events=EventQueue()
        )
        self.vcpu = UnicornVcpu(cast(Any, system), 1, CPI)
        self.vcpu.set_time(0)
        self.engine = ArmEngine([(0, self.rams[1], 0, RAM_SIZE)], lambda *_: 0, lambda *_: None, EventQueue())
        # The handler of undefined instructions: r5 tells, and the next instruction is executed.
        for ram in self.rams:
            for index, word in enumerate((0xE1A05004, 0xE1B0F00E)):  # MOV r5, r4; MOVS PC, LR
                ram.view[VECTORS + 4 + 4 * index : VECTORS + 8 + 4 * index] = word.to_bytes(4, "little")
        self.engine.set_cycles_per_instruction(CPI)

    def run(self, words: list[int], state: ArmState) -> tuple[ArmState, ArmState]:
        """Execute instructions on both, and return the states."""
        code = b"".join(word.to_bytes(4, "little") for word in words)
        cpus: tuple[Any, Any] = self.vcpu, self.engine
        for cpu, ram in zip(cpus, self.rams, strict=True):
            ram.view[CODE : CODE + len(code)] = code
            cpu.invalidate(CODE, len(code))
            cpu.load_state(state)
            cpu.run(1 << 62, 1 << 20 if words[-1] == ENDLESS else len(words))
        return self.vcpu.save_state(), self.engine.save_state(state.copy())


@pytest.fixture(scope="module")
def both() -> Both:
    return Both()


def instruction(encoding: Encoding, read: bool, target: int = 0) -> int:
    """Return MRC or MCR with a register."""
    coprocessor, crn, opc1, crm, opc2 = encoding
    return 0xEE000010 | read << 20 | opc1 << 21 | crn << 16 | target << 12 | coprocessor << 8 | opc2 << 5 | crm


def differences(mine: ArmState, theirs: ArmState) -> list[str]:
    return [f"{each.field} {each.mine} / {each.theirs}" for each in mine.differences(theirs)]


def fresh(cpsr: int, value: int = 0xDEADBEEF) -> ArmState:
    state = Arm().reset_state(0)
    assert isinstance(state, ArmState)
    state.cpsr, state.pc = cpsr, CODE
    state.r[0] = value
    state.vbar = VECTORS
    state.r[3], state.r[4] = RESULTS, MARKER
    return state


@pytest.mark.parametrize("cpsr", [SUPERVISOR, USER])
@pytest.mark.parametrize("coprocessor", [14, 15])
def test_every_encoding_is_there_or_not(both: Both, coprocessor: int, cpsr: int) -> None:
    """A program reads each register, writes it back, and stores what it read and whether either was undefined."""
    encodings = [each for each in ENCODINGS if each[0] == coprocessor]
    words = []
    for encoding in encodings:
        words += [0xE1A00006, 0xE3A05000, instruction(encoding, read=True), 0xE8A30021]  # MOV r0, r6; MOV r5, #0
        words += [0xE3A05000, instruction(encoding, read=False), 0xE4835004]  # STMIA r3!, {r0, r5}; STR r5, [r3], #4
    state = fresh(cpsr)
    state.r[6] = 0xDEADBEEF
    both.run([*words, ENDLESS], state)
    size = 12 * len(encodings)
    theirs, ours = (bytes(ram.view[RESULTS : RESULTS + size]) for ram in both.rams)
    found = []
    for index, encoding in enumerate(encodings):
        place = slice(12 * index, 12 * index + 12)
        if ours[place] != theirs[place] and not expected_to_differ(encoding):
            found.append(f"{encoding} ours {ours[place].hex(' ', 4)} theirs {theirs[place].hex(' ', 4)}")
    assert found == [], f"{len(found)}: {found[:20]}"
    assert ours.count(MARKER.to_bytes(4, "little")) > len(encodings) // 2


def written(encoding: Encoding, value: int) -> int:
    """Return a value without what would stop the program: the MMU, and big-endian code."""
    return value & ~0x81 if encoding == (15, 1, 0, 0, 0) else value


NUMBERED = [(14, 0, 0, number, opc2) for number, opc2 in product(range(6), range(4, 8)) if number < 4 or opc2 < 6]
KEPT = [spec.encoding for spec in specs() if spec.encoding is not None] + NUMBERED
OTHERS = [(15, 3, 5, 3, 1), (14, 1, 0, 0, 4), (15, 6, 0, 0, 1), (15, 15, 5, 4, 2), (15, 8, 0, 7, 0), (15, 8, 0, 3, 1),
          (15, 7, 0, 5, 0), (15, 7, 0, 10, 4), (14, 2, 7, 0, 0)]  # fmt: skip
MONITORS = [(15, 9, 0, 12, opc2) for opc2 in range(6)] + [
    (15, 9, 0, crm, opc2) for crm in (13, 14) for opc2 in range(3)
]
WRITTEN = [each for each in dict.fromkeys([*KEPT, *OTHERS, *MONITORS]) if not expected_to_differ(each)]


@pytest.mark.parametrize("encoding", WRITTEN, ids=lambda each: "-".join(map(str, each)))
def test_what_is_written_is_kept_alike(both: Both, encoding: Encoding) -> None:
    """MCR; MRC to another register; then everything is compared."""
    rng = random.Random(str(encoding))
    for index in range(12):
        value = written(encoding, (0, 0xFFFFFFFF, 0xC5ACCE55)[index] if index < 3 else rng.getrandbits(32))
        state = fresh(USER if index == 11 else SUPERVISOR, value)
        state.cpacr = 0x00F00000
        state.pmcntenset, state.pmselr = rng.getrandbits(6) | rng.getrandbits(1) << 31, rng.randrange(8)
        state.pmevtyper[:] = [rng.choice((0, 0x11, 0x68, 0x12)) for _ in range(6)]
        state.pmevcntr[:] = [rng.choice((0, 0xFFFFFFFF, rng.getrandbits(32))) for _ in range(6)]
        state.pmccntr, state.pmccntr_prescaler = rng.choice((0, 0xFFFFFFFF, 0xFFFFFFFE)), rng.randrange(64)
        state.pmcr = 0x41093000 | rng.choice((0, 1, 9))
        state.pmuserenr = rng.getrandbits(1)
        words = [instruction(encoding, read=False), instruction(encoding, read=True, target=1), 0xE320F000]
        theirs, mine = both.run(words, state)
        assert differences(mine, theirs) == [], f"{value:#x}"


def test_counters_count_alike(both: Both) -> None:
    """A random program of accesses to the performance monitors, with NOPs between them."""
    rng = random.Random(1)
    for _ in range(60):
        state = fresh(rng.choice((USER, SUPERVISOR)))
        state.pmuserenr = rng.getrandbits(1)
        state.pmcr = 0x41093000 | rng.choice((1, 9))
        state.r[:3] = [rng.getrandbits(32), rng.getrandbits(32) | 0x3F, rng.randrange(8)]
        words = []
        for _ in range(40):
            words += [0xE320F000] * rng.randrange(4)
            words.append(instruction(rng.choice(MONITORS), rng.random() < 0.5, rng.randrange(6)))
        theirs, mine = both.run(words, state)
        assert differences(mine, theirs) == []


@pytest.mark.parametrize("xed", [0, 1])
def test_the_handler_base_may_be_kept_from_user_mode(both: Both, xed: int) -> None:
    state = fresh(USER)
    state.teecr = xed
    theirs, mine = both.run([instruction((14, 1, 6, 0, 0), read=False), 0xE320F000], state)
    assert differences(mine, theirs) == []
    assert mine.teehbr == (0 if xed else 0xDEADBEEF)
