"""The errors of this package, each one line for the user."""

from __future__ import annotations

from vmsim_core.errors import VmsimError


class GuestError(VmsimError):
    """A guest that cannot be had: the text says what is missing and what to do."""
