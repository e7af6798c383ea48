"""Checking a part of a system description against a pydantic model: the data, or every mistake with its place."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from vmsim_core.errors import Position, Problem, SourcePosition
from vmsim_core.yaml_source import Node

M = TypeVar("M", bound=BaseModel)
Key = str | int

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:")


def validate(model: type[M], node: Node, path: str = "", owner: str = "") -> tuple[M | None, list[Problem]]:
    """Return the validated data, or None and every mistake; `owner` is the plugin that declares `model`.

    A relative file name counts from the file that says it.
    """
    try:
        return model.model_validate(_data(node, model)), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, [_problem(detail, model, node, path, owner) for detail in details]


def suggestion(name: str, known: Iterable[str], remedy: str = "") -> str:
    """Return what to say after `name` was not found among `known`; `remedy` if it does not look like a slip."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    return (f"; known are {', '.join(names)}" if names else "") + remedy


def has_scheme(name: str) -> bool:
    """Whether a file name is a reference, such as ``guest:busybox``, that a plugin resolves."""
    return _SCHEME.match(name) is not None


def _problem(detail: ErrorDetails, model: type[BaseModel], node: Node, path: str, owner: str) -> Problem:
    keys = _keys_in(detail["loc"], node)
    return Problem(
        _message(detail, model, keys),
        path=".".join([*([path] if path else []), *map(str, keys)]),
        position=_position(detail, node, keys),
        owner=owner,
    )


def _keys_in(location: tuple[Key, ...], node: Node) -> list[Key]:
    # pydantic also names branches of unions in a location; they are no keys of the document. The last key may be one
    # that is missing.
    keys: list[Key] = []
    for index, key in enumerate(location):
        child = node.find(*keys, key)
        if child is not None or index == len(location) - 1:
            keys.append(key)
    return keys


def _position(detail: ErrorDetails, node: Node, keys: list[Key]) -> Position:
    found = node.find(*keys)
    if detail["type"] == "extra_forbidden" and found is not None and found.key_position is not None:
        return found.key_position
    return node.position_of(*keys)


def _message(detail: ErrorDetails, model: type[BaseModel], keys: list[Key]) -> str:
    """Say in the words of the description what pydantic found."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return "is missing" + _meaning(model, keys)
    if kind == "extra_forbidden":
        return "unknown key" + suggestion(str(keys[-1]), _fields(_type_at(model, keys[:-1])))
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", detail["msg"]))
    value = _short(detail["input"])
    if kind == "too_short":
        return f"at least {context['min_length']} of these is needed"
    if kind in ("literal_error", "enum"):
        return f"{value} is none of {context['expected']}"
    if kind in _EXPECTED:
        return f"{value} is not {_EXPECTED[kind]}"
    rule = detail["msg"].partition(", ")[0]
    if rule.startswith("Input should "):
        return f"{value} {rule.removeprefix('Input ')}"
    return f"{value} is not right: {rule[0].lower()}{rule[1:]}"


_EXPECTED = {
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
    "string_type": "a text",
    "path_type": "a file name",
    "int_type": "an integer",
    "int_parsing": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}
"""What was expected instead, by pydantic's name of the mistake."""


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _meaning(model: type[BaseModel], keys: list[Key]) -> str:
    fields = _fields(_type_at(model, keys[:-1]))
    description = fields[str(keys[-1])].description if str(keys[-1]) in fields else None
    return f": {description[0].lower()}{description[1:].rstrip('.')}" if description else ""


def _data(node: Node, kind: Any) -> Any:
    """Return the plain data of `node`, which is to be of type `kind`, with relative file names made absolute."""
    if isinstance(node.value, dict):
        return {key: _data(child, _member_type(kind, key)) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [_data(child, _member_type(kind, index)) for index, child in enumerate(node.value)]
    if isinstance(node.value, str) and _bare(kind) is Path and not has_scheme(node.value):
        folder = node.position.file.parent if isinstance(node.position, SourcePosition) else Path()
        return (folder / Path(node.value).expanduser()).absolute()
    return node.value


def _type_at(model: type[BaseModel], keys: list[Key]) -> Any:
    kind: Any = model
    for key in keys:
        kind = _member_type(kind, key)
    return _bare(kind)


def _member_type(kind: Any, key: Key) -> Any:
    """Return the type that `kind` declares for the member `key`; Any where it declares none."""
    kind = _bare(kind)
    fields = _fields(kind)
    if key in fields:
        return fields[str(key)].annotation
    if get_origin(kind) in (list, dict):
        return get_args(kind)[-1]
    return Any


def _bare(kind: Any) -> Any:
    """Return `kind` without "or None"."""
    if get_origin(kind) in (Union, types.UnionType):
        alternatives = [each for each in get_args(kind) if each is not type(None)]
        return alternatives[0] if len(alternatives) == 1 else Any
    return kind


def _fields(kind: Any) -> Mapping[str, Any]:
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
