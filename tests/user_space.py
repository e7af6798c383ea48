"""What user space does in the runs that are switched, stopped and resumed, and what it has to say then.

A few million instructions: compute, file I/O, forks, signals, floating point. Each line it says is known beforehand.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from functools import cache, reduce

from vmsim_guests import guest_path
from whole_system import USER_SPACE

ROUNDS = 500
WORK = (
    "md5sum /bin/busybox",
    "dd if=/bin/busybox of=/tmp/a bs=4k count=16 2>/dev/null && gzip -c /tmp/a | gunzip | cmp - /tmp/a && echo files",
    "for i in 1 2 3; do (exit $i) || echo fork $?; done",
    "trap 'echo signal' USR1; kill -USR1 $$",
    f"awk 'BEGIN {{ for (i = 1; i < {ROUNDS}; i++) s = (s * 31 + i / 8) % 65521; print s * 8 }}'",
    "sleep 0.02",
    "poweroff -f",
)
"""Shell commands; awk computes in double precision, on the VFP."""


@cache
def expected_lines() -> tuple[str, ...]:
    """Return the lines that WORK prints."""
    checksum = hashlib.md5(file_in_initramfs("busybox", "bin/busybox")).hexdigest()
    total = reduce(lambda total, i: (total * 31 + i / 8) % 65521, range(1, ROUNDS), 0.0)
    return f"{checksum}  /bin/busybox", "files", "fork 1", "fork 2", "fork 3", "signal", f"{total * 8:.0f}"


def spoken_lines(*parts: str) -> tuple[str, ...]:
    """Return the lines that user space has said, in order; the kernel's own begin with a time."""
    _, separator, rest = "".join(parts).partition(USER_SPACE)
    assert separator, f"no user space:\n{''.join(parts)}"
    lines = (line.strip() for line in rest.splitlines())
    return tuple(line for line in lines if line and not line.startswith("["))


def file_in_initramfs(guest: str, path: str) -> bytes:
    """Return a file of a guest's initial file system."""
    archive = guest_path(guest).read_bytes()
    for name, content in _entries(gzip.decompress(archive) if archive[:2] == b"\x1f\x8b" else archive):
        if name == path:
            return content
    raise FileNotFoundError(f"{path} in guest:{guest}")


def _entries(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents (Linux, Documentation/driver-api/early-userspace/buffer-format.rst: newc)."""
    at = 0
    while archive[at : at + 6] == b"070701":
        fields = [int(archive[at + 6 + 8 * number : at + 14 + 8 * number], 16) for number in range(13)]
        size, name_size = fields[6], fields[11]
        start = at + 110 + name_size + 3 & ~3
        yield archive[at + 110 : at + 109 + name_size].decode(), archive[start : start + size]
        at = start + size + 3 & ~3
