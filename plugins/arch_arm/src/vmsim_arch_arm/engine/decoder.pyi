from typing import Any

from vmsim_arch_arm.engine.table import Row

class InstructionSet:
    names: list[str]

    def __init__(self, rows: list[Row], undefined: str, width: int) -> None: ...
    def describe(self, word: int, size: int) -> dict[str, Any] | None: ...
