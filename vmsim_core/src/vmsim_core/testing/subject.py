"""The system that a suite tests something in: built again and again from one description, compared by its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vmsim_core.builder import build_system
from vmsim_core.checkpoint.capture import state_sections
from vmsim_core.config import Description, load_description
from vmsim_core.plugin_manager import PluginManager
from vmsim_core.section import Field, Section
from vmsim_core.simulation import Simulation
from vmsim_core.system import System

Fields = dict[str, Field | bytes]
"""The state of a system: each field and attachment by its section's path and its name."""


@dataclass(frozen=True)
class Recipe:
    """A description with the plugins that it needs."""

    description: Description
    plugins: PluginManager

    @classmethod
    def from_text(
        cls, text: str, folder: Path, plugins: PluginManager, overrides: Sequence[tuple[str, str]] = ()
    ) -> Recipe:
        """Validate a YAML text; raises ConfigError for mistakes."""
        file = folder / "system.yaml"
        file.write_text(text, encoding="utf-8")
        return cls(load_description(file, plugins, overrides), plugins)

    def system(self) -> System:
        """Build the system anew."""
        return build_system(self.description, self.plugins)

    def simulation(self) -> Simulation:
        """Build the system anew, with what runs it."""
        return Simulation(self.system(), self.plugins)


def fields_of(system: System, plugins: PluginManager) -> Fields:
    """Return the state of all components, as a checkpoint would hold it."""
    found: Fields = {}
    for section in state_sections(system, plugins):
        found |= section_fields(section)
    return found


def section_fields(section: Section) -> Fields:
    """Return what a section holds."""
    fields: Fields = {f"{section.path}.{name}": field for name, field in section.fields.items()}
    return fields | {f"{section.path}: {name}": each.read() for name, each in section.attachments.items()}


def differences(one: Fields, other: Fields) -> list[str]:
    """Return a line for each field in which two systems differ."""
    names = sorted(set(one) | set(other))
    return [
        f"{name}: {_shown(one.get(name))} / {_shown(other.get(name))}"
        for name in names
        if one.get(name) != other.get(name)
    ]


def _shown(value: Field | bytes | None) -> str:
    if value is None:
        return "not there"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return repr(value.value)[:80]
