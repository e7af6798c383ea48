"""What a guest's cache maintenance does, by CP15 and by the L2C-310, where devices see RAM alone (`dma: incoherent`).

Bare-metal programs with the MMU and the caches on: without maintenance they meet stale data or stale instructions, and
with what the architecture asks for they do not (DDI 0406C, B2.2.6 and A3.5.4; DDI 0246, 3.3.10).
"""

from __future__ import annotations

import re
import struct

import pytest
from bare_machine import LIMIT, BareMachine, assemble
from driver_guests import output, prepare
from test_dma_and_clock_drivers import COPY, check_copies, dma_controller
from vmsim_core.exits import Halt
from vmsim_core.simulation import RunLimits
from vmsim_mem_cache.hierarchy import CacheHierarchy
from whole_system import run

MODELS = {"timing": {}, "atomic": {"cpus.0.models.atomic": "{warming: true}"}}
"""The models that go through the caches."""

TABLE, FUNCTION = 0x4000, 0x9000
SOURCE, DESTINATION, RESULT = 0x10_0000, 0x11_0000, 0x12_0000
UNCACHED = 0x7000_0000
"""RAM again, in pages that are not cached."""
_CACHED, _UNCACHED, _DEVICE = 0x1C0E, 0x1C02, 0x0C16
"""Section descriptors (B3.5.1): write-back and write-allocate; Normal and not cacheable; shareable device."""
OLD, NEW = 0x0DD, 0x1EF

MMU_ON = f"""
    ldr r0, =0x{TABLE | 0x48:x}
    mcr p15, 0, r0, c2, c0, 0
    mov r0, #1
    mcr p15, 0, r0, c3, c0, 0
    mrc p15, 0, r0, c1, c0, 0
    orr r0, r0, #0x1800
    orr r0, r0, #0x5
    mcr p15, 0, r0, c1, c0, 0
    isb
    ldr r12, =0x1f002000
"""
L2_ON = """
    mov r0, #0xff
    str r0, [r12, #0x77c]
    mov r0, #1
    str r0, [r12, #0x100]
"""
"""Invalidated before, as DDI 0246, 3.1.1 has it; R12 is the controller."""

DCIMVAC, DCCMVAC, DCCIMVAC = (f"mcr p15, 0, r4, c7, c{crm}, 1\n dsb\n" for crm in (6, 10, 14))
L2_INVALIDATE, L2_CLEAN, L2_FLUSH = (f"str r4, [r12, #{offset}]\n dsb\n" for offset in (0x770, 0x7B0, 0x7F0))
ALL_L2_CLEAN = "mov r0, #0xff\n str r0, [r12, #0x7bc]\n dsb\n"

DMA = f"""
    ldr r0, =0x10030000
    mov r1, #1
    str r1, [r0, #0x30]
    ldr r1, =0x{SOURCE:x}
    str r1, [r0, #0x100]
    ldr r1, =0x{DESTINATION:x}
    str r1, [r0, #0x104]
    mov r1, #0
    str r1, [r0, #0x108]
    ldr r1, =0x{8 | 2 << 18 | 2 << 21 | 3 << 26:x}
    str r1, [r0, #0x10c]
    mov r1, #1
    dsb
    str r1, [r0, #0x110]
copying:
    ldr r1, [r0, #0x1c]
    tst r1, #1
    bne copying
"""
"""The PL081 copies a line from SOURCE to DESTINATION."""


def machine_for(model: str, program: str, dma: str = "incoherent", **caches: str) -> BareMachine:
    """Return the board with a program that begins with the MMU and caches on."""
    settings = {"memory_hierarchy.dma": dma, **{f"memory_hierarchy.{name}": value for name, value in caches.items()}}
    machine = BareMachine(model, f"{MMU_ON}{program}\nend:\n    b end\n", *settings.items(), *MODELS[model].items())
    kinds = [_CACHED] * 16 + [_DEVICE] * (0x700 - 16) + [_UNCACHED] * 16 + [_DEVICE] * (0x900 - 16)
    table = [mib << 20 | kind for mib, kind in enumerate(kinds)]
    machine.system.address_map.write_block(TABLE, struct.pack("<4096I", *table))
    return machine


def finish(machine: BareMachine, instructions: int = LIMIT) -> list[int]:
    """Run to the end; return the registers."""
    assert isinstance(machine.run(instructions), Halt)
    return list(machine.state.r)


def put(machine: BareMachine, address: int, value: int) -> None:
    """Write a word of RAM as a device does."""
    machine.system.address_map.write_block(address, struct.pack("<I", value))


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    """A CPU model that goes through the caches."""
    return str(request.param)


# --- devices ----------------------------------------------------------------------------------------------------------


def copied(model: str, l2: str, maintenance: str, dma: str = "incoherent") -> int:
    """Return what a device copies of what the program has just written, and then maintained."""
    machine = machine_for(
        model, f"{l2}\n ldr r4, =0x{SOURCE:x}\n ldr r1, =0x{NEW:x}\n str r1, [r4]\n dsb\n{maintenance}{DMA}", dma
    )
    put(machine, SOURCE, OLD)
    finish(machine)
    return int.from_bytes(machine.system.address_map.read_block(DESTINATION, 4), "little")


@pytest.mark.parametrize(
    ("l2", "maintenance", "seen"),
    [
        (L2_ON, "", OLD),
        (L2_ON, L2_CLEAN, OLD),
        (L2_ON, DCCMVAC, OLD),
        (L2_ON, DCIMVAC + L2_CLEAN, OLD),
        (L2_ON, DCCMVAC + L2_INVALIDATE, OLD),
        (L2_ON, DCCMVAC + L2_CLEAN, NEW),
        (L2_ON, DCCIMVAC + L2_FLUSH, NEW),
        (L2_ON, DCCMVAC + ALL_L2_CLEAN, NEW),
        # A controller that is not enabled has a cache that nobody need know of.
        ("", "", OLD),
        ("", DCCMVAC, NEW),
        ("", DCCMVAC + L2_INVALIDATE, NEW),
    ],
)
def test_a_device_reads_what_was_cleaned(model: str, l2: str, maintenance: str, seen: int) -> None:
    assert copied(model, l2, maintenance) == seen


def test_a_coherent_device_needs_no_cleaning(model: str) -> None:
    assert copied(model, L2_ON, "", "coherent") == NEW


def read_after_dma(model: str, l2: str, maintenance: str, dma: str = "incoherent") -> int:
    """Return what the program reads, which had read it before, after a device has written it."""
    machine = machine_for(
        model, f"{l2}\n ldr r4, =0x{DESTINATION:x}\n ldr r6, [r4]\n{DMA}{maintenance}\n ldr r7, [r4]", dma
    )
    put(machine, SOURCE, NEW)
    put(machine, DESTINATION, OLD)
    registers = finish(machine)
    assert registers[6] == OLD
    return registers[7]


@pytest.mark.parametrize(
    ("l2", "maintenance", "seen"),
    [
        (L2_ON, "", OLD),
        (L2_ON, DCIMVAC, OLD),
        (L2_ON, L2_INVALIDATE, OLD),
        (L2_ON, DCCMVAC + L2_CLEAN, OLD),
        (L2_ON, L2_INVALIDATE + DCIMVAC, NEW),
        (L2_ON, L2_FLUSH + DCCIMVAC, NEW),
        ("", "", OLD),
        ("", DCIMVAC, NEW),
    ],
)
def test_what_a_device_wrote_is_read_after_invalidation(model: str, l2: str, maintenance: str, seen: int) -> None:
    assert read_after_dma(model, l2, maintenance) == seen


def test_what_a_coherent_device_wrote_is_read_at_once(model: str) -> None:
    assert read_after_dma(model, L2_ON, "", "coherent") == NEW


def test_an_uncached_alias_sees_and_changes_what_the_caches_hold(model: str) -> None:
    """Mismatched attributes (DDI 0406C, A3.5.7): the guest may not rely on it; here it is coherent."""
    machine = machine_for(model, f"""
        {L2_ON}
        ldr r4, =0x{SOURCE:x}
        ldr r5, =0x{UNCACHED + SOURCE:x}
        ldr r1, =0x{NEW:x}
        str r1, [r4]
        ldr r6, [r5]
        add r1, r1, #1
        str r1, [r5, #4]
        ldr r7, [r4, #4]
    """)  # fmt: skip
    assert finish(machine)[6:8] == [NEW, NEW + 1]
    assert (machine.word(SOURCE), machine.word(SOURCE + 4)) == (0, NEW + 1)


@pytest.mark.parametrize("line", [16, 32, 64, 256])
def test_lines_of_any_length_are_maintained_as_the_32_bytes_that_the_guest_knows(model: str, line: int) -> None:
    """The second half of the line, and what lies beside it: the first is copied, the other not lost."""
    caches = dict.fromkeys(("l1i", "l1d", "l2"), f"{{line: {line}}}")
    machine = machine_for(
        model,
        f"""{L2_ON}
        ldr r4, =0x{SOURCE:x}
        ldr r1, =0x{NEW:x}
        str r1, [r4]
        str r1, [r4, #16]
        {DCCMVAC}{L2_CLEAN}
        ldr r4, =0x{DESTINATION:x}
        str r1, [r4, #32]
        {DCIMVAC}{L2_INVALIDATE}{DMA}{L2_INVALIDATE}{DCIMVAC}
        ldr r5, [r4]
        ldr r6, [r4, #16]
        ldr r7, [r4, #32]
        """,
        **caches,
    )
    assert finish(machine)[5:8] == [NEW, NEW, NEW]


# --- set and way ------------------------------------------------------------------------------------------------------

LINES = 2048
"""64 KiB: twice what the largest of the caches below holds."""

FILL = f"""
    ldr r4, =0x{SOURCE:x}
    ldr r5, ={LINES}
filling:
    str r5, [r4], #32
    subs r5, r5, #1
    bne filling
"""


def by_set_and_way(crm: int) -> str:
    """Go through the sets and ways of CCSIDR with an operation (as in DDI 0406C, B2.2.7)."""
    return f"""
        mov r0, #0
        mcr p15, 2, r0, c0, c0, 0
        isb
        mrc p15, 1, r0, c0, c0, 0
        ubfx r1, r0, #13, #15
        ubfx r2, r0, #3, #10
        and r0, r0, #7
        add r0, r0, #4
        clz r3, r2
    each_set:
        mov r5, r2
    each_way:
        lsl r6, r5, r3
        lsl r7, r1, r0
        orr r6, r6, r7
        mcr p15, 0, r6, c7, c{crm}, 2
        subs r5, r5, #1
        bpl each_way
        subs r1, r1, #1
        bpl each_set
        dsb
    """


GEOMETRIES = [
    "{size: 32KiB}",
    "{size: 16KiB}",
    "{size: 1KiB, ways: 2}",
    "{size: 32KiB, ways: 16}",
    "{size: 24KiB, ways: 3}",
]
"""CCSIDR tells of 128 sets in 4 ways of 32 bytes, whatever there is."""


def words(machine: BareMachine) -> list[int]:
    block = machine.system.address_map.read_block(SOURCE, LINES * 32)
    return [value for (value, *_) in struct.iter_unpack("<8I", block)]


@pytest.mark.parametrize("l2", ["{size: 128KiB}", "{size: 8KiB, ways: 4}", "{size: 64KiB, outer: false}"])
@pytest.mark.parametrize("l1d", GEOMETRIES)
def test_a_loop_over_sets_and_ways_reaches_every_line(model: str, l1d: str, l2: str) -> None:
    machine = machine_for(model, L2_ON + FILL + by_set_and_way(10) + ALL_L2_CLEAN, l1d=l1d, l2=l2)
    finish(machine)
    assert words(machine) == list(range(LINES, 0, -1))


@pytest.mark.parametrize("left_out", ["loop", "L2"])
def test_without_the_loop_or_the_controller_lines_are_missing(model: str, left_out: str) -> None:
    maintenance = {"loop": ALL_L2_CLEAN, "L2": by_set_and_way(10)}[left_out]
    machine = machine_for(model, L2_ON + FILL + maintenance)
    finish(machine)
    assert words(machine).count(0) >= 1000


def test_a_loop_that_invalidates_loses_what_is_dirty(model: str) -> None:
    machine = machine_for(model, L2_ON + FILL + by_set_and_way(6) + ALL_L2_CLEAN)
    finish(machine)
    found = words(machine)
    assert found[:1024] == list(range(LINES, 1024, -1))
    # All but those that made room for page tables.
    assert found.count(0) >= 1020


def test_the_controllers_ways_and_indices_reach_every_line(model: str) -> None:
    each_index = """
        mov r0, #512
    each_index:
        sub r0, r0, #1
        mov r1, #8
    each_way_of_it:
        sub r1, r1, #1
        lsl r2, r0, #5
        orr r2, r2, r1, lsl #28
        str r2, [r12, #0x7b8]
        cmp r1, #0
        bne each_way_of_it
        cmp r0, #0
        bne each_index
    """
    each_way = "".join(f"mov r0, #{1 << way}\n str r0, [r12, #0x7fc]\n" for way in range(8))
    for maintenance in (each_index, each_way):
        machine = machine_for(model, L2_ON + FILL + by_set_and_way(14) + maintenance, l2="{size: 512KiB, ways: 4}")
        finish(machine)
        assert words(machine) == list(range(LINES, 0, -1))


# --- instructions -----------------------------------------------------------------------------------------------------

DCCMVAU, ICIMVAU = "mcr p15, 0, r4, c7, c11, 1\n dsb\n", "mcr p15, 0, r4, c7, c5, 1\n"
ICIALLU = "mcr p15, 0, r4, c7, c5, 0\n"
BPIALL = "mcr p15, 0, r4, c7, c5, 6\n dsb\n isb\n"


@pytest.mark.parametrize(
    ("maintenance", "result"),
    [
        ("", 1),
        (DCCMVAU, 1),
        (ICIMVAU, 1),
        (ICIALLU, 1),
        (DCCMVAU + ICIMVAU, 2),
        (DCCMVAU + ICIALLU, 2),
        (DCCIMVAC + ICIMVAU, 2),
    ],
)
def test_code_that_was_written_is_stale_until_it_is_maintained(model: str, maintenance: str, result: int) -> None:
    written = int.from_bytes(assemble("mov r0, #2", 0), "little")
    machine = machine_for(model, f"""
        ldr r5, =0x{FUNCTION:x}
        blx r5
        mov r6, r0
        ldr r1, =0x{written:x}
        mov r4, r5
        ldr r2, [r4]
        str r1, [r4]
        {maintenance}
        {BPIALL}
        blx r5
        mov r7, r0
    """)  # fmt: skip
    machine.load(FUNCTION, "mov r0, #1\nbx lr")
    assert finish(machine)[6:8] == [1, result]


# --- exclusive accesses -----------------------------------------------------------------------------------------------


def exclusive(model: str, between: str, dma: str = "incoherent", **caches: str) -> tuple[BareMachine, list[int]]:
    """Load OLD exclusively, do something, store NEW exclusively; return what was loaded, whether the store failed, and
    what is read then."""
    program = f"""
        {L2_ON}
        ldr r4, =0x{DESTINATION:x}
        ldr r3, =0x{NEW:x}
        ldrex r5, [r4]
        {between}
        strex r6, r3, [r4]
        ldr r7, [r4]
    """
    machine = machine_for(model, program, dma, **caches)
    put(machine, SOURCE, 0x333)
    put(machine, DESTINATION, OLD)
    return machine, finish(machine)[5:8]


def test_an_exclusive_store_succeeds_though_its_line_has_left_the_caches(model: str) -> None:
    small = {"l1d": "{size: 1KiB, ways: 2}", "l2": "{size: 4KiB, ways: 2}"}
    traffic = f"ldr r2, =0x{RESULT:x}\n ldr r1, ={LINES}\nfilling:\n str r1, [r2], #32\n subs r1, #1\n bne filling\n"
    for between in (DCCIMVAC + L2_FLUSH, traffic):
        assert exclusive(model, between, **small)[1] == [OLD, 0, NEW]


@pytest.mark.parametrize("between", ["clrex", f"ldr r2, =0x{SOURCE:x}\n strex r1, r3, [r2]"], ids=["clrex", "strex"])
def test_an_exclusive_store_fails_when_the_monitor_was_cleared(model: str, between: str) -> None:
    assert exclusive(model, between)[1] == [OLD, 1, OLD]


def test_a_write_of_a_device_does_not_clear_the_local_monitor(model: str) -> None:
    """As on the Cortex-A9, whose monitor watches its own core (DDI 0406C, A3.4.1)."""
    assert exclusive(model, DMA, "coherent")[1] == [OLD, 0, NEW]
    machine, values = exclusive(model, DMA)
    assert values == [OLD, 0, NEW]
    assert machine.word(DESTINATION) == 0x333


# --- Linux ------------------------------------------------------------------------------------------------------------


@pytest.mark.guest
def test_linux_maintains_the_caches_for_its_devices(model: str) -> None:
    """Its DMA test compares every byte that a controller copied which sees RAM alone."""
    simulation = prepare(*COPY, sets={"memory_hierarchy.dma": "incoherent", **MODELS[model]}, cpu=model)
    outcome = run(simulation, RunLimits(host_seconds=280))
    check_copies(output(outcome))
    assert dma_controller(simulation).bytes_transferred.value > 100_000


@pytest.mark.guest
def test_linux_needs_the_operations_of_cp15_alone_without_l2() -> None:
    sets = {"memory_hierarchy.dma": "incoherent", "memory_hierarchy.l2": "~"}
    check_copies(output(run(prepare(*COPY, sets=sets, cpu="timing"), RunLimits(host_seconds=280))))


@pytest.mark.guest
def test_linux_notices_a_controller_that_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sets = {"memory_hierarchy.dma": "incoherent", **MODELS["atomic"]}
    monkeypatch.setattr(CacheHierarchy, "maintain_outer", lambda *_: None)
    outcome = run(prepare(*COPY, sets=sets, cpu="atomic"), RunLimits(host_seconds=280))
    results = re.findall(r"copy0: summary 20 tests, (\d+) failures", outcome.text)
    assert any(map(int, results)), outcome.text
