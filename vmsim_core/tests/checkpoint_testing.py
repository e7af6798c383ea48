"""What the tests of checkpoints share: a machine with every kind of state, and hands that tamper with a checkpoint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from fake_plugins import SYSTEM, fake_plugins, plugin, simulate
from vmsim_core.checkpoint import Serializer
from vmsim_core.checkpoint.index import own_hash
from vmsim_core.component import State
from vmsim_core.device import Device, DeviceParams
from vmsim_core.plugin_manager import PluginManager
from vmsim_core.registers import RegisterTable
from vmsim_core.section import Section
from vmsim_core.simulation import Simulation
from vmsim_core.system import System
from vmsim_core.units import TICKS_PER_SECOND

MACHINE = SYSTEM + "  store: {type: test-store, at: 0x30000, irq: 2}\n"
BLOB_LIMIT = 1 << 16


class StoreParams(DeviceParams):
    """Parameters."""

    depth: int = 4
    image: Path | None = None


class Store(Device):
    """A device with a field of each type, a register, a bank, an event and bulk data."""

    type_name = "test-store"
    Params = StoreParams
    registers = RegisterTable(size=0x100)
    level = registers.read_write(0x0)
    bank = registers.bank(0x10, 4)

    flag = State(False, "", "a flag")
    count = State(0, "bytes", "a number")
    label = State("", "", "a text")
    queue = State[list[int]]([], "", "numbers")

    def __init__(self, system: System, path: str, params: StoreParams) -> None:
        super().__init__(system, path, params)
        self.blob = b""
        self.rung = self.event("rung", self._ring)

    def _ring(self) -> None:
        self.count += 1
        self.schedule(self.rung, self.now + 10_000)

    def serialize(self, section: Section) -> None:
        super().serialize(section)
        section.put("key", self.blob[:4])
        section.attach("blob", self.blob)

    def deserialize(self, section: Section) -> None:
        super().deserialize(section)
        if len(self.queue) > self.params.depth:
            raise ValueError("the queue is too long")
        self.blob = section.attached("blob", BLOB_LIMIT)


class Weather(Serializer):
    """State that belongs to no component."""

    type_name = "weather"
    today: ClassVar[str] = "sun"

    def serialize(self, system: System, section: Section) -> None:
        section.put("today", self.today)

    def deserialize(self, system: System, section: Section) -> None:
        type(self).today = section.get_str("today")


def machine_plugins(**more: object) -> PluginManager:
    """Return the plugins of the machine, and more by name."""
    return fake_plugins(store=plugin(vmsim_devices=lambda: [Store]), **more)


def make_machine(
    folder: Path, text: str = MACHINE, plugins: PluginManager | None = None, busy: bool = True
) -> Simulation:
    """Return the machine; a busy one has state everywhere."""
    simulation = simulate(folder, text, plugins or machine_plugins())
    store = simulation.system.devices.get("store")
    if busy and isinstance(store, Store):
        store.flag, store.count, store.label, store.queue = True, 1 << 70, 'söme "text"\n', [1, 1 << 33, 3]
        store.level.value, store.bank.values[:] = 0xDEAD_BEEF, [1, 2, 3, 4]
        store.blob = bytes(range(256)) * 9
        store.irq.set(True)
        store.schedule(store.rung, 5_000)
        [ram] = simulation.system.rams()
        ram.view[0x1000:0x1004] = b"RAM!"
        ram.view[0xFFFF] = 7
    return simulation


def snapshot(simulation: Simulation) -> tuple[object, ...]:
    """Return everything that a checkpoint must bring back."""
    system, sections = simulation.system, []
    for component in system.walk():
        if component.in_checkpoints:
            section = Section(component.path, component.type_name)
            component.serialize(section)
            sections.append((component.path, section.fields, {n: a.read() for n, a in section.attachments.items()}))
    rams = [hashlib.sha256(ram.view).hexdigest() for ram in system.rams()]
    return system.events.now, simulation.time, simulation.instructions, sections, rams


def tamper_with_state(checkpoint: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the sections and make every hash right again, as somebody would who means harm."""
    file = checkpoint / "state.json"
    state = json.loads(file.read_text())
    change(state)
    file.write_text(json.dumps(state))
    rehash(checkpoint)


def tamper_with_index(checkpoint: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the index and make its own hash right again."""
    file = checkpoint / "index.json"
    index = json.loads(file.read_text())
    index.pop("sha256")
    change(index)
    file.write_text(json.dumps({**index, "sha256": own_hash(index)}))


def rehash(checkpoint: Path) -> None:
    """Make the index right for the files as they are."""

    def change(index: dict[str, Any]) -> None:
        for name in index["files"]:
            content = (checkpoint / name).read_bytes()
            index["files"][name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    tamper_with_index(checkpoint, change)


def seconds(text: str) -> int:
    """Return a decimal number of seconds in ticks."""
    return int(float(text) * TICKS_PER_SECOND)
