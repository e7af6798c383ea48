"""A core as GDB sees it: the registers of its ARM features, and ours (GDB manual, G.5.3)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from vmsim_core.architecture import ArchState
from vmsim_core.debugger import DebuggerFeature, DebuggerRegister, DebuggerView, ReadMemory
from vmsim_core.errors import VmsimError

from vmsim_arch_arm import psr
from vmsim_arch_arm.page_tables import translate
from vmsim_arch_arm.psr import Mode
from vmsim_arch_arm.state import ArmState, specs

_BANKED = ("sp_usr", "lr_usr", *(f"{name}_{mode}" for mode in ("fiq", "irq", "svc", "abt", "und")
                                 for name in ("sp", "lr", "spsr")))  # fmt: skip
_MONITORS = ("pmevtyper", "pmevcntr")
"""System registers that no single MRC reads, so that their fields say no encoding."""


class ArmDebuggerView(DebuggerView):
    """R0 to R15 and CPSR, VFP and Advanced SIMD, the banked registers, CP15 and CP14."""

    gdb_architecture = "arm"
    mode_register = "cpsr"
    # As the architecture has it (ARM DDI 0406C, C4.4: the return address of a watchpoint is not defined) and GDB's
    # arm-tdep.c assumes.
    stops_before_watched_access = True

    @cached_property
    def features(self) -> tuple[DebuggerFeature, ...]:
        """All registers, in the order of their numbers."""
        return (
            DebuggerFeature("org.gnu.gdb.arm.core", _core_registers()),
            DebuggerFeature("org.gnu.gdb.arm.vfp", _vfp_registers()),
            DebuggerFeature("org.gnu.gdb.arm.neon", ()),
            DebuggerFeature("org.vmsim.arm.banked", _banked_registers()),
            DebuggerFeature("org.vmsim.arm.system", _system_registers()),
        )

    @cached_property
    def _places(self) -> dict[str, tuple[str, int | None]]:
        """The field that holds a register, and the index in it if it is a list; R0 to R15 depend on the mode."""
        places: dict[str, tuple[str, int | None]] = {}
        for spec in specs():
            if spec.count == 1:
                places[spec.name] = spec.name, None
            else:
                places.update({f"{spec.name}{index}": (spec.name, index) for index in range(spec.count)})
        for mode in ("usr", "fiq"):
            places.update({f"r{8 + index}_{mode}": (f"r8_12_{mode}", index) for index in range(5)})
        return places

    def read(self, state: ArchState, register: str) -> int:
        """Return a register's value."""
        assert isinstance(state, ArmState)
        if register in _NUMBERS:
            return state.read_gpr(_NUMBERS[register])
        name, index = self._places[register]
        value: Any = getattr(state, name)
        return int(value if index is None else value[index])

    def write(self, state: ArchState, register: str, value: int) -> None:
        """Change a register in `state`; raises VmsimError for a value that it cannot have."""
        assert isinstance(state, ArmState)
        if register in _SPECIAL:
            _SPECIAL[register](state, value)
        elif register in _NUMBERS:
            state.write_gpr(_NUMBERS[register], value)
        else:
            name, index = self._places[register]
            if index is None:
                setattr(state, name, value)
            else:
                getattr(state, name)[index] = value

    def translate(self, state: ArchState, address: int, read: ReadMemory) -> int | None:
        """Return the physical address that a virtual one means, whatever the permissions; None where there is none."""
        assert isinstance(state, ArmState)
        return translate(state, address, read)


_NUMBERS = {**{f"r{number}": number for number in range(13)}, "sp": 13, "lr": 14, "pc": 15}


def _core_registers() -> tuple[DebuggerRegister, ...]:
    types = {"sp": "data_ptr", "pc": "code_ptr"}
    names = (*_NUMBERS, "cpsr")
    return tuple(DebuggerRegister(name, type=types.get(name, "uint32"), group="general") for name in names)


def _vfp_registers() -> tuple[DebuggerRegister, ...]:
    doubles = tuple(DebuggerRegister(f"d{number}", 64, "ieee_double", "float") for number in range(32))
    return (*doubles, DebuggerRegister("fpscr", type="int", group="float"))


def _banked_registers() -> tuple[DebuggerRegister, ...]:
    high = tuple(f"r{number}_{mode}" for mode in ("usr", "fiq") for number in range(8, 13))
    types = {name: "data_ptr" for name in _BANKED if name.startswith("sp_")}
    return tuple(
        DebuggerRegister(name, type=types.get(name, "uint32"), group="banked", saved=False)
        for name in (*high, *_BANKED)
    )


def _system_registers() -> tuple[DebuggerRegister, ...]:
    """FPEXC, and everything with an encoding in coprocessor 15 or 14."""
    names = ["fpexc"]
    for spec in specs():
        if spec.encoding is not None or spec.name in _MONITORS:
            names += [spec.name] if spec.count == 1 else [f"{spec.name}{index}" for index in range(spec.count)]
    return tuple(DebuggerRegister(name, type="uint32", group="system", saved=False) for name in names)


def _write_pc(state: ArmState, value: int) -> None:
    """A core that is sent elsewhere does not wait any more, and is in no IT block."""
    state.pc = value & (~1 if state.cpsr & psr.T else ~3)
    state.waiting = 0
    state.cpsr &= ~psr.IT


def _write_cpsr(state: ArmState, value: int) -> None:
    if value & psr.MODE not in set(Mode):
        raise VmsimError(f"cpsr {value:#010x}: this core has no mode {value & psr.MODE:#x}")
    if value & psr.J:
        raise VmsimError(f"cpsr {value:#010x}: this core has neither Jazelle nor ThumbEE code (bit 24)")
    state.cpsr = value


_SPECIAL: dict[str, Callable[[ArmState, int], None]] = {"pc": _write_pc, "cpsr": _write_cpsr}
