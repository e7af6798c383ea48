ABI_VERSION: int

class Ram:
    """`size` bytes of guest RAM, zero at first; offsets count from its own start."""

    size: int
    name: str
    def __init__(self, name: str, size: int) -> None: ...
    @property
    def address(self) -> int:
        """The host address of the first byte."""
    @property
    def view(self) -> memoryview:
        """The bytes as a writable memoryview; whoever writes through it must tell the CPUs."""
    def clear(self) -> None:
        """Make every byte zero, and give the memory back to the host."""
    def first_difference(self, other: Ram) -> int | None:
        """Return the offset of the first 4 KiB page in which another RAM of the same size differs, or None."""
    def touched_pages(self) -> list[int]:
        """Return the offsets of the 4 KiB pages that are not all zero, in order."""
