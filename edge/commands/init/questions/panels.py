"""Questions about the officers' panels."""

from collections.abc import Mapping

from edge.commands.init.buttons import AMOUNTS
from edge.commands.init.fitting import largest_amount
from edge.commands.init.places import PI
from edge.commands.init.question import Asked, Group, Question
from edge.commands.init.questions.checks import places


def _panel_places(asked: Asked) -> Mapping[str, str]:
    shared = {
        name: f"no panel of its own: that of {name}"
        for name in asked.needs.stations
        if name != asked.name
    }
    return {**places(asked), **shared}


def _usual_place(asked: Asked) -> str:
    """Return the Pi; for the aide's station the panel that serves the step after the aide's."""
    after = asked.needs.aides.get(asked.name)
    if after is None:
        return PI
    shared = asked[f"panels.{after}.at"]
    return str(shared) if shared in asked.needs.stations else after


def _panel_wrong(asked: Asked, at: str) -> str:
    panels = asked.others("panels.*.at")
    stations = asked.needs.stations
    if at in stations and panels.get(at) in stations:
        return f"is {at!r}, which has no panel of its own; allowed: a station with one"
    served = [name for name, other in panels.items() if other == asked.name]
    if at in stations and served:
        return f"is {at!r}, but this panel serves {served[0]}; allowed: a place of its own"
    return ""


PANEL = Group(
    key="panels.*",
    title="Panel of the station *",
    names=lambda asked: list(asked.needs.stations),
    unless="no chosen procedure has this station",
    questions=(
        Question(
            key="at",
            text="Where is it wired?",
            why="To the Pi or to a module; or the station has no panel and uses that of another "
            "one, as the aide does.",
            kind=str,
            default=_usual_place,
            choices=_panel_places,
            wrong=_panel_wrong,
        ),
        Question(
            key="lamps",
            text="Which lamps has it?",
            why="One lamp shows all by its rhythm. With colours (green, blue, amber, red) each "
            "meaning has its lamp: four pins (docs/panel.md).",
            kind=str,
            default=lambda _: "one",
            choices=lambda _: {"one": "one lamp", "colours": "green, blue, amber and red"},
            applies=lambda asked: asked.own("at") not in asked.needs.stations,
            unless="the station uses the panel of another one",
        ),
    ),
)


BUTTONS = Group(
    key="buttons",
    title="Buttons",
    questions=(
        Question(
            key="amount",
            text="How many meanings shall the panels have?",
            why="By Enter as many as the pins allow. docs/panel.md describes each button, and how "
            "to do without some.",
            kind=str,
            default=largest_amount,
            choices=lambda _: AMOUNTS,
        ),
    ),
)
