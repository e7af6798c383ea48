"""The steps of an input script. Each says where in the script it comes from, if anything can still go wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from vmsim_core.errors import SourcePosition


@dataclass(frozen=True)
class Send:
    """Type bytes at the console."""

    data: bytes


@dataclass(frozen=True)
class Wait:
    """Wait for the guest to send a text."""

    text: bytes
    position: SourcePosition


@dataclass(frozen=True)
class After:
    """Let simulated time pass."""

    ticks: int
    position: SourcePosition


@dataclass(frozen=True)
class Key:
    """Press or release a key of the keyboard."""

    name: str
    pressed: bool
    position: SourcePosition


@dataclass(frozen=True)
class Move:
    """Move the mouse and turn its wheel."""

    right: int
    down: int
    wheel: int
    position: SourcePosition


@dataclass(frozen=True)
class Button:
    """Press or release a button of the mouse."""

    name: str
    pressed: bool
    position: SourcePosition


Step = Send | Wait | After | Key | Move | Button
