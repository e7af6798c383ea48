"""The `kvm` engine behind the vCPU interface: a 32-bit guest of the host's own kernel.

The guest runs freely until it accesses a device, meets a breakpoint, or a kick ends its turn: at the deadline, and
every few milliseconds in any case, for a look at what it is doing. A turn of few instructions is stepped instead, one
by one; then the count, the end and the time of every access are exact, as they are with the other engines.

The registers are the kernel's while the guest runs, and read when somebody asks; they are written at once when a state
is loaded. A device access is finished before `run` returns, so that the vCPU is between two instructions then.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from vmsim_arch_arm.state import ArmState
from vmsim_core.address_map import RamRegion
from vmsim_core.debug import ExceptionObserver
from vmsim_core.errors import VmsimError

from vmsim_cpu_kvm import kvm_api as api
from vmsim_cpu_kvm import kvm_guest_code as guest_code
from vmsim_cpu_kvm.engine import Vcpu, VcpuExit
from vmsim_cpu_kvm.interpreter import Interpreter
from vmsim_cpu_kvm.kvm_clock import VcpuClock
from vmsim_cpu_kvm.kvm_devices import DeviceAccesses
from vmsim_cpu_kvm.kvm_guest_state import NO_WAIT, WAIT_EVENT, WAIT_INTERRUPT, GuestState
from vmsim_cpu_kvm.kvm_kick import Kick
from vmsim_cpu_kvm.kvm_machine import KvmMachine
from vmsim_cpu_kvm.kvm_step import MAX_EXCEPTIONS, exception_base, instruction_retired
from vmsim_cpu_kvm.kvm_watch import Watch

if TYPE_CHECKING:
    from vmsim_core.system import System

STEP_LIMIT = 10_000
"""Turns of up to so many instructions are stepped."""
_STEPS_KICK = 10_000_000
"""Nanoseconds after which a wait ends that is met in single steps."""


class KvmVcpu(Vcpu):
    """A vCPU executed by the host's processor; one instruction takes `period` ticks."""

    name = "kvm"

    def __init__(self, system: System, path: str, period: int, cpi: int, time_from: str = "auto") -> None:
        """Raises VmsimError where the host cannot run it."""
        if system.workload.semihosting:
            raise VmsimError(f"{path}: the kvm engine cannot serve semihosting; use engine: unicorn")
        self._path = path
        self._address_map = system.address_map
        self._events = system.events
        self._clock = VcpuClock(path, period, cpi, time_from)
        self._interpreter = Interpreter(system, period, system.address_map.read, system.address_map.write)
        self._machine = KvmMachine(self._address_map.ram_regions)
        self._guest = GuestState(path, self._machine, self._address_map)
        self._devices = DeviceAccesses(self._machine, self._guest.registers, self._address_map)
        self._kick = Kick(self._machine.vcpu)
        self._watch = Watch()
        self._end = 0
        self._lines = [False, False]
        self._fiq_wired = False
        self._breakpoints: frozenset[int] = frozenset()
        self._stop_requested = self._suspended = self._unanswered = False
        self._exceptions_in_a_row = self._pc = self._vectors = 0
        self._looked_at = (0, 0)  # PC and the count of device accesses
        self._entries = self._kicks = self._steps = self._waits = self._interpreted = 0

    # --- the vCPU interface: time and control -------------------------------------------------------------------------

    @property
    def retired(self) -> int:
        """Instructions retired since the engine was made, as far as the host can tell."""
        return self._clock.retired

    @property
    def time(self) -> int:
        """The tick at which the next instruction starts."""
        return self._clock.time

    def set_time(self, tick: int) -> None:
        """Let the next instruction start at `tick`."""
        self._clock.set_time(tick)

    def stop(self) -> None:
        """Make `run` come back after the current instruction, or with the next kick."""
        self._stop_requested = True

    def set_interrupts(self, irq: bool, fiq: bool, fiq_wired: bool) -> None:
        """Set the levels of the interrupt inputs; the kernel is told of changes only."""
        self._fiq_wired = fiq_wired
        for line, level in ((api.IRQ_CPU_IRQ, irq), (api.IRQ_CPU_FIQ, fiq)):
            if self._lines[line] != level:
                self._lines[line] = level
                self._machine.set_line(line, level)

    def set_breakpoints(self, addresses: frozenset[int]) -> None:
        """Come back from `run` before an instruction at one of these virtual addresses, instead of earlier ones."""
        if len(addresses) > self._machine.hardware_breakpoints:
            raise VmsimError(
                f"{self._path}: the CPU model kvm has {self._machine.hardware_breakpoints} breakpoints on this host, "
                f"not {len(addresses)}; with engine: unicorn it has any number"
            )
        self._breakpoints = frozenset(addresses)

    def observe_exceptions(self, observer: ExceptionObserver | None) -> None:
        """Refuse: the guest takes its exceptions by itself."""
        if observer is not None:
            raise VmsimError(
                f"{self._path}: the CPU model kvm cannot show its exceptions with engine: kvm; with unicorn it can"
            )

    @property
    def accessing(self) -> int | None:
        """The address of the instruction whose device access is being served."""
        address = self._devices.accessing
        return self._interpreter.accessing if address is None else address

    def counters(self) -> dict[str, int]:
        """Return what the engine counted, by name."""
        return {
            "entries": self._entries, "device_accesses": self._devices.count, "aborted_accesses": self._devices.aborted,
            "interpreted": self._interpreted, "kicks": self._kicks, "steps": self._steps, "waits": self._waits,
        }  # fmt: skip

    def levels(self) -> dict[str, int]:
        """Return what simulated time is taken from: 1 for that, 0 for what it is not."""
        return self._clock.levels()

    def close(self) -> None:
        """Let go of the virtual machine."""
        self._kick.close()
        self._clock.close()
        self._interpreter.close()
        self._guest.close()
        self._machine.close()

    # --- state and memory ---------------------------------------------------------------------------------------------

    def load_state(self, state: ArmState) -> None:
        """Take over an architectural state; what the host cannot keep stays outside."""
        if self._suspended:
            for ram in {id(region.ram): region.ram for region in self._address_map.ram_regions}.values():
                self._machine.forget(ram.address, ram.size)
            self._suspended = False
        self._guest.load(state)

    def save_state(self) -> ArmState:
        """Give the architectural state; raises VmsimError where the kernel does not."""
        return self._guest.save()

    def suspend(self) -> None:
        """Be told that memory may change unseen until `load_state`."""
        self._suspended = True

    def read_memory(self, address: int, size: int) -> bytes | None:
        """Return memory at a virtual address, or None where the guest could not read it."""
        return guest_code.read_virtual(self._address_map, self.save_state(), address, size)

    def invalidate(self, physical: int, size: int) -> None:
        """Have the guest see what the host has written."""
        region = self._address_map.find(physical)
        if isinstance(region, RamRegion):
            self._machine.forget(region.ram.address + region.offset + physical - region.base, size)

    # --- running ------------------------------------------------------------------------------------------------------

    def run(self, deadline: int, instructions: int) -> VcpuExit:
        """Run up to the first instruction that starts at `deadline` or later, at most `instructions` of them.

        Beyond STEP_LIMIT instructions the end is as exact as the kick and the host's clock are.
        """
        self._end = min(deadline, self.time + instructions * self._clock.period)
        try:
            if self._kick.bind():
                self._clock.bind()
            if (result := self._before_entering()) is not None:
                return result
            self._guest.enter()
            try:
                if self._unanswered and (result := self._serve_exit()) is not None:
                    return result
                return self._run_in_steps() if instructions <= STEP_LIMIT else self._run_freely()
            finally:
                self._kick.disarm()
                self._devices.finish()
        except api.KvmError as error:
            return self._fail(f"the host's kernel does not run the guest: {error.strerror}")

    def _before_entering(self) -> VcpuExit | None:
        """Return why the guest is not to be entered; a wait may end here."""
        guest = self._guest
        if self._stop_requested:
            self._stop_requested = False
            return VcpuExit.STOPPED
        if guest.waiting and self._wakes_up():
            if guest.waiting == WAIT_EVENT:
                guest.event_register = 0
            guest.waiting = NO_WAIT
        if self.time >= self._end:
            return VcpuExit.LIMIT
        return VcpuExit.WAITING if guest.waiting else None

    def _wakes_up(self) -> bool:
        """WFI ends with a pending interrupt even when it is masked, WFE only when it is not (B1.8.13, B1.8.14)."""
        if self._guest.waiting == WAIT_INTERRUPT:
            return any(self._lines)
        return bool(self._guest.event_register) or self._guest.lets_in(*self._lines)

    def _enter(self) -> bool:
        """Run the guest; return whether it came back by itself."""
        self._entries += 1
        self._devices.unfinished = False
        self._unanswered = returned = self._machine.enter()
        return returned

    def _run_freely(self) -> VcpuExit:
        clock = self._clock
        self._machine.debug(step=False, breakpoints=self._breakpoints)
        self._begin_to_look()
        self._arm()
        while True:
            clock.enter()
            if self._enter():
                clock.leave()
                result = self._serve_exit()
            else:
                result = self._look()
            if result is not None:
                return result
            if self._stop_requested or self.time >= self._end:
                self._devices.finish()
                if (result := self._before_entering()) is not None:
                    return result

    def _arm(self) -> None:
        self._kick.arm(self._clock.nanoseconds(self._end - self.time) + self._watch.lead, self._watch.interval)

    def _begin_to_look(self) -> None:
        self._clock.begin()
        self._watch.begin()

    def _look(self) -> VcpuExit | None:
        """See after a kick whether the guest still does anything that takes time."""
        started = time.perf_counter_ns()
        self._kick.acknowledge()
        self._kicks += 1
        waits = not any(self._lines) and self._watch.slept() and self._guest.follows_wait()
        self._clock.leave(waits)
        self._begin_to_look()
        if waits:
            return self._wait()
        last, self._looked_at = self._looked_at, (self._guest.pc, self._devices.count)
        result = self._is_stuck() if last == self._looked_at else None
        self._watch.looked(started)
        self._arm()
        return result

    def _is_stuck(self) -> VcpuExit | None:
        """PC is where it was at the last look, and no device was accessed: see whether it ever leaves."""
        if self._guest.is_endless(self._fiq_wired):
            return VcpuExit.ENDLESS_LOOP
        if not self._guest.at_fault_vector():
            return None
        self._begin_to_step()
        for _ in range(MAX_EXCEPTIONS + 1):
            if (result := self._step()) is not None:
                return result
        self._machine.debug(step=False, breakpoints=self._breakpoints)
        return None

    # --- single steps -------------------------------------------------------------------------------------------------

    def _run_in_steps(self) -> VcpuExit:
        self._begin_to_step()
        self._kick.arm(_STEPS_KICK, _STEPS_KICK)
        while True:
            if (result := self._before_entering()) is not None:
                return result
            if self._pc in self._breakpoints and not self._guest.lets_in(*self._lines):
                return VcpuExit.BREAKPOINT
            if (result := self._step()) is not None:
                return result

    def _begin_to_step(self) -> None:
        self._machine.debug(step=True)
        self._exceptions_in_a_row = 0
        self._code = guest_code.CodePages(self._address_map, self._guest.glance)
        self._pc, self._vectors = self._guest.pc, exception_base(self._guest.registers)

    def _step(self) -> VcpuExit | None:
        """Execute one instruction, or take an exception instead."""
        self._steps += 1
        returned, pc = self._enter(), self._pc
        if returned and self._machine.run.exit_reason != api.EXIT_DEBUG:
            result = self._serve_exit()
            self._clock.retired += self._devices.unfinished
            self._devices.finish()
            self._pc = self._guest.pc
            return result
        self._unanswered = False
        self._pc = self._guest.pc
        if not returned:
            self._kick.acknowledge()
            return None if self._pc == pc else self._after_kicked_step()
        if not instruction_retired(self._guest.registers, pc, self._pc, self._vectors):
            self._exceptions_in_a_row += 1
            return VcpuExit.ENDLESS_EXCEPTIONS if self._exceptions_in_a_row > MAX_EXCEPTIONS else None
        if self._pc == pc and self._guest.is_endless(self._fiq_wired):
            return VcpuExit.ENDLESS_LOOP
        self._exceptions_in_a_row = 0
        self._clock.retired += 1
        if (
            self._guest.steps_over_waits()
            and self._code.may_be_wait(pc)
            and not any(self._lines)
            and self._guest.follows_wait()
        ):
            return self._wait()
        return None

    def _after_kicked_step(self) -> VcpuExit | None:
        """A kick came, but the instruction is done: the kernel is still to say so, unless it was a wait that ended."""
        self._machine.forget_step()
        self._clock.retired += 1
        return self._wait() if not any(self._lines) and self._guest.follows_wait() else None

    # --- why the guest came back --------------------------------------------------------------------------------------

    def _serve_exit(self) -> VcpuExit | None:
        """Do what the guest came back for; return why the run ends, if it does."""
        self._unanswered = False
        reason = self._machine.run.exit_reason
        if reason == api.EXIT_MMIO:
            self._events.now = self._access_time()
            if not self._devices.serve():
                self._guest.exception_taken()
            self._notice_events()
            return None
        if reason == api.EXIT_ARM_NISV:
            return self._interpret()
        if reason == api.EXIT_DEBUG:
            return self._at_breakpoint()
        return self._fail(self._machine.describe_exit())

    def _access_time(self) -> int:
        """Return when the access is made for which the guest has come back.

        The kick is never exact, and the guest may have run past an event that is still to come. So the access is one
        before it: a timer that starts again at its next write must not miss that it ran out.
        """
        return max(self._events.now, min(self.time, self._events.next_tick - 1))

    def _notice_events(self) -> None:
        """Come back for an event that has come up before the end of the turn."""
        if self._events.next_tick < self._end:
            self._end = self._events.next_tick
            self._arm()

    def _interpret(self) -> VcpuExit | None:
        """Execute an access to a device that the processor does not describe."""
        self._interpreted += 1
        after = self._interpreter.execute(self._guest.read_registers(), self._access_time())
        if after is None:
            address = self._machine.nisv.fault_ipa
            return self._fail(f"an access to {address:#x} that cannot be served: {self._interpreter.failure}")
        self._guest.write_registers(after)
        if self._interpreter.took_exception:
            self._devices.aborted += 1
        else:
            self._clock.retired += 1
        self._notice_events()
        return None

    def _at_breakpoint(self) -> VcpuExit | None:
        if self._guest.pc in self._breakpoints:
            return VcpuExit.BREAKPOINT
        # The other halfword of the word that the processor compares.
        self._begin_to_step()
        result = self._step()
        self._machine.debug(step=False, breakpoints=self._breakpoints)
        return result

    def _fail(self, why: str) -> VcpuExit:
        self.failure = why
        return VcpuExit.FAILED

    def _wait(self) -> VcpuExit:
        """Take the guest for one that waits for an interrupt."""
        self._waits += 1
        self._guest.waiting = WAIT_INTERRUPT
        return VcpuExit.WAITING
