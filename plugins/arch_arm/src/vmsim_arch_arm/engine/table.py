"""The table of encodings: rows as the manual draws them, and the check that no word fits two of them.

A pattern has a character for each bit, from the highest: ``0`` and ``1`` are fixed, ``-`` and ``+`` are ignored (the
manual's (0) and (1): what else stands there is UNPREDICTABLE), and letters are fields; the bits of one letter are put
together from left to right. Blanks only separate. A row's words are those that
fit its pattern and none of the patterns in `but` (the manual's "SEE ..."); a condition field excludes 1111.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

FIELDS = {
    "c": ("cond",), "S": ("setflags",), "d": ("d",), "n": ("n",), "m": ("m",), "s": ("s",), "t": ("t",), "u": ("t2",),
    "a": ("a",), "D": ("d", "n"), "i": ("immediate",), "y": ("shift_type",), "h": ("shift_amount",), "P": ("index",),
    "U": ("add",), "W": ("wback",), "r": ("registers",), "o": ("option",), "l": ("length",), "g": ("regs",),
}  # fmt: skip
"""The fields of a decoded instruction that a letter fills; D is Rdn, a source and the destination."""

KINDS = ("alu", "multiply", "divide", "load", "store", "branch", "system", "coprocessor", "hint", "barrier",
         "vfp", "simd")  # fmt: skip
"""What instructions are, roughly; operation_classes.py has the finer classes that timing models need."""


class TableError(Exception):
    """A table that contradicts itself."""


@dataclass(frozen=True)
class Cube:
    """The words with `value` in the bits of `mask`."""

    mask: int
    value: int

    def __and__(self, other: Cube) -> Cube | None:
        if (self.value ^ other.value) & self.mask & other.mask:
            return None
        return Cube(self.mask | other.mask, self.value | other.value)

    def contains(self, word: int) -> bool:
        """Whether a word is one of these."""
        return word & self.mask == self.value


@dataclass(frozen=True)
class FieldPart:
    """`width` bits from bit `shift` on, which belong to the field of `letter`."""

    letter: str
    shift: int
    width: int


@dataclass(frozen=True)
class Row:
    """One encoding of an instruction."""

    pattern: str
    name: str
    """As the manual's heading has it."""
    section: str
    """Of DDI 0406C, with the encoding, such as ``A8.8.7 A1``."""
    execute: str
    """The semantic function, ``module.function`` in :mod:`vmsim_arch_arm.semantics`."""
    decode: str = ""
    """The function that finishes decoding, if fields alone do not say everything."""
    kind: str = "alu"
    but: tuple[str, ...] = ()
    """Patterns that are other rows' words."""
    unpredictable: str = ""
    """When a word is UNPREDICTABLE, as a Python expression of the pattern's letters (``d == 15 or n == t``): what it
    does then is whatever the semantic function makes of it."""

    @cached_property
    def cube(self) -> Cube:
        """What the fixed bits say."""
        return parse_cube(self.pattern)

    @cached_property
    def exclusions(self) -> tuple[Cube, ...]:
        """What is not this row although its fixed bits fit."""
        bits = _bits(self.pattern)
        excluded = [parse_cube(each) for each in self.but]
        if "c" in bits:
            excluded.append(parse_cube("".join("1" if bit == "c" else "-" for bit in bits)))
        return tuple(excluded)

    @cached_property
    def parts(self) -> tuple[FieldPart, ...]:
        """The pieces of its fields, from the highest bit."""
        bits = _bits(self.pattern)
        parts: list[FieldPart] = []
        position = 0
        while position < len(bits):
            letter, end = bits[position], position
            while end < len(bits) and bits[end] == letter:
                end += 1
            if letter not in "01-+":
                parts.append(FieldPart(letter, len(bits) - end, end - position))
            position = end
        return tuple(parts)

    def fields_of(self, word: int) -> dict[str, int]:
        """Return the value of each letter in a word."""
        values: dict[str, int] = {}
        for part in self.parts:
            bits = word >> part.shift & (1 << part.width) - 1
            values[part.letter] = values.get(part.letter, 0) << part.width | bits
        return values

    @property
    def size(self) -> int:
        """Bytes of the encoding."""
        return len(_bits(self.pattern)) // 8

    def matches(self, word: int) -> bool:
        """Whether a word is this row's."""
        return self.cube.contains(word) and not any(each.contains(word) for each in self.exclusions)

    def __str__(self) -> str:
        return f"{self.name} ({self.section})"


def parse_cube(pattern: str) -> Cube:
    """Return what the fixed bits of a pattern say."""
    mask = value = 0
    for bit in _bits(pattern):
        mask, value = mask << 1 | (bit in "01"), value << 1 | (bit == "1")
    return Cube(mask, value)


def check(rows: Iterable[Row]) -> None:
    """Raise TableError for a wrong pattern and for two rows that share a word, naming both and the word."""
    rows = list(rows)
    for row in rows:
        unknown = set(_bits(row.pattern)) - set("01-+") - set(FIELDS)
        if len(_bits(row.pattern)) not in (16, 32) or unknown or row.kind not in KINDS:
            raise TableError(f"{row}: {row.pattern!r} of kind {row.kind!r} is no encoding")
        if any(len(_bits(each)) != len(_bits(row.pattern)) for each in row.but):
            raise TableError(f"{row}: an excluded pattern has another length")
    for index, one in enumerate(rows):
        mask, value = one.cube.mask, one.cube.value
        for other in rows[index + 1 :]:
            if (value ^ other.cube.value) & mask & other.cube.mask:
                continue
            shared = one.cube & other.cube
            assert shared is not None
            word = next(_outside(shared, [*one.exclusions, *other.exclusions]), None)
            if word is not None:
                raise TableError(f"{word:#x} is both {one} and {other}")


def _outside(cube: Cube, exclusions: list[Cube]) -> Iterator[int]:
    """Yield words of `cube` that are in none of `exclusions`: none if they cover it."""
    for index, excluded in enumerate(exclusions):
        if cube & excluded is None:
            continue
        free = excluded.mask & ~cube.mask
        # Split at the bits that decide: in each piece one of them differs from the exclusion.
        fixed = cube
        for bit in (1 << position for position in range(free.bit_length()) if free >> position & 1):
            yield from _outside(Cube(fixed.mask | bit, fixed.value | ~excluded.value & bit), exclusions[index + 1 :])
            fixed = Cube(fixed.mask | bit, fixed.value | excluded.value & bit)
        return
    yield cube.value


def _bits(pattern: str) -> str:
    return pattern.replace(" ", "")
