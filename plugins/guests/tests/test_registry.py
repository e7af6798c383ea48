from __future__ import annotations

import re

import pytest
from vmsim_guests.errors import GuestError
from vmsim_guests.kernel.build import RealviewKernel
from vmsim_guests.registry import GUESTS, RECIPES, find_guest
from vmsim_guests.resources import resource


def test_every_guest_has_a_recipe_and_every_recipe_a_guest() -> None:
    assert {guest.folder for guest in GUESTS.values()} == set(RECIPES)


def test_names_files_and_summaries() -> None:
    assert {"debian-armmp", "realview", "realview-devices", "realview-dtb", "busybox", "hello"} <= set(GUESTS)
    files = [(guest.folder, guest.file) for guest in GUESTS.values()]
    assert len(set(files)) == len(files)
    assert all(guest.summary for guest in GUESTS.values())


@pytest.mark.parametrize(
    ("name", "near"), [("debian-armp", "debian-armmp"), ("busybx", "busybox"), ("realview-dbt", "realview-dtb")]
)
def test_an_unknown_name_suggests_a_near_one(name: str, near: str) -> None:
    with pytest.raises(GuestError, match=rf"guest:{name}: .* did you mean .*{near}"):
        find_guest(name)


def test_a_name_near_nothing_refers_to_the_list() -> None:
    with pytest.raises(GuestError, match="vmsim guest list"):
        find_guest("xyzzy")


def test_fingerprints_are_stable_and_differ() -> None:
    fingerprints = [recipe.fingerprint() for recipe in RECIPES.values()]
    assert fingerprints == [recipe.fingerprint() for recipe in RECIPES.values()]
    assert len(set(fingerprints)) == len(fingerprints)


def test_a_configuration_laid_over_another_takes_nothing_back() -> None:
    recipe = RECIPES["realview-devices"]
    assert isinstance(recipe, RealviewKernel)
    texts = [resource("kernel", name).read_text() for name in recipe.configurations]
    assert len(texts) == 2
    options = [re.findall(r"^(?:# )?(CONFIG_\w+)", text, re.MULTILINE) for text in texts]
    assert options[1]
    assert set(options[0]) & set(options[1]) == set()
