"""The performance monitors of a Cortex-A9 (ARM DDI 0388, chapter 11; ARM DDI 0406C, C12), counted in instructions."""

from __future__ import annotations

from vmsim_arch_arm.state import ArmState

COUNTERS = 6
_CYCLE = 1 << 31
_IMPLEMENTED = _CYCLE | (1 << COUNTERS) - 1
_ENABLE, _RESET_EVENTS, _RESET_CYCLES, _DIVIDE = 1, 2, 4, 8
_PMCR_FIXED = 0x41093000  # IMP ARM, IDCODE Cortex-A9, N = 6
_PMCR_WRITABLE = 0x39
_SOFTWARE_INCREMENT, _CYCLE_EVENT, _INSTRUCTION_EVENT = 0x00, 0x11, 0x68


class PerformanceMonitors:
    """Counters that are brought up to date whenever somebody looks at them."""

    def __init__(self, cpi: int) -> None:
        self._cpi = cpi
        self._counted = 0
        self._divided = 0
        self.control = _PMCR_FIXED
        self.enabled = 0
        self.overflowed = 0
        self.selected = 0
        self.cycles = 0
        self.user_enable = 0
        self.interrupt_enable = 0
        self.event_types = [0] * COUNTERS
        self.event_counts = [0] * COUNTERS

    def load(self, state: ArmState, retired: int) -> None:
        """Take the registers from an architectural state at instruction count `retired`."""
        self._counted = retired
        self.control = _PMCR_FIXED | (state.pmcr & _PMCR_WRITABLE)
        self.enabled, self.overflowed, self.selected = state.pmcntenset, state.pmovsr, state.pmselr
        self.cycles, self.user_enable, self.interrupt_enable = state.pmccntr, state.pmuserenr, state.pmintenset
        self._divided = state.pmccntr_prescaler
        self.event_types = list(state.pmevtyper)
        self.event_counts = list(state.pmevcntr)

    def save(self, state: ArmState, retired: int) -> None:
        """Give the registers to an architectural state at instruction count `retired`."""
        self.advance(retired)
        state.pmcr = self.control
        state.pmcntenset, state.pmovsr, state.pmselr = self.enabled, self.overflowed, self.selected
        state.pmccntr, state.pmuserenr, state.pmintenset = self.cycles, self.user_enable, self.interrupt_enable
        state.pmccntr_prescaler = self._divided
        state.pmevtyper[:] = self.event_types
        state.pmevcntr[:] = self.event_counts

    def advance(self, retired: int) -> None:
        """Count the instructions since the last look."""
        instructions = retired - self._counted
        self._counted = retired
        if not self.control & _ENABLE:
            return
        cycles = instructions * self._cpi
        if self.enabled & _CYCLE:
            steps = cycles
            if self.control & _DIVIDE:
                self._divided += cycles
                steps, self._divided = divmod(self._divided, 64)
            self.cycles = self._wrap(self.cycles + steps, _CYCLE)
        for index in range(COUNTERS):
            if self.enabled >> index & 1:
                step = {_CYCLE_EVENT: cycles, _INSTRUCTION_EVENT: instructions}.get(self.event_types[index], 0)
                self.event_counts[index] = self._wrap(self.event_counts[index] + step, 1 << index)

    def read(self, crm: int, opc2: int, retired: int) -> int | None:
        """Return the register at c9, `crm`, `opc2`; None where there is none."""
        self.advance(retired)
        index = self.selected
        return {
            (12, 0): self.control,
            (12, 1): self.enabled,
            (12, 2): self.enabled,
            (12, 3): self.overflowed,
            (12, 4): 0,
            (12, 5): self.selected,
            (13, 0): self.cycles,
            (13, 1): self.event_types[index] if index < COUNTERS else 0,
            (13, 2): self.event_counts[index] if index < COUNTERS else 0,
            (14, 0): self.user_enable,
            (14, 1): self.interrupt_enable,
            (14, 2): self.interrupt_enable,
        }.get((crm, opc2))

    def write(self, crm: int, opc2: int, value: int, retired: int) -> bool:
        """Write the register at c9, `crm`, `opc2`; return whether there is one."""
        self.advance(retired)
        index = self.selected
        match (crm, opc2):
            case (12, 0):
                self._write_control(value)
            case (12, 1):
                self.enabled |= value & _IMPLEMENTED
            case (12, 2):
                self.enabled &= ~value
            case (12, 3):
                self.overflowed &= ~value
            case (12, 4):
                self._software_increment(value)
            case (12, 5):
                self.selected = value & 0x1F
            case (13, 0):
                self.cycles = value
            case (13, 1) if index < COUNTERS:
                self.event_types[index] = value & 0xFF
            case (13, 2) if index < COUNTERS:
                self.event_counts[index] = value
            case (14, 0):
                self.user_enable = value & 1
            case (14, 1):
                self.interrupt_enable |= value & _IMPLEMENTED
            case (14, 2):
                self.interrupt_enable &= ~value
            case _:
                return (crm, opc2) in ((13, 1), (13, 2))
        return True

    def _write_control(self, value: int) -> None:
        if value & _RESET_EVENTS:
            self.event_counts = [0] * COUNTERS
        if value & _RESET_CYCLES:
            self.cycles = self._divided = 0
        self.control = _PMCR_FIXED | (value & _PMCR_WRITABLE)

    def _software_increment(self, value: int) -> None:
        if not self.control & _ENABLE:
            return
        for index in range(COUNTERS):
            if value & self.enabled & 1 << index and self.event_types[index] == _SOFTWARE_INCREMENT:
                self.event_counts[index] = self._wrap(self.event_counts[index] + 1, 1 << index)

    def _wrap(self, value: int, flag: int) -> int:
        if value > 0xFFFFFFFF:
            self.overflowed |= flag
        return value & 0xFFFFFFFF
