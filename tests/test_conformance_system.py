"""The ready board keeps the contract of checkpoints, under every model that can resume those of another."""

from __future__ import annotations

import struct

from vmsim_core.testing import CheckpointSuite

# mov r1, #0x10000000; add r1, r1, #0x9000; add r0, r0, #1; str r0, [r1]; b .-8
COUNT_ALOUD = struct.pack("<5I", 0xE3A01201, 0xE2811A09, 0xE2800001, 0xE5810000, 0xEAFFFFFC)


class TestBoard(CheckpointSuite):
    """A program that sends all the time."""

    description = """
        include: realview-pbx-a9.yaml
        memory: 1MiB
    """
    program = COUNT_ALOUD
    duration = "1ms"
    models = ("kvm", "atomic")


class TestWarming(TestBoard):
    """With the caches warm."""

    description = """
        include: realview-pbx-a9.yaml
        memory: 1MiB
        cpus: [{models: {atomic: {warming: true}}}]
    """
