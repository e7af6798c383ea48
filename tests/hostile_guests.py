"""Guests that mean harm, one after the other until the time is up: ``python hostile_guests.py CPU SEED SECONDS``.

Each is a random program on the whole board: wild instructions, wild accesses to every device, wild page tables, wild
DMA and disk commands. It may end in any way that a machine can end. It may not crash the simulator, raise an
exception, make it hang, or touch a file of the host; the first that does ends the program with a message.
"""

from __future__ import annotations

import faulthandler
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vmsim_core.address_map import DeviceRegion
from vmsim_core.simulation import RunLimits, Simulation

SYSTEM = Path(__file__).parent.parent / "systems" / "realview-pbx-a9.yaml"
INSTRUCTIONS = 20_000
TIME = 10**10  # 10 ms, in ticks
HANG_SECONDS = 60
CODE, DATA, TABLES = 0x0001_0000, 0x0010_0000, 0x0020_0000

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_FORBIDDEN = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
              "subprocess.Popen", "os.system", "os.exec", "os.fork", "socket.connect", "socket.bind")  # fmt: skip


class Watch:
    """Sees what the process does to the host while a guest runs."""

    def __init__(self) -> None:
        self.on = False
        sys.addaudithook(self._saw)

    def __enter__(self) -> None:
        self.on = True

    def __exit__(self, *ignored: object) -> None:
        self.on = False

    def _saw(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        if writes or event in _FORBIDDEN:
            self.on = False
            raise RuntimeError(f"a guest made the simulator do {event}{arguments}")


class Machine:
    """The board with a disk and a card, and the ways in which it is mistreated."""

    def __init__(self, folder: Path, cpu: str) -> None:
        for name in ("card.img", "disk.img"):
            (folder / name).write_bytes(random.Random(name).randbytes(1 << 20))
        images = {"cf": "disk.img", "mmci": "card.img"}
        settings = tuple((f"devices.{device}.image", str(folder / name)) for device, name in images.items())
        self.simulation = Simulation.from_yaml(SYSTEM, cpu, settings)
        self.system = self.simulation.system
        self.windows = [region for region in self.system.address_map.regions if isinstance(region, DeviceRegion)]
        self.clean = self.simulation.take_checkpoint(folder / "clean")

    def device_address(self, rng: random.Random) -> int:
        """Return an address in the window of a device, near its beginning more often than not."""
        region = rng.choice(self.windows)
        return region.base + rng.choice([rng.randrange(min(region.size, 0x100)), rng.randrange(region.size)])

    def wild_accesses(self, rng: random.Random) -> None:
        """Access every device in every size, with values that mean something now and then."""
        address_map, events = self.system.address_map, self.system.events
        region = rng.choice(self.windows)
        for _ in range(400):
            size = rng.choice([1, 2, 4, 4, 4])
            if rng.random() < 0.2:
                region = rng.choice(self.windows)
            address = region.base + rng.choice([rng.randrange(min(region.size, 0x100)), rng.randrange(region.size)])
            address &= -size
            if rng.random() < 0.6:
                address_map.write(address, size, self.value(rng) & (1 << 8 * size) - 1)
            else:
                value = address_map.read(address, size)
                assert 0 <= value < 1 << 8 * size, f"{address:#x} gave {value:#x} for {size} bytes"
            if rng.random() < 0.2:
                events.run_until(events.now + rng.choice([0, 1000, 10**6, 10**8, 10**9]))
            self.system.requested_exits.clear()

    def value(self, rng: random.Random) -> int:
        """Return a word that a device may take seriously: a bit or a few, an address, anything."""
        kind = rng.randrange(6)
        if kind == 0:
            return rng.getrandbits(32)
        if kind == 1:
            return 1 << rng.randrange(32) | 1 << rng.randrange(32)
        if kind == 2:
            return rng.choice([0, 1, 0xFFFF_FFFF, 0x8000_0000, 0x7FFF_FFFF, 0x1ACC_E551, 0xA05F])
        if kind == 3:
            return rng.choice([DATA, 0x0FFF_FFF0, 0x1000_0000, 0x7000_0000, self.device_address(rng)])
        return rng.randrange(256)

    def fill(self, rng: random.Random, address: int, size: int) -> None:
        """Fill RAM with anything."""
        self.system.address_map.write_block(address, rng.randbytes(size))

    def wild_instructions(self, rng: random.Random) -> None:
        """Execute anything, with registers that point to devices and to itself."""
        self.fill(rng, 0, 0x100)
        self.fill(rng, CODE, 0x2000)
        self.execute(rng)

    def wild_programs(self, rng: random.Random) -> None:
        """Execute loads, stores, coprocessor accesses and mode changes with wild operands."""
        makers = (_load_store, _coprocessor, _mode_change, _branch, _wait, _anything)
        words = [rng.choice(makers)(rng) for _ in range(0x800)]
        self.system.address_map.write_block(CODE, b"".join(word.to_bytes(4, "little") for word in words))
        for vector in range(8):  # every vector goes somewhere into the program
            offset = (CODE + 4 * rng.randrange(0x800) - 4 * vector - 8) >> 2 & 0xFF_FFFF
            self.system.address_map.write(4 * vector, 4, 0xEA00_0000 | offset)
        self.execute(rng)

    def wild_page_tables(self, rng: random.Random) -> None:
        """Switch the MMU on with tables of anything, some of them leading to devices and to themselves."""
        words = []
        for index in range(0x1000):
            base = rng.choice([index << 20, self.device_address(rng), TABLES, rng.getrandbits(32), DATA])
            kind = rng.choice([0, 1, 2, 2, 2, 0x40002, 3])
            words.append(base & 0xFFF0_0000 | rng.getrandbits(20) & ~0x40003 | kind)
        words[0] = 0xC02  # the code itself stays where it is, most of the time
        if rng.random() < 0.2:
            words[0] = rng.getrandbits(32)
        self.system.address_map.write_block(TABLES, b"".join(word.to_bytes(4, "little") for word in words))
        self.wild_programs_with(rng, sctlr=0x00C5_0079 | rng.getrandbits(32) & 0x3000_1004, ttbr0=TABLES | 0x4A)

    def wild_programs_with(self, rng: random.Random, **registers: int) -> None:
        """Execute a wild program with these fields of the architectural state."""
        core = self.system.cores[0]
        state: Any = core.active.save_state()
        for name, value in {"dacr": rng.choice([0x5555_5555, 0xFFFF_FFFF, rng.getrandbits(32)]), **registers}.items():
            setattr(state, name, value)
        core.active.load_state(state)
        self.wild_programs(rng)

    def endless_exceptions(self, rng: random.Random) -> None:
        """Make every vector raise the next exception."""
        for vector in range(8):
            word = rng.choice([0xE7F0_00F0, 0xEF00_0000, 0xE120_0070, 0xE590_0000, 0xEAFF_FFFE, rng.getrandbits(32)])
            self.system.address_map.write(4 * vector, 4, word)
        self.execute(rng)

    def execute(self, rng: random.Random) -> None:
        """Run from where the program is, in ARM or Thumb state, in any mode."""
        core = self.system.cores[0]
        state: Any = core.active.save_state()
        state.pc = CODE
        state.cpsr = rng.choice([0x10, 0x11, 0x12, 0x13, 0x17, 0x1B, 0x1F]) | rng.getrandbits(4) << 28
        state.cpsr |= rng.choice([0, 0x20]) | rng.choice([0, 0x40, 0x80, 0xC0, 0x1C0])
        state.r[:] = [self.value(rng) for _ in range(8)]
        state.sp_svc = state.sp_usr = rng.choice([DATA, self.device_address(rng), rng.getrandbits(32)])
        if rng.random() < 0.5:
            state.cpacr, state.fpexc = 0x00F0_0000, 0x4000_0000
        core.active.load_state(state)
        self.simulation.run(RunLimits(instructions=INSTRUCTIONS, time=self.simulation.time + TIME, host_seconds=30))
        self.system.requested_exits.clear()


def _load_store(rng: random.Random) -> int:
    word = rng.choice([0xE400_0000, 0xE500_0000, 0xE590_0000, 0xE5C0_0000, 0xE1D0_00B0, 0xE8B0_0000, 0xE190_0F9F])
    return word ^ rng.getrandbits(1) << 20 | rng.randrange(8) << 16 | rng.randrange(8) << 12 | rng.getrandbits(8)


def _coprocessor(rng: random.Random) -> int:
    coprocessor = rng.choice([15, 15, 15, 14, 10, 11])
    return 0xEE00_0010 | coprocessor << 8 | rng.getrandbits(13) << 12 & 0x00FF_7000 | rng.getrandbits(8) & 0xEF


def _mode_change(rng: random.Random) -> int:
    return rng.choice([0xE121_F000, 0xF102_0000, 0xF10C_0000, 0xE1B0_F00E, 0xF8B0_0A00]) | rng.getrandbits(5)


def _branch(rng: random.Random) -> int:
    return 0xEA00_0000 | rng.getrandbits(1) << 24 | rng.randrange(-0x100, 0x100) & 0xFF_FFFF


def _wait(rng: random.Random) -> int:
    return rng.choice([0xE320_F003, 0xE320_F002, 0xE320_F004, 0xEF00_0000, 0xE120_0070, 0xE160_0070])


def _anything(rng: random.Random) -> int:
    return rng.getrandbits(32)


def main(cpu: str, seed: int, seconds: float) -> None:
    """Run guests on a CPU model from `seed` on, each with its own, for as long as said; print how many there were."""
    faulthandler.enable()
    watch = Watch()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        machine = Machine(folder, cpu)
        images = {file: file.read_bytes() for file in folder.glob("*.img")}
        harms: list[Callable[[random.Random], None]] = [
            machine.wild_accesses,
            machine.wild_instructions,
            machine.wild_programs,
            machine.wild_page_tables,
            machine.endless_exceptions,
        ]
        end = time.monotonic() + seconds
        guests = 0
        while time.monotonic() < end:
            rng = random.Random(seed)
            harm = harms[seed % len(harms)]
            faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
            print(f"seed {seed}: {harm.__name__}", flush=True)
            machine.simulation.restore(machine.clean)
            with watch:
                harm(rng)
            faulthandler.cancel_dump_traceback_later()
            guests, seed = guests + 1, seed + 1
        changed = [file.name for file, content in images.items() if file.read_bytes() != content]
        assert not changed, f"{changed} were written to"
    print(f"{guests} guests did no harm", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
