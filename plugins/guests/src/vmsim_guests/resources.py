"""The text files that come with this package, and fingerprints of what recipes are made of."""

from __future__ import annotations

import hashlib
from importlib import resources
from importlib.resources.abc import Traversable


def resource(*parts: str) -> Traversable:
    """Return a file or folder that is installed beside this module."""
    return resources.files("vmsim_guests").joinpath(*parts)


def fingerprint(*parts: bytes) -> str:
    """Return a short text that differs when any of the parts differs."""
    digest = hashlib.sha256()
    for part in parts:
        # The length first, so that bytes moved from one part to the next are seen.
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]
