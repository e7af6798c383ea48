"""What the probe says of hosts that cannot run the engine: one clear line each. Runs on any host."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from typing import Any

import pytest
from vmsim_cpu_kvm import kvm_api as api
from vmsim_cpu_kvm.kvm_probe import Host, why_not


@dataclass
class FakeHost:
    """A host that has everything, but for what a test takes away."""

    machine: str = "aarch64"
    exists: bool = True
    open_error: int = 0
    version: int = api.API_VERSION
    missing: tuple[int, ...] = ()
    refused: dict[int, int] = field(default_factory=dict)
    opened: list[int] = field(default_factory=list)

    def host(self) -> Host:
        return Host(
            machine=lambda: self.machine,
            exists=lambda path: self.exists,
            open=self._open,
            close=self.opened.remove,
            ioctl=self._ioctl,
        )

    def _open(self, path: str, flags: int) -> int:
        if self.open_error:
            raise OSError(self.open_error, os.strerror(self.open_error))
        self.opened.append(100)
        return 100

    def _ioctl(self, descriptor: int, request: int, argument: Any = None) -> int:
        if request in self.refused:
            raise api.KvmError(self.refused[request], os.strerror(self.refused[request]))
        if request == api.GET_API_VERSION:
            return self.version
        if request == api.CHECK_EXTENSION:
            return int(argument not in self.missing)
        if request in (api.CREATE_VM, api.CREATE_VCPU):
            self.opened.append(101 + (request == api.CREATE_VCPU))
            return self.opened[-1]
        return 0


HOSTS = {
    "an x86 host": (FakeHost(machine="x86_64"), "the host is x86_64; 32-bit ARM guests need an arm64 host"),
    "no device": (FakeHost(exists=False), "there is no /dev/kvm"),
    "no permission": (
        FakeHost(open_error=errno.EACCES),
        "no permission to open /dev/kvm: become a member of the group",
    ),
    "no module": (FakeHost(open_error=errno.ENODEV), "/dev/kvm cannot be opened: No such device"),
    "another interface": (FakeHost(version=11), "speaks version 11 of the KVM interface; 12 is needed"),
    "64-bit only": (FakeHost(missing=(api.CAP_ARM_EL1_32BIT,)), "runs no 32-bit operating systems"),
    "an old kernel": (FakeHost(missing=(api.CAP_ARM_NISV_TO_USER,)), "KVM_CAP_ARM_NISV_TO_USER is missing; Linux 5.5"),
    "no machine": (FakeHost(refused={api.CREATE_VM: errno.EBUSY}), "busy with another hypervisor"),
    "no vCPU": (
        FakeHost(refused={api.ARM_VCPU_INIT: errno.EINVAL}),
        "makes no 32-bit virtual machine: Invalid argument",
    ),
}


@pytest.mark.parametrize("name", HOSTS)
def test_what_is_missing_is_said_in_one_line(name: str) -> None:
    fake, expected = HOSTS[name]
    reason = why_not(fake.host())
    assert reason is not None and expected in reason and "\n" not in reason
    assert fake.opened == [], "file descriptors are left open"


def test_a_host_that_has_everything_can() -> None:
    fake = FakeHost()
    assert why_not(fake.host()) is None
    assert fake.opened == []
