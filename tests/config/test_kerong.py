"""Lockers on KERONG boards in a config: each problem is reported at once, with its key."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.sections.lockers import KerongLockers
from edge.errors import ConfigError
from tests.config.messages import without_place

FOLDER = default_config_folder()
SHIPPED = (FOLDER / "gardu-kerong.toml").read_text(encoding="utf-8")


def load(folder: Path, raw: dict[str, Any]) -> Config:
    """Write *raw* as a config file and load it."""
    path = folder / "gardu.toml"
    path.write_text(tomli_w.dumps(raw), encoding="utf-8")
    return load_config(path)


def changed(lockers: dict[str, Any], buses: dict[str, Any], first: dict[str, Any]) -> Any:
    """Return the shipped config, with a table for each locker, and some keys changed.

    :param lockers: keys of [lockers]; *buses*: of the bus; *first*: of locker 1
    """
    raw = tomllib.loads(SHIPPED)
    del raw["lockers"]["boards"]
    raw["lockers"]["locker"] = [
        {"number": 1, "address": 0, "lock": 1},
        {"number": 2, "address": 0, "lock": 2},
    ]
    raw["lockers"].update(lockers)
    raw["buses"]["lockers"].update(buses)
    raw["lockers"]["locker"][0].update(first)
    return raw


def test_the_defaults_are_those_of_the_majority(tmp_path: Path) -> None:
    """1 = closed, no unlock time set, a door is reported as left open after two minutes."""
    lockers = load(tmp_path, tomllib.loads(SHIPPED)).lockers
    assert isinstance(lockers, KerongLockers)
    assert (lockers.closed_bit, lockers.unlock_s, lockers.poll_s) == (1, None, 0.5)
    assert lockers.left_open_s == 120.0


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ([{"bus": "doors"}, {}, {}], "lockers.bus: is 'doors'; allowed: lockers"),
        (
            [{}, {"baud_rate": 9600}, {}],
            (
                "buses.lockers.baud_rate: is 9600, but the lockers' boards are on this bus; "
                "allowed: 19200"
            ),
        ),
        ([{"board": "cu24"}, {}, {}], "lockers.board: is 'cu24'; allowed: cu12, cu16, cu48"),
        ([{"closed_bit": 2}, {}, {}], "lockers.closed_bit: is 2; allowed: 0, 1"),
        (
            [{}, {}, {"lock": 17}],
            "lockers.locker[0].lock: is 17 on a cu16; allowed: 1 to 16",
        ),
        (
            [{"board": "cu12"}, {}, {"lock": 13}],
            "lockers.locker[0].lock: is 13 on a cu12; allowed: 1 to 12",
        ),
        (
            [{}, {}, {"lock": 2}],
            (
                "lockers.locker[1].lock: lock 2 of board 0 is also at lockers.locker[0].lock; "
                "allowed: each lock of a board once"
            ),
        ),
        (
            [{}, {}, {"address": 16}],
            "lockers.locker[0].address: is 16; allowed: a board's address from 0 to 15",
        ),
        (
            [{"board": "cu48", "unlock_s": 0.5}, {}, {}],
            "lockers.unlock_s: is of no use with a cu48; allowed: leave it out",
        ),
        (
            [{"driver": "korong"}, {}, {}],
            (
                "lockers.driver: is 'korong' (did you mean kerong?); allowed: bcc, gpio, kerong, "
                "r421a08, waveshare"
            ),
        ),
        (
            [{}, {"port": tomllib.loads(SHIPPED)["card_readers"]["desk"]["port"]}, {}],
            (
                "buses.lockers.port: port "
                "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0 is also at "
                "card_readers.desk.port; allowed: one reader or bus on each port"
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_in_words(
    tmp_path: Path, change: list[dict[str, Any]], problem: str
) -> None:
    """Each mistake in a board's wiring is reported in words, with its key."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, changed(*change))
    assert without_place(tmp_path / "gardu.toml", caught.value.problems) == [problem]


def test_the_driver_must_be_named(tmp_path: Path) -> None:
    """A missing driver is refused, not guessed: boards are not relays."""
    raw = tomllib.loads(SHIPPED)
    del raw["lockers"]["driver"]
    with pytest.raises(
        ConfigError, match=r"lockers\.driver: is missing; allowed: bcc, gpio, kerong"
    ):
        load(tmp_path, raw)
