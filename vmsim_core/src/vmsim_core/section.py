"""A component's section of a checkpoint: named, typed fields that a person can read. No positions, no pickle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from vmsim_core.errors import CheckpointError

Value = bool | int | str | bytes | list[int]

_TYPE_NAMES: dict[type, str] = {bool: "bool", int: "int", str: "str", bytes: "bytes", list: "ints"}


@dataclass(frozen=True)
class Field:
    """One value with the unit in which it counts."""

    value: Value
    unit: str = ""

    @property
    def type_name(self) -> str:
        """The name of the value's type as the checkpoint file writes it."""
        return _TYPE_NAMES[type(self.value)]


@dataclass
class Section:
    """The state of one component; `version` is raised when the fields change meaning."""

    path: str
    kind: str
    version: int = 1
    fields: dict[str, Field] = field(default_factory=dict)

    def put(self, name: str, value: Value, unit: str = "") -> None:
        """Store a field; a name is stored once. A list is copied: the section must not change with the component."""
        if name in self.fields:
            raise CheckpointError(f"{self.path}: the field {name!r} is written twice")
        if type(value) not in _TYPE_NAMES:
            raise CheckpointError(f"{self.path}.{name}: a checkpoint cannot hold a {type(value).__name__}")
        self.fields[name] = Field(list(value) if isinstance(value, list) else value, unit)

    def _get(self, name: str, expected: type) -> Value:
        if name not in self.fields:
            raise CheckpointError(f"{self.path}: the field {name!r} is missing")
        value = self.fields[name].value
        if type(value) is not expected:
            raise CheckpointError(
                f"{self.path}.{name}: is of type {_TYPE_NAMES[type(value)]}, not {_TYPE_NAMES[expected]}"
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
