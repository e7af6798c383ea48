"""Linux's own driver for the Ethernet controller: two systems joined, a loopback, no cable."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from vmsim_core.exits import ExitCause, PowerOff
from vmsim_core.network import EthernetLink
from vmsim_core.simulation import RunLimits, Simulation
from whole_system import Outcome, linux, make_simulation, outcome, run

from vmsim_core import run_together

pytestmark = pytest.mark.guest

SIZE = 300_000
CLIENT = (
    "ifconfig eth0 10.0.0.1 netmask 255.255.255.0 up; ping -c 3 10.0.0.2 && cd /tmp && wget -q -O got "
    "http://10.0.0.2/file && sha256sum < got && grep eth0 /proc/net/dev"
)
SERVER = (
    f"head -c {SIZE} /bin/busybox > /tmp/file; sha256sum < /tmp/file; ifconfig eth0 10.0.0.2 netmask 255.255.255.0 up; "
    "httpd -f -h /tmp & sleep 3"
)
LIMIT = RunLimits(host_seconds=200)


def station(command: str, *overrides: tuple[str, str]) -> Simulation:
    return make_simulation(*linux(kernel="realview-devices", append=f'vmsim.run="{command}"'), *overrides)


@dataclass
class Pair:
    """A client and a server on one cable, and what they said."""

    simulations: list[Simulation]
    consoles: list[bytearray] = field(default_factory=lambda: [bytearray(), bytearray()])

    def __post_init__(self) -> None:
        ports = [simulation.system.ethernet_port("ethernet") for simulation in self.simulations]
        self.link = EthernetLink(*ports)
        for simulation, console in zip(self.simulations, self.consoles, strict=True):
            simulation.console.listen(console.extend)

    def run(self, limits: RunLimits = LIMIT) -> list[ExitCause | None]:
        return run_together(self.simulations, [self.link], limits)

    def outcomes(self) -> list[Outcome]:
        pairs = zip(self.simulations, self.consoles, strict=True)
        return [outcome(simulation, PowerOff(), bytes(console)) for simulation, console in pairs]

    @property
    def frames_received(self) -> int:
        received = self.simulations[0].system.components["ethernet.mac"].statistics["frames_received"].value
        return int(received)


def make_pair(*overrides: tuple[str, str]) -> Pair:
    server_address = ("devices.ethernet.mac", "02:00:00:00:00:02")
    return Pair([station(CLIENT, *overrides), station(SERVER, *overrides, server_address)])


@pytest.fixture(scope="module")
def joined() -> Pair:
    pair = make_pair()
    assert pair.run() == [PowerOff(), PowerOff()]
    return pair


def test_ping_and_a_file_over_tcp(joined: Pair) -> None:
    client, server = (console.decode() for console in joined.consoles)
    assert "3 packets transmitted, 3 packets received" in client
    checksum = re.compile(r"^([0-9a-f]{64}) ", re.MULTILINE)
    assert checksum.findall(client) == checksum.findall(server) != []
    counters = re.search(r"eth0: *(\d+) +(\d+) +(\d+) +(\d+)", client)
    assert counters is not None
    received, _, errors, dropped = map(int, counters.groups())
    assert received > SIZE
    assert errors == dropped == 0
    assert "command ended with status 0" in client


def test_twice_the_same_whatever_the_turns(joined: Pair) -> None:
    again = make_pair()
    again.simulations.reverse()
    again.run(RunLimits(time=1_234_567_890_123))
    assert again.run() == [PowerOff(), PowerOff()]
    again.simulations.reverse()
    assert again.outcomes() == joined.outcomes()


def test_checkpoints_of_both_in_the_middle_of_the_transfer(joined: Pair, tmp_path: Path) -> None:
    before = make_pair()
    while before.frames_received < 100:
        # From when the interfaces are up in steps so short that they do not miss the transfer.
        step = 10**12 if not before.frames_received else 2 * 10**9
        before.run(RunLimits(time=before.simulations[0].time + step))
    assert before.frames_received * 1500 < SIZE
    folders = [
        simulation.take_checkpoint(tmp_path / name)
        for simulation, name in zip(before.simulations, ("client", "server"), strict=True)
    ]
    after = make_pair()
    for simulation, folder in zip(after.simulations, folders, strict=True):
        simulation.restore(folder)
    assert after.run() == [PowerOff(), PowerOff()]
    for index, (mine, theirs) in enumerate(zip(after.outcomes(), joined.outcomes(), strict=True)):
        assert bytes(before.consoles[index]) + mine.console == theirs.console
        assert (mine.instructions, mine.time, mine.ram) == (theirs.instructions, theirs.time, theirs.ram)


def test_loopback_plug_returns_what_the_driver_sends() -> None:
    command = (
        "ifconfig eth0 10.0.0.1 up; ping -c 1 -W 1 10.0.0.2; cd /sys/class/net/eth0; cat carrier statistics/?x_packets"
    )
    done = run(station(command, ("devices.ethernet.network", "loopback")))
    carrier, received, sent = re.findall(r"^(\d+)\r$", done.text, re.MULTILINE)
    assert carrier == "1"
    assert received == sent != "0"


def test_without_a_cable_there_is_no_carrier() -> None:
    done = run(station("ifconfig eth0 10.0.0.1 up; cat /sys/class/net/eth0/carrier /sys/class/net/eth0/address"))
    assert re.findall(r"^(0|02:.*)\r$", done.text, re.MULTILINE) == ["0", "02:00:00:00:00:01"]
