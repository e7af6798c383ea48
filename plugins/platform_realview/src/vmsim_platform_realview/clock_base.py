"""The time that a real-time clock shows at power-on: fixed, so that runs repeat, unless the host's is asked for."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator

DEFAULT_BASE = datetime(2026, 1, 1, tzinfo=UTC)


def _with_zone(base: datetime | Literal["host"]) -> datetime | Literal["host"]:
    return base.replace(tzinfo=UTC) if isinstance(base, datetime) and base.tzinfo is None else base


ClockBase = Annotated[datetime | Literal["host"], AfterValidator(_with_zone)]
"""A date and time, UTC if it has no zone, or ``host``."""


def check_range(base: datetime | Literal["host"], first: datetime, last: datetime) -> None:
    """Raise ValueError, saying which dates there are, for one that a clock cannot show; bounds included."""
    if isinstance(base, datetime) and not first <= base <= last:
        raise ValueError(f"the clock goes from {first:%Y-%m-%d} to {last:%Y-%m-%d}; choose a date between")


def base_seconds(base: datetime | Literal["host"]) -> int:
    """Return the base time in seconds since 1970."""
    return int(time.time() if base == "host" else base.timestamp())
