"""The wiring picture and the parts list: every pin once, no overlaps."""

import json
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import typer
from typer.testing import CliRunner

from edge.commands.wiring import wiring_
from edge.config.inventory import fitted
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.wiring import HEADER, boot_notes, bus_notes, module_wiring, wiring
from edge.paper.lettering import width
from edge.paper.wiring.parts_list import parts
from edge.paper.wiring.shapes import HEIGHT, WIDTH, Box, WiringSheet
from edge.paper.wiring.sheet import sheets
from edge.paper.wiring.svg import svg
from edge.paper.wiring.words import function_words, said
from edge.paper.words import Language
from tests.paper.wiring_offices import FOLDER, SHIPPED, full, large, read, write

SVG = "{http://www.w3.org/2000/svg}"
APP = typer.Typer()
APP.command()(wiring_)


@pytest.fixture(params=[*SHIPPED, "full", "large"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Config:
    """Return a shipped config, or one with everything, or with much of it."""
    made = {"full": full, "large": large}
    if request.param in made:
        return read(made[request.param](), tmp_path)
    return load_config(FOLDER / request.param, elsewhere=True)


def test_every_wired_pin_is_labelled_once(config: Config) -> None:
    """Each of the 40 positions has one label, and each wired pin its function and number."""
    first, *others = sheets(config)
    labels = {label.position: label for label in first.labels}
    assert sorted(labels) == list(range(1, 41))
    assert not [label for sheet in others for label in sheet.labels]
    for wire in wiring(config):
        label = labels[HEADER[wire.pin]]
        assert label.title == wire.function
        assert label.detail.startswith(f"GPIO {wire.pin} ")
        assert label.kind == wire.direction
        assert label.warning == bool(wire.warning)
    wired = {HEADER[wire.pin] for wire in wiring(config)}
    assert {place for place, label in labels.items() if label.kind in ("in", "out")} == wired


def test_every_channel_of_a_module_is_labelled_once() -> None:
    """Each channel that the config uses stands under its module, with number and function."""
    config = load_config(FOLDER / "gardu-modules.toml", elsewhere=True)
    channels = [one for sheet in sheets(config) for one in sheet.channels]
    texts = [text for sheet in sheets(config) for text in sheet.texts]
    kinds = {"input": "in", "output": "out"}
    assert sorted((one.kind, one.number, one.title) for one in channels) == sorted(
        (kinds[wire.channel], wire.number, wire.function) for wire in module_wiring(config)
    )
    for name in config.modules:
        assert any(text.heading and f"Module {name}:" in text.words for text in texts)


@pytest.mark.parametrize("lang", Language)
def test_nothing_lies_over_anything_else(config: Config, lang: Language) -> None:
    """Labels, cards and columns do not overlap and stay on A4, with texts of any length."""
    for sheet in sheets(config, lang):
        boxes = [label.box for label in sheet.labels] + [card.box for card in sheet.cards]
        boxes += [channel.box for channel in sheet.channels]
        boxes += [header()] if sheet.labels else []
        boxes += [
            Box(text.x, text.y - 2.4, 90, 2.6)
            if not text.heading
            else Box(text.x, text.y - 2.8, width(text.words, 3.4, bold=True), 3.4)
            for text in sheet.texts
        ]
        for one, other in combinations(boxes, 2):
            assert not one.meets(other), (one, other)
        for box in boxes:
            assert box.x >= 0
            assert box.x + box.width <= WIDTH
            assert box.y + box.height <= HEIGHT - 5


def header() -> Box:
    """Return the box of the header's plastic body."""
    return Box(96.2, 44.6, 17.6, 146.8)


@pytest.mark.parametrize("lang", Language)
def test_words_stay_whole_in_their_boxes(config: Config, lang: Language) -> None:
    """No text is wider than its label or card, none lacks a letter, and none is below 5 points."""
    drawn = sheets(config, lang)
    for number, sheet in enumerate(drawn, 1):
        root = ET.fromstring(svg(sheet, number, len(drawn), lang))
        texts = [text for text in root.iter(f"{SVG}text") if text.text]
        assert all(float(text.get("font-size", "0")) * 72 / 25.4 >= 5 for text in texts)
        for box, words in written(sheet):
            inside = [text for text in texts if _is_in(text, box)]
            seen = "".join("".join(text.text or "" for text in inside).split())
            for one in words:
                assert "".join(one.split()) in seen, one


def _is_in(text: ET.Element, box: Box) -> bool:
    """Return True if *text* is wholly in *box*."""
    size, x, y = (float(text.get(key, "0")) for key in ("font-size", "x", "y"))
    end = x + width(text.text or "", size, bold=text.get("font-weight") == "bold")
    if text.get("text-anchor") != "start":
        return False
    beside = box.x <= x and end <= box.x + box.width + 0.01
    return beside and box.y <= y - size * 0.73 and y <= box.y + box.height


def written(sheet: WiringSheet) -> list[tuple[Box, list[str]]]:
    """Return the boxes of *sheet* that contain words, with these."""
    found = [(one.box, [one.title, one.detail]) for one in sheet.labels if one.group]
    found += [(one.box, [one.title, one.detail]) for one in sheet.channels]
    return found + [(one.box, [one.title, *one.details]) for one in sheet.cards]


def test_a_large_checkpoint_has_as_many_sheets_as_it_needs(tmp_path: Path) -> None:
    """24 lockers on two boards, three cameras: each card, note and part is on one of the sheets."""
    config = read(large(), tmp_path)
    drawn = sheets(config)
    assert len(drawn) == 2
    assert len([card for sheet in drawn for card in sheet.cards if card.group == "camera"]) == 3
    lines = [text.words for sheet in drawn for text in sheet.texts]
    for part in parts(config):
        assert any(f"{part.count} x {part.what}"[:40] in line for line in lines)


def test_every_word_of_the_picture_is_indonesian(config: Config) -> None:
    """A word of a table that has no Indonesian words would be printed in English."""
    english = [*(part.what for part in parts(config)), *bus_notes(config), *boot_notes(config)]
    same = {"Waveshare Modbus RTU IO 8CH", "Waveshare Modbus RTU Relay (D)", "resistor 120 ohm"}
    for words in english:
        assert said(words, Language.ID) != words or words in same
    for part in fitted(config):
        assert function_words(part, Language.ID) != part.function or part.function == "buzzer"


def test_the_picture_is_one_self_contained_file(config: Config) -> None:
    """Well-formed, no script, no font and no link of its own: it prints anywhere, for ever."""
    drawn = sheets(config)
    text = svg(drawn[0], 1, len(drawn))
    root = ET.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "rect", "circle", "line", "polygon", "text",
    }  # fmt: skip
    assert "href" not in text


def test_names_with_signs_are_escaped(tmp_path: Path) -> None:
    """A place called A & B <lobi> is text, not markup."""
    raw = full()
    raw["checkpoint"]["place"] = "A & B <lobi>"
    root = ET.fromstring(svg(sheets(read(raw, tmp_path))[0], 1, 1))
    assert "A & B <lobi>" in [element.text for element in root.iter(f"{SVG}text")]


def test_resistors_and_warnings_are_drawn(tmp_path: Path) -> None:
    """Each output gets its resistor against its active level; an ill-chosen pin its warning."""
    config = read(full(), tmp_path)
    labels = {label.title: label for label in sheets(config)[0].labels}
    assert labels["buzzer"].resistor == "3.3 V"
    assert labels["buzzer"].warning
    assert labels["reception lamp"].resistor == "GND"
    assert labels["reception button reschedule, held: day"].resistor == ""
    notes = " ".join(text.words for sheet in sheets(config) for text in sheet.texts)
    assert "GPIO 26 (buzzer) is on while the Pi boots" in notes


def test_parts_are_counted_from_the_config(tmp_path: Path) -> None:
    """Boards by their addresses, contacts by kind, a resistor for each pin that needs one."""
    counted = {part.what: part for part in parts(read(full(), tmp_path))}
    assert counted["KERONG locker board"].count == 3
    assert counted["USB RS-485 adapter"].count == 1
    assert counted["resistor 120 ohm"].count == 2
    assert counted["push button, normally open"].count == 10
    assert counted["interposing relay for an aiphone contact"].count == 2
    assert counted["resistor 10 kilohm to 3.3 V"].why == "at GPIO 5, 8, 17, 26"
    assert "all 1 at once" in counted["supply for the strikes"].why
    assert "relay channel for a lock's solenoid" not in counted


def test_the_command_prints_and_draws(tmp_path: Path) -> None:
    """Table, lines, parts and notes on stdout; the picture in its file; JSON for programs."""
    path = write(full(), tmp_path)
    drawing = tmp_path / "wiring.svg"
    result = CliRunner().invoke(APP, ["--config", str(path), "--svg", str(drawing)])
    assert (result.exit_code, result.stderr) == (0, "")
    for words in ("Wiring", "Lines", "lemari", "Parts", "KERONG", "keep I2C switched off"):
        assert words in result.stdout
    for file in (drawing, tmp_path / "wiring-2.svg"):
        root = ET.parse(file).getroot()
        assert (root.get("width"), root.get("height")) == ("210mm", "297mm")
    document = json.loads(CliRunner().invoke(APP, ["-c", str(path), "--json"]).stdout)
    assert document["lines"][0]["device"] == "card-reader/desk"
    assert document["lines"][1]["addresses"] == [0, 1, 2]


def test_a_bad_config_draws_nothing(tmp_path: Path) -> None:
    """Problems on stderr, exit 2, no file."""
    path, drawing = tmp_path / "bad.toml", tmp_path / "bad.svg"
    path.write_text("[checkpoint]\n", encoding="utf-8")
    result = CliRunner().invoke(APP, ["--config", str(path), "--svg", str(drawing)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert not drawing.exists()
