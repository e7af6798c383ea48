"""Guest programs for the suites of `vmsim_core.testing`: what a test of an ARM CPU model runs.

A listing has a line for each instruction: its encoding and its source. The tests of this distribution assemble the
sources and compare. R0 is the count, R1 the address of the probe, R2 that of the data, R6 what the interrupt handler
counts. References are to the ARM Architecture Reference Manual ARMv7-A (ARM DDI 0406C).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from vmsim_core.architecture import ArchState
from vmsim_core.debug import MemoryAccess
from vmsim_core.testing.bench import PROBE
from vmsim_core.testing.programs import DATA, ENTRY, GuestPrograms, Program

from vmsim_arch_arm.state import ArmState

_TABLE = 0x1_0000
"""Where the translation table is: one to one, RAM cached, everything else a device."""
_HANDLER = 0x100
_THUMB = 0x9000
_MASKED, _OPEN = 0x1D3, 0x153
"""CPSR: Supervisor mode, A and F masked, IRQs masked or not (B1.3.3)."""
_MMU_AND_CACHES = 1 << 12 | 1 << 11 | 1 << 2 | 1 << 0
"""SCTLR: I, Z, C and M (B4.1.130)."""
_SECTION_NORMAL = 0x1C0E
"""Section descriptor (B3.5.1): TEX 001, C, B (write-back, write-allocate), domain 0, read and write for all."""
_SECTION_DEVICE = 0x0C16
"""Section descriptor: TEX 000, B (shareable device), execute never."""


@dataclass(frozen=True)
class Listing:
    """Code at an address; each line is an encoding in hexadecimal and the instruction."""

    address: int
    text: str
    thumb: bool = False

    @property
    def lines(self) -> list[tuple[bytes, str]]:
        """The encodings as bytes in memory, and the sources."""
        return [(self._bytes(code), source) for code, _, source in (
            line.strip().partition("  ") for line in self.text.strip().splitlines()
        )]  # fmt: skip

    @property
    def code(self) -> bytes:
        """All of it as it stands in memory."""
        return b"".join(code for code, _ in self.lines)

    def _bytes(self, code: str) -> bytes:
        # A Thumb instruction is a sequence of halfwords (A6.1).
        unit = 4 if self.thumb else 8
        return b"".join(bytes.fromhex(code[at : at + unit])[::-1] for at in range(0, len(code), unit))


LISTINGS = {
    "interrupt vector": Listing(0x18, """
        ea000038  b 0x100
    """),
    "interrupt handler": Listing(_HANDLER, """
        e2866001  add r6, r6, #1
        e3a07000  mov r7, #0
        e5817008  str r7, [r1, #8]
        e25ef004  subs pc, lr, #4
    """),
    "supervisor call": Listing(0x8, """
        e2855001  add r5, r5, #1
        e1b0f00e  movs pc, lr
    """),
    "counting": Listing(ENTRY, """
        e2800001  add r0, r0, #1
        eafffffd  b 0x8000
    """),
    "counting by two": Listing(ENTRY, """
        e2800002  add r0, r0, #2
        eafffffd  b 0x8000
    """),
    "reading": Listing(ENTRY, """
        e5910000  ldr r0, [r1]
        eafffffd  b 0x8000
    """),
    "alarming": Listing(ENTRY, """
        e3003fa1  movw r3, #4001
        e5813004  str r3, [r1, #4]
        e2800001  add r0, r0, #1
        eafffffd  b 0x8008
    """),
    "stopping": Listing(ENTRY, """
        e3a03001  mov r3, #1
        e581300c  str r3, [r1, #12]
        e2800001  add r0, r0, #1
        eafffffd  b 0x8008
    """),
    "raising": Listing(ENTRY, """
        e3a03001  mov r3, #1
        e5813008  str r3, [r1, #8]
        e2800001  add r0, r0, #1
        eafffffd  b 0x8008
    """),
    "waiting": Listing(ENTRY, """
        e320f003  wfi
        e2800001  add r0, r0, #1
        eafffffd  b 0x8004
    """),
    "halting": Listing(ENTRY, """
        eafffffe  b 0x8000
    """),
    "storing": Listing(ENTRY, """
        e2800001  add r0, r0, #1
        e5820000  str r0, [r2]
        eafffffc  b 0x8000
    """),
    # The patched instruction is at 0x8018; r3 is the one that counts 1, r4 the one that counts 2. Cleaning and
    # invalidating by address to the point of unification is what B2.2.9 demands of self-modifying code.
    "modifying itself": Listing(ENTRY, """
        e3003001  movw r3, #0x0001
        e34e3280  movt r3, #0xe280
        e3004002  movw r4, #0x0002
        e34e4280  movt r4, #0xe280
        e3085018  movw r5, #0x8018
        e3a06000  mov r6, #0
        e2800001  add r0, r0, #1
        e2266001  eor r6, r6, #1
        e3560000  cmp r6, #0
        15854000  strne r4, [r5]
        05853000  streq r3, [r5]
        ee075f3b  mcr p15, 0, r5, c7, c11, 1
        f57ff04f  dsb sy
        ee075f35  mcr p15, 0, r5, c7, c5, 1
        ee070fd5  mcr p15, 0, r0, c7, c5, 6
        f57ff04f  dsb sy
        f57ff06f  isb sy
        eafffff3  b 0x8018
    """),
    "busy": Listing(ENTRY, """
        e3a03c0f  mov r3, #0xf00
        e1a03603  lsl r3, r3, #12
        ee013f50  mcr p15, 0, r3, c1, c0, 2
        f57ff06f  isb sy
        e3a03101  mov r3, #0x40000000
        eee83a10  vmsr fpexc, r3
        ee000a10  vmov s0, r0
        e2800001  add r0, r0, #1
        e0233060  eor r3, r3, r0, rrx
        e0b44003  adcs r4, r4, r3
        ee003a90  vmov s1, r3
        eeb81a60  vcvt.f32.u32 s2, s1
        ee300a01  vadd.f32 s0, s0, s2
        f2144840  vadd.i16 q2, q2, q0
        e2007eff  and r7, r0, #0xff0
        e7823007  str r3, [r2, r7]
        e0827007  add r7, r2, r7
        e5474003  strb r4, [r7, #-3]
        e1d7a0b0  ldrh r10, [r7]
        ef000001  svc #1
        e1928f9f  ldrex r8, [r2]
        e2888003  add r8, r8, #3
        e1829f98  strex r9, r8, [r2]
        e0855009  add r5, r5, r9
        ee1dbf70  mrc p15, 0, r11, c13, c0, 3
        e28bb005  add r11, r11, #5
        ee0dbf70  mcr p15, 0, r11, c13, c0, 3
        f1020011  cps #0x11
        e2888001  add r8, r8, #1
        e1a0d008  mov sp, r8
        f1020013  cps #0x13
        fa0003df  blx 0x9000
        eaffffe5  b 0x801c
    """),
    "busy in Thumb": Listing(_THUMB, """
        0843  lsrs r3, r0, #1
        bf2c  ite cs
        3403  addcs r4, #3
        3c01  subcc r4, #1
        bf48  it mi
        4263  rsbmi r3, r4, #0
        fb00c303  mla r3, r0, r3, r12
        ea830c44  eor r12, r3, r4, lsl #1
        b418  push {r3, r4}
        bc18  pop {r3, r4}
        4770  bx lr
    """, thumb=True),
}  # fmt: skip
"""All code, by what it is."""

_INTERRUPTS = ("interrupt vector", "interrupt handler")
_WORDS = (
    "ttbr1", "dfar", "ifar", "contextidr", "tpidrurw", "tpidruro", "tpidrprw", "diagnostic", "sp_usr", "lr_usr",
    "sp_fiq", "lr_fiq", "sp_irq", "lr_irq", "sp_svc", "lr_svc", "sp_abt", "lr_abt", "sp_und", "lr_und", "spsr_fiq",
    "spsr_irq", "spsr_svc", "spsr_abt", "spsr_und",
)  # fmt: skip
"""Fields that may hold any word."""
_MODES = (0x10, 0x11, 0x12, 0x13, 0x17, 0x1B, 0x1F)


class ArmPrograms(GuestPrograms):
    """ARMv7-A's guest code."""

    architecture: ClassVar[str] = "arm"

    def start(self, state: ArchState, cached: bool = False, interrupts: bool = False) -> ArmState:
        """Return a state that begins at ENTRY in Supervisor mode."""
        assert isinstance(state, ArmState)
        begun = state.copy()
        begun.pc, begun.cpsr = ENTRY, _OPEN if interrupts else _MASKED
        begun.r[1], begun.r[2], begun.sp_svc = PROBE, DATA, DATA - 0x100
        if cached:
            begun.ttbr0, begun.dacr = _TABLE | 0x4A, 1  # the walker's accesses are cached too (B4.1.154)
            begun.sctlr |= _MMU_AND_CACHES
        return begun

    def random_state(self, state: ArchState, random: Random) -> ArmState:
        """Return a state with random registers; what the manual reserves, and what would fault, stays."""
        assert isinstance(state, ArmState)
        found = state.copy()
        for name in _WORDS:
            setattr(found, name, random.getrandbits(32))
        found.pc, found.vbar = random.getrandbits(32) & ~3, random.getrandbits(32) & ~0x1F
        for bank in (found.r, found.r8_12_usr, found.r8_12_fiq):
            bank[:] = [random.getrandbits(32) for _ in bank]
        found.d[:] = [random.getrandbits(64) for _ in found.d]
        found.cpsr = (random.getrandbits(32) & 0xF80F01C0) | random.choice(_MODES)
        found.fpscr = random.getrandbits(32) & 0xF7C0009F
        found.teecr, found.teehbr = random.getrandbits(1), random.getrandbits(32)
        found.dbgoslock = random.getrandbits(1)
        found.event_register, found.waiting = random.getrandbits(1), random.randrange(3)
        return found

    def counter(self, state: ArchState) -> int:
        """Return R0."""
        assert isinstance(state, ArmState)
        return state.r[0]

    def interrupts_taken(self, state: ArchState) -> int:
        """Return R6."""
        assert isinstance(state, ArmState)
        return state.r[6]

    def counting(self, step: int = 1) -> Program:
        """Count, and branch back."""
        return _program("counting" if step == 1 else "counting by two", instructions=2)

    def busy(self) -> Program:
        """Both instruction sets, flags, IT blocks, exclusive accesses, calls, VFP, SIMD, banked registers."""
        return _program("busy", "busy in Thumb", "supervisor call")

    def reading(self) -> Program:
        """Read the probe for ever."""
        return _program("reading", instructions=2)

    def alarming(self) -> Program:
        """Set the probe's alarm, then count."""
        return _program("alarming", before=2, instructions=2)

    def stopping(self) -> Program:
        """Ask for the end, then count."""
        return _program("stopping", before=2, instructions=2)

    def raising(self) -> Program:
        """Raise the core's own interrupt, then count."""
        return _program("raising", *_INTERRUPTS, before=2, instructions=2)

    def waiting(self) -> Program:
        """WFI, then count."""
        return _program("waiting", *_INTERRUPTS, before=1, instructions=2)

    def halting(self) -> Program:
        """Branch to itself."""
        return _program("halting")

    def modifying_itself(self) -> Program:
        """Replace the instruction that counts, each time round the loop."""
        return _program("modifying itself", before=6, instructions=24)

    def storing(self) -> tuple[Program, MemoryAccess]:
        """Store the count."""
        return _program("storing", instructions=3), MemoryAccess(True, DATA, 4, 1)


def _program(*names: str, before: int = 0, instructions: int = 0) -> Program:
    parts = {LISTINGS[name].address: LISTINGS[name].code for name in names}
    return Program({**parts, _TABLE: _translation_table()}, before, instructions)


def _translation_table() -> bytes:
    """Return 4096 sections of 1 MiB, each at its own address: the lowest is RAM, the others are devices."""
    kinds = [_SECTION_NORMAL] + [_SECTION_DEVICE] * 4095
    return struct.pack("<4096I", *(index << 20 | kind for index, kind in enumerate(kinds)))
