"""The faces of the panels: true to scale, no overlaps, every meaning named."""

from itertools import combinations
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import pytest
import typer
from msgspec.structs import replace
from typer.testing import CliRunner

from edge.commands.panel import panel
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.sections.guest_kinds import GuestKind
from edge.config.sections.panels import Button, Lamps, Panel
from edge.config.sections.pins import Output
from edge.config.sections.values import Action
from edge.paper.lettering import width
from edge.paper.panel.labels import (
    ACTIONS,
    HEARD,
    IN_SERVICE,
    LAMP_TEST,
    LAMP_TEST_ONE,
    MODES,
    REFUSED,
    meanings,
)
from edge.paper.panel.reasons import button_reasons
from edge.paper.panel.sheet import (
    BOTTOM,
    HEIGHT,
    HOLE,
    MARGIN,
    WIDTH,
    Face,
    config_faces,
    face,
    host_titles,
    pages,
    press_words,
)
from edge.paper.panel.svg import svg
from edge.sop.procedures.loading import load_procedures
from edge.sop.procedures.model import Procedure

FOLDER = default_config_folder()
CONFIGS = [
    "gardu.toml",
    "gardu-kerong.toml",
    "gardu-jatim.toml",
    "gardu-modbus.toml",
    "gardu-modules.toml",
    "gardu-hosts.toml",
]
EXAMPLES = [
    "sop/examples/config/pusat-data.toml",
    "sop/examples/config/pelayanan-terpadu.toml",
    "sop/examples/config/ruang-rawat.toml",
]
SVG = "{http://www.w3.org/2000/svg}"
APP = typer.Typer()
APP.command()(panel)

# Smallest distance that makers of 22 mm buttons and lamps allow, centre to centre, mm.
NEAREST = 30.0


@pytest.fixture(params=CONFIGS)
def config(request: pytest.FixtureRequest) -> Config:
    """Return a shipped config."""
    return load_config(FOLDER / request.param, elsewhere=True)


def procedures(config: Config) -> list[Procedure]:
    """Return the procedures of *config*."""
    found = load_procedures(Path(config.checkpoint.sop), config.checkpoint.procedures)
    return list(found.values())


CHOICES: tuple[Action, ...] = ("choice-1", "choice-2", "choice-3", "choice-4")


def full() -> Panel:
    """Return a panel with every lamp, and with buttons for all actions but arrive and choices."""
    actions = [one for one in get_args(Action) if one != "arrive" and one not in CHOICES]
    pairs = list(zip(actions[::2], actions[1::2], strict=False))
    lamps = Lamps(**{name: Output(pin=2 + n) for n, name in enumerate(Lamps.__struct_fields__)})
    return Panel(
        stations=["reception", "officer-1", "ruang-tunggu"],
        lamps=lamps,
        buttons=[
            Button(pin=7 + n, press=press, hold=hold) for n, (press, hold) in enumerate(pairs)
        ],
    )


def holes(one: Face) -> list[tuple[float, float]]:
    """Return the centres of a face's holes."""
    return [(light.x, light.y) for light in one.lights] + [(push.x, push.y) for push in one.pushes]


def check(page: list[Face]) -> None:
    """Assert that all faces and holes are on the page and do not overlap."""
    for one in page:
        assert one.x >= MARGIN
        assert one.x + one.width <= WIDTH - MARGIN
        assert one.y + one.height <= HEIGHT - BOTTOM
        for x, y in holes(one):
            assert one.x + HOLE / 2 < x < one.x + one.width - HOLE / 2
            assert one.y + HOLE / 2 < y < one.y + one.height - HOLE / 2
        for (x1, y1), (x2, y2) in combinations(holes(one), 2):
            assert abs(x1 - x2) >= NEAREST or abs(y1 - y2) >= NEAREST
    for one, other in combinations(page, 2):
        beside = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert beside or one.y + one.height <= other.y or other.y + other.height <= one.y


def test_every_panel_is_on_a_page_once(config: Config) -> None:
    """With a hole for each of its lamps and buttons, and without overlaps."""
    drawn = pages(config_faces(config, procedures(config)))
    for page in drawn:
        check(page)
    faces = [one for page in drawn for one in page]
    assert [one.name for one in faces] == list(config.panels)
    for one in faces:
        section = config.panels[one.name]
        assert len(one.pushes) == len(section.buttons)
        assert [light.name for light in one.lights] == list(section.fitted_lamps)


def test_a_panel_with_everything_fits_on_a_page() -> None:
    """Five lamps, a dozen buttons, three stations."""
    check([face("penuh", full()).at(MARGIN, 22.0)])


def test_the_picture_is_a4_and_its_holes_are_22_mm(config: Config) -> None:
    """Printed at 100 % it is a template: the page, the holes and the ruler have true sizes."""
    drawn = pages(config_faces(config, procedures(config)))
    root = ET.fromstring(svg(drawn[0], "here", 1, len(drawn)))
    assert (root.get("width"), root.get("height")) == ("210mm", "297mm")
    assert root.get("viewBox") == "0 0 210 297"
    radii = [float(circle.get("r", "0")) for circle in root.iter(f"{SVG}circle")]
    assert radii == [pytest.approx(HOLE / 2, abs=0.01)] * sum(len(holes(one)) for one in drawn[0])
    rulers = [one for one in root.iter(f"{SVG}line") if one.get("y1") == one.get("y2")]
    lengths = [float(one.get("x2", "0")) - float(one.get("x1", "0")) for one in rulers]
    assert 100.0 in lengths


def test_every_button_says_what_it_does_in_both_languages() -> None:
    """Pressed and held; in the office's own words if the config has some."""
    own = Button(pin=2, press="arrive", procedure="pimpinan", label="Tamu <Pimpinan> & staf")
    pairs = [(CHOICES[0], CHOICES[1]), (CHOICES[2], CHOICES[3])]
    choices = [Button(pin=3, press=press, hold=hold) for press, hold in pairs]
    section = Panel(stations=["reception"], buttons=[own, *full().buttons, *choices])
    root = ET.fromstring(svg([face("x", section).at(10, 22)], "here", 1, 1))
    said = " ".join(text.text or "" for text in root.iter(f"{SVG}text"))
    for button in (*full().buttons, *choices):
        press, held = ACTIONS[button.press], ACTIONS[button.hold or "done"]
        assert press.en in said
        assert set(press.id.split()) <= set(said.split())
        assert f"tahan: {held.id}" in said
        assert f"hold 1 s: {held.en}" in said
    assert "<Pimpinan>" in said


REASONS = [
    ("gardu-kerong.toml", "reception", "reason-1", "Pejabat sedang rapat"),
    ("gardu-kerong.toml", "reception", "reason-4", "Urusan bagian lain"),
    ("gardu-kerong.toml", "officer-2", "reason-2", "Loker macet"),
    ("gardu-jatim.toml", "reception", "reason-3", "Jadwal pejabat penuh"),
    ("sop/examples/config/pusat-data.toml", "security", "reason-1", "Perangkat terlalu banyak"),
    ("sop/examples/config/ruang-rawat.toml", "health", "reason-2",
     "Pasien menjalani tindakan / pengunjung di bawah umur"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "at", "action", "words"), REASONS)
def test_a_button_that_chooses_a_reason_has_the_reason(
    name: str, at: str, action: Action, words: str | None
) -> None:
    """In place of a number, which is not remembered.

    A panel without guests to turn away has a supervisor's reasons. Both of two reasons are named:
    of guests who are not received, and of a refusal.
    """
    config = load_config(FOLDER / name, elsewhere=True)
    found = button_reasons(config, config.panels[at], procedures(config)).get(action)
    assert (None if found is None else found.id) == words


def test_a_reason_without_a_meaning_has_its_number() -> None:
    """There are neither guests to turn away nor supervisors, or the procedures are not known."""
    config = load_config(FOLDER / "gardu.toml", elsewhere=True)
    alone = replace(config, cards=replace(config.cards, supervisor={}))
    panel = config.panels["officer-2"]
    assert button_reasons(alone, panel, procedures(config)) == {}
    assert button_reasons(config, config.panels["reception"], []) == {}


@pytest.mark.parametrize("name", [*CONFIGS, *EXAMPLES])
def test_every_meaning_of_a_button_is_drawn_whole(name: str) -> None:
    """Pressed and held, the reasons too: nothing is cut, and the letters are 2 mm or larger."""
    config = load_config(FOLDER / name, elsewhere=True)
    for one in config_faces(config, procedures(config)):
        root = ET.fromstring(svg([one.at(MARGIN, 22.0)], "here", 1, 1))
        drawn = [group for group in root.iter(f"{SVG}g") if group.get("data-button")]
        for push, group in zip(one.pushes, drawn, strict=True):
            lines = [text for text in group if text.get("font-weight") == "bold"]
            held = "" if push.hold is None else f"tahan: {push.hold.id}"
            words = sorted(word for line in lines for word in (line.text or "").split())
            assert words == sorted(f"{push.press.id} {held}".split())
            assert min(float(line.get("font-size", "0")) for line in lines) >= 2.0
            assert "Alasan " not in push.press.id + held


@pytest.mark.parametrize("name", [*CONFIGS, *EXAMPLES])
def test_no_word_of_a_face_lies_over_another_or_leaves_it(name: str) -> None:
    """In both languages, in letters of 5 points or more, at the smallest button too."""
    config = load_config(FOLDER / name, elsewhere=True)
    for one in config_faces(config, procedures(config)):
        drawn = one.at(MARGIN, 22.0)
        root = ET.fromstring(svg([drawn], "here", 1, 1))
        boxes = [box for group in root.iter(f"{SVG}g") for box in map(text_box, group) if box]
        for (left, top, right, bottom), (left2, top2, right2, bottom2) in combinations(boxes, 2):
            apart = right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top
            assert apart
        assert all(drawn.x <= box[0] and box[2] <= drawn.x + drawn.width for box in boxes)
        sizes = [float(text.get("font-size", "0")) for text in root.iter(f"{SVG}text")]
        assert min(sizes) * 72 / 25.4 >= 5


def text_box(element: ET.Element) -> tuple[float, float, float, float] | None:
    """Return left, top, right and bottom of a text of a drawing; None if *element* is no text."""
    if element.tag != f"{SVG}text":
        return None
    size, x, y = (float(element.get(key, "0")) for key in ("font-size", "x", "y"))
    wide = width(element.text or "", size, bold=element.get("font-weight") == "bold")
    left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[element.get("text-anchor", "start")]
    return left, y - size * 0.73, left + wide, y


def test_bad_procedures_leave_the_numbers(tmp_path: Path) -> None:
    """A panel can be drawn while a procedure is written; the command says what it left out."""
    text = (
        (FOLDER / "gardu-kerong.toml")
        .read_text()
        .replace("[checkpoint]", f'[checkpoint]\nsop = "{tmp_path}"', 1)
    )
    (tmp_path / "gardu.toml").write_text(text)
    ran = CliRunner().invoke(APP, ["--config", str(tmp_path / "gardu.toml")])
    assert ran.exit_code == 0, ran.output
    assert "Alasan 4" in ran.output
    assert "reasons are drawn by their numbers" in ran.output


def test_a_button_for_a_kind_of_guests_has_its_title() -> None:
    """Not its id; a host of the same id does not lend its title."""
    config = replace(
        load_config(FOLDER / "gardu.toml"),
        guest_kinds=[GuestKind(id="pimpinan", title="Tamu VIP")],
    )
    button = Button(pin=2, press="arrive", procedure="pimpinan", guest_kind="pimpinan")
    assert press_words(button, host_titles(config)).id.endswith(" Tamu VIP")
    plain = Button(pin=2, press="arrive", procedure="pimpinan")
    assert not press_words(plain, host_titles(config)).id.endswith("VIP")


def test_the_foot_names_the_signs_of_a_press() -> None:
    """Only a panel with a lamp can show that a press was heard, or test its lamp."""
    one = Button(pin=2, press="done")
    lamp = Output(pin=3)
    without = Panel(stations=["x"], buttons=[one])
    assert face("x", without).notes == [REFUSED]
    assert face("x", replace(without, lamp=lamp)).notes == [HEARD, REFUSED, LAMP_TEST_ONE]
    many = full()
    assert face("x", many).notes == [HEARD, REFUSED, LAMP_TEST]
    drawn = svg([face("x", many).at(10, 22)], "here", 1, 1)
    assert all(words in drawn for note in face("x", many).notes for words in note)


def test_every_word_of_the_config_has_words_on_the_panel() -> None:
    """Every action of the config has words; a new one cannot be forgotten."""
    assert set(ACTIONS) == set(get_args(Action))


def test_what_a_lamp_means_comes_from_the_drivers_table() -> None:
    """Every mode is explained once; white beside green is in service."""
    alone = meanings(frozenset({"lamp"}))["lamp"]
    assert [rhythm for rhythm, _ in alone] == ["steady", "slow", "wink", "fast"]
    assert alone[3][1].en == "overdue / alarm"
    many = meanings(frozenset({"white", "green", "blue", "amber", "red"}))
    assert many["white"] == [("steady", IN_SERVICE)]
    assert many["red"] == [("steady", MODES["red"]), ("fast", MODES["fast"])]
    assert sum(map(len, many.values())) == 1 + len(MODES)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_command_draws_every_page(tmp_path: Path, name: str) -> None:
    """The terminal shows the words of the paper; further pages are files beside the first."""
    out = tmp_path / "panel.svg"
    ran = CliRunner().invoke(APP, ["--config", str(FOLDER / name), "--svg", str(out)])
    assert ran.exit_code == 0, ran.output
    config = load_config(FOLDER / name, elsewhere=True)
    files = sorted(path.name for path in tmp_path.iterdir())
    count = len(pages(config_faces(config, procedures(config))))
    assert files == sorted(["panel.svg", *(f"panel-{n}.svg" for n in range(2, count + 1))])
    titles, known = host_titles(config), procedures(config)
    for section in config.panels.values():
        reasons = button_reasons(config, section, known)
        for button in section.buttons:
            assert press_words(button, titles, reasons).id in ran.output


def test_one_station_can_be_chosen(tmp_path: Path) -> None:
    """By station or by panel; an unknown one is refused with a list of those that exist."""
    out = tmp_path / "panel.svg"
    base = ["--config", str(FOLDER / "gardu.toml"), "--svg", str(out)]
    ran = CliRunner().invoke(APP, [*base, "--station", "aide"])
    assert ran.exit_code == 0
    assert "Petugas 1 · ADC / Agendaris" in ran.output
    assert "Penerima Tamu" not in ran.output
    ran = CliRunner().invoke(APP, [*base, "--station", "kantin"])
    assert ran.exit_code == 2
    assert "there are: reception, officer-1, aide, officer-2, officer-3" in ran.output


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """It ends the command with exit code 1; a bad config ends it with 2."""
    base = ["--config", str(FOLDER / "gardu.toml"), "--svg", str(tmp_path / "no" / "p.svg")]
    ran = CliRunner().invoke(APP, base)
    assert ran.exit_code == 1
    assert "cannot be written" in str(ran.exception)
    assert CliRunner().invoke(APP, ["--config", str(tmp_path / "none.toml")]).exit_code == 2
