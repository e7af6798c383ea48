"""Taking a checkpoint: the machine's state as sections, and the sections as a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vmsim_core.checkpoint.extension import Serializer
from vmsim_core.checkpoint.folder import FolderWriter
from vmsim_core.checkpoint.index import FORMAT, FORMAT_VERSION, STATE_FILE, Index, MachineIdentity, file_name
from vmsim_core.checkpoint.memory import ram_sections
from vmsim_core.checkpoint.sections import sections_text
from vmsim_core.component import Component
from vmsim_core.section import Section
from vmsim_core.system import System
from vmsim_core.units import TICKS_PER_SECOND

if TYPE_CHECKING:
    from vmsim_core.plugin_manager import PluginManager
    from vmsim_core.simulation import Simulation


def folder_name(tick: int) -> str:
    """Return the name of a checkpoint taken at `tick`; names sort as times do."""
    seconds, rest = divmod(tick, TICKS_PER_SECOND)
    return f"at-{seconds:06}.{rest:012}s"


def write_checkpoint(simulation: Simulation, place: Path) -> None:
    """Write the state of a machine at rest to the folder `place`; raises OSError, leaving nothing behind."""
    with FolderWriter(place) as folder:
        sections = [*state_sections(simulation.system, simulation.plugins), *ram_sections(simulation.system)]
        files = {}
        for section in sections:
            for name, attachment in section.attachments.items():
                files[section.path, name] = file_name(section.path, name) + ".zst"
                folder.write_compressed(files[section.path, name], attachment.read())
        folder.write(STATE_FILE, sections_text(sections, files))
        workload = simulation.system.workload
        folder.publish(
            Index(
                format=FORMAT,
                format_version=FORMAT_VERSION,
                tick=simulation.time,
                instructions=simulation.instructions,
                machine=machine_identity(simulation.system),
                semihosting=workload.semihosting,
                arguments=workload.arguments,
                plugins=simulation.plugins.versions(),
                files=folder.files,
            )
        )


def machine_identity(system: System) -> MachineIdentity:
    """Return what the system must have in common with a checkpoint's."""
    return MachineIdentity(
        platform=system.platform.type_name,
        architecture=type(system.architecture).type_name,
        memory=system.description.memory,
        cores=len(system.cores),
    )


def state_sections(system: System, plugins: PluginManager) -> Iterator[Section]:
    """Yield a section for each component and serializer: everything but RAM."""
    for component in components_with_state(system):
        section = component_section(component, plugins)
        component.serialize(section)
        yield section
    for serializer in plugins.checkpoint_serializers.values():
        section = serializer_section(serializer, plugins)
        serializer().serialize(system, section)
        yield section


def components_with_state(system: System) -> list[Component]:
    """Return the components that have sections, by path."""
    return [component for component in system.walk() if component.in_checkpoints]


def component_section(component: Component, plugins: PluginManager) -> Section:
    """Return a component's section without its fields."""
    kind, version = component.type_name, component.section_version
    owner = plugins.owner_of(type(component))
    return Section(component.path, kind, version, plugin=owner, params=component.params.identity())


def serializer_section(serializer: type[Serializer], plugins: PluginManager) -> Section:
    """Return a serializer's section without its fields."""
    name = serializer.type_name
    return Section(name, serializer_kind(name), serializer.version, plugin=plugins.owner_of(serializer))


def serializer_kind(name: str) -> str:
    """Return the kind of a section that belongs to no component, for upgraders."""
    return f"serializer:{name}"
