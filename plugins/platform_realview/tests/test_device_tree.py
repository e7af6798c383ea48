from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import ClassVar

import pytest
from board_testing import MIB, Tree, cells, make_board, read_tree, ready_devices, strings
from vmsim_core.address_map import DeviceRegion
from vmsim_core.component import ComponentParams
from vmsim_core.description import Workload
from vmsim_core.device import Device, DeviceParams
from vmsim_core.registers import RegisterTable
from vmsim_core.system import System
from vmsim_platform_realview.flattened_tree import Node, Reference, encode, flatten


def tree_of(system: System) -> Tree:
    return read_tree(system.platform.device_tree(system.workload))


# What Linux's arm-realview-pbx.dtsi and arm-realview-pbx-a9.dts say, and its bindings for what is not in them: node,
# compatible, reg, interrupts, clock names.
LINUX_NODES: list[tuple[str, list[str], list[int], list[int], list[str]]] = [
    ("syscon@10000000", ["arm,realview-pbx-syscon", "syscon", "simple-mfd"], [0x10000000, 0x1000], [], []),
    ("sysctl@10001000", ["arm,sp810", "arm,primecell"], [0x10001000, 0x1000], [], ["refclk", "timclk", "apb_pclk"]),
    ("serial@10009000", ["arm,pl011", "arm,primecell"], [0x10009000, 0x1000], [0, 12, 4], ["uartclk", "apb_pclk"]),
    ("serial@1000a000", ["arm,pl011", "arm,primecell"], [0x1000A000, 0x1000], [0, 13, 4], ["uartclk", "apb_pclk"]),
    ("serial@1000b000", ["arm,pl011", "arm,primecell"], [0x1000B000, 0x1000], [0, 14, 4], ["uartclk", "apb_pclk"]),
    ("serial@1000c000", ["arm,pl011", "arm,primecell"], [0x1000C000, 0x1000], [0, 15, 4], ["uartclk", "apb_pclk"]),
    ("timer@10011000", ["arm,sp804", "arm,primecell"], [0x10011000, 0x1000], [0, 4, 4],
     ["timerclk0", "timerclk1", "apb_pclk"]),
    ("timer@10012000", ["arm,sp804", "arm,primecell"], [0x10012000, 0x1000], [0, 5, 4],
     ["timerclk2", "timerclk3", "apb_pclk"]),
    ("timer@10018000", ["arm,sp804", "arm,primecell"], [0x10018000, 0x1000], [0, 41, 4],
     ["timerclk4", "timerclk5", "apb_pclk"]),
    ("timer@10019000", ["arm,sp804", "arm,primecell"], [0x10019000, 0x1000], [0, 42, 4],
     ["timerclk6", "timerclk7", "apb_pclk"]),
    ("rtc@10017000", ["arm,pl031", "arm,primecell"], [0x10017000, 0x1000], [0, 10, 4], ["apb_pclk"]),
    ("i2c@10002000", ["arm,versatile-i2c"], [0x10002000, 0x1000], [], []),
    ("i2c@10016000", ["arm,versatile-i2c"], [0x10016000, 0x1000], [], []),
    ("kmi@10006000", ["arm,pl050", "arm,primecell"], [0x10006000, 0x1000], [0, 20, 4], ["KMIREFCLK", "apb_pclk"]),
    ("kmi@10007000", ["arm,pl050", "arm,primecell"], [0x10007000, 0x1000], [0, 21, 4], ["KMIREFCLK", "apb_pclk"]),
    ("watchdog@1000f000", ["arm,sp805", "arm,primecell"], [0x1000F000, 0x1000], [0, 0, 4], ["wdog_clk", "apb_pclk"]),
    ("watchdog@10010000", ["arm,sp805", "arm,primecell"], [0x10010000, 0x1000], [0, 40, 4], ["wdog_clk", "apb_pclk"]),
    ("clcd@10020000", ["arm,pl111", "arm,primecell"], [0x10020000, 0x1000], [0, 23, 4], ["clcdclk", "apb_pclk"]),
    ("dma-controller@10030000", ["arm,pl081", "arm,primecell"], [0x10030000, 0x1000], [0, 24, 4], ["apb_pclk"]),
    ("ide@18000000", ["ata-generic"], [0x18000000, 0x100, 0x18000100, 0xF00], [], []),
    ("ethernet@4e000000", ["smsc,lan9118", "smsc,lan9115"], [0x4E000000, 0x10000], [0, 28, 4], []),
    ("scu@1f000000", ["arm,cortex-a9-scu"], [0x1F000000, 0x100], [], []),
    ("timer@1f000600", ["arm,cortex-a9-twd-timer"], [0x1F000600, 0x20], [1, 13, 0xF04], []),
    ("watchdog@1f000620", ["arm,cortex-a9-twd-wdt"], [0x1F000620, 0x20], [1, 14, 0xF04], []),
    ("interrupt-controller@1f001000", ["arm,cortex-a9-gic"], [0x1F001000, 0x1000, 0x1F000100, 0x100], [], []),
    ("cache-controller@1f002000", ["arm,pl310-cache"], [0x1F002000, 0x1000], [], []),
]  # fmt: skip

OSCILLATOR_4 = "/soc/syscon@10000000/clock-controller@1c"


@pytest.mark.parametrize(
    ("name", "compatible", "registers", "interrupts", "clock_names"), LINUX_NODES, ids=[node[0] for node in LINUX_NODES]
)
def test_a_device_has_the_node_that_linux_expects(
    name: str, compatible: list[str], registers: list[int], interrupts: list[int], clock_names: list[str]
) -> None:
    node = tree_of(make_board())[f"/soc/{name}"]
    assert strings(node["compatible"]) == compatible
    assert cells(node["reg"]) == registers
    assert cells(node.get("interrupts", b"")) == interrupts
    assert strings(node.get("clock-names", b"\0")) == (clock_names or [""])


def test_clocks_have_the_boards_frequencies() -> None:
    tree = tree_of(make_board())
    by_phandle = {cells(node["phandle"])[0]: path for path, node in tree.items() if "phandle" in node}

    def clocks(path: str) -> list[str]:
        return [by_phandle.get(cell, str(cell)) for cell in cells(tree[path]["clocks"])]

    assert cells(tree["/xtal24mhz"]["clock-frequency"]) == [24_000_000]
    assert cells(tree["/timclk"]["clock-div"]) == [24]
    assert clocks("/timclk") == clocks("/uartclk") == ["/xtal24mhz"]
    assert clocks("/soc/serial@10009000") == ["/uartclk", "/pclk"]
    controller = cells(tree["/soc/sysctl@10001000"]["phandle"])[0]
    pclk = cells(tree["/pclk"]["phandle"])[0]
    assert cells(tree["/soc/timer@10012000"]["clocks"]) == [controller, 2, controller, 3, pclk]
    assert clocks("/soc/timer@10018000") == ["/timclk", "/timclk", "/pclk"]


def test_a_clock_that_the_description_changes_is_told() -> None:
    devices = ready_devices()
    devices["uart0"]["uartclk"] = "48MHz"
    devices["timer01"]["clock"] = "2MHz"
    devices["clcd"]["clcdclk"] = "65MHz"
    tree = tree_of(make_board(devices=devices))
    for device, name, hertz in [
        ("serial@10009000", "uart0-uartclk", 48_000_000),
        ("timer@10011000", "timer01-timclk", 2_000_000),
        ("clcd@10020000", "clcd-clcdclk", 65_000_000),
    ]:
        assert cells(tree[f"/{name}"]["clock-frequency"]) == [hertz]
        assert cells(tree[f"/soc/{device}"]["clocks"])[0] == cells(tree[f"/{name}"]["phandle"])[0]
    assert cells(tree["/soc/serial@1000a000"]["clocks"])[0] == cells(tree["/uartclk"]["phandle"])[0]


def test_references_lead_to_the_nodes_they_mean() -> None:
    tree = tree_of(make_board())

    def phandle(path: str) -> list[int]:
        return cells(tree[path]["phandle"])

    assert cells(tree["/"]["interrupt-parent"]) == phandle("/soc/interrupt-controller@1f001000")
    assert cells(tree["/soc"]["regmap"]) == phandle("/soc/syscon@10000000")
    assert cells(tree["/cpus/cpu@0"]["next-level-cache"]) == phandle("/soc/cache-controller@1f002000")
    assert cells(tree["/cpus/cpu-map/cluster0/core0"]["cpu"]) == phandle("/cpus/cpu@0")
    phandles = [cells(node["phandle"])[0] for node in tree.values() if "phandle" in node]
    assert len(phandles) == len(set(phandles))


def test_simctl_is_what_linux_powers_off_with() -> None:
    tree = tree_of(make_board())
    simctl = tree["/soc/simctl@1e100000"]
    poweroff = tree["/soc/simctl@1e100000/poweroff"]
    assert "syscon" in strings(simctl["compatible"])
    assert strings(poweroff["compatible"]) == ["syscon-poweroff"]
    assert poweroff["regmap"] == simctl["phandle"]
    assert cells(poweroff["offset"]) == [0x18]


def test_the_system_registers_have_the_leds_and_oscillators() -> None:
    tree = tree_of(make_board())
    syscon = "/soc/syscon@10000000"
    assert [cells(tree[f"{syscon}/led@8,{index}"]["mask"])[0] for index in range(8)] == [1 << i for i in range(8)]
    offsets = [cells(tree[f"{syscon}/clock-controller@{0xC + 4 * index:x}"]["vco-offset"]) for index in range(5)]
    assert offsets == [[0xC], [0x10], [0x14], [0x18], [0x1C]]


def test_every_core_is_told_and_has_performance_monitors() -> None:
    tree = tree_of(make_board(cpus=4))
    assert [cells(tree[f"/cpus/cpu@{index}"]["reg"]) for index in range(4)] == [[0], [1], [2], [3]]
    assert strings(tree["/cpus"]["enable-method"]) == ["arm,realview-smp"]
    assert cells(tree["/pmu"]["interrupts"]) == [0, 44, 4, 0, 45, 4, 0, 46, 4, 0, 47, 4]
    assert tree["/pmu"]["interrupt-affinity"] == b"".join(tree[f"/cpus/cpu@{i}"]["phandle"] for i in range(4))


def test_an_absent_device_has_no_node_and_nothing_refers_to_it() -> None:
    tree = tree_of(make_board(devices={}))
    assert [path for path in tree if path.startswith("/soc")] == ["/soc"]
    assert "/pmu" not in tree
    assert tree["/aliases"] == {}
    assert "interrupt-parent" not in tree["/"]
    assert "next-level-cache" not in tree["/cpus/cpu@0"]
    assert "stdout-path" not in tree["/chosen"]


def test_without_the_system_controller_all_timers_have_the_boards_clock() -> None:
    devices = ready_devices()
    del devices["sp810"]
    tree = tree_of(make_board(devices=devices))
    timclk = cells(tree["/timclk"]["phandle"])[0]
    assert cells(tree["/soc/timer@10011000"]["clocks"])[:2] == [timclk, timclk]


def test_a_chip_is_below_the_node_of_its_bus() -> None:
    tree = tree_of(make_board())
    chips = {path: node for path, node in tree.items() if path.startswith("/soc/i2c@") and path.count("/") > 2}
    assert chips == {"/soc/i2c@10002000/rtc@68": {"compatible": b"dallas,ds1338\0", "reg": encode(0x68, {})}}
    assert strings(tree["/aliases"]["i2c1"]) == ["/soc/i2c@10016000"]


def test_the_screen_is_connected_through_the_video_dac() -> None:
    tree = tree_of(make_board())
    ends = ["/soc/clcd@10020000/port/endpoint", "/bridge/ports/port@0/endpoint"]
    ends += ["/bridge/ports/port@1/endpoint", "/vga/port/endpoint"]
    for one, other in [(ends[0], ends[1]), (ends[2], ends[3])]:
        assert tree[one]["remote-endpoint"] == tree[other]["phandle"]
        assert tree[other]["remote-endpoint"] == tree[one]["phandle"]
    assert tree["/vga"]["ddc-i2c-bus"] == tree["/soc/i2c@10016000"]["phandle"]
    assert cells(tree["/soc/clcd@10020000"]["clocks"])[0] == cells(tree[OSCILLATOR_4]["phandle"])[0]


def test_a_screen_without_its_data_bus_and_oscillator_does_not_refer_to_them() -> None:
    tree = tree_of(make_board(devices={"clcd": ready_devices()["clcd"]}))
    assert "ddc-i2c-bus" not in tree["/vga"]
    assert cells(tree["/soc/clcd@10020000"]["clocks"])[0] == cells(tree["/clcd-clcdclk"]["phandle"])[0]


def test_a_supply_is_there_with_the_device_that_has_it_and_once() -> None:
    devices = ready_devices()
    ethernet = devices.pop("ethernet")
    assert "/regulator-veth" not in tree_of(make_board(devices=devices))
    tree = tree_of(make_board(devices={**devices, "one": ethernet, "two": {**ethernet, "at": 0x4E100000}}))
    for device in ("ethernet@4e000000", "ethernet@4e100000"):
        for supply in ("vdd33a-supply", "vddvario-supply"):
            assert tree[f"/soc/{device}"][supply] == tree["/regulator-veth"]["phandle"]


def test_serial_ports_are_numbered_by_address() -> None:
    devices = dict(reversed(ready_devices().items()))
    tree = tree_of(make_board(devices=devices))
    assert strings(tree["/aliases"]["serial0"]) == ["/soc/serial@10009000"]
    assert strings(tree["/aliases"]["serial3"]) == ["/soc/serial@1000c000"]
    assert strings(tree["/chosen"]["stdout-path"]) == ["serial0:115200n8"]


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        (64, [0, 64 * MIB]),
        (256, [0, 256 * MIB]),
        (512, [0, 256 * MIB, 0x80000000, 256 * MIB]),
        (1024, [0, 256 * MIB, 0x20000000, 512 * MIB, 0x80000000, 256 * MIB]),
    ],
)
def test_memory_is_told_once(memory: int, expected: list[int]) -> None:
    tree = tree_of(make_board(memory=memory * MIB, devices={}))
    assert cells(tree["/memory@0"]["reg"]) == expected


def test_the_command_line_is_passed_as_it_is() -> None:
    system = make_board(devices={}, append="console=ttyAMA0 text=\udcff\u00e4")
    assert tree_of(system)["/chosen"]["bootargs"] == b"console=ttyAMA0 text=\xff\xc3\xa4\0"


class Thermometer(Device):
    type_name = "acme.thermometer"
    Params: ClassVar[type[ComponentParams]] = DeviceParams
    registers = RegisterTable(size=0x100)
    device_tree: ClassVar[dict[str, object]] = {
        "compatible": "acme,thermometer",
        "acme,limit": [1, 2],
        "acme,loud": True,
    }


class Silent(Device):
    type_name = "acme.silent"
    registers = RegisterTable(size=0x100)


def test_a_device_of_another_plugin_gets_a_plain_node() -> None:
    system = make_board()
    for name, kind, at in [("thermometer", Thermometer, 0x1E000000), ("silent", Silent, 0x1E001000)]:
        device = kind(system, name, DeviceParams(at=at, irq=70))
        system.devices[name] = device
        system.address_map.add(DeviceRegion(name, at, 0x100, device))
    tree = tree_of(system)
    assert tree["/soc/thermometer@1e000000"] == {
        "compatible": b"acme,thermometer\0",
        "acme,limit": encode([1, 2], {}),
        "acme,loud": b"",
        "reg": encode([0x1E000000, 0x100], {}),
        "interrupts": encode([0, 38, 4], {}),
    }
    assert not [path for path in tree if "silent" in path]


def test_the_same_system_gives_the_same_blob() -> None:
    first, second = make_board(), make_board(devices=dict(reversed(ready_devices().items())))
    assert first.platform.device_tree(Workload()) == second.platform.device_tree(Workload())


def test_a_label_that_two_nodes_have_means_the_first() -> None:
    twins = [Node("one", label="twin"), Node("two", label="twin")]
    tree = read_tree(flatten(Node("", {"ref": [Reference("twin")]}, twins)))
    assert tree["/"]["ref"] == tree["/one"]["phandle"]
    assert "phandle" not in tree["/two"]


@pytest.mark.skipif(shutil.which("dtc") is None, reason="needs the device tree compiler")
def test_the_compiler_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    blob = tmp_path / "board.dtb"
    blob.write_bytes(make_board(memory=1024 * MIB, cpus=2).platform.device_tree(Workload(append="console=ttyAMA0")))
    # The LEDs share a register, and the video DAC says more than it needs; so they do in Linux's tree.
    allowed = ["-W", "no-unique_unit_address", "-W", "no-avoid_unnecessary_addr_size"]
    command = ["dtc", "-I", "dtb", "-O", "dts", *allowed, str(blob), "-o", "/dev/null"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stderr == ""
