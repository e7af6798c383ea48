"""Loopbacks, cables and captures."""

from __future__ import annotations

import fcntl
import struct
from pathlib import Path

import pytest
from pydantic import ValidationError
from vmsim_core.errors import VmsimError
from vmsim_core.ethernet_port import EthernetPort
from vmsim_core.network import Capture, EthernetLink, Loopback, NetworkParams, connect_network
from vmsim_core.units import TICKS_PER_SECOND


def read_pcap(path: Path) -> list[tuple[int, int, bytes]]:
    """Return (seconds, nanoseconds, frame) of each record, as the description of the format has it."""
    data = path.read_bytes()
    magic, major, minor, zone, accuracy, snap, kind = struct.unpack_from("<IHHiIII", data)
    assert (magic, major, minor, zone, accuracy, kind) == (0xA1B23C4D, 2, 4, 0, 0, 1)
    records, offset = [], 24
    while offset < len(data):
        seconds, nanoseconds, kept, size = struct.unpack_from("<IIII", data, offset)
        assert kept == size <= snap
        records.append((seconds, nanoseconds, data[offset + 16 : offset + 16 + kept]))
        assert len(records[-1][2]) == kept
        offset += 16 + kept
    return records


def make_params(**params: object) -> NetworkParams:
    return NetworkParams.model_validate({"at": 0, **params})


def test_by_default_there_is_no_cable() -> None:
    port = EthernetPort("eth")
    connect_network(port, make_params())
    assert not port.linked


def test_loopback_returns_after_its_latency() -> None:
    port = EthernetPort("eth")
    connect_network(port, make_params(network="loopback", latency="2us"))
    port.send(b"hello", 1000)
    assert port.next_arrival == 2_001_000
    assert port.take(2_001_000) == b"hello"


@pytest.mark.parametrize("params", [{"network": "internet"}, {"latency": 5}, {"cable": "red"}])
def test_mistakes_are_found(params: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        make_params(**params)


def test_a_cable_carries_both_ways() -> None:
    one, other = EthernetPort("one"), EthernetPort("other")
    EthernetLink(one, other, latency=100)
    one.send(b"ping", 5)
    other.send(b"pong", 7)
    assert (other.next_arrival, other.take(105)) == (105, b"ping")
    assert (one.next_arrival, one.take(107)) == (107, b"pong")


def test_a_cable_taken_out_brings_both_links_down() -> None:
    one, other = EthernetPort("one"), EthernetPort("other")
    link = EthernetLink(one, other)
    one.send(b"on its way", 0)
    link.unplug()
    assert not one.linked
    assert not other.linked
    assert other.take(link.latency) == b"on its way"
    EthernetLink(one, other)


def test_cables_that_cannot_be() -> None:
    one, other, third = EthernetPort("one"), EthernetPort("other"), EthernetPort("third")
    with pytest.raises(ValueError, match="latency above zero"):
        EthernetLink(one, other, latency=0)
    with pytest.raises(ValueError, match="into itself"):
        EthernetLink(one, one)
    EthernetLink(one, other)
    with pytest.raises(ValueError, match="other has a cable already"):
        EthernetLink(third, other)
    assert not third.linked


def test_capture_of_both_directions(tmp_path: Path) -> None:
    file = tmp_path / "traffic.pcap"
    port = EthernetPort("eth")
    connect_network(port, make_params(network="loopback", latency="1us", capture=file))
    port.send(b"A" * 60, 3 * TICKS_PER_SECOND + 1234)
    assert read_pcap(file) == [(3, 1, b"A" * 60)], "readable while the run goes on"
    port.take(port.next_arrival)
    assert read_pcap(file) == [(3, 1, b"A" * 60), (3, 1001, b"A" * 60)]


def test_a_capture_replaces_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "traffic.pcap"
    file.write_bytes(b"something old, longer than the new" * 10)
    Capture(file)
    assert file.read_bytes().startswith(b"something old"), "nothing was recorded yet"
    Capture(file).record(0, b"new")
    assert read_pcap(file) == [(0, 0, b"new")]


def test_capture_without_a_folder(tmp_path: Path) -> None:
    with pytest.raises(VmsimError, match="there is no folder"):
        Capture(tmp_path / "missing" / "traffic.pcap")


def test_a_capture_that_cannot_be_written_ends_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    capture = Capture(Path("/dev/full"))
    capture.record(0, b"x")
    capture.record(1, b"y")
    assert len(caplog.messages) == 1
    assert "the capture ends here" in caplog.text


def test_a_capture_that_another_run_writes_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "traffic.pcap"
    with file.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        other.write(b"other's")
        other.flush()
        Capture(file).record(0, b"x")
    assert file.read_bytes() == b"other's"
    assert "another run writes to it" in caplog.text


def test_a_loopback_can_be_plugged_by_a_script() -> None:
    port = EthernetPort("eth")
    port.plug(Loopback(5))
    port.send(b"x", 0)
    assert port.next_arrival == 5
