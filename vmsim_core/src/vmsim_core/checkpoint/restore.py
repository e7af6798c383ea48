"""Going on from a checkpoint: everything is checked before anything is touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vmsim_core.checkpoint.capture import (
    components_with_state,
    machine_identity,
    serializer_kind,
    state_sections,
)
from vmsim_core.checkpoint.extension import Upgrader
from vmsim_core.checkpoint.folder import FolderReader, naming
from vmsim_core.checkpoint.index import STATE_FILE, Index
from vmsim_core.checkpoint.memory import KIND as RAM_KIND
from vmsim_core.checkpoint.memory import decode, expected_ram_sections, fill
from vmsim_core.checkpoint.sections import parse_sections
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import format_size

if TYPE_CHECKING:
    from vmsim_core.plugin_manager import PluginManager
    from vmsim_core.simulation import Simulation

Upgraders = Mapping[tuple[str, int], type[Upgrader]]

_MANY = 3
"""Differences that one message names."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read and verified."""

    index: Index
    hash: str
    sections: dict[str, Section]


def read_checkpoint(path: Path) -> Checkpoint:
    """Read and verify a checkpoint; raises CheckpointError when it is damaged or none."""
    folder = FolderReader(path)
    folder.verify()
    sections = parse_sections(folder.text(STATE_FILE), str(path), folder.attachment)
    return Checkpoint(folder.index, folder.hash, sections)


def restore_checkpoint(simulation: Simulation, path: Path) -> None:
    """Bring the machine to where it was when the checkpoint was taken.

    Raises CheckpointError, the machine being as it was before, when the checkpoint is damaged, of another system, or
    written by plugins that are missing or too new.
    """
    checkpoint = read_checkpoint(path)
    system, plugins = simulation.system, simulation.plugins
    _check_machine(checkpoint.index, system, path)
    versions = _known_versions(system, plugins)
    sections = {
        name: _upgrade(section, versions[section.kind], plugins.checkpoint_upgraders, path)
        if section.kind in versions
        else section
        for name, section in checkpoint.sections.items()
    }
    _Matching(system, plugins, set(versions), checkpoint.index, path).check(sections)
    with naming(path):
        contents = [
            (ram, decode(ram.size, sections[expected.path]))
            for ram, expected in zip(system.rams(), expected_ram_sections(system), strict=True)
        ]
    before = {section.path: section for section in state_sections(system, plugins)}
    tick_before = system.events.now
    try:
        with naming(path):
            _take(system, plugins, sections, checkpoint.index.tick)
    except CheckpointError:
        _take(system, plugins, before, tick_before)
        raise
    for ram, pages in contents:
        fill(system, ram, pages)
    for component in system.walk():
        component.restored()


def _take(system: System, plugins: PluginManager, sections: Mapping[str, Section], tick: int) -> None:
    for component in components_with_state(system):
        for event in component.events.values():
            component.cancel(event)
    system.events.now = tick
    for component in components_with_state(system):
        _take_one(component.deserialize, sections[component.path])
    for name, serializer in plugins.checkpoint_serializers.items():
        _take_one(partial(serializer().deserialize, system), sections[name])


def _take_one(deserialize: Callable[[Section], None], section: Section) -> None:
    try:
        deserialize(section)
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
        # A value that has the right type and is impossible all the same.
        reason = str(error) or type(error).__name__
        raise CheckpointError(f"{section.path}: its state cannot be taken: {reason}") from error


def _check_machine(index: Index, system: System, path: Path) -> None:
    theirs, ours = index.machine, machine_identity(system)
    for what, mine, other in (
        ("the board", ours.platform, theirs.platform),
        ("the architecture", ours.architecture, theirs.architecture),
        ("the memory", format_size(ours.memory), format_size(theirs.memory)),
        ("the number of cores", ours.cores, theirs.cores),
    ):
        if mine != other:
            raise CheckpointError(f"{path} was taken of another system: {what} is {other} there and {mine} here")


def _known_versions(system: System, plugins: PluginManager) -> dict[str, int]:
    """Return the versions of all kinds of sections that the installed plugins and the core know."""
    versions = {kind: device.section_version for kind, device in plugins.devices.items()}
    versions |= {component.type_name: component.section_version for component in system.walk()}
    versions |= {serializer_kind(name): each.version for name, each in plugins.checkpoint_serializers.items()}
    return versions | {RAM_KIND: 1}


def _upgrade(
    section: Section, version: int, upgraders: Mapping[tuple[str, int], type[Upgrader]], path: Path
) -> Section:
    if section.version > version:
        raise CheckpointError(
            f"{path}: {section.path} has version {section.version} of {section.kind}, from a newer {section.plugin}; "
            f"the one that is installed knows versions up to {version}: update it"
        )
    while section.version < version:
        upgrader = upgraders.get((section.kind, section.version))
        if upgrader is None:
            raise CheckpointError(
                f"{path}: {section.path} has version {section.version} of {section.kind}, and {section.plugin} offers "
                f"no way from there to version {version}"
            )
        upgraded = upgrader().upgrade(section)
        upgraded.version = upgrader.from_version + 1
        section = upgraded
    return section


class _Matching:
    """Compares a checkpoint's sections with those that this system would write."""

    def __init__(self, system: System, plugins: PluginManager, known_kinds: set[str], index: Index, path: Path) -> None:
        self.system = system
        self.plugins = plugins
        self.known_kinds = known_kinds
        self.index = index
        self.path = path

    def check(self, sections: dict[str, Section]) -> None:
        """Raise CheckpointError when the sections are not those of this system."""
        expected = {section.path: section for section in self._expected()}
        for path in sorted(sections):
            if path not in expected:
                self._refuse_unknown(sections[path])
        differences = [
            difference
            for path in sorted(expected)
            for difference in self._differences(expected[path], sections.get(path))
        ]
        if differences:
            shown = "; ".join(differences[:_MANY])
            more = f"; and {len(differences) - _MANY} more" if len(differences) > _MANY else ""
            raise CheckpointError(f"{self.path} was taken of another system: {shown}{more}")
        for path, section in expected.items():
            self._check_fields(section, sections[path])

    def _expected(self) -> list[Section]:
        return [*state_sections(self.system, self.plugins), *expected_ram_sections(self.system)]

    def _refuse_unknown(self, section: Section) -> None:
        if section.kind not in self.known_kinds:
            distribution = section.plugin.rpartition("(")[2].rstrip(")")
            version = self.index.plugins.get(distribution, "")
            raise CheckpointError(
                f"{self.path}: {section.path} is a {section.kind} of the plugin {section.plugin}"
                f"{f' {version}' if version else ''}, which is not installed or left out here: install it"
            )
        raise CheckpointError(
            f"{self.path} was taken of another system: it has {section.path} ({section.kind}), this one does not"
        )

    def _differences(self, ours: Section, theirs: Section | None) -> list[str]:
        if theirs is None:
            return [f"this one has {ours.path} ({ours.kind}), it does not"]
        if theirs.kind != ours.kind:
            return [f"{ours.path} is a {theirs.kind} there and a {ours.kind} here"]
        names = sorted(set(ours.params) | set(theirs.params))
        return [
            f"{ours.path}.{name} is {theirs.params.get(name)} there and {ours.params.get(name)} here"
            for name in names
            if ours.params.get(name) != theirs.params.get(name)
        ]

    def _check_fields(self, ours: Section, theirs: Section) -> None:
        place = f"{self.path}: {ours.path}"
        if ours.kind == RAM_KIND:  # its fields are checked when it is unpacked
            return
        for name, field in ours.fields.items():
            if name not in theirs.fields:
                raise CheckpointError(f"{place}: the field {name!r} is missing")
            if theirs.fields[name].type_name != field.type_name:
                found = theirs.fields[name].type_name
                raise CheckpointError(f"{place}.{name}: is of type {found}, not {field.type_name}")
        for name in theirs.fields:
            if name not in ours.fields:
                raise CheckpointError(f"{place}: the field {name!r} is unknown here")
