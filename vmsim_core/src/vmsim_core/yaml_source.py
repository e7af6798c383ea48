"""YAML as it was written: scalars, lists and mappings, each with its place in the file.

Only the safe core of YAML is understood: no tag makes an object, ``yes`` is a text, and a document whose aliases would
make it huge is refused. Every mistake is a ConfigError with file, line and column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from vmsim_core.errors import ConfigError, OptionPosition, Position, Problem, SourcePosition

MAX_BYTES = 1 << 20
MAX_NODES = 50_000
"""Values in a document with every alias written out."""
MAX_DEPTH = 50

Scalar = None | bool | int | float | str
Positioner = Callable[[int, int], Position]
"""Makes a position from a line and a column, both from 0."""


@dataclass(frozen=True)
class Node:
    """A value of a document, and where it stands."""

    value: Scalar | list[Node] | dict[str, Node]
    position: Position
    key_position: Position | None = None
    """Where the key stands that this is the value of."""

    @property
    def mapping(self) -> dict[str, Node]:
        """The members of a mapping; none for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Node]:
        """The items of a list; none for anything else."""
        return self.value if isinstance(self.value, list) else []

    def member(self, key: str | int) -> Node | None:
        """Return the member of a mapping, or the item of a list, if there is such."""
        if isinstance(key, str):
            return self.mapping.get(key)
        return self.items[key] if 0 <= key < len(self.items) else None

    def find(self, *keys: str | int) -> Node | None:
        """Return the node that is reached by `keys`, if there is such."""
        node: Node | None = self
        for key in keys:
            node = node.member(key) if node is not None else None
        return node

    def position_of(self, *keys: str | int) -> Position:
        """Return where the node that is reached by `keys` stands, or the nearest one around it."""
        node = self
        for key in keys:
            child = node.member(key)
            if child is None:
                break
            node = child
        return node.position

    def without(self, key: str) -> Node:
        """Return the same mapping without one key."""
        return replace(self, value={name: node for name, node in self.mapping.items() if name != key})

    def data(self) -> Any:
        """Return the value as plain Python data."""
        if isinstance(self.value, dict):
            return {key: node.data() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.data() for node in self.value]
        return self.value


def read_yaml(file: Path) -> Node:
    """Read the mapping that a file holds; raises ConfigError for anything else."""

    def position(line: int, column: int) -> Position:
        return SourcePosition(file, line + 1, column + 1)

    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError([Problem(f"{file} cannot be read: {error.strerror or error}")]) from None
    if len(content) > MAX_BYTES:
        raise ConfigError([Problem(f"is larger than {MAX_BYTES >> 10} KiB; that is no system description",
                                   position=position(0, 0))])  # fmt: skip
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n")
        column = len(before) - (before.rfind(b"\n") + 1)
        raise _mistake("is not UTF-8 text", position(line, column)) from None
    node = _parse(text, position)
    if not isinstance(node.value, dict):
        raise _mistake("a system description is a mapping, such as `memory: 256MiB`", node.position)
    return node


def parse_option_value(text: str, option: str) -> Node:
    """Read the YAML value that a command-line option gives."""
    place = OptionPosition(option)
    return _parse(text, lambda line, column: place)


def _mistake(message: str, position: Position) -> ConfigError:
    return ConfigError([Problem(message, position=position)])


def _parse(text: str, position: Positioner) -> Node:
    try:
        root = _Loader(text, position).get_single_node()
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
        raise _mistake("holds a character that YAML does not allow", position(line, column)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        context = f" ({error.context})" if error.context else ""
        place = position(mark.line, mark.column) if mark else position(0, 0)
        raise _mistake(f"is not valid YAML: {error.problem}{context}", place) from None
    if root is None:
        return Node(None, position(0, 0))
    return _Converter(position).convert(root)


class _Loader(Reader, Scanner, Parser, Composer, BaseResolver):
    """PyYAML down to the tree of nodes, without its constructor: nothing here can make an object."""

    def __init__(self, text: str, position: Positioner) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)
        self._position = position
        self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise _mistake(f"is nested more than {MAX_DEPTH} levels deep", self._position(mark.line, mark.column))
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


# YAML 1.2's core schema, with underscores between digits: a word is a text, unless it is a number, a boolean or null.
_CORE_SCHEMA: dict[str, tuple[str, str]] = {
    "null": (r"~|null|Null|NULL|", "~nN"),
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?(?:0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+|0|[1-9][0-9_]*)", "-+0123456789"),
    "float": (r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?", "-+0123456789."),
}
for _name, (_pattern, _first) in _CORE_SCHEMA.items():
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_name}", re.compile(rf"(?:{_pattern})\Z"), [*_first, *([""] if _name == "null" else [])]
    )

_SCALARS: dict[str, Callable[[str], Scalar]] = {
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:null": lambda text: None,
    "tag:yaml.org,2002:bool": lambda text: text.lower() == "true",
    "tag:yaml.org,2002:int": lambda text: int(text, 0),
    "tag:yaml.org,2002:float": float,
}
_SEQUENCE = "tag:yaml.org,2002:seq"
_MAPPING = "tag:yaml.org,2002:map"


class _Converter:
    """Makes Nodes of PyYAML's nodes, writing aliases out."""

    def __init__(self, position: Positioner) -> None:
        self._position = position
        self._count = 0

    def convert(self, node: yaml.Node, depth: int = 0, key_position: Position | None = None) -> Node:
        place = self._place(node)
        self._count += 1
        if self._count > MAX_NODES or depth > MAX_DEPTH:
            raise _mistake("is too large or too deep when its aliases are written out", place)
        return Node(self._value(node, place, depth), place, key_position)

    def _value(self, node: yaml.Node, place: Position, depth: int) -> Scalar | list[Node] | dict[str, Node]:
        if isinstance(node, yaml.SequenceNode) and node.tag == _SEQUENCE:
            return [self.convert(item, depth + 1) for item in node.value]
        if isinstance(node, yaml.MappingNode) and node.tag == _MAPPING:
            return dict(self._members(node, depth))
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
            try:
                return _SCALARS[node.tag](node.value)
            except ValueError:
                raise _mistake(f"{node.value[:40]!r} is no {node.tag.rpartition(':')[2]}", place) from None
        raise _mistake(f"the tag {node.tag} has no meaning here; leave it out", place)

    def _members(self, node: yaml.MappingNode, depth: int) -> Iterator[tuple[str, Node]]:
        seen: dict[str, Position] = {}
        for key_node, value_node in node.value:
            place = self._place(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                raise _mistake("a key must be a name", place)
            key = key_node.value
            if key in seen:
                raise _mistake(f"the key {key!r} is given twice; the first is at {seen[key]}", place)
            seen[key] = place
            if key == "<<":
                raise _mistake("the merge key << is not supported; use include: or write it out", place)
            yield key, self.convert(value_node, depth + 1, place)

    def _place(self, node: yaml.Node) -> Position:
        return self._position(node.start_mark.line, node.start_mark.column)
