"""What a description may say, and what the page says of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from vmsim_cpu_timing.latencies import CLASSES, LATENCIES, interval_table, latency_table
from vmsim_cpu_timing.parameters import TimingParams

PAGE = Path(__file__).parents[3] / "docs" / "timing-cpu.md"


@pytest.mark.skipif(not PAGE.exists(), reason="the distribution is tested alone")
def test_the_page_has_every_parameter_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", PAGE.read_text(), re.MULTILINE))
    assert rows == {name: str(value) for name, value in TimingParams().model_dump().items()}


def test_a_latency_can_be_changed_by_its_class() -> None:
    table = latency_table({"multiply": 9})
    assert table[CLASSES["multiply"]] == 9
    assert table[CLASSES["alu"]] == LATENCIES["alu"] == 1
    assert interval_table()[CLASSES["alu"]] == 1


@pytest.mark.parametrize(
    ("changes", "words"), [({"mutliply": 2}, "no class of operation 'mutliply'"), ({"alu": 0}, "from 1 to 1000")]
)
def test_a_wrong_latency_is_refused(changes: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        latency_table(changes)


@pytest.mark.parametrize("wrong", [{"issue_width": 3}, {"store_buffer": 0}, {"speculative": True}])
def test_wrong_parameters_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        TimingParams.model_validate(wrong)
