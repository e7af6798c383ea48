"""The Ethernet controller LAN9118, register by register."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lan9118_testing import (
    ADDRH,
    ADDRL,
    AFC_CFG,
    BMCR,
    BMSR,
    BYTE_TEST,
    E2P_CMD,
    E2P_DATA,
    FDPX,
    FIFO_INT,
    FLOW,
    FREE_RUN,
    GPIO_CFG,
    GPT_CFG,
    GPT_CNT,
    GPT_INT,
    HASHH,
    HASHL,
    HW_CFG,
    ID_REV,
    INT_EN,
    INT_STS,
    IRQ_CFG,
    MAC_CMD,
    MAC_CR,
    PHY_INT,
    PMT_CTRL,
    PRMS,
    RSFL,
    RX_CFG,
    RX_DP_CTL,
    RX_DROP,
    RX_FIFO_INF,
    RXE,
    RXEN,
    RXSTOP,
    SW_INT,
    TX_CFG,
    TX_DATA,
    TX_FIFO_INF,
    TX_STATUS,
    TXEN,
    VLAN1,
    WORD_SWAP,
    WUCSR,
    Wire,
    a_frame,
    arrive,
    mac_read,
    mac_write,
    make_chip,
    phy_read,
    phy_write,
)  # fmt: skip
from pydantic import ValidationError
from realview_testing import (
    MICROSECOND,
    accesses,
    advance,
    any_guest,
    check_any_guest,
    interrupts,
    make_copy,
    make_device,
)
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Field, Section
from vmsim_platform_realview.lan9118 import Lan9118
from vmsim_platform_realview.lan9118_mac import hash_index

MILLISECOND = 1000 * MICROSECOND
PUSH_PULL_HIGH = 0x111
"""IRQ_CFG: pin enabled, active high, push-pull."""


def test_reset_values() -> None:
    chip = make_device(Lan9118)
    expected = {
        ID_REV: 0x01180001, IRQ_CFG: 0, INT_STS: 0, INT_EN: 0, BYTE_TEST: 0x87654321, FIFO_INT: 0x48000000, RX_CFG: 0,
        TX_CFG: 0, HW_CFG: 0x00050004, RX_DP_CTL: 0, RX_FIFO_INF: 0, TX_FIFO_INF: 0x1200, PMT_CTRL: 1, GPIO_CFG: 0,
        GPT_CFG: 0xFFFF, GPT_CNT: 0xFFFF, WORD_SWAP: 0, FREE_RUN: 0, RX_DROP: 0, MAC_CMD: 0, AFC_CFG: 0,
        E2P_CMD: 0x100, E2P_DATA: 0, TX_STATUS: 0,
    }  # fmt: skip
    assert {offset: chip.read(offset, 4) for offset in expected} == expected
    macs = {MAC_CR: PRMS, ADDRL: 0x00000002, ADDRH: 0x0100, HASHH: 0, HASHL: 0, FLOW: 0, VLAN1: 0xFFFF, WUCSR: 0}
    assert {register: mac_read(chip, register) for register in macs} == macs
    phys = {0: 0x3000, 1: 0x7809, 2: 0x0007, 3: 0xC0D1, 4: 0x01E1, 5: 0, 6: 0, 18: 0xE1, 29: 0, 30: 0}
    assert {register: phy_read(chip, register) for register in phys} == phys


def test_registers_repeat_in_the_window() -> None:
    chip = make_device(Lan9118)
    assert chip.window_size == 0x10000
    assert chip.read(0x100 + BYTE_TEST, 4) == chip.read(0xFF00 + BYTE_TEST, 4) == 0x87654321
    assert chip.read(BYTE_TEST + 2, 2) == 0x8765
    chip.write(0x4000 + RX_CFG, 4, 0x200)
    assert chip.read(RX_CFG, 4) == 0x200


@pytest.mark.parametrize(
    ("register", "bits"),
    [(RX_CFG, 0xCFFF1F00), (GPIO_CFG, 0x7777071F), (FIFO_INT, 0xFFFFFFFF), (AFC_CFG, 0xFFFFFF), (E2P_DATA, 0xFF),
     (WORD_SWAP, 0xFFFFFFFF)],
)  # fmt: skip
def test_bits_that_can_be_written(register: int, bits: int) -> None:
    chip = make_device(Lan9118)
    chip.write(register, 4, 0xFFFFFFFF & ~0x8000)
    assert chip.read(register, 4) == bits & ~0x8000
    chip.write(register, 4, 0)
    assert chip.read(register, 4) == 0


@pytest.mark.parametrize("offset", [0x60, 0x94, 0xB8, 0xFC])
def test_reserved_registers(offset: int) -> None:
    chip = make_device(Lan9118)
    assert chip.read(offset, 4) == 0
    chip.write(offset, 4, 1)
    assert chip.undefined_accesses.value == 2


@pytest.mark.parametrize("mac", ["02:00:00:00:00", "02-00-00-00-00-02", "02:00:00:00:00:0g", "01:00:5e:00:00:01"])
def test_addresses_that_are_none(mac: str) -> None:
    with pytest.raises(ValidationError):
        make_device(Lan9118, mac=mac)


# --- interrupts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "inactive", "active"),
    [(0x000, True, True), (0x100, True, False), (0x110, True, False), (0x101, True, False), (0x111, False, True),
     (0x011, False, False)],
)  # fmt: skip
def test_the_pin_is_as_configured(config: int, inactive: bool, active: bool) -> None:
    chip = make_device(Lan9118)
    chip.write(IRQ_CFG, 4, config)
    assert interrupts(chip) is inactive
    chip.write(INT_EN, 4, SW_INT)
    assert interrupts(chip) is active
    assert chip.read(IRQ_CFG, 4) == config | 1 << 12


def test_software_interrupt_comes_when_it_is_switched_on() -> None:
    chip = make_device(Lan9118)
    chip.write(IRQ_CFG, 4, PUSH_PULL_HIGH)
    chip.write(INT_EN, 4, SW_INT | GPT_INT)
    assert interrupts(chip)
    assert chip.read(INT_STS, 4) == SW_INT
    chip.write(INT_STS, 4, SW_INT)
    assert not interrupts(chip)
    chip.write(INT_EN, 4, SW_INT | GPT_INT)
    assert chip.read(INT_STS, 4) == 0


def test_interval_without_interrupts() -> None:
    chip = make_device(Lan9118)
    chip.write(IRQ_CFG, 4, 10 << 24 | PUSH_PULL_HIGH)
    chip.write(INT_EN, 4, SW_INT)
    chip.write(INT_STS, 4, SW_INT)
    chip.write(INT_EN, 4, 0)
    chip.write(INT_EN, 4, SW_INT)
    assert not interrupts(chip)
    assert chip.read(IRQ_CFG, 4) == 10 << 24 | PUSH_PULL_HIGH | 1 << 12 | 1 << 13
    advance(chip, 100 * MICROSECOND - 1)
    twin = make_copy(chip)
    for each in (chip, twin):
        assert not interrupts(each)
        advance(each, 1)
        assert interrupts(each)
        assert not each.read(IRQ_CFG, 4) & 1 << 13


@pytest.mark.parametrize("config", [10 << 24 | 1 << 14 | PUSH_PULL_HIGH, PUSH_PULL_HIGH])
def test_interval_can_be_ended(config: int) -> None:
    chip = make_device(Lan9118)
    chip.write(IRQ_CFG, 4, 10 << 24 | PUSH_PULL_HIGH)
    chip.write(INT_EN, 4, SW_INT)
    chip.write(INT_EN, 4, 0)
    chip.write(INT_EN, 4, SW_INT)
    assert not interrupts(chip)
    chip.write(IRQ_CFG, 4, config)
    assert interrupts(chip)


def test_an_interrupt_of_a_level_stays_while_it_holds() -> None:
    chip, _ = make_chip()
    arrive(chip, a_frame())
    chip.write(INT_STS, 4, 0xFFFFFFFF)
    assert chip.read(INT_STS, 4) == RSFL
    chip.write(FIFO_INT, 4, 0x48000001)
    chip.write(INT_STS, 4, 0xFFFFFFFF)
    assert chip.read(INT_STS, 4) == 0


# --- timers, power, resets --------------------------------------------------------------------------------------------


def test_free_running_counter() -> None:
    chip = make_device(Lan9118)
    advance(chip, MILLISECOND)
    assert chip.read(FREE_RUN, 4) == 25_000
    advance(chip, 200_000 * MILLISECOND)
    assert chip.read(FREE_RUN, 4) == (25_000 + 200_000 * 25_000) & 0xFFFFFFFF
    chip.write(HW_CFG, 4, 1)
    assert chip.read(FREE_RUN, 4) == 0


def test_general_purpose_timer() -> None:
    chip = make_device(Lan9118)
    chip.write(GPT_CFG, 4, 1 << 29 | 9)
    assert chip.read(GPT_CNT, 4) == 9
    advance(chip, 900 * MICROSECOND)
    assert (chip.read(GPT_CNT, 4), chip.read(INT_STS, 4)) == (0, 0)
    advance(chip, 100 * MICROSECOND - 1)
    twin = make_copy(chip)
    for each in (chip, twin):
        assert each.read(INT_STS, 4) == 0
        advance(each, 1)
        assert (each.read(GPT_CNT, 4), each.read(INT_STS, 4)) == (0xFFFF, GPT_INT)
        each.write(INT_STS, 4, GPT_INT)
        advance(each, 65536 * 100 * MICROSECOND - 1)
        assert each.read(INT_STS, 4) == 0
        advance(each, 1)
        assert each.read(INT_STS, 4) == GPT_INT
        each.write(GPT_CFG, 4, 5)
        assert each.read(GPT_CNT, 4) == 0xFFFF
    assert chip.system.events.pending() == []


def test_power_states() -> None:
    chip, wire = make_chip()
    chip.write(PMT_CTRL, 4, 1 << 12)
    assert chip.read(PMT_CTRL, 4) == 1 << 12, "not ready"
    arrive(chip, a_frame())
    assert chip.read(RX_FIFO_INF, 4) == 0
    chip.write(BYTE_TEST, 4, 0)
    assert chip.read(PMT_CTRL, 4) == 1
    assert wire.frames == []


def test_soft_reset_keeps_phy_eeprom_and_pin() -> None:
    chip, _ = make_chip()
    chip.write(IRQ_CFG, 4, PUSH_PULL_HIGH)
    chip.write(RX_CFG, 4, 0x200)
    chip.write(PMT_CTRL, 4, 0x346)
    phy_write(chip, BMCR, 0x2100)
    mac_write(chip, ADDRL, 0x12345678)
    chip.write(TX_DATA, 4, 0)
    arrive(chip, a_frame())
    chip.write(HW_CFG, 4, 1)
    assert chip.read(HW_CFG, 4) == 0x00050004
    assert chip.read(IRQ_CFG, 4) == 0x011
    assert chip.read(RX_CFG, 4) == chip.read(INT_STS, 4) == chip.read(RX_FIFO_INF, 4) == 0
    assert chip.read(TX_FIFO_INF, 4) == 0x1200
    assert chip.read(PMT_CTRL, 4) == 0x45
    assert phy_read(chip, BMCR) == 0x2100
    assert mac_read(chip, ADDRL) == 2, "from the EEPROM"
    assert mac_read(chip, MAC_CR) == PRMS


@pytest.mark.parametrize(
    ("setting", "transmit", "receive"),
    [(2, 1536, 13440), (5, 4608, 10560), (8, 7680, 7680), (14, 13824, 1920), (0, 1536, 13440), (15, 13824, 1920)],
)
def test_sizes_of_the_fifos(setting: int, transmit: int, receive: int) -> None:
    chip, _ = make_chip()
    chip.write(HW_CFG, 4, setting << 16)
    assert chip.read(TX_FIFO_INF, 4) == transmit
    for _ in range(40):
        arrive(chip, a_frame(size=508))
    # It counts as full four words before its end.
    assert chip.read(RX_FIFO_INF, 4) & 0xFFFF == (receive - 16) // 512 * 512
    assert chip.read(RX_DROP, 4) == 40 - (receive - 16) // 512


# --- MAC, PHY, EEPROM -------------------------------------------------------------------------------------------------


def test_mac_registers_through_their_window() -> None:
    chip = make_device(Lan9118)
    for register, bits in {HASHH: 0xFFFFFFFF, ADDRH: 0xFFFF, VLAN1: 0xFFFF, MAC_CR: 0x90BFBDEC}.items():
        mac_write(chip, register, 0xFFFFFFFF)
        assert mac_read(chip, register) == bits
    chip.write(MAC_CMD, 4, 3)
    assert mac_read(chip, ADDRL) == 2, "nothing is done without the busy bit"
    assert mac_read(chip, 0) == mac_read(chip, 13) == mac_read(chip, 255) == 0


def test_stopping_reception_interrupts() -> None:
    chip, _ = make_chip()
    mac_write(chip, MAC_CR, PRMS | RXEN)
    assert not chip.read(INT_STS, 4) & RXSTOP
    mac_write(chip, MAC_CR, PRMS)
    assert chip.read(INT_STS, 4) & RXSTOP


def test_only_one_phy_answers() -> None:
    chip = make_device(Lan9118)
    assert phy_read(chip, 2, address=0) == phy_read(chip, 2, address=31) == 0xFFFF
    assert phy_read(chip, 2) == 7


def test_link_comes_with_the_cable() -> None:
    chip = make_device(Lan9118)
    phy_write(chip, 30, 0x50)
    assert phy_read(chip, BMSR) == 0x7809
    wire = Wire(chip.port)
    assert chip.read(INT_STS, 4) == PHY_INT
    assert phy_read(chip, BMSR) == 0x782D
    assert phy_read(chip, 5) == 0x45E1
    assert phy_read(chip, 6) == 1
    assert phy_read(chip, 17) == 2
    assert phy_read(chip, 31) == 0x1058, "100 Mbit/s, full duplex"
    assert phy_read(chip, 29) == 0xC0
    assert chip.read(INT_STS, 4) == 0
    wire.port.unplug()
    assert phy_read(chip, 29) == 0x10
    Wire(chip.port)
    assert phy_read(chip, BMSR) == 0x7829, "that it was lost is seen once"
    assert phy_read(chip, BMSR) == 0x782D


@pytest.mark.parametrize(
    ("control", "advertised", "shown"),
    [(0x2100, 0x1E1, 0x58), (0x2000, 0x1E1, 0x48), (0x0100, 0x1E1, 0x54), (0, 0x1E1, 0x44), (0x1000, 0x61, 0x1054),
     (0x1000, 0x21, 0x1044), (0x1000, 0x81, 0x1048)],
)  # fmt: skip
def test_speed_as_selected(control: int, advertised: int, shown: int) -> None:
    chip, _ = make_chip()
    phy_write(chip, 4, advertised)
    phy_write(chip, BMCR, control)
    assert phy_read(chip, 31) == shown


def test_phy_power_down_and_reset() -> None:
    chip, _ = make_chip()
    phy_write(chip, BMCR, 0x3800)
    assert not phy_read(chip, BMSR) & 4
    phy_write(chip, BMCR, 0x8000)
    assert phy_read(chip, BMCR) == 0x3000
    assert phy_read(chip, BMSR) & 0x24 == 0x24
    phy_write(chip, BMCR, 0)
    chip.write(PMT_CTRL, 4, 1 << 10)
    assert phy_read(chip, BMCR) == 0x3000
    assert not chip.read(PMT_CTRL, 4) & 1 << 10


def test_restarted_autonegotiation_interrupts() -> None:
    chip, _ = make_chip()
    phy_read(chip, 29)
    phy_write(chip, BMCR, 0x3200)
    assert phy_read(chip, BMCR) == 0x3000
    assert phy_read(chip, 29) == 0x40


def test_a_cable_that_changed_is_noticed_after_a_restore() -> None:
    chip, _ = make_chip()
    phy_write(chip, 30, 0x10)
    twin = make_copy(chip)
    assert twin.read(INT_STS, 4) & PHY_INT
    assert phy_read(twin, 29) & 0x10


def eeprom(chip: Lan9118, command: int, address: int = 0, data: int = 0) -> int:
    chip.write(E2P_DATA, 4, data)
    chip.write(E2P_CMD, 4, 1 << 31 | command << 28 | address)
    assert not chip.read(E2P_CMD, 4) >> 31
    return chip.read(E2P_DATA, 4)


def test_eeprom_holds_the_address() -> None:
    chip = make_device(Lan9118, mac="02:12:34:56:78:9A")
    assert [eeprom(chip, 0, address) for address in range(8)] == [0xA5, 0x02, 0x12, 0x34, 0x56, 0x78, 0x9A, 0xFF]
    assert (mac_read(chip, ADDRL), mac_read(chip, ADDRH)) == (0x56341202, 0x9A78)


def test_eeprom_is_written_when_enabled() -> None:
    chip = make_device(Lan9118)
    eeprom(chip, 3, 1, 0x42)
    assert chip.read(E2P_CMD, 4) & 1 << 9, "it does not answer"
    chip.write(E2P_CMD, 4, 1 << 9)
    assert not chip.read(E2P_CMD, 4) & 1 << 9
    eeprom(chip, 2)
    eeprom(chip, 3, 1, 0x42)
    assert eeprom(chip, 0, 1) == 0x42
    assert mac_read(chip, ADDRL) == 2
    eeprom(chip, 7)
    assert mac_read(chip, ADDRL) == 0x42
    twin = make_copy(chip)
    assert eeprom(twin, 0, 1) == 0x42
    eeprom(chip, 5, 0)
    chip.write(E2P_CMD, 4, 1 << 8)
    eeprom(chip, 7)
    assert not chip.read(E2P_CMD, 4) & 1 << 8, "no address is loaded from an EEPROM that is not programmed"
    eeprom(chip, 4, 0, 0x77)
    assert eeprom(chip, 0, 127) == eeprom(chip, 0, 0) == 0x77
    eeprom(chip, 6)
    assert eeprom(chip, 0, 5) == 0xFF
    eeprom(chip, 1)
    eeprom(chip, 4, 0, 0)
    assert eeprom(chip, 0, 5) == 0xFF


def test_hash_of_an_address() -> None:
    # The examples of AN 12.12 and of Linux's driver.
    assert hash_index(bytes.fromhex("01005e000001")) == 31
    assert 0 <= hash_index(b"") < 64


# --- guests and checkpoints that mean no good -------------------------------------------------------------------------

registers = st.tuples(
    st.booleans(),
    st.just(4),
    st.sampled_from([TX_DATA, RX_CFG, TX_CFG, HW_CFG, INT_EN, INT_STS, MAC_CMD, 0xA8, 0x00, 0x40, 0x78, FIFO_INT]),
    st.one_of(
        st.sampled_from([0x3000, 0x3004, 0x2004, 0x1004, 0x8000300C, 2, 6, 0x80000001, FDPX | TXEN | RXEN | PRMS]),
        st.integers(0, 0xFFFF_FFFF),
    ),
    st.integers(0, 20 * MICROSECOND),
)


@pytest.mark.parametrize("network", ["none", "loopback"])
@any_guest
@given(sequence=st.lists(st.one_of(accesses, registers), max_size=60))
def test_any_guest(network: str, sequence: list[tuple[bool, int, int, int, int]]) -> None:
    chip = make_device(Lan9118, network=network)
    mac_write(chip, MAC_CR, FDPX | TXEN | RXEN | PRMS)
    chip.write(TX_CFG, 4, 2)
    check_any_guest(chip, sequence)


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("receive", "words", [1]), ("receive", "frames", [-1]), ("receive", "frame_left", -1),
        ("receive", "padding_left", 9), ("receive", "statuses", [1 << 32]), ("receive", "statuses", [0] * 5000),
        ("transmit", "expected", 3), ("transmit", "queued_words", [1]), ("transmit", "statuses", [0] * 129),
        ("transmit", "queue.sizes", [1]), ("transmit", "sending", bytes(4000)), ("transmit", "packet", bytes(20000)),
        ("transmit", "command_a", -1), ("eeprom", "contents", b"short"), ("interrupts", "config", -1),
        ("mac", "port.arrivals", [5]),
    ],
)  # fmt: skip
def test_checkpoints_that_cannot_be(part: str, field: str, value: bool | int | bytes | list[int]) -> None:
    chip = make_device(Lan9118)
    component = chip.system.components[f"device.{part}"]
    section = Section(component.path, component.type_name)
    component.serialize(section)
    component.deserialize(section)
    section.fields[field] = Field(value)
    with pytest.raises(CheckpointError):
        component.deserialize(section)


def test_reading_what_is_not_there_is_an_error() -> None:
    chip = make_device(Lan9118)
    assert chip.read(0x40, 4) == 0
    assert chip.read(INT_STS, 4) == RXE
    chip.write(INT_STS, 4, RXE)
    assert chip.read(0x1C, 4) == chip.read(0x44, 4) == 0
    assert chip.read(INT_STS, 4) == RXE
