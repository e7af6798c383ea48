"""DRAM timing against sequences that were worked out by hand."""

from __future__ import annotations

from typing import Any

from vmsim_mem_cache.dram import Dram

TIMING = {"rcd": 10, "rp": 20, "cl": 5, "ras": 50, "wr": 15, "burst": 4}
ROW = 1024
SAME_BANK = 2 * ROW
"""The distance to the next row of the same bank: there are two banks."""


def banks(timing: dict[str, int] | None = None, **options: Any) -> Dram:
    return Dram(TIMING | (timing or {}), **{"banks": 2, "row_bytes": ROW, "burst_bytes": 32, **options})


def test_a_fixed_latency_is_that_and_requests_keep_their_distance() -> None:
    dram = Dram({"latency": 100, "interval": 10})
    assert [dram.read(0, 32, 0), dram.read(64, 32, 0), dram.read(0, 32, 500)] == [100, 110, 600]
    # One that was told of later but comes earlier goes in between.
    assert dram.read(0, 32, 300) == 400


def test_a_row_is_opened_and_then_stays_open() -> None:
    dram = banks()
    assert dram.read(0, 32, 0) == 10 + 5 + 4
    assert dram.read(32, 32, 100) == 100 + 5 + 4
    assert dram.counters()["row_closed"] == dram.counters()["row_hits"] == 1


def test_row_hits_follow_one_another_without_a_gap() -> None:
    dram = banks()
    assert [dram.read(place, 32, 0) for place in range(0, 160, 32)] == [19, 23, 27, 31, 35]
    # 64 bytes are two bursts.
    assert dram.read(256, 64, 0) == 43


def test_another_row_of_the_bank_needs_precharge_and_activate() -> None:
    dram = banks()
    dram.read(0, 32, 0)
    assert dram.read(SAME_BANK, 32, 200) == 200 + 20 + 10 + 5 + 4
    # That row was opened at 220, and must stay open for 50.
    assert dram.read(0, 32, 240) == 270 + 20 + 10 + 5 + 4
    assert dram.counters()["row_conflicts"] == 2


def test_banks_work_side_by_side_and_share_the_bus() -> None:
    dram = banks()
    assert [dram.read(0, 32, 0), dram.read(ROW, 32, 0)] == [19, 23]


def test_a_row_is_not_closed_before_a_write_has_recovered() -> None:
    dram = banks({"ras": 0})
    assert dram.write(0, 32, 0) == 19
    assert dram.read(SAME_BANK, 32, 20) == 19 + 15 + 20 + 10 + 5 + 4


def test_closed_pages_are_never_in_the_way() -> None:
    dram = banks(close_rows=True)
    assert dram.read(0, 32, 0) == 19
    # Closed at 50 (tRAS), ready again at 70.
    assert dram.read(SAME_BANK, 32, 60) == 70 + 10 + 5 + 4
    assert dram.counters()["row_closed"] == 2


def test_refreshes_come_every_refi_whatever_was_forgotten() -> None:
    ends = []
    for used_until in (0, 500, 5000):
        dram = banks({"rfc": 100, "refi": 1000})
        dram.read(0, 32, used_until)
        dram.clear(1500)
        ends.append((dram.read(0, 32, 1600), dram.read(0, 32, 2001)))
    assert ends[0] == ends[1] == ends[2]
    assert ends[0][1] == 2000 + 20 + 100 + 10 + 5 + 4


def test_a_refresh_closes_rows_and_takes_its_time() -> None:
    dram = banks({"refi": 1000, "rfc": 100})
    assert dram.read(0, 32, 0) == 19
    # The row that is open is closed first (20), then comes the refresh (100).
    assert dram.read(0, 32, 1010) == 1000 + 20 + 100 + 10 + 5 + 4
    assert dram.counters()["refreshes"] == 1
    # The last of four more was over at 5120.
    assert dram.read(0, 32, 5500) == 5500 + 19
    assert dram.counters()["refreshes"] == 5


def test_the_controller_adds_its_part() -> None:
    dram = banks({"controller": 7})
    assert dram.read(0, 32, 0) == 7 + 19


def test_writes_wait_and_those_to_the_open_row_go_first() -> None:
    dram = banks(write_queue=4)
    dram.read(0, 32, 0)
    writes = [SAME_BANK, 64, SAME_BANK + 64, 96]
    assert [dram.write(place, 32, 20) for place in writes] == [20, 20, 20, 20]
    assert dram.counters()["row_hits"] == 0
    # A fifth: half of the queue is written. 64 is on the bus from 25 to 29, 96 until 33.
    assert dram.write(128, 32, 20) == 33
    assert dram.counters()["row_hits"] == 2
    assert dram.counters()["row_conflicts"] == 0
    # What waits is read from the queue, at once.
    assert dram.read(SAME_BANK, 32, 40) == 40
    assert dram.counters()["forwarded"] == 1
    assert dram.read(64, 32, 40) == 40 + 5 + 4


def test_settling_writes_everything_that_waits() -> None:
    dram = banks(write_queue=4)
    for place in (0, SAME_BANK, 32):
        dram.write(place, 32, 0)
    # 0 is on the bus until 19, 32 until 23; the other row is opened 20 after that row's 50, or its write's 15.
    assert dram.settle(0) == 50 + 20 + 10 + 5 + 4
    assert dram.settle(1000) == 1000
    assert dram.counters()["bytes_written"] == 96


def test_rows_of_different_banks_are_opened_one_after_the_other() -> None:
    dram = banks({"rrd": 30}, banks=8)
    assert [dram.read(bank * ROW, 32, 0) for bank in range(3)] == [19, 30 + 19, 60 + 19]


def test_four_rows_are_opened_in_a_window() -> None:
    dram = banks({"rrd": 5, "faw": 100}, banks=8)
    assert [dram.read(bank * ROW, 32, 0) for bank in range(6)] == [19, 24, 29, 34, 119, 124]


def test_a_read_waits_behind_a_write() -> None:
    dram = banks({"wtr": 12})
    assert dram.write(0, 32, 0) == 19
    assert dram.write(64, 32, 19) == 19 + 5 + 4
    assert dram.read(32, 32, 28) == 28 + 12 + 5 + 4


def test_a_row_is_not_closed_right_after_a_read() -> None:
    dram = banks({"ras": 0, "rtp": 30})
    dram.read(0, 32, 0)
    # Read at 10: closed from 40 on.
    assert dram.read(SAME_BANK, 32, 20) == 40 + 20 + 10 + 5 + 4


def test_writes_are_done_while_nothing_else_is() -> None:
    dram = banks(write_queue=4)
    for place in (0, SAME_BANK, 32, 64):
        dram.write(place, 32, 0)
    dram.read(ROW, 32, 80)
    assert dram.counters()["busy_ticks"] == 4, "there was no time to be sure that a write is over"
    dram.read(ROW, 32, 300)
    assert dram.counters()["busy_ticks"] == 4 + 4 + 2 * 4, "two of four are written"
    # They are no longer in the queue.
    assert dram.counters()["forwarded"] == 0
    dram.read(0, 32, 300)
    assert dram.counters()["forwarded"] == 0
    dram.read(SAME_BANK, 32, 300)
    assert dram.counters()["forwarded"] == 1


def test_the_data_bus_counts_when_it_is_busy() -> None:
    dram = banks()
    for place in range(0, 320, 32):
        dram.read(place, 32, 0)
    assert dram.counters()["busy_ticks"] == 40
    assert dram.counters()["bytes_read"] == 320
