"""System descriptions: includes, overlays, settings, and every mistake at its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_plugins import SYSTEM, Cpu, CpuParams, describe, fake_plugins, mistakes, plugin, simulate
from vmsim_core.config import load_source, resolve_workload
from vmsim_core.description import Workload
from vmsim_core.errors import ConfigError, VmsimError
from vmsim_core.schema import description_schema


def write(folder: Path, **files: str) -> Path:
    """Write YAML files; return the first."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder / f"{next(iter(files))}.yaml"


def test_a_description_becomes_typed_data(tmp_path: Path) -> None:
    description = describe(tmp_path)
    assert description.data.memory == 64 << 10
    assert description.devices["uart0"].params.at == 0x20000
    assert description.models[0]["test-cpu"].params == CpuParams()
    assert str(description.position("devices", "uart0", "irq")) == f"{tmp_path}/system.yaml:6:46"


def test_every_mistake_is_reported_at_once_with_place_path_and_owner(tmp_path: Path) -> None:
    text = """\
platfrom: test-board
memory: 64 parsecs
board: {wait_states: -1}
cpus:
  - {start: test-cpu, cpi: fast, models: {test-cpu: {width: 0, enginge: x}}}
  - {clock: 1GHz}
devices:
  uart0: {type: test-uart, at: here, irq: low, image: [1]}
  uart1: {type: test-urt, at: 0}
  uart2: {at: 0}
  Board: {type: test-pic, at: 0}
  cpu1: {type: test-pic, at: 0}
workload: {kernel: 7, format: zip, apend: x}
"""
    assert mistakes(tmp_path, text) == [
        "system.yaml:1:1: platform: is missing: the type of the board",
        "system.yaml:1:1: platfrom: unknown key; did you mean 'platform'?",
        "system.yaml:2:9: memory: '64 parsecs' is not a size; write it like 256MiB (units: B, KiB, MiB, GiB, k, M, G)",
        "system.yaml:5:28: cpus.0.cpi: 'fast' is not an integer",
        "system.yaml:5:61: cpus.0.models.test-cpu.width: 0 should be greater than or equal to 1 "
        "(from plugin parts (test-parts))",
        "system.yaml:5:64: cpus.0.models.test-cpu.enginge: unknown key; did you mean 'engine'? "
        "(from plugin parts (test-parts))",
        "system.yaml:6:5: cpus.1.start: is missing: the CPU model that the core starts on, such as kvm or atomic",
        "system.yaml:8:32: devices.uart0.at: 'here' is not an address; write it like 0x10009000 "
        "(from plugin parts (test-parts))",
        "system.yaml:8:43: devices.uart0.irq: 'low' is not an integer (from plugin parts (test-parts))",
        "system.yaml:8:55: devices.uart0.image: [1] is not a file name (from plugin parts (test-parts))",
        "system.yaml:9:17: devices.uart1.type: no device type 'test-urt' is installed; did you mean 'test-uart'?",
        "system.yaml:10:10: devices.uart2: a device needs a type, such as `type: acme.thermometer`",
        "system.yaml:11:10: devices.Board: this cannot be a device's name; "
        "use small letters, digits, - and _, not board, caches, regions or cpuN",
        "system.yaml:12:9: devices.cpu1: this cannot be a device's name; "
        "use small letters, digits, - and _, not board, caches, regions or cpuN",
        "system.yaml:13:20: workload.kernel: 7 is not a file name",
        "system.yaml:13:31: workload.format: 'zip' is none of 'auto', 'zimage', 'elf', 'image' or 'raw'",
        "system.yaml:13:36: workload.apend: unknown key; did you mean 'append'?",
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("platform: test-bord\n", "9:11: platform: no platform 'test-bord' is installed; did you mean 'test-board'?"),
        ("board: {wait_states: -1}\n", "9:22: board.wait_states: -1 should be greater than or equal to 0 "
                                       "(from plugin parts (test-parts))"),
        ("devices: [1]\n", "9:10: devices: [1] is not a mapping"),
        ("devices: {uart0: 5}\n", "9:18: devices.uart0: 5 is not a mapping"),
        ("cpus: []\n", "9:7: cpus: at least 1 of these is needed"),
        ("cpus: [{start: kwm}]\n", "9:16: cpus.0.start: no CPU model 'kwm' is installed "
                                  "(its distribution may be vmsim-cpu-kwm); known are test-cpu"),
        ("memory: -1\n", "9:9: memory: a size cannot be negative"),
        ("workload: {format: raw}\n", "9:11: workload: format: raw needs an address as well"),
        ("workload: text\n", "9:11: workload: 'text' is not a mapping"),
        ("devices: {uart7: ~}\n", "9:18: devices.uart7: there is no such device to take away; did you mean 'uart0'?"),
    ],
)  # fmt: skip
def test_single_mistakes(tmp_path: Path, change: str, expected: str) -> None:
    # The mistake stands in a file of its own, below an include, so that it keeps its line when others are added.
    write(tmp_path, base=SYSTEM)
    text = "\n" * 7 + "include: base.yaml\n" + change
    [line] = mistakes(tmp_path, text)
    assert line.removeprefix("system.yaml:").startswith(expected)


def test_an_overlay_is_merged_into_what_it_includes(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        mine="include: base.yaml\n"
        "memory: 128KiB\n"
        "cpus: [{models: {test-cpu: {width: 4}}}, {start: test-cpu}]\n"
        "devices: {pic: ~, uart0: {irq: ~}, uart1: {type: test-uart, at: 0x30000}}\n",
        base=SYSTEM,
    )
    assert load_source(main, []).data() == {
        "platform": "test-board",
        "memory": "128KiB",
        "cpus": [{"start": "test-cpu", "models": {"test-cpu": {"width": 4}}}, {"start": "test-cpu"}],
        "devices": {
            "uart0": {"type": "test-uart", "at": 0x20000, "irq": None},
            "uart1": {"type": "test-uart", "at": 0x30000},
        },
    }


def test_a_mistake_in_an_included_file_is_reported_there(tmp_path: Path) -> None:
    write(tmp_path, base=SYSTEM.replace("64KiB", "much"))
    [line] = mistakes(tmp_path, "include: base.yaml\n")
    assert line.startswith("base.yaml:2:9: memory: 'much'")


def test_several_files_are_included_in_their_order(tmp_path: Path) -> None:
    main = write(tmp_path, mine="include: [one.yaml, two.yaml]\nc: 3\n", one="a: 1\nb: 1\nc: 1\n", two="b: 2\nc: 2\n")
    assert load_source(main, []).data() == {"a": 1, "b": 2, "c": 3}


def test_files_are_looked_up_beside_the_including_one_then_in_the_plugins_folders(tmp_path: Path) -> None:
    ready, own = tmp_path / "ready", tmp_path / "own"
    ready.mkdir()
    own.mkdir()
    write(ready, base="a: 1\n", other="b: 1\n")
    main = write(own, mine="include: [base.yaml, other.yaml]\n", other="b: 2\n")
    assert load_source(main, [ready]).data() == {"a": 1, "b": 2}
    assert load_source(Path("base.yaml"), [ready]).data() == {"a": 1}, "also when it is what the user named"


def test_the_folders_are_those_of_the_hook(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    ready.mkdir()
    write(ready, base=SYSTEM)
    plugins = fake_plugins(systems=plugin(vmsim_system_folders=lambda: [ready]))
    assert describe(tmp_path, "include: base.yaml\n", plugins).data.platform == "test-board"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a": "include: b.yaml\n", "b": "\ninclude: a.yaml\n"},
         "b.yaml:2:10: files include each other in a circle: a.yaml includes b.yaml includes a.yaml"),
        ({"a": "include: a.yaml\n"}, "a.yaml:1:10: files include each other in a circle: a.yaml includes a.yaml"),
        ({"a": "include: reddy.yaml\n"}, "a.yaml:1:10: there is no file reddy.yaml (looked in "),
        ({"a": "include: {b: c}\n"}, "a.yaml:1:10: include: takes a file name or a list of them"),
        ({"a": "include: 5\n"}, "a.yaml:1:10: include: takes a file name or a list of them"),
        ({"a": "include: [5]\n"}, "a.yaml:1:11: include: takes a file name or a list of them"),
    ],
)  # fmt: skip
def test_wrong_includes(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_source(write(tmp_path, **files), [])
    assert str(caught.value).replace(f"{tmp_path}/", "").startswith(expected)


def test_a_missing_file_suggests_a_ready_one(tmp_path: Path) -> None:
    write(tmp_path, ready="a: 1\n")
    with pytest.raises(ConfigError, match=r"there is no file redy.yaml \(looked in .*\); did you mean 'ready.yaml'\?"):
        load_source(Path("redy.yaml"), [tmp_path])


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("memory", "1MiB", {"memory": "1MiB"}),
        ("cpus.0.models.kvm.engine", "unicorn",
         {"cpus": [{"start": "test-cpu", "models": {"kvm": {"engine": "unicorn"}}}]}),
        ("cpus.1.start", "o3", {"cpus": [{"start": "test-cpu"}, {"start": "o3"}]}),
        ("cpus", "[{cpi: 3}]", {"cpus": [{"start": "test-cpu", "cpi": 3}]}),
        ("devices.uart0", "null", {"devices": {"pic": {"type": "test-pic", "at": 0x10000}}}),
        ("workload", "{append: a}", {"workload": {"append": "a"}}),
        ("workload.append", "'a: b'", {"workload": {"append": "a: b"}}),
    ],
)  # fmt: skip
def test_settings_are_laid_over_the_files(tmp_path: Path, path: str, value: str, expected: dict[str, object]) -> None:
    file = write(tmp_path, system=SYSTEM)
    plain = load_source(file, []).data()
    assert load_source(file, [], [(path, value)]).data() == {**plain, **expected}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("memory", "[", "--set memory: is not valid YAML: "),
        ("memory.size", "1", "--set memory.size: there is no 'size' in '64KiB'"),
        ("cpus.first.start", "x", "--set cpus.first.start: 'first' is not the number of an item; there are 1"),
        ("cpus.2.start", "x", "--set cpus.2.start: '2' is not the number of an item; there are 1, counted from 0"),
        ("cpus.0.cpi", "0", "--set cpus.0.cpi: cpus.0.cpi: 0 should be greater than or equal to 1"),
        ("devices.uart0.att", "0", "--set devices.uart0.att: devices.uart0.att: unknown key; did you mean 'at'?"),
        ("devices.clock", "null", "--set devices.clock: devices.clock: there is no such device to take away"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, path: str, value: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        describe(tmp_path, overrides=[(path, value)])
    assert str(caught.value).startswith(expected)


def test_the_cpu_option_starts_every_core(tmp_path: Path) -> None:
    description = describe(tmp_path, SYSTEM.replace("[{start: test-cpu}]", "[{start: a}, {start: b}]"), cpu="test-cpu")
    assert [core.start for core in description.data.cpus] == ["test-cpu", "test-cpu"]
    with pytest.raises(ConfigError, match=r"^--cpu o3: cpus.0.start: no CPU model 'o3' is installed"):
        describe(tmp_path, cpu="o3")


def test_models_that_are_not_installed_may_be_described(tmp_path: Path) -> None:
    text = SYSTEM.replace("{start: test-cpu}", "{start: test-cpu, models: {o3: {rob_entries: 56}}}")
    assert list(describe(tmp_path, text).models[0]) == ["test-cpu"]


# --- variants of CPU models -------------------------------------------------------------------------------------------


def with_models(models: str, start: str = "test-cpu") -> str:
    """Return the description with `models` of its core."""
    return SYSTEM.replace("{start: test-cpu}", f"{{start: {start}, models: {{{models}}}}}")


def test_a_variant_is_a_model_under_a_name_and_with_parameters_of_its_own(tmp_path: Path) -> None:
    text = with_models("wide: {type: test-cpu, width: 4}, test-cpu: {type: test-cpu, width: 2}", start="wide")
    [models] = describe(tmp_path, text).models
    assert [(name, part.type.type_name, part.params.width) for name, part in models.items()] == [
        ("wide", "test-cpu", 4), ("test-cpu", "test-cpu", 2),
    ]  # fmt: skip
    simulation = simulate(tmp_path, text)
    assert simulation.system.cores[0].active_name == "wide"
    report = simulation.switch("test-cpu")
    assert (report.from_model, report.to_model) == ("wide", "test-cpu")
    assert {"wide", "test-cpu"} <= {*simulation.stats["cpu0"]}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        ("wide: {type: test-cpo}", "25: cpus.0.models.wide.type: no CPU model 'test-cpo' is installed (its "
                                   "distribution may be vmsim-cpu-test-cpo); did you mean 'test-cpu'?"),
        ("a: {type: b}, b: {type: test-cpu}", "22: cpus.0.models.a.type: no CPU model 'b' is installed"),
        ("a: {type: a}", "22: cpus.0.models.a.type: no CPU model 'a' is installed"),
        ("wide: {type: 5}", "25: cpus.0.models.wide.type: 5 is not a text"),
        ("test-cpu: {type: second}", "29: cpus.0.models.test-cpu.type: 'test-cpu' is a CPU model itself and cannot be "
                                     "a variant of 'second'; use another name"),
        ("a.b: {type: test-cpu}", "17: cpus.0.models.a.b: this cannot be the name of a CPU model's variant; use small "
                                  "letters, digits, - and _, not instructions"),
        ("instructions: {type: test-cpu}", "26: cpus.0.models.instructions: this cannot be the name of"),
        ("wide: {type: test-cpu, widht: 4}", "35: cpus.0.models.wide.widht: unknown key; did you mean 'width'? "
                                             "(from plugin parts (test-parts))"),
        ("wide: 4", "18: cpus.0.models.wide: 4 is not a mapping"),
    ],
)  # fmt: skip
def test_mistakes_in_variants(tmp_path: Path, models: str, expected: str) -> None:
    second = type("Second", (Cpu,), {"type_name": "second"})
    plugins = fake_plugins(second=plugin(vmsim_cpu_models=lambda: [second]))
    text = SYSTEM.replace("cpus: [{start: test-cpu}]", f"cpus:\n- models: {{{models}}}\n  start: test-cpu")
    [line] = mistakes(tmp_path, text, plugins)
    assert line.removeprefix("system.yaml:4:").startswith(expected)


def test_a_variant_of_a_model_that_is_listed_but_not_installed_does_no_harm(tmp_path: Path) -> None:
    text = with_models("o3: {}, small: {type: o3, rob_entries: 8}")
    assert list(describe(tmp_path, text).models[0]) == ["test-cpu"]
    with pytest.raises(ConfigError, match=r"^\S*system.yaml:3:57: cpus.0.models.small.type: no CPU model 'o3' is inst"):
        describe(tmp_path, text, cpu="small")


def test_a_start_that_is_not_there_may_have_meant_a_variant(tmp_path: Path) -> None:
    text = with_models("wide: {type: test-cpu}")
    with pytest.raises(ConfigError, match=r"^--cpu wode: .* 'wode' is installed .*; did you mean 'wide'\?$"):
        describe(tmp_path, text, cpu="wode")


# --- files that a description names ---------------------------------------------------------------------------------


def test_file_names_count_from_the_file_that_says_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path / "below"
    below.mkdir()
    write(below, base=SYSTEM.replace("irq: 1", "irq: 1, image: card.img") + "workload: {kernel: a, initrd: guest:b}\n")
    write(tmp_path, mine="include: below/base.yaml\nworkload: {dtb: /c}\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    description = describe(tmp_path, "include: mine.yaml\n", overrides=[("workload.append", "x")])
    assert description.data.workload == Workload(kernel=below / "a", initrd=Path("guest:b"), dtb=Path("/c"), append="x")
    assert description.devices["uart0"].params.image == below / "card.img"
    given = describe(tmp_path, "include: mine.yaml\n", overrides=[("workload.kernel", "k")])
    assert given.data.workload.kernel == elsewhere / "k", "a setting's file counts from where the user is"


def test_references_are_resolved_by_plugins(tmp_path: Path) -> None:
    found = tmp_path / "found"
    plugins = fake_plugins(files=plugin(vmsim_resolve_file=lambda reference: found if reference == "guest:b" else None))
    workload = Workload(kernel=Path("/k"), initrd=Path("guest:b"))
    assert resolve_workload(workload, plugins) == Workload(kernel=Path("/k"), initrd=found)
    with pytest.raises(VmsimError, match="no plugin knows what guest:c stands for"):
        resolve_workload(Workload(kernel=Path("guest:c")), plugins)


ONE_FILE_PLUGIN = """\
from __future__ import annotations
import vmsim_core as vmsim

class Thermometer(vmsim.Device):
    type_name = "acme.thermometer"
    class Params(vmsim.DeviceParams):
        celsius: float = 20.0
    registers = vmsim.RegisterTable(size=0x1000)

@vmsim.hookimpl
def vmsim_devices() -> list[type[vmsim.Device]]:
    return [Thermometer]
"""


def test_a_one_file_plugin_is_loaded_from_beside_the_description(tmp_path: Path) -> None:
    (tmp_path / "thermometer.py").write_text(ONE_FILE_PLUGIN)
    text = SYSTEM + "  hot: {type: acme.thermometer, at: 0x40000, celsius: 40}\nplugins: [thermometer.py]\n"
    assert describe(tmp_path, text).devices["hot"].params.celsius == 40.0
    [line] = mistakes(tmp_path, text.replace("celsius: 40", "celsius: warm"))
    assert line == ("system.yaml:7:55: devices.hot.celsius: 'warm' is not a number (from plugin file thermometer.py)")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import nowhere_at_all\n", "cannot be loaded: ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("a b\n", "cannot be loaded: SyntaxError: invalid syntax"),
        ("raise SystemExit(3)\n", "cannot be loaded: SystemExit: 3"),
        (None, "cannot be loaded: FileNotFoundError: [Errno 2] No such file or directory"),
        ("from vmsim_core import hookimpl\n@hookimpl\ndef vmsim_devises(): return []\n", "has a wrong hook: "),
    ],
)
def test_a_one_file_plugin_that_fails_is_one_line(tmp_path: Path, source: str | None, expected: str) -> None:
    if source is not None:
        (tmp_path / "broken.py").write_text(source)
    [line] = mistakes(tmp_path, SYSTEM + "plugins:\n  - broken.py\n")
    assert line.startswith("system.yaml:8:5: plugins: the plugin")
    assert expected in line


# --- the schema -----------------------------------------------------------------------------------------------------


def test_the_schema_knows_every_plugins_parameters() -> None:
    schema = description_schema(fake_plugins())
    device = schema["properties"]["devices"]["additionalProperties"]["anyOf"][0]
    assert device["properties"]["type"]["enum"] == ["test-pic", "test-uart"]
    uart = next(rule for rule in device["allOf"] if rule["if"]["properties"]["type"] == {"const": "test-uart"})
    assert set(uart["then"]["properties"]) == {"type", "at", "irq", "transmit_irq", "image"}
    assert uart["then"]["additionalProperties"] is False
    assert "required" not in uart["then"]
    assert schema["allOf"][0]["then"]["properties"]["board"]["properties"]["wait_states"]["minimum"] == 0
    models = schema["$defs"]["CoreDescription"]["properties"]["models"]
    assert {*models["properties"]["test-cpu"]["properties"]} == {"type", "width", "engine"}
    variant = models["additionalProperties"]
    assert variant["properties"]["type"]["enum"] == ["test-cpu"]
    assert {*variant["allOf"][0]["then"]["properties"]} == {"type", "width", "engine"}
    assert "include" in schema["properties"]
    assert "required" not in schema
