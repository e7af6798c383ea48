"""The Ethernet controller LAN9118: frames sent and received."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lan9118_testing import (
    AFC_CFG,
    BCAST,
    BIT,
    BMCR,
    BROADCAST,
    FDPX,
    FIFO_INT,
    FLOW,
    HASHH,
    HASHL,
    HO,
    HPFILT,
    HW_CFG,
    INT_STS,
    INVFILT,
    LATENCY,
    LOOPBK,
    MAC,
    MAC_CR,
    MCPAS,
    OTHER,
    PADSTR,
    PASSBAD,
    PME_INT,
    PMT_CTRL,
    PRMS,
    RSFF,
    RSFL,
    RWT,
    RX_CFG,
    RX_DATA,
    RX_DP_CTL,
    RX_DROP,
    RX_FIFO_INF,
    RX_STATUS,
    RX_STATUS_PEEK,
    RXALL,
    RXD,
    RXDF,
    RXE,
    RXEN,
    TDFA,
    TDFO,
    TSFF,
    TSFL,
    TX_CFG,
    TX_DATA,
    TX_FIFO_INF,
    TX_IOC,
    TX_STATUS,
    TX_STATUS_PEEK,
    TXE,
    TXEN,
    TXSO,
    TXSTOP,
    VLAN1,
    VLAN2,
    WUCSR,
    Wire,
    a_frame,
    arrive,
    mac_read,
    mac_write,
    make_chip,
    phy_write,
    read_frame,
    words,
    write_packet,
)  # fmt: skip
from realview_testing import (
    add_device,
    advance,
    any_guest,
    make_copy,
    make_device,
    make_system,
    restore_checkpoint,
    take_checkpoint,
)
from vmsim_core.network import EthernetLink
from vmsim_platform_realview.lan9118 import Lan9118
from vmsim_platform_realview.lan9118_mac import hash_index

ES, FILTER_FAILED = 1 << 15, 1 << 30
MINIMUM_TIME = (8 + 64 + 12) * 8 * BIT
ON = FDPX | TXEN | RXEN
GROUP = bytes.fromhex("01005e000001")
PAUSE = bytes.fromhex("0180c2000001")


def with_check_sequence(frame: bytes) -> bytes:
    return frame + zlib.crc32(frame).to_bytes(4, "little")


# --- transmission -----------------------------------------------------------------------------------------------------


def test_a_frame_is_sent_in_its_time() -> None:
    chip, wire = make_chip()
    write_packet(chip, a_frame(OTHER, 100), tag=0x1234)
    advance(chip, (8 + 104 + 12) * 8 * BIT - 1)
    assert wire.carried == []
    assert chip.read(TX_FIFO_INF, 4) == 0x1200
    advance(chip, 1)
    assert wire.carried == [(chip.now, a_frame(OTHER, 100))]
    assert chip.read(TX_FIFO_INF, 4) == 1 << 16 | 0x1200
    assert chip.read(INT_STS, 4) == TSFL
    assert chip.read(TX_STATUS_PEEK, 4) == chip.read(TX_STATUS, 4) == 0x12340000
    assert chip.read(TX_STATUS, 4) == 0


def test_short_frames_are_padded_unless_told_otherwise() -> None:
    chip, wire = make_chip()
    write_packet(chip, b"0123456789abcdef")
    write_packet(chip, b"0123456789abcdef", command_b=1 << 12)
    advance(chip, 2 * MINIMUM_TIME)
    assert wire.frames == [b"0123456789abcdef".ljust(60, b"\0"), b"0123456789abcdef"]


def test_the_host_may_add_the_check_sequence() -> None:
    chip, wire = make_chip()
    write_packet(chip, with_check_sequence(a_frame()), command_b=1 << 13)
    write_packet(chip, a_frame(size=64), command_b=1 << 13)
    advance(chip, MINIMUM_TIME)
    assert wire.frames == [a_frame()]
    advance(chip, MINIMUM_TIME)
    assert len(wire.frames) == 1, "nobody takes a damaged frame"
    assert chip.transmitter.frames_damaged.value == 1


@pytest.mark.parametrize(("control", "bit"), [(0x2100, BIT), (0x0100, 10 * BIT)])
def test_speed_of_the_wire(control: int, bit: int) -> None:
    chip, wire = make_chip()
    phy_write(chip, BMCR, control)
    write_packet(chip, a_frame())
    advance(chip, 84 * 8 * bit - 1)
    assert wire.frames == []
    advance(chip, 1)
    assert wire.frames == [a_frame()]


pieces = st.lists(
    st.tuples(st.binary(max_size=300), st.integers(0, 31), st.integers(0, 3)), min_size=1, max_size=5
)  # data, start offset, end alignment


@any_guest
@given(pieces, st.integers(0, 0xFFFF))
def test_packets_in_buffers(buffers: list[tuple[bytes, int, int]], tag: int) -> None:
    chip, wire = make_chip()
    packet = b"".join(data for data, _, _ in buffers)
    used = 1
    for index, (data, offset, alignment) in enumerate(buffers):
        first, last = index == 0, index == len(buffers) - 1
        command = alignment << 24 | offset << 16 | first << 13 | last << 12 | last << 31 | len(data)
        chip.write(TX_DATA + 4 * index, 4, command)
        chip.write(TX_DATA, 4, tag << 16 | len(packet))
        step = (4, 16, 32, 4)[alignment]
        total = -(-(offset + len(data)) // step) * step
        for word in words((b"\xee" * offset + data).ljust(total, b"\xdd")):
            chip.write(TX_DATA, 4, word)
        used += 1 + -(-(offset % 4 + len(data)) // 4 if data else 0)
        if not last:
            assert chip.read(TX_FIFO_INF, 4) == 0x1200 - 4 * used
            assert not chip.read(INT_STS, 4) & TX_IOC
    assert chip.read(INT_STS, 4) & TX_IOC
    advance(chip, 2_000_000 * BIT)
    assert wire.frames == [packet.ljust(60, b"\0")]
    assert chip.read(TX_STATUS, 4) == tag << 16
    assert not chip.read(INT_STS, 4) & TXE


def write_buffer(chip: Lan9118, data: bytes, flags: int, command_b: int) -> None:
    chip.write(TX_DATA, 4, flags | len(data))
    chip.write(TX_DATA, 4, command_b)
    for word in words(data):
        chip.write(TX_DATA, 4, word)


FIRST, LAST = 1 << 13, 1 << 12


@pytest.mark.parametrize(
    ("buffers", "sent"),
    [
        ([(b"x" * 70, FIRST | LAST, 71)], [b"x" * 70]),
        ([(b"x" * 70, LAST, 70)], [b"x" * 70]),
        ([(b"x" * 70, FIRST, 140), (b"y" * 70, LAST, 141)], [b"x" * 70 + b"y" * 70]),
        ([(b"x" * 70, FIRST, 70), (b"y" * 70, FIRST | LAST, 70)], [b"y" * 70]),
    ],
    ids=["length", "no first", "commands differ", "no last"],
)
def test_wrong_packets_are_errors(buffers: list[tuple[bytes, int, int]], sent: list[bytes]) -> None:
    chip, wire = make_chip()
    for buffer in buffers:
        write_buffer(chip, *buffer)
    assert chip.read(INT_STS, 4) & TXE
    advance(chip, 10 * MINIMUM_TIME)
    assert wire.frames == sent
    assert chip.read(TX_FIFO_INF, 4) & 0xFFFF == 0x1200


def test_a_packet_that_is_too_long_is_not_sent() -> None:
    chip, wire = make_chip()
    write_buffer(chip, b"x" * 2000, FIRST, 4000 & 0x7FF)
    write_buffer(chip, b"x" * 2000, LAST, 4000 & 0x7FF)
    advance(chip, 10**6 * BIT)
    assert wire.frames == []
    assert chip.read(INT_STS, 4) & TXE
    assert chip.read(TX_FIFO_INF, 4) & 0xFFFF == 0x1200


def test_overrun_of_the_data_fifo() -> None:
    chip, wire = make_chip()
    chip.write(TX_CFG, 4, 0)
    write_packet(chip, a_frame(OTHER, 1514))
    write_packet(chip, a_frame(OTHER, 1514))
    assert chip.read(TX_FIFO_INF, 4) == 0x1200 - 2 * (8 + 1516)
    assert not chip.read(INT_STS, 4) & (TDFO | TXE)
    write_packet(chip, a_frame(OTHER, 1514))
    write_packet(chip, a_frame(OTHER, 1514))
    assert chip.read(TX_FIFO_INF, 4) == 0
    assert chip.read(INT_STS, 4) & (TDFO | TXE) == TDFO | TXE
    chip.write(TX_CFG, 4, 1 << 14)
    assert chip.read(TX_FIFO_INF, 4) == 0x1200
    chip.write(TX_CFG, 4, 2)
    write_packet(chip, a_frame())
    advance(chip, MINIMUM_TIME)
    assert wire.frames == [a_frame()]


def test_room_in_the_data_fifo_interrupts() -> None:
    chip, _ = make_chip()
    chip.write(TX_CFG, 4, 0)
    for _ in range(40):
        write_packet(chip, a_frame())
    chip.write(FIFO_INT, 4, 50 << 24)
    chip.write(INT_STS, 4, TDFA)
    assert not chip.read(INT_STS, 4) & TDFA
    chip.write(TX_CFG, 4, 2)
    # 68 bytes leave the FIFO with each frame that is begun: after 20 of them more than 3200 are free.
    advance(chip, 18 * MINIMUM_TIME)
    assert not chip.read(INT_STS, 4) & TDFA
    advance(chip, MINIMUM_TIME)
    assert chip.read(TX_FIFO_INF, 4) & 0xFFFF == 0x1200 - 20 * 68 > 3200
    assert chip.read(INT_STS, 4) & TDFA


def test_statuses_that_nobody_reads_hold_up_the_transmitter() -> None:
    chip, wire = make_chip()
    chip.write(HW_CFG, 4, 14 << 16)
    for index in range(130):
        write_packet(chip, a_frame(), tag=index)
    advance(chip, 200 * MINIMUM_TIME)
    assert len(wire.frames) == 128
    assert chip.read(TX_FIFO_INF, 4) >> 16 == 128
    assert chip.read(INT_STS, 4) & (TSFF | TXSO | TXE) == TSFF
    assert chip.read(TX_STATUS, 4) == 0
    advance(chip, 200 * MINIMUM_TIME)
    assert len(wire.frames) == 129
    chip.write(TX_CFG, 4, 6)
    advance(chip, MINIMUM_TIME)
    assert len(wire.frames) == 130
    assert chip.read(INT_STS, 4) & TXSO
    chip.write(TX_CFG, 4, 1 << 15 | 2)
    assert chip.read(TX_FIFO_INF, 4) >> 16 == 0


def test_stopping_and_starting() -> None:
    chip, wire = make_chip()
    write_packet(chip, a_frame(), tag=1)
    write_packet(chip, a_frame(), tag=2)
    advance(chip, MINIMUM_TIME // 2)
    chip.write(TX_CFG, 4, 3)
    assert chip.read(TX_CFG, 4) == 3
    advance(chip, 10 * MINIMUM_TIME)
    assert len(wire.frames) == 1
    assert chip.read(TX_CFG, 4) == 0
    assert chip.read(INT_STS, 4) & TXSTOP
    chip.write(TX_CFG, 4, 2)
    mac_write(chip, MAC_CR, PRMS)
    advance(chip, 10 * MINIMUM_TIME)
    assert len(wire.frames) == 2, "begun before the MAC was switched off"
    write_packet(chip, a_frame())
    advance(chip, 10 * MINIMUM_TIME)
    assert len(wire.frames) == 2
    chip.write(INT_STS, 4, TXSTOP)
    chip.write(TX_CFG, 4, 3)
    assert (chip.read(TX_CFG, 4), chip.read(INT_STS, 4) & TXSTOP) == (0, TXSTOP), "it stands still already"


def test_without_a_cable_there_is_no_carrier() -> None:
    chip = make_device(Lan9118)
    chip.write(TX_CFG, 4, 2)
    for control, errors in ((TXEN, ES | 0xC00), (TXEN | FDPX, 0), (TXEN | LOOPBK, 0)):
        mac_write(chip, MAC_CR, control)
        write_packet(chip, a_frame())
        advance(chip, MINIMUM_TIME)
        assert chip.read(TX_STATUS, 4) == errors


# --- reception --------------------------------------------------------------------------------------------------------

offsets = st.integers(0, 31)


@any_guest
@given(st.lists(st.integers(60, 1514), min_size=1, max_size=6), offsets, st.integers(0, 3))
def test_frames_in_the_fifo(sizes: list[int], offset: int, alignment: int) -> None:
    chip, _ = make_chip()
    chip.write(RX_CFG, 4, alignment << 30 | offset << 8)
    frames = [a_frame(size=size) for size in sizes]
    arrive(chip, *frames)
    used = sum(-(-(offset % 4 + size + 4) // 4) * 4 for size in sizes)
    assert chip.read(RX_FIFO_INF, 4) == len(frames) << 16 | used
    for frame in frames:
        assert chip.read(RX_STATUS_PEEK, 4) == (len(frame) + 4) << 16 | 1 << 5
        assert read_frame(chip, offset)[1] == with_check_sequence(frame)
        read = -(-(offset + len(frame) + 4) // 4)
        for _ in range(-read % (1, 4, 8, 1)[alignment]):
            assert chip.read(RX_DATA + 0x1C, 4) == 0
    assert chip.read(RX_FIFO_INF, 4) == 0
    assert not chip.read(INT_STS, 4) & RXE
    chip.read(RX_DATA, 4)
    assert chip.read(INT_STS, 4) & RXE


def test_fast_forward_goes_to_the_next_frame() -> None:
    chip, _ = make_chip()
    chip.write(RX_CFG, 4, 1 << 30 | 9 << 8)
    frames = [a_frame(size=size) for size in (60, 70, 80, 90)]
    arrive(chip, *frames)
    chip.write(RX_DP_CTL, 4, 1 << 31)
    chip.read(RX_STATUS, 4)
    assert not chip.read(RX_DP_CTL, 4)
    for _ in range(5):
        chip.read(RX_DATA, 4)
    chip.write(RX_DP_CTL, 4, 1 << 31)
    chip.read(RX_STATUS, 4)
    assert read_frame(chip, 9)[1] == with_check_sequence(frames[2])
    chip.write(RX_DP_CTL, 4, 1 << 31)
    assert read_frame(chip, 9)[1] != with_check_sequence(frames[3]), "it skipped no more than the padding"
    chip.write(RX_DP_CTL, 4, 1 << 31)
    chip.write(RX_DP_CTL, 4, 1 << 31)
    assert chip.read(RX_FIFO_INF, 4) == 0


def test_discarding_everything() -> None:
    chip, _ = make_chip()
    arrive(chip, a_frame(), a_frame())
    chip.read(RX_DATA, 4)
    chip.write(RX_CFG, 4, 1 << 15)
    assert chip.read(RX_FIFO_INF, 4) == 0
    assert chip.read(RX_CFG, 4) == 0
    arrive(chip, a_frame())
    assert read_frame(chip)[1] == with_check_sequence(a_frame())


def test_overrun_drops_whole_frames() -> None:
    chip, _ = make_chip()
    arrive(chip, *[a_frame(size=1514)] * 8)
    fits = (10560 - 16) // 1520
    assert chip.read(RX_FIFO_INF, 4) == fits << 16 | fits * 1520
    assert chip.read(INT_STS, 4) & (RXDF | RXE) == RXDF
    assert chip.read(RX_DROP, 4) == 8 - fits
    assert chip.read(RX_DROP, 4) == 0
    for _ in range(fits):
        assert read_frame(chip)[1] == with_check_sequence(a_frame(size=1514))


def test_overrun_of_the_status_fifo() -> None:
    chip, _ = make_chip()
    for _ in range(176):
        arrive(chip, a_frame())
        chip.write(RX_DP_CTL, 4, 1 << 31)
    assert chip.read(INT_STS, 4) & (RSFF | RXE) == RSFF
    arrive(chip, a_frame())
    assert chip.read(INT_STS, 4) & (RXDF | RXE) == RXDF | RXE
    assert chip.read(RX_FIFO_INF, 4) == 176 << 16


def test_as_many_words_as_asked_for_interrupt() -> None:
    chip, _ = make_chip()
    chip.write(RX_CFG, 4, 3 << 16)
    arrive(chip, a_frame())
    for count in (2, 1):
        chip.read(RX_DATA, 4)
        assert chip.read(RX_CFG, 4) == count << 16
        assert not chip.read(INT_STS, 4) & RXD
    chip.read(RX_DATA, 4)
    assert chip.read(INT_STS, 4) & RXD


def test_nothing_is_received_while_it_is_off() -> None:
    chip, _ = make_chip(FDPX | TXEN | PRMS)
    arrive(chip, a_frame())
    mac_write(chip, MAC_CR, ON | PRMS | LOOPBK)
    arrive(chip, a_frame())
    assert chip.read(RX_FIFO_INF, 4) == 0
    assert chip.mac.frames_ignored.value == 2


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (a_frame(), 64 << 16 | 1 << 5),
        (a_frame(BROADCAST), 64 << 16 | 1 << 13 | 1 << 5),
        (a_frame(GROUP), 64 << 16 | 1 << 10 | 1 << 5),
        (a_frame(kind=46), 64 << 16),
        (a_frame(kind=10), 64 << 16),
        (a_frame(kind=47), 64 << 16 | 1 << 12),
        (a_frame(size=1514), 1518 << 16 | 1 << 5),
        (a_frame(size=1515), 1519 << 16 | ES | 1 << 7 | 1 << 5),
        (a_frame(size=1518, kind=0x8100), 1522 << 16 | 1 << 5),
        (a_frame(size=1519, kind=0x8100), 1523 << 16 | ES | 1 << 7 | 1 << 5),
        (a_frame(size=1534, kind=0x9100), 1538 << 16 | 1 << 5),
        (a_frame(size=2045), 2049 << 16 | ES | 1 << 7 | 1 << 5 | 1 << 4),
    ],
)
def test_status_tells_what_came(frame: bytes, expected: int) -> None:
    chip, _ = make_chip()
    mac_write(chip, VLAN1, 0x8100)
    mac_write(chip, VLAN2, 0x9100)
    arrive(chip, frame)
    assert chip.read(RX_STATUS, 4) == expected
    assert bool(chip.read(INT_STS, 4) & RWT) == (len(frame) > 2044)


@pytest.mark.parametrize("size", [1, 13, 14, 59])
def test_runts_are_passed_only_on_request(size: int) -> None:
    chip, _ = make_chip()
    frame = (MAC + OTHER + b"\x08\x00").ljust(59, b"x")[:size]
    arrive(chip, frame)
    assert chip.read(RX_FIFO_INF, 4) == 0
    mac_write(chip, MAC_CR, ON | PRMS | PASSBAD)
    arrive(chip, frame)
    status, data = read_frame(chip)
    assert status == (size + 4) << 16 | ES | 1 << 11 | (1 << 5 if size >= 14 else 0)
    assert data == with_check_sequence(frame)


def test_padding_is_stripped_on_request() -> None:
    chip, _ = make_chip(ON | PRMS | PADSTR)
    arrive(chip, a_frame(kind=10), a_frame(kind=46))
    assert read_frame(chip) == (24 << 16, a_frame(kind=10)[:24])
    assert read_frame(chip) == (64 << 16, with_check_sequence(a_frame(kind=46)))


GROUP_2 = bytes.fromhex("01005e000002")


@pytest.mark.parametrize(
    ("control", "passed"),
    [
        (0, {MAC, BROADCAST}),
        (BCAST, {MAC}),
        (PRMS | BCAST, {MAC, OTHER, GROUP, GROUP_2, BROADCAST}),
        (MCPAS, {MAC, GROUP, GROUP_2, BROADCAST}),
        (INVFILT, {OTHER, GROUP, GROUP_2, BROADCAST}),
        (HPFILT, {MAC, GROUP, BROADCAST}),
        (HO | HPFILT, {OTHER, GROUP, BROADCAST}),
        (MCPAS | HO | HPFILT, {OTHER, GROUP, GROUP_2, BROADCAST}),
    ],
)
def test_address_filters(control: int, passed: set[bytes]) -> None:
    chip, _ = make_chip(ON | control)
    table = 1 << hash_index(GROUP) | 1 << hash_index(OTHER)
    mac_write(chip, HASHH, table >> 32)
    mac_write(chip, HASHL, table & 0xFFFFFFFF)
    candidates = [MAC, OTHER, GROUP, GROUP_2, BROADCAST]
    for destination in candidates:
        arrive(chip, a_frame(destination))
        came = chip.read(RX_FIFO_INF, 4) != 0
        assert came == (destination in passed), destination
        chip.write(RX_CFG, 4, 1 << 15)
    assert chip.mac.frames_filtered.value == len(candidates) - len(passed)
    mac_write(chip, MAC_CR, ON | control | RXALL)
    for destination in candidates:
        arrive(chip, a_frame(destination))
        assert (chip.read(RX_STATUS, 4) & FILTER_FAILED == 0) == (destination in passed)


def test_magic_packets_wake() -> None:
    chip, _ = make_chip(ON)
    mac_write(chip, WUCSR, 2)
    chip.write(PMT_CTRL, 4, 1 << 12 | 1 << 9)
    magic = BROADCAST + OTHER + b"\x08\x42" + b"\xff" * 6 + MAC * 16
    arrive(chip, a_frame(), magic[:-1] + b"x")
    assert not chip.read(INT_STS, 4) & PME_INT
    arrive(chip, magic)
    assert chip.read(INT_STS, 4) & PME_INT
    assert chip.read(PMT_CTRL, 4) & 3 << 4 == 2 << 4
    assert mac_read(chip, WUCSR) == 2 | 1 << 5
    mac_write(chip, WUCSR, 1 << 5)
    assert mac_read(chip, WUCSR) == 0
    chip.write(PMT_CTRL, 4, 2 << 4)
    assert chip.read(PMT_CTRL, 4) == 1


# --- loopbacks and flow control ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["mac", "phy"])
def test_loopback_inside_the_chip(where: str) -> None:
    chip, wire = make_chip()
    if where == "mac":
        mac_write(chip, MAC_CR, ON | PRMS | LOOPBK)
    else:
        phy_write(chip, BMCR, 0x6100)
    write_packet(chip, a_frame())
    advance(chip, MINIMUM_TIME)
    assert read_frame(chip)[1] == with_check_sequence(a_frame())
    assert wire.frames == []


def test_loopback_plug_and_capture(tmp_path: Path) -> None:
    file = tmp_path / "traffic.pcap"
    chip = make_device(Lan9118, network="loopback", latency="5us", capture=file)
    mac_write(chip, MAC_CR, ON | PRMS)
    chip.write(TX_CFG, 4, 2)
    write_packet(chip, a_frame())
    advance(chip, MINIMUM_TIME + 500 * BIT - 1)
    assert chip.read(RX_FIFO_INF, 4) == 0
    advance(chip, 1)
    assert read_frame(chip)[1] == with_check_sequence(a_frame())
    times = [struct.unpack_from("<II", file.read_bytes(), 24 + 76 * index) for index in (0, 1)]
    assert times == [(0, 6720), (0, 11720)]


def pause_frame(quanta: int) -> bytes:
    return (PAUSE + OTHER + bytes.fromhex("88080001") + quanta.to_bytes(2, "big")).ljust(60, b"\0")


def test_a_pause_frame_holds_up_the_transmitter() -> None:
    chip, wire = make_chip(ON)
    mac_write(chip, FLOW, 2)
    arrive(chip, pause_frame(10))
    write_packet(chip, a_frame())
    advance(chip, 5120 * BIT + MINIMUM_TIME - 1)
    assert wire.frames == []
    advance(chip, 1)
    assert wire.frames == [a_frame()]
    arrive(chip, pause_frame(0xFFFF))
    write_packet(chip, a_frame())
    arrive(chip, pause_frame(0))
    advance(chip, MINIMUM_TIME)
    assert len(wire.frames) == 2
    assert chip.read(RX_FIFO_INF, 4) == 0
    mac_write(chip, FLOW, 0)
    mac_write(chip, MAC_CR, ON | MCPAS)
    arrive(chip, pause_frame(0xFFFF))
    assert read_frame(chip)[1] == with_check_sequence(pause_frame(0xFFFF)), "without flow control a frame like any"


def test_a_pause_frame_can_be_sent() -> None:
    chip, wire = make_chip()
    mac_write(chip, FLOW, 0x1234_0003)
    assert mac_read(chip, FLOW) == 0x1234_0002
    advance(chip, MINIMUM_TIME)
    sent = wire.frames[0]
    assert (len(sent), sent[:6], sent[6:12], sent[12:18]) == (60, PAUSE, MAC, bytes.fromhex("880800011234"))
    assert chip.read(TX_FIFO_INF, 4) == 0x1200, "no status"


def test_full_fifo_asks_for_a_pause() -> None:
    chip, wire = make_chip()
    mac_write(chip, FLOW, 0xFFFF_0002)
    chip.write(AFC_CFG, 4, 0x006E_370F)
    arrive(chip, *[a_frame(size=1514)] * 4)
    advance(chip, 10 * MINIMUM_TIME)
    assert wire.frames == []
    arrive(chip, a_frame(size=1514))
    advance(chip, 10 * MINIMUM_TIME)
    assert [frame[16:18] for frame in wire.frames] == [b"\xff\xff"]
    arrive(chip, a_frame())
    for _ in range(3):
        read_frame(chip)
    advance(chip, 10 * MINIMUM_TIME)
    assert [frame[16:18] for frame in wire.frames] == [b"\xff\xff", b"\0\0"]


@pytest.mark.parametrize(
    ("others", "own", "destination"), [(6, 8, GROUP), (10, 4, BROADCAST), (12, 2, MAC), (12, 1, MAC)]
)
def test_flow_control_for_some_frames(others: int, own: int, destination: bytes) -> None:
    chip, wire = make_chip()
    for kinds, count in ((others, 0), (own, 1)):
        chip.write(AFC_CFG, 4, 0x0001_0100 | kinds)
        arrive(chip, a_frame(destination, 100))
        advance(chip, 10 * MINIMUM_TIME)
        assert len(wire.frames) == count


# --- two of them, and checkpoints -------------------------------------------------------------------------------------


def make_pair() -> tuple[Lan9118, Lan9118]:
    system = make_system()
    chips = []
    for index in (1, 2):
        chip = add_device(system, Lan9118, f"eth{index}", mac=f"02:00:00:00:00:0{index}")
        mac_write(chip, MAC_CR, ON)
        chip.write(TX_CFG, 4, 2)
        chips.append(chip)
    EthernetLink(chips[0].port, chips[1].port, latency=LATENCY)
    return chips[0], chips[1]


def test_two_joined() -> None:
    one, other = make_pair()
    write_packet(one, a_frame(OTHER, 200))
    write_packet(other, a_frame(MAC, 100))
    advance(one, 10 * MINIMUM_TIME)
    assert read_frame(one)[1] == with_check_sequence(a_frame(MAC, 100))
    assert read_frame(other)[1] == with_check_sequence(a_frame(OTHER, 200))
    assert (one.transmitter.frames_sent.value, other.mac.frames_received.value) == (1, 1)


def test_a_checkpoint_anywhere_loses_nothing() -> None:
    """A copy of both ends, made at any moment of a transfer, ends as the original does."""

    def begin(chip: Lan9118) -> None:
        for index in range(3):
            write_packet(chip, a_frame(OTHER, 100 + index), tag=index)
        # The fourth is half written.
        for word in (FIRST | LAST | 80, 80, *words(a_frame(OTHER, 80))[:7]):
            chip.write(TX_DATA, 4, word)

    def finish(chip: Lan9118) -> None:
        for word in words(a_frame(OTHER, 80))[7:]:
            chip.write(TX_DATA, 4, word)
        advance(chip, 100 * MINIMUM_TIME)

    def received(chip: Lan9118) -> list[bytes]:
        return [read_frame(chip, 2)[1] for _ in range(chip.read(RX_FIFO_INF, 4) >> 16)]

    expected = [with_check_sequence(a_frame(OTHER, size)) for size in (100, 101, 102, 80)]
    for cut in range(0, 6 * MINIMUM_TIME, MINIMUM_TIME // 3):
        one, other = make_pair()
        other.write(RX_CFG, 4, 2 << 8)
        begin(one)
        advance(one, cut)
        pair = make_pair()
        restore_checkpoint(pair[0].system, take_checkpoint(one.system))
        finish(pair[0])
        finish(one)
        assert received(other) == received(pair[1]) == expected
        assert take_checkpoint(one.system) == take_checkpoint(pair[0].system)
        assert [pair[0].read(TX_STATUS, 4) >> 16 for _ in range(3)] == [0, 1, 2]


def test_a_frame_that_is_being_read_survives_a_checkpoint() -> None:
    chip, _ = make_chip()
    chip.write(RX_CFG, 4, 2 << 30 | 6 << 8)
    arrive(chip, a_frame(size=90), a_frame(size=91))
    chip.read(RX_STATUS, 4)
    for _ in range(9):
        chip.read(RX_DATA, 4)
    twin = make_copy(chip)
    Wire(twin.port)
    assert [twin.read(RX_DATA, 4) for _ in range(50)] == [chip.read(RX_DATA, 4) for _ in range(50)]
    assert twin.read(INT_STS, 4) & RSFL
