"""The command line. Each subcommand has a file; what takes time to import is imported when a subcommand runs."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

import click

from vmsim_core.errors import VmsimError

INTERRUPTED = 130
"""What shells report for a program that SIGINT ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; return the exit code. Every error is one line on stderr."""
    from vmsim_core.cli.commands import vmsim_command

    logging.basicConfig(format="vmsim: %(message)s", level=logging.WARNING)
    try:
        result = vmsim_command().main(arguments, prog_name="vmsim", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx is not None else "vmsim"
        return _fail(error.exit_code, f"{command}: {error.format_message()} (see {command} --help)")
    except click.ClickException as error:
        return _fail(error.exit_code, error.format_message())
    except VmsimError as error:
        return _fail(1, *error.lines())
    except (KeyboardInterrupt, click.Abort):
        return _fail(INTERRUPTED, "interrupted")
    except BrokenPipeError:
        # Whoever read our output has enough; keep Python from complaining when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if os.environ.get("VMSIM_DEBUG"):
            raise
        text = " ".join(str(error).split())
        kind = type(error).__name__
        return _fail(1, f"vmsim failed ({kind}: {text}); this is a bug, VMSIM_DEBUG=1 shows where")
    return result if isinstance(result, int) else 0


def _fail(exit_code: int, *lines: str) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return exit_code
