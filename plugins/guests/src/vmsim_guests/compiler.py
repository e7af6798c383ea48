"""Compiles free-standing programs, with a cross compiler if there is one, else with the `ziglang` package."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from vmsim_guests.errors import GuestError
from vmsim_guests.resources import resource

GCC = "arm-linux-gnueabihf-gcc"

# No floating point from the compiler, no library, no assumption about alignment: the MMU is off.
FLAGS = (
    *("-O2", "-g0", "-marm", "-mfloat-abi=soft", "-mno-unaligned-access", "-fno-pic"),
    *("-std=gnu11", "-ffreestanding", "-fno-builtin", "-Wall", "-Wextra", "-Werror"),
    *("-nostdlib", "-static", "-Wl,--build-id=none"),
)

# For programs that compute with VFP and Advanced SIMD: these come later, and win.
FLOAT_FLAGS = ("-mfloat-abi=hard", "-mfpu=neon-fp16", "-ffp-contract=off")


@dataclass(frozen=True)
class Compiler:
    """A command that compiles C and assembler for the Cortex-A9."""

    name: str
    command: tuple[str, ...]
    version_command: tuple[str, ...]
    float_options: tuple[str, ...] = FLOAT_FLAGS
    """What makes it use VFP and Advanced SIMD."""

    def link(self, sources: list[Path], output: Path, *options: str | Path) -> None:
        """Compile and link one program."""
        arguments = [*FLAGS, *map(str, options), "-o", str(output), *map(str, sources)]
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
        float_options = ("-target", "arm-freestanding-eabihf", *FLOAT_FLAGS)
        return Compiler("ziglang", compile_command, (*zig, "cc", "--version"), float_options)
    raise GuestError(
        f"no compiler for bare-metal programs: neither {GCC} (apt install gcc-arm-linux-gnueabihf) "
        "nor the Python package ziglang (pip install ziglang) is installed; install one of them"
    )


@dataclass(frozen=True)
class GuestTool:
    """A program for a guest under Linux, as free-standing as the bare-metal programs and compiled as they are.

    ``simctl``, by which the guest talks to the simulator, is in all our initial file systems; ``numbers``, which works
    through VFP and Advanced SIMD, in the one for stress.
    """

    name: str
    computes: bool = False
    """Whether it uses VFP and Advanced SIMD."""

    @property
    def path(self) -> str:
        """Where it is in a guest."""
        return f"bin/{self.name}"

    def fingerprint(self) -> bytes:
        """Depend on the sources and on how they are compiled."""
        sources = ("tools", f"{self.name}.c"), ("programs", "simctl.h")
        return repr((FLAGS, FLOAT_FLAGS)).encode() + b"".join(resource(*parts).read_bytes() for parts in sources)

    def make(self, work: Path) -> bytes:
        """Return the program, compiled in the folder `work`; raises GuestError when there is no compiler."""
        output = work / self.name
        compiler = find_compiler()
        options = compiler.float_options if self.computes else ()
        with resources.as_file(resource("programs")) as headers, resources.as_file(resource("tools")) as tools:
            compiler.link([tools / f"{self.name}.c"], output, "-I", headers, *options)
        content = output.read_bytes()
        output.unlink()
        return content


SIMCTL = GuestTool("simctl")
NUMBERS = GuestTool("numbers", computes=True)
