"""Lockers on Modbus relay boards in a config: allowed values, and the problems of others."""

import copy
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.config.sections.lockers import R421a08Lockers, WaveshareLockers
from edge.config.toml_text import read_toml
from edge.errors import ConfigError
from tests.config.messages import without_place

FIRST, ONCE = "lockers.locker[0].channel", "allowed: each relay of a board once"
RAW = read_toml(default_config_folder() / "gardu-modbus.toml")
DOOR = {"pin": 17, "wired": "normally-closed"}


def problems(folder: Path, lockers: dict[str, Any], bus: dict[str, Any] | None = None) -> list[str]:
    """Return the problems of the example's config with *lockers* and *bus* changed."""
    raw = copy.deepcopy(RAW)
    raw["checkpoint"]["sop"] = str(default_config_folder() / "sop")
    if "locker" in lockers:
        del raw["lockers"]["boards"]
    raw["lockers"].update(lockers)
    raw["buses"]["relays"].update(bus or {})
    file = folder / "gardu.toml"
    file.write_text(tomli_w.dumps(raw))
    try:
        load_config(file, elsewhere=True)
    except ConfigError as error:
        return without_place(file, error.problems)
    return []


def locker(**keys: Any) -> dict[str, Any]:
    """Return locker 1 of the example in a table of its own, changed."""
    return {"number": 1, "address": 1, "channel": 1, "door": DOOR, **keys}


def test_the_example_is_sound(tmp_path: Path) -> None:
    """The example is valid with either kind of board; a locker's address is 1 by default."""
    config = load_config(default_config_folder() / "gardu-modbus.toml", elsewhere=True)
    assert isinstance(config.lockers, WaveshareLockers)
    assert problems(tmp_path, {"driver": "r421a08", "pulse_s": 1.5}) == []
    assert problems(tmp_path, {"driver": "r421a08", "command": "delay", "pulse_s": 2.0}) == []
    without = {key: value for key, value in locker().items() if key != "address"}
    assert problems(tmp_path, {"locker": [without]}) == []
    assert R421a08Lockers(bus="relays", locker=[]).command == "momentary"


@pytest.mark.parametrize(
    ("lockers", "line"),
    [
        ({"bus": "rs485"}, "lockers.bus: is 'rs485'; allowed: relays"),
        ({"pulse_s": 0.55}, "lockers.pulse_s: is 0.55; allowed: steps of 0.1 seconds"),
        ({"pulse_s": 3.5}, "lockers.pulse_s: is 3.5; allowed: seconds from 0.1 to 3"),
        ({"channels": 33}, "lockers.channels: is 33; allowed: a relay's number from 1 to 32"),
        (
            {"driver": "r421a08", "command": "delay", "pulse_s": 0.5},
            'lockers.pulse_s: is 0.5; allowed: 1, 2 or 3 seconds with command "delay"',
        ),
        (
            {"locker": [locker(channel=9)]},
            "lockers.locker[0].channel: is 9; allowed: 1 to 8 (lockers.channels)",
        ),
        (
            {"locker": [locker(address=248)]},
            "lockers.locker[0].address: is 248; allowed: a Modbus address from 1 to 247",
        ),
        (
            {"locker": [locker(), locker(number=2, door={"pin": 14})]},
            f"lockers.locker[1].channel: relay 1 of board 1 is also at {FIRST}; {ONCE}",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_key(
    tmp_path: Path, lockers: dict[str, Any], line: str
) -> None:
    """One mistake gives one line, with its key and the allowed values."""
    assert problems(tmp_path, lockers) == [line]


def test_an_r421a08_board_has_one_speed(tmp_path: Path) -> None:
    """Only a Waveshare board can have a speed other than 9600 baud."""
    assert problems(tmp_path, {}, {"baud_rate": 19200}) == []
    assert problems(tmp_path, {"driver": "r421a08"}, {"baud_rate": 19200}) == [
        "buses.relays.baud_rate: is 19200, but the lockers' boards are on this bus; allowed: 9600"
    ]


@pytest.mark.parametrize("tenths", range(1, 31))
def test_every_step_of_a_pulse_is_allowed(tmp_path: Path, tenths: int) -> None:
    """Every tenth of a second is a step of 0.1, although tenths are not exact in a float."""
    assert problems(tmp_path, {"pulse_s": tenths / 10}) == []
