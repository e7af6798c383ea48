"""Compiles the bare-metal test programs, with a cross compiler if there is one, else with the `ziglang` package."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from vmsim_guests.errors import GuestError
from vmsim_guests.messages import tell
from vmsim_guests.recipes import Kitchen
from vmsim_guests.resources import fingerprint, resource

GCC = "arm-linux-gnueabihf-gcc"
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
    "compute": Program("integer work for measuring speed: lists, matrices, a state machine, a CRC"),
}

# No floating point from the compiler, no library, no assumption about alignment: the MMU is off.
FLAGS = (
    *("-O2", "-g0", "-marm", "-mfloat-abi=soft", "-mno-unaligned-access", "-fno-pic"),
    *("-std=gnu11", "-ffreestanding", "-fno-builtin", "-Wall", "-Wextra", "-Werror"),
    *("-nostdlib", "-static", "-Wl,--build-id=none"),
)


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
                compiler.link(files, sources / "link.ld", work / f"{name}.elf")
        return compiler.version()


@dataclass(frozen=True)
class Compiler:
    """A command that compiles C and assembler for the Cortex-A9."""

    name: str
    command: tuple[str, ...]
    version_command: tuple[str, ...]

    def link(self, sources: list[Path], script: Path, output: Path) -> None:
        """Compile and link one program."""
        arguments = [*FLAGS, "-T", str(script), "-o", str(output), *(str(source) for source in sources)]
        result = subprocess.run([*self.command, *arguments], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            reason = (result.stderr.strip() or "no message").splitlines()[0]
            raise GuestError(f"{self.name} cannot compile the program {output.stem}: {reason}; update the compiler")

    def version(self) -> str:
        """Return the first line that the compiler says about itself."""
        result = subprocess.run(self.version_command, capture_output=True, text=True, check=False)
        return f"compiled by {result.stdout.strip().splitlines()[0]}"


def find_compiler() -> Compiler:
    """Return Debian's cross compiler if it is there, else the ziglang package's."""
    if shutil.which(GCC) is not None:
        return Compiler(GCC, (GCC, "-mcpu=cortex-a9"), (GCC, "--version"))
    if importlib.util.find_spec("ziglang") is not None:
        zig = (sys.executable, "-m", "ziglang")
        compile_command = (*zig, "cc", "-target", "arm-freestanding-eabi", "-mcpu=cortex_a9")
        return Compiler("ziglang", compile_command, (*zig, "cc", "--version"))
    raise GuestError(
        f"no compiler for bare-metal programs: neither {GCC} (apt install gcc-arm-linux-gnueabihf) "
        "nor the Python package ziglang (pip install ziglang) is installed; install one of them"
    )
