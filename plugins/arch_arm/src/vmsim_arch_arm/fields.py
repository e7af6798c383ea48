"""How a field of the architectural state is declared: its width, its reset value, and what it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields
from typing import Any

Encoding = tuple[int, int, int, int, int]
"""Coprocessor, CRn, opc1, CRm, opc2 of the MRC that reads the register; of a list's first, CRm counts on from there."""


@dataclass(frozen=True)
class FieldSpec:
    """One field: a register, or `count` registers of the same kind."""

    name: str
    width: int
    """Bits."""
    count: int
    reset: int
    doc: str
    host_dependent: bool
    """Fixed by the host's CPU under hardware virtualisation: kept outside it, reported, not compared."""
    encoding: Encoding | None


def register(
    doc: str,
    *,
    width: int = 32,
    reset: int = 0,
    host_dependent: bool = False,
    cp15: tuple[int, int, int, int] | None = None,
    cp14: tuple[int, int, int, int] | None = None,
) -> Any:
    """Declare one register; `cp15` and `cp14` are (CRn, opc1, CRm, opc2)."""
    encoding = (15, *cp15) if cp15 is not None else (14, *cp14) if cp14 is not None else None
    return field(default=reset, metadata=_metadata(doc, width, 1, reset, host_dependent, encoding))


def registers(
    count: int,
    doc: str,
    *,
    width: int = 32,
    reset: int = 0,
    host_dependent: bool = False,
    cp14: tuple[int, int, int, int] | None = None,
) -> Any:
    """Declare `count` registers that one list holds; `cp14` is (CRn, opc1, CRm, opc2) of the first, CRm counts on."""
    encoding = (14, *cp14) if cp14 is not None else None
    return field(
        default_factory=lambda: [reset] * count,
        metadata=_metadata(doc, width, count, reset, host_dependent, encoding),
    )


def _metadata(
    doc: str, width: int, count: int, reset: int, host_dependent: bool, encoding: Encoding | None
) -> dict[str, Any]:
    return {
        "doc": doc,
        "width": width,
        "count": count,
        "reset": reset,
        "host_dependent": host_dependent,
        "encoding": encoding,
    }


def specs_of(state_type: Any) -> Iterator[FieldSpec]:
    """Yield the declarations of a state class, in their order."""
    declared: Field[Any]
    for declared in fields(state_type):
        yield FieldSpec(name=declared.name, **declared.metadata)
