"""The SD card: registers, every command in every state, blocks, erasing, checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sd_testing as sd
from hypothesis import given
from hypothesis import strategies as st
from realview_testing import any_guest, make_system, restore_checkpoint, take_checkpoint
from sd_testing import application, content, start, status, unit
from vmsim_core.disk_image import SECTOR, DiskError, DiskImage, DiskParams
from vmsim_core.errors import CheckpointError, VmsimError
from vmsim_core.section import Field
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_platform_realview.sd_card import SdCard
from vmsim_platform_realview.sd_registers import check_size, crc7, csd, with_crc

MIB = 1 << 20
SIZE = 2 * MIB
LARGE = 4096 * MIB
MILLISECOND = TICKS_PER_SECOND // 1000


def make_card(size: int = SIZE, read_only: bool = False, **params: Any) -> SdCard:
    """Return a card at power-on, alone in a system."""
    system = make_system()
    disk = DiskImage(DiskParams.model_validate({"at": 0, "size": size, **params}))
    card = SdCard(system, "card", disk, read_only)
    system.add(card)
    card.reset()
    return card


def make_started(size: int = SIZE, **params: Any) -> SdCard:
    """Return a card in the state tran."""
    card = make_card(size, **params)
    start(card)
    return card


def let_pass(card: SdCard, ticks: int) -> None:
    card.system.events.run_until(card.now + ticks)


def address(card: SdCard) -> int:
    return card.address << 16


def bits(register: bytes, high: int, low: int) -> int:
    """Return a field of a register by the numbers of its bits, as the specification gives them."""
    return int.from_bytes(register, "big") >> low & ((1 << high - low + 1) - 1)


def read_csd(card: SdCard) -> bytes:
    """Return the CSD of a selected card."""
    assert card.command(7, 0) == b""
    response = card.command(9, address(card))
    assert status(card, 7, address(card)) == (sd.STBY, 0)
    return response[1:]


# --- registers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "crc"), [("4000000000", 0x95), ("48000001aa", 0x87), ("5100000000", 0x55), ("1100000900", 0x67)]
)
def test_crc(message: str, crc: int) -> None:
    assert crc7(bytes.fromhex(message)) << 1 | 1 == crc


@pytest.mark.parametrize("size", [2048, MIB, 8 * MIB, 8 * MIB + 4096, 100 * MIB, 1024 * MIB, 1025 * MIB, 2048 * MIB])
def test_csd_says_the_size_of_a_standard_capacity(size: int) -> None:
    check_size(size)
    register = csd(size, read_only=False, high_speed=False)
    assert len(register) == 16
    assert with_crc(register[:15]) == register
    assert bits(register, 127, 126) == 0
    block, multiplier, count = bits(register, 83, 80), bits(register, 49, 47), bits(register, 73, 62)
    assert (count + 1) << multiplier + 2 + block == size
    assert block == bits(register, 25, 22) == (9 if size <= 1024 * MIB else 10)


@pytest.mark.parametrize("size", [2048 * MIB + (512 << 10), LARGE, 32 * 1024 * MIB])
def test_csd_says_the_size_of_a_high_capacity(size: int) -> None:
    check_size(size)
    register = csd(size, read_only=False, high_speed=False)
    assert with_crc(register[:15]) == register
    assert bits(register, 127, 126) == 1
    assert (bits(register, 69, 48) + 1) * (512 << 10) == size
    assert bits(register, 83, 80) == bits(register, 25, 22) == 9


@pytest.mark.parametrize(
    ("size", "advice"),
    [
        (512, "give it a size of 2KiB"),
        (8 * MIB + 2048, "multiples of 4KiB; give it a size of 8196KiB"),
        (1024 * MIB + 512, "give it a size of 1049088KiB"),
        (2048 * MIB + 512, "give it a size of 2097664KiB"),
        (32 * 1024 * MIB + 512, "more than an SD card can have here, 32GiB"),
    ],
)
def test_sizes_that_no_card_has(size: int, advice: str) -> None:
    with pytest.raises(VmsimError, match=advice):
        check_size(size)


def test_fields_of_the_csd() -> None:
    register = csd(SIZE, read_only=False, high_speed=False)
    assert bits(register, 103, 96) == 0x32, "25 MHz"
    assert bits(register, 95, 84) == sum(1 << number for number in (0, 2, 4, 5, 8, 10))
    assert bits(register, 79, 79) == 1, "parts of blocks can be read"
    assert bits(register, 46, 46) == 1, "single blocks can be erased"
    assert bits(csd(SIZE, False, True), 103, 96) == 0x5A
    protected = csd(LARGE, True, False)
    assert bits(protected, 95, 84) == sum(1 << number for number in (0, 2, 8, 10))
    assert (bits(register, 13, 13), bits(protected, 13, 13)) == (0, 1)


def test_registers_that_are_read_as_blocks() -> None:
    card = make_started(100 * MIB)
    content(application(card, 51))
    scr = card.send_block()
    assert scr == bytes.fromhex("0205000000000000"), "version 2.00, 1 and 4 bits, erased bytes are 0"
    content(application(card, 13))
    ssr = card.send_block()
    assert ssr is not None and len(ssr) == 64
    assert bits(ssr, 511, 510) == 0
    assert bits(ssr, 431, 428) == 7, "allocation units of 1 MiB"
    assert (bits(ssr, 423, 408), bits(ssr, 407, 402)) == (1, 1), "each erased in a second"
    content(application(card, 6, 2))
    content(application(card, 13))
    ssr = card.send_block()
    assert ssr is not None and bits(ssr, 511, 510) == 2
    assert card.send_block() is None
    assert status(card, 13, address(card)) == (sd.TRAN, 0)


# --- identification -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "capacity"), [(SIZE, 0), (LARGE, sd.CCS)])
def test_identification(size: int, capacity: int) -> None:
    card = make_card(size)
    assert card.command(0, 0) == b""
    response = card.command(8, 0x1A5)
    assert response[0] == 8 and content(response) == 0x1A5
    response = application(card, 41)
    assert response[0] == 0x3F and response[5] == 0xFF
    assert int.from_bytes(response[1:5], "big") == sd.VOLTAGES, "with no voltages the host only asks"
    response = application(card, 41, sd.VOLTAGES | sd.HCS)
    assert int.from_bytes(response[1:5], "big") == sd.VOLTAGES | sd.POWERED_UP | capacity
    response = card.command(2, 0)
    assert response[0] == 0x3F and with_crc(response[1:16]) == response[1:]
    assert response[4:9] == b"VMSIM"
    response = card.command(3, 0)
    assert response[0] == 3 and content(response) == 1 << 16 | sd.IDENT << 9 | 1 << 8
    assert content(card.command(3, 0)) == 2 << 16 | sd.STBY << 9 | 1 << 8, "a new address each time"
    assert card.command(10, 1 << 16) == b"", "the old address"
    assert card.command(10, 2 << 16)[4:9] == b"VMSIM"
    assert card.command(9, 2 << 16)[1:] == csd(size, False, False)
    assert status(card, 7, 2 << 16) == (sd.STBY, 0)
    assert status(card, 13, 2 << 16) == (sd.TRAN, 0)


def test_high_capacity_needs_a_host_that_knows_it() -> None:
    for knows, argument in ((False, sd.VOLTAGES | sd.HCS), (True, sd.VOLTAGES)):
        card = make_card(LARGE)
        if knows:
            card.command(8, 0x1AA)
        for _ in range(3):
            assert not int.from_bytes(application(card, 41, argument)[1:5], "big") & sd.POWERED_UP
    assert int.from_bytes(application(card, 41, argument | sd.HCS)[1:5], "big") & sd.POWERED_UP
    card = make_card()
    assert int.from_bytes(application(card, 41, sd.VOLTAGES)[1:5], "big") & sd.POWERED_UP, "standard capacity does not"


def test_voltages_that_the_card_does_not_have() -> None:
    card = make_card()
    assert card.command(8, 0x2AA) == b""
    assert application(card, 41, 0x80) == b""
    assert card.command(55, 0) == card.command(0, 0) == b"", "it is inactive until power goes off"
    card.restart()
    assert status(card, 55) == (sd.IDLE, 0)


def test_go_idle_forgets_all_but_the_contents() -> None:
    card = make_started()
    content(application(card, 6, 2))
    status(card, 16, 64)
    status(card, 16, SECTOR)
    status(card, 24, 0)
    assert card.receive_block(b"kept" * 128)
    assert card.command(0, 0) == b""
    assert (card.address, card.data_lines) == (0, 1)
    start(card)
    status(card, 17, 0)
    assert card.send_block() == b"kept" * 128
    card.reset()
    assert card.disk.read(0, 4) == bytes(4), "power-on finds the image as it is"


# --- which commands are legal ---------------------------------------------------------------------------------------

# SD specification, card state transition table: the commands in each state.
LEGAL = {
    sd.IDLE: [0, 8, 55],
    sd.READY: [0, 2],
    sd.IDENT: [0, 3],
    sd.STBY: [0, 3, 7, 9, 10, 13, 15, 55],
    sd.TRAN: [0, 6, 7, 13, 15, 16, 17, 18, 24, 25, 32, 33, 38, 55],
    sd.DATA: [0, 7, 12, 13, 15, 55],
    sd.RCV: [0, 12, 13, 15, 55],
    sd.PRG: [0, 7, 13, 15, 55],
    sd.DIS: [0, 7, 13, 15, 55],
}
LEGAL_APPLICATION = {sd.IDLE: [41], sd.TRAN: [6, 13, 22, 23, 42, 51]}
WAYS: dict[int, list[tuple[int, int]]] = {
    sd.IDLE: [(0, 0)],
    sd.READY: [(0, 0), (55, 0), (41, sd.VOLTAGES)],
    sd.IDENT: [(0, 0), (55, 0), (41, sd.VOLTAGES), (2, 0)],
    sd.STBY: [(7, 0)],
    sd.TRAN: [],
    sd.DATA: [(18, 0)],
    sd.RCV: [(25, 0)],
    sd.PRG: [(32, 0), (33, 0), (38, 0)],
    sd.DIS: [(32, 0), (33, 0), (38, 0), (7, 0)],
}


def make_in_state(state: int, **params: Any) -> SdCard:
    card = make_started(**params)
    for index, argument in WAYS[state]:
        card.command(index, argument)
    assert card.state == state
    return card


@pytest.mark.parametrize("state", LEGAL)
def test_legal_commands(state: int) -> None:
    for index in range(64):
        card = make_in_state(state)
        # CMD7 takes the selection away from a card that has it, and gives it to one that has not.
        other = index == 7 and state in (sd.TRAN, sd.DATA, sd.PRG)
        response = card.command(index, 0x9999_0000 if other else address(card) or 0x1AA)
        silent = index in (0, 15) or other
        assert bool(response) == (index in LEGAL[state] and not silent)
        assert bool(card.errors & sd.ILLEGAL_COMMAND) == (index not in LEGAL[state])


@pytest.mark.parametrize("state", [state for state in LEGAL if 55 in LEGAL[state]])
def test_legal_application_commands(state: int) -> None:
    for index in range(64):
        card = make_in_state(state)
        assert content(card.command(55, address(card))) & sd.APP_CMD
        response = card.command(index, sd.VOLTAGES if index == 41 else address(card))
        if index in LEGAL_APPLICATION.get(state, []):
            assert response
            if index != 41:
                assert content(response) & sd.APP_CMD
        elif index not in LEGAL[state] or index in LEGAL_APPLICATION[sd.TRAN]:
            assert response == b"", "what is application-specific is not the ordinary command"
            assert card.errors & sd.ILLEGAL_COMMAND
        elif index in (12, 13, 16, 17, 18, 24, 25, 32, 33, 38):
            assert not content(response) & sd.APP_CMD, "it is the ordinary command"


def test_an_illegal_command_is_told_once_with_the_next_response() -> None:
    card = make_started()
    assert card.command(1, 0) == b""
    assert status(card, 13, address(card)) == (sd.TRAN, sd.ILLEGAL_COMMAND)
    assert status(card, 13, address(card)) == (sd.TRAN, 0)
    card.command(7, 0)
    card.command(1, 0)
    assert card.command(9, address(card)), "a response without a status"
    assert status(card, 13, address(card)) == (sd.STBY, 0), "clears it, too"
    card.command(1, 0)
    assert content(card.command(3, 0)) & 1 << 14, "R6 has it in bit 14"


def test_commands_for_another_card_are_ignored() -> None:
    card = make_started()
    for index in (13, 15, 55):
        assert card.command(index, address(card) + (1 << 16)) == b""
    assert status(card, 13, address(card)) == (sd.TRAN, 0)
    assert card.command(7, address(card) + (1 << 16)) == b""
    assert status(card, 13, address(card)) == (sd.STBY, 0), "but it gives up the selection"


def test_an_inactive_card_does_nothing() -> None:
    card = make_started()
    assert card.command(15, address(card)) == b""
    assert [card.command(index, 0) for index in range(64)] == [b""] * 64


def test_a_card_that_cannot_be_written() -> None:
    card = make_started(read_only=True)
    for index in (24, 25, 32, 33, 38):
        assert card.command(index, 0) == b""
        assert status(card, 13, address(card)) == (sd.TRAN, sd.ILLEGAL_COMMAND)
    assert bits(read_csd(card), 13, 13) == 1
    content(application(card, 13))
    ssr = card.send_block()
    assert ssr is not None and bits(ssr, 495, 480) == 1, "a ROM"
    assert status(card, 17, 0) == (sd.TRAN, 0)
    assert card.send_block() == bytes(SECTOR)


# --- settings -------------------------------------------------------------------------------------------------------


def test_switch_function() -> None:
    card = make_started()
    assert status(card, 6, 0x00FF_FFF1) == (sd.TRAN, 0)
    answer = card.send_block()
    assert answer is not None and len(answer) == 64
    assert answer[12:14] == bytes.fromhex("8003"), "group 1 has default and high speed"
    assert answer[2:12] == bytes.fromhex("8001") * 5
    assert answer[14:17] == bytes.fromhex("000001")
    assert bits(read_csd(card), 103, 96) == 0x32, "it was only asked"
    status(card, 6, 0x80FF_FFF1)
    assert card.send_block() == answer
    assert bits(read_csd(card), 103, 96) == 0x5A
    status(card, 6, 0x80FF_FF2F)
    refused = card.send_block()
    assert refused is not None and refused[14:17] == bytes.fromhex("0000f1")
    assert refused[:2] == bytes(2)
    status(card, 6, 0x80FF_FFFF)
    assert card.send_block() == answer, "no influence keeps high speed"
    status(card, 6, 0x80FF_FFF0)
    assert card.send_block() is not None
    assert bits(read_csd(card), 103, 96) == 0x32


def test_bus_width() -> None:
    card = make_started()
    assert card.data_lines == 1
    for width, lines in ((2, 4), (0, 1)):
        content(application(card, 6, width))
        assert card.data_lines == lines
    assert content(application(card, 6, 1)) & sd.OUT_OF_RANGE


def test_block_length() -> None:
    card = make_started()
    for length in (0, 513, 0xFFFF_FFFF):
        assert status(card, 16, length) == (sd.TRAN, sd.BLOCK_LEN_ERROR)
    card.disk.write(0, bytes(range(256)) * 4)
    status(card, 16, 16)
    assert status(card, 18, 0x50) == (sd.TRAN, 0)
    assert [card.send_block() for _ in range(2)] == [bytes(range(0x50, 0x60)), bytes(range(0x60, 0x70))]
    status(card, 12)
    assert status(card, 17, SECTOR - 8) == (sd.TRAN, sd.ADDRESS_ERROR), "across two blocks"
    assert status(card, 24, 0) == (sd.TRAN, sd.BLOCK_LEN_ERROR)
    large = make_started(LARGE)
    status(large, 16, 16)
    status(large, 17, 1)
    assert large.send_block() == bytes(SECTOR), "high capacity has blocks of 512 bytes only"


# --- blocks ---------------------------------------------------------------------------------------------------------


@any_guest
@given(
    st.booleans(),
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 15), st.integers(0, 5), st.randoms()), max_size=12),
)
def test_blocks_read_are_those_written(large: bool, transfers: list[Any]) -> None:
    card = make_started(LARGE if large else SIZE)
    base = card.disk.size // SECTOR - 20
    oracle = bytearray(20 * SECTOR)
    for writing, multiple, block, count, random in transfers:
        count = min(count, 20 - block) if multiple else 1
        index = (25 if multiple else 24) if writing else (18 if multiple else 17)
        assert status(card, index, (base + block) * unit(card)) == (sd.TRAN, 0)
        for number in range(block, block + count):
            place = slice(number * SECTOR, (number + 1) * SECTOR)
            if writing:
                oracle[place] = random.randbytes(SECTOR)
                assert card.receive_block(bytes(oracle[place]))
            else:
                assert card.send_block() == oracle[place]
        if multiple:
            assert status(card, 12) == (sd.RCV if writing else sd.DATA, 0)
        if writing:
            content(application(card, 22))
            assert card.send_block() == count.to_bytes(4, "big")
    assert status(card, 13, address(card)) == (sd.TRAN, 0)


@pytest.mark.parametrize("index", [17, 18, 24, 25])
def test_addresses_that_are_none(index: int) -> None:
    card = make_started()
    for argument, error in ((SIZE, sd.OUT_OF_RANGE), (0xFFFF_FE00, sd.OUT_OF_RANGE), (100, sd.ADDRESS_ERROR)):
        assert status(card, index, argument) == (sd.TRAN, error)
        assert status(card, 13, address(card)) == (sd.TRAN, 0), "the command was not executed"
    large = make_started(LARGE)
    assert status(large, index, LARGE // SECTOR) == (sd.TRAN, sd.OUT_OF_RANGE)
    assert status(large, index, LARGE // SECTOR - 1) == (sd.TRAN, 0)


def test_reading_beyond_the_end() -> None:
    card = make_started()
    status(card, 18, SIZE - SECTOR)
    assert card.send_block() == bytes(SECTOR)
    assert card.send_block() is None
    assert status(card, 12) == (sd.DATA, sd.OUT_OF_RANGE)
    assert status(card, 13, address(card)) == (sd.TRAN, 0)


def test_writing_beyond_the_end() -> None:
    card = make_started()
    status(card, 25, SIZE - SECTOR)
    assert [card.receive_block(bytes(SECTOR)) for _ in range(3)] == [True, False, False]
    assert status(card, 12) == (sd.RCV, sd.OUT_OF_RANGE)
    content(application(card, 22))
    assert card.send_block() == bytes([0, 0, 0, 1])


def test_a_block_of_another_length_is_not_taken() -> None:
    card = make_started()
    status(card, 25, 0)
    assert not card.receive_block(bytes(64))
    assert not card.receive_block(b"x" * SECTOR), "it ignores what follows"
    assert status(card, 12) == (sd.RCV, 0)
    status(card, 24, 0)
    assert not card.receive_block(bytes(1024))
    assert status(card, 13, address(card)) == (sd.TRAN, 0)
    assert card.disk.read(0, 4) == bytes(4)


def test_a_card_that_does_not_transfer() -> None:
    card = make_started()
    assert card.send_block() is None
    assert not card.receive_block(bytes(SECTOR))
    content(application(card, 51))
    card.command(7, 0)
    assert card.send_block() is None
    status(card, 7, address(card))
    status(card, 17, 0)
    assert card.send_block() == bytes(SECTOR), "not the register that nobody read"


def test_a_medium_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(offset: int, size: int) -> bytes:
        raise DiskError("broken")

    card = make_started()
    monkeypatch.setattr(card.disk, "read", fail)
    status(card, 17, 0)
    assert card.send_block() is None
    assert status(card, 13, address(card)) == (sd.DATA, sd.CARD_ECC_FAILED)
    assert status(card, 12) == (sd.DATA, 0)


def test_a_medium_that_cannot_be_written() -> None:
    card = make_started(overlay_limit="4KiB")
    status(card, 25, 3584)
    assert [card.receive_block(bytes(SECTOR)) for _ in range(3)] == [True, False, False]
    assert status(card, 12) == (sd.RCV, sd.ERROR)


# --- erasing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SIZE, LARGE])
def test_erasing(size: int) -> None:
    card = make_started(size)
    card.disk.write(0, b"x" * SIZE)
    first, last = 3, SIZE // SECTOR - 2
    for index, argument in ((32, first * unit(card)), (33, last * unit(card)), (38, 0)):
        assert status(card, index, argument) == (sd.TRAN, 0)
    assert status(card, 13, address(card)) == (sd.PRG, 0)
    let_pass(card, 2 * MILLISECOND - 1)
    assert status(card, 13, address(card)) == (sd.PRG, 0)
    let_pass(card, 1)
    assert status(card, 13, address(card)) == (sd.TRAN, 0)
    kept = first * SECTOR
    assert card.disk.read(0, SIZE) == b"x" * kept + bytes(SIZE - kept - SECTOR) + b"x" * SECTOR
    assert status(card, 38) == (sd.TRAN, sd.ERASE_SEQ_ERROR), "the sequence is over"


def test_erasing_a_blank_card_keeps_nothing() -> None:
    card = make_started(LARGE, overlay_limit="4KiB")
    for index, argument in ((32, 0), (33, LARGE // SECTOR - 1), (38, 0)):
        assert status(card, index, argument) == (sd.TRAN, 0)
    let_pass(card, 4095 * MILLISECOND)
    assert card.state == sd.PRG
    let_pass(card, MILLISECOND)
    assert status(card, 13, address(card)) == (sd.TRAN, 0)


def test_the_order_of_an_erase_sequence() -> None:
    card = make_started()
    assert status(card, 33, 0) == (sd.TRAN, sd.ERASE_SEQ_ERROR)
    assert status(card, 38) == (sd.TRAN, sd.ERASE_SEQ_ERROR)
    status(card, 32, 0)
    assert status(card, 38) == (sd.TRAN, sd.ERASE_SEQ_ERROR)
    assert status(card, 32, SIZE) == (sd.TRAN, sd.OUT_OF_RANGE)
    status(card, 32, SECTOR)
    assert status(card, 33, 0) == (sd.TRAN, sd.ERASE_PARAM)
    status(card, 32, SECTOR)
    assert status(card, 33, SIZE) == (sd.TRAN, sd.OUT_OF_RANGE)
    status(card, 32, SECTOR)
    assert status(card, 13, address(card)) == (sd.TRAN, 0)
    assert status(card, 33, SECTOR) == (sd.TRAN, 0), "asking for the status does not disturb"
    assert status(card, 16, SECTOR) == (sd.TRAN, sd.ERASE_RESET)
    assert status(card, 38) == (sd.TRAN, sd.ERASE_SEQ_ERROR)


def test_a_card_erases_on_without_being_selected() -> None:
    card = make_in_state(sd.PRG)
    assert card.command(7, 0) == b""
    assert status(card, 13, address(card)) == (sd.DIS, 0)
    assert status(card, 7, address(card)) == (sd.DIS, 0)
    assert status(card, 13, address(card)) == (sd.PRG, 0)
    card.command(7, 0)
    let_pass(card, MILLISECOND)
    assert status(card, 13, address(card)) == (sd.STBY, 0)
    card = make_in_state(sd.PRG)
    card.command(0, 0)
    assert card.system.events.pending() == []


def test_a_medium_that_cannot_be_erased(tmp_path: Path) -> None:
    image = tmp_path / "card.img"
    image.write_bytes(b"x" * SIZE)
    card = make_started(SIZE, image=image, overlay_limit="8KiB")
    for index, argument in ((32, 0), (33, SIZE - SECTOR), (38, 0)):
        status(card, index, argument)
    let_pass(card, MILLISECOND)
    assert status(card, 13, address(card)) == (sd.TRAN, sd.ERROR)


# --- any host, and checkpoints --------------------------------------------------------------------------------------

commands = st.tuples(
    st.one_of(st.sampled_from([0, 2, 3, 7, 8, 12, 17, 18, 24, 25, 32, 33, 38, 41, 51, 55]), st.integers(0, 63)),
    st.one_of(
        st.sampled_from([0, 1 << 16, 0x1AA, sd.VOLTAGES | sd.HCS, SECTOR, SIZE - SECTOR]), st.integers(0, 0xFFFF_FFFF)
    ),
)
Step = tuple[int, int] | int
steps = st.lists(st.one_of(commands, st.integers(0, 2 * SECTOR)), max_size=40)


def act(card: SdCard, step: Step) -> object:
    """Issue a command, or send a block, take one, and let time pass."""
    if isinstance(step, tuple):
        response = card.command(*step)
        assert len(response) in (0, 6, 17)
        return response
    let_pass(card, step * MILLISECOND // 256)
    return card.receive_block(b"\x5a" * step), card.send_block()


def copy(card: SdCard) -> SdCard:
    twin = make_card(card.disk.size, card.read_only, overlay_limit="8KiB")
    restore_checkpoint(twin.system, take_checkpoint(card.system))
    return twin


@any_guest
@given(steps, st.booleans(), st.sampled_from([SIZE, LARGE]))
def test_any_host(sequence: list[Step], started: bool, size: int) -> None:
    card = make_card(size, overlay_limit="8KiB")
    if started:
        start(card)
    half = len(sequence) // 2
    for step in sequence[:half]:
        act(card, step)
    twin = copy(card)
    for step in sequence[half:]:
        assert act(card, step) == act(twin, step)
    assert take_checkpoint(card.system) == take_checkpoint(twin.system)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", 10), ("state", -1), ("state", sd.PRG), ("errors", -1), ("errors", 1 << 32), ("block_length", 0),
        ("block_length", 513), ("position", SIZE + 1), ("position", -1), ("answer", bytes(65)), ("address", 1 << 16),
        ("blocks_taken", 1 << 32), ("erase_first", SIZE // SECTOR), ("erase_last", 5), ("event.erased", 10**9),
    ],
)  # fmt: skip
def test_a_checkpoint_of_no_card_is_refused(name: str, value: int | bytes) -> None:
    now, sections = take_checkpoint(make_started().system)
    sections["card"].fields[name] = Field(value)
    with pytest.raises(CheckpointError, match="card"):
        restore_checkpoint(make_card().system, (now, sections))
