"""Unicorn and our engine with every bank of registers: for instructions that change modes, masks and saved state."""

from __future__ import annotations

import random
from typing import Any

from instruction_case import CODE, DATA, MEMORY, WINDOW
from instruction_oracle import UnicornSide
from unicorn import arm_const
from unicorn.unicorn import UcError
from unicorn.unicorn_const import UC_ERR_FETCH_PROT, UC_ERR_FETCH_UNMAPPED
from vmsim_arch_arm import psr, tables
from vmsim_arch_arm.architecture import Arm
from vmsim_arch_arm.engine.arm_engine import ArmEngine
from vmsim_arch_arm.psr import Mode
from vmsim_arch_arm.state import ArmState
from vmsim_core.events import EventQueue
from vmsim_core.ram import Ram

BANKED = {"irq": Mode.IRQ, "svc": Mode.SVC, "abt": Mode.ABT, "und": Mode.UND, "fiq": Mode.FIQ}
"""Modes with SP, LR and SPSR of their own, by the suffix of their fields."""

FIELDS = (
    "r", "r8_12_usr", "r8_12_fiq", "cpsr", "pc", "sp_usr", "lr_usr",
    *(f"{name}_{bank}" for bank in BANKED for name in ("sp", "lr", "spsr")),
)  # fmt: skip
"""What is compared."""

_RAISED = {
    "undefined": "undefined", "supervisor_calls": "supervisor call", "prefetch_aborts": "prefetch abort",
    "data_aborts": "data abort", "interrupts": "interrupt", "breakpoints": "breakpoint",
}  # fmt: skip
_SCR = (15, 0, 0, 1, 1, 0, 0)
_FIQ_AND_ABORT_MASKS_WRITABLE = 0x31
"""Non-secure, as Unicorn starts; SCR.AW and SCR.FW: otherwise CPSR.A and CPSR.F could not be written (B1.5.6)."""


def random_status(rng: random.Random, thumb: int | None = None) -> int:
    """Return a CPSR of a mode of this core, outside an IT block."""
    status = rng.getrandbits(32) & (psr.N | psr.Z | psr.C | psr.V | psr.Q | psr.GE | psr.A | psr.I | psr.F)
    thumb = rng.getrandbits(1) if thumb is None else thumb
    return status | rng.choice(list(Mode)) | (psr.T if thumb else 0)


def random_state(rng: random.Random, thumb: bool, stacks: int | None = None) -> ArmState:
    """Return a state with every bank filled; `stacks` is where all stack pointers lead to, if given."""
    state = Arm().reset_state(0)
    assert isinstance(state, ArmState)
    state.r[:] = [rng.getrandbits(32) for _ in range(8)]
    state.r8_12_usr[:] = [rng.getrandbits(32) for _ in range(5)]
    state.r8_12_fiq[:] = [rng.getrandbits(32) for _ in range(5)]
    for bank in ("usr", *BANKED):
        setattr(state, f"sp_{bank}", rng.getrandbits(32) if stacks is None else stacks)
        setattr(state, f"lr_{bank}", rng.getrandbits(32))
    for bank in BANKED:
        setattr(state, f"spsr_{bank}", random_status(rng))
    state.cpsr = random_status(rng, thumb)
    state.pc = CODE
    return state


class BankedUnicorn:
    """Unicorn, which does not take exceptions but says which."""

    def __init__(self) -> None:
        self.side = UnicornSide()
        self.engine: Any = self.side.engine
        self.engine.reg_write(arm_const.UC_ARM_REG_CP_REG, (*_SCR, _FIQ_AND_ABORT_MASKS_WRITABLE))

    def execute(self, code: bytes, state: ArmState, data: bytes, count: int = 1) -> tuple[str, ArmState, bytes]:
        """Execute `count` instructions; return the exception, the state and the memory around DATA."""
        engine, thumb = self.engine, state.cpsr & psr.T
        self.side._exception = ""
        engine.mem_write(CODE, code + bytes(4))
        engine.ctl_remove_cache(CODE, CODE + len(code) + 4)
        engine.mem_write(DATA - WINDOW // 2, data)
        self._write(state)
        try:
            engine.emu_start(CODE | bool(thumb), CODE + len(code), count=count)
        except UcError as error:
            if error.errno not in (UC_ERR_FETCH_UNMAPPED, UC_ERR_FETCH_PROT):
                self.side._exception = self.side._exception or "undefined"
        return self.side._exception, self._read(state), bytes(engine.mem_read(DATA - WINDOW // 2, WINDOW))

    def _write(self, state: ArmState) -> None:
        write = self.engine.reg_write
        for bank, mode in BANKED.items():
            write(arm_const.UC_ARM_REG_CPSR, 0x1C0 | mode)
            write(arm_const.UC_ARM_REG_SP, getattr(state, f"sp_{bank}"))
            write(arm_const.UC_ARM_REG_LR, getattr(state, f"lr_{bank}"))
            write(arm_const.UC_ARM_REG_SPSR, getattr(state, f"spsr_{bank}"))
            if bank == "fiq":
                self._write_from(8, state.r8_12_fiq)
        write(arm_const.UC_ARM_REG_CPSR, 0x1C0 | Mode.SYS)
        self._write_from(0, [*state.r, *state.r8_12_usr, state.sp_usr, state.lr_usr])
        write(arm_const.UC_ARM_REG_CPSR, state.cpsr)

    def _read(self, before: ArmState) -> ArmState:
        read, write = self.engine.reg_read, self.engine.reg_write
        state = before.copy()
        state.cpsr, state.pc = read(arm_const.UC_ARM_REG_CPSR), read(arm_const.UC_ARM_REG_PC)
        for bank, mode in BANKED.items():
            write(arm_const.UC_ARM_REG_CPSR, 0x1C0 | mode)
            setattr(state, f"sp_{bank}", read(arm_const.UC_ARM_REG_SP))
            setattr(state, f"lr_{bank}", read(arm_const.UC_ARM_REG_LR))
            setattr(state, f"spsr_{bank}", read(arm_const.UC_ARM_REG_SPSR))
            if bank == "fiq":
                state.r8_12_fiq[:] = self._read_from(8, 5)
        write(arm_const.UC_ARM_REG_CPSR, 0x1C0 | Mode.SYS)
        state.r[:], state.r8_12_usr[:] = self._read_from(0, 8), self._read_from(8, 5)
        state.sp_usr, state.lr_usr = self._read_from(13, 2)
        return state

    def _write_from(self, first: int, values: list[int]) -> None:
        for number, value in enumerate(values, first):
            self.engine.reg_write(getattr(arm_const, f"UC_ARM_REG_R{number}"), value)

    def _read_from(self, first: int, count: int) -> list[int]:
        return [self.engine.reg_read(getattr(arm_const, f"UC_ARM_REG_R{first + index}")) for index in range(count)]


class BankedEngine:
    """Our engine with all its tables. Exceptions are taken."""

    def __init__(self) -> None:
        self.ram = Ram("ram", MEMORY)
        self.engine = ArmEngine(
            [(0, self.ram, 0, MEMORY)], self._read_device, self._write_device, EventQueue(), tables.rows
        )
        self.result: Any = None

    def _read_device(self, address: int, size: int) -> int:
        return 0

    def _write_device(self, address: int, size: int, value: int) -> None:
        pass

    def execute(self, code: bytes, state: ArmState, data: bytes, count: int = 1) -> tuple[str, ArmState, bytes]:
        """Execute `count` instructions; return the exception, the state and the memory around DATA."""
        engine, view = self.engine, self.ram.view
        view[CODE : CODE + len(code) + 4] = code + bytes(4)
        engine.invalidate(CODE, len(code) + 4)
        view[DATA - WINDOW // 2 : DATA + WINDOW // 2] = data
        engine.load_state(state)
        before = engine.counters()
        self.result = engine.run(1 << 62, count)
        after = engine.counters()
        raised = [name for key, name in _RAISED.items() if after[key] != before[key]]
        saved = engine.save_state(state.copy())
        return raised[0] if raised else "", saved, bytes(view[DATA - WINDOW // 2 : DATA + WINDOW // 2])


def differences(ours: ArmState, theirs: ArmState) -> list[str]:
    """Return in which core registers two states differ."""
    found = [each for each in ours.differences(theirs) if each.field.split("[")[0] in FIELDS]
    return [f"{each.field} {each.mine:#x} / {each.theirs:#x}" for each in found]
