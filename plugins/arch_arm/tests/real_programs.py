"""Code that compilers made: Debian's C library, busybox and kernel for armhf, through the guests' cache.

A stripped file does not say where its ARM code is, its Thumb code and its data. So everything that could be an
instruction is taken: every aligned word, for ARM, and for Thumb every halfword that begins a word, with the next one.
All instructions are among these; the others do no harm, because both sides have to agree about any word.
"""

from __future__ import annotations

import lzma
import re
from array import array
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

FIRST_OF_TWO = 0xE800
"""Halfwords from here on are the first of a 32-bit Thumb instruction (A6.1)."""
FILES = {
    "libc": ("libc6", r"\./(usr/)?lib/arm-linux-gnueabihf/libc\.so\.6"),
    "busybox": ("busybox-static", r"\./(usr/)?bin/busybox"),
}
"""Debian packages, and the names of files in them."""
KERNEL = "kernel"
PROGRAMS = (*FILES, KERNEL)
_XZ = re.compile(rb"\xfd7zXZ\0")


@cache
def code_of(program: str) -> bytes:
    """Return the executable sections of a program, or the kernel's whole image, which has no sections.

    Raises vmsim_guests.errors.GuestError where Debian's archive cannot be reached and the cache has them not.
    """
    from vmsim_guests import guest_path
    from vmsim_guests.cache import cache_root
    from vmsim_guests.debian import DebianArchive

    if program == KERNEL:
        return unpacked(guest_path("debian-armmp").read_bytes())
    package, name = FILES[program]
    with TemporaryDirectory() as folder:
        path = Path(folder, program)
        DebianArchive(cache_root()).package(package).extract(name, path)
        with path.open("rb") as file:
            sections = ELFFile(file).iter_sections("SHT_PROGBITS")
            return b"".join(each.data() for each in sections if each["sh_flags"] & SH_FLAGS.SHF_EXECINSTR)


def unpacked(zimage: bytes) -> bytes:
    """Return the kernel in a zImage: what the first xz stream holds that is one."""
    for found in _XZ.finditer(zimage):
        try:
            return lzma.LZMADecompressor().decompress(zimage[found.start() :])
        except lzma.LZMAError:
            continue  # the letters are in the code that unpacks, too
    raise AssertionError("the zImage is not packed with xz")


def words_of(code: bytes, instruction_set: str) -> Iterator[int]:
    """Yield the different words that may be instructions of ``ARM`` or ``THUMB32``, in rising order."""
    if instruction_set == "ARM":
        words = array("I", code[: len(code) & ~3])
        yield from sorted(set(words))
    else:
        halfwords = array("H", code[: len(code) & ~1])
        pairs = pairwise(halfwords)
        yield from sorted({first << 16 | second for first, second in pairs if first >= FIRST_OF_TWO})
