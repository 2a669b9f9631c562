"""Lockers on BCC boards in a config: defaults, and each problem with its key."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.config.sections.lockers import BccLockers
from edge.errors import ConfigError
from tests.config.messages import without_place

SHIPPED = (default_config_folder() / "gardu-kerong.toml").read_text(encoding="utf-8")


def load(folder: Path, *lockers: dict[str, Any], baud_rate: int = 9600, **more: Any) -> Any:
    """Load the shipped config with BCC boards in place of KERONG's; return its lockers."""
    raw = tomllib.loads(SHIPPED)
    raw["buses"]["lockers"]["baud_rate"] = baud_rate
    places = lockers or ({"number": 1, "address": 1, "lock": 1},)
    raw["lockers"] = {"driver": "bcc", "bus": "lockers", "locker": list(places), **more}
    path = folder / "gardu.toml"
    path.write_text(tomli_w.dumps(raw), encoding="utf-8")
    return load_config(path).lockers


def test_the_defaults_are_those_of_the_majority(tmp_path: Path) -> None:
    """Three state bytes, the highest locks first, 1 = closed, the boards' own pulse."""
    lockers = load(tmp_path)
    assert isinstance(lockers, BccLockers)
    assert (lockers.status_bytes, lockers.byte_order, lockers.closed_bit) == (3, "big", 1)
    assert (lockers.unlock_s, lockers.poll_s) == (None, 0.5)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"status_bytes": 1}, "lockers.status_bytes: is 1; allowed: a number from 2 to 7"),
        ({"byte_order": "low"}, "lockers.byte_order: is 'low'; allowed: big, little"),
        ({"unlock_s": 9}, "lockers.unlock_s: is 9; allowed: 1, 2, 3"),
        (
            {"baud_rate": 19200},
            (
                "buses.lockers.baud_rate: is 19200, but the lockers' boards are on this bus; "
                "allowed: 9600"
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_in_words(
    tmp_path: Path, change: dict[str, Any], problem: str
) -> None:
    """Each mistake is reported in words, with its key."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, **change)
    assert problem in without_place(tmp_path / "gardu.toml", caught.value.problems)


def test_a_lock_that_no_board_can_report_is_refused(tmp_path: Path) -> None:
    """Locks beyond the state bytes would read as open for ever; one lock is one locker's."""
    with pytest.raises(ConfigError) as caught:
        load(
            tmp_path,
            {"number": 1, "address": 1, "lock": 25},
            {"number": 2, "address": 2, "lock": 3},
            {"number": 3, "address": 2, "lock": 3},
        )
    assert without_place(tmp_path / "gardu.toml", caught.value.problems) == [
        (
            "lockers.locker[2].lock: lock 3 of board 2 is also at lockers.locker[1].lock; "
            "allowed: each lock of a board once"
        ),
        "lockers.locker[0].lock: is 25 with 3 status_bytes; allowed: 1 to 24",
    ]
