"""Notes about panel buttons on which a press of the wrong length does harm.

A button with two meanings tells them apart by time alone: held for a second, or not. A finger that
rests a moment too long, or is lifted too soon, gives the other meaning. This is harmless where that
meaning concerns one guest and can be taken back. It is not where a *grave* meaning shares a button
with one that is pressed for every guest (*frequent*): a hundred presses a day make the mistake
certain.
"""

from collections.abc import Iterator

from edge.config.model import Config
from edge.config.sections.panels import Button, Panel
from edge.config.sections.values import Action

GRAVE: dict[Action, str] = {
    "acknowledge": "ends the sound of an alarm",
    "day": "closes the office day",
    "close-day": "closes the office day",
    "reconcile": "settles a card, locker or visit without evidence",
    "lost": "takes a card out of the pool",
    "refuse": "turns a guest away",
    "away": "turns a host's guests away",
}
"""The meanings that concern the whole lobby or cannot be taken back, and what each does."""

FREQUENT: frozenset[Action] = frozenset({"arrive", "done", "locker", "nothing"})
"""The meanings that are pressed for every guest, or nearly every guest."""


def button_notes(config: Config) -> list[str]:
    """Return a note for each button of *config* that has a grave and a frequent meaning."""
    return [
        f"panels.{name}.buttons[{number}]: {note}; {_instead(panel)}"
        for name, panel in config.panels.items()
        for number, button in enumerate(panel.buttons)
        for note in _notes(button)
    ]


def _notes(button: Button) -> Iterator[str]:
    press, hold = button.press, button.hold
    if hold in GRAVE and press in FREQUENT:
        yield (
            f"hold {hold!r} ({GRAVE[hold]}) is on the button {press!r} (GPIO {button.pin}), which "
            "is pressed for every guest: held one second too long, it does that by mistake"
        )
    if press in GRAVE and hold in FREQUENT:
        yield (
            f"press {press!r} ({GRAVE[press]}) is on the button (GPIO {button.pin}) that is held "
            f"for {hold!r} for every guest: released too soon, it does that by mistake"
        )


def _instead(panel: Panel) -> str:
    """Return where the grave meaning can go: on this panel, or on a button of its own."""
    seldom = [
        repr(button.press)
        for button in panel.buttons
        if button.press not in FREQUENT and button.press not in GRAVE
    ]
    if not seldom:
        return "give it a button of its own, or make it the hold of one that is seldom pressed"
    return f"make it the hold of a button that is seldom pressed (here {' or '.join(seldom)})"
