"""Atomic with `warming: true` leaves in the caches what timing leaves there, and no time of its own."""

from __future__ import annotations

import pytest
from bare_machine import BareMachine
from cached_machine import machine_for

ROUNDS, STRIDE, COUNT = 3, 96, 2000
PROGRAM = f"""
    mov r6, #{ROUNDS}
again:
    ldr r0, =0x100000
    ldr r5, ={COUNT}
    movw r4, #0x1234
each:
    ldr r1, [r0]
    add r4, r4, r1
    str r4, [r0, #4]
    strb r4, [r0, #33]
    ldm r0, {{r1, r2, r3}}
    add r0, r0, #{STRIDE}
    subs r5, r5, #1
    bne each
    subs r6, r6, #1
    bne again
"""
"""190 KiB of reads and writes, three times: more than a first level holds."""

KINDS = [f"{kind}_{result}" for kind in ("read", "write", "walk", "writeback") for result in ("hits", "misses")]
COUNTED = ["cold", "evictions", "writebacks", "bypassed", "occupancy"]


def statistics_of(model: str) -> dict[str, float]:
    machine = machine_for(model, PROGRAM)
    machine.finish()
    rows = machine.simulation.stats.rows("caches.*")
    return {row.name.removeprefix("caches."): row.value for row in rows}


def test_the_caches_are_as_timing_leaves_them() -> None:
    """Both execute the same accesses in the same order; only instructions are fetched ahead."""
    warming, timing = statistics_of("atomic"), statistics_of("timing")
    for cache in ("l1d", "l2"):
        for name in KINDS + COUNTED:
            assert warming[f"{cache}.{name}"] == timing[f"{cache}.{name}"], f"{cache}.{name}"
    assert warming["l1i.fetch_misses"] == timing["l1i.fetch_misses"]
    assert warming["l1d.walk_misses"] > 0
    assert warming["l1d.evictions"] > ROUNDS * COUNT


def test_nothing_piles_up_that_nobody_waits_for() -> None:
    """An access meets caches that are at rest: it takes what it would take alone."""
    warming = statistics_of("atomic")
    assert warming["l1d.merged"] == warming["l2.merged"] == warming["l1d.mshr_waits"] == warming["l2.mshr_waits"] == 0
    for slow in ("up_to_512_cycles", "up_to_1024_cycles", "more_than_1024_cycles"):
        assert warming[f"core0.read_latency.{slow}"] == 0
    assert warming["core0.read_latency.up_to_256_cycles"] > 0


@pytest.mark.parametrize(("warming", "reset"), [("true", ("TLBs",)), ("false", ())])
def test_a_switch_says_that_its_tlbs_begin_anew(warming: str, reset: tuple[str, ...]) -> None:
    machine = BareMachine("kvm", "b .", ("cpus.0.models.atomic.warming", warming))
    assert machine.simulation.switch("atomic").reset == reset
