"""Pictures as PNG files, and the ways to ask for one."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from cli_driver import Vmsim
from core_testing import make_system
from hypothesis import given, settings
from hypothesis import strategies as st
from vmsim_core.errors import VmsimError
from vmsim_core.host_ports import Picture
from vmsim_core.picture_file import png, save_screen
from vmsim_core.simulation import Simulation
from vmsim_core.whole_file import whole_file

SMALL = Picture(2, 1, b"\xff\0\0\0\0\xff")


class Screen:
    """A display that shows a picture."""

    def __init__(self, shows: Picture | None) -> None:
        self.shows = shows

    def picture(self) -> Picture | None:
        return self.shows


def chunks(file: bytes) -> list[tuple[bytes, bytes]]:
    """Return the chunks of a PNG file, their checksums checked (ISO/IEC 15948, 5.3)."""
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    found, rest = [], file[8:]
    while rest:
        size = int.from_bytes(rest[:4])
        assert int.from_bytes(rest[8 + size : 12 + size]) == zlib.crc32(rest[4 : 8 + size])
        found.append((rest[4:8], rest[8 : 8 + size]))
        rest = rest[12 + size :]
    return found


pictures = st.tuples(st.integers(1, 20), st.integers(1, 20)).flatmap(
    lambda size: st.binary(min_size=3 * size[0] * size[1], max_size=3 * size[0] * size[1]).map(
        lambda rgb: Picture(*size, rgb)
    )
)


@settings(max_examples=60, deadline=None)
@given(pictures)
def test_a_png_has_the_picture_in_it(picture: Picture) -> None:
    (header_kind, header), (data_kind, data), end = chunks(png(picture))
    assert (header_kind, data_kind, end) == (b"IHDR", b"IDAT", (b"IEND", b""))
    # Width, height, eight bits, true colour, and the only compression, filter method and no interlace.
    assert header == picture.width.to_bytes(4) + picture.height.to_bytes(4) + bytes([8, 2, 0, 0, 0])
    lines = zlib.decompress(data)
    step = 1 + 3 * picture.width
    assert len(lines) == step * picture.height
    assert set(lines[::step]) == {0}
    assert b"".join(lines[start + 1 : start + step] for start in range(0, len(lines), step)) == picture.rgb
    assert png(picture) == png(Picture(picture.width, picture.height, bytes(picture.rgb)))


def test_the_first_display_is_saved(tmp_path: Path) -> None:
    system = make_system()
    system.displays.update(b=Screen(None), a=Screen(SMALL))
    save_screen(system, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == png(SMALL)
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize(
    ("screens", "place", "message"),
    [
        ({}, "a.png", "no picture: the system has no display"),
        ({"clcd": None}, "a.png", "no picture: the display clcd is off"),
        ({"clcd": SMALL}, "nowhere/a.png", "picture .*nowhere/a.png: cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_saved_leaves_the_old_file(
    tmp_path: Path, screens: dict[str, Picture | None], place: str, message: str
) -> None:
    system = make_system()
    system.displays.update({name: Screen(shows) for name, shows in screens.items()})
    (tmp_path / "a.png").write_text("old")
    with pytest.raises(VmsimError, match=message):
        save_screen(system, tmp_path / place)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.png", "old")]


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    with pytest.raises(ValueError, match="half"), whole_file(file) as partial:
        partial.write_text("ne")
        raise ValueError("half")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("file", "old")]
    with whole_file(file) as partial:
        partial.write_text("new")
        assert file.read_text() == "old"
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("file", "new")]


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """A display in every machine that is built."""
    display = Screen(SMALL)
    load = Simulation.__init__

    def load_with_screen(simulation: Simulation, *arguments: object) -> None:
        load(simulation, *arguments)  # type: ignore[arg-type]
        simulation.system.displays["clcd"] = display

    monkeypatch.setattr(Simulation, "__init__", load_with_screen)
    return display


RUN = ("run", "s.yaml", "--max-insts", "5", "--console", "none")


def test_a_run_ends_with_a_picture(vmsim: Vmsim, screen: Screen) -> None:
    outcome = vmsim(*RUN, "--screenshot", "a.png")
    assert outcome.code == 0
    assert Path("a.png").read_bytes() == png(SMALL)


def test_a_screen_that_is_off_at_the_end_is_an_error(vmsim: Vmsim, screen: Screen) -> None:
    screen.shows = None
    outcome = vmsim(*RUN, "--screenshot", "a.png")
    assert outcome.code == 1
    assert outcome.err.splitlines()[0].startswith("vmsim: instruction-limit at ")
    assert outcome.err.splitlines()[1:] == ["no picture: the display clcd is off"]


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("nowhere/a.png", "--screenshot nowhere/a.png: there is no folder nowhere"),
        ("a.jpg", "--screenshot a.jpg: the name must end in .png"),
    ],
)
def test_a_wrong_name_is_refused_before_the_run(vmsim: Vmsim, screen: Screen, file: str, message: str) -> None:
    outcome = vmsim(*RUN, "--screenshot", file)
    assert (outcome.code, outcome.err.splitlines()) == (1, [message])


def test_a_machine_without_a_screen_is_refused_before_the_run(vmsim: Vmsim) -> None:
    outcome = vmsim(*RUN, "--screenshot", "a.png")
    assert (outcome.code, outcome.err.splitlines()) == (1, ["--screenshot a.png: the system has no display"])
