"""Statistics: every number has a name, a value, a unit and a description."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


class Counter:
    """A number that its owner counts up."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


@dataclass(frozen=True)
class Statistic:
    """The declaration of one number, and how to read it."""

    name: str
    unit: str
    description: str
    read: Callable[[], int | float]

    @property
    def value(self) -> int | float:
        """The number now."""
        return self.read()


class StatisticsGroup:
    """The statistics of one component, in the order of their declaration."""

    def __init__(self) -> None:
        self._statistics: dict[str, Statistic] = {}

    def counter(self, name: str, description: str, unit: str = "count") -> Counter:
        """Declare a number that the owner counts; returns the counter."""
        counter = Counter()
        self.formula(name, lambda: counter.value, description, unit)
        return counter

    def formula(self, name: str, read: Callable[[], int | float], description: str, unit: str = "count") -> None:
        """Declare a number that is computed when somebody asks."""
        if name in self._statistics:
            raise ValueError(f"the statistic {name!r} is declared twice")
        self._statistics[name] = Statistic(name, unit, description, read)

    def __iter__(self) -> Iterator[Statistic]:
        return iter(self._statistics.values())

    def __bool__(self) -> bool:
        return bool(self._statistics)

    def __getitem__(self, name: str) -> Statistic:
        return self._statistics[name]
