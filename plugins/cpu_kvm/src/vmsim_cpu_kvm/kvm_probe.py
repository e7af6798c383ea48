"""Whether this host can run 32-bit ARM guests through /dev/kvm, and what is missing where it cannot."""

from __future__ import annotations

import errno
import os
import platform
from collections.abc import Callable
from contextlib import ExitStack
from ctypes import byref
from dataclasses import dataclass
from typing import Any

from vmsim_cpu_kvm import kvm_api as api

DEVICE = "/dev/kvm"

_NEEDED = {
    api.CAP_USER_MEMORY: "KVM_CAP_USER_MEMORY",
    api.CAP_ONE_REG: "KVM_CAP_ONE_REG",
    api.CAP_SET_GUEST_DEBUG: "KVM_CAP_SET_GUEST_DEBUG",
    api.CAP_IMMEDIATE_EXIT: "KVM_CAP_IMMEDIATE_EXIT",
    api.CAP_ARM_NISV_TO_USER: "KVM_CAP_ARM_NISV_TO_USER",
    api.CAP_ARM_INJECT_EXT_DABT: "KVM_CAP_ARM_INJECT_EXT_DABT",
}
"""What the engine cannot do without; the youngest two came with Linux 5.5."""


@dataclass(frozen=True)
class Host:
    """What the probe asks of a host; a test puts another in its place."""

    machine: Callable[[], str] = platform.machine
    exists: Callable[[str], bool] = os.path.exists
    open: Callable[[str, int], int] = os.open
    close: Callable[[int], None] = os.close
    ioctl: Callable[..., int] = api.ioctl


def why_not(host: Host | None = None) -> str | None:
    """Return in one line why the engine `kvm` cannot run on this host, or None where it can."""
    host = host or Host()
    machine = host.machine()
    if machine != "aarch64":
        return f"the host is {machine}; 32-bit ARM guests need an arm64 host"
    if not host.exists(DEVICE):
        return f"there is no {DEVICE}: the kernel has no KVM, or was not started in EL2"
    try:
        device = host.open(DEVICE, os.O_RDWR | os.O_CLOEXEC)
    except PermissionError:
        return f"no permission to open {DEVICE}: become a member of the group that owns it, usually kvm"
    except OSError as error:
        return f"{DEVICE} cannot be opened: {error.strerror}"
    with ExitStack() as opened:
        opened.callback(host.close, device)
        return _what_the_kernel_lacks(host, device) or _what_a_trial_shows(host, device, opened)


def _what_the_kernel_lacks(host: Host, device: int) -> str | None:
    version = host.ioctl(device, api.GET_API_VERSION, 0)
    if version != api.API_VERSION:
        return f"{DEVICE} speaks version {version} of the KVM interface; {api.API_VERSION} is needed"
    if not host.ioctl(device, api.CHECK_EXTENSION, api.CAP_ARM_EL1_32BIT):
        return "the host's CPU runs no 32-bit operating systems (KVM_CAP_ARM_EL1_32BIT is missing)"
    for capability, name in _NEEDED.items():
        if not host.ioctl(device, api.CHECK_EXTENSION, capability):
            return f"the host's kernel is too old: {name} is missing; Linux 5.5 or later is needed"
    return None


def _what_a_trial_shows(host: Host, device: int, opened: ExitStack) -> str | None:
    """Make a virtual machine with one 32-bit vCPU: what is offered need not work."""
    try:
        machine = host.ioctl(device, api.CREATE_VM, 0)
        opened.callback(host.close, machine)
        vcpu = host.ioctl(machine, api.CREATE_VCPU, 0)
        opened.callback(host.close, vcpu)
        init_vcpu(host.ioctl, machine, vcpu, ())
    except OSError as error:
        reason = "busy with another hypervisor" if error.errno == errno.EBUSY else error.strerror
        return f"{DEVICE} makes no 32-bit virtual machine: {reason}"
    return None


def init_vcpu(ioctl: Callable[..., int], machine: int, vcpu: int, features: tuple[int, ...]) -> None:
    """Make `vcpu` a 32-bit one with more `features`; raises OSError."""
    init: Any = api.VcpuInit()
    ioctl(machine, api.ARM_PREFERRED_TARGET, byref(init))
    for feature in (api.VCPU_EL1_32BIT, *features):
        init.features[0] |= 1 << feature
    ioctl(vcpu, api.ARM_VCPU_INIT, byref(init))
