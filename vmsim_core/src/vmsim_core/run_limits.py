"""When a run is to end: limits, and what `run(until=...)` understands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vmsim_core.errors import VmsimError
from vmsim_core.exits import RunEvent, TextSeen
from vmsim_core.units import parse_time

EventWanted = RunEvent | type[RunEvent]
"""An event that is equal to this one, or any of this type."""
Condition = str | int | EventWanted
Until = Condition | Sequence[Condition]

_LOOKS_LIKE_A_TIME = re.compile(r"\+?\d[\d.]*\s*[A-Za-zµ]+")


@dataclass(frozen=True)
class RunLimits:
    """When a run ends, if the guest does not end it before."""

    instructions: int | None = None
    """Instructions that this process may execute."""
    time: int | None = None
    """Simulated time since power-on, in ticks."""
    host_seconds: float | None = None
    """Time on the host."""
    text: str | None = None
    """Text to wait for on the first serial port."""


@dataclass(frozen=True)
class Awaited:
    """What a run waits for."""

    limits: RunLimits
    texts: tuple[str, ...] = ()
    events: tuple[EventWanted, ...] = ()


def awaited(limits: RunLimits, until: Until | None, now: int) -> Awaited:
    """Return what a run waits for that begins at the tick `now`; raises VmsimError for what is no condition.

    A text is a time (``"250ms"`` since power-on, ``"+10ms"`` from now), or else what the guest is to send to its
    console; a number is the instructions to execute. The first that comes ends the run.
    """
    if until is None:
        until = []
    conditions = until if isinstance(until, Sequence) and not isinstance(until, str) else [until]
    found = Awaited(limits, () if limits.text is None else (limits.text,))
    for condition in conditions:
        found = _with(found, condition, now)
    return found


def matches(event: RunEvent, wanted: EventWanted) -> bool:
    """Whether `event` is one that is wanted."""
    return isinstance(event, wanted) if isinstance(wanted, type) else event == wanted


def _with(found: Awaited, condition: object, now: int) -> Awaited:
    limits = found.limits
    if isinstance(condition, TextSeen):
        return replace(found, texts=(*found.texts, condition.text))
    if isinstance(condition, RunEvent) or (isinstance(condition, type) and issubclass(condition, RunEvent)):
        return replace(found, events=(*found.events, condition))
    if isinstance(condition, str):
        if _LOOKS_LIKE_A_TIME.fullmatch(condition.strip()) is None:
            return replace(found, texts=(*found.texts, condition))
        return replace(found, limits=replace(limits, time=_sooner(limits.time, _tick(condition.strip(), now))))
    if isinstance(condition, int) and not isinstance(condition, bool) and condition > 0:
        return replace(found, limits=replace(limits, instructions=_sooner(limits.instructions, condition)))
    raise VmsimError(
        f"a run cannot go on until {condition!r}: give a time such as '250ms', a number of instructions above 0, a "
        "text of the console, an event or a type of events"
    )


def _tick(text: str, now: int) -> int:
    try:
        return now + parse_time(text[1:]) if text.startswith("+") else parse_time(text)
    except ValueError as error:
        raise VmsimError(f"{error}; a text of the console that looks like a time is TextSeen({text!r})") from None


def _sooner(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)
