"""Many registers of a Unicorn in one call: its Python interface takes a call, and several objects, for each."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from unicorn.unicorn import UcError


class RegisterBlock:
    """Registers that are read or written in this order."""

    def __init__(self, engine: Any, registers: Sequence[int]) -> None:
        self._engine, self._count = engine, len(registers)
        self._values = (ctypes.c_uint64 * self._count)()
        self._registers = (ctypes.c_int * self._count)(*registers)
        start, size = ctypes.addressof(self._values), ctypes.sizeof(ctypes.c_uint64)
        self._places = (ctypes.c_void_p * self._count)(*(start + size * index for index in range(self._count)))

    def write(self, values: Sequence[int]) -> None:
        """Write all of them."""
        self._values[:] = values
        self._check(self._engine._do_reg_write_batch(self._registers, self._places, self._count))

    def read(self) -> list[int]:
        """Read all of them."""
        self._check(self._engine._do_reg_read_batch(self._registers, self._places, self._count))
        return self._values[:]

    def _check(self, status: int) -> None:
        if status:
            raise UcError(status)
