"""The emulated server: boots, runs one command, shows its output as it comes, and brings back what it has left."""

from __future__ import annotations

import shlex
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from vmsim_guests.errors import GuestError

QEMU = "qemu-system-aarch64"
HARDWARE = (
    *("-M", "virt,virtualization=on,gic-version=3", "-cpu", "cortex-a57", "-smp", "2", "-m", "3072"),
    *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
)
KERNEL_OPTIONS = "console=ttyAMA0 quiet panic=-1 mitigations=off"
ENDS_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")
"""However our own process ends, no QEMU is left behind."""
TIME_WAS_UP, NO_STATUS = 124, 125
"""In the place of an exit status; the first as of timeout(1)."""


@dataclass(frozen=True)
class Outcome:
    """What a command in the server came to."""

    status: int
    """Its exit status, or one of the two above."""
    console: str
    """What the server's kernel said."""

    def says(self) -> str:
        """Return the status in words."""
        match self.status:
            case 124:
                return "the time was up"
            case 125:
                return "the server ended before its command did"
        return f"exit status {self.status}"


class Server:
    """A server that is running; closing it switches it off. Times are in seconds of host time, boot included."""

    def __init__(self, kernel: Path, image: Path, *, timeout: float, output: IO[bytes] | None = None) -> None:
        """Boot an image; what its command says goes to `output`, else to our own standard output."""
        self._folder = tempfile.TemporaryDirectory(prefix="arm-server-")
        folder = Path(self._folder.name)
        self._console, self._results = folder / "console", folder / "results.tar"
        self._lines = socket.socket(socket.AF_UNIX)
        self._lines.bind(str(folder / "lines"))
        self._lines.listen(1)
        command = [*ENDS_WITH_PARENT, QEMU, *HARDWARE, *_ports(folder)]
        command += ["-kernel", str(kernel), "-initrd", str(image), "-append", KERNEL_OPTIONS]
        stream = output or sys.stdout.buffer
        stream.flush()
        # A pipe that is never written: at the end of its input QEMU would take the port for closed, and the guest wait.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=stream)
        self._timer = threading.Timer(timeout, self._process.kill)
        self._timer.daemon = True
        self._timer.start()

    def lines(self) -> Iterator[bytes]:
        """Yield the lines that the command writes to /dev/lines, as they come, until the server is off."""
        self._lines.settimeout(10)
        try:
            connection, _ = self._lines.accept()
        except TimeoutError:
            raise GuestError(f"{QEMU} does not start") from None
        with connection, connection.makefile("rb") as file:
            yield from file

    def wait(self, results: Path) -> Outcome:
        """Wait for the end of the command, and unpack what it left in /results into a folder of the host."""
        self._process.wait()
        timed_out = self._timer.finished.is_set()  # by now, nobody else has set it
        self._timer.cancel()
        status = _unpacked(self._results, results)
        console = self._console.read_text(errors="replace") if self._console.exists() else ""
        return Outcome(TIME_WAS_UP if timed_out and status == NO_STATUS else status, console)

    def close(self) -> None:
        """Switch the server off, if it is not."""
        self._timer.cancel()
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._lines.close()
        self._folder.cleanup()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def why_not() -> str | None:
    """Return in one line why there can be no server on this host, or None."""
    missing = [program for program in (QEMU, ENDS_WITH_PARENT[0], "dpkg-deb") if shutil.which(program) is None]
    return f"{' and '.join(missing)} not found (Debian: apt install qemu-system-arm)" if missing else None


def command_file(command: Sequence[str], environment: Mapping[str, str]) -> bytes:
    """Return /run/command for a command and the environment that it is to have."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(environment.items())]
    return "\n".join([*lines, f"exec {shlex.join(command)}", ""]).encode()


def _ports(folder: Path) -> list[str]:
    """Return QEMU's options for the console and the ports of the server; see `init` for the other end."""
    backends = {
        "output": "stdio,signal=off",
        "lines": f"socket,path={folder}/lines",
        "results": f"file,path={folder}/results.tar",
    }
    options = ["-serial", f"file:{folder}/console", "-device", "virtio-serial-device"]
    for name, backend in backends.items():
        kind, parameters = backend.split(",")
        options += [
            "-chardev",
            f"{kind},id={name},{parameters}",
            "-device",
            f"virtserialport,chardev={name},name={name}",
        ]
    return options


def _unpacked(archive: Path, target: Path) -> int:
    """Unpack the results and return the exit status among them."""
    target.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive) as file:
            file.extractall(target, filter="data")
        return int((target / "status").read_text())
    except (OSError, ValueError, tarfile.TarError):
        return NO_STATUS
