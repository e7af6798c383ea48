"""What plugins may add to checkpoints: serializers for state outside the component tree, and section upgraders."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from vmsim_core.section import Section

if TYPE_CHECKING:
    from vmsim_core.system import System


CORE_PLUGIN = "vmsim-core"
"""What stands as the plugin of sections that are the core's own."""


class Serializer(ABC):
    """Writes and reads a section for state that belongs to no component."""

    type_name: ClassVar[str] = ""
    """The path of the section; claimed by one plugin only."""
    version: ClassVar[int] = 1

    @abstractmethod
    def serialize(self, system: System, section: Section) -> None:
        """Write the state."""

    @abstractmethod
    def deserialize(self, system: System, section: Section) -> None:
        """Take the state back."""


class Upgrader(ABC):
    """Brings sections of one kind from one version to the next."""

    kind: ClassVar[str] = ""
    """The component type whose sections it upgrades."""
    from_version: ClassVar[int] = 1

    @abstractmethod
    def upgrade(self, section: Section) -> Section:
        """Return the section with the fields that version `from_version` + 1 has; it may be changed in place."""
