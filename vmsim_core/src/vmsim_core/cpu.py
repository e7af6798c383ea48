"""CPU models and the cores that they animate."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Annotated, ClassVar

from vmsim_core.architecture import ArchState
from vmsim_core.component import HOST_SIDE, Component, ComponentParams
from vmsim_core.debug import ExceptionObserver, MemoryAccess, Observer, Watchpoint
from vmsim_core.errors import SwitchError, VmsimError
from vmsim_core.ram import Ram
from vmsim_core.section import Section

if TYPE_CHECKING:
    from vmsim_core.system import System


class MemoryMode(Enum):
    """How a CPU model reaches memory."""

    DIRECT = "direct"
    """straight to RAM, caches bypassed"""
    ATOMIC = "atomic"
    """functionally, through the caches, without waiting"""
    TIMING = "timing"
    """every access takes its time"""


class CpuExit(Enum):
    """Why `CpuModel.run` came back."""

    DEADLINE = "deadline"
    """the deadline, an event that came up before it, or the instruction limit is reached"""
    WAITING = "waiting"
    """the core waits for an interrupt or an event"""
    STOPPED = "stopped"
    """`stop` was called"""
    HALTED = "halted"
    """no interrupt can ever end what the core does; `exit_detail` says what"""
    FAILED = "failed"
    """the model cannot go on; `exit_detail` says why"""
    BREAKPOINT = "breakpoint"
    """the next instruction has a breakpoint; it has not been executed"""
    WATCHPOINT = "watchpoint"
    """the last instruction touched what is watched; `watch_hit` says how"""


class CpuModel(Component):
    """A way to execute instructions; subclasses are what plugins offer as ``kvm``, ``atomic``, ``timing``, ``o3``.

    A model keeps what it likes while it runs, but takes an ArchState in and gives one out bit-exactly.
    """

    memory_mode: MemoryMode = MemoryMode.DIRECT
    """Of the class, or of one model where its parameters decide."""
    in_checkpoints: ClassVar[bool] = False
    architecture: ClassVar[str] = ""
    """The `type_name` of the architecture that the model executes."""

    resets: tuple[str, ...] = ()
    """What of the model's own begins anew when it takes a core over, in words: for the handover report. Of the class,
    or of one model where its parameters decide."""

    time: int = 0
    """The model's own time in ticks: when its next instruction starts."""
    retired: int = 0
    """Instructions that this model has retired since it was made."""
    exit_detail: str = ""

    def __init__(self, system: System, path: str, params: ComponentParams, core: Core) -> None:
        super().__init__(system, path, params)
        self.core = core
        self.statistics.formula("instructions", lambda: self.retired, "instructions retired", "instruction")

    @abstractmethod
    def run(self, deadline: int, instructions: int) -> CpuExit:
        """Execute until `time` is `deadline` (ticks) or later, `instructions` more have retired, or an exit.

        An instruction that starts before the deadline is executed. Device accesses are served inside, through the
        system's address map, at the time of the very instruction; when one brings up an event that is due before the
        deadline, or calls `stop`, the model comes back right after that instruction.
        """

    @abstractmethod
    def stop(self) -> None:
        """Make `run` come back after the current instruction; called in a device access, by an event, or by a signal
        handler."""

    @abstractmethod
    def load_state(self, state: ArchState) -> None:
        """Take over `state`; read it back and raise SwitchError, naming the field, if a bit was lost."""

    @abstractmethod
    def save_state(self) -> ArchState:
        """Give the complete architectural state; only between runs."""

    @abstractmethod
    def set_interrupts(self, irq: bool, fiq: bool) -> None:
        """Be told the levels of the core's two interrupt inputs, on every change."""

    @abstractmethod
    def memory_written(self, ram: Ram, offset: int, size: int) -> None:
        """Be told of a write to RAM that no CPU made, so that stale translations can be dropped."""

    def read_memory(self, address: int, size: int) -> bytes | None:
        """Return memory as the program sees it, by virtual address; None where it cannot be read, or for a model that
        cannot tell. Only between runs."""
        return None

    watch_hit: MemoryAccess | None = None
    """The access that `run` came back for with WATCHPOINT."""

    def set_breakpoints(self, addresses: frozenset[int]) -> None:
        """Come back from `run` before an instruction at one of these virtual addresses; replaces earlier ones.

        Raises VmsimError when the model has no breakpoints.
        """
        self._refuse(addresses, "stop at breakpoints")

    def set_watchpoints(self, watchpoints: tuple[Watchpoint, ...]) -> None:
        """Come back from `run` after an instruction that touches one of these; replaces earlier ones.

        Raises VmsimError when the model has no watchpoints.
        """
        self._refuse(watchpoints, "watch memory")

    def observe(self, observer: Observer | None) -> None:
        """Call `observer` after each instruction; None ends that. Raises VmsimError when the model cannot."""
        self._refuse(observer, "show its instructions")

    def observe_exceptions(self, observer: ExceptionObserver | None) -> None:
        """Call `observer` after each exception that is taken; None ends that. Raises VmsimError when the model
        cannot."""
        self._refuse(observer, "show its exceptions")

    @property
    def accessing(self) -> int | None:
        """The address of the instruction whose device access is being served; None when none is, or for a model that
        cannot tell."""
        return None

    def _refuse(self, wanted: object, what: str) -> None:
        if wanted:
            raise VmsimError(f"{self.path}: the CPU model {self.type_name} cannot {what}; atomic can")

    def suspend(self) -> None:
        """Be told that another model takes over: memory may change unseen until `load_state` is called again.

        Called after a `load_state` that was refused or raised, too.
        """

    @abstractmethod
    def skip_to(self, tick: int) -> None:
        """Let time pass without instructions, to the first moment of the model's clock at or after `tick`."""


class CoreParams(ComponentParams):
    """How a core is configured; the models' own parameters are validated by their plugins."""

    start: Annotated[str, HOST_SIDE]
    """The CPU model that the core starts on."""


class Core(Component):
    """One processor core of the machine: its interrupt inputs, and the CPU model that animates it now."""

    type_name = "core"

    def __init__(self, system: System, path: str, params: ComponentParams, index: int) -> None:
        super().__init__(system, path, params)
        self.index = index
        self.irq_level = False
        self.fiq_level = False
        self.fiq_wired = False
        """Whether anything can ever raise the FIQ input; without, masked IRQs alone make a branch to itself final."""
        self.models: dict[str, CpuModel] = {}
        self.makers: dict[str, Callable[[], CpuModel]] = {}
        """Make the models that the core may be switched to, by name."""
        self._active: CpuModel | None = None
        self._restored_state: ArchState | None = None
        self._breakpoints: frozenset[int] = frozenset()
        self._watchpoints: tuple[Watchpoint, ...] = ()
        self._observer: Observer | None = None
        self._exception_observer: ExceptionObserver | None = None
        self.instructions_before = 0
        """Instructions that the core had retired before this process took the machine over (a restore)."""
        self.statistics.formula("instructions", lambda: self.instructions, "retired since power-on", "instruction")

    @property
    def active(self) -> CpuModel:
        """The model that animates the core."""
        if self._active is None:
            raise SwitchError(f"{self.path} has no CPU model yet")
        return self._active

    @property
    def active_name(self) -> str:
        """The name that the core knows that model by: its `type_name`, or that of a variant."""
        return self.active.path.removeprefix(f"{self.path}.")

    def model(self, name: str) -> CpuModel:
        """Return the model of that name, made on first use.

        Raises SwitchError for an unknown name, ValueError or VmsimError when the model cannot be used on this host.
        """
        if name not in self.models:
            if name not in self.makers:
                known = ", ".join(sorted(self.makers))
                raise SwitchError(f"{self.path}: no CPU model {name!r} is installed; there are {known}")
            self.models[name] = self.makers[name]()
            self.system.add(self.models[name])
        return self.models[name]

    @property
    def instructions(self) -> int:
        """Instructions that the core has retired since power-on, under all models."""
        return self.instructions_before + self.instructions_run

    @property
    def instructions_run(self) -> int:
        """Instructions that the core has retired in this process."""
        return sum(model.retired for model in self.models.values())

    def instrument(self, model: CpuModel) -> None:
        """Give a model the breakpoints, watchpoints and observers of the core; raises VmsimError if it cannot."""
        model.set_breakpoints(self._breakpoints)
        model.set_watchpoints(self._watchpoints)
        model.observe(self._observer)
        model.observe_exceptions(self._exception_observer)

    def activate(self, model: CpuModel, state: ArchState, time: int) -> None:
        """Make `model` animate the core from `state` at `time` on."""
        model.time = time
        model.load_state(state)
        model.set_interrupts(self.irq_level, self.fiq_level)
        self._active = model

    def set_breakpoints(self, addresses: frozenset[int]) -> None:
        """Have `Simulation.run` end before an instruction at one of these addresses, under every model."""
        self.active.set_breakpoints(addresses)
        self._breakpoints = addresses

    def set_watchpoints(self, watchpoints: tuple[Watchpoint, ...]) -> None:
        """Have `Simulation.run` end after an instruction that touches one of these, under every model."""
        self.active.set_watchpoints(watchpoints)
        self._watchpoints = watchpoints

    def observe(self, observer: Observer | None) -> None:
        """Have `observer` called after each instruction, under every model."""
        self.active.observe(observer)
        self._observer = observer

    def observe_exceptions(self, observer: ExceptionObserver | None) -> None:
        """Have `observer` called after each exception that is taken, under every model."""
        self.active.observe_exceptions(observer)
        self._exception_observer = observer

    def set_irq(self, level: bool) -> None:
        """The sink of the interrupt controller's IRQ output for this core."""
        self.irq_level = level
        self._forward()

    def set_fiq(self, level: bool) -> None:
        """The sink of the interrupt controller's FIQ output for this core."""
        self.fiq_wired = True
        self.fiq_level = level
        self._forward()

    def serialize(self, section: Section) -> None:
        """Write the architectural state and the instruction count; never anything of the model's own."""
        super().serialize(section)
        section.put("instructions", self.instructions, "instruction")
        section.put("time", self.active.time, "ticks")
        self.active.save_state().serialize(section)

    def deserialize(self, section: Section) -> None:
        """Take what `serialize` wrote, with whatever model is active now."""
        super().deserialize(section)
        self.instructions_before = section.get_int("instructions") - self.instructions_run
        state = self.active.save_state()
        state.deserialize(section)
        self._restored_state = state
        self.activate(self.active, state, section.get_int("time"))

    def restored(self) -> None:
        """Give the model its state again, now that it can see RAM: an exclusive monitor may depend on that."""
        if self._restored_state is not None:
            self.activate(self.active, self._restored_state, self.active.time)
            self._restored_state = None

    def _forward(self) -> None:
        if self._active is not None:
            self._active.set_interrupts(self.irq_level, self.fiq_level)
