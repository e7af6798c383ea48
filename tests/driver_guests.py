"""Linux with all of the board's drivers, running shell commands that put them to work.

    run_commands("mke2fs /dev/sda", "mount /dev/sda /mnt", sets={"devices.cf.size": "8MiB"})

returns what the commands printed. `prepare` gives the machine before it runs, for tests that press keys, take
checkpoints or look at the screen; `output` then finds what the commands printed in what is left.
"""

from __future__ import annotations

from collections.abc import Mapping

from vmsim_core.exits import PowerOff
from vmsim_core.simulation import RunLimits, Simulation
from whole_system import USER_SPACE, Outcome, linux, make_simulation, run

KERNEL = "realview-devices"
ENDED = "vmsim: command ended with status "
COMMAND_LINE_SIZE = 1024
"""Linux's own limit for ARM; it drops what is beyond."""


def command_line(*commands: str) -> str:
    """Return what makes the guest run shell commands for as long as they succeed, and print little else."""
    script = "; ".join(["set -e", *commands])
    assert '"' not in script, "the command ends at a double quote; use single ones"
    text = f'quiet vmsim.run="{script}"'
    assert len(text) < COMMAND_LINE_SIZE - 100, "longer than Linux's command line; put a script into an initramfs"
    return text


def prepare(*commands: str, sets: Mapping[str, str] | None = None, cpu: str = "kvm") -> Simulation:
    """Return the default system, with `--set`-style overrides, about to boot and run the commands."""
    return make_simulation(*linux(KERNEL, append=command_line(*commands)), *(sets or {}).items(), cpu=cpu)


def run_commands(*commands: str, sets: Mapping[str, str] | None = None, host_seconds: float = 120) -> str:
    """Run shell commands, which must all succeed, and return what they printed."""
    return output(run(prepare(*commands, sets=sets), RunLimits(host_seconds=host_seconds)))


def output(outcome: Outcome) -> str:
    """Return what the commands of a finished run printed; they must have succeeded."""
    assert isinstance(outcome.cause, PowerOff), f"{outcome.cause}:\n{outcome.text}"
    printed, ended, status = printed_by_commands(outcome.text).partition(ENDED)
    assert ended and status.startswith("0\n"), outcome.text
    return printed


def printed_by_commands(console: str) -> str:
    """Return the console from the first command on."""
    return console.replace("\r", "").partition(f"{USER_SPACE}\n")[2]
