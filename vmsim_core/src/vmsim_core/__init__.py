"""vmsim: a full-system simulator whose CPU can be exchanged while the machine runs.

What is listed in ``__all__`` is the public interface for plugin authors and scripts. It is loaded on first use, so
that ``import vmsim_core`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vmsim_core.address_map import AddressMap, BusError, DeviceRegion, RamRegion
    from vmsim_core.architecture import Architecture, ArchState, Difference
    from vmsim_core.clock import Clock
    from vmsim_core.component import Component, ComponentParams, State
    from vmsim_core.cpu import Core, CpuExit, CpuModel, MemoryMode
    from vmsim_core.device import Device, DeviceParams
    from vmsim_core.drain import Drainable, DrainManager, DrainState
    from vmsim_core.errors import VmsimError
    from vmsim_core.ethernet_port import EthernetPort
    from vmsim_core.events import Event, EventQueue
    from vmsim_core.exits import ExitCause, RunEvent, TextSeen
    from vmsim_core.interrupts import InterruptLine
    from vmsim_core.joined_run import run_together
    from vmsim_core.markers import hookimpl
    from vmsim_core.network import EthernetLink, NetworkParams, connect_network
    from vmsim_core.platform import Platform
    from vmsim_core.ram import Ram
    from vmsim_core.registers import RegisterTable
    from vmsim_core.run_events import RegionBegun, RegionEnded
    from vmsim_core.run_limits import RunLimits
    from vmsim_core.section import Section
    from vmsim_core.serial_port import SerialPort
    from vmsim_core.simulation import Simulation
    from vmsim_core.system import System
    from vmsim_core.trace import Symbols, Trace

_HOME = {
    "AddressMap": "address_map", "BusError": "address_map", "DeviceRegion": "address_map", "RamRegion": "address_map",
    "Architecture": "architecture", "ArchState": "architecture", "Difference": "architecture",
    "Clock": "clock",
    "Component": "component", "ComponentParams": "component", "State": "component",
    "Core": "cpu", "CpuExit": "cpu", "CpuModel": "cpu", "MemoryMode": "cpu",
    "Device": "device", "DeviceParams": "device",
    "Drainable": "drain", "DrainManager": "drain", "DrainState": "drain",
    "VmsimError": "errors",
    "EthernetPort": "ethernet_port",
    "Event": "events", "EventQueue": "events",
    "ExitCause": "exits", "RunEvent": "exits", "TextSeen": "exits",
    "InterruptLine": "interrupts",
    "run_together": "joined_run",
    "hookimpl": "markers",
    "EthernetLink": "network", "NetworkParams": "network", "connect_network": "network",
    "Platform": "platform",
    "Ram": "ram",
    "RegisterTable": "registers",
    "RegionBegun": "run_events", "RegionEnded": "run_events",
    "RunLimits": "run_limits",
    "Section": "section",
    "SerialPort": "serial_port",
    "Simulation": "simulation",
    "System": "system",
    "Symbols": "trace", "Trace": "trace",
}  # fmt: skip

__all__ = [
    "AddressMap",
    "ArchState",
    "Architecture",
    "BusError",
    "Clock",
    "Component",
    "ComponentParams",
    "Core",
    "CpuExit",
    "CpuModel",
    "Device",
    "DeviceParams",
    "DeviceRegion",
    "Difference",
    "DrainManager",
    "DrainState",
    "Drainable",
    "EthernetLink",
    "EthernetPort",
    "Event",
    "EventQueue",
    "ExitCause",
    "InterruptLine",
    "MemoryMode",
    "NetworkParams",
    "Platform",
    "Ram",
    "RamRegion",
    "RegionBegun",
    "RegionEnded",
    "RegisterTable",
    "RunEvent",
    "RunLimits",
    "Section",
    "SerialPort",
    "Simulation",
    "State",
    "Symbols",
    "System",
    "TextSeen",
    "Trace",
    "VmsimError",
    "connect_network",
    "hookimpl",
    "run_together",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
