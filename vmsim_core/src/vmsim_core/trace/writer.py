"""Where the lines of a trace go."""

from __future__ import annotations

import gzip
import io
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, TextIO, cast

from vmsim_core.errors import VmsimError
from vmsim_core.whole_file import whole_file

_LINES_KEPT = 2000
"""Lines are written in portions of so many: writing each one costs as much as making it."""
_FAST_COMPRESSION = 1


class LineWriter(Protocol):
    """Takes the lines of a trace."""

    def write(self, line: str) -> None:
        """Take a line, without its end."""

    def flush(self) -> None:
        """Bring what was taken to its place."""

    def close(self) -> None:
        """Flush, and take no more."""


class StreamWriter:
    """Writes lines to a stream, in portions."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._lines: list[str] = []

    def write(self, line: str) -> None:
        """Take a line."""
        self._lines.append(line)
        if len(self._lines) >= _LINES_KEPT:
            self._write_lines()

    def flush(self) -> None:
        """Write what was taken; raises BrokenPipeError when nobody reads it any more."""
        self._write_lines()
        self._stream.flush()

    def close(self) -> None:
        """Write what was taken. The stream stays open."""
        self.flush()

    def _write_lines(self) -> None:
        if self._lines:
            lines, self._lines = self._lines, []
            self._stream.write("\n".join(lines) + "\n")


class FileWriter(StreamWriter):
    """Writes lines to a file, compressed if its name ends in ``.gz``; it appears under its name when it is closed.

    A pipe or a device is written to as it is. Raises VmsimError when the file cannot be written.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stack = ExitStack()
        try:
            special = file.exists() and not file.is_file()
            place = file if special else self._stack.enter_context(whole_file(file))
            super().__init__(self._stack.enter_context(self._open(place)))
        except OSError as error:
            raise self._failure(error) from None

    def flush(self) -> None:
        """Nothing needs to be seen before the file is complete."""

    def close(self) -> None:
        """Complete the file and give it its name."""
        try:
            self._write_lines()
            self._stack.close()
        except OSError as error:
            raise self._failure(error) from None

    def _write_lines(self) -> None:
        try:
            super()._write_lines()
        except OSError as error:
            raise self._failure(error) from None

    def _open(self, place: Path) -> TextIO:
        raw = self._stack.enter_context(place.open("wb"))
        if self._file.suffix != ".gz":
            return io.TextIOWrapper(raw, encoding="utf-8", newline="\n")
        # Without name and time, so that equal traces are equal files.
        packed = gzip.GzipFile("", "wb", _FAST_COMPRESSION, raw, mtime=0)
        return io.TextIOWrapper(cast(io.BufferedWriter, packed), encoding="utf-8", newline="\n")

    def _failure(self, error: OSError) -> VmsimError:
        return VmsimError(f"the trace {self._file} cannot be written: {error.strerror}")
