"""What the tests of the board share: the ready system without an engine, device trees read back, and files to boot."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import libfdt
import yaml
from vmsim_arch_arm.state import ArmState
from vmsim_core.address_map import DeviceRegion
from vmsim_core.architecture import Architecture, ArchState
from vmsim_core.component import ComponentParams
from vmsim_core.cpu import Core, CoreParams, CpuExit, CpuModel
from vmsim_core.description import SystemDescription
from vmsim_core.ram import Ram
from vmsim_core.system import System
from vmsim_platform_realview import plugin
from vmsim_platform_realview.board import RealViewPbxA9

MIB = 1 << 20
READY_SYSTEM = plugin.vmsim_system_folders()[0] / "realview-pbx-a9.yaml"
Tree = dict[str, dict[str, bytes]]


class ParkedCpu(CpuModel):
    """A CPU model that takes a state and executes nothing."""

    type_name = "parked"
    architecture = "arm"

    def run(self, deadline: int, instructions: int) -> CpuExit:
        return CpuExit.DEADLINE

    def stop(self) -> None: ...

    def load_state(self, state: Any) -> None:
        self.state = state

    def save_state(self) -> Any:
        return self.state

    def set_interrupts(self, irq: bool, fiq: bool) -> None: ...

    def memory_written(self, ram: Ram, offset: int, size: int) -> None: ...

    def skip_to(self, tick: int) -> None: ...


class ResetOnly(Architecture):
    """As much of the ARM architecture as a boot loader needs."""

    type_name = "arm"

    def reset_state(self, cpu: int) -> ArmState:
        return ArmState()

    def program_counter(self, state: ArchState) -> int:
        return 0

    def disassemble(self, code: bytes, address: int, state: ArchState) -> str:
        return ""


def ready_devices() -> dict[str, dict[str, Any]]:
    """Return the devices of the ready system as its file lists them."""
    devices: dict[str, dict[str, Any]] = yaml.safe_load(READY_SYSTEM.read_text())["devices"]
    return devices


def make_board(
    memory: int = 64 * MIB, devices: dict[str, dict[str, Any]] | None = None, cpus: int = 1, **workload: Any
) -> System:
    """Return the board with the ready system's devices, or with the given ones."""
    types = {kind.type_name: kind for kind in plugin.vmsim_devices()}
    description = {"platform": "realview-pbx-a9", "memory": memory, "cpus": [{"start": "parked"}] * cpus}
    system = System(SystemDescription.model_validate({**description, "workload": workload}))
    system.platform = RealViewPbxA9(system, "board", RealViewPbxA9.Params())
    system.architecture = ResetOnly()
    system.platform.add_memory(memory)
    for index in range(cpus):
        core = Core(system, f"cpu{index}", CoreParams(start="parked"), index)
        system.cores.append(core)
        core.activate(ParkedCpu(system, f"cpu{index}.parked", ComponentParams(), core), ArmState(), 0)
    for name, params in (ready_devices() if devices is None else devices).items():
        kind = types[params["type"]]
        own = {key: value for key, value in params.items() if key != "type"}
        validated: Any = kind.Params.model_validate(own)
        device = kind(system, name, validated)
        system.devices[name] = device
        system.address_map.add(DeviceRegion(name, device.params.at, device.window_size, device))
    return system


def boot_state(system: System) -> ArmState:
    """Return the state that the loader gave to the boot core."""
    state = system.cores[0].active.save_state()
    assert isinstance(state, ArmState)
    return state


def read_tree(blob: bytes) -> Tree:
    """Return the properties of every node of a flattened device tree, by the node's path."""
    fdt = libfdt.Fdt(blob)
    nodes: Tree = {}

    def visit(node: int, path: str) -> None:
        properties: dict[str, bytes] = {}
        offset = fdt.first_property_offset(node, [libfdt.NOTFOUND])
        while offset >= 0:
            found = fdt.get_property_by_offset(offset)
            properties[found.name] = bytes(found)
            offset = fdt.next_property_offset(offset, [libfdt.NOTFOUND])
        nodes[path or "/"] = properties
        child = fdt.first_subnode(node, [libfdt.NOTFOUND])
        while child >= 0:
            visit(child, f"{path}/{fdt.get_name(child)}")
            child = fdt.next_subnode(child, [libfdt.NOTFOUND])

    visit(0, "")
    return nodes


def cells(value: bytes) -> list[int]:
    """Return a property's cells."""
    return [cell for (cell,) in struct.iter_unpack(">I", value)]


def strings(value: bytes) -> list[str]:
    """Return a property's strings."""
    assert value.endswith(b"\0")
    return [text.decode() for text in value[:-1].split(b"\0")]


def make_elf(
    segments: list[tuple[int, bytes, int]], entry: int, kind: int = 2, machine: int = 40, elf_class: int = 1
) -> bytes:
    """Return an ELF file with (address, bytes, size in memory) as its segments."""
    header_size, entry_size = 52, 32
    offset = header_size + entry_size * len(segments)
    identity = b"\x7fELF" + bytes([elf_class, 1, 1]) + bytes(9)
    header = struct.pack("<16sHHIIIIIHHHHHH", identity, kind, machine, 1, entry, header_size, 0, 0, header_size,
                         entry_size, len(segments), 0, 0, 0)  # fmt: skip
    table, content = b"", b""
    for address, data, size in segments:
        table += struct.pack("<8I", 1, offset + len(content), address, address, len(data), size, 7, 4)
        content += data
    return header + table + content


def make_zimage(
    kernel: bytes,
    packed: bytes | None = None,
    text_offset: int = 0x8000,
    bss_size: int = 0x100,
    order: str = "<",
    unpacked_size: int | None = None,
    decoy: bytes = b"",
) -> bytes:
    """Return a zImage around `kernel`; `packed` is the payload up to the word with its size, gzip if not given.

    `decoy` is put where a decompressor's own tables are.
    """
    size = struct.pack("<I", len(kernel) if unpacked_size is None else unpacked_size)
    payload = gzip.compress(kernel, mtime=0)[:-4] if packed is None else packed
    table_at, word = 0x40, f"{order}I"
    payload_at = table_at + 28 + len(decoy)
    end = payload_at + len(payload) + len(size)
    image = bytearray(end)
    struct.pack_into(f"{order}6I", image, 0x24, 0x016F2818, 0, end, 0x04030201, 0x45454545, table_at)
    struct.pack_into(f"{order}6I", image, table_at, 6, 0x5A534C4B, end - 4, bss_size, text_offset, 0x10000)
    struct.pack_into(word, image, table_at + 24, 0)
    image[table_at + 28 :] = decoy + payload + size
    return bytes(image)


def write(folder: Path, name: str, data: bytes) -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(data)
    return path
