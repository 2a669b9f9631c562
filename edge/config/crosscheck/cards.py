"""Checks of the cards against each other, the card readers and the panels, and notes about them.

The holder of one card can guess the numbers beside it and write them to a blank one: 125 kHz cards
have no secret.
"""

from itertools import pairwise

from edge.config.model import Config
from edge.config.validation import Problems, note_twice

NEIGHBOURS = 10
"""Numbers that are closer than this are neighbours: cards of one roll, easily guessed."""

SAME_ROLL = 100
"""A supervisor's number that is closer than this to a visitor card's is of the same roll."""


def card_notes(config: Config) -> list[str]:
    """Return notes about numbers that the holder of one visitor card can guess."""
    pool = sorted((int(card, 16), card) for card, _ in config.cards.for_guests)
    near = [(one, two) for (a, one), (b, two) in pairwise(pool) if b - a < NEIGHBOURS]
    notes = []
    cards = config.cards
    if config.card_readers and not (cards.for_guests or cards.supervisor or cards.escort):
        notes.append(
            "card_readers: no card is known ([cards]), so that each card is refused; add "
            "cards.visitor, or remove the readers"
        )
    if near:
        one, two = near[0]
        keys = dict(config.cards.for_guests)
        key = keys[one].partition("[")[0]
        notes.append(
            f"{key} has {len(near)} neighbouring numbers (such as {one} and {two}): the "
            "holder of one card can guess the next; mix cards of several rolls"
        )
    for key, card in _trusted(config):
        beside = next((near for n, near in pool if abs(n - int(card, 16)) < SAME_ROLL), None)
        if beside is not None:
            notes.append(
                f"{key}: is beside the visitor card {beside}, whose holder can "
                "guess it; use a card of another roll"
            )
    return notes


def cards(config: Config, problems: Problems) -> None:
    """Report duplicate cards, duplicate reasons, and cards of the office without a reader."""
    trusted = [(card, key) for key, card in _trusted(config)]
    note_twice(problems, [*config.cards.for_guests, *trusted], "card", "each card once")
    reasons = config.cards.opening_reasons
    note_twice(
        problems,
        [(why, f"cards.opening_reasons[{n}]") for n, why in enumerate(reasons)],
        "reason",
        "each reason once",
    )
    for name in ("supervisor", "escort"):
        if getattr(config.cards, name) and not config.card_readers:
            problems.add(f"cards.{name}", "has no reader; allowed: with a [card_readers.NAME]")
    _lost_is_held(config, problems)


def _trusted(config: Config) -> list[tuple[str, str]]:
    """Return key and number of each card of the office's own people."""
    supervisors = [(f"cards.supervisor.{card}", card) for card in config.cards.supervisor]
    return supervisors + [(f"cards.escort.{card}", card) for card in config.cards.escort]


def _lost_is_held(config: Config, problems: Problems) -> None:
    """Report buttons that declare a card lost by a short press."""
    for name, panel in config.panels.items():
        for number, button in enumerate(panel.buttons):
            if button.press == "lost":
                problems.add(
                    f"panels.{name}.buttons[{number}].press",
                    "is 'lost'; allowed: only as hold, so that nobody does it by accident",
                )
