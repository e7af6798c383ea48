"""Sections as text: JSON with a line for each field, so that people, grep and diff can work with it.

A field is ``{"type": "int", "unit": "ticks", "value": 42}``. Integers without a unit are bits, in hexadecimal; bytes
are hexadecimal texts. Attached data stands in a file of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as Declared

from vmsim_core.checkpoint.index import STATE_FILE, FileName
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Attachment, Field, Section, Value

_SMALL = 10
_MAX_DIGITS = 40
"""Of an integer: more than any register or counter has."""


class _StoredField(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    type: str
    unit: str = ""
    value: bool | int | str | list[int | str]


class _StoredAttachment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    file: FileName
    size: int = Declared(gt=0)


class _StoredSection(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    kind: str
    version: int = Declared(ge=1)
    plugin: str
    params: dict[str, Any]
    fields: dict[str, _StoredField]
    attachments: dict[str, _StoredAttachment] = {}


OpenAttachment = Callable[[str, int], Attachment]
"""Returns the attachment in the file of that name, which has so many bytes when it is unpacked."""


def sections_text(sections: Iterable[Section], files: dict[tuple[str, str], str]) -> bytes:
    """Return sections as text; `files` are the file names of attachments by section path and name."""
    return ("{\n" + ",\n".join(_section_text(section, files) for section in sections) + "\n}\n").encode()


def parse_sections(text: bytes, where: str, open_attachment: OpenAttachment) -> dict[str, Section]:
    """Return the sections by path; raises CheckpointError, beginning with `where`, for what is no such text."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise CheckpointError(f"{where}: {STATE_FILE} is no text of sections") from None
    if not isinstance(content, dict):
        raise CheckpointError(f"{where}: {STATE_FILE} is no text of sections")
    return {path: _parse_section(path, stored, where, open_attachment) for path, stored in content.items()}


def value_text(field: Field) -> str:
    """Return a field's value as the text has it."""
    return json.dumps(_plain(field.value, field.unit), ensure_ascii=False)


def _section_text(section: Section, files: dict[tuple[str, str], str]) -> str:
    lines = [f'"kind": {json.dumps(section.kind)}, "version": {section.version}']
    lines.append(f'"plugin": {json.dumps(section.plugin)}')
    lines.append(f'"params": {json.dumps(section.params, ensure_ascii=False)}')
    lines.append(_group("fields", [(name, _field_text(field)) for name, field in section.fields.items()]))
    if section.attachments:
        entries = [
            (name, json.dumps({"file": files[section.path, name], "size": attachment.size}))
            for name, attachment in section.attachments.items()
        ]
        lines.append(_group("attachments", entries))
    return f"{json.dumps(section.path)}: {{\n  " + ",\n  ".join(lines) + "\n}"


def _group(name: str, entries: list[tuple[str, str]]) -> str:
    inside = ",\n".join(f"    {json.dumps(key, ensure_ascii=False)}: {text}" for key, text in entries)
    return f'"{name}": {{\n{inside}\n  }}' if entries else f'"{name}": {{}}'


def _field_text(field: Field) -> str:
    unit = f' "unit": {json.dumps(field.unit, ensure_ascii=False)},' if field.unit else ""
    return f'{{"type": "{field.type_name}",{unit} "value": {value_text(field)}}}'


def _plain(value: Value, unit: str) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_plain(each, unit) for each in value]
    if isinstance(value, int) and not isinstance(value, bool) and not unit and value >= _SMALL:
        return hex(value)
    return value


def _parse_section(path: str, stored: Any, where: str, open_attachment: OpenAttachment) -> Section:
    place = f"{where}: {STATE_FILE}: {path}"
    try:
        data = _StoredSection.model_validate(stored)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise CheckpointError(f"{place}.{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from None
    section = Section(path, data.kind, data.version, plugin=data.plugin, params=data.params)
    for name, field in data.fields.items():
        section.fields[name] = Field(_parse_value(field, f"{place}.{name}"), field.unit)
    for name, attachment in data.attachments.items():
        section.attachments[name] = open_attachment(attachment.file, attachment.size)
    return section


def _parse_value(field: _StoredField, place: str) -> Value:
    value = field.value
    try:
        if field.type == "bool" and isinstance(value, bool):
            return value
        if field.type == "int":
            return _integer(value)
        if field.type == "str" and isinstance(value, str):
            return value
        if field.type == "bytes" and isinstance(value, str):
            return bytes.fromhex(value)
        if field.type == "ints" and isinstance(value, list):
            return [_integer(each) for each in value]
    except ValueError:
        pass
    raise CheckpointError(f"{place}: {str(value)[:40]!r} is no value of type {field.type}")


def _integer(value: Any) -> int:
    if isinstance(value, str) and value.startswith("0x") and len(value) <= _MAX_DIGITS:
        return int(value, 16)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError
