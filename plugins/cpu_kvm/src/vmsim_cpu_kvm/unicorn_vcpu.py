"""The `unicorn` engine behind the vCPU interface: moves architectural state in and out of UnicornEngine."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from unicorn import arm_const
from vmsim_arch_arm.fields import Encoding
from vmsim_arch_arm.semihosting import serve_semihosting
from vmsim_arch_arm.state import ArmState, specs
from vmsim_core.address_map import BusError, RamRegion
from vmsim_core.debug import ExceptionObserver
from vmsim_core.ram import Ram

from vmsim_cpu_kvm.a9_registers import A9Registers
from vmsim_cpu_kvm.engine import Vcpu, VcpuExit
from vmsim_cpu_kvm.exclusive_monitor import NO_ADDRESS, find_monitor
from vmsim_cpu_kvm.interpreter import Interpreter
from vmsim_cpu_kvm.run_loop import RunResult
from vmsim_cpu_kvm.unicorn_engine import UnicornEngine

if TYPE_CHECKING:
    from vmsim_core.system import System

_GPRS = [getattr(arm_const, f"UC_ARM_REG_R{number}") for number in range(16)]
_PC = arm_const.UC_ARM_REG_R15
_CPSR = arm_const.UC_ARM_REG_CPSR
_SPSR = arm_const.UC_ARM_REG_SPSR
_FPSCR = arm_const.UC_ARM_REG_FPSCR
_FPEXC = arm_const.UC_ARM_REG_FPEXC
_DOUBLES = [getattr(arm_const, f"UC_ARM_REG_D{number}") for number in range(32)]

# Modes with banked registers (ARM DDI 0406C, B1.3.2), by the suffix of their fields in the ArchState.
_BANKS = {"irq": 0x12, "svc": 0x13, "abt": 0x17, "und": 0x1B, "fiq": 0x11}
_SYSTEM_MODE = 0x1F
_BIG_ENDIAN = 1 << 9  # CPSR.E
_MASKED_SYSTEM = 0x1C0 | _SYSTEM_MODE

# Coprocessor registers that Unicorn keeps bit-exactly.
_COPROCESSOR_FIELDS = [
    "sctlr",
    "cpacr",
    "ttbr0",
    "ttbr1",
    "ttbcr",
    "dacr",
    "dfsr",
    "ifsr",
    "dfar",
    "ifar",
    "par",
    "prrr",
    "nmrr",
    "vbar",
    "fcseidr",
    "contextidr",
    "tpidrurw",
    "tpidruro",
    "tpidrprw",
    "csselr",
    "teecr",
    "teehbr",
    "dbgdscr",
]
_ENCODINGS = {spec.name: spec.encoding for spec in specs() if spec.encoding is not None}
_BREAKPOINT_FIELDS = ("dbgbvr", "dbgbcr", "dbgwvr", "dbgwcr")
_OS_LOCK_ACCESS = (14, 1, 0, 0, 4)
_OS_LOCK_STATUS = (14, 1, 0, 1, 4)
_OS_LOCK_KEY = 0xC5ACCE55
_OS_LOCKED = 1 << 1
_EXCLUSIVE_SIZES = (1, 2, 4, 8)
"""Bytes of LDREXB, LDREXH, LDREX and LDREXD."""

_EXITS = {
    RunResult.REACHED_LIMIT: VcpuExit.LIMIT,
    RunResult.WAITING: VcpuExit.WAITING,
    RunResult.STOPPED: VcpuExit.STOPPED,
    RunResult.ENDLESS_LOOP: VcpuExit.ENDLESS_LOOP,
    RunResult.ENDLESS_EXCEPTIONS: VcpuExit.ENDLESS_EXCEPTIONS,
    RunResult.FAILED: VcpuExit.FAILED,
    RunResult.AT_BREAKPOINT: VcpuExit.BREAKPOINT,
}


def _numbered(name: str, index: int) -> Encoding:
    """Return the encoding of one of the numbered debug registers, whose CRm is the number."""
    coprocessor, crn, opc1, _, opc2 = _ENCODINGS[name]
    return coprocessor, crn, opc1, index, opc2


def split_at_aliases(regions: list[RamRegion]) -> list[tuple[int, Ram, int, int]]:
    """Cut RAM regions so that two pieces show either the same bytes or none in common.

    Returns (base, RAM, offset, size) of each piece: the engine maps one of those that show the same bytes.
    """
    pieces = []
    for region in regions:
        same_ram = [other for other in regions if other.ram is region.ram]
        edges = {edge for other in same_ram for edge in (other.offset, other.offset + other.size)}
        inside = sorted(edge for edge in edges if region.offset <= edge <= region.offset + region.size)
        for start, end in pairwise(inside):
            pieces.append((region.base + start - region.offset, region.ram, start, end - start))
    return pieces


class UnicornVcpu(Vcpu):
    """A vCPU executed by Unicorn; one instruction takes `period` ticks."""

    name = "unicorn"

    def __init__(self, system: System, period: int, cpi: int) -> None:
        address_map = system.address_map
        regions = split_at_aliases(address_map.ram_regions)
        self._engine = UnicornEngine(regions, address_map.read, address_map.write, self._coprocessor, system.events)
        if system.workload.semihosting:
            self._engine.enable_semihosting(serve_semihosting(system, self._engine.read_memory))
        self._interpreter = Interpreter(system, period, self._read_again, self._write_again)
        self._address_map = address_map
        self._period = period
        self._registers = A9Registers(cpi)
        self._suspended_code: dict[int, bytes] | None = None
        # What Unicorn has no place for stays as it was loaded.
        self._carried = ArmState()

    @property
    def retired(self) -> int:
        """Instructions retired since the engine was made."""
        return self._engine.retired

    @property
    def time(self) -> int:
        """The tick at which the next instruction starts."""
        return self._engine.time

    def set_time(self, tick: int) -> None:
        """Let the next instruction start at `tick`."""
        self._engine.set_clock(tick, self._period)

    def run(self, deadline: int, instructions: int) -> VcpuExit:
        """Run up to the first instruction that starts at `deadline` or later, at most `instructions` of them."""
        target = self.retired + instructions
        while (result := self._engine.run(deadline, target - self.retired)) not in _EXITS:
            state = self.save_state()
            if result is RunResult.NEEDS_ALIAS:
                self._engine.map_alias()
                self.load_state(state)
            elif not self._take_external_abort(state):
                return VcpuExit.FAILED
        self.failure = self._engine.failure
        return _EXITS[result]

    def _take_external_abort(self, state: ArmState) -> bool:
        """Take the abort that the bus answered the next instruction with; return whether that can be done."""
        interpreter = self._interpreter
        after = interpreter.execute(state, self.time)
        if after is None or not interpreter.took_exception:
            where = self._engine.refused_address
            self.failure = f"an access to {where:#x} that the bus refused cannot be repeated: {interpreter.failure}"
            return False
        self._engine.take_data_abort(after.dfsr, after.dfar)
        return True

    def _read_again(self, address: int, size: int) -> int:
        self._refuse(address, size)
        return 0

    def _write_again(self, address: int, size: int, _: int) -> None:
        self._refuse(address, size)

    def _refuse(self, address: int, size: int) -> None:
        """Answer as the bus did; what the devices answered before that is unknown to the guest after the abort."""
        if address <= self._engine.refused_address < address + size:
            raise BusError(address)

    def stop(self) -> None:
        """Make `run` come back after the current instruction."""
        self._engine.stop()

    def set_interrupts(self, irq: bool, fiq: bool, fiq_wired: bool) -> None:
        """Set the levels of the interrupt inputs."""
        self._engine.set_interrupts(irq, fiq, fiq_wired)

    def set_breakpoints(self, addresses: frozenset[int]) -> None:
        """Come back from `run` before an instruction at one of these virtual addresses, instead of earlier ones."""
        self._engine.set_breakpoints(addresses)

    def observe_exceptions(self, observer: ExceptionObserver | None) -> None:
        """Call `observer` after each exception that is taken."""
        self._engine.observe_exceptions(observer)

    @property
    def accessing(self) -> int | None:
        """The address of the instruction whose device access is being served."""
        return self._engine.accessing

    def read_memory(self, address: int, size: int) -> bytes | None:
        """Return memory at a virtual address, or None where the guest could not read it."""
        return self._engine.read_memory(address, size)

    def invalidate(self, physical: int, size: int) -> None:
        """Drop the translations of code in RAM that the host has written."""
        self._engine.invalidate(physical, size)

    def counters(self) -> dict[str, int]:
        """Return what the engine counted, by name."""
        return self._engine.counters()

    def close(self) -> None:
        """Let go of the engine."""
        self._engine.close()
        self._interpreter.close()

    def load_state(self, state: ArmState) -> None:
        """Take over an architectural state: banks, VFP and CP15 first, PC and CPSR last."""
        engine = self._engine
        self._carried = state.copy()
        self._registers.load(state, engine.retired)
        for name in _COPROCESSOR_FIELDS:
            engine.write_coprocessor(*_ENCODINGS[name], getattr(state, name))
        for name in _BREAKPOINT_FIELDS:
            for index, value in enumerate(getattr(state, name)):
                engine.write_coprocessor(*_numbered(name, index), value)
        engine.write_coprocessor(*_OS_LOCK_ACCESS, _OS_LOCK_KEY if state.dbgoslock else 0)
        self._load_banks(state)
        engine.write_register(_FPEXC, state.fpexc)
        engine.write_register(_FPSCR, state.fpscr)
        for register, value in zip(_DOUBLES, state.d, strict=True):
            engine.write_double(register, value)
        self._load_monitor(state)
        engine.waiting = state.waiting
        engine.event_register = int(state.event_register)
        engine.write_register(_CPSR, state.cpsr)
        engine.write_register(_PC, state.pc | (state.cpsr >> 5 & 1))
        self._drop_translations()

    def save_state(self) -> ArmState:
        """Give the architectural state."""
        engine = self._engine
        state = self._carried.copy()
        self._registers.save(state, engine.retired)
        for name in _COPROCESSOR_FIELDS:
            setattr(state, name, engine.read_coprocessor(*_ENCODINGS[name]))
        for name in _BREAKPOINT_FIELDS:
            values = getattr(state, name)
            values[:] = [engine.read_coprocessor(*_numbered(name, index)) for index in range(len(values))]
        state.dbgoslock = int(bool(engine.read_coprocessor(*_OS_LOCK_STATUS) & _OS_LOCKED))
        state.cpsr = engine.read_register(_CPSR)
        state.pc = engine.read_register(_PC)
        self._save_banks(state)
        state.fpexc = engine.read_register(_FPEXC)
        state.fpscr = engine.read_register(_FPSCR)
        state.d[:] = [engine.read_double(register) for register in _DOUBLES]
        state.waiting = engine.waiting
        state.event_register = engine.event_register
        engine.write_register(_CPSR, state.cpsr)
        self._save_monitor(state)
        return state

    def suspend(self) -> None:
        """Remember the code that is translated: a flush of all of it costs some 20 ms of translating it again."""
        self._suspended_code = self._engine.code_pages()

    def _drop_translations(self) -> None:
        """Forget translated addresses, and code: what has changed since `suspend`, or all of it."""
        if self._suspended_code is None:
            self._engine.flush()
            return
        self._engine.flush_addresses()
        for address, code in self._engine.code_pages().items():
            if self._suspended_code.get(address) != code:
                self._engine.invalidate(address, len(code))
        self._suspended_code = None

    def _load_monitor(self, state: ArmState) -> None:
        if state.monitor_valid and state.monitor_size in _EXCLUSIVE_SIZES and self._in_ram(state.monitor_address):
            place, size = find_monitor(), state.monitor_size
            self._engine.write_hidden(place.address, state.monitor_virtual_address)
            self._engine.write_hidden(place.value, self._loads(state, state.monitor_address & -size, size))
            self._engine.exclusive_bytes = size
        elif self.retired:
            self._engine.write_hidden(find_monitor().address, NO_ADDRESS)

    def _save_monitor(self, state: ArmState) -> None:
        """Unicorn keeps the address and the value of an exclusive load: it holds while memory has that value."""
        place = find_monitor()
        virtual, value = self._engine.read_hidden(place.address), self._engine.read_hidden(place.value)
        state.monitor_valid = state.monitor_address = state.monitor_size = state.monitor_virtual_address = 0
        physical = None if virtual == NO_ADDRESS else self._engine.translate(virtual)
        if physical is None or not self._in_ram(physical):
            return
        size = self._engine.exclusive_bytes
        if self._loads(state, physical, size) == value:
            state.monitor_valid, state.monitor_address, state.monitor_size = 1, physical, size
            state.monitor_virtual_address = virtual

    def _loads(self, state: ArmState, physical: int, size: int) -> int:
        """Return what a load from RAM gives, extended with zeros."""
        data = self._address_map.read_block(physical, size)
        return int.from_bytes(data, "big" if state.cpsr & _BIG_ENDIAN else "little")

    def _in_ram(self, physical: int) -> bool:
        return isinstance(self._address_map.find(physical), RamRegion)

    def _load_banks(self, state: ArmState) -> None:
        engine = self._engine
        for suffix, mode in _BANKS.items():
            engine.write_register(_CPSR, 0x1C0 | mode)
            engine.write_register(_GPRS[13], getattr(state, f"sp_{suffix}"))
            engine.write_register(_GPRS[14], getattr(state, f"lr_{suffix}"))
            engine.write_register(_SPSR, getattr(state, f"spsr_{suffix}"))
            if suffix == "fiq":
                self._write_gprs(8, state.r8_12_fiq)
        engine.write_register(_CPSR, _MASKED_SYSTEM)
        self._write_gprs(0, state.r)
        self._write_gprs(8, state.r8_12_usr)
        self._write_gprs(13, [state.sp_usr, state.lr_usr])

    def _save_banks(self, state: ArmState) -> None:
        engine = self._engine
        for suffix, mode in _BANKS.items():
            engine.write_register(_CPSR, 0x1C0 | mode)
            setattr(state, f"sp_{suffix}", engine.read_register(_GPRS[13]))
            setattr(state, f"lr_{suffix}", engine.read_register(_GPRS[14]))
            setattr(state, f"spsr_{suffix}", engine.read_register(_SPSR))
            if suffix == "fiq":
                state.r8_12_fiq[:] = self._read_gprs(8, 5)
        engine.write_register(_CPSR, _MASKED_SYSTEM)
        state.r[:] = self._read_gprs(0, 8)
        state.r8_12_usr[:] = self._read_gprs(8, 5)
        state.sp_usr, state.lr_usr = self._read_gprs(13, 2)

    def _write_gprs(self, first: int, values: list[int]) -> None:
        for number, value in enumerate(values, first):
            self._engine.write_register(_GPRS[number], value)

    def _read_gprs(self, first: int, count: int) -> list[int]:
        return [self._engine.read_register(_GPRS[number]) for number in range(first, first + count)]

    def _coprocessor(self, word: int, cpsr: int) -> bool:
        """Execute a trapped MRC or MCR (ARM DDI 0406C, A8.8.98 and A8.8.107); return whether it is defined."""
        encoding = (word >> 16 & 15, word >> 21 & 7, word & 15, word >> 5 & 7)
        target = word >> 12 & 15
        if target == 15:  # MRC to the flags: no register on the trap list has any meaning there
            return False
        # The instruction that is executed has not retired yet.
        retired = self._engine.retired
        if not word >> 20 & 1:
            value = self._engine.read_register(_GPRS[target])
            return self._registers.write(encoding, value, cpsr, retired)
        result = self._registers.read(encoding, cpsr, retired)
        if result is None:
            return False
        self._engine.write_register(_GPRS[target], result)
        return True
