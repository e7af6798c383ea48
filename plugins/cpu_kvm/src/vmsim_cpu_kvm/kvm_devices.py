"""Device accesses of a KVM guest, from the page that the kernel shares with us to the address map and back."""

from __future__ import annotations

from vmsim_arch_arm import psr
from vmsim_arch_arm.state import ArmState
from vmsim_core.address_map import AddressMap, BusError

from vmsim_cpu_kvm.kvm_guest_code import PLACES, read_virtual
from vmsim_cpu_kvm.kvm_machine import KvmMachine
from vmsim_cpu_kvm.kvm_registers import ESR_EL1, PC, RegisterFile, general_register
from vmsim_cpu_kvm.kvm_signed_loads import target_of_signed_load

_DFSR_WNR = 1 << 11


class DeviceAccesses:
    """Serves them, and knows which one the kernel still waits for."""

    def __init__(self, machine: KvmMachine, registers: RegisterFile, address_map: AddressMap) -> None:
        self._machine = machine
        self._registers = registers
        self._address_map = address_map
        self._serving = False
        self.unfinished = False
        """Whether the guest is still in the middle of an instruction that accesses a device."""
        self.count = self.aborted = 0

    def serve(self) -> bool:
        """Answer the access that KVM_RUN has come back for; the kernel finishes it when the guest is entered next.

        Return False if the bus refuses it: the guest has taken an abort then. Raises KvmError.
        """
        mmio = self._machine.mmio
        address, size = mmio.phys_addr, mmio.len
        self.count += 1
        self._serving = self.unfinished = True
        try:
            if mmio.is_write:
                self._write(address, size, mmio.data & (1 << 8 * size) - 1)
            else:
                mmio.data = value = self._read(address, size)
                if size < 4 and value >> 8 * size - 1:
                    self._extend_sign(value, size)
        except BusError:
            self._abort(bool(mmio.is_write))
            return False
        finally:
            self._serving = False
        return True

    def finish(self) -> None:
        """Bring the guest to the end of the instruction that accesses a device; raises KvmError."""
        if self.unfinished:
            self.unfinished = False
            self._machine.complete()

    def _abort(self, write: bool) -> None:
        """Have the guest take an external data abort instead of executing the instruction; raises KvmError."""
        self.aborted += 1
        self.unfinished = False
        self._machine.abort_access()
        if write:
            # The kernel's abort says nothing of the direction (ARM DDI 0406C, B4.1.52: DFSR.WnR).
            self._registers.write(ESR_EL1, self._registers.read(ESR_EL1) | _DFSR_WNR)

    @property
    def accessing(self) -> int | None:
        """The address of the instruction whose access is being served."""
        return self._registers.read(PC) if self._serving else None

    def _read(self, address: int, size: int) -> int:
        if (width := _aligned_width(address, size)) == size:
            return self._address_map.read(address, size)
        return sum(self._address_map.read(address + at, width) << 8 * at for at in range(0, size, width))

    def _write(self, address: int, size: int, value: int) -> None:
        width = _aligned_width(address, size)
        for at in range(0, size, width):
            self._address_map.write(address + at, width, value >> 8 * at & (1 << 8 * width) - 1)

    def _extend_sign(self, value: int, size: int) -> None:
        """Do for a load of a signed number what the kernel fails to do."""
        state = ArmState()
        self._registers.refresh(state, PLACES)
        code = read_virtual(self._address_map, state, state.pc, 4) or read_virtual(
            self._address_map, state, state.pc, 2
        )
        target = None if code is None else target_of_signed_load(code, bool(state.cpsr & psr.T))
        if target is not None:
            self._machine.complete()
            # The access is over for the kernel, but counts as this instruction's until the guest is entered.
            self._machine.run.exit_reason = 0
            self._registers.write(general_register(target, state.cpsr), value - (1 << 8 * size) & 0xFFFFFFFF)


def _aligned_width(address: int, size: int) -> int:
    """Return how wide the aligned accesses of at most a word are that an access consists of."""
    return min(4, size, (address | size) & -(address | size))
