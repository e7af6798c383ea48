"""YAML with positions: what is understood, and what is refused where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vmsim_core.errors import ConfigError
from vmsim_core.yaml_source import MAX_BYTES, MAX_DEPTH, Node, parse_option_value, read_yaml


def read(folder: Path, content: str | bytes) -> Node:
    file = folder / "a.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_yaml(file)


def refusal(folder: Path, content: str | bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, content)
    [line] = caught.value.lines()
    assert "\n" not in line
    return line.replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0x1000_0000", 0x10000000),
        ("0x1f", 31),
        ("0o17", 15),
        ("0b11", 3),
        ("-7", -7),
        ("0", 0),
        ("21.5", 21.5),
        ("1e3", 1000.0),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("yes", "yes"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("2026-01-01", "2026-01-01"),
        ("0777", "0777"),
        ("'42'", "42"),
        ("256MiB", "256MiB"),
        ("guest:busybox", "guest:busybox"),
        ("console=ttyAMA0", "console=ttyAMA0"),
    ],
)
def test_scalars(tmp_path: Path, text: str, value: object) -> None:
    found = read(tmp_path, f"key: {text}\n").data()["key"]
    assert found == value
    assert type(found) is type(value)


def test_every_key_and_value_knows_its_place(tmp_path: Path) -> None:
    root = read(tmp_path, "memory: 1MiB\ncpus:\n  - {start: kvm}\n")
    start = root.find("cpus", 0, "start")
    assert start is not None
    assert str(start.position) == f"{tmp_path}/a.yaml:3:13"
    assert str(start.key_position) == f"{tmp_path}/a.yaml:3:6"
    assert str(root.position_of("cpus", 0, "nothing", "here")) == f"{tmp_path}/a.yaml:3:5"


def test_an_alias_is_the_value_written_out(tmp_path: Path) -> None:
    assert read(tmp_path, "a: &x {b: 1}\nc: *x\n").data() == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", "a.yaml:3:1: the key 'a' is given twice; the first is at a.yaml:1:1"),
        ("- 1\n", "a.yaml:1:1: a system description is a mapping, such as `memory: 256MiB`"),
        ("", "a.yaml:1:1: a system description is a mapping, such as `memory: 256MiB`"),
        ("a: !!python/object:os.system {}\n", "a.yaml:1:4: the tag tag:yaml.org,2002:python/object:os.system"),
        ("a: !mine 1\n", "a.yaml:1:4: the tag !mine has no meaning here"),
        ("a: !!binary aGk=\n", "a.yaml:1:4: the tag tag:yaml.org,2002:binary has no meaning here"),
        ("? [1, 2]\n: 3\n", "a.yaml:1:3: a key must be a name"),
        ("a: &x {b: 1}\nc: {<<: *x}\n", "a.yaml:2:5: the merge key << is not supported"),
        ("a: 0x\n_: 0x_\n", "a.yaml:2:4: '0x_' is no int"),
        ("a: [1, 2\nb: 3\n", "a.yaml:2:2: is not valid YAML: expected ',' or ']'"),
        ("a: 1\n\tb: 2\n", "a.yaml:2:1: is not valid YAML: found character '\\t'"),
        ("a: *nowhere\n", "a.yaml:1:4: is not valid YAML: found undefined alias 'nowhere'"),
        ("a: 1\n---\nb: 2\n", "a.yaml:2:1: is not valid YAML: but found another document"),
        ("a: 1\nb: \x01\n", "a.yaml:2:4: holds a character that YAML does not allow"),
        ("a: &x [*x]\n", "a.yaml:1:4: is too large or too deep when its aliases are written out"),
    ],
)
def test_refusals(tmp_path: Path, text: str, expected: str) -> None:
    assert refusal(tmp_path, text).replace(str(tmp_path) + "/", "").startswith(expected)


def test_bytes_that_are_no_text_are_refused_at_their_place(tmp_path: Path) -> None:
    assert refusal(tmp_path, b"a: 1\nb: \xff\n") == "a.yaml:2:4: is not UTF-8 text"


def test_a_bomb_of_aliases_is_refused(tmp_path: Path) -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "too large" in refusal(tmp_path, "\n".join(levels))


@pytest.mark.parametrize("opening", ["[", "{a: "])
def test_deep_nesting_is_refused(tmp_path: Path, opening: str) -> None:
    assert f"more than {MAX_DEPTH} levels deep" in refusal(tmp_path, "a: " + opening * 5000)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    assert "larger than 1024 KiB" in refusal(tmp_path, b"#" * (MAX_BYTES + 1))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.yaml cannot be read: No such file or directory"):
        read_yaml(tmp_path / "missing.yaml")


def test_the_place_of_an_option_is_the_option() -> None:
    node = parse_option_value("{a: [1]}", "--set x")
    assert node.data() == {"a": [1]}
    assert str(node.position_of("a", 0)) == "--set x"
    with pytest.raises(ConfigError, match=r"^--set x: is not valid YAML"):
        parse_option_value("[", "--set x")


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(min_codepoint=32, max_codepoint=126)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcdef"), inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
def test_json_is_read_as_what_it_is(value: Any) -> None:
    import json

    assert parse_option_value(json.dumps(value), "--set x").data() == value


@given(st.text(max_size=200))
def test_no_text_crashes_the_reader(text: str) -> None:
    try:
        parse_option_value(text, "--set x")
    except ConfigError as error:
        assert all("\n" not in line for line in error.lines())
