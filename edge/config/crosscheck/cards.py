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
    pool = sorted((int(card, 16), card) for card in config.cards.visitor)
    near = [(one, two) for (a, one), (b, two) in pairwise(pool) if b - a < NEIGHBOURS]
    notes = []
    if near:
        one, two = near[0]
        notes.append(
            f"cards.visitor has {len(near)} neighbouring numbers (such as {one} and {two}): the "
            "holder of one card can guess the next; mix cards of several rolls"
        )
    for card in config.cards.supervisor:
        beside = next((near for n, near in pool if abs(n - int(card, 16)) < SAME_ROLL), None)
        if beside is not None:
            notes.append(
                f"cards.supervisor.{card}: is beside the visitor card {beside}, whose holder can "
                "guess it; use a card of another roll"
            )
    return notes


def cards(config: Config, problems: Problems) -> None:
    """Report duplicate cards, duplicate reasons, and supervisors' cards without a reader."""
    pool = [(card, f"cards.visitor[{n}]") for n, card in enumerate(config.cards.visitor)]
    supervisors = [(card, f"cards.supervisor.{card}") for card in config.cards.supervisor]
    note_twice(problems, [*pool, *supervisors], "card", "each card once")
    reasons = config.cards.opening_reasons
    note_twice(
        problems,
        [(why, f"cards.opening_reasons[{n}]") for n, why in enumerate(reasons)],
        "reason",
        "each reason once",
    )
    if config.cards.supervisor and not config.card_readers:
        problems.add("cards.supervisor", "has no reader; allowed: with a [card_readers.NAME]")
    _lost_is_held(config, problems)


def _lost_is_held(config: Config, problems: Problems) -> None:
    """Report buttons that declare a card lost by a short press."""
    for name, panel in config.panels.items():
        for number, button in enumerate(panel.buttons):
            if button.press == "lost":
                problems.add(
                    f"panels.{name}.buttons[{number}].press",
                    "is 'lost'; allowed: only as hold, so that nobody does it by accident",
                )
