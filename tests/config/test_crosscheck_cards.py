"""Checks of the cards in a config."""

from pathlib import Path
from typing import Any

import pytest

from edge.config.crosscheck.cards import card_notes
from edge.config.crosscheck.rules import crosscheck
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.validation import Problems, convert

READER = {"desk": {"driver": "rdm6300", "port": "/dev/ttyUSB0", "stations": ["reception"]}}
CONFIGS = Path(__file__).parents[2] / "config"
SUPERVISOR = {"0100A4C1F0": "duty-officer"}


def problems(cards: dict[str, Any], **sections: Any) -> list[str]:
    """Return the problems of *cards* in a config that has a reader, and *sections*."""
    raw = {
        "checkpoint": {"site": "setda", "id": "lobi", "procedures": ["jatim"]},
        "cards": {"visitor": ["010063E9AE"], **cards},
        "card_readers": READER,
        "panels": {"p": {"stations": ["reception"]}},
        **sections,
    }
    found = Problems("f")
    made: Config | None = convert(Config, raw, "", found)
    if made is not None:
        crosscheck(made, found)
    return [line.removeprefix("f: ") for line in found.lines]


def test_a_supervisor_is_a_card_and_a_duty() -> None:
    """The section from the documentation is right; the opening reasons may be given or left out."""
    assert problems({"supervisor": SUPERVISOR}) == []
    assert problems({"supervisor": SUPERVISOR, "opening_reasons": ["jammed"]}) == []


@pytest.mark.parametrize(
    ("cards", "where"),
    [
        ({"supervisor": {"0100a4c1f0": "duty-officer"}}, "cards.supervisor"),
        ({"supervisor": {"0100A4C1F0": "Budi Santoso"}}, "cards.supervisor"),
        ({"opening_reasons": []}, "cards.opening_reasons"),
        ({"opening_reasons": ["a", "b", "c", "d", "e"]}, "cards.opening_reasons"),
        ({"opening_reasons": ["a reason"]}, "cards.opening_reasons[0]"),
    ],
)
def test_numbers_duties_and_reasons_are_words_of_the_config(
    cards: dict[str, Any], where: str
) -> None:
    """A person's name, with capitals or a space, is refused; so is a fifth reason."""
    (line,) = problems(cards)
    assert line.startswith(where)


def test_a_supervisors_card_is_not_given_to_guests() -> None:
    """A supervisor's card cannot be a visitor card: one card, one meaning."""
    assert problems({"supervisor": {"010063E9AE": "duty-officer"}}) == [
        (
            "cards.supervisor.010063E9AE: card 010063E9AE is also at cards.visitor[0]; "
            "allowed: each card once"
        )
    ]


def test_each_reason_once() -> None:
    """Two buttons with one reason are refused: the record could not tell them apart."""
    assert problems({"opening_reasons": ["jammed", "jammed"]}) == [
        (
            "cards.opening_reasons[1]: reason jammed is also at cards.opening_reasons[0]; "
            "allowed: each reason once"
        )
    ]


def test_a_supervisor_needs_a_reader() -> None:
    """A supervisor's card without a reader is refused: it could not open a locker."""
    assert problems({"supervisor": SUPERVISOR}, card_readers={}) == [
        "cards.supervisor: has no reader; allowed: with a [card_readers.NAME]"
    ]


def test_a_card_is_declared_lost_by_holding_only() -> None:
    """*lost* is refused as a press: a touched button must not remove a card from the pool."""
    button = {"pin": 5, "press": "done", "hold": "lost"}
    panel = {"stations": ["reception"], "buttons": [button]}
    assert problems({}, panels={"p": panel}) == []
    panel["buttons"] = [{"pin": 5, "press": "lost"}]
    assert problems({}, panels={"p": panel}) == [
        (
            "panels.p.buttons[0].press: is 'lost'; "
            "allowed: only as hold, so that nobody does it by accident"
        )
    ]


def noted(cards: dict[str, Any]) -> list[str]:
    """Return the notes about *cards*."""
    raw = {
        "checkpoint": {"site": "setda", "id": "lobi", "procedures": ["jatim"]},
        "broker": {"url": "mqtt://127.0.0.1:1883"},
        "cards": cards,
    }
    found = Problems("f")
    config: Config | None = convert(Config, raw, "", found)
    assert config is not None, found.lines
    return card_notes(config)


def test_numbers_that_one_card_gives_away_are_noted() -> None:
    """Cards of one roll, in any order, are noted once with an example; distant numbers are not."""
    (note,) = noted({"visitor": ["010063E9AE", "0100A4C102", "010063E9B0", "010063E9AF"]})
    assert note.startswith("cards.visitor has 2 neighbouring numbers (such as 010063E9AE and")
    assert noted({"visitor": ["010063E9AE", "010063E9B8"]}) == []


def test_a_supervisors_card_of_the_visitors_roll_is_noted() -> None:
    """The holder of a visitor card must not guess the number that opens every locker."""
    pool = ["010063E9AE"]
    (note,) = noted({"visitor": pool, "supervisor": {"010063EA00": "duty-officer"}})
    assert note.startswith("cards.supervisor.010063EA00: is beside the visitor card 010063E9AE")
    assert noted({"visitor": pool, "supervisor": {"010063EA12": "duty-officer"}}) == []


@pytest.mark.parametrize("name", sorted(path.name for path in CONFIGS.glob("gardu*.toml")))
def test_shipped_pools_are_examples_of_numbers_that_cannot_be_guessed(name: str) -> None:
    """An office that copies a shipped config copies no note about its cards."""
    assert card_notes(load_config(CONFIGS / name, elsewhere=True)) == []
