"""Guests that do nonsense: random code neither crashes the engine nor depends on how the run is sliced."""

from __future__ import annotations

import itertools
import random
import struct
from collections.abc import Iterable

import pytest
from arm_machine import ALIAS, DEVICE, FOREVER, SUPERVISOR_MASKED, Machine, assemble
from vmsim_cpu_kvm.run_loop import RunResult

INSTRUCTIONS = 2000
CODE = 0x1000


def random_code(chooser: random.Random, thumb: bool) -> bytes:
    """Return 4 KiB of code: in ARM mostly unconditional, so that much of it is executed."""
    if thumb:
        return chooser.randbytes(4096)
    words = (chooser.getrandbits(32) for _ in range(1024))
    return struct.pack("<1024I", *((word & 0x0FFFFFFF) | 0xE0000000 if word & 15 else word for word in words))


def run_random(seed: int, slices: Iterable[int]) -> tuple[object, ...]:
    """Run a random program from random registers; exceptions return to the next instruction."""
    chooser = random.Random(seed)
    thumb = chooser.random() < 0.5
    machine = Machine(coprocessor=lambda word, cpsr: bool(word & 0x100))
    machine.poke(CODE, random_code(chooser, thumb))
    for vector in range(0, 0x20, 4):
        handler = "subs pc, lr, #4" if vector == 0x10 else "movs pc, lr"
        machine.poke(vector, assemble(handler))
    for number in range(15):
        wild = chooser.getrandbits(32)
        machine.set_register(number, chooser.choice([CODE, 0x2000, 0x8000, DEVICE, ALIAS + 0x3000, wild]))
    machine.engine.write_coprocessor(15, 1, 0, 0, 2, 0x00F00000)
    machine.start(CODE, SUPERVISOR_MASKED | (0x20 if thumb else 0))
    lengths = iter(slices)
    result = RunResult.REACHED_LIMIT
    while result is RunResult.REACHED_LIMIT and machine.engine.retired < INSTRUCTIONS:
        left = INSTRUCTIONS - machine.engine.retired
        result = machine.engine.run(FOREVER, min(left, next(lengths, left)))
        if machine.engine.waiting:
            machine.engine.waiting = 0
            result = RunResult.REACHED_LIMIT
    return result, machine.engine.failure, *machine.snapshot()


@pytest.mark.parametrize("seed", range(500))
def test_random_code_ends_cleanly_and_the_same_however_it_is_sliced(seed: int) -> None:
    whole = run_random(seed, ())
    result, failure = whole[:2]
    assert result is not RunResult.FAILED or "SMC" in str(failure)
    chooser = random.Random(seed)
    cut = run_random(seed, (chooser.randint(1, 9) for _ in itertools.count()))
    if wrote_its_code(seed, whole) or wrote_its_code(seed, cut):
        # A store over the block that runs, without the barrier that the architecture asks for (DDI 0406C, A3.5.4), is
        # seen when the next block begins; where that is depends on the slices.
        return
    assert cut == whole


def wrote_its_code(seed: int, outcome: tuple[object, ...]) -> bool:
    chooser = random.Random(seed)
    code = random_code(chooser, chooser.random() < 0.5)
    ram = outcome[-1]
    assert isinstance(ram, bytes)
    return ram[CODE : CODE + len(code)] != code
