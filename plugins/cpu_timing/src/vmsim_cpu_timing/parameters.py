"""What a description may say of the timing CPU; the defaults: a small in-order core, a Cortex-A9's memory side."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from vmsim_core.component import ComponentParams


class TimingParams(ComponentParams):
    """Parameters of the timing CPU; penalties and latencies are cycles."""

    issue_width: int = Field(default=1, ge=1, le=2)
    """Instructions that can issue in a cycle, in order, one of them a memory access."""
    load_buffer: int = Field(default=4, ge=1, le=16)
    """Loads that can be under way before the pipeline waits."""
    store_buffer: int = Field(default=4, ge=1, le=16)
    """Stores that can be under way before the pipeline waits."""
    unaligned_word: int = Field(default=1, ge=0, le=100)
    """What a load takes longer that goes across a word."""
    unaligned_doubleword: int = Field(default=6, ge=0, le=100)
    """What a load takes longer that goes across a doubleword."""
    branch_prediction: Literal["bimodal", "static"] = "bimodal"
    """How directions are predicted: two-bit counters, or backward branches are taken and forward ones are not."""
    mispredict_penalty: int = Field(default=8, ge=0, le=100)
    """What a branch that was predicted wrong costs."""
    taken_penalty: int = Field(default=0, ge=0, le=100)
    """What a taken branch costs that was predicted right."""
    flush_penalty: int = Field(default=8, ge=0, le=100)
    """What an exception, its return, or a synchronisation costs."""
    device_latency: int = Field(default=30, ge=0, le=10_000)
    """How long a device takes to answer."""
    micro_tlb: int = Field(default=32, ge=1, le=64)
    """Entries of each of the two micro TLBs."""
    micro_tlb_miss: int = Field(default=7, ge=0, le=1000)
    """What it costs to go to the main TLB, which has 128 entries in two ways."""
    main_tlb_miss: int = Field(default=0, ge=0, le=1000)
    """What a miss there costs, besides the accesses of the walk."""
    latencies: dict[str, int] = {}
    """Cycles from issue to result, by class of operation, where they differ from the table in latencies.py."""
