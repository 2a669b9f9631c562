"""Checks of the kinds of guests, and of the buttons that name one, across config sections."""

from edge.config.model import Config
from edge.config.spelling import did_you_mean
from edge.config.validation import Problems, note_twice


def guest_kinds(config: Config, problems: Problems) -> None:
    """Report kinds that are there twice, unknown pools, and buttons that name no kind."""
    ids = [(kind.id, f"guest_kinds[{n}].id") for n, kind in enumerate(config.guest_kinds)]
    note_twice(problems, list(ids), "guest kind", "each guest kind once")
    for number, kind in enumerate(config.guest_kinds):
        if kind.card_pool is not None:
            where = f"guest_kinds[{number}].card_pool"
            _known(problems, where, kind.card_pool, list(config.cards.pools), "[cards.pools]")
    for name, panel in config.panels.items():
        for number, button in enumerate(panel.buttons):
            if button.guest_kind is None:
                continue
            where = f"panels.{name}.buttons[{number}].guest_kind"
            if "arrive" not in (button.press, button.hold):
                problems.add(where, "is of no use here; allowed: only with arrive")
            else:
                known = [kind.id for kind in config.guest_kinds]
                _known(problems, where, button.guest_kind, known, "[[guest_kinds]]")


def _known(problems: Problems, where: str, name: str, known: list[str], section: str) -> None:
    if name not in known:
        allowed = ", ".join(known) or "none, as there is none"
        meant = did_you_mean(name, known)
        problems.add(where, f"is {name!r}{meant}; allowed: {allowed} ({section})")
