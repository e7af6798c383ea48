"""Unicorn and our engine with every bank of registers: for instructions that change modes, masks and saved state."""

from __future__ import annotations

import random
from typing import Any

from instruction_case import CODE, DATA, MEMORY, WINDOW
from instruction_oracle import GPRS, UnicornSide
from unicorn import arm_const
from unicorn_registers import RegisterBlock
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
_BANK = [arm_const.UC_ARM_REG_SP, arm_const.UC_ARM_REG_LR, arm_const.UC_ARM_REG_SPSR]
_BANKS = [*([arm_const.UC_ARM_REG_CPSR, *_BANK] * len(BANKED)), arm_const.UC_ARM_REG_CPSR, *GPRS[8:13]]
"""What is written of the modes that have registers of their own, each after the mode itself."""
_GENERAL = [arm_const.UC_ARM_REG_CPSR, *GPRS]
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
        self._pc_and_status = RegisterBlock(self.engine, [arm_const.UC_ARM_REG_PC, arm_const.UC_ARM_REG_CPSR])
        self._before = RegisterBlock(self.engine, [*_BANKS, *_GENERAL, arm_const.UC_ARM_REG_CPSR])
        self._modes = {
            bank: RegisterBlock(self.engine, [*_BANK, *(GPRS[8:13] if bank == "fiq" else [])]) for bank in BANKED
        }
        self._general = RegisterBlock(self.engine, _GENERAL[1:])

    def execute(self, code: bytes, state: ArmState, data: bytes, count: int = 1) -> tuple[str, ArmState, bytes]:
        """Execute `count` instructions; return the exception, the state and the memory around DATA."""
        self.engine.mem_write(DATA - WINDOW // 2, data)
        values: list[int] = []
        for bank, mode in BANKED.items():
            values += [0x1C0 | mode, *(getattr(state, f"{name}_{bank}") for name in ("sp", "lr", "spsr"))]
        self._before.write([
            *values, 0x1C0 | Mode.FIQ, *state.r8_12_fiq,
            0x1C0 | Mode.SYS, *state.r, *state.r8_12_usr, state.sp_usr, state.lr_usr, state.cpsr,
        ])  # fmt: skip
        raised = self.side.run(code, bool(state.cpsr & psr.T), count)
        return raised, self._read(), bytes(self.engine.mem_read(DATA - WINDOW // 2, WINDOW))

    def _read(self) -> ArmState:
        write = self.engine.reg_write
        state = Arm().reset_state(0)
        assert isinstance(state, ArmState)
        state.pc, state.cpsr = self._pc_and_status.read()
        for bank, mode in BANKED.items():
            write(arm_const.UC_ARM_REG_CPSR, 0x1C0 | mode)
            sp, lr, spsr, *high = self._modes[bank].read()
            setattr(state, f"sp_{bank}", sp)
            setattr(state, f"lr_{bank}", lr)
            setattr(state, f"spsr_{bank}", spsr)
            if high:
                state.r8_12_fiq[:] = high
        write(arm_const.UC_ARM_REG_CPSR, 0x1C0 | Mode.SYS)
        general = self._general.read()
        state.r[:], state.r8_12_usr[:] = general[:8], general[8:13]
        state.sp_usr, state.lr_usr = general[13:]
        return state


class BankedEngine:
    """Our engine with all its tables. Exceptions are taken."""

    def __init__(self) -> None:
        self.ram = Ram("ram", MEMORY)
        self.engine = self._new_engine()
        self.result: Any = None

    def _new_engine(self) -> ArmEngine:
        return ArmEngine([(0, self.ram, 0, MEMORY)], self._read_device, self._write_device, EventQueue(), tables.rows)

    def _read_device(self, address: int, size: int) -> int:
        return 0

    def _write_device(self, address: int, size: int, value: int) -> None:
        pass

    def execute(self, code: bytes, state: ArmState, data: bytes, count: int = 1) -> tuple[str, ArmState, bytes]:
        """Execute `count` instructions; return the exception, the state and the memory around DATA."""
        if self.engine.failure:  # by an SMC: such an engine does not run any more
            self.engine = self._new_engine()
        engine, view = self.engine, self.ram.view
        view[CODE : CODE + len(code) + 4] = code + bytes(4)
        engine.invalidate(CODE, len(code) + 4)
        view[DATA - WINDOW // 2 : DATA + WINDOW // 2] = data
        engine.load_state(state)
        before = engine.counters()
        self.result = engine.run(1 << 62, count)
        after = engine.counters()
        raised = [name for key, name in _RAISED.items() if after[key] != before[key]]
        saved = Arm().reset_state(0)
        assert isinstance(saved, ArmState)
        engine.save_state(saved)
        return raised[0] if raised else "", saved, bytes(view[DATA - WINDOW // 2 : DATA + WINDOW // 2])


def differences(ours: ArmState, theirs: ArmState) -> list[str]:
    """Return in which core registers two states differ."""
    found = [each for each in ours.differences(theirs) if each.field.split("[")[0] in FIELDS]
    return [f"{each.field} {each.mine:#x} / {each.theirs:#x}" for each in found]
