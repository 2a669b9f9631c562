"""Kinds of guests, pools, escorts and places in the config: each problem with its key."""

from typing import Any

import pytest

from edge.config.crosscheck.cards import card_notes
from edge.config.crosscheck.rules import crosscheck
from edge.config.model import Config
from edge.config.validation import Problems, convert

KIND = {"id": "vip", "title": "Tamu VIP", "card_pool": "emas"}
ARRIVE = {"pin": 5, "press": "arrive", "procedure": "arsip", "guest_kind": "vip"}
READER = {"driver": "rdm6300", "port": "/dev/serial/by-id/a", "stations": ["reception"]}
GOOD: dict[str, Any] = {
    "cards": {"pools": {"emas": ["0100D1AE02"]}, "escort": {"0100EE0001": "pengantar-1"}},
    "card_readers": {"desk": READER},
    "guest_kinds": [KIND],
    "places": [{"id": "ruang", "at_most": 2}],
    "panels": {"desk": {"stations": ["reception"], "buttons": [ARRIVE]}},
}


def problems(**changes: Any) -> list[str]:
    """Return the problems of the good config with *changes*, without the file in front."""
    raw = {
        "checkpoint": {"site": "arsip", "id": "lobi", "procedures": ["arsip"]}, **GOOD, **changes,
    }  # fmt: skip
    found = Problems("f")
    config: Config | None = convert(Config, raw, "", found)
    if config is not None:
        crosscheck(config, found)
    return [line.removeprefix("f: ") for line in found.lines]


def panel(*buttons: dict[str, Any]) -> dict[str, Any]:
    """Return panels with one panel of *buttons*."""
    return {"desk": {"stations": ["reception"], "buttons": list(buttons)}}


def test_the_good_config_has_no_problem() -> None:
    """Pools, kinds, escorts and places go together; neither cards nor readers are needed."""
    assert problems() == []
    assert problems(cards={}, card_readers={}, guest_kinds=[], panels={}) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"guest_kinds": [{**KIND, "card_pool": "mas"}]},
            ("guest_kinds[0].card_pool: is 'mas' (did you mean emas?); allowed: emas "
            "([cards.pools])"),
        ),
        (
            {"guest_kinds": [KIND, KIND]},
            ("guest_kinds[1].id: guest kind vip is also at guest_kinds[0].id; allowed: each guest "
            "kind once"),
        ),
        (
            {"panels": panel({**ARRIVE, "guest_kind": "vipp"})},
            ("panels.desk.buttons[0].guest_kind: is 'vipp' (did you mean vip?); allowed: vip "
            "([[guest_kinds]])"),
        ),
        (
            {"panels": panel({"pin": 5, "press": "done", "guest_kind": "vip"})},
            "panels.desk.buttons[0].guest_kind: is of no use here; allowed: only with arrive",
        ),
        (
            {"panels": panel(ARRIVE, {**ARRIVE, "pin": 6})},
            ("panels.desk.buttons[1].press: the meaning arrive arsip vip is also at "
            "panels.desk.buttons[0].press; allowed: each meaning once on a panel"),
        ),
        (
            {"places": [{"id": "ruang", "at_most": 2}, {"id": "ruang", "at_most": 3}]},
            "places[1].id: place ruang is also at places[0].id; allowed: each place once",
        ),
        (
            {"places": [{"id": "ruang", "at_most": 0}]},
            "places[0].at_most: is 0; allowed: persons from 1 to 999",
        ),
        (
            {"cards": {**GOOD["cards"], "visitor": ["0100D1AE02"]}},
            ("cards.pools.emas[0]: card 0100D1AE02 is also at cards.visitor[0]; allowed: each card "
            "once"),
        ),
        (
            {"cards": {**GOOD["cards"], "escort": {"0100D1AE02": "pengantar-1"}}},
            ("cards.escort.0100D1AE02: card 0100D1AE02 is also at cards.pools.emas[0]; allowed: "
            "each card once"),
        ),
        (
            {"card_readers": {}},
            "cards.escort: has no reader; allowed: with a [card_readers.NAME]",
        ),
    ],
)  # fmt: skip
def test_each_problem_has_its_key(changes: dict[str, Any], problem: str) -> None:
    """Unknown pools and kinds, duplicates, numbers out of range, cards of two meanings."""
    assert problems(**changes) == [problem]


def test_two_kinds_may_arrive_by_two_buttons() -> None:
    """The same procedure for two kinds is two meanings."""
    kinds = [KIND, {"id": "lansia", "title": "Lansia", "priority": 2}]
    buttons = panel(ARRIVE, {**ARRIVE, "pin": 6, "guest_kind": "lansia"})
    assert problems(guest_kinds=kinds, panels=buttons) == []


def test_readers_without_any_card_are_noted() -> None:
    """Every card would be refused; without readers there is nothing to say."""
    for readers, expected in (({"desk": READER}, 1), ({}, 0)):
        raw = {
            "checkpoint": {"site": "arsip", "id": "lobi", "procedures": ["arsip"]},
            "card_readers": readers,
        }
        config: Config | None = convert(Config, raw, "", Problems("f"))
        assert config is not None
        notes = card_notes(config)
        assert len(notes) == expected
        assert all(note.startswith("card_readers: no card is known") for note in notes)
