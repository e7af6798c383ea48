"""The guest programs of `testing` are what their listings say."""

from __future__ import annotations

import keystone
import pytest
from vmsim_arch_arm.testing import LISTINGS


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_assembles_to_its_encodings(name: str) -> None:
    listing = LISTINGS[name]
    mode = keystone.KS_MODE_THUMB if listing.thumb else keystone.KS_MODE_ARM
    assembler = keystone.Ks(keystone.KS_ARCH_ARM, mode)
    whole, _ = assembler.asm("\n".join(source for _, source in listing.lines), listing.address)
    address = listing.address
    for code, source in listing.lines:
        at = address - listing.address
        assert bytes(whole[at : at + len(code)]).hex() == code.hex(), f"{address:#x}: {source}"
        address += len(code)
    assert bytes(whole) == listing.code
