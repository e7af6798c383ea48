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


@dataclass(frozen=True)
class Compiler:
    """A command that compiles C and assembler for the Cortex-A9."""

    name: str
    command: tuple[str, ...]
    version_command: tuple[str, ...]

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
        return Compiler("ziglang", compile_command, (*zig, "cc", "--version"))
    raise GuestError(
        f"no compiler for bare-metal programs: neither {GCC} (apt install gcc-arm-linux-gnueabihf) "
        "nor the Python package ziglang (pip install ziglang) is installed; install one of them"
    )


class GuestTool:
    """The program by which a guest under Linux talks to the simulator: /bin/simctl in our initial file systems.

    It is as free-standing as the bare-metal programs, and compiled as they are.
    """

    sources = (("tools", "simctl.c"), ("programs", "simctl.h"))

    def fingerprint(self) -> bytes:
        """Depend on the sources and on how they are compiled."""
        return repr(FLAGS).encode() + b"".join(resource(*parts).read_bytes() for parts in self.sources)

    def make(self, work: Path) -> bytes:
        """Return the program, compiled in the folder `work`; raises GuestError when there is no compiler."""
        output = work / "simctl"
        with resources.as_file(resource("programs")) as headers, resources.as_file(resource("tools")) as tools:
            find_compiler().link([tools / "simctl.c"], output, "-I", headers)
        content = output.read_bytes()
        output.unlink()
        return content
