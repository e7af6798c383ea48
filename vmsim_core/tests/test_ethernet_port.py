"""Ethernet ports, and the frames on their way to them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vmsim_core.errors import CheckpointError
from vmsim_core.ethernet_port import MAX_FRAME, MAX_WAITING, EthernetPort, wire_time
from vmsim_core.section import Section
from vmsim_core.units import NEVER


class Drum:
    """A cable that keeps what it carries."""

    def __init__(self) -> None:
        self.carried: list[tuple[str, bytes, int]] = []

    def carry(self, sender: EthernetPort, frame: bytes, tick: int) -> None:
        self.carried.append((sender.name, frame, tick))


def test_time_on_the_wire() -> None:
    # 64 bytes with the check sequence: 672 bits with preamble and gap, the well-known 148809 frames in a second.
    assert wire_time(60, 100_000_000) == 6_720_000
    assert wire_time(1514, 10_000_000) == 1_230_400_000


def test_what_is_sent_goes_into_the_cable() -> None:
    port, drum = EthernetPort("eth"), Drum()
    port.send(b"lost", 1)
    assert not port.linked
    port.plug(drum)
    assert port.linked
    port.send(b"carried", 2)
    port.unplug()
    port.send(b"lost too", 3)
    assert drum.carried == [("eth", b"carried", 2)]


def test_there_is_one_cable() -> None:
    port = EthernetPort("eth")
    port.plug(Drum())
    with pytest.raises(ValueError, match="eth has a cable already"):
        port.plug(Drum())


def test_the_controller_is_told_of_link_and_frames() -> None:
    port = EthernetPort("eth")
    told: list[str] = []
    port.attach_controller(lambda: told.append("frame"), lambda: told.append(f"link {port.linked}"))
    port.plug(Drum())
    port.deliver(b"one", 10)
    port.unplug()
    assert told == ["link True", "frame", "link False"]


def test_frames_are_taken_when_they_have_arrived() -> None:
    port = EthernetPort("eth")
    heard: list[tuple[int, bytes]] = []
    port.listen(lambda tick, frame: heard.append((tick, frame)))
    assert port.next_arrival == NEVER
    port.deliver(b"one", 10)
    port.deliver(b"two", 20)
    assert port.next_arrival == 10
    assert port.take(9) is None
    assert port.take(15) == b"one"
    assert port.take(15) is None
    assert port.take(20) == b"two"
    assert port.take(NEVER - 1) is None
    assert heard == [(10, b"one"), (20, b"two")], "with the time of arrival"


def test_too_many_frames_are_lost_and_counted() -> None:
    port = EthernetPort("eth")
    for index in range(MAX_WAITING + 3):
        port.deliver(b"x", index)
    assert port.lost == 3
    assert sum(port.take(10**6) is not None for _ in range(MAX_WAITING + 3)) == MAX_WAITING


@pytest.mark.parametrize("size", [0, MAX_FRAME + 1])
def test_impossible_frames_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"a frame of {size} bytes"):
        EthernetPort("eth").deliver(bytes(size), 0)


frames = st.lists(st.tuples(st.integers(0, NEVER - 1), st.binary(min_size=1, max_size=MAX_FRAME)), max_size=10)


@given(frames)
def test_frames_on_their_way_are_state(waiting: list[tuple[int, bytes]]) -> None:
    port, copy = EthernetPort("eth"), EthernetPort("eth")
    for tick, frame in waiting:
        port.deliver(frame, tick)
    section = Section("eth", "test")
    port.serialize(section)
    copy.deliver(b"forgotten", 0)
    copy.deserialize(section)
    for tick, frame in waiting:
        assert copy.next_arrival == tick
        assert copy.take(tick) == frame
    assert copy.next_arrival == NEVER


@pytest.mark.parametrize(
    ("arrivals", "sizes", "data"),
    [
        ([1, 2], [1], b"x"),
        ([1], [2], b"x"),
        ([1, 2], [2, -1], b"x"),
        ([-1], [1], b"x"),
        ([NEVER], [1], b"x"),
        ([1], [0], b""),
        ([1], [MAX_FRAME + 1], bytes(MAX_FRAME + 1)),
        (list(range(MAX_WAITING + 1)), [1] * (MAX_WAITING + 1), bytes(MAX_WAITING + 1)),
    ],
)
def test_impossible_checkpoints_are_refused(arrivals: list[int], sizes: list[int], data: bytes) -> None:
    section = Section("eth", "test")
    section.put("port.arrivals", arrivals)
    section.put("port.frames.sizes", sizes)
    section.put("port.frames.data", data)
    with pytest.raises(CheckpointError):
        EthernetPort("eth").deserialize(section)
