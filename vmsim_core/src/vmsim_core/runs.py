"""Runs of consecutive numbers: how a checkpoint says which pages or blocks it holds."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby


def to_runs(numbers: Iterable[int]) -> list[int]:
    """Return ascending numbers as pairs in one list: the first of each run, and how many there are in it."""
    runs: list[int] = []
    for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        members = [number for _, number in group]
        runs += [members[0], len(members)]
    return runs
