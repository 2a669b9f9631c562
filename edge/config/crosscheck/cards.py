"""Checks of the cards against each other, the card readers and the panels."""

from edge.config.model import Config
from edge.config.validation import Problems, note_twice


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
