"""The architectural state of a Cortex-A9 core, in the neutral form that every CPU model takes and gives.

References are to the ARM Architecture Reference Manual ARMv7-A (ARM DDI 0406C) and, where marked TRM, to the Cortex-A9
Technical Reference Manual (ARM DDI 0388I). Every banked register has a field of its own; there is no second copy of the
registers of the current mode. There is one security state: monitor mode, its banks and MVBAR do not exist. What the
manual leaves UNKNOWN after reset is zero, so that a run is deterministic. The constants are in `id_registers`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from vmsim_core.architecture import ArchState, Difference
from vmsim_core.errors import CheckpointError
from vmsim_core.section import Section

from vmsim_arch_arm import psr
from vmsim_arch_arm.fields import FieldSpec, register, registers, specs_of
from vmsim_arch_arm.psr import Mode

_BANKS: dict[int, str] = {**{mode: mode.name.lower() for mode in Mode}, Mode.SYS: "usr"}
"""Whose SP and LR a mode uses; System mode shares those of User mode (B1.3.2)."""


@dataclass
class ArmState(ArchState):
    """Everything architectural of one core."""

    # Core registers (B1.3.2), by bank.
    r: list[int] = registers(8, "R0 to R7, which all modes share")
    r8_12_usr: list[int] = registers(5, "R8 to R12 of every mode but FIQ")
    r8_12_fiq: list[int] = registers(5, "R8 to R12 of FIQ mode")
    sp_usr: int = register("SP of User and System mode")
    lr_usr: int = register("LR of User and System mode")
    sp_fiq: int = register("SP of FIQ mode")
    lr_fiq: int = register("LR of FIQ mode")
    sp_irq: int = register("SP of IRQ mode")
    lr_irq: int = register("LR of IRQ mode")
    sp_svc: int = register("SP of Supervisor mode")
    lr_svc: int = register("LR of Supervisor mode")
    sp_abt: int = register("SP of Abort mode")
    lr_abt: int = register("LR of Abort mode")
    sp_und: int = register("SP of Undefined mode")
    lr_und: int = register("LR of Undefined mode")
    pc: int = register("address of the next instruction; bit 0 is clear, CPSR.T says the instruction set")
    cpsr: int = register("current program status, IT state included (B1.3.3)", reset=0x1D3)
    spsr_fiq: int = register("saved program status of FIQ mode")
    spsr_irq: int = register("saved program status of IRQ mode")
    spsr_svc: int = register("saved program status of Supervisor mode")
    spsr_abt: int = register("saved program status of Abort mode")
    spsr_und: int = register("saved program status of Undefined mode")

    # Floating point and Advanced SIMD (A2.6, B6.1).
    d: list[int] = registers(32, "D0 to D31", width=64)
    fpscr: int = register("floating-point status and control")
    fpexc: int = register("floating-point exception control")

    # Identification that differs between cores and hosts (B4.1).
    midr: int = register("main ID: Cortex-A9 r0p0", reset=0x410FC090, host_dependent=True, cp15=(0, 0, 0, 0))
    mpidr: int = register("multiprocessor affinity", reset=0x80000000, host_dependent=True, cp15=(0, 0, 0, 5))
    csselr: int = register("cache size selection", cp15=(0, 2, 0, 0))

    # System control (B4.1).
    sctlr: int = register("system control", reset=0x00C50078, cp15=(1, 0, 0, 0))
    actlr: int = register("auxiliary control (TRM 4.3.10)", host_dependent=True, cp15=(1, 0, 0, 1))
    cpacr: int = register("coprocessor access control", cp15=(1, 0, 0, 2))

    # Memory management (B3, B4.1).
    ttbr0: int = register("translation table base 0", cp15=(2, 0, 0, 0))
    ttbr1: int = register("translation table base 1", cp15=(2, 0, 0, 1))
    ttbcr: int = register("translation table base control", cp15=(2, 0, 0, 2))
    dacr: int = register("domain access control", cp15=(3, 0, 0, 0))
    par: int = register("result of an address translation operation", cp15=(7, 0, 4, 0))
    prrr: int = register("primary region remap", reset=0x00098AA4, cp15=(10, 0, 2, 0))
    nmrr: int = register("normal memory remap", reset=0x44E048E0, cp15=(10, 0, 2, 1))
    fcseidr: int = register("fast context switch: zero, the extension is not there", cp15=(13, 0, 0, 0))
    contextidr: int = register("context ID and ASID", cp15=(13, 0, 0, 1))
    tlb_lockdown: int = register("TLB lockdown (TRM 4.3.15)", host_dependent=True, cp15=(10, 0, 0, 0))

    # Faults (B3.13).
    dfsr: int = register("data fault status", cp15=(5, 0, 0, 0))
    ifsr: int = register("instruction fault status", cp15=(5, 0, 0, 1))
    adfsr: int = register("auxiliary data fault status: not implemented", cp15=(5, 0, 1, 0))
    aifsr: int = register("auxiliary instruction fault status: not implemented", cp15=(5, 0, 1, 1))
    dfar: int = register("data fault address", cp15=(6, 0, 0, 0))
    ifar: int = register("instruction fault address", cp15=(6, 0, 0, 2))

    # Exceptions and software thread IDs (B4.1).
    vbar: int = register("vector base address", cp15=(12, 0, 0, 0))
    tpidrurw: int = register("thread ID, user read and write", cp15=(13, 0, 0, 2))
    tpidruro: int = register("thread ID, user read-only", cp15=(13, 0, 0, 3))
    tpidrprw: int = register("thread ID, privileged only", cp15=(13, 0, 0, 4))

    # ThumbEE (A2.10.1).
    teecr: int = register("ThumbEE configuration", cp14=(0, 6, 0, 0))
    teehbr: int = register("ThumbEE handler base", cp14=(1, 6, 0, 0))

    # Performance monitors (C12, TRM 11).
    pmcr: int = register("control", reset=0x41093000, host_dependent=True, cp15=(9, 0, 12, 0))
    pmcntenset: int = register("counters that are enabled", host_dependent=True, cp15=(9, 0, 12, 1))
    pmovsr: int = register("counters that overflowed", host_dependent=True, cp15=(9, 0, 12, 3))
    pmselr: int = register("the selected counter", host_dependent=True, cp15=(9, 0, 12, 5))
    pmccntr: int = register("cycle counter", host_dependent=True, cp15=(9, 0, 13, 0))
    pmccntr_prescaler: int = register("cycles towards its next step while PMCR.D is set", width=6, host_dependent=True)
    pmuserenr: int = register("access from User mode", host_dependent=True, cp15=(9, 0, 14, 0))
    pmintenset: int = register("counters that interrupt", host_dependent=True, cp15=(9, 0, 14, 1))
    pmevtyper: list[int] = registers(6, "event that each counter counts", host_dependent=True)
    pmevcntr: list[int] = registers(6, "event counters", host_dependent=True)

    # Implementation registers (TRM 4.3).
    power_control: int = register("power control (TRM 4.3.22)", host_dependent=True, cp15=(15, 0, 0, 0))
    diagnostic: int = register("diagnostic, for errata", host_dependent=True, cp15=(15, 0, 0, 1))
    cbar: int = register("private region, set by the board (TRM 4.3.24)", host_dependent=True, cp15=(15, 4, 0, 0))

    # Debug registers that operating systems touch (C11).
    dbgdscr: int = register("debug status and control", host_dependent=True, cp14=(0, 0, 2, 2))
    dbgwfar: int = register("address of the instruction that hit a watchpoint", host_dependent=True, cp14=(0, 0, 6, 0))
    dbgvcr: int = register("vector catch", host_dependent=True, cp14=(0, 0, 7, 0))
    dbgprcr: int = register("power-down control", host_dependent=True, cp14=(1, 0, 4, 4))
    dbgoslock: int = register("OS lock: DBGOSLSR.OSLK", width=1, reset=1, host_dependent=True)
    dbgbvr: list[int] = registers(6, "breakpoint values", host_dependent=True, cp14=(0, 0, 0, 4))
    dbgbcr: list[int] = registers(6, "breakpoint control", host_dependent=True, cp14=(0, 0, 0, 5))
    dbgwvr: list[int] = registers(4, "watchpoint values", host_dependent=True, cp14=(0, 0, 0, 6))
    dbgwcr: list[int] = registers(4, "watchpoint control", host_dependent=True, cp14=(0, 0, 0, 7))

    # What is between instructions.
    monitor_valid: int = register("the local exclusive monitor holds an address (A3.4); it may always be lost", width=1)
    monitor_address: int = register("physical address that the monitor holds")
    monitor_size: int = register("bytes that it covers", width=8)
    monitor_virtual_address: int = register("the address as the program knows it, for engines that compare that")
    event_register: int = register("set by SEV, cleared by WFE (B1.8.13)", width=1)
    waiting: int = register("0 running, 1 in WFI, 2 in WFE (B1.8.13, B1.8.14)", width=2)
    pending_async_abort: int = register("an asynchronous abort waits for CPSR.A", width=1)

    def read_gpr(self, number: int) -> int:
        """Return R0 to R15 as the mode in CPSR sees them (B1.3.2); R15 is `pc`, not what an instruction reads of it."""
        name, index = self._location(number)
        value: Any = getattr(self, name)
        return int(value if index is None else value[index])

    def write_gpr(self, number: int, value: int) -> None:
        """Write the 32-bit `value` to R0 to R15 as the mode in CPSR sees them."""
        name, index = self._location(number)
        if index is None:
            setattr(self, name, value)
        else:
            getattr(self, name)[index] = value

    def copy(self) -> Self:
        """Return an independent copy."""
        return copy.deepcopy(self)

    def differences(self, other: Self) -> list[Difference]:
        """Return every field, or element of one such as ``d[7]``, in which `other` differs."""
        found = []
        for spec in specs():
            mine, theirs = getattr(self, spec.name), getattr(other, spec.name)
            if mine == theirs:
                continue
            if spec.count == 1:
                found.append(Difference(spec.name, mine, theirs, spec.host_dependent))
                continue
            for index, (one, another) in enumerate(zip(mine, theirs, strict=True)):
                if one != another:
                    found.append(Difference(f"{spec.name}[{index}]", one, another, spec.host_dependent))
        return found

    def serialize(self, section: Section) -> None:
        """Write every field as ``arm.NAME``."""
        for spec in specs():
            section.put(f"arm.{spec.name}", getattr(self, spec.name))

    def deserialize(self, section: Section) -> None:
        """Take every field; raises CheckpointError, having changed nothing, if one is missing or impossible."""
        taken = self.copy()
        for spec in specs():
            setattr(taken, spec.name, _checked(spec, section))
        if taken.cpsr & psr.MODE not in _BANKS:
            raise CheckpointError(f"{section.path}.arm.cpsr: {taken.cpsr:#x} names no mode of this core")
        if taken.waiting > 2:
            raise CheckpointError(f"{section.path}.arm.waiting: {taken.waiting} is none of 0, 1 and 2")
        vars(self).update(vars(taken))

    def _location(self, number: int) -> tuple[str, int | None]:
        """Return the field that holds a register in the current mode, and the index in it if it is a list."""
        mode = self.cpsr & psr.MODE
        if number < 8:
            return "r", number
        if number < 13:
            return "r8_12_fiq" if mode == Mode.FIQ else "r8_12_usr", number - 8
        return {13: f"sp_{_BANKS[mode]}", 14: f"lr_{_BANKS[mode]}", 15: "pc"}[number], None


@cache
def specs() -> tuple[FieldSpec, ...]:
    """Return the declarations of all fields, in their order."""
    return tuple(specs_of(ArmState))


def _checked(spec: FieldSpec, section: Section) -> int | list[int]:
    name = f"arm.{spec.name}"
    value: int | list[int] = section.get_int(name) if spec.count == 1 else section.get_ints(name)
    values = [value] if isinstance(value, int) else value
    if len(values) != spec.count:
        raise CheckpointError(f"{section.path}.{name}: has {len(values)} values instead of {spec.count}")
    for element in values:
        if not 0 <= element < 1 << spec.width:
            raise CheckpointError(f"{section.path}.{name}: {element:#x} does not fit into {spec.width} bits")
    return value
