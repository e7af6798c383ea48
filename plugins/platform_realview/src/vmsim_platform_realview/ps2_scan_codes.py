"""The scan codes of a keyboard with 105 keys (IBM Personal System/2 Hardware Interface Technical Reference, "Keyboards
(101- and 102-Key)", scan code sets 1 to 3; the three keys of Windows keyboards from Microsoft's Keyboard Scan Code
Specification). Keys have the names of Linux's input event codes, without ``KEY_`` and in small letters.
"""

from __future__ import annotations

from dataclasses import dataclass

# Name, and the codes that the key sends when it goes down, in sets 1, 2 and 3. The parts that a + joins are released
# one by one, the last first.
_TABLE = """
    esc         01          76          08
    f1          3b          05          07
    f2          3c          06          0f
    f3          3d          04          17
    f4          3e          0c          1f
    f5          3f          03          27
    f6          40          0b          2f
    f7          41          83          37
    f8          42          0a          3f
    f9          43          01          47
    f10         44          09          4f
    f11         57          78          56
    f12         58          07          5e
    sysrq       e02a+e037   e012+e07c   57
    scrolllock  46          7e          5f
    pause       e11d45      e11477      62

    grave       29          0e          0e
    1           02          16          16
    2           03          1e          1e
    3           04          26          26
    4           05          25          25
    5           06          2e          2e
    6           07          36          36
    7           08          3d          3d
    8           09          3e          3e
    9           0a          46          46
    0           0b          45          45
    minus       0c          4e          4e
    equal       0d          55          55
    backspace   0e          66          66

    tab         0f          0d          0d
    q           10          15          15
    w           11          1d          1d
    e           12          24          24
    r           13          2d          2d
    t           14          2c          2c
    y           15          35          35
    u           16          3c          3c
    i           17          43          43
    o           18          44          44
    p           19          4d          4d
    leftbrace   1a          54          54
    rightbrace  1b          5b          5b
    backslash   2b          5d          5c

    capslock    3a          58          14
    a           1e          1c          1c
    s           1f          1b          1b
    d           20          23          23
    f           21          2b          2b
    g           22          34          34
    h           23          33          33
    j           24          3b          3b
    k           25          42          42
    l           26          4b          4b
    semicolon   27          4c          4c
    apostrophe  28          52          52
    enter       1c          5a          5a

    leftshift   2a          12          12
    102nd       56          61          13
    z           2c          1a          1a
    x           2d          22          22
    c           2e          21          21
    v           2f          2a          2a
    b           30          32          32
    n           31          31          31
    m           32          3a          3a
    comma       33          41          41
    dot         34          49          49
    slash       35          4a          4a
    rightshift  36          59          59

    leftctrl    1d          14          11
    leftmeta    e05b        e01f        8b
    leftalt     38          11          19
    space       39          29          29
    rightalt    e038        e011        39
    rightmeta   e05c        e027        8c
    compose     e05d        e02f        8d
    rightctrl   e01d        e014        58

    insert      e052        e070        67
    home        e047        e06c        6e
    pageup      e049        e07d        6f
    delete      e053        e071        64
    end         e04f        e069        65
    pagedown    e051        e07a        6d
    up          e048        e075        63
    left        e04b        e06b        61
    down        e050        e072        60
    right       e04d        e074        6a

    numlock     45          77          76
    kpslash     e035        e04a        77
    kpasterisk  37          7c          7e
    kpminus     4a          7b          84
    kp7         47          6c          6c
    kp8         48          75          75
    kp9         49          7d          7d
    kpplus      4e          79          7c
    kp4         4b          6b          6b
    kp5         4c          73          73
    kp6         4d          74          74
    kp1         4f          69          69
    kp2         50          72          72
    kp3         51          7a          7a
    kpenter     e01c        e05a        79
    kp0         52          70          70
    kpdot       53          71          71
"""

_RELEASE = b"\xf0"
_PAUSE_PREFIX = 0xE1


@dataclass(frozen=True)
class ScanCode:
    """What a key sends in one of the sets."""

    down: bytes
    repeat: bytes
    """What a held key sends again and again; nothing for a key that does not repeat."""
    up: bytes


def _up(part: bytes, scan_code_set: int) -> bytes:
    """Return what releases a key that sent `part`: the last byte changes, a prefix stays."""
    last = bytes([part[-1] | 0x80]) if scan_code_set == 1 else _RELEASE + part[-1:]
    return part[:-1] + last


def _parse(text: str, scan_code_set: int) -> ScanCode:
    parts = [bytes.fromhex(part) for part in text.split("+")]
    if parts[0][0] == _PAUSE_PREFIX:
        # Pause is down and up in one, and does not repeat.
        prefix, codes = parts[0][:1], parts[0][1:]
        up = prefix + b"".join(_up(bytes([code]), scan_code_set) for code in codes)
        return ScanCode(parts[0] + up, b"", b"")
    return ScanCode(b"".join(parts), parts[-1], b"".join(_up(part, scan_code_set) for part in reversed(parts)))


_ROWS = [line.split() for line in _TABLE.splitlines() if line]

KEY_NAMES: tuple[str, ...] = tuple(row[0] for row in _ROWS)

SCAN_CODES: dict[int, tuple[ScanCode, ...]] = {
    number: tuple(_parse(row[number], number) for row in _ROWS) for number in (1, 2, 3)
}
"""By the number of the set, then in the order of the names."""
