"""The wiring picture and the parts list: every pin once, no overlaps."""

import json
import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import tomli_w
import typer
from typer.testing import CliRunner

from edge.commands.wiring import wiring_
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.wiring import HEADER, module_wiring, wiring
from edge.paper.lettering import width
from edge.paper.wiring.parts_list import parts
from edge.paper.wiring.sheet import WIDTH, Box, WiringSheet, sheet
from edge.paper.wiring.svg import svg

FOLDER = default_config_folder()
SVG = "{http://www.w3.org/2000/svg}"
APP = typer.Typer()
APP.command()(wiring_)


def full() -> dict[str, Any]:
    """Return a checkpoint with every kind of equipment, long names and an ill-chosen pin."""
    raw = tomllib.loads((FOLDER / "gardu.toml").read_text(encoding="utf-8"))
    places = [{"number": n, "address": n % 3, "lock": n} for n in range(1, 13)]
    port = "/dev/serial/by-id/usb-QinHeng_USB_Serial-if00-port0"
    raw["buses"] = {"lemari": {"port": port, "baud_rate": 19200}}
    raw["lockers"] = {"driver": "kerong", "bus": "lemari", "board": "cu16", "locker": places}
    raw["buzzer"] = {"pin": 26, "active": "low"}
    raw["doors"] = {
        "ruang-kerja-asisten-pemerintahan-dan-kesejahteraan-rakyat": {
            "procedures": ["pimpinan"],
            "strike": {"pin": 5, "active": "low"},
            "contact": {"pin": 17, "pull": "external-up", "wired": "normally-closed"},
        }
    }
    raw["safety"] = {"fire": {"pin": 27}, "duress": {"pin": 22, "pull": "external-down"}}
    raw["cameras"]["pintu"] = {"driver": "picamera2", "purposes": ["pintu"]}
    return raw


def read(raw: dict[str, Any], folder: Path) -> Config:
    """Read *raw* as a config."""
    return load_config(write(raw, folder), elsewhere=True)


def write(raw: dict[str, Any], folder: Path) -> Path:
    """Write *raw* into *folder*."""
    path = folder / "gardu.toml"
    path.write_text(tomli_w.dumps(raw), encoding="utf-8")
    return path


@pytest.fixture(params=["gardu.toml", "gardu-jatim.toml", "gardu-modules.toml", "full"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Config:
    """Return a shipped config, or the one with everything."""
    if request.param == "full":
        return read(full(), tmp_path)
    return load_config(FOLDER / request.param, elsewhere=True)


def test_every_wired_pin_is_labelled_once(config: Config) -> None:
    """Each of the 40 positions has one label, and each wired pin its function and number."""
    labels = {label.position: label for label in sheet(config).labels}
    assert sorted(labels) == list(range(1, 41))
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
    picture = sheet(config)
    kinds = {"input": "in", "output": "out"}
    assert sorted((one.kind, one.number, one.title) for one in picture.channels) == sorted(
        (kinds[wire.channel], wire.number, wire.function) for wire in module_wiring(config)
    )
    for name in config.modules:
        assert any(text.heading and f"Module {name}:" in text.words for text in picture.texts)


def test_nothing_lies_over_anything_else(config: Config) -> None:
    """Labels, cards and columns do not overlap and stay on the sheet, with texts of any length."""
    picture = sheet(config)
    boxes = [label.box for label in picture.labels] + [card.box for card in picture.cards]
    boxes += [channel.box for channel in picture.channels]
    boxes.append(header())
    boxes += [Box(text.x, text.y - 2.4, 90, 2.6) for text in picture.texts if text.words]
    for one, other in combinations(boxes, 2):
        assert not one.meets(other), (one, other)
    for box in boxes:
        assert box.x >= 0
        assert box.x + box.width <= WIDTH
        assert box.y + box.height <= picture.height


def header() -> Box:
    """Return the box of the header's plastic body."""
    return Box(96.2, 44.6, 17.6, 146.8)


def test_words_stay_in_their_boxes(config: Config) -> None:
    """No text of the drawing is wider than the label or card that it stands in."""
    picture = sheet(config)
    places = boxes_by_text(picture)
    for text in ET.fromstring(svg(picture)).iter(f"{SVG}text"):
        box = places.get(text.text or "")
        if box is not None:
            size, x = float(text.get("font-size", "0")), float(text.get("x", "0"))
            bold = text.get("font-weight") == "bold"
            end = x + width(text.text or "", size, bold=bold)
            assert box.x <= x
            assert end <= box.x + box.width + 0.01, text.text


def boxes_by_text(picture: WiringSheet) -> dict[str, Box]:
    """Return the box of each text that has one of its own."""
    found: dict[str, Box] = {}
    for label in picture.labels:
        if label.group:
            found |= {label.title: label.box, label.detail: label.box}
    for channel in picture.channels:
        found |= {channel.title: channel.box, channel.detail: channel.box}
    for card in picture.cards:
        found |= dict.fromkeys((card.title, *card.details), card.box)
    return found


def test_the_picture_is_one_self_contained_file(config: Config) -> None:
    """Well-formed, no script, no font and no link of its own: it prints anywhere, for ever."""
    text = svg(sheet(config))
    root = ET.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "rect", "circle", "line", "polygon", "text",
    }  # fmt: skip
    assert "href" not in text
    drawn = [element.text for element in root.iter(f"{SVG}text")]
    for wire in wiring(config):
        begin, end = wire.function[:12], wire.function[-6:]
        assert any(words and words.startswith(begin) and words.endswith(end) for words in drawn)


def test_names_with_signs_are_escaped(tmp_path: Path) -> None:
    """A place called A & B <lobi> is text, not markup."""
    raw = full()
    raw["checkpoint"]["place"] = "A & B <lobi>"
    root = ET.fromstring(svg(sheet(read(raw, tmp_path))))
    assert "A & B <lobi>" in [element.text for element in root.iter(f"{SVG}text")]


def test_resistors_and_warnings_are_drawn(tmp_path: Path) -> None:
    """Each output gets its resistor against its active level; an ill-chosen pin its warning."""
    config = read(full(), tmp_path)
    labels = {label.title: label for label in sheet(config).labels}
    assert labels["buzzer"].resistor == "3.3 V"
    assert labels["buzzer"].warning
    assert labels["reception lamp"].resistor == "GND"
    assert labels["reception button reschedule, held: day"].resistor == ""
    notes = " ".join(text.words for text in sheet(config).texts)
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
    assert ET.parse(drawing).getroot().tag == f"{SVG}svg"
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
