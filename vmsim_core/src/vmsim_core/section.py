"""A component's section of a checkpoint: named, typed fields that a person can read. No positions, no pickle.

Bulk data, such as what a guest wrote to a disk, is attached to a section and gets a file of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from vmsim_core.errors import CheckpointError

Value = bool | int | str | bytes | list[int]

TYPE_NAMES: dict[type, str] = {bool: "bool", int: "int", str: "str", bytes: "bytes", list: "ints"}


@dataclass(frozen=True)
class Field:
    """One value with the unit in which it counts."""

    value: Value
    unit: str = ""

    @property
    def type_name(self) -> str:
        """The name of the value's type as the checkpoint file writes it."""
        return TYPE_NAMES[type(self.value)]


class Attachment(Protocol):
    """Bulk data of a section."""

    @property
    def size(self) -> int:
        """Its size in bytes."""

    def read(self) -> bytes:
        """Return the data; raises CheckpointError when the checkpoint does not hold `size` bytes of it."""


@dataclass(frozen=True)
class Data:
    """An attachment in memory."""

    content: bytes

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return len(self.content)

    def read(self) -> bytes:
        """Return the data."""
        return self.content


@dataclass
class Section:
    """The state of one component; `version` is raised when the fields change meaning."""

    path: str
    kind: str
    version: int = 1
    fields: dict[str, Field] = field(default_factory=dict)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    plugin: str = ""
    """The plugin, with its distribution, that the component comes from."""
    params: dict[str, Any] = field(default_factory=dict)
    """The component's parameters, as plain data: those that make it the component that it is."""

    def put(self, name: str, value: Value, unit: str = "") -> None:
        """Store a field; a name is stored once. A list is copied: the section must not change with the component."""
        if name in self.fields:
            raise CheckpointError(f"{self.path}: the field {name!r} is written twice")
        if type(value) not in TYPE_NAMES:
            raise CheckpointError(f"{self.path}.{name}: a checkpoint cannot hold a {type(value).__name__}")
        self.fields[name] = Field(list(value) if isinstance(value, list) else value, unit)

    def attach(self, name: str, data: bytes) -> None:
        """Attach bulk data, which gets a compressed file of its own; nothing is stored for no data at all."""
        if name in self.attachments:
            raise CheckpointError(f"{self.path}: {name!r} is attached twice")
        if data:
            self.attachments[name] = Data(data)

    def attached(self, name: str, at_most: int) -> bytes:
        """Return attached data, none if there is none; raises CheckpointError for more than `at_most` bytes."""
        attachment = self.attachments.get(name)
        if attachment is None:
            return b""
        if attachment.size > at_most:
            raise CheckpointError(
                f"{self.path}: {name} has {attachment.size} bytes, more than the {at_most} there can be"
            )
        return attachment.read()

    def _get(self, name: str, expected: type) -> Value:
        if name not in self.fields:
            raise CheckpointError(f"{self.path}: the field {name!r} is missing")
        value = self.fields[name].value
        if type(value) is not expected:
            raise CheckpointError(
                f"{self.path}.{name}: is of type {TYPE_NAMES[type(value)]}, not {TYPE_NAMES[expected]}"
            )
        return value

    def get_int(self, name: str) -> int:
        """Return an integer field; raises CheckpointError when it is missing or of another type."""
        value = self._get(name, int)
        assert isinstance(value, int)
        return value

    def get_bool(self, name: str) -> bool:
        """Return a boolean field."""
        value = self._get(name, bool)
        assert isinstance(value, bool)
        return value

    def get_str(self, name: str) -> str:
        """Return a text field."""
        value = self._get(name, str)
        assert isinstance(value, str)
        return value

    def get_bytes(self, name: str) -> bytes:
        """Return a field of bytes."""
        value = self._get(name, bytes)
        assert isinstance(value, bytes)
        return value

    def get_ints(self, name: str) -> list[int]:
        """Return a field that is a list of integers."""
        value = self._get(name, list)
        assert isinstance(value, list)
        return list(value)

    def get(self, name: str, like: Value) -> Value:
        """Return a field of the same type as `like`; a list is a new one."""
        value = self._get(name, type(like))
        return list(value) if isinstance(value, list) else value

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)
