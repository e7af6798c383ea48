"""What a description may say, and what is said to whoever says it wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cache_machine import Machine
from pydantic import ValidationError
from vmsim_core.errors import VmsimError
from vmsim_core.plugin_manager import PluginManager
from vmsim_core.schema import description_schema
from vmsim_mem_cache.hierarchy import CacheHierarchy
from vmsim_mem_cache.parameters import HierarchyParams


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"l1d": {"size": 3000}}, "3000 bytes in 4 ways of 32-byte lines are not a power of two of sets"),
        ({"l1d": {"size": "48KiB"}}, "are not a power of two of sets"),
        ({"l1d": {"line": 48}}, "a line of 48 bytes is not possible"),
        ({"l1d": {"line": 8}}, "16 to 256"),
        ({"l1d": {"ways": 0}}, "greater than or equal to 1"),
        ({"l1d": {"size": "24KiB", "ways": 3, "replacement": "plru"}}, "plru needs a power of two of ways, not 3"),
        ({"l1d": {"replacement": "fifo"}}, "'lru', 'plru' or 'random'"),
        ({"l1d": {"mshrs": 0}}, "greater than or equal to 1"),
        ({"l1d": {"colour": "red"}}, "Extra inputs are not permitted"),
        ({"l1i": {"line": 64}}, "l1i and l1d must have lines of one size"),
        ({"l1": {}, "l1d": {}}, "l1 stands for l1i and l1d"),
        ({"l3": {}}, "there is an l3 but no l2"),
        ({"l2": {}, "l4": {}}, "there is an l4 but no l3"),
        ({"l2": {"line": 16}}, "must not be shorter than those of the level above"),
        ({"l2": {}, "l3": {"outer": False}}, "an inner level cannot be behind an outer one"),
        ({"dram": {"type": "sram"}}, "'fixed', 'ddr2', 'ddr3'"),
        ({"dram": {"type": "ddr2", "banks": 6}}, "banks: 6 is no power of two"),
        ({"dram": {"type": "ddr2", "latency": "1ns"}}, "Extra inputs are not permitted"),
        ({"dram": {"type": "fixed", "latency": 5}}, "write it with a unit"),
        ({"dma": "sometimes"}, "'coherent' or 'incoherent'"),
    ],
)
def test_a_mistake_is_named(params: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match="(?s)" + complaint.replace("(", r"\(")):
        HierarchyParams.model_validate(params)


def test_without_a_word_there_are_the_first_level_caches_of_a_cortex_a9() -> None:
    machine = Machine({})
    assert [(cache.name, cache.lines * 32) for cache in machine.hierarchy.caches()] == [
        ("l1d", 32 << 10),
        ("l1i", 32 << 10),
    ]


def test_seven_levels_are_possible() -> None:
    machine = Machine({f"l{number}": {"size": 1024 << number} for number in range(2, 8)})
    machine.port.write(0x40, 4, 7)
    assert all(cache.held for cache in machine.hierarchy.caches() if cache.name != "l1i")
    assert machine.hierarchy.mem_writeback() == 1


def test_more_cores_than_caches_connect_are_refused() -> None:
    with pytest.raises(VmsimError, match="9 cores are more than the 8"):
        Machine({}, cores=9)


def test_every_parameter_is_explained() -> None:
    schema = HierarchyParams.model_json_schema()
    for model in [schema, *schema["$defs"].values()]:
        assert model["description"]
        for name, field in model["properties"].items():
            assert "description" in field, (model["title"], name)


def test_the_distribution_offers_it() -> None:
    plugins = PluginManager()
    plugins.load(["vmsim.memory"])
    assert plugins.memory_hierarchies["caches"] is CacheHierarchy


def test_the_documentation_names_every_parameter() -> None:
    page = Path(__file__).parents[3] / "docs" / "memory-hierarchy.md"
    if not page.is_file():
        pytest.skip("the distribution is tested alone")
    schema = HierarchyParams.model_json_schema()
    names = {name for model in [schema, *schema["$defs"].values()] for name in model["properties"]}
    missing = {name for name in names if f"`{name}`" not in page.read_text()}
    assert missing - {f"l{number}" for number in range(3, 7)} - {"dram", "type"} == set()


def test_editors_are_told_of_every_parameter() -> None:
    plugins = PluginManager()
    plugins.load()
    schema = description_schema(plugins)
    (rule,) = schema["properties"]["memory_hierarchy"]["allOf"]
    assert rule["if"] == {"properties": {"type": {"const": "caches"}}}, "a description need not say the type"
    assert set(rule["then"]["properties"]) == {"type", *HierarchyParams.model_fields}
    assert rule["then"]["additionalProperties"] is False
    assert schema["$defs"]["SharedCacheParams"]["properties"]["mshrs"]["maximum"] == 64
