"""Checks of contacts and doors in a config, and notes about them."""

from typing import Any

import msgspec
import pytest

from edge.config.crosscheck.contacts import loop_notes
from edge.config.crosscheck.rules import crosscheck
from edge.config.model import Config
from edge.config.validation import Problems, convert
from edge.config.wiring import wiring

BASE: dict[str, Any] = {
    "checkpoint": {"site": "setda", "id": "lobi", "procedures": ["jatim"]},
    "cards": {"visitor": ["010063E9AE"]},
}


def config(**sections: Any) -> Config:
    """Return the config with *sections*."""
    return msgspec.convert({**BASE, **sections}, Config)


def problems(**sections: Any) -> list[str]:
    """Return the problems of *sections*."""
    found = Problems("f")
    made: Config | None = convert(Config, {**BASE, **sections}, "", found)
    if made is not None:
        crosscheck(made, found)
    return [line.removeprefix("f: ") for line in found.lines]


def door(**more: Any) -> dict[str, Any]:
    """Return a door."""
    return {"procedures": ["jatim"], "strike": {"pin": 6}, **more}


@pytest.mark.parametrize("name", ["fire", "duress"])
def test_an_open_loop_is_refused_where_lives_hang_on_it(name: str) -> None:
    """An open loop for fire or duress is refused: its cut wire would go unnoticed."""
    (line,) = problems(safety={name: {"pin": 13, "wired": "normally-open"}})
    assert line.startswith(f"safety.{name}.wired: is 'normally-open', which a cut wire would")
    assert line.endswith("allowed: normally-closed")
    assert problems(safety={name: {"pin": 13}}) == []


def test_a_door_serves_known_procedures_and_several_may_serve_one() -> None:
    """A door names each of the checkpoint's procedures at most once; two doors may name the same."""
    assert problems(doors={"a": door()}) == []
    assert problems(doors={"a": door(), "b": door(strike={"pin": 7})}) == []
    assert problems(doors={"a": door(procedures=["jatim", "jatim"])}) == [
        (
            "doors.a.procedures[1]: procedure jatim is also at doors.a.procedures[0]; "
            "allowed: each procedure once at a door"
        )
    ]
    assert problems(doors={"a": door(procedures=["eselon"])}) == [
        "doors.a.procedures[0]: is 'eselon'; allowed: jatim (checkpoint.procedures)"
    ]


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ({"doors": {"a": door(fail="open")}}, "doors.a.fail: is 'open'; allowed: "),
        ({"doors": {"a": door(release_s=0)}}, "doors.a.release_s: is 0; allowed: seconds from 0.5"),
        (
            {"doors": {"a": door(strike={"pin": 6}, contact={"pin": 6})}},
            "doors.a.contact.pin: GPIO",
        ),
        (
            {"metal_detector": {"alarm": {"pin": 23}, "hold_s": 11}},
            "metal_detector.hold_s: is 11; allowed: seconds from 0 to 10",
        ),
        (
            {"aiphone": {"a": {"procedures": [], "ring": {"pin": 8}, "rings": {"call": [0.05]}}}},
            "aiphone.a.rings.call[0]: is 0.05; allowed: seconds from 0.1 to 10",
        ),
    ],
)
def test_values_out_of_range_say_what_is_allowed(section: dict[str, Any], line: str) -> None:
    """A value out of range is reported with key, value and range in one line."""
    assert [found for found in problems(**section) if found.startswith(line)]


def test_contacts_that_nobody_supervises_are_noted() -> None:
    """Contacts without supervision give a note, not a problem: some devices offer no other."""
    made = config(
        metal_detector={"alarm": {"pin": 23}, "tamper": {"pin": 24}},
        safety={"fire": {"pin": 13}, "mains": {"pin": 14, "wired": "normally-open"}},
        doors={"a": door(contact={"pin": 25})},
    )
    assert [note.split(" ")[0] for note in loop_notes(made)] == [
        "metal_detector.alarm",
        "safety.mains",
        "doors.a.contact",
    ]
    assert loop_notes(config()) == []


def test_a_fail_safe_door_is_released_by_the_other_level() -> None:
    """A fail-safe door's relay holds it locked: the level that drops the relay releases it."""
    made = config(doors={"a": door(), "b": door(strike={"pin": 7}, fail="safe", procedures=[])})
    assert made.doors["a"].releasing.active == "high"
    assert made.doors["b"].releasing.active == "low"
    assert made.doors["b"].strike.active == "high"


def test_the_wiring_table_names_doors_and_loops() -> None:
    """The wiring table names each part of doors, loops and stations in spoken words."""
    made = config(
        doors={"ruang-wakil": door(contact={"pin": 25})},
        safety={"enclosure_tamper": {"pin": 13}},
        aiphone={"adc": {"procedures": [], "ring": {"pin": 8}, "busy": {"pin": 9}}},
    )
    assert [(wire.pin, wire.function, wire.direction) for wire in wiring(made)] == [
        (6, "door ruang-wakil strike", "out"),
        (8, "aiphone adc ring", "out"),
        (9, "aiphone adc busy", "in"),
        (13, "safety enclosure tamper", "in"),
        (25, "door ruang-wakil contact", "in"),
    ]
