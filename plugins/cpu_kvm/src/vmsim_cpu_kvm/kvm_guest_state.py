"""The architectural state of a KVM guest: in the kernel while it runs, and in a copy of ours until the next run."""

from __future__ import annotations

from vmsim_arch_arm import psr
from vmsim_arch_arm.state import ArmState
from vmsim_core.address_map import AddressMap
from vmsim_core.errors import VmsimError

from vmsim_cpu_kvm import kvm_guest_code as guest_code
from vmsim_cpu_kvm.kvm_api import KvmError
from vmsim_cpu_kvm.kvm_machine import KvmMachine
from vmsim_cpu_kvm.kvm_registers import PC, PSTATE, RegisterFile
from vmsim_cpu_kvm.kvm_spsr import SpsrKeeper

NO_WAIT, WAIT_INTERRUPT, WAIT_EVENT = 0, 1, 2


class GuestState:
    """Moves the state, and answers questions about the guest between two instructions."""

    def __init__(self, path: str, machine: KvmMachine, address_map: AddressMap) -> None:
        self._path = path
        self._address_map = address_map
        self.registers = RegisterFile(machine.vcpu)
        self._spsr = SpsrKeeper(machine, self.registers, address_map)
        self.waiting = NO_WAIT
        self.event_register = 0
        self._monitor_lost = False
        self._copy: ArmState | None = None
        """What the registers hold, until the guest is entered."""

    def load(self, state: ArmState) -> None:
        """Take over an architectural state; raises VmsimError where the kernel does not take it."""
        self.waiting, self.event_register = state.waiting, state.event_register
        self._copy, self._monitor_lost = None, False
        try:
            self.write_registers(state)
        except KvmError as error:
            raise VmsimError(f"{self._path}: the host's kernel refuses the registers: {error.strerror}") from None

    def save(self) -> ArmState:
        """Give the architectural state; raises VmsimError where the kernel does not."""
        if self._copy is None:
            try:
                self._copy = self.read_registers()
            except KvmError as error:
                raise VmsimError(f"{self._path}: the host's kernel hides the registers: {error.strerror}") from None
        state = self._copy.copy()
        state.waiting, state.event_register = self.waiting, self.event_register
        if self._monitor_lost:
            state.monitor_valid = state.monitor_address = state.monitor_size = state.monitor_virtual_address = 0
        return state

    def read_registers(self) -> ArmState:
        """Return what the kernel has; raises KvmError."""
        self._spsr.read()
        return self.registers.save()

    def write_registers(self, state: ArmState) -> None:
        """Give the kernel the registers; raises KvmError."""
        self.registers.load(state)
        self._spsr.write()

    def exception_taken(self) -> None:
        """Be told that the kernel has had the guest take an exception."""
        self._spsr.write()

    def enter(self) -> None:
        """Be told that the guest is entered: it changes its registers, and its exclusive monitor is lost."""
        self._spsr.enter()
        self._copy, self._monitor_lost = None, True

    def close(self) -> None:
        """Give back what belongs to the host."""
        self._spsr.close()

    @property
    def pc(self) -> int:
        """The address of the next instruction."""
        return self.registers.read(PC)

    def lets_in(self, irq: bool, fiq: bool) -> bool:
        """Whether an interrupt comes before the next instruction when its lines have these levels."""
        if not irq and not fiq:
            return False
        cpsr = self.registers.read(PSTATE)
        return (irq and not cpsr & psr.I) or (fiq and not cpsr & psr.F)

    def glance(self) -> ArmState:
        """Return a state of which only what `kvm_guest_code` looks at is up to date."""
        state = ArmState()
        self.registers.refresh(state, guest_code.PLACES)
        return state

    def follows_wait(self) -> bool:
        """Whether the instruction before PC is a WFI."""
        return guest_code.follows_wait(self._address_map, self.glance())

    def steps_over_waits(self) -> bool:
        """Whether this host takes a WFI for nothing in single steps."""
        return self._spsr.emulated

    def is_endless(self, fiq_wired: bool) -> bool:
        """Whether the guest is in a branch to itself that no interrupt can end."""
        return guest_code.is_endless(self._address_map, self.glance(), fiq_wired)

    def at_fault_vector(self) -> bool:
        """Whether PC is where an undefined instruction or an abort is taken to."""
        return guest_code.at_fault_vector(self.glance())
