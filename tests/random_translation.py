"""Random translation: tables of every kind of descriptor, the registers that say how to read them, and accesses.

MiB 0 of RAM has the tables, the vectors and the code, and no descriptor but the code's leads there: so no store changes
a table under the TLBs' feet, which would leave open what is found (DDI 0406C, B3.10.1).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

import keystone
from vmsim_arch_arm.psr import Mode
from vmsim_arch_arm.state import ArmState

MIB = 1 << 20
RAM_SIZE = 32 * MIB
TABLE_0, TABLE_1, SECOND_TABLES, SECOND_TABLE_COUNT = 0x4000, 0x8000, 0x10000, 16
CODE_TABLE = SECOND_TABLES + SECOND_TABLE_COUNT * 0x400
CODE_PAGE = 0xC000
CODE = 0x100
"""Where in its page the code begins; the vectors are below."""
CODE_DOMAIN = 15
ADDRESSES = 8
ALIGNED_ADDRESSES = 4
"""R0 to R7 have an address each; R0 to R3 that of a word, R0 one where two ARM instructions are in one page."""

SCTLR_M, SCTLR_A, SCTLR_EE, SCTLR_TRE, SCTLR_AFE = 1 << 0, 1 << 1, 1 << 25, 1 << 28, 1 << 29
ALL_NORMAL = 0xAAAA
_SCTLR_RESET = 0x00C50078 | 1 << 10
_FAULT, _PAGE_TABLE, _SECTION, _RESERVED = range(4)
_VECTORS = """
    b .
    movs pc, lr
    movs pc, lr
    b .
    subs pc, lr, #4
"""
"""An undefined instruction and a data access that aborts are skipped; where nothing can be fetched the case ends."""

_ACCESSES = (
    "ldr r8, [{0}]", "str r9, [{0}]", "ldrb r8, [{0}]", "strb r9, [{0}]", "ldrh r8, [{0}]", "strh r9, [{0}]",
    "ldrt r8, [{0}], #0", "strt r9, [{0}], #0", "ldrbt r8, [{0}], #0", "strbt r9, [{0}], #0",
    "ldrex r8, [{0}]", "ldrd r8, r9, [{1}]", "ldm {1}, {{r8, r9}}", "stm {1}, {{r8, r9}}", "swp r8, r9, [{0}]",
)  # fmt: skip
_TRANSLATIONS = tuple(f"mcr p15, 0, {{0}}, c7, c8, {operation}" for operation in range(4))
_MAINTENANCE = ("mcr p15, 0, {0}, c8, c7, 0", "mcr p15, 0, {0}, c8, c7, 1", "mcr p15, 0, r9, c13, c0, 1")
_BRANCH = "bx r0"

_KEYSTONE = keystone.Ks(keystone.KS_ARCH_ARM, keystone.KS_MODE_ARM)
_assembled: dict[str, bytes] = {}


@dataclass
class Translation:
    """Tables and registers; `code` is the virtual address of the page with the vectors and the code."""

    sctlr: int
    ttbcr: int
    dacr: int
    prrr: int
    nmrr: int
    code: int
    memory: dict[int, bytes]
    """What is where in MiB 0."""

    @property
    def all_normal(self) -> bool:
        """Whether no memory is of type Device or Strongly-ordered (B3.8.3)."""
        return bool(self.sctlr & SCTLR_TRE) and self.prrr & 0xFFFF == ALL_NORMAL

    def state(self, generator: random.Random, privileged: bool, addresses: list[int]) -> ArmState:
        """Return the state of a core at the begin of the code, with addresses in R0 to R7."""
        state = ArmState()
        state.cpsr = (Mode.SVC if privileged else Mode.USR) | 0x1C0
        state.spsr_abt = state.spsr_und = state.cpsr
        state.sctlr, state.ttbcr, state.dacr = self.sctlr, self.ttbcr, self.dacr
        state.prrr, state.nmrr = self.prrr, self.nmrr
        state.ttbr0, state.ttbr1 = TABLE_0 >> (self.ttbcr & 7), TABLE_1
        state.vbar, state.pc = self.code, self.code + CODE
        state.contextidr = generator.getrandbits(8)
        state.r = list(addresses)
        state.r8_12_usr = [generator.getrandbits(32) for _ in range(5)]
        return state


def make_translation(generator: random.Random) -> Translation:
    """Return random tables, and registers that go with them."""
    sctlr = _SCTLR_RESET | SCTLR_M
    for bit, likelihood in ((SCTLR_A, 0.2), (SCTLR_EE, 0.2), (SCTLR_TRE, 0.5), (SCTLR_AFE, 0.5)):
        sctlr |= bit if generator.random() < likelihood else 0
    n, without = generator.randrange(8), generator.choice((0, 0, 0, 1, 2)) << 4
    # The code is where tables are walked: not in the half that TTBCR leaves out.
    code = generator.getrandbits(32) & 0xFFFFF000
    if n and without:
        code = code >> n if without == 0x20 else code | 1 << 31
    elif without == 0x10:
        without = 0
    code &= 0xFFFFF000
    dacr = generator.choice((generator.getrandbits(32), generator.getrandbits(32), 0x55555555))
    memory = _tables(generator, n, code, "big" if sctlr & SCTLR_EE else "little")
    prrr = generator.choice((generator.getrandbits(32), ALL_NORMAL))
    dacr = (dacr & 0x3FFFFFFF) | 1 << 2 * CODE_DOMAIN
    return Translation(sctlr, n | without, dacr, prrr, generator.getrandbits(32), code, memory)


def make_addresses(generator: random.Random) -> list[int]:
    """Return addresses of which several are in one page, or in one section, or at the end of a page."""
    base = generator.getrandbits(32)
    addresses = []
    for _ in range(ADDRESSES):
        near = (generator.getrandbits(32), base, base & 0xFFFFF000, base & 0xFFF00000, base >> generator.randrange(9))
        address = generator.choice(near) | generator.choice((0, generator.getrandbits(12), generator.getrandbits(20)))
        addresses.append((address & ~generator.choice((0, 3, 3)) | generator.choice((0, 0, 0, 0xFFC))) & 0xFFFFFFFF)
    aligned = [address & ~3 for address in addresses[:ALIGNED_ADDRESSES]]
    return [aligned[0] & ~7, *aligned[1:], *addresses[ALIGNED_ADDRESSES:]]


def make_code(generator: random.Random, length: int) -> list[str]:
    """Return accesses, translations and TLB maintenance, which end with a branch."""
    kinds = (_ACCESSES, _ACCESSES, _ACCESSES, _TRANSLATIONS, _MAINTENANCE)
    code = [generator.choice(generator.choice(kinds)) for _ in range(length - 1)]
    registers = [(generator.randrange(ADDRESSES), generator.randrange(ALIGNED_ADDRESSES)) for _ in code]
    return [line.format(f"r{one}", f"r{word}") for line, (one, word) in zip(code, registers, strict=True)] + [_BRANCH]


def assemble(source: str) -> bytes:
    """Return the code of ARM instructions, of which none depends on where it is."""
    if source not in _assembled:
        _assembled[source] = bytes(_KEYSTONE.asm(source, 0)[0])
    return _assembled[source]


def code_page(code: list[str]) -> bytes:
    """Return the page with the vectors and the code."""
    vectors = assemble(_VECTORS)
    return vectors + bytes(CODE - len(vectors)) + b"".join(assemble(line) for line in code)


def filling() -> bytes:
    """Return what RAM has at first: instructions MOVW R11, #imm, of which each says which page it is in."""
    pages = []
    for page in range(RAM_SIZE >> 12):
        words = (0xE300B000 | (page << 3 & 0xF000) << 4 | (page << 3 & 0xFF8) | number for number in range(8))
        pages.append(b"".join(word.to_bytes(4, "little") for word in words) * 128)
    return b"".join(pages)


def is_filling(instruction: bytes | None) -> bool:
    """Whether an instruction is one of RAM's first contents, not what was stored there; nothing is, too."""
    return instruction is None or int.from_bytes(instruction, "little") & 0xFFF0F000 == 0xE300B000


def _tables(generator: random.Random, n: int, code: int, order: Literal["big", "little"]) -> dict[int, bytes]:
    firsts = [_first_descriptor(generator) for _ in range(128)]
    seconds = [_second_descriptor(generator) for _ in range(256)]
    tables = {base: generator.choices(firsts, k=4096) for base in (TABLE_0 >> n, TABLE_1)}
    if n:
        tables[TABLE_0 >> n] = tables[TABLE_0 >> n][: 4096 >> n]
    second = generator.choices(seconds, k=256 * (SECOND_TABLE_COUNT + 1))
    second[256 * SECOND_TABLE_COUNT + (code >> 12 & 0xFF)] = CODE_PAGE | 0b11 << 4 | 0b10
    tables[SECOND_TABLES] = second
    upper = n and code >> (32 - n)
    tables[TABLE_1 if upper else TABLE_0 >> n][code >> 20] = CODE_TABLE | CODE_DOMAIN << 5 | _PAGE_TABLE
    return {base: b"".join(entry.to_bytes(4, order) for entry in entries) for base, entries in tables.items()}


def _first_descriptor(generator: random.Random) -> int:
    """Return a first-level descriptor (B3.5.1): a section may be a supersection, whose base has 32 bits."""
    kind = generator.choice((_FAULT, _PAGE_TABLE, _PAGE_TABLE, _PAGE_TABLE, _SECTION, _SECTION, _SECTION, _RESERVED))
    anything = generator.getrandbits(32)
    if kind == _PAGE_TABLE:
        table = SECOND_TABLES + generator.randrange(SECOND_TABLE_COUNT) * 0x400
        return table | anything & 0x3FC | kind
    if kind == _SECTION:
        if generator.random() < 0.25:
            return MIB * 16 | 1 << 18 | anything & 0xBFE1C & ~0x1E0 | kind
        return MIB * generator.randrange(1, RAM_SIZE // MIB) | anything & 0xBFFFC | kind
    return anything & ~3 | kind


def _second_descriptor(generator: random.Random) -> int:
    """Return a second-level descriptor (B3.5.1)."""
    kind = generator.choice((0, 1, 1, 2, 2, 2, 3, 3))
    anything = generator.getrandbits(32)
    if kind == 0:
        return anything & ~3
    frame = generator.randrange(MIB >> 12, RAM_SIZE >> 12)
    if kind == 1:
        return (frame & ~0xF) << 12 | anything & 0xFFFC | kind
    return frame << 12 | anything & 0xFFC | kind
