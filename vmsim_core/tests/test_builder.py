"""Building a system: what is made and wired, and the mistakes that show then."""

from __future__ import annotations

from pathlib import Path

import pytest
from core_testing import CountingState
from fake_plugins import SYSTEM, Board, Cpu, Pic, Uart, fake_plugins, mistakes, plugin, simulate
from vmsim_core.component import ComponentParams
from vmsim_core.cpu import Core
from vmsim_core.device import Device
from vmsim_core.errors import ConfigError, VmsimError
from vmsim_core.registers import RegisterTable
from vmsim_core.simulation import Simulation
from vmsim_core.system import System


def test_a_system_is_made_of_what_is_described(tmp_path: Path) -> None:
    system = simulate(tmp_path).system
    assert list(system.components) == ["board", "cpu0", "pic", "uart0", "cpu0.test-cpu"]
    assert isinstance(system.platform, Board)
    assert [region.name for region in system.address_map.regions] == ["ram", "pic", "uart0"]
    assert system.cores[0].active is system.components["cpu0.test-cpu"]


def test_each_core_starts_on_its_model_from_its_reset_state(tmp_path: Path) -> None:
    system = simulate(tmp_path, SYSTEM.replace("{start: test-cpu}", "{start: test-cpu}, {start: test-cpu}")).system
    assert [core.path for core in system.cores] == ["cpu0", "cpu1"]
    assert [core.active.save_state().differences(CountingState(index)) for index, core in enumerate(system.cores)] == [
        [], []
    ]  # fmt: skip


def test_interrupts_are_wired_to_the_boards_controller(tmp_path: Path) -> None:
    system = simulate(tmp_path, SYSTEM.replace("irq: 1", "irq: 1, transmit_irq: 5")).system
    system.devices["uart0"].irq.set(True)
    assert system.address_map.read(0x10000, 4) == 1 << 1
    uart = system.devices["uart0"]
    assert isinstance(uart, Uart)
    uart.transmit.set(True)
    assert system.address_map.read(0x10000, 4) == 1 << 1 | 1 << 5


def test_the_model_that_is_asked_for_runs(tmp_path: Path) -> None:
    file = tmp_path / "system.yaml"
    file.write_text(SYSTEM)
    from vmsim_core.builder import build_simulation

    simulation = build_simulation(file, "test-cpu", [("memory", "8KiB")], fake_plugins())
    assert isinstance(simulation, Simulation)
    assert simulation.system.description.memory == 8192


def test_a_workload_is_resolved_when_it_is_loaded(tmp_path: Path) -> None:
    kernel = tmp_path / "kernel"
    kernel.touch()
    plugins = fake_plugins(files=plugin(vmsim_resolve_file=lambda reference: kernel))
    simulation = simulate(tmp_path, SYSTEM + "workload: {kernel: guest:k}\n", plugins)
    simulation.load_workload()
    board = simulation.system.platform
    assert isinstance(board, Board)
    assert board.loaded is not None
    assert board.loaded.kernel == kernel


def test_the_hook_sees_a_system_that_is_connected_and_reset(tmp_path: Path) -> None:
    seen: list[tuple[bool, int]] = []

    def built(system: System) -> None:
        seen.append((system.devices["uart0"].irq.connected, system.cores[0].instructions))

    simulate(tmp_path, SYSTEM, fake_plugins(watcher=plugin(vmsim_system_built=built)))
    assert seen == [(True, 0)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("64KiB", "2MiB", "system.yaml:2:9: memory: 2MiB is more than test-board can have, 1MiB"),
        ("64KiB", "5000", "system.yaml:2:9: memory: 5000 bytes are no whole number of 4KiB pages"),
        ("64KiB", "0", "system.yaml:2:9: memory: 0 bytes are no whole number of 4KiB pages"),
        ("[{start: test-cpu}]", "[{start: test-cpu}, {start: test-cpu}, {start: test-cpu}]",
         "system.yaml:3:46: cpus.2: test-board has 2 cores at most"),
        ("0x20000", "0x10080",
         "system.yaml:6:32: devices.uart0.at: 0x10080 to 0x1107f overlaps pic (0x10000 to 0x100ff)"),
        ("0x20000", "0xf000", "system.yaml:6:32: devices.uart0.at: 0xf000 to 0xffff overlaps ram (0x0 to 0xffff)"),
        ("0x20000", "0x20002", "system.yaml:6:32: devices.uart0.at: 0x20002 is no multiple of 4"),
        ("0x20000", "0xfffffff0", "system.yaml:6:32: devices.uart0.at: 0xfffffff0 to 0x100000fef is not inside"),
        ("irq: 1", "irq: 8", "system.yaml:6:46: devices.uart0.irq: there is no interrupt 8; they are 0 to 7"),
        ("irq: 1", "irq: 1, transmit_irq: 9",
         "system.yaml:6:63: devices.uart0.transmit_irq: there is no interrupt 9; they are 0 to 7"),
        ("  pic: {type: test-pic, at: 0x10000}\n", "",
         "system.yaml:5:46: devices.uart0.irq: the system has no interrupt controller"),
    ],
)  # fmt: skip
def test_single_mistakes(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in SYSTEM
    [line] = mistakes(tmp_path, SYSTEM.replace(old, new))
    assert line.startswith(expected)


def test_a_missing_file_of_the_workload_is_reported_where_it_is_named(tmp_path: Path) -> None:
    from vmsim_core.builder import build_simulation

    file = tmp_path / "system.yaml"
    file.write_text(f"{SYSTEM}workload: {{kernel: none, initrd: fake:none}}\n")
    with pytest.raises(ConfigError) as error:
        build_simulation(file, plugins=fake_plugins())
    assert error.value.lines() == [f"{file}:7:20: workload.kernel: there is no file {tmp_path / 'none'}"]


def test_mistakes_of_several_kinds_are_reported_at_once(tmp_path: Path) -> None:
    text = SYSTEM.replace("irq: 1", "irq: 9").replace("64KiB", "2MiB") + (
        "  uart1: {type: test-uart, at: 0x20000, irq: 3}\n  uart2: {type: test-uart, at: 0x30000, irq: 3}\n"
    )
    assert [line.partition(" ")[2] for line in mistakes(tmp_path, text)] == [
        "memory: 2MiB is more than test-board can have, 1MiB",
        "devices.uart1.at: 0x20000 to 0x20fff overlaps uart0 (0x20000 to 0x20fff)",
        "devices.uart0.irq: there is no interrupt 9; they are 0 to 7",
        "devices.uart2.irq: interrupt 3 is uart1's already",
    ]


def test_a_mistake_that_a_component_finds_is_reported_with_its_owner(tmp_path: Path) -> None:
    class Picky(Device):
        type_name = "picky"
        registers = RegisterTable(size=4)

        def connect(self) -> None:
            raise VmsimError("there is no partner")

    plugins = fake_plugins(extra=plugin(vmsim_devices=lambda: [Picky]))
    assert mistakes(tmp_path, SYSTEM + "  p: {type: picky, at: 0x40000}\n", plugins) == [
        "system.yaml:7:6: devices.p: there is no partner (from plugin extra (test-extra))"
    ]


def test_a_model_that_cannot_start_is_reported_where_it_is_asked_for(tmp_path: Path) -> None:
    class Broken(Cpu):
        type_name = "broken"

        def __init__(self, system: System, path: str, params: ComponentParams, core: Core) -> None:
            raise VmsimError("this host cannot do that")

    class Foreign(Cpu):
        type_name = "foreign"
        architecture = "sparc"

    plugins = fake_plugins(extra=plugin(vmsim_cpu_models=lambda: [Broken, Foreign]))
    text = SYSTEM.replace("{start: test-cpu}", "{start: broken}, {start: foreign}")
    assert mistakes(tmp_path, text, plugins) == [
        "system.yaml:3:16: cpus.0.start: this host cannot do that (from plugin extra (test-extra))",
        "system.yaml:3:33: cpus.1.start: foreign executes sparc, the board has counting cores "
        "(from plugin extra (test-extra))",
    ]


def test_a_board_whose_architecture_is_not_installed_is_reported(tmp_path: Path) -> None:
    class Alien(Board):
        type_name = "alien"
        architecture = "vax"

    plugins = fake_plugins(extra=plugin(vmsim_platforms=lambda: [Alien]))
    assert mistakes(tmp_path, SYSTEM.replace("test-board", "alien"), plugins) == [
        "system.yaml:1:11: platform: the board needs the architecture 'vax', which is not installed; known are counting"
    ]


def test_the_controller_itself_needs_no_interrupt(tmp_path: Path) -> None:
    assert isinstance(simulate(tmp_path).system.devices["pic"], Pic)
