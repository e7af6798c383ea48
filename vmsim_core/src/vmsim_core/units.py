"""Units of simulated time and size, and the texts users write for them.

A *tick* is 1 ps of simulated time. Times, frequencies and sizes are exact integers; a text such as
``1.5ms`` is converted through :class:`fractions.Fraction`, never through a float.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Any

TICKS_PER_SECOND = 10**12
NEVER = 1 << 62
"""A tick that no run reaches (53 simulated days); an unscheduled deadline."""

_TIME = {"s": 10**12, "ms": 10**9, "us": 10**6, "µs": 10**6, "ns": 10**3, "ps": 1}
_FREQUENCY = {"Hz": 1, "kHz": 10**3, "MHz": 10**6, "GHz": 10**9}
_SIZE = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "k": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-zµ]*)")


def _parse(text: str, units: dict[str, int], kind: str, example: str) -> int:
    match = _QUANTITY.fullmatch(text.strip())
    if match is None or match[2] not in units:
        known = ", ".join(unit for unit in units if unit)
        raise ValueError(f"{text!r} is not a {kind}; write it like {example} (units: {known})")
    value = Fraction(match[1]) * units[match[2]]
    if value.denominator != 1:
        raise ValueError(f"{text!r} is not a whole number of {next(iter(reversed(units)))}")
    return int(value)


def parse_time(value: Any) -> int:
    """Convert ``"1.5ms"`` to ticks; raises :class:`ValueError` for anything that is no time."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a time; write it with a unit, like 1.5ms")
    return _parse(value, _TIME, "time", "1.5ms")


def parse_frequency(value: Any) -> int:
    """Convert ``"24MHz"`` or a plain number of hertz to hertz."""
    hertz = (
        value
        if isinstance(value, int) and not isinstance(value, bool)
        else _parse(str(value), _FREQUENCY, "frequency", "24MHz")
    )
    if hertz <= 0:
        raise ValueError("a frequency must be above zero")
    return hertz


def parse_size(value: Any) -> int:
    """Convert ``"256MiB"`` or a plain number of bytes to bytes."""
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise ValueError("a size cannot be negative")
        return value
    return _parse(str(value), _SIZE, "size", "256MiB")


def parse_address(value: Any) -> int:
    """Convert an integer or a text such as ``"0x1000_0000"`` to a physical address."""
    try:
        address = value if isinstance(value, int) and not isinstance(value, bool) else int(str(value), 0)
    except ValueError:
        raise ValueError(f"{value!r} is not an address; write it like 0x10009000") from None
    if address < 0:
        raise ValueError("an address cannot be negative")
    return address


def format_time(ticks: int) -> str:
    """Return ticks as a short text for people, such as ``1.250 ms``."""
    for unit, scale in (("s", 10**12), ("ms", 10**9), ("us", 10**6), ("ns", 10**3)):
        if ticks >= scale:
            return f"{ticks / scale:.3f} {unit}"
    return f"{ticks} ps"


def format_size(size: int) -> str:
    """Return a number of bytes as users write it, such as ``256MiB``."""
    for unit in ("GiB", "MiB", "KiB"):
        if size and size % _SIZE[unit] == 0:
            return f"{size // _SIZE[unit]}{unit}"
    return f"{size}B"


class _Parsed:
    """Lets pydantic read a quantity with one of the parsers above, and describe it in the JSON schema."""

    def __init__(self, parse: Any, description: str, examples: list[str]) -> None:
        self.parse = parse
        self.schema = {
            "anyOf": [{"type": "string"}, {"type": "integer"}],
            "description": description,
            "examples": examples,
        }

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        # What the handler returns has the bounds of a Field, such as gt=0.
        return core_schema.no_info_before_validator_function(self.parse, handler(source))

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> dict[str, Any]:
        return dict(self.schema)


Duration = Annotated[int, _Parsed(parse_time, "a time with its unit; ticks (ps) inside", ["1.5ms", "10us"])]
Frequency = Annotated[int, _Parsed(parse_frequency, "a frequency; hertz inside", ["24MHz", "1GHz"])]
MemorySize = Annotated[int, _Parsed(parse_size, "a size; bytes inside", ["256MiB", "64KiB"])]
Address = Annotated[int, _Parsed(parse_address, "a physical address", ["0x10009000"])]
