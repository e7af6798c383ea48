"""The script of a system description: actions that are bound to times, instruction counts, texts and regions.

script:
  - {text: "login:", do: [stats reset, switch timing]}
  - {at: 250ms, do: checkpoint}
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from vmsim_core.actions import Action, SwitchCpu, TakeCheckpoint, parse_action
from vmsim_core.appointments import Appointment
from vmsim_core.component import ComponentParams
from vmsim_core.errors import VmsimError
from vmsim_core.exits import RunEvent, TextSeen
from vmsim_core.regions import MAX_REGIONS
from vmsim_core.run_events import ActionFailed, RegionBegun, RegionEnded
from vmsim_core.units import Duration

if TYPE_CHECKING:
    from vmsim_core.simulation import Simulation

log = logging.getLogger("vmsim")

TRIGGERS = ("at", "every", "at_instruction", "text", "roi_begin", "roi_end")

_SENTENCE = {"type": "string", "examples": ["checkpoint", "switch timing", "stats reset", "stats dump", "roi begin 1",
                                            "roi end 1", "exit 0"]}  # fmt: skip


def _check_action(text: str) -> str:
    parse_action(text)
    return text


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class ScriptItem(ComponentParams):
    """What to do, and when: exactly one of the times, counts, texts and regions."""

    at: Duration | None = None
    """A simulated time since power-on."""
    every: Annotated[Duration, Field(gt=0)] | None = None
    """Each multiple of this simulated time."""
    at_instruction: int | None = Field(default=None, ge=0)
    """When the machine has retired this many instructions since power-on."""
    text: str | None = Field(default=None, min_length=1)
    """Each time the guest has sent this to its console."""
    roi_begin: int | None = Field(default=None, ge=0, lt=MAX_REGIONS)
    """Each time this region of interest begins."""
    roi_end: int | None = Field(default=None, ge=0, lt=MAX_REGIONS)
    """Each time this region of interest ends."""
    once: bool = False
    """Only the first time."""
    do: Annotated[
        list[Annotated[str, AfterValidator(_check_action)]],
        BeforeValidator(_as_list),
        WithJsonSchema({"anyOf": [_SENTENCE, {"type": "array", "items": _SENTENCE}]}),
    ] = Field(min_length=1)
    """An action, or several that are carried out in this order."""

    @model_validator(mode="after")
    def _has_one_trigger(self) -> ScriptItem:
        given = [name for name in TRIGGERS if getattr(self, name) is not None]
        if len(given) != 1:
            what = " and ".join(given) if given else "none"
            raise ValueError(f"one of {', '.join(TRIGGERS)} says when; here is {what}")
        return self

    @property
    def actions(self) -> list[Action]:
        """What is to be done."""
        return [parse_action(text) for text in self.do]


class Script:
    """Carries the script of a system description out. What cannot be done is reported, and the run goes on."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._items = simulation.system.description.script
        self._appointments: list[Appointment] = []
        self._subscribed = False

    def begin(self) -> None:
        """Wait for everything that is still to come; called when a run begins, and after a restore again.

        What was due before, or at the very moment of a checkpoint, was done by the run that the checkpoint is from.
        """
        for appointment in self._appointments:
            appointment.cancel()
        self._appointments.clear()
        for item in self._items:
            self._make_appointments(item)
            if not self._subscribed:
                self._subscribe(item)
        self._subscribed = True

    def check(self) -> None:
        """Raise VmsimError for what can never be done, before the run; models are checked when a system is built."""
        wanted = [action for item in self._items for action in item.actions]
        if any(isinstance(action, TakeCheckpoint) for action in wanted) and self._simulation.checkpoint_folder is None:
            raise VmsimError("the script takes checkpoints and nothing says where to: name a folder (--checkpoint-dir)")

    def _make_appointments(self, item: ScriptItem) -> None:
        simulation = self._simulation
        now, retired = simulation.time, simulation.instructions
        if item.at is not None and (item.at > now or now == 0):
            self._appointments.append(simulation.at(item.at, self._performing(item)))
        if item.at_instruction is not None and (item.at_instruction > retired or retired == 0):
            self._appointments.append(simulation.at_instruction(item.at_instruction, self._performing(item)))
        if item.every is not None:
            self._keep_appointing(item, item.every)

    def _keep_appointing(self, item: ScriptItem, period: int) -> None:
        perform = self._performing(item)

        def again() -> None:
            perform()
            if not item.once:
                self._keep_appointing(item, period)

        following = (self._simulation.time // period + 1) * period
        self._appointments.append(self._simulation.at(following, again))

    def _subscribe(self, item: ScriptItem) -> None:
        wanted: RunEvent
        if item.text is not None:
            wanted = TextSeen(item.text)
        elif item.roi_begin is not None:
            wanted = RegionBegun(item.roi_begin)
        elif item.roi_end is not None:
            wanted = RegionEnded(item.roi_end)
        else:
            return
        perform = self._performing(item)

        def seen(event: RunEvent) -> None:
            if item.once:
                subscription.close()
            perform()

        subscription = self._simulation.on(wanted, seen)

    def _performing(self, item: ScriptItem) -> Callable[[], None]:
        actions = item.actions

        def perform() -> None:
            for action in actions:
                try:
                    action.perform(self._simulation)
                except VmsimError as error:
                    log.error("script: %s: %s", action, error)
                    self._simulation.tell(ActionFailed(action, str(error)))

        return perform


def models_of(items: list[ScriptItem]) -> list[tuple[int, str]]:
    """Return the CPU models that a script switches to, each with the number of the item."""
    return [
        (number, action.model)
        for number, item in enumerate(items)
        for action in item.actions
        if isinstance(action, SwitchCpu)
    ]
