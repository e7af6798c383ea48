"""Requests and flow control of the DMA controller PL081 (ARM DDI 0196, appendix B: the PL080 has the same)."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Request(IntEnum):
    """What a peripheral can ask for; the last two end the transfer of a peripheral that controls the flow."""

    BURST = 0
    SINGLE = 1
    LAST_BURST = 2
    LAST_SINGLE = 3


BURSTS = (Request.BURST, Request.LAST_BURST)
LASTS = (Request.LAST_BURST, Request.LAST_SINGLE)
NOT_LAST = (Request.BURST, Request.SINGLE)
ALL_REQUESTS = tuple(Request)


class Flow(NamedTuple):
    """A value of FlowCntrl: who the two ends are, and which of the two says when it is over, if either does."""

    from_peripheral: bool
    to_peripheral: bool
    source_ends: bool = False
    destination_ends: bool = False


FLOWS = (
    Flow(False, False),
    Flow(False, True),
    Flow(True, False),
    Flow(True, True),
    Flow(True, True, destination_ends=True),
    Flow(False, True, destination_ends=True),
    Flow(True, False, source_ends=True),
    Flow(True, True, source_ends=True),
)
"""What the values of FlowCntrl stand for."""
