"""Statistics: every number has a name, a value, a unit and a description.

Most numbers are counts, which begin at zero and can be counted anew from any moment on (a *reset*). A reset changes
nothing in the component: the count at that moment is remembered and subtracted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

Number = int | float


class Counter:
    """A number that its owner counts up."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


class Statistic:
    """The declaration of one number, and how to read it."""

    __slots__ = ("_at_reset", "counted", "description", "name", "read", "unit")

    def __init__(
        self, name: str, unit: str, description: str, read: Callable[[], Number], counted: bool = True
    ) -> None:
        self.name = name
        self.unit = unit
        self.description = description
        self.read = read
        self.counted = counted
        """Whether it is a count, which a reset starts anew; a level or a ratio is not."""
        self._at_reset: Number = 0

    @property
    def value(self) -> Number:
        """The number now; for a count, since the last reset."""
        return self.read() - self._at_reset if self.counted else self.read()

    def reset(self) -> None:
        """Count from here on."""
        if self.counted:
            self._at_reset = self.read()

    def __repr__(self) -> str:
        return f"<Statistic {self.name}: {self.value} {self.unit} ({self.description})>"


class StatisticsGroup:
    """The statistics of one component, in the order of their declaration."""

    def __init__(self) -> None:
        self._statistics: dict[str, Statistic] = {}

    def counter(self, name: str, description: str, unit: str = "count") -> Counter:
        """Declare a number that the owner counts; returns the counter."""
        counter = Counter()
        self.formula(name, lambda: counter.value, description, unit)
        return counter

    def formula(self, name: str, read: Callable[[], Number], description: str, unit: str = "count") -> Statistic:
        """Declare a count that is computed when somebody asks."""
        return self._declare(Statistic(name, unit, description, read))

    def level(self, name: str, read: Callable[[], Number], description: str, unit: str = "count") -> Statistic:
        """Declare a number that is no count, such as an occupancy or a period: a reset leaves it alone."""
        return self._declare(Statistic(name, unit, description, read, counted=False))

    def ratio(
        self, name: str, part: Statistic, whole: Statistic, description: str, unit: str = "ratio", scale: int = 1
    ) -> Statistic:
        """Declare `scale` times `part` divided by `whole`, both since the last reset; 0 while `whole` is 0."""

        def read() -> float:
            divisor = whole.value
            return scale * part.value / divisor if divisor else 0.0

        return self.level(name, read, description, unit)

    def reset(self) -> None:
        """Let all counts begin anew."""
        for statistic in self:
            statistic.reset()

    def _declare(self, statistic: Statistic) -> Statistic:
        if statistic.name in self._statistics:
            raise ValueError(f"the statistic {statistic.name!r} is declared twice")
        self._statistics[statistic.name] = statistic
        return statistic

    def __iter__(self) -> Iterator[Statistic]:
        return iter(self._statistics.values())

    def __bool__(self) -> bool:
        return bool(self._statistics)

    def __getitem__(self, name: str) -> Statistic:
        return self._statistics[name]
