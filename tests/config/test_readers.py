"""Card readers and scanners in a config: each problem with its key, and each part in its lists."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from edge.config.inventory import fitted, lines
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.wiring import wiring
from edge.errors import ConfigError
from edge.paper.wiring.parts_list import parts
from edge.paper.wiring.sheet import sheets
from tests.config.messages import without_place

SHIPPED = (default_config_folder() / "gardu-kerong.toml").read_text(encoding="utf-8")
KEYBOARD = "/dev/input/by-id/usb-Sycreader_USB_Reader-event-kbd"
SERIAL = "/dev/serial/by-id/usb-1a86_USB_Serial-if01-port0"


def load(folder: Path, **reader: Any) -> Config:
    """Load the shipped config with the keys of *reader* as its only card reader."""
    raw = tomllib.loads(SHIPPED)
    stations = raw["card_readers"]["desk"]["stations"]
    del raw["metal_detector"]
    raw["card_readers"] = {"desk": {"stations": stations, **reader}}
    path = folder / "gardu.toml"
    path.write_text(tomli_w.dumps(raw), encoding="utf-8")
    return load_config(path)


D0, D1 = (tomllib.loads(SHIPPED)["metal_detector"][key]["pin"] for key in ("alarm", "passage"))
"""Two pins that are free without a metal detector."""


@pytest.mark.parametrize(
    ("reader", "problem"),
    [
        (
            {"driver": "keyboard", "port": KEYBOARD},
            "card_readers.desk.number: is missing; allowed: hex, decimal, facility-card",
        ),
        (
            {"driver": "keyboard", "port": KEYBOARD, "number": "8H10D"},
            "card_readers.desk.number: is '8H10D'; allowed: hex, decimal, facility-card",
        ),
        (
            {"driver": "keyboard", "port": KEYBOARD, "number": "hex", "first_byte": "1"},
            ("card_readers.desk.first_byte: is '1'; allowed: two hexadecimal digits, or empty"),
        ),
        (
            {"driver": "keyboard", "port": SERIAL, "number": "hex"},
            (
                f"card_readers.desk.port: is '{SERIAL}', a serial port; "
                "allowed: a name under /dev/input/by-id/ that ends with -event-kbd"
            ),
        ),
        (
            {"driver": "keyboard", "port": "/dev/input/event3", "number": "hex"},
            (
                "card_readers.desk.port: is '/dev/input/event3', whose number changes; "
                "allowed: a name under /dev/input/by-id/ that ends with -event-kbd"
            ),
        ),
        (
            {"driver": "em-18", "port": KEYBOARD},
            (
                f"card_readers.desk.port: is '{KEYBOARD}', which types like a keyboard; "
                'allowed: a serial port, or driver = "keyboard"'
            ),
        ),
        (
            {"driver": "wiegand", "d0": {"pin": D0}, "d1": {"pin": D0}},
            (
                f"card_readers.desk.d1.pin: GPIO {D0} is also at card_readers.desk.d0.pin; "
                "allowed: each pin once"
            ),
        ),
        (
            {"driver": "wiegand", "d0": {"pin": D0}, "d1": {"pin": D1}, "bits": 37},
            "card_readers.desk.bits: is 37; allowed: 26, 34",
        ),
        (
            {"driver": "wiegand", "d0": {"pin": D0, "pull": "down"}, "d1": {"pin": D1}},
            "card_readers.desk.d0.pull: is 'down'; allowed: up, external-up",
        ),
    ],
)
def test_what_is_wrong_is_said_in_words(
    tmp_path: Path, reader: dict[str, Any], problem: str
) -> None:
    """Each mistake is reported alone, in words, with its key."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, **reader)
    assert without_place(tmp_path / "gardu.toml", caught.value.problems) == [problem]


def test_a_wiegand_reader_is_in_every_list_of_pins(tmp_path: Path) -> None:
    """Wiring table, inventory, picture and parts list have both of its pins."""
    config = load(tmp_path, driver="wiegand", d0={"pin": D0}, d1={"pin": D1, "pull": "external-up"})
    both = [part for part in fitted(config) if part.is_data]
    assert [(part.device, part.part.pin) for part in both] == [
        ("card-reader/desk", D0),
        ("card-reader/desk", D1),
    ]
    assert not any(part.is_output for part in both)
    rows = {wire.pin: wire for wire in wiring(config)}
    assert rows[D0].function == "card reader desk d0"
    drawn = sheets(config)[0].labels
    labels = [label for label in drawn if label.title.startswith("card reader desk")]
    assert [label.kind for label in labels] == ["in", "in"]
    listed = {part.what: part.count for part in parts(config)}
    assert listed["card reader with a Wiegand output"] == 1
    assert listed["level shifter from 5 V to 3.3 V, one channel"] == 2


def test_a_keyboard_reader_needs_no_serial_adapter(tmp_path: Path) -> None:
    """It is listed with its port, and the parts list has no adapter for it."""
    config = load(tmp_path, driver="keyboard", port=KEYBOARD, number="decimal")
    (line,) = [line for line in lines(config) if line.device == "card-reader/desk"]
    assert (line.port, line.types) == (KEYBOARD, True)
    listed = {part.what for part in parts(config)}
    assert "USB card reader or code scanner that types like a keyboard" in listed
    assert not any(what.startswith("USB serial adapter") for what in listed)
