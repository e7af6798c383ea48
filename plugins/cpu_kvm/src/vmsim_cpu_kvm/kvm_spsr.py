"""A way round an emulated host that hides the SPSR of the mode that a 32-bit guest is in.

On an ARM processor a hypervisor reaches SPSR_svc and its like in any mode of the guest (ARM DDI 0487, D1.19.1). QEMU's
emulation of EL2 (version 7.2 at least) keeps that of the current mode elsewhere: the kernel reads and writes an old
copy, and the guest goes on with the register of whichever guest ran last. Where a trial shows that, the register is
moved by the guest itself: by a single step of one instruction in a page of its own, with the MMU off.
"""

from __future__ import annotations

import errno
import mmap
import weakref
from ctypes import addressof, c_char
from typing import ClassVar

from vmsim_arch_arm import psr
from vmsim_arch_arm.psr import Mode
from vmsim_core.address_map import AddressMap

from vmsim_cpu_kvm import kvm_api as api
from vmsim_cpu_kvm.kvm_kick import Kick
from vmsim_cpu_kvm.kvm_machine import KvmMachine
from vmsim_cpu_kvm.kvm_registers import PC, PSTATE, SCTLR_EL1, SPSRS, X0, RegisterFile

_MRS_R0_SPSR = 0xE14F0000
_MSR_SPSR_R0 = 0xE16FF000
_ALL_MASKED = psr.A | psr.I | psr.F
_SCTLR_OFF = 0x00C50078
_TRIES = 100
"""A signal may come before the step is done."""


class SpsrKeeper:
    """Moves the SPSR of the current mode where the kernel cannot."""

    _needed: ClassVar[bool | None] = None
    """Whether this host is such a one; None until the first trial."""
    _last: ClassVar[weakref.ref[SpsrKeeper] | None] = None
    """Whose register is in the processor."""

    def __init__(self, machine: KvmMachine, registers: RegisterFile, address_map: AddressMap) -> None:
        self._machine = machine
        self._registers = registers
        self._parked: int | None = None
        self._page: mmap.mmap | None = None
        if SpsrKeeper._needed is False:
            return
        self._page = mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._page[:8] = _MRS_R0_SPSR.to_bytes(4, "little") + _MSR_SPSR_R0.to_bytes(4, "little")
        self._at = _free_page(address_map)
        first = c_char.from_buffer(self._page)
        machine.add_slot(self._at, mmap.PAGESIZE, addressof(first))
        del first
        if SpsrKeeper._needed is None:
            SpsrKeeper._needed = not self._trial()
        if not SpsrKeeper._needed:
            self.close()

    @property
    def emulated(self) -> bool:
        """Whether this host is such a one."""
        return bool(SpsrKeeper._needed)

    def read(self) -> None:
        """Let the kernel have the register of the guest's mode; raises KvmError."""
        register = self._register()
        if register is not None:
            self._registers.write(register, self._take() if self._parked is None else self._parked)

    def write(self) -> None:
        """Let the guest have what the kernel holds for its mode; raises KvmError."""
        register = self._register()
        if register is not None:
            self._park_the_last()
            self._give(self._registers.read(register))
            self._parked = None

    def enter(self) -> None:
        """Make the processor's register this guest's, before it is entered; raises KvmError."""
        if SpsrKeeper._needed:
            self._park_the_last()
            if self._parked is not None:
                self._give(self._parked)
                self._parked = None

    def close(self) -> None:
        """Take the page from the guest."""
        if SpsrKeeper._last is not None and SpsrKeeper._last() is self:
            SpsrKeeper._last = None
        if self._page is not None:
            self._machine.remove_slot()
            self._page.close()
            self._page = None

    def _park_the_last(self) -> None:
        last = None if SpsrKeeper._last is None else SpsrKeeper._last()
        if last is not None and last is not self and last._register() is not None:
            last._parked = last._take()
        SpsrKeeper._last = weakref.ref(self)

    def _register(self) -> int | None:
        """Return KVM's identifier of the SPSR of the guest's mode, where it has one and this host hides it."""
        if not SpsrKeeper._needed:
            return None
        return SPSRS.get(self._registers.read(PSTATE) & psr.MODE)

    def _take(self) -> int:
        return self._step(0, 0)

    def _give(self, value: int) -> None:
        self._step(4, value)

    def _step(self, offset: int, r0: int) -> int:
        """Execute the instruction at `offset` in our page in the guest's mode, and return R0."""
        machine, registers = self._machine, self._registers
        debugged = machine.debugged
        kept = {register: registers.read(register) for register in (X0, PC, PSTATE, SCTLR_EL1)}
        try:
            registers.write(PSTATE, kept[PSTATE] & psr.MODE | _ALL_MASKED)
            registers.write(SCTLR_EL1, _SCTLR_OFF)
            registers.write(PC, self._at + offset)
            registers.write(X0, r0)
            machine.debug(step=True)
            machine.forget_step()
            for _ in range(_TRIES):
                if not machine.enter():
                    Kick.acknowledge()
                if registers.read(PC) != self._at + offset:
                    return registers.read(X0) & 0xFFFFFFFF
            raise api.KvmError(errno.EIO, "the guest does not execute a single step")
        finally:
            for register, value in kept.items():
                registers.write(register, value)
            machine.debug(step=False)
            machine.debug(*debugged)

    def _trial(self) -> bool:
        """Return whether the guest sees what the kernel has been given."""
        seen = []
        self._registers.write(PSTATE, Mode.SVC | _ALL_MASKED)
        for value in (int(Mode.USR), int(Mode.SYS)):
            self._registers.write(SPSRS[Mode.SVC], value)
            seen.append(self._take() == value)
        return all(seen)


def _free_page(address_map: AddressMap) -> int:
    """Return a physical page that nothing of the machine's decodes."""
    page = (1 << 32) - mmap.PAGESIZE
    while address_map.find(page) is not None:
        page -= mmap.PAGESIZE
    return page
