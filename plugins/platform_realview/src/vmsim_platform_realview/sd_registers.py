"""What an SD card says of itself: its registers, in the order of the bits on the wire (SD Physical Layer Simplified
Specification 3.01, chapter 5; SWITCH_FUNC, 4.3.10). The card is one of version 2.00."""

from __future__ import annotations

from vmsim_core.errors import VmsimError
from vmsim_core.units import format_size

HIGH_SPEED = 1
"""The function of group 1 of SWITCH_FUNC, beside the default one, 0."""

VOLTAGES = 0x00FF_8000
"""OCR: 2.7 to 3.6 V."""
_POWERED_UP = 1 << 31
_HIGH_CAPACITY = 1 << 30

_MIB = 1 << 20
_MOST_STANDARD_CAPACITY = 2048 * _MIB
_MOST_CAPACITY = 32 * 1024 * _MIB
_HIGH_CAPACITY_UNIT = 512 << 10

# Command classes (CCC): basic, block read, block write, erase, application specific, switch.
_READING_CLASSES = 1 << 0 | 1 << 2 | 1 << 8 | 1 << 10
_WRITING_CLASSES = 1 << 4 | 1 << 5

# TRAN_SPEED: 25 and 50 Mbit/s on each data line.
_DEFAULT_SPEED, _HIGH_SPEED_SPEED = 0x32, 0x5A

_NO_INFLUENCE = 0xF
"""SWITCH_FUNC: leaves a group as it is when asked for; in the answer, a function that the card does not have."""
_GROUP_BITS = (0x8001 | 1 << HIGH_SPEED, *[0x8001] * 5)
"""SWITCH_FUNC: which functions each group has, group 1 first."""
_MAXIMUM_CURRENT = 100


def crc7(data: bytes) -> int:
    """Return the checksum of commands, responses, CID and CSD: the polynomial is x^7 + x^3 + 1 (4.5)."""
    remainder = 0
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder << 1 ^ (0x12 if remainder & 0x80 else 0)
        remainder &= 0xFF
    return remainder >> 1


def with_crc(data: bytes) -> bytes:
    """Return data with the byte that ends it on the wire: CRC7 and the end bit."""
    return data + bytes([crc7(data) << 1 | 1])


def _pack(*fields: tuple[int, int]) -> bytes:
    """Return (value, width in bits) one after the other."""
    word = width = 0
    for value, bits in fields:
        word = word << bits | value
        width += bits
    return word.to_bytes(width // 8, "big")


def is_high_capacity(size: int) -> bool:
    """Return whether a card of `size` bytes is an SDHC card, which counts addresses in blocks of 512 bytes."""
    return size > _MOST_STANDARD_CAPACITY


def _standard_encoding(size: int) -> tuple[int, int]:
    """Return READ_BL_LEN and C_SIZE_MULT with which the CSD counts `size` bytes in the finest steps that it can."""
    block_bits = 9 if size <= _MOST_STANDARD_CAPACITY // 2 else 10
    multiplier = next(multiplier for multiplier in range(8) if size <= 4096 << multiplier + 2 + block_bits)
    return block_bits, multiplier


def check_size(size: int) -> None:
    """Raise VmsimError, saying the next size, if no SD card can have `size` bytes."""
    if size > _MOST_CAPACITY:
        raise VmsimError(f"{size} bytes are more than an SD card can have here, {format_size(_MOST_CAPACITY)}")
    unit = _HIGH_CAPACITY_UNIT
    if not is_high_capacity(size):
        block_bits, multiplier = _standard_encoding(size)
        unit = 1 << multiplier + 2 + block_bits
    if size % unit:
        larger = format_size(size + -size % unit)
        raise VmsimError(
            f"an SD card cannot have {size} bytes: at this size they are multiples of {format_size(unit)}; "
            f"give it a size of {larger}"
        )


def cid() -> bytes:
    """Return the card's identification: no manufacturer, "VM", "VMSIM", revision 1.0, serial number 1, 2026-01."""
    names = int.from_bytes(b"VM" + b"VMSIM", "big")
    return with_crc(_pack((0, 8), (names, 56), (0x10, 8), (1, 32), (0, 4), (26, 8), (1, 4)))


def csd(size: int, read_only: bool, high_speed: bool) -> bytes:
    """Return the card-specific data of a card of `size` bytes."""
    classes = _READING_CLASSES | (0 if read_only else _WRITING_CLASSES)
    speed = _HIGH_SPEED_SPEED if high_speed else _DEFAULT_SPEED
    protection = ((0, 2), (int(read_only), 1), (0, 1), (0, 4))
    # Erase by single blocks; no write protection of groups.
    erase = ((1, 1), (0x7F, 7), (0, 7), (0, 1), (0, 2), (2, 3))
    capacity: tuple[tuple[int, int], ...]
    if is_high_capacity(size):
        # Version 2.0 (5.3.3): what is not the size is fixed.
        version, access_time, partial_read, block_bits = 1, 0x0E, 0, 9
        capacity = ((0, 6), (size // _HIGH_CAPACITY_UNIT - 1, 22), (0, 1))
    else:
        # Version 1.0 (5.3.2): 1.5 ms of access time, any current.
        version, access_time, partial_read = 0, 0x26, 1
        block_bits, multiplier = _standard_encoding(size)
        capacity = ((0, 2), ((size >> multiplier + 2 + block_bits) - 1, 12), (0o7777, 12), (multiplier, 3))
    begin = ((version, 2), (0, 6), (access_time, 8), (0, 8), (speed, 8), (classes, 12))
    reading, writing = ((block_bits, 4), (partial_read, 1), (0, 3)), ((block_bits, 4), (0, 1), (0, 5))
    return with_crc(_pack(*begin, *reading, *capacity, *erase, *writing, *protection))


def ocr(size: int, powered_up: bool) -> int:
    """Return the operating conditions; that the capacity is high is said once the card is powered up."""
    if not powered_up:
        return VOLTAGES
    return VOLTAGES | _POWERED_UP | (_HIGH_CAPACITY if is_high_capacity(size) else 0)


def scr() -> bytes:
    """Return the SD configuration: version 2.00, erased bytes are 0, no security, buses of 1 and 4 bits."""
    return _pack((0, 4), (2, 4), (0, 1), (0, 3), (1 << 2 | 1 << 0, 4), (0, 16), (0, 32))


def sd_status(size: int, read_only: bool, wide_bus: bool) -> bytes:
    """Return the SD status: allocation units as cards of the size have them, each erased in a second at most."""
    steps = (64 * _MIB, 256 * _MIB, 512 * _MIB)
    unit = 6 + sum(size > step for step in steps)  # 512 KiB, 1, 2, 4 MiB
    begin = ((2 if wide_bus else 0, 2), (0, 14), (int(read_only), 16), (0, 32), (0, 16))
    return _pack(*begin, (unit, 4), (0, 4), (1, 16), (1, 6), (0, 2)).ljust(64, b"\0")


def switch_status(argument: int, high_speed: bool) -> tuple[bytes, bool]:
    """Return the answer to SWITCH_FUNC, and whether high speed is selected after it, if it is in mode 1.

    One function that the card does not have keeps all groups as they are.
    """
    chosen = []
    for group, supported in enumerate(_GROUP_BITS):
        function = argument >> 4 * group & 0xF
        if function == _NO_INFLUENCE:
            function = HIGH_SPEED if group == 0 and high_speed else 0
        chosen.append(function if function != _NO_INFLUENCE and supported >> function & 1 else _NO_INFLUENCE)
    possible = _NO_INFLUENCE not in chosen
    fields = [(_MAXIMUM_CURRENT if possible else 0, 16)]
    fields += [(supported, 16) for supported in reversed(_GROUP_BITS)]
    fields += [(function, 4) for function in reversed(chosen)]
    return _pack(*fields).ljust(64, b"\0"), chosen[0] == HIGH_SPEED if possible else high_speed
