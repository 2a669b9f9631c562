"""Checks of contacts and doors in a config, and notes about them."""

from typing import Any

import msgspec
import pytest

from edge.config.crosscheck.contacts import loop_notes
from edge.config.crosscheck.detectors import beam_notes
from edge.config.crosscheck.rules import crosscheck
from edge.config.crosscheck.times import bounce_notes
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
    """A door names each of the checkpoint's procedures at most once; two doors may name one."""
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


ALARM = {"pin": 23, "wired": "normally-closed"}
PANEL = {"stations": ["security"], "lamp": {"pin": 9}}


def detector(**more: Any) -> dict[str, Any]:
    """Return a named metal detector with two beams."""
    return {
        "stations": ["security"],
        "alarm": ALARM,
        "outer": {"pin": 24},
        "inner": {"pin": 25},
        **more,
    }


def test_metal_detectors_with_names_are_found_by_name() -> None:
    """The only one has no name, stations or not; each named one has its stations."""
    only = config(metal_detector={"alarm": ALARM})
    assert list(only.detectors) == [""]
    named = config(metal_detectors={"lobby": detector(), "exit": detector()})
    assert list(named.detectors) == ["lobby", "exit"]
    assert problems(metal_detectors={"lobby": detector()}, panels={"gate": PANEL}) == []


@pytest.mark.parametrize(
    ("more", "walks"),
    [
        ({}, set()),
        ({"passage": {"pin": 24}}, {"in"}),
        ({"passage": {"pin": 24}, "direction": "out"}, {"out"}),
        ({"passage": {"pin": 24}, "direction": "both"}, set()),
        ({"outer": {"pin": 24}, "inner": {"pin": 25}}, {"in", "out"}),
    ],
)
def test_beams_show_walks_in_their_directions(more: dict[str, Any], walks: set[str]) -> None:
    """One beam shows the direction of the config, two show both; one for both ways shows none."""
    made = config(metal_detector={"alarm": ALARM, **more}).metal_detector
    assert made is not None
    assert made.walks == walks
    assert (made.beams == {}) is (not more)


@pytest.mark.parametrize(
    ("sections", "where", "what"),
    [
        (
            {
                "metal_detector": {"alarm": ALARM},
                "metal_detectors": {
                    "lobby": detector(alarm={"pin": 12, "wired": "normally-closed"})
                },
            },
            "metal_detector",
            (
                "stands beside [metal_detectors.lobby]; allowed: [metal_detector] alone, for all "
                "stations, or a [metal_detectors.NAME] with its stations for each detector"
            ),
        ),
        (
            {"metal_detectors": {"lobby": detector(stations=["securty"])}},
            "metal_detectors.lobby.stations[0]",
            "is 'securty', which no panel serves; allowed: security",
        ),
        (
            {"metal_detector": {"alarm": ALARM, "outer": {"pin": 24}}},
            "metal_detector.inner",
            "is missing beside outer; allowed: both beams, or passage alone",
        ),
        (
            {"metal_detector": {"alarm": ALARM, "passage": {"pin": 4}, "outer": {"pin": 24}}},
            "metal_detector.outer",
            "stands beside passage; allowed: one beam (passage), or two (outer and inner)",
        ),
        (
            {"metal_detector": {"alarm": ALARM, "direction": "out"}},
            "metal_detector.direction",
            "is of no use without passage: two beams show it; allowed: no key",
        ),
        (
            {"metal_detectors": {"lobby": detector(blocked_s=60)}},
            "metal_detectors.lobby.stuck_s",
            (
                "is 60, and blocked_s is 60: a blocked beam would be a stuck contact; "
                "allowed: a longer time than blocked_s"
            ),
        ),
    ],
)
def test_detectors_that_contradict_each_other_are_refused_in_words(
    sections: dict[str, Any], where: str, what: str
) -> None:
    """The message names the key to correct, and what is allowed."""
    assert problems(**sections, panels={"gate": PANEL}) == [f"{where}: {what}"]


def test_a_named_detector_needs_its_stations() -> None:
    """Without stations it would be open which guests are screened there."""
    without = {key: value for key, value in detector().items() if key != "stations"}
    (line,) = problems(metal_detectors={"lobby": without})
    assert line.startswith("metal_detectors.lobby.stations: is missing")


def test_beams_and_loops_of_each_detector_are_noted() -> None:
    """A beam that cannot tell the direction, an open loop, a bounce time above a limit."""
    both = {"alarm": {"pin": 23, "wired": "normally-open"}, "passage": {"pin": 24},
            "direction": "both"}  # fmt: skip
    assert [note.partition(":")[0] for note in beam_notes(config(metal_detector=both))] == [
        "metal_detector.direction is both"
    ]
    named = config(metal_detectors={"lobby": detector(alarm=both["alarm"])})
    assert beam_notes(named) == []
    (note,) = loop_notes(named)
    assert note.startswith("metal_detectors.lobby.alarm is wired normally-open")
    quick = detector(too_fast_s=0.01)
    assert [note.partition(" is ")[0] for note in bounce_notes(
        config(metal_detectors={"lobby": quick}))] == [
        "metal_detectors.lobby.outer.bounce_s", "metal_detectors.lobby.inner.bounce_s",
    ]  # fmt: skip


def test_a_named_detector_is_in_the_wiring_table_under_its_name() -> None:
    """The technician reads which wire belongs to which detector."""
    words = {wire.function for wire in wiring(config(metal_detectors={"lobby": detector()}))}
    assert words == {
        "metal detector lobby alarm", "metal detector lobby outer", "metal detector lobby inner",
    }  # fmt: skip
