"""The bare-metal test programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from vmsim_guests.compiler import FLAGS, find_compiler
from vmsim_guests.messages import tell
from vmsim_guests.recipes import Kitchen
from vmsim_guests.resources import fingerprint, resource

COMMON_SOURCES = ("start.S", "library.c")


@dataclass(frozen=True)
class Program:
    """A test program: what it shows, and sources besides its own C file."""

    summary: str
    more_sources: tuple[str, ...] = ()


PROGRAMS: Mapping[str, Program] = {
    "hello": Program("writes to UART 0 and to the test device"),
    "exit-code": Program("ends with the number in its last argument"),
    "power-off": Program("switches the machine off through the test device"),
    "reset": Program("resets the board through the system registers"),
    "halt": Program("interrupts masked and a branch to itself, as Linux halts"),
    "wfi-halt": Program("a wait for an interrupt that never comes"),
    "semihost-hello": Program("ARM semihosting from ARM and Thumb code"),
    "timer-irq": Program("ten SP804 interrupts through the GIC wake it"),
    "sgi": Program("software-generated interrupts, priorities"),
    "vfp-neon": Program("checksums of VFP and NEON operations", ("vfp-neon-chains.S",)),
    "self-modifying": Program("writes code and runs it, ARM and Thumb"),
    "exceptions": Program("undefined, supervisor call, aborts through the MMU", ("exceptions-thumb.S",)),
    "exclusive": Program("exclusive loads and stores"),
    "guest-control": Program("asks the simulator for checkpoints, CPU models, statistics, regions of interest"),
    "compute": Program("integer work for measuring speed: lists, matrices, a state machine, a CRC"),
    "compute-cached": Program("the same with the MMU and the caches on", ("caches.c",)),
    "latencies": Program(
        "how long memory and operations take: chains and streams",
        ("caches.c", "measuring.c", "operations.c", "operation-loops.S"),
    ),
}


class BareMetalPrograms:
    """All test programs, each an ELF file that is linked for RAM at 0x8000."""

    def fingerprint(self) -> str:
        """Depend on all sources and on how they are compiled."""
        sources = sorted(resource("programs").iterdir(), key=lambda source: source.name)
        names = repr((PROGRAMS, FLAGS)).encode()
        return fingerprint(names, *(source.read_bytes() for source in sources if source.is_file()))

    def make(self, kitchen: Kitchen, work: Path) -> str:
        """Compile every program."""
        compiler = find_compiler()
        tell("compiling the bare-metal programs, once")
        with resources.as_file(resource("programs")) as sources:
            for name, program in PROGRAMS.items():
                files = [sources / file for file in (*COMMON_SOURCES, f"{name}.c", *program.more_sources)]
                compiler.link(files, work / f"{name}.elf", "-T", sources / "link.ld")
        return compiler.version()
