"""A console that is a file: exactly the bytes that the guest sends."""

from __future__ import annotations

from pathlib import Path

from vmsim_core.console.console import Console
from vmsim_core.errors import VmsimError
from vmsim_core.serial_port import ByteSink, SerialPort


class FileConsole(Console):
    """Writes what the guest sends to a file, which is opened (and emptied) before the run."""

    def __init__(self, port: SerialPort, feed: ByteSink, path: Path) -> None:
        self._path = path
        try:
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            raise VmsimError(f"console: cannot write to {path}: {error.strerror}") from None
        super().__init__(port, feed)

    def _receive(self) -> None:
        pass

    def _flush(self) -> None:
        self._write_all(self._file.fileno(), str(self._path))

    def _release(self) -> None:
        self._file.close()
