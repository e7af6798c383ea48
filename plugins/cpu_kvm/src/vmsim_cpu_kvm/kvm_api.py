"""The kernel's KVM interface as far as the `kvm` engine uses it: request numbers, constants and structures.

From Linux, include/uapi/linux/kvm.h and arch/arm64/include/uapi/asm/kvm.h; the interface is described in
Documentation/virt/kvm/api.rst. A test compiles every number here against the kernel's own headers.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import Structure, c_int, c_uint8, c_uint16, c_uint32, c_uint64, c_ulong, c_void_p
from typing import Any

API_VERSION = 12

# Capabilities (KVM_CHECK_EXTENSION).
CAP_USER_MEMORY = 3
CAP_SET_GUEST_DEBUG = 23
CAP_ONE_REG = 70
CAP_ARM_EL1_32BIT = 93
CAP_GUEST_DEBUG_HW_BPS = 119
CAP_ARM_PMU_V3 = 126
CAP_IMMEDIATE_EXIT = 136
CAP_ARM_NISV_TO_USER = 177
CAP_ARM_INJECT_EXT_DABT = 178
CAP_HALT_POLL = 182

# Why KVM_RUN came back (kvm_run.exit_reason).
EXIT_DEBUG = 4
EXIT_MMIO = 6
EXIT_FAIL_ENTRY = 9
EXIT_INTR = 10
EXIT_INTERNAL_ERROR = 17
EXIT_SYSTEM_EVENT = 24
EXIT_ARM_NISV = 28
EXIT_NAMES = {
    0: "UNKNOWN", 1: "EXCEPTION", 2: "IO", 3: "HYPERCALL", EXIT_DEBUG: "DEBUG", 5: "HLT", EXIT_MMIO: "MMIO",
    8: "SHUTDOWN", EXIT_FAIL_ENTRY: "FAIL_ENTRY", EXIT_INTR: "INTR", EXIT_INTERNAL_ERROR: "INTERNAL_ERROR",
    EXIT_SYSTEM_EVENT: "SYSTEM_EVENT", EXIT_ARM_NISV: "ARM_NISV", 39: "MEMORY_FAULT", 41: "ARM_SEA",
}  # fmt: skip

# Guest debugging (kvm_guest_debug.control).
GUESTDBG_ENABLE = 1 << 0
GUESTDBG_SINGLESTEP = 1 << 1
GUESTDBG_USE_HW = 1 << 17

# Features of a vCPU (kvm_vcpu_init.features).
VCPU_EL1_32BIT = 1
VCPU_PMU_V3 = 3
PMU_V3_CTRL = 0
PMU_V3_INIT = 1

# KVM_IRQ_LINE without an interrupt controller in the kernel: `irq` is one of these, of vCPU 0 (KVM_ARM_IRQ_TYPE_CPU).
IRQ_CPU_IRQ = 0
IRQ_CPU_FIQ = 1

# Identifiers of registers (KVM_GET_ONE_REG and KVM_SET_ONE_REG).
REG_ARM64 = 0x6000000000000000
REG_SIZE_U32 = 0x0020000000000000
REG_SIZE_U64 = 0x0030000000000000
REG_SIZE_U128 = 0x0040000000000000
REG_ARM_CORE = 0x0010 << 16
REG_ARM64_SYSREG = 0x0013 << 16


class MemoryRegion(Structure):
    """struct kvm_userspace_memory_region."""

    _fields_ = [
        ("slot", c_uint32),
        ("flags", c_uint32),
        ("guest_phys_addr", c_uint64),
        ("memory_size", c_uint64),
        ("userspace_addr", c_uint64),
    ]


class VcpuInit(Structure):
    """struct kvm_vcpu_init."""

    _fields_ = [("target", c_uint32), ("features", c_uint32 * 7)]


class OneReg(Structure):
    """struct kvm_one_reg."""

    _fields_ = [("id", c_uint64), ("addr", c_uint64)]


class IrqLevel(Structure):
    """struct kvm_irq_level."""

    _fields_ = [("irq", c_uint32), ("level", c_uint32)]


class EnableCap(Structure):
    """struct kvm_enable_cap."""

    _fields_ = [("cap", c_uint32), ("flags", c_uint32), ("args", c_uint64 * 4), ("pad", c_uint8 * 64)]


class DeviceAttr(Structure):
    """struct kvm_device_attr."""

    _fields_ = [("flags", c_uint32), ("group", c_uint32), ("attr", c_uint64), ("addr", c_uint64)]


class GuestDebug(Structure):
    """struct kvm_guest_debug, with arm64's struct kvm_guest_debug_arch in it."""

    _fields_ = [
        ("control", c_uint32),
        ("pad", c_uint32),
        ("dbg_bcr", c_uint64 * 16),
        ("dbg_bvr", c_uint64 * 16),
        ("dbg_wcr", c_uint64 * 16),
        ("dbg_wvr", c_uint64 * 16),
    ]


class VcpuEvents(Structure):
    """struct kvm_vcpu_events of arm64."""

    _fields_ = [
        ("serror_pending", c_uint8),
        ("serror_has_esr", c_uint8),
        ("ext_dabt_pending", c_uint8),
        ("pad", c_uint8 * 5),
        ("serror_esr", c_uint64),
        ("reserved", c_uint32 * 12),
    ]


class SignalMask(Structure):
    """struct kvm_signal_mask, with the kernel's 64-bit signal set after it."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("len", c_uint32), ("sigset", c_uint64)]


class Run(Structure):
    """The beginning of struct kvm_run, which the kernel shares with us."""

    _fields_ = [
        ("request_interrupt_window", c_uint8),
        ("immediate_exit", c_uint8),
        ("padding1", c_uint8 * 6),
        ("exit_reason", c_uint32),
        ("ready_for_interrupt_injection", c_uint8),
        ("if_flag", c_uint8),
        ("flags", c_uint16),
        ("cr8", c_uint64),
        ("apic_base", c_uint64),
    ]


class RunMmio(Structure):
    """kvm_run.mmio: `data` is in the guest's byte order, which is little-endian here."""

    _fields_ = [("phys_addr", c_uint64), ("data", c_uint64), ("len", c_uint32), ("is_write", c_uint8)]


class RunNisv(Structure):
    """kvm_run.arm_nisv: an access to device space that the processor did not describe."""

    _fields_ = [("esr_iss", c_uint64), ("fault_ipa", c_uint64)]


class RunWords(Structure):
    """What INTERNAL_ERROR (suberror, ndata), SYSTEM_EVENT (type, ndata) and FAIL_ENTRY (a reason) have in common."""

    _fields_ = [("first", c_uint32), ("second", c_uint32), ("data", c_uint64 * 4)]


RUN_UNION = 32
"""Where the part of struct kvm_run begins that depends on the exit reason."""

_KVMIO = 0xAE
_WRITE, _READ = 1, 2


def _request(number: int, direction: int = 0, size: int = 0) -> int:
    """Return an ioctl request as _IO, _IOW and _IOR make it (include/uapi/asm-generic/ioctl.h)."""
    return direction << 30 | size << 16 | _KVMIO << 8 | number


GET_API_VERSION = _request(0x00)
CREATE_VM = _request(0x01)
CHECK_EXTENSION = _request(0x03)
GET_VCPU_MMAP_SIZE = _request(0x04)
CREATE_VCPU = _request(0x41)
SET_USER_MEMORY_REGION = _request(0x46, _WRITE, ctypes.sizeof(MemoryRegion))
IRQ_LINE = _request(0x61, _WRITE, ctypes.sizeof(IrqLevel))
RUN = _request(0x80)
SET_SIGNAL_MASK = _request(0x8B, _WRITE, 4)
SET_GUEST_DEBUG = _request(0x9B, _WRITE, ctypes.sizeof(GuestDebug))
SET_VCPU_EVENTS = _request(0xA0, _WRITE, ctypes.sizeof(VcpuEvents))
ENABLE_CAP = _request(0xA3, _WRITE, ctypes.sizeof(EnableCap))
GET_ONE_REG = _request(0xAB, _WRITE, ctypes.sizeof(OneReg))
SET_ONE_REG = _request(0xAC, _WRITE, ctypes.sizeof(OneReg))
ARM_VCPU_INIT = _request(0xAE, _WRITE, ctypes.sizeof(VcpuInit))
ARM_PREFERRED_TARGET = _request(0xAF, _READ, ctypes.sizeof(VcpuInit))
SET_DEVICE_ATTR = _request(0xE1, _WRITE, ctypes.sizeof(DeviceAttr))

libc = ctypes.CDLL(None, use_errno=True)
raw_ioctl: Any = libc.ioctl
"""ioctl(2) itself: returns -1 with the reason in `ctypes.get_errno`. It lets other threads run meanwhile."""
raw_ioctl.argtypes = (c_int, c_ulong, c_void_p)
raw_ioctl.restype = c_int


class KvmError(OSError):
    """The kernel refused something; no device of the simulator raises this one."""


def last_error() -> KvmError:
    """Return what the last call of the C library failed with."""
    error = ctypes.get_errno()
    return KvmError(error, os.strerror(error))


def ioctl(descriptor: int, request: int, argument: Any = None) -> int:
    """Return what ioctl(2) does with an integer, or a reference to a structure; raises KvmError."""
    result: int = raw_ioctl(descriptor, request, argument)
    if result < 0:
        raise last_error()
    return result
