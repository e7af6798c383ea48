"""Builds the small RealView kernels and Linux's own device tree for the board, reproducibly."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vmsim_guests.errors import GuestError
from vmsim_guests.messages import tell
from vmsim_guests.recipes import Kitchen
from vmsim_guests.resources import fingerprint, resource

SOURCE_PACKAGE = "linux-source-6.1"
CROSS_COMPILE = "arm-linux-gnueabihf-"
DEVICE_TREE = "arm-realview-pbx-a9.dtb"

# What the build runs, and the Debian package that has it.
TOOLS: Mapping[str, str] = {
    "make": "make",
    "gcc": "gcc",
    f"{CROSS_COMPILE}gcc": "gcc-arm-linux-gnueabihf",
    "flex": "flex",
    "bison": "bison",
    "bc": "bc",
    "tar": "tar",
    "xz": "xz-utils",
}

# Everything that would otherwise make two builds differ.
BUILD_IDENTITY: Mapping[str, str] = {
    "KBUILD_BUILD_TIMESTAMP": "Thu Jan  1 00:00:00 UTC 1970",
    "KBUILD_BUILD_USER": "vmsim",
    "KBUILD_BUILD_HOST": "vmsim",
    "KBUILD_BUILD_VERSION": "1",
}

# Most of the source is never compiled here. The configuration files and makefiles of every folder are read, though, and
# must stay. tar's "*" goes across slashes.
LEFT_OUT = [
    "Documentation/*/*",
    "sound/*.[ch]",
    "tools/perf",
    "tools/testing",
    *(f"arch/{name}/*.{kind}" for name in ("alpha", "arc", "arm64", "[b-z]*") for kind in ("[chS]", "dts", "dtsi")),
    *(f"drivers/{name}/*.[ch]" for name in ("infiniband", "media", "staging", "usb")),
    *(f"drivers/gpu/drm/{name}/*.[ch]" for name in ("amd", "i915", "msm", "nouveau", "radeon")),
    *(f"drivers/net/{name}/*.[ch]" for name in ("wireless", "ethernet/[!s]*")),
    "drivers/scsi/*/*.[ch]",
]

RESULTS: Mapping[str, str] = {
    "arch/arm/boot/zImage": "zImage",
    f"arch/arm/boot/dts/{DEVICE_TREE}": DEVICE_TREE,
    "vmlinux": "vmlinux",
    ".config": "config",
}


@dataclass(frozen=True)
class RealviewKernel:
    """zImage, vmlinux with symbols, configuration and Linux's device tree for the board."""

    name: str
    configurations: tuple[str, ...]
    """Files of this package, laid over each other; none takes back what one before it said."""

    def fingerprint(self) -> str:
        """Depend on the source's name, the configuration and the fixed identity of the build."""
        return fingerprint(
            SOURCE_PACKAGE.encode(), self._configuration(), repr(sorted(BUILD_IDENTITY.items())).encode()
        )

    def make(self, kitchen: Kitchen, work: Path) -> str:
        """Fetch, unpack, configure and compile."""
        _check_tools(self.name)
        package = kitchen.archive.package(SOURCE_PACKAGE, fresh=kitchen.fresh)
        tell(f"building the {self.name} kernel, once; it takes some minutes on two cores")
        build = kitchen.root / "tmp" / f"{self.name}-build"
        shutil.rmtree(build, ignore_errors=True)
        build.mkdir(parents=True)
        try:
            tarball = build / "source.tar.xz"
            package.extract(rf"\./usr/src/{SOURCE_PACKAGE}\.tar\.xz", tarball)
            tree = KernelTree(build, kitchen.root / f"{self.name}-build.log")
            tree.unpack(tarball)
            tree.configure(self._configuration())
            tree.compile(["zImage", DEVICE_TREE])
            for product, name in RESULTS.items():
                shutil.copyfile(tree.output / product, work / name)
        finally:
            shutil.rmtree(build, ignore_errors=True)
        return f"{package.origin}, {_compiler_version()}"

    def _configuration(self) -> bytes:
        return b"".join(resource("kernel", name).read_bytes() for name in self.configurations)


class KernelTree:
    """A kernel's source and the folder in which it is built."""

    def __init__(self, folder: Path, log: Path) -> None:
        self._source = folder / "source"
        self._log = log
        self.output = folder / "output"
        self._source.mkdir()
        self.output.mkdir()
        log.write_bytes(b"")

    def unpack(self, tarball: Path) -> None:
        """Unpack what a build for this board needs."""
        excluded = [f"--exclude={SOURCE_PACKAGE}/{pattern}" for pattern in LEFT_OUT]
        self._run("tar", "-xJf", str(tarball), "-C", str(self._source), "--strip-components=1", *excluded)
        tarball.unlink()

    def configure(self, fragment: bytes) -> None:
        """Switch on what the fragment names and nothing else; an option that the kernel does not take is an error."""
        fragment_file = self.output / "fragment"
        fragment_file.write_bytes(fragment)
        self._make("allnoconfig", f"KCONFIG_ALLCONFIG={fragment_file}")
        wanted = {line for line in fragment.decode().splitlines() if line.startswith("CONFIG_")}
        refused = wanted - set((self.output / ".config").read_text().splitlines())
        if refused:
            raise GuestError(f"{SOURCE_PACKAGE} does not take {', '.join(sorted(refused))}; mend the configuration")

    def compile(self, targets: list[str]) -> None:
        """Build the targets on all processors."""
        self._make(f"--jobs={os.cpu_count() or 1}", *targets)

    def _make(self, *arguments: str) -> None:
        self._run(
            *("make", "--silent", "-C", str(self._source), f"O={self.output}"),
            *("ARCH=arm", f"CROSS_COMPILE={CROSS_COMPILE}"),
            *arguments,
        )

    def _run(self, *command: str) -> None:
        environment = {**os.environ, **BUILD_IDENTITY, "LC_ALL": "C"}
        # A make that runs us must not tell the kernel's make how to run.
        for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
            environment.pop(name, None)
        with self._log.open("ab") as log:
            result = subprocess.run(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=False
            )
        if result.returncode != 0:
            raise GuestError(f"building a kernel failed in {command[0]}; {self._log} says why")


def _check_tools(kernel: str) -> None:
    packages = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if packages:
        raise GuestError(
            f"cannot build the {kernel} kernel without {', '.join(packages)}; "
            f"install them (apt install {' '.join(packages)}) or use guest:debian-armmp"
        )


def _compiler_version() -> str:
    command = [f"{CROSS_COMPILE}gcc", "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
