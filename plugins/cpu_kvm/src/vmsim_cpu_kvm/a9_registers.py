"""The CP15 registers of a Cortex-A9 that Unicorn lacks or gets wrong; their MRC and MCR are executed here.

ARM DDI 0388I (Cortex-A9 TRM), chapter 4; ARM DDI 0407 (MPCore TRM) for the configuration base address.
"""

from __future__ import annotations

from vmsim_arch_arm.state import ArmState

from vmsim_cpu_kvm.performance_monitors import PerformanceMonitors

_USER_MODE = 0x10

# Name in the ArchState, by (crn, opc1, crm, opc2): registers that keep what is written to their writable bits.
_STORED = {
    (1, 0, 0, 1): ("actlr", 0x3CF),
    (10, 0, 0, 0): ("tlb_lockdown", 0x30000001),
    (15, 0, 0, 0): ("power_control", 0x00000701),
    (15, 0, 0, 1): ("diagnostic", 0xFFFFFFFF),
}
_CBAR = (15, 4, 0, 0)
_MPIDR = (0, 0, 0, 5)
_NEON_BUSY = (15, 0, 1, 0)


class A9Registers:
    """The registers themselves, and what an MRC or MCR does to them."""

    def __init__(self, cpi: int) -> None:
        self.monitors = PerformanceMonitors(cpi)
        self._stored = dict.fromkeys(_STORED, 0)
        self._cbar = 0
        self._mpidr = 0

    def load(self, state: ArmState, retired: int) -> None:
        """Take the registers from an architectural state."""
        for encoding, (name, _) in _STORED.items():
            self._stored[encoding] = getattr(state, name)
        self._cbar = state.cbar
        self._mpidr = state.mpidr
        self.monitors.load(state, retired)

    def save(self, state: ArmState, retired: int) -> None:
        """Give the registers to an architectural state."""
        for encoding, (name, _) in _STORED.items():
            setattr(state, name, self._stored[encoding])
        state.cbar = self._cbar
        state.mpidr = self._mpidr
        self.monitors.save(state, retired)

    def read(self, encoding: tuple[int, int, int, int], cpsr: int, retired: int) -> int | None:
        """Return what an MRC gives in the mode of `cpsr`; None where the instruction is undefined."""
        if not self._accessible(encoding, cpsr, write=False):
            return None
        if encoding in self._stored:
            return self._stored[encoding]
        if encoding[0] == 9 and encoding[1] == 0:
            return self.monitors.read(encoding[2], encoding[3], retired)
        return {_CBAR: self._cbar, _MPIDR: self._mpidr, _NEON_BUSY: 0}.get(encoding)

    def write(self, encoding: tuple[int, int, int, int], value: int, cpsr: int, retired: int) -> bool:
        """Do what an MCR does in the mode of `cpsr`; return whether the instruction is defined."""
        if not self._accessible(encoding, cpsr, write=True):
            return False
        if encoding in self._stored:
            writable = _STORED[encoding][1]
            self._stored[encoding] = (self._stored[encoding] & ~writable) | (value & writable)
            return True
        if encoding[0] == 9 and encoding[1] == 0:
            return self.monitors.write(encoding[2], encoding[3], value, retired)
        if encoding == _CBAR:
            self._cbar = value & 0xFFFFE000
            return True
        # Main TLB lockdown operations (TRM 4.3.25): there is no main TLB whose entries could be locked.
        return encoding[0] == 15 and encoding[1] == 5

    def _accessible(self, encoding: tuple[int, int, int, int], cpsr: int, write: bool) -> bool:
        if cpsr & 0x1F != _USER_MODE:
            return True
        crn, opc1, crm, opc2 = encoding
        if (crn, opc1) != (9, 0) or (crm, opc2) in ((14, 1), (14, 2)):
            return False
        if (crm, opc2) == (14, 0):
            return not write
        return bool(self.monitors.user_enable & 1)
