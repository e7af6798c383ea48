"""A virtual machine of the host's kernel with one 32-bit vCPU: file descriptors, memory slots, entering the guest."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
from ctypes import byref
from typing import Any

from vmsim_core.address_map import RamRegion
from vmsim_core.errors import VmsimError

from vmsim_cpu_kvm import kvm_api as api
from vmsim_cpu_kvm.kvm_probe import DEVICE, init_vcpu

_BCR_ENABLED = 1 << 0 | 3 << 1
"""DBGBCR_EL1.E, and PMC: match in user mode and in the privileged modes of the guest (ARM DDI 0487, D13.3.2)."""
_BAS_SHIFT = 5
_PROT_READ, _PROT_WRITE = 1, 2


class KvmMachine:
    """The kernel's half of a vCPU."""

    def __init__(self, regions: list[RamRegion]) -> None:
        """Make one; `regions` become its memory, one slot each. Raises VmsimError."""
        self._descriptors: list[int] = []
        self._memory = [region.ram for region in regions]  # keeps the host's memory alive
        self._page: mmap.mmap | None = None
        self.debugged: tuple[bool, frozenset[int]] = (False, frozenset())
        try:
            self._open(regions)
        except OSError as error:
            self.close()
            raise VmsimError(f"{DEVICE}: {self._doing} failed: {error.strerror}") from None

    def _open(self, regions: list[RamRegion]) -> None:
        self._doing = "opening it"
        self._device = self._keep(os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC))
        self._doing = "making a virtual machine"
        self._vm = self._keep(api.ioctl(self._device, api.CREATE_VM, 0))
        self.hardware_breakpoints = api.ioctl(self._device, api.CHECK_EXTENSION, api.CAP_GUEST_DEBUG_HW_BPS)
        self._slots = 0
        for region in regions:
            self._doing = f"mapping {region.name} at {region.base:#x}"
            self.add_slot(region.base, region.size, region.ram.address + region.offset)
        self._doing = "asking for what the processor does not describe"
        self._enable(api.CAP_ARM_NISV_TO_USER)
        with contextlib.suppress(OSError):
            # A wait of the guest is to show at once as a wait of the thread (Linux 5.8; before, the kernel spins).
            self._enable(api.CAP_HALT_POLL)
        self._doing = "making a 32-bit vCPU"
        self.vcpu = self._keep(api.ioctl(self._vm, api.CREATE_VCPU, 0))
        self.has_performance_monitors = self._init_with_monitors()
        if not self.has_performance_monitors:
            init_vcpu(api.ioctl, self._vm, self.vcpu, ())
        size = api.ioctl(self._device, api.GET_VCPU_MMAP_SIZE, 0)
        self._page = mmap.mmap(self.vcpu, size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self.run = api.Run.from_buffer(self._page)
        self.mmio = api.RunMmio.from_buffer(self._page, api.RUN_UNION)
        self.nisv = api.RunNisv.from_buffer(self._page, api.RUN_UNION)
        self.words = api.RunWords.from_buffer(self._page, api.RUN_UNION)

    def add_slot(self, base: int, size: int, host: int) -> None:
        """Show the guest `size` bytes of the host's memory at `host` at its physical address `base`."""
        memory = api.MemoryRegion(self._slots, 0, base, size, host)
        api.ioctl(self._vm, api.SET_USER_MEMORY_REGION, byref(memory))
        self._slots += 1

    def remove_slot(self) -> None:
        """Take the last one away."""
        self._slots -= 1
        api.ioctl(self._vm, api.SET_USER_MEMORY_REGION, byref(api.MemoryRegion(self._slots)))

    def _keep(self, descriptor: int) -> int:
        self._descriptors.append(descriptor)
        return descriptor

    def _enable(self, capability: int) -> None:
        api.ioctl(self._vm, api.ENABLE_CAP, byref(api.EnableCap(capability)))

    def _init_with_monitors(self) -> bool:
        """Offer the guest performance monitors, as a Cortex-A9 has them, where the host has any to offer."""
        if not api.ioctl(self._device, api.CHECK_EXTENSION, api.CAP_ARM_PMU_V3):
            return False
        init_vcpu(api.ioctl, self._vm, self.vcpu, (api.VCPU_PMU_V3,))
        attribute = api.DeviceAttr(0, api.PMU_V3_CTRL, api.PMU_V3_INIT, 0)
        api.ioctl(self.vcpu, api.SET_DEVICE_ATTR, byref(attribute))
        return True

    def close(self) -> None:
        """Give everything back to the kernel."""
        self.__dict__.pop("run", None)
        for name in ("mmio", "nisv", "words"):
            self.__dict__.pop(name, None)
        if self._page is not None:
            self._page.close()
            self._page = None
        while self._descriptors:
            os.close(self._descriptors.pop())
        self._memory = []

    # --- running ------------------------------------------------------------------------------------------------------

    def enter(self) -> bool:
        """Run the guest; return whether it came back by itself, `run.exit_reason` saying why, and not for a signal.

        Raises KvmError.
        """
        if api.raw_ioctl(self.vcpu, api.RUN, None) == 0:
            return True
        if ctypes.get_errno() == errno.EINTR:
            return False
        raise api.last_error()

    def complete(self) -> None:
        """Let the kernel finish what it waits for, such as a device access, without running on; raises KvmError."""
        self.run.immediate_exit = 1
        try:
            self.enter()
        finally:
            self.run.immediate_exit = 0

    def forget_step(self) -> None:
        """Be ready for another step after one that a signal has ended: the kernel still owes the report of that one."""
        debugged = self.debugged
        self.debug(step=False)
        self.debug(*debugged)

    def describe_exit(self) -> str:
        """Return in one line what the guest came back for, where there is no answer to it."""
        reason, words = self.run.exit_reason, self.words
        name = f"KVM_EXIT_{api.EXIT_NAMES.get(reason, reason)}"
        if reason == api.EXIT_INTERNAL_ERROR:
            return f"{name}, suberror {words.first}, data {' '.join(f'{each:#x}' for each in words.data)}"
        if reason == api.EXIT_FAIL_ENTRY:
            return f"{name}: the host's processor does not enter the guest, reason {words.first:#x}"
        if reason == api.EXIT_SYSTEM_EVENT:
            return f"{name}, type {words.first}: the guest called the host's firmware"
        return name

    def abort_access(self) -> None:
        """Answer the device access that is being served with an external data abort; raises KvmError."""
        api.ioctl(self.vcpu, api.SET_VCPU_EVENTS, byref(api.VcpuEvents(ext_dabt_pending=1)))
        # Otherwise the kernel would finish the access as well, at the next entry but one.
        self.run.exit_reason = api.EXIT_INTR
        self.complete()

    def set_line(self, line: int, level: bool) -> None:
        """Set the level of IRQ_CPU_IRQ or IRQ_CPU_FIQ; raises KvmError."""
        api.ioctl(self._vm, api.IRQ_LINE, byref(api.IrqLevel(line, level)))

    def debug(self, step: bool, breakpoints: frozenset[int] = frozenset()) -> None:
        """Come back after each instruction, and before those at some virtual addresses; raises KvmError."""
        if (step, breakpoints) == self.debugged:
            return
        control = api.GUESTDBG_ENABLE if step or breakpoints else 0
        if step:
            control |= api.GUESTDBG_SINGLESTEP
        if breakpoints:
            control |= api.GUESTDBG_USE_HW
        debug: Any = api.GuestDebug(control)
        for number, address in enumerate(sorted(breakpoints)):
            # Byte address select: the whole word, or its upper halfword for Thumb code (ARM DDI 0487, G2.9.3).
            bytes_selected = 0xC if address & 2 else 0xF
            debug.dbg_bcr[number] = _BCR_ENABLED | bytes_selected << _BAS_SHIFT
            debug.dbg_bvr[number] = address & ~3
        api.ioctl(self.vcpu, api.SET_GUEST_DEBUG, byref(debug))
        self.debugged = step, breakpoints

    # --- memory -------------------------------------------------------------------------------------------------------

    @staticmethod
    def forget(address: int, size: int) -> None:
        """Have the guest see what the host has written to `size` bytes of its own memory at `address`.

        The guest's caches may be off, and its instruction cache knows nothing of stores by the host. The kernel does
        the maintenance that this needs when it maps a page for the guest. So the page is taken from it: changing the
        protection of the host's mapping, and back, drops the guest's.
        """
        start = address & -mmap.PAGESIZE
        length = (address + size + mmap.PAGESIZE - 1 & -mmap.PAGESIZE) - start
        for protection in (_PROT_READ, _PROT_READ | _PROT_WRITE):
            if api.libc.mprotect(ctypes.c_void_p(start), ctypes.c_size_t(length), protection) != 0:
                raise api.last_error()
