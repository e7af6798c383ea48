"""Linux's drivers for the screen and the watchdogs: what is drawn is seen, and who is not fed bites."""

from __future__ import annotations

from pathlib import Path

import pytest
from driver_guests import KERNEL, command_line, output, prepare, printed_by_commands
from vmsim_core.exits import Reset, TextSeen
from vmsim_core.host_ports import Picture
from vmsim_core.picture_file import png
from vmsim_core.simulation import RunLimits, Simulation
from vmsim_core.units import TICKS_PER_SECOND
from vmsim_program import PROMPT, VMSIM, Terminal, vmsim
from whole_system import PROJECT, SYSTEM, USER_SPACE, run

pytestmark = pytest.mark.guest

LINUX = PROJECT / "systems" / "realview-linux.yaml"
WIDTH, HEIGHT = 1024, 768
"""What the driver chooses for a screen that does not say what it is; 16 bits a pixel."""

# With no text console on the screen, nobody switches it on before a program asks for it.
UNBLANK = "echo 0 > /sys/class/graphics/fb0/blank"

# Four bars of 5:6:5 colours, and a white pixel where a program would put one.
BARS = {r"\000\370": (255, 0, 0), r"\340\007": (0, 255, 0), r"\037\000": (0, 0, 255), r"\020\204": (132, 130, 132)}
DOT = (300, 100)
DRAW = [
    *(f"printf '{colour}%.0s' $(seq {WIDTH}) > /{index}" for index, colour in enumerate(BARS)),
    "eight() { cat $1 $1 $1 $1 $1 $1 $1 $1; }",
    "for i in 0 1 2 3; do eight /$i > /8; eight /8 > /64; cat /64 /64 /64; done > /dev/fb0",
    UNBLANK,
    rf"printf '\377\377' | dd of=/dev/fb0 bs=2 seek={DOT[1] * WIDTH + DOT[0]}",
    "echo drawn",
    "sleep 100",
]


def bars_with_dot() -> Picture:
    """Return what the guest draws."""
    rgb = bytearray(b"".join(bytes(colour) * (WIDTH * HEIGHT // len(BARS)) for colour in BARS.values()))
    at = 3 * (DOT[1] * WIDTH + DOT[0])
    rgb[at : at + 3] = b"\xff\xff\xff"
    return Picture(WIDTH, HEIGHT, bytes(rgb))


def picture_of(simulation: Simulation) -> Picture | None:
    return simulation.system.displays["clcd"].picture()


def test_what_a_guest_draws_is_saved_as_a_picture(tmp_path: Path) -> None:
    arguments = ["--kernel", f"guest:{KERNEL}", "--initrd", "guest:busybox"]
    arguments += ["--append", f"console=ttyAMA0 {command_line(*DRAW)}", "--until-text", "drawn"]
    done = vmsim("run", SYSTEM, *arguments, "--host-timeout", "100", "--screenshot", "screen.png", folder=tmp_path)
    assert done.code == 0, done.err
    assert (tmp_path / "screen.png").read_bytes() == png(bars_with_dot())


def test_the_screen_is_in_a_checkpoint(tmp_path: Path) -> None:
    simulation = prepare(*DRAW)
    assert picture_of(simulation) is None
    assert simulation.run(RunLimits(text="drawn", host_seconds=100)) == TextSeen("drawn")
    assert picture_of(simulation) == bars_with_dot()
    taken = simulation.take_checkpoint(tmp_path)
    restored = Simulation.from_yaml(SYSTEM)
    restored.restore(taken)
    assert picture_of(restored) == bars_with_dot()


def test_a_key_at_the_terminal_saves_the_screen(tmp_path: Path) -> None:
    arguments = ["--kernel", f"guest:{KERNEL}", "--append", "console=ttyAMA0 quiet"]
    with Terminal(VMSIM, "run", LINUX, *arguments, folder=tmp_path) as terminal:
        terminal.wait_for(USER_SPACE)
        terminal.wait_for(PROMPT)
        terminal.press("\x01p")
        terminal.answer_to(UNBLANK)
        terminal.press("\x01p")
        terminal.answer_to("echo a picture was taken")
        [file] = tmp_path.glob("*.png")
        assert file.read_bytes() == png(Picture(WIDTH, HEIGHT, bytes(3 * WIDTH * HEIGHT)))
        assert terminal.errors.splitlines()[-2:] == [
            "vmsim: no picture: the display clcd is off",
            f"vmsim: the screen is in {file.name}",
        ]


def test_frames_come_at_the_rate_that_the_driver_programs_while_it_listens() -> None:
    """60 a second; five seconds after the last change of the picture the driver switches the interrupt off."""
    count = "awk '/PL111/ {print $2}' /proc/interrupts"
    simulation = prepare(UNBLANK, count, "sleep 1", count, "sleep 9", count, "sleep 1", count)
    first, second, third, last = map(int, output(run(simulation, RunLimits(host_seconds=100))).split())
    assert 59 <= second - first <= 61
    assert 3 * 60 <= third - second <= 5 * 60
    assert last == third


def test_a_watchdog_that_is_not_fed_resets_the_board() -> None:
    simulation = prepare("echo armed", "watchdog -F -T 2 -t 1000 /dev/watchdog0")
    outcome = run(simulation, RunLimits(host_seconds=100))
    assert outcome.cause == Reset(source="watchdog0")
    assert "armed" in printed_by_commands(outcome.text)


def test_the_second_watchdog_is_another() -> None:
    outcome = run(prepare("watchdog -F -T 1 -t 1000 /dev/watchdog1"), RunLimits(host_seconds=100))
    assert outcome.cause == Reset(source="watchdog1")


def test_a_watchdog_bites_in_time_also_after_a_checkpoint(tmp_path: Path) -> None:
    simulation = prepare("echo armed; watchdog -F -T 4 -t 1000 /dev/watchdog0")
    assert simulation.run(RunLimits(text="armed", host_seconds=100)) == TextSeen("armed")
    armed = simulation.time
    simulation.run(RunLimits(time=armed + 3 * TICKS_PER_SECOND, host_seconds=100))
    taken = simulation.take_checkpoint(tmp_path)
    restored = Simulation.from_yaml(SYSTEM)
    restored.restore(taken)
    for each in (simulation, restored):
        assert run(each, RunLimits(host_seconds=100)).cause == Reset(source="watchdog0")
        assert 4.0 <= (each.time - armed) / TICKS_PER_SECOND < 4.1
    assert restored.time == simulation.time


def test_a_watchdog_that_is_fed_lets_the_guest_end_by_itself() -> None:
    outcome = run(prepare("watchdog -T 2 -t 1 /dev/watchdog0", "sleep 6", "echo alive"), RunLimits(host_seconds=100))
    assert output(outcome) == "alive\n"
    assert outcome.time > 6 * TICKS_PER_SECOND
