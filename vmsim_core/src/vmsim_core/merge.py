"""Laying one part of a system description over another: included files, the user's own file, ``--set``.

Mappings are merged key by key, a list of mappings item by item; anything else replaces what was there. A mapping that
is overlaid with null is taken away. Every value keeps the position of the file that it comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vmsim_core.errors import ConfigError, Problem
from vmsim_core.yaml_source import Node


def merge(base: Node, overlay: Node) -> Node:
    """Return `base` with `overlay` laid over it."""
    if isinstance(base.value, dict) and isinstance(overlay.value, dict):
        return replace(overlay, value=_merge_members(base.value, overlay.value))
    if _is_list_of_mappings(base) and _is_list_of_mappings(overlay):
        pairs = zip(base.items, overlay.items, strict=False)
        merged = [merge(below, above) for below, above in pairs]
        longer = base.items if len(base.items) > len(overlay.items) else overlay.items
        return replace(overlay, value=[*merged, *longer[len(merged) :]])
    return overlay


def assign(base: Node, keys: Sequence[str], value: Node) -> Node:
    """Return `base` with `value` laid over what `keys` lead to; a key of a list is the number of an item."""
    if not keys:
        return merge(base, value)
    key, rest = keys[0], keys[1:]
    if isinstance(base.value, dict):
        below = base.value.get(key, Node({} if rest else None, value.position, value.position))
        member = replace(assign(below, rest, value), key_position=below.key_position)
        if _takes_away(below, member):
            return base.without(key)
        return replace(base, value={**base.value, key: member})
    if isinstance(base.value, list):
        return _assign_item(base, base.value, key, rest, value)
    raise ConfigError([Problem(f"there is no {key!r} in {base.data()!r}", position=value.position)])


def _assign_item(base: Node, items: list[Node], key: str, rest: Sequence[str], value: Node) -> Node:
    # The number after the last one adds an item.
    if not key.isdecimal() or int(key) > len(items):
        message = f"{key!r} is not the number of an item; there are {len(items)}, counted from 0"
        raise ConfigError([Problem(message, position=value.position)])
    index = int(key)
    below = items[index] if index < len(items) else Node({} if rest else None, value.position)
    return replace(base, value=[*items[:index], assign(below, rest, value), *items[index + 1 :]])


def _merge_members(base: dict[str, Node], overlay: dict[str, Node]) -> dict[str, Node]:
    members = dict(base)
    for key, above in overlay.items():
        below = base.get(key)
        if below is None:
            members[key] = above
        elif _takes_away(below, above):
            del members[key]
        else:
            members[key] = merge(below, above)
    return members


def _takes_away(base: Node, overlay: Node) -> bool:
    return isinstance(base.value, dict) and overlay.value is None


def _is_list_of_mappings(node: Node) -> bool:
    return bool(node.items) and all(isinstance(item.value, dict) for item in node.items)
