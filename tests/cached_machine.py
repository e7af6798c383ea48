"""The board with the caches on, where devices see RAM alone unless a test says otherwise (`dma: incoherent`).

Bare-metal programs: without maintenance they meet stale data or stale instructions, and with what the architecture
asks for they do not (DDI 0406C, B2.2.6 and A3.5.4; DDI 0246, 3.3.10).
"""

from __future__ import annotations

import struct

from bare_machine import BareMachine
from bare_programs import CACHED, CACHES_ON, DEVICE, UNCACHED, device_copies, map_sections

MODELS = {"timing": {}, "atomic": {"cpus.0.models.atomic": "{warming: true}"}}
"""The models that go through the caches."""

SOURCE, DESTINATION = 0x10_0000, 0x11_0000
UNCACHED_ALIAS = 0x7000_0000
"""RAM again, in pages that are not cached."""
OLD, NEW = 0x0DD, 0x1EF

L2_ON = """
    mov r0, #0xff
    str r0, [r12, #0x77c]
    mov r0, #1
    str r0, [r12, #0x100]
"""
"""Invalidated before, as DDI 0246, 3.1.1 has it; R12 is the controller."""

DCIMVAC, DCCMVAC, DCCIMVAC = (f"mcr p15, 0, r4, c7, c{crm}, 1\n dsb\n" for crm in (6, 10, 14))
L2_INVALIDATE, L2_CLEAN, L2_FLUSH = (f"str r4, [r12, #{offset}]\n dsb\n" for offset in (0x770, 0x7B0, 0x7F0))
"""Of the line at R4."""
ALL_L2_CLEAN = "mov r0, #0xff\n str r0, [r12, #0x7bc]\n dsb\n"

DMA = device_copies(SOURCE, DESTINATION, words=8)


def machine_for(model: str, program: str, dma: str = "incoherent", **caches: str) -> BareMachine:
    """Return the board with a program that begins with the MMU and caches on."""
    settings = {"memory_hierarchy.dma": dma, **{f"memory_hierarchy.{name}": value for name, value in caches.items()}}
    source = f"{CACHES_ON}\n ldr r12, =0x1f002000\n{program}\nend:\n b end\n"
    machine = BareMachine(model, source, *settings.items(), *MODELS[model].items())
    map_sections(machine, (16, CACHED), ((UNCACHED_ALIAS >> 20) - 16, DEVICE), (16, UNCACHED))
    return machine


def put(machine: BareMachine, address: int, value: int) -> None:
    """Write a word of RAM as a device does."""
    machine.system.address_map.write_block(address, struct.pack("<I", value))
