"""Pictures of the guest's screens as PNG files (ISO/IEC 15948)."""

from __future__ import annotations

import zlib
from pathlib import Path

from vmsim_core.errors import VmsimError
from vmsim_core.host_ports import Picture
from vmsim_core.system import System
from vmsim_core.whole_file import whole_file

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Eight bits a component, red, green and blue; the only compression, filter method and no interlace.
_FORMAT = bytes([8, 2, 0, 0, 0])
_NO_FILTER = b"\0"


def save_screen(system: System, file: Path) -> None:
    """Save what the system's first display shows, as a PNG file that is there only when it is complete.

    Raises VmsimError when there is no display, when it is off, and when the file cannot be written.
    """
    if not system.displays:
        raise VmsimError("no picture: the system has no display")
    name = min(system.displays)
    picture = system.displays[name].picture()
    if picture is None:
        raise VmsimError(f"no picture: the display {name} is off")
    try:
        with whole_file(file) as partial:
            partial.write_bytes(png(picture))
    except OSError as error:
        raise VmsimError(f"picture {file}: cannot be written: {error.strerror}") from None


def png(picture: Picture) -> bytes:
    """Return a picture as a PNG file."""
    line = 3 * picture.width
    lines = (picture.rgb[start : start + line] for start in range(0, line * picture.height, line))
    header = picture.width.to_bytes(4) + picture.height.to_bytes(4) + _FORMAT
    data = zlib.compress(b"".join(_NO_FILTER + line for line in lines))
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)
