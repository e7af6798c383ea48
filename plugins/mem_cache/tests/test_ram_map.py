"""Where caches know a byte of RAM, on boards that show it at several addresses."""

from __future__ import annotations

import pytest
from vmsim_core.ram import Ram
from vmsim_mem_cache.ram_map import RamMap

MIB = 1 << 20
BOARD, TILE = 0x7000_0000, 0x2000_0000


def test_the_largest_realview_board() -> None:
    # 512 MiB of the board's RAM, the first 256 of them at 0 too, and 512 MiB on the core tile.
    board, tile = Ram("board", 512 * MIB), Ram("tile", 512 * MIB)
    table = RamMap([(BOARD, board, 0, 512 * MIB), (0, board, 0, 256 * MIB), (TILE, tile, 0, 512 * MIB)])
    assert table.first_alias(BOARD) == 0
    assert table.first_alias(BOARD + 256 * MIB - 1) == 256 * MIB - 1
    assert table.first_alias(BOARD + 256 * MIB) == BOARD + 256 * MIB
    assert table.first_alias(TILE + 300 * MIB) == TILE + 300 * MIB
    assert table.addresses(board, 255 * MIB, 2 * MIB) == [(255 * MIB, MIB), (BOARD + 256 * MIB, MIB)]
    assert table.addresses(tile, 5, 3) == [(TILE + 5, 3)]
    assert table.addresses(Ram("other", 4096), 0, 16) == []


def test_an_alias_that_begins_in_the_middle() -> None:
    ram = Ram("ram", 4 * MIB)
    table = RamMap([(0, ram, MIB, MIB), (BOARD, ram, 0, 4 * MIB)])
    assert table.addresses(ram, 0, 4 * MIB) == [(BOARD, MIB), (0, MIB), (BOARD + 2 * MIB, 2 * MIB)]
    places = [table.first_alias(BOARD + offset) for offset in (0, MIB, 2 * MIB - 1, 2 * MIB)]
    assert places == [BOARD, 0, MIB - 1, BOARD + 2 * MIB]


def test_parts_of_a_page_are_refused() -> None:
    with pytest.raises(ValueError, match="in the middle of a page"):
        RamMap([(0x800, Ram("ram", 4096), 0, 4096)])
