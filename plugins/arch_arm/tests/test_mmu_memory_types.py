"""Memory types by hand-made tables (DDI 0406C, B3.8): alignment, what the caches are told, and PAR."""

from __future__ import annotations

import pytest
from mmu_machine import (
    ALIGNMENT,
    FULL_ACCESS,
    FULL_PAGE,
    LARGE,
    MIB,
    NO_FIRST,
    NORMAL,
    PAGE,
    PAGE_PERMISSION,
    PAGES,
    READ_ONLY,
    SCTLR_M,
    SCTLR_TRE,
    SECTION,
    SMALL,
    SUPERSECTION,
    TABLE_0,
    TABLE_1,
    TARGET,
    TRANSLATION,
    Machine,
    section,
    small,
)
from vmsim_arch_arm.psr import Mode
from vmsim_core.testing.recording_port import RecordingPort


@pytest.fixture
def machine() -> Machine:
    return Machine()


# TEX, C and B of memory that is Strongly-ordered or Device, and of some that is Normal (table B3-10).
DEVICES = [0b00000, 0b00001, 0b01000]
NORMALS = [0b00010, 0b00011, 0b00100, 0b00111, 0b10000, 0b11111]


@pytest.mark.parametrize("attributes", DEVICES + NORMALS)
@pytest.mark.parametrize("kind", ["section", "small", "large"])
def test_only_normal_memory_may_be_unaligned(machine: Machine, attributes: int, kind: str) -> None:
    tex, cb = attributes >> 2, attributes & 3
    if kind == "section":
        machine.first(PAGE, TARGET | FULL_ACCESS | tex << 12 | cb << 2 | 0b10)
    elif kind == "small":
        machine.page(PAGE, TARGET | FULL_PAGE | tex << 6 | cb << 2 | SMALL)
    else:
        machine.page(PAGE, TARGET | FULL_PAGE | tex << 12 | cb << 2 | LARGE)
    expected = ALIGNMENT if attributes in DEVICES else None
    assert machine.load(PAGE + 1) == expected
    assert machine.store(PAGE + 1) == expected
    assert machine.load(PAGE + 4) is None


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("kind", [0, 1, 2])
def test_tex_remap(machine: Machine, number: int, kind: int) -> None:
    """PRRR says what TEX[0], C and B mean: Strongly-ordered, Device or Normal (B3.8.3)."""
    machine.state.sctlr |= SCTLR_TRE
    machine.state.prrr = (0xAAAA & ~(3 << 2 * number)) | kind << 2 * number
    machine.page(PAGE, TARGET | FULL_PAGE | number >> 2 << 6 | (number & 3) << 2 | SMALL)
    assert machine.load(PAGE + 2) == (None if kind == 2 else ALIGNMENT)


# --- address translation operations ---------------------------------------------------------------------------------

PAR_NON_SECURE, PAR_SUPERSECTION, PAR_FAULT = 1 << 9, 1 << 1, 1
PAR_SHAREABLE, PAR_NOT_OUTER_SHAREABLE = 1 << 7, 1 << 10
PAR_WRITE_THROUGH = 0b110 << 4 | 0b10 << 2
"""What the descriptors of `section` and `small` say."""


def test_par_of_what_is_mapped(machine: Machine) -> None:
    rest = PAR_NON_SECURE | PAR_WRITE_THROUGH
    machine.page(PAGE, small())
    assert machine.translate(0, PAGE + 0x678) == TARGET | rest
    machine.page(PAGE, TARGET | FULL_PAGE | NORMAL | LARGE)
    assert machine.translate(3, PAGE + 0x678) == TARGET | 0x5000 | rest
    machine.first(SECTION, section())
    assert machine.translate(1, PAGE + 0x678) == TARGET | 0x45000 | rest
    machine.first(SECTION, 16 * MIB | SUPERSECTION | FULL_ACCESS | NORMAL | 0b10)
    assert machine.translate(2, PAGE + 0x678) == 16 * MIB | PAR_SUPERSECTION | rest


def test_par_of_faults(machine: Machine) -> None:
    """FS[4:0] in bits 5:1 (B4.1.112), for the rights that the operation asks about; nothing else is changed."""
    machine.page(PAGE, small(1 << 4 | READ_ONLY))
    mapped = TARGET | PAR_NON_SECURE | PAR_WRITE_THROUGH
    assert [machine.translate(operation, PAGE) for operation in range(4)] == [
        mapped, *[PAGE_PERMISSION << 1 | PAR_FAULT] * 3,
    ]  # fmt: skip
    machine.first(SECTION, NO_FIRST)
    assert machine.translate(0, SECTION) == TRANSLATION << 1 | PAR_FAULT
    assert machine.translate(1, SECTION) == TRANSLATION << 1 | PAR_FAULT
    assert (machine.state.dfsr, machine.state.dfar, machine.state.cpsr & 0x1F) == (0, 0, Mode.SVC)


def test_par_without_the_mmu(machine: Machine) -> None:
    """Strongly-ordered, and so Outer Shareable (B3.2.1)."""
    machine.state.sctlr &= ~SCTLR_M
    assert machine.translate(3, PAGE + 0x678) == PAGE | PAR_NON_SECURE | PAR_SHAREABLE | PAR_STRONGLY_ORDERED


# Cacheabilities as TEX, NMRR and TTBRs number them, and in PAR's Inner field; there are two more of device memory.
UNCACHED, WRITE_BACK_ALLOCATE, WRITE_THROUGH, WRITE_BACK = range(4)
PAR_INNER = {UNCACHED: 0b000, WRITE_BACK_ALLOCATE: 0b101, WRITE_THROUGH: 0b110, WRITE_BACK: 0b111}
PAR_STRONGLY_ORDERED, PAR_DEVICE = 0b001 << 4, 0b011 << 4

TYPES: dict[int, tuple[int, int] | str] = {
    0b00000: "strongly-ordered",
    0b00001: "shareable device",
    0b00010: (WRITE_THROUGH, WRITE_THROUGH),
    0b00011: (WRITE_BACK, WRITE_BACK),
    0b00100: (UNCACHED, UNCACHED),
    0b00111: (WRITE_BACK_ALLOCATE, WRITE_BACK_ALLOCATE),
    0b01000: "device",
} | {0b10000 | outer << 2 | inner: (inner, outer) for inner in range(4) for outer in range(4)}
"""Table B3-10: what TEX, C and B mean without TEX remap; inner and outer cacheability of Normal memory."""


def normal(inner: int, outer: int) -> int:
    return PAR_INNER[inner] << 4 | outer << 2


def map_as(machine: Machine, kind: str, attributes: int, s: int = 0) -> int:
    """Map PAGE by a descriptor with TEX, C and B, and S; return the physical address."""
    tex, cb = attributes >> 2, (attributes & 3) << 2
    if kind == "section":
        machine.first(PAGE, TARGET | FULL_ACCESS | s << 16 | tex << 12 | cb | 0b10)
        return TARGET | PAGE & 0xFF000
    if kind == "large":
        machine.page(PAGE, TARGET | FULL_PAGE | s << 10 | tex << 12 | cb | LARGE)
        return TARGET | PAGE & 0xF000
    machine.page(PAGE, TARGET | FULL_PAGE | s << 10 | tex << 6 | cb | SMALL)
    return TARGET


@pytest.mark.parametrize("kind", ["section", "small", "large"])
@pytest.mark.parametrize("s", [0, 1])
def test_par_has_the_attributes(machine: Machine, kind: str, s: int) -> None:
    """Whether caches are on or off: this is what the tables say. S is outer shareable without TEX remap (B3.8.2)."""
    for caches in (0, SCTLR_C):
        machine.state.sctlr |= caches
        for attributes, meaning in TYPES.items():
            if isinstance(meaning, tuple):
                expected = normal(*meaning) | (PAR_SHAREABLE if s else 0)
            elif meaning == "device":
                expected = PAR_DEVICE
            else:
                expected = PAR_SHAREABLE | (PAR_DEVICE if meaning == "shareable device" else PAR_STRONGLY_ORDERED)
            physical = map_as(machine, kind, attributes, s)
            assert machine.translate(0, PAGE) == physical | PAR_NON_SECURE | expected, f"{attributes:05b}"


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("not_outer", [0, 1])
def test_par_has_the_remapped_attributes(machine: Machine, number: int, not_outer: int) -> None:
    """PRRR has the type, what S means (DS and NS) and NOS; NMRR the cacheabilities. TEX[2:1] are ignored."""
    machine.state.sctlr |= SCTLR_TRE
    for kind, s, means in [(kind, s, means) for kind in range(3) for s in (0, 1) for means in range(4)]:
        s_means = means << 16 if kind == 1 else means << 18
        machine.state.prrr = not_outer << 24 + number | s_means | kind << 2 * number
        inner, outer = means, 3 - means
        machine.state.nmrr = inner << 2 * number | outer << 2 * number + 16
        shareable = kind == 0 or means >> s & 1
        expected = (PAR_STRONGLY_ORDERED, PAR_DEVICE, normal(inner, outer))[kind] | (PAR_SHAREABLE if shareable else 0)
        if shareable and kind != 0 and not_outer:
            expected |= PAR_NOT_OUTER_SHAREABLE
        physical = map_as(machine, "small", 0b11000 | number, s)
        assert machine.translate(0, PAGE) == physical | PAR_NON_SECURE | expected


# --- what the caches are told ---------------------------------------------------------------------------------------

SCTLR_C, SCTLR_I = 1 << 2, 1 << 12
NOP = 0xE320F000


@pytest.fixture
def seen(machine: Machine) -> RecordingPort:
    port = RecordingPort(machine.ram)
    machine.engine.connect(port)
    return port


def of(seen: RecordingPort, kind: str, address: int, size: int = 4) -> set[tuple[int, int]]:
    """Return the cacheabilities of the accesses of a kind to an address, and forget them all."""
    found = {access[2:] for access in seen.accesses if access[0] == kind and access[1] & -size == address}
    seen.accesses.clear()
    return found


@pytest.mark.parametrize("attributes", TYPES)
def test_cacheability_of_accesses(machine: Machine, seen: RecordingPort, attributes: int) -> None:
    meaning = TYPES[attributes]
    expected = meaning if isinstance(meaning, tuple) else (UNCACHED, UNCACHED)
    machine.set_word(TARGET, NOP)
    machine.set_word(TARGET + 4, NOP)
    map_as(machine, "small", attributes)
    for caches in (0, SCTLR_C, SCTLR_I, SCTLR_C | SCTLR_I):
        machine.state.sctlr = (machine.state.sctlr & ~(SCTLR_C | SCTLR_I)) | caches
        assert machine.load(PAGE) is None
        assert of(seen, "read", TARGET) == {expected if caches & SCTLR_C else (UNCACHED, UNCACHED)}
        machine.state.r8_12_usr[0] = NOP
        assert machine.store(PAGE) is None
        assert of(seen, "write", TARGET) == {expected if caches & SCTLR_C else (UNCACHED, UNCACHED)}
        assert machine.fetch(PAGE) is None
        assert of(seen, "fetch", TARGET, 32) == {expected if caches & SCTLR_I else (UNCACHED, UNCACHED)}


@pytest.mark.parametrize(("inner", "outer"), [(0, 1), (1, 2), (2, 3), (3, 0)])
def test_cacheability_by_tex_remap(machine: Machine, seen: RecordingPort, inner: int, outer: int) -> None:
    machine.state.sctlr |= SCTLR_TRE | SCTLR_C
    machine.state.prrr, machine.state.nmrr = 0xAAAA, inner << 2 * 5 | outer << 2 * 5 + 16
    map_as(machine, "large", 0b00101)
    assert machine.load(PAGE) is None
    assert of(seen, "read", TARGET | 0x5000) == {(inner, outer)}


@pytest.mark.parametrize("inner", range(4))
@pytest.mark.parametrize("outer", range(4))
def test_cacheability_of_walks(machine: Machine, seen: RecordingPort, inner: int, outer: int) -> None:
    """IRGN, whose bit 0 is bit 6, and RGN of the table's register (B4.1.154), at both levels."""
    bits = (inner & 1) << 6 | inner >> 1 | outer << 3
    machine.page(PAGE, small())
    machine.first(1 << 31, section(), TABLE_1)
    machine.state.ttbcr = 1
    machine.state.ttbr0, machine.state.ttbr1 = TABLE_0, TABLE_1 | bits
    first, second, upper = TABLE_0 + (PAGE >> 20) * 4, PAGES + (PAGE >> 12 & 0xFF) * 4, TABLE_1 + 0x2000
    machine.state.sctlr |= SCTLR_C
    machine.translate(0, 1 << 31)
    assert of(seen, "walk", upper) == {(inner, outer)}
    machine.translate(0, PAGE)
    assert of(seen, "walk", second) == {(UNCACHED, UNCACHED)}
    machine.state.ttbr0, machine.state.ttbr1 = TABLE_0 | bits, TABLE_1
    for descriptor in (first, second):
        machine.translate(0, PAGE)
        assert of(seen, "walk", descriptor) == {(inner, outer)}
    machine.translate(0, 1 << 31)
    assert of(seen, "walk", upper) == {(UNCACHED, UNCACHED)}


def test_walks_are_not_cached_without_the_data_cache(machine: Machine, seen: RecordingPort) -> None:
    machine.page(PAGE, small())
    machine.state.ttbr0 |= 1 << 6 | 1 << 3
    machine.translate(0, PAGE)
    assert of(seen, "walk", PAGES + (PAGE >> 12 & 0xFF) * 4) == {(UNCACHED, UNCACHED)}


def test_an_exclusive_load_walks_no_more_than_another(machine: Machine, seen: RecordingPort) -> None:
    """Noting what is watched is part of the load."""
    machine.page(PAGE, small())
    machine.run("ldr r8, [r0]", r0=PAGE)
    accesses = seen.accesses[:]
    seen.accesses.clear()
    machine.run("ldrex r8, [r0]", r0=PAGE)
    assert seen.accesses == accesses


@pytest.mark.parametrize("caches", [0, SCTLR_C, SCTLR_I])
def test_cacheability_without_the_mmu(machine: Machine, seen: RecordingPort, caches: int) -> None:
    """Data is Strongly-ordered; instructions are write-through, or not cached if SCTLR.I is clear (B3.2.1)."""
    machine.state.sctlr = machine.state.sctlr & ~SCTLR_M | caches
    machine.load(TARGET)
    accesses = seen.accesses[:]
    assert of(seen, "read", TARGET) == {(UNCACHED, UNCACHED)}
    expected = (WRITE_THROUGH, WRITE_THROUGH) if caches & SCTLR_I else (UNCACHED, UNCACHED)
    assert {access[2:] for access in accesses if access[0] == "fetch"} == {expected}
    assert not [access for access in accesses if access[0] == "walk"]
