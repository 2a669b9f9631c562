"""The short form of lockers: one table for all of a board, and each mistake in it in words."""

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from edge.config.expansion import exception_notes
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.sections.locks import BccLocker, GpioLocker, KerongLocker, RelayLocker
from edge.config.sections.pins import Contact, Output
from edge.config.wiring import module_wiring, wiring
from edge.errors import ConfigError
from tests.config.messages import without_place

FOLDER = default_config_folder()


def shipped(name: str) -> dict[str, Any]:
    """Return the shipped config *name* as it stands in the file."""
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


KERONG, RELAYS, PINS = map(shipped, ("gardu-kerong.toml", "gardu-modbus.toml", "gardu.toml"))


def load(folder: Path, raw: dict[str, Any], lockers: dict[str, Any]) -> Config:
    """Load *raw* with other lockers and without its own."""
    raw = copy.deepcopy(raw)
    raw["lockers"].pop("boards", None)
    raw["lockers"].pop("locker", None)
    raw["lockers"].update(lockers)
    path = folder / "gardu.toml"
    path.write_text(tomli_w.dumps(raw), encoding="utf-8")
    return load_config(path, elsewhere=True)


def refused(folder: Path, raw: dict[str, Any], lockers: dict[str, Any]) -> list[str]:
    """Return the problems of *raw* with other lockers, without file and line."""
    with pytest.raises(ConfigError) as caught:
        load(folder, raw, lockers)
    return without_place(folder / "gardu.toml", caught.value.problems)


def single(config: Config) -> list[Any]:
    """Return the lockers that the rest of the code sees."""
    assert config.lockers is not None
    return list(config.lockers.locker)


def test_a_board_of_48_lockers_is_one_line(tmp_path: Path) -> None:
    """The numbers on the doors follow the board's locks; gaps and lists are allowed."""
    boards = [{"address": 3, "lockers": "1-12, 15, 20-54"}]
    found = single(load(tmp_path, KERONG, {"board": "cu48", "boards": boards}))
    assert [item.number for item in found] == [*range(1, 13), 15, *range(20, 55)]
    assert found[12] == KerongLocker(number=15, address=3, lock=13)
    assert [item.lock for item in found] == list(range(1, 49))


def test_lockers_may_begin_at_a_later_lock(tmp_path: Path) -> None:
    """Two tables of one board leave out a lock that is broken."""
    boards = [{"address": 0, "lockers": "1-2"}, {"address": 0, "lockers": "3", "first_lock": 4}]
    found = single(load(tmp_path, KERONG, {"boards": boards}))
    assert [(item.number, item.lock) for item in found] == [(1, 1), (2, 2), (3, 4)]


def test_boards_with_a_checksum_have_the_same_form(tmp_path: Path) -> None:
    """The driver ``bcc`` takes the table of a KERONG board with its own address."""
    raw = copy.deepcopy(KERONG)
    raw["buses"]["lockers"]["baud_rate"] = 9600
    raw["lockers"] = {"driver": "bcc", "bus": "lockers"}
    found = single(load(tmp_path, raw, {"boards": [{"address": 1, "lockers": "1-24"}]}))
    assert found[-1] == BccLocker(number=24, address=1, lock=24)


def test_doors_are_a_row_of_contacts(tmp_path: Path) -> None:
    """The contacts of a relay board's doors are in the order of its lockers."""
    doors = {"pins": "27, 17", "wired": "normally-closed", "bounce_s": 0.01}
    boards = [{"lockers": "7, 3", "first_channel": 5, "doors": doors}]
    contact = Contact(pin=27, wired="normally-closed", bounce_s=0.01)
    assert single(load(tmp_path, RELAYS, {"boards": boards})) == [
        RelayLocker(number=7, channel=5, door=contact),
        RelayLocker(
            number=3, channel=6, door=Contact(pin=17, wired="normally-closed", bounce_s=0.01)
        ),
    ]


def test_relays_and_doors_may_be_on_modules(tmp_path: Path) -> None:
    """A row is on pins or on the channels of one module; the wiring table shows both."""
    raw = shipped("gardu-modules.toml")
    boards = [
        {
            "lockers": "1-2",
            "relays": {"pins": "5, 6", "active": "low"},
            "doors": {"module": "hall", "inputs": "3-4", "wired": "normally-closed"},
        }
    ]
    config = load(tmp_path, raw, {"boards": boards})
    assert single(config)[1] == GpioLocker(
        number=2,
        relay=Output(pin=6, active="low"),
        door=Contact(module="hall", input=4, wired="normally-closed"),
    )
    assert "locker 2 lock" in [wire.function for wire in wiring(config)]
    assert "locker 2 door" in [wire.function for wire in module_wiring(config)]


def test_a_locker_with_its_own_table_keeps_it(tmp_path: Path) -> None:
    """A lock that was replaced by a spare one is an exception of one table, and a note."""
    own = [{"number": 2, "address": 0, "lock": 16}]
    config = load(tmp_path, KERONG, {"boards": [{"address": 0, "lockers": "1-3"}], "locker": own})
    locks = {item.number: item.lock for item in single(config)}
    assert locks == {1: 1, 2: 16, 3: 3}
    assert exception_notes(config) == [
        "locker 2 has a table of its own, which is used in place of what lockers.boards[0] says"
    ]


def test_a_table_that_repeats_its_board_needs_no_note(tmp_path: Path) -> None:
    """A locker's own table that says the same changes nothing."""
    own = [{"number": 2, "address": 0, "lock": 2}]
    config = load(tmp_path, KERONG, {"boards": [{"address": 0, "lockers": "1-3"}], "locker": own})
    assert exception_notes(config) == []


NUMBERS = 'allowed: numbers and ranges in quotes, such as "1-12" or "1-12, 15, 20-24"'


@pytest.mark.parametrize(
    ("boards", "problem"),
    [
        (["12-1"], "[0].lockers: has the range 12-1; allowed: 1-12, the lower number first"),
        (["1-4, 3"], "[0].lockers: has 3 twice; allowed: each number once"),
        (["0-3"], "[0].lockers: has 0; allowed: numbers from 1 to 999"),
        (["998-1000"], "[0].lockers: has 1000; allowed: numbers from 1 to 999"),
        (["1 to 12"], f"[0].lockers: is '1 to 12'; {NUMBERS}"),
        (["1\u201312"], f"[0].lockers: is '1\u201312'; {NUMBERS}"),
        ([""], f"[0].lockers: is ''; {NUMBERS}"),
        ([12], f"[0].lockers: is 12; {NUMBERS}"),
        (
            ["1-17"],
            "[0].lockers: has 17 lockers, and a board has 16 locks; allowed: 16 at most",
        ),
        (
            ["1-8", "7-12"],
            "[1].lockers: has 7-8, as has lockers.boards[0].lockers; allowed: each number once",
        ),
    ],
)
def test_wrong_numbers_are_named_at_the_board(
    tmp_path: Path, boards: list[Any], problem: str
) -> None:
    """One mistake in the numbers gives one line, with the board's key and what is allowed."""
    tables = [{"address": number, "lockers": text} for number, text in enumerate(boards)]
    assert refused(tmp_path, KERONG, {"boards": tables}) == [f"lockers.boards{problem}"]


def test_a_board_that_was_copied_keeps_its_address(tmp_path: Path) -> None:
    """Two boards with one address are one line, not one for each lock."""
    boards = [{"address": 0, "lockers": "1-12"}, {"address": 0, "lockers": "13-24"}]
    assert refused(tmp_path, KERONG, {"boards": boards}) == [
        (
            "lockers.boards[1].lockers: are on locks 1-12 of board 0, which lockers.boards[0] "
            "has too; allowed: each lock of a board once"
        )
    ]


def test_lockers_after_a_late_first_lock_must_fit(tmp_path: Path) -> None:
    """The size of a board counts from its first lock."""
    boards = [{"address": 0, "lockers": "1-8", "first_lock": 12}]
    assert refused(tmp_path, KERONG, {"boards": boards}) == [
        (
            "lockers.boards[0].lockers: has 8 lockers from lock 12, and a board has 16 locks; "
            "allowed: 5 at most"
        )
    ]


def test_a_row_is_as_long_as_its_lockers(tmp_path: Path) -> None:
    """A door without a contact, or a contact without a door, is refused."""
    boards = [{"lockers": "1-3", "doors": {"pins": "17, 27"}}]
    assert refused(tmp_path, RELAYS, {"boards": boards}) == [
        (
            "lockers.boards[0].doors.pins: has 2 numbers, but there are 3 lockers; "
            "allowed: one for each, in their order"
        )
    ]


@pytest.mark.parametrize(
    ("doors", "problem"),
    [
        ({"pins": "17, 28"}, "doors.pins: has 28; allowed: numbers from 2 to 27"),
        (
            {},
            (
                "doors.pins: is missing; allowed: BCM GPIO numbers from 2 to 27 in quotes, "
                'such as "17, 27, 22", or module and inputs'
            ),
        ),
        (
            {"pins": "17, 27", "inputs": "1-2"},
            "doors.inputs: stands beside pins; allowed: pins, or module and inputs",
        ),
        (
            {"module": "hall"},
            'doors.inputs: is missing; allowed: numbers of channels in quotes, such as "1-8"',
        ),
        (
            {"module": "hall", "inputs": "1-2", "pull": "up"},
            (
                "doors.pull: has no meaning on a module; allowed: leave it out (the module feeds "
                "its inputs itself)"
            ),
        ),
    ],
)
def test_wrong_rows_are_named_at_their_key(tmp_path: Path, doors: Any, problem: str) -> None:
    """A row of contacts has the rules of a single contact, in the plural."""
    boards = [{"lockers": "1-2", "doors": doors}]
    assert refused(tmp_path, RELAYS, {"boards": boards}) == [f"lockers.boards[0].{problem}"]


def test_other_checks_name_the_key_of_the_file(tmp_path: Path) -> None:
    """A pin that two parts use is named at the board's row, with the number of the locker."""
    boards = [{"lockers": "1-2", "doors": {"pins": "17, 23"}}]
    assert refused(tmp_path, RELAYS, {"boards": boards}) == [
        (
            "metal_detector.alarm.pin: GPIO 23 is also at lockers.boards[0].doors (locker 2); "
            "allowed: each pin once"
        )
    ]
    own = [{"number": 9, "channel": 2, "door": {"pin": 22}}]
    boards = [{"lockers": "1-2", "doors": {"pins": "17, 27"}}]
    assert refused(tmp_path, RELAYS, {"boards": boards, "locker": own}) == [
        (
            "lockers.boards[0].lockers: locker 2, channel: relay 2 of board 1 is also at "
            "lockers.locker[0].channel; allowed: each relay of a board once"
        )
    ]


def test_a_problem_of_an_expanded_locker_has_its_line(tmp_path: Path) -> None:
    """The line is that of the board's key in the file."""
    text = (FOLDER / "gardu-kerong.toml").read_text(encoding="utf-8")
    path = tmp_path / "gardu.toml"
    path.write_text(text.replace('lockers = "9-12"', 'lockers = "8-12"'), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path, elsewhere=True)
    line = text[: text.index('lockers = "9-12"')].count("\n") + 1
    assert f"line {line}: lockers.boards[1].lockers" in caught.value.problems[0]


def test_lockers_without_any_table_are_refused(tmp_path: Path) -> None:
    """A [lockers] without lockers names both forms."""
    assert refused(tmp_path, KERONG, {}) == [
        "lockers.boards: is missing; allowed: [[lockers.boards]], or [[lockers.locker]]"
    ]
