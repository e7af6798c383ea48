"""Which console the user asked for: stdio, none, pty, tcp:PORT or file:NAME."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from vmsim_core.console.console import Console, NoConsole
from vmsim_core.console.file import FileConsole
from vmsim_core.console.remote import PtyConsole, TcpConsole
from vmsim_core.console.stdio import StdioConsole
from vmsim_core.errors import VmsimError
from vmsim_core.serial_port import SerialPort

if TYPE_CHECKING:
    from vmsim_core.console.recording import Recorder

_CHOICES = "stdio, none, pty, tcp:PORT or file:NAME"


def open_console(
    spec: str,
    port: SerialPort,
    on_quit: Callable[[], None],
    recorder: Recorder | None = None,
    on_picture: Callable[[], None] = lambda: None,
) -> Console:
    """Open the console that `spec` describes at the other end of `port`.

    `on_quit` is called when the user asks for the end, `on_picture` when for a picture of the screen; what is typed is
    fed to the port, and recorded if wanted.
    """

    def feed(data: bytes) -> None:
        if recorder is not None:
            recorder.fed(port.name, data)
        port.feed(data)

    def leave() -> None:
        if recorder is not None:
            recorder.quit()
        on_quit()

    kind, colon, argument = spec.partition(":")
    match kind, bool(colon):
        case "stdio", False:
            return StdioConsole(port, feed, leave, on_picture)
        case "none", False:
            return NoConsole(port, feed)
        case "pty", False:
            return PtyConsole(port, feed)
        case "tcp", True:
            return TcpConsole(port, feed, _port_number(argument))
        case "file", True if argument:
            return FileConsole(port, feed, Path(argument))
    raise VmsimError(f"console {spec!r}: there is no such console; use {_CHOICES}")


def _port_number(text: str) -> int:
    if re.fullmatch(r"[0-9]{1,5}", text) is None or int(text) > 65535:
        raise VmsimError(f"console 'tcp:{text}': {text!r} is no port; use a number up to 65535 (0 picks a free one)")
    return int(text)
