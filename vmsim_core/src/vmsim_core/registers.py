"""Registers declared in a table: offset, name, reset value, access. The declaration makes the state, the checkpoint
fields and the documentation; a device adds behaviour to single registers with the decorators below.

    registers = RegisterTable(size=0x1000)
    load = registers.read_write(0x00, doc="reload value")

    @load.written
    def _restart(self) -> None: ...
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, overload

ReadHandler = Callable[[Any], int]
WriteHandler = Callable[[Any, int], None]
WrittenHandler = Callable[[Any], None]
IndexedReadHandler = Callable[[Any, int], int]
IndexedWriteHandler = Callable[[Any, int, int], None]
R = TypeVar("R", bound=Callable[[Any], int])
W = TypeVar("W", bound=Callable[[Any, int], None])
D = TypeVar("D", bound=Callable[[Any], None])
IR = TypeVar("IR", bound=Callable[[Any, int], int])
B = TypeVar("B", bound="RegisterBase")
IW = TypeVar("IW", bound=Callable[[Any, int, int], None])


class Cell:
    """The value of one register in one device."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value


class CellBank:
    """The values of a register bank in one device."""

    __slots__ = ("values",)

    def __init__(self, values: list[int]) -> None:
        self.values = values


class RegisterBase(ABC):
    """What a single register and a bank of them share."""

    def __init__(
        self,
        offset: int,
        *,
        reset: int,
        readable: bool,
        writable_bits: int,
        stored: bool,
        merge_bytes: bool,
        count: int,
        doc: str,
    ) -> None:
        self.offset = offset
        self.reset = reset
        self.readable = readable
        self.writable_bits = writable_bits
        self.stored = stored
        self.merge_bytes = merge_bytes
        """A narrow write keeps the register's other bytes (byte enables), instead of writing zeros there."""
        self.count = count
        self.doc = doc
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @abstractmethod
    def read_word(self, device: Any, index: int) -> int:
        """Return the 32 bits that a read of register `index` gives."""

    @abstractmethod
    def write_word(self, device: Any, index: int, value: int) -> None:
        """Do what a write of 32 bits to register `index` does."""


class Register(RegisterBase):
    """One 32-bit register. On a device it is a :class:`Cell` with the `value`."""

    _read: ReadHandler | None = None
    _write: WriteHandler | None = None
    _written: WrittenHandler | None = None

    def read(self, handler: R) -> R:
        """Decorate the method that computes what a read gives, instead of the stored value."""
        self._read = handler
        return handler

    def write(self, handler: W) -> W:
        """Decorate the method that does what a write does, instead of storing; it gets the value written."""
        self._write = handler
        return handler

    def written(self, handler: D) -> D:
        """Decorate the method that is called after a write was stored."""
        self._written = handler
        return handler

    @overload
    def __get__(self, instance: None, owner: type) -> Register: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Cell: ...

    def __get__(self, instance: object | None, owner: type) -> Register | Cell:
        if instance is None:
            return self
        # Not a data descriptor: from now on the instance's own attribute is found first.
        cell = Cell(self.reset)
        instance.__dict__[self.name] = cell
        return cell

    def read_word(self, device: Any, index: int) -> int:
        """Return the 32 bits that a read gives."""
        if self._read is not None:
            return self._read(device)
        if not self.stored:
            return self.reset
        cell: Cell = getattr(device, self.name)
        return cell.value

    def write_word(self, device: Any, index: int, value: int) -> None:
        """Do what a write of 32 bits does."""
        if self._write is not None:
            self._write(device, value)
            return
        cell: Cell = getattr(device, self.name)
        cell.value = (cell.value & ~self.writable_bits) | (value & self.writable_bits)
        if self._written is not None:
            self._written(device)


class RegisterBank(RegisterBase):
    """`count` registers of the same kind at consecutive words. On a device it is a :class:`CellBank`."""

    _read: IndexedReadHandler | None = None
    _write: IndexedWriteHandler | None = None

    def read(self, handler: IR) -> IR:
        """Decorate the method that computes what a read of register `index` gives."""
        self._read = handler
        return handler

    def write(self, handler: IW) -> IW:
        """Decorate the method that does what a write to register `index` does: (self, index, value)."""
        self._write = handler
        return handler

    @overload
    def __get__(self, instance: None, owner: type) -> RegisterBank: ...

    @overload
    def __get__(self, instance: object, owner: type) -> CellBank: ...

    def __get__(self, instance: object | None, owner: type) -> RegisterBank | CellBank:
        if instance is None:
            return self
        bank = CellBank([self.reset] * self.count)
        instance.__dict__[self.name] = bank
        return bank

    def read_word(self, device: Any, index: int) -> int:
        """Return the 32 bits that a read of register `index` gives."""
        if self._read is not None:
            return self._read(device, index)
        if not self.stored:
            return self.reset
        bank: CellBank = getattr(device, self.name)
        return bank.values[index]

    def write_word(self, device: Any, index: int, value: int) -> None:
        """Do what a write of 32 bits to register `index` does."""
        if self._write is not None:
            self._write(device, index, value)
            return
        bank: CellBank = getattr(device, self.name)
        bank.values[index] = (bank.values[index] & ~self.writable_bits) | (value & self.writable_bits)


class RegisterTable:
    """The registers of a device type, in a window of `size` bytes."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._by_word: dict[int, tuple[RegisterBase, int]] = {}

    def read_write(
        self, offset: int, reset: int = 0, writable_bits: int = 0xFFFFFFFF, merge_bytes: bool = True, doc: str = ""
    ) -> Register:
        """Declare a register that stores what is written to its writable bits."""
        return self._add(Register(offset, reset=reset, readable=True, writable_bits=writable_bits, stored=True,
                                  merge_bytes=merge_bytes, count=1, doc=doc))  # fmt: skip

    def read_only(self, offset: int, reset: int = 0, doc: str = "") -> Register:
        """Declare a register whose stored value only the device changes; writes are undefined accesses."""
        return self._add(Register(offset, reset=reset, readable=True, writable_bits=0, stored=True,
                                  merge_bytes=False, count=1, doc=doc))  # fmt: skip

    def constant(self, offset: int, value: int, doc: str = "") -> Register:
        """Declare a read-only register that always has the same value and is no state."""
        return self._add(Register(offset, reset=value, readable=True, writable_bits=0, stored=False,
                                  merge_bytes=False, count=1, doc=doc))  # fmt: skip

    def computed(self, offset: int, doc: str = "") -> Register:
        """Declare a read-only register without a value of its own; its `read` method computes it."""
        return self.constant(offset, 0, doc)

    def command(self, offset: int, readable: bool = False, merge_bytes: bool = False, doc: str = "") -> Register:
        """Declare a register without a value of its own: its `write` method acts (its `read` method, if readable,
        computes)."""
        return self._add(Register(offset, reset=0, readable=readable, writable_bits=0xFFFFFFFF, stored=False,
                                  merge_bytes=merge_bytes, count=1, doc=doc))  # fmt: skip

    def bank(
        self,
        offset: int,
        count: int,
        reset: int = 0,
        readable: bool = True,
        writable_bits: int = 0xFFFFFFFF,
        stored: bool = True,
        merge_bytes: bool = True,
        doc: str = "",
    ) -> RegisterBank:
        """Declare `count` registers at consecutive words."""
        return self._add(RegisterBank(offset, reset=reset, readable=readable, writable_bits=writable_bits,
                                      stored=stored, merge_bytes=merge_bytes, count=count, doc=doc))  # fmt: skip

    def identification(self, part: int, designer: int = 0x41, revision: int = 0, configuration: int = 0) -> None:
        """Declare a PrimeCell's identification registers at 0xFE0 to 0xFFC (e.g. ARM DDI 0183, 3.3.16 and on)."""
        peripheral = part | designer << 12 | revision << 20 | configuration << 24
        identification = [peripheral >> shift & 0xFF for shift in (0, 8, 16, 24)] + [0x0D, 0xF0, 0x05, 0xB1]
        for index, value in enumerate(identification):
            register = self.constant(0xFE0 + 4 * index, value, doc="PrimeCell identification")
            register.name = f"{'periph' if index < 4 else 'pcell'}id{index % 4}"

    def find(self, offset: int) -> tuple[RegisterBase, int] | None:
        """Return the register at the word that holds `offset`, with its index in a bank; None where there is none."""
        return self._by_word.get(offset & ~3)

    def __iter__(self) -> Iterator[RegisterBase]:
        for offset in sorted(self._by_word):
            register, index = self._by_word[offset]
            if index == 0:
                yield register

    def _add(self, register: B) -> B:
        for index in range(register.count):
            word = register.offset + 4 * index
            if word in self._by_word:
                raise ValueError(f"two registers are declared at {word:#x}")
            if word + 4 > self.size:
                raise ValueError(f"the register at {word:#x} is outside its window of {self.size:#x} bytes")
            self._by_word[word] = (register, index)
        return register
