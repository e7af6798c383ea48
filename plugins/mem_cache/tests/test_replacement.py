"""Which line makes room, on sequences small enough to follow by hand."""

from __future__ import annotations

import pytest
from cache_machine import Machine


def one_set(replacement: str, ways: int = 4) -> Machine:
    return Machine({"l1d": {"size": 32 * ways, "ways": ways, "replacement": replacement}})


def held(machine: Machine) -> str:
    """Return the lines that are held, as letters by their number."""
    return "".join(chr(ord("a") + address // 32) for address, _, _ in machine.cache("l1d").contents())


def use(machine: Machine, letters: str) -> str:
    for letter in letters:
        machine.port.read((ord(letter) - ord("a")) * 32, 4, now=10**6)
    return held(machine)


def test_the_least_recently_used_line_goes() -> None:
    machine = one_set("lru")
    assert use(machine, "abcd") == "abcd"
    assert use(machine, "a") + use(machine, "e") == "abcd" + "acde"
    assert use(machine, "caf") == "acef"


def test_the_tree_of_bits_points_away_from_what_was_used() -> None:
    # Ways 0 to 3 are a to d; the root then points left, its left branch to a, its right one to c.
    machine = one_set("plru")
    assert use(machine, "abcd") == "abcd"
    # e takes a's way; the root points right, to c: not to b, which LRU would have chosen.
    assert use(machine, "e") == "bcde"
    assert use(machine, "f") == "bdef"
    # The root points left again, to b.
    assert use(machine, "g") == "defg"


def test_random_replacement_chooses_every_way() -> None:
    machine = one_set("random")
    use(machine, "abcd")
    way_of = {"a": 0, "b": 1, "c": 2, "d": 3}
    chosen = []
    for letter in "efghijklmnopqrstuvwxyz":
        before = set(held(machine))
        (gone,) = before - set(use(machine, letter))
        way_of[letter] = way_of.pop(gone)
        chosen.append(way_of[letter])
    assert set(chosen) == {0, 1, 2, 3}


@pytest.mark.parametrize("replacement", ["lru", "plru", "random"])
def test_a_free_way_is_used_first(replacement: str) -> None:
    machine = one_set(replacement)
    use(machine, "abcd")
    machine.port.maintain_address(2, 32)
    assert use(machine, "e") == "acde"
