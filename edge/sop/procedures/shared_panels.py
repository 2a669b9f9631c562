"""Notes about stations on one panel that take the same button. Pure.

Such a press can be meant for two guests of one procedure: rule 2 of docs/routing.md decides.
"""

from collections.abc import Callable, Iterator
from itertools import combinations

from edge.config.model import Config
from edge.config.sections.panels import Panel
from edge.sop.procedures.model import Procedure, Step

_BUTTON = "button."


def shared_buttons(
    procedure: Procedure, config: Config, stations: Callable[[Step], list[str]]
) -> Iterator[str]:
    """Yield a note for each two stations of one panel at which *procedure* takes the same button.

    :param stations: returns the stations of a step
    """
    taken: dict[str, dict[str, None]] = {}
    for step in procedure.steps:
        for station in stations(step):
            taken.setdefault(station, {}).update(dict.fromkeys(_buttons(step)))
    for name, panel in config.panels.items():
        for one, other in combinations([at for at in panel.stations if at in taken], 2):
            both = [b for b in taken[one] if b in taken[other] and b in _meanings(panel)]
            if both:
                yield (
                    f"panel {name}: its stations {one} and {other} both take {', '.join(both)}: a "
                    "press is for the guest whose card was shown there last, else for the first "
                    "in line of both whose phase waits for it (docs/routing.md, rule 2)"
                )


def _buttons(step: Step) -> list[str]:
    """Return the meanings of the buttons that phases of *step* wait for; *arrive* opens a visit."""
    events = [way.event for phase in step.phases for way in phase.on]
    words = [event.removeprefix(_BUTTON) for event in events if event.startswith(_BUTTON)]
    return [word for word in words if word != "arrive"]


def _meanings(panel: Panel) -> set[str | None]:
    return {meaning for button in panel.buttons for meaning in (button.press, button.hold)}
