"""Runs of whole systems for the tests that cross plugins: what a boot left behind, and QEMU as a peer."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vmsim_core.exits import ExitCause
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.stats_writers import JsonWriter
from vmsim_guests import guest_path

PROJECT = Path(__file__).parent.parent
SYSTEM = PROJECT / "systems" / "realview-pbx-a9.yaml"
USER_SPACE = "vmsim: user space reached"


@dataclass(frozen=True)
class Outcome:
    """What a run left behind; equal outcomes mean equal runs."""

    cause: ExitCause
    instructions: int
    time: int
    console: bytes
    ram: str
    statistics: dict[str, Any]

    @property
    def text(self) -> str:
        """The console as text."""
        return self.console.decode(errors="replace")


def make_simulation(*overrides: tuple[str, str], cpu: str = "kvm") -> Simulation:
    """Build the default system with `--set`-style overrides, and load its workload."""
    simulation = Simulation.from_yaml(SYSTEM, cpu, overrides)
    simulation.load_workload()
    return simulation


def linux(
    kernel: str = "realview", initrd: str = "busybox", append: str = "", **more: str
) -> tuple[tuple[str, str], ...]:
    """Return the overrides that make the default system boot Linux."""
    command_line = f"console=ttyAMA0 {append}".strip().replace("'", "''")
    workload = {"kernel": f"guest:{kernel}", "initrd": f"guest:{initrd}", "append": f"'{command_line}'", **more}
    return tuple((f"workload.{name}", value) for name, value in workload.items())


def run(simulation: Simulation, limits: RunLimits | None = None, host_seconds: float = 300) -> Outcome:
    """Run to the end and return what is left."""
    console = bytearray()
    simulation.console.listen(console.extend)
    limits = limits or RunLimits(host_seconds=host_seconds)
    cause = simulation.run(limits)
    return outcome(simulation, cause, bytes(console))


def outcome(simulation: Simulation, cause: ExitCause, console: bytes) -> Outcome:
    """Return what a run has left that ended for `cause` and sent `console`."""
    ram = hashlib.sha256()
    for each in {id(region.ram): region.ram for region in simulation.system.address_map.ram_regions}.values():
        ram.update(each.view)
    written = io.StringIO()
    JsonWriter().write(simulation, written)
    statistics = without_host_times(json.loads(written.getvalue()))
    for core in simulation.system.cores:
        # How an engine came to its results depends on how the run was sliced; the results do not.
        for model in core.models:
            statistics["stats"][core.path][model].pop("engine", None)
    return Outcome(cause, simulation.instructions, simulation.time, console, ram.hexdigest(), statistics)


def same_end(result: Outcome, expected: Outcome) -> None:
    """Require that a run that began at a checkpoint ended as the one that was never stopped, bit for bit."""
    assert (result.cause, result.instructions, result.time) == (expected.cause, expected.instructions, expected.time)
    assert result.console and expected.console.endswith(result.console)
    assert result.ram == expected.ram


def without_host_times(statistics: dict[str, Any]) -> dict[str, Any]:
    """Return what `--stats` wrote without what no two runs have in common."""
    return {name: value for name, value in statistics.items() if name != "host_seconds"}


def run_qemu(kernel: str, initrd: str, append: str = "", until: str = "", timeout: float = 120) -> str:
    """Boot the same guest with QEMU's realview-pbx-a9 and return its console up to the text `until`."""
    command = ["qemu-system-arm", "-M", "realview-pbx-a9", "-m", "256", "-nographic", "-monitor", "none"]
    command += ["-kernel", str(guest_path(kernel)), "-dtb", str(guest_path("realview-dtb"))]
    command += ["-initrd", str(guest_path(initrd)), "-append", f"console=ttyAMA0 {append}".strip()]
    environment = {**os.environ, "QEMU_AUDIO_DRV": "none"}
    give_up = time.monotonic() + timeout
    seen = b""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        assert process.stdout is not None
        while until.encode() not in seen and (data := os.read(process.stdout.fileno(), 4096)):
            seen += data
            if time.monotonic() > give_up:
                break
        process.kill()
    return seen.decode(errors="replace")


def without_times(console: str) -> list[str]:
    """Return the lines of a kernel's console without the time stamps."""
    return [re.sub(r"^\[ *\d+\.\d+\] ", "", line.rstrip()) for line in console.replace("\r", "").split("\n")]
