"""The index of a checkpoint: what wrote it, of which machine, and the hash of every file."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from vmsim_core.errors import CheckpointError

FORMAT = "vmsim-checkpoint"
FORMAT_VERSION = 1
INDEX_FILE = "index.json"
STATE_FILE = "state.json"

FileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,200}$")]
"""A file in the folder itself: no separators, so that no name leads elsewhere."""
_NOT_IN_FILE_NAMES = re.compile(r"[^a-z0-9_-]+")

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class FileEntry(BaseModel):
    """A file of the checkpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    size: int = Field(gt=0)
    """Bytes."""
    sha256: Sha256


class MachineIdentity(BaseModel):
    """What a machine must have in common with the one that the checkpoint was taken of."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    platform: str
    architecture: str
    memory: int
    """Bytes."""
    cores: int


class Index(BaseModel):
    """The content of the index file, but for its own hash."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: str
    format_version: int
    tick: int = Field(ge=0, lt=1 << 62)
    """Simulated time since power-on, in picoseconds."""
    instructions: int = Field(ge=0)
    """Retired since power-on."""
    machine: MachineIdentity
    semihosting: bool
    """Whether the program's semihosting calls were served."""
    arguments: list[str]
    """The program's arguments."""
    plugins: dict[str, str]
    """Distributions that took part, with their versions."""
    files: dict[FileName, FileEntry]


def index_text(index: Index) -> bytes:
    """Return the index as the text of its file, with its own hash at the end."""
    content = index.model_dump(mode="json")
    return (json.dumps({**content, "sha256": own_hash(content)}, indent=1, ensure_ascii=False) + "\n").encode()


def parse_index(text: bytes, where: str) -> tuple[Index, str]:
    """Return the index and its hash; raises CheckpointError, beginning with `where`, saying what is wrong."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise CheckpointError(f"{where}: {INDEX_FILE} is damaged or no index of a checkpoint") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{where} is no checkpoint of vmsim: {INDEX_FILE} has another format")
    version = content.get("format_version")
    if type(version) is int and version > FORMAT_VERSION:
        raise CheckpointError(
            f"{where} has format version {version}, from a newer vmsim; this one knows versions up to {FORMAT_VERSION}"
        )
    stated = content.pop("sha256", None)
    if stated != own_hash(content):
        raise CheckpointError(f"{where} is damaged: {INDEX_FILE} does not have the hash that it states")
    try:
        return Index.model_validate(content), str(stated)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise CheckpointError(f"{where}: {INDEX_FILE}: {place}: {first['msg'].lower()}") from None


def own_hash(content: dict[str, Any]) -> str:
    """Return the hash of an index, whatever its layout."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def file_name(*parts: str) -> str:
    """Return a file name made of parts, such as a component's path and what is attached to it."""
    return _NOT_IN_FILE_NAMES.sub("-", "_".join(parts).lower()).lstrip("-_")
