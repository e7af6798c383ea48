"""A core that keeps caches warm walks the tables through them whenever a Cortex-A9's main TLB would have it walk."""

from __future__ import annotations

import pytest
from mmu_machine import (
    CODE,
    FULL_ACCESS,
    FULL_PAGE,
    NORMAL,
    NOT_GLOBAL,
    PAGE,
    PAGES,
    SECTION,
    SECTION_NOT_GLOBAL,
    TABLE_0,
    Machine,
    section,
    small,
)
from vmsim_core.debug import ExecutedInstruction
from vmsim_core.testing.recording_port import RecordingPort

SAME_SET = 64 << 12
"""Pages that are so far apart share a set of two ways."""
ASID, OTHER_ASID = 5, 6


class Walker:
    """A machine whose port notes what is read of the tables."""

    def __init__(self) -> None:
        self.machine = Machine()
        self.port = RecordingPort(self.machine.ram)
        self.machine.engine.connect(self.port)

    def walks(self, *code: str, **registers: int) -> list[int]:
        """Execute instructions; return the descriptors that were read, by address in order."""
        self.port.accesses.clear()
        self.machine.run(*code, **registers)
        return [address for kind, address, *_ in self.port.accesses if kind == "walk"]

    def pages(self, *addresses: int) -> list[int]:
        """Map small pages; return their descriptors' addresses."""
        for address in addresses:
            self.machine.page(address, small())
        return [second(address) for address in addresses]


def first(address: int) -> int:
    return TABLE_0 + (address >> 20) * 4


def second(address: int) -> int:
    return PAGES + (address >> 12 & 0xFF) * 4


def ignore(executed: ExecutedInstruction) -> None:
    """Observe, to no end."""


@pytest.fixture(params=["alone", "observed"])
def walker(request: pytest.FixtureRequest) -> Walker:
    """Observed, no access goes by the software TLB: there must be no more walks for that."""
    walker = Walker()
    if request.param == "observed":
        walker.machine.engine.observe(ignore)
    return walker


def test_a_page_is_walked_once_whatever_is_done_to_it(walker: Walker) -> None:
    walker.pages(PAGE)
    code = ("ldr r8, [r0]", "str r8, [r0, #4]", "ldrt r8, [r0]", "strb r8, [r0, #9]", "ldr r8, [r0, #8]")
    assert walker.walks(*code, r0=PAGE) == [first(CODE), first(PAGE), second(PAGE)]


def test_a_section_is_walked_once(walker: Walker) -> None:
    walker.machine.first(SECTION, section())
    code = ("ldr r8, [r0]", "ldr r8, [r1]", "str r8, [r1]", "ldr r8, [r0]")
    assert walker.walks(*code, r0=SECTION, r1=SECTION + 0x8000) == [first(CODE), first(SECTION)]


def test_two_pages_of_a_set_are_kept(walker: Walker) -> None:
    one, two = walker.pages(PAGE, PAGE + SAME_SET)
    walks = walker.walks(*("ldr r8, [r0]", "ldr r8, [r1]") * 3, r0=PAGE, r1=PAGE + SAME_SET)
    assert [walk for walk in walks if walk in (one, two)] == [one, two]


def test_three_pages_of_a_set_are_not(walker: Walker) -> None:
    """First in, first out: each makes room for the one that was longest ago. The software TLB has room for all."""
    addresses = [PAGE, PAGE + SAME_SET, PAGE + 2 * SAME_SET]
    pages = walker.pages(*addresses)
    code = ("ldr r8, [r0]", "ldr r8, [r1]", "ldr r8, [r2]") * 3
    walks = walker.walks(*code, r0=addresses[0], r1=addresses[1], r2=addresses[2])
    assert [walk for walk in walks if walk in pages] == pages * 3


@pytest.mark.parametrize(
    ("operation", "value", "forgotten"),
    [
        ("c7, 0", 0, "global own"),
        ("c7, 1", PAGE | OTHER_ASID, "global"),
        ("c7, 1", (PAGE + 0x1000) | ASID, "own"),
        ("c7, 1", (PAGE + 0x1000) | OTHER_ASID, ""),
        ("c7, 1", (PAGE + 0x2000) | ASID, ""),
        ("c7, 2", ASID, "own"),
        ("c7, 2", OTHER_ASID, ""),
        ("c7, 3", PAGE + 0x1000, "own"),
        ("c7, 3", PAGE, "global"),
        ("c3, 3", PAGE, "global"),
    ],
)
def test_what_maintenance_forgets(walker: Walker, operation: str, value: int, forgotten: str) -> None:
    """TLBIALL, TLBIMVA, TLBIASID and TLBIMVAA (DDI 0406C, B3.10.5)."""
    pages = {"global": PAGE, "own": PAGE + 0x1000}
    walker.machine.page(pages["global"], small())
    walker.machine.page(pages["own"], small(FULL_PAGE | NOT_GLOBAL))
    walker.machine.state.contextidr = ASID
    load = ("ldr r8, [r0]", "ldr r8, [r1]")
    code = (*load, f"mcr p15, 0, r2, c8, {operation}", "dsb", "isb", *load)
    walks = walker.walks(*code, r0=pages["global"], r1=pages["own"], r2=value)
    known = [walk for walk in walks if walk in {second(page) for page in pages.values()}]
    assert known[:2] == [second(page) for page in pages.values()]
    assert known[2:] == [second(pages[name]) for name in forgotten.split()]


def test_a_section_is_forgotten_by_any_of_its_addresses(walker: Walker) -> None:
    walker.machine.first(SECTION, section())
    code = ("ldr r8, [r0]", "mcr p15, 0, r1, c8, c7, 1", "dsb", "isb", "ldr r8, [r0]")
    walks = walker.walks(*code, r0=SECTION, r1=SECTION + 0x7000)
    assert walks.count(first(SECTION)) == 2


def test_an_address_space_that_comes_back_is_still_known(walker: Walker) -> None:
    """The software TLB forgets all pages with the ASID, the main TLB none."""
    walker.machine.first(SECTION, NORMAL | FULL_ACCESS | SECTION_NOT_GLOBAL | 0b10)
    walker.machine.state.contextidr = ASID
    to_other, back = (f"mcr p15, 0, {register}, c13, c0, 1" for register in ("r1", "r2"))
    code = ("ldr r8, [r0]", to_other, "isb", "ldr r8, [r0]", back, "isb", "ldr r8, [r0]")
    walks = walker.walks(*code, r0=SECTION, r1=OTHER_ASID, r2=ASID)
    assert walks.count(first(SECTION)) == 2
