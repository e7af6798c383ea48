"""Components: the named nodes of the system tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast, get_args, overload

from pydantic import BaseModel, ConfigDict

from vmsim_core.drain import Drainable
from vmsim_core.events import DEFAULT_PRIORITY, Event
from vmsim_core.section import Section, Value
from vmsim_core.statistics import StatisticsGroup

if TYPE_CHECKING:
    from vmsim_core.system import System

T = TypeVar("T", bound=Value)
C = TypeVar("C", bound="Component")


HOST_SIDE = "host side"
"""Marks a parameter, ``Annotated[int, HOST_SIDE]``, that the guest cannot see: a checkpoint does not remember it."""


class ComponentParams(BaseModel):
    """Validated parameters of a component; a subclass declares its fields, unknown ones are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    def identity(self) -> dict[str, Any]:
        """Return, as plain data, the parameters that a checkpoint can be restored with only unchanged.

        File names and what is marked HOST_SIDE are not among them.
        """
        host_side = {
            name
            for name, field in type(self).model_fields.items()
            if HOST_SIDE in field.metadata or Path in (field.annotation, *get_args(field.annotation))
        }
        return {name: value for name, value in self.model_dump(mode="json").items() if name not in host_side}


class State(Generic[T]):
    """An attribute that is part of the component's state: reset with it and kept in its checkpoint section.

    Declared in the class body: ``count = State(0, "ticks", "what it counts")``. It is no data descriptor: the
    component's own attribute is found first, so that state costs no more than any other attribute.
    """

    def __init__(self, initial: T, unit: str = "", doc: str = "") -> None:
        self.initial = initial
        self.unit = unit
        self.__doc__ = doc
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def fresh(self) -> T:
        """Return the initial value; a list is a new one each time."""
        return cast(T, list(self.initial)) if isinstance(self.initial, list) else self.initial

    @overload
    def __get__(self, instance: None, owner: type) -> State[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> State[T] | T:
        if instance is None:
            return self
        return cast(T, instance.__dict__[self.name])


class Component(Drainable):
    """A named node of the system tree, with parameters, statistics, events, state and a checkpoint section.

    Life: the constructor declares, `connect` resolves references to other components (all exist by then), `reset`
    brings the power-on state, `on_run_started` is called once before the first instruction.
    """

    type_name: ClassVar[str] = ""
    """The name by which system descriptions ask for this type."""
    section_version: ClassVar[int] = 1
    """The version of this component's checkpoint section."""
    in_checkpoints: ClassVar[bool] = True
    """Whether it has a section; what a CPU model keeps for itself has none."""
    Params: ClassVar[type[ComponentParams]] = ComponentParams

    def __init__(self, system: System, path: str, params: ComponentParams) -> None:
        self.system = system
        self.path = path
        self.params: Any = params
        self.statistics = StatisticsGroup()
        self.events: dict[str, Event] = {}
        for state in self._states():
            setattr(self, state.name, state.fresh())
        system.drain_manager.register(self, path)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def now(self) -> int:
        """The simulated time, in ticks: that of the instruction that accesses, or of the event that runs."""
        return self.system.events.now

    def event(self, name: str, action: Callable[[], None], priority: int = DEFAULT_PRIORITY) -> Event:
        """Declare an event of this component; its due tick is part of the component's state."""
        event = Event(self.path, name, action, priority)
        self.events[name] = event
        return event

    def schedule(self, event: Event, tick: int) -> None:
        """Make `event` happen at `tick`, instead of when it was scheduled before."""
        self.system.events.schedule(event, tick)

    def cancel(self, event: Event) -> None:
        """Make `event` not happen."""
        self.system.events.cancel(event)

    def connect(self) -> None:
        """Resolve references to other components; all of them exist by now."""

    def reset(self) -> None:
        """Bring the power-on state: every declared state its initial value, no event scheduled."""
        for event in self.events.values():
            self.cancel(event)
        for state in self._states():
            setattr(self, state.name, state.fresh())

    def on_run_started(self) -> None:
        """Be told once that the run begins (also after a restore)."""

    def serialize(self, section: Section) -> None:
        """Write the state to a checkpoint section: the declared state and the due ticks of events.

        Override and call super() to add what a declaration cannot say.
        """
        for state in self._states():
            section.put(state.name, getattr(self, state.name), state.unit)
        for name, event in self.events.items():
            section.put(f"event.{name}", event.tick if event.scheduled else -1, "ticks")

    def deserialize(self, section: Section) -> None:
        """Take the state from a checkpoint section; outputs (interrupt lines) are driven again afterwards."""
        for state in self._states():
            setattr(self, state.name, section.get(state.name, state.initial))
        for name, event in self.events.items():
            tick = section.get_int(f"event.{name}")
            self.cancel(event)
            if tick >= 0:
                self.schedule(event, tick)

    def restored(self) -> None:
        """Be told that a restore is complete: every component has its state, and RAM its contents."""

    def release(self) -> None:
        """Let go of host resources, such as open files; the component is not used any more."""

    @classmethod
    def _states(cls) -> Iterator[State[Any]]:
        for klass in reversed(cls.__mro__):
            for attribute in vars(klass).values():
                if isinstance(attribute, State):
                    yield attribute

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path}>"
