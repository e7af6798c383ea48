"""The flags of the FIFO of the card interface PL181 in MCIStatus (ARM DDI 0205)."""

from __future__ import annotations

FIFO_WORDS = 16
_HALF = FIFO_WORDS // 2

TX_FIFO_HALF_EMPTY = 1 << 14
RX_FIFO_HALF_FULL = 1 << 15
TX_FIFO_FULL = 1 << 16
RX_FIFO_FULL = 1 << 17
TX_FIFO_EMPTY = 1 << 18
RX_FIFO_EMPTY = 1 << 19
TX_DATA_AVAILABLE = 1 << 20
RX_DATA_AVAILABLE = 1 << 21

# What changes when the FIFO gets to a level: on its way up when receiving, on its way down when sending.
_RX_CHANGES = {1: RX_DATA_AVAILABLE | RX_FIFO_EMPTY, _HALF: RX_FIFO_HALF_FULL, FIFO_WORDS: RX_FIFO_FULL}
_TX_CHANGES = {FIFO_WORDS - 1: TX_FIFO_FULL, _HALF: TX_FIFO_HALF_EMPTY, 0: TX_FIFO_EMPTY | TX_DATA_AVAILABLE}


def receive_flags(level: int) -> int:
    """Return the flags of a FIFO that receives and has so many words for the guest."""
    flags = RX_DATA_AVAILABLE if level else RX_FIFO_EMPTY
    return flags | (RX_FIFO_HALF_FULL if level >= _HALF else 0) | (RX_FIFO_FULL if level == FIFO_WORDS else 0)


def transmit_flags(level: int) -> int:
    """Return the flags of a FIFO that sends and has so many words from the guest."""
    flags = TX_DATA_AVAILABLE if level else TX_FIFO_EMPTY
    return flags | (TX_FIFO_HALF_EMPTY if level <= _HALF else 0) | (TX_FIFO_FULL if level == FIFO_WORDS else 0)


def words_until_change(level: int, receiving: bool, watched: int) -> int:
    """Return with which of the words to come a `watched` flag changes, or the FIFO has no room or no word for it."""
    changes = _RX_CHANGES if receiving else _TX_CHANGES
    seen = [at for at, flags in changes.items() if flags & watched]
    if receiving:
        return min([FIFO_WORDS + 1, *(at for at in seen if at > level)]) - level
    return level - max([-1, *(at for at in seen if at < level)])
