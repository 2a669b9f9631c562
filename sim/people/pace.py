"""The pace of people: how long their activities last, and where they stand. Data."""

import random

from sim.people.course import Standing
from sim.people.procedure_text import Phase, Text
from sim.people.way import takes_back
from sim.twins.scene import Place

# Where a guest stands while at an officer's station; "office" for all others.
PLACES: dict[str, Place] = {
    "security": "entrance",
    "reception": "reception",
    "officer-1": "waiting",
    "officer-2": "lockers",
    "officer-3": "detector",
    "exit": "detector",
}

# Durations of people's activities, seconds: at least, mostly, at most.
PACE: dict[str, tuple[float, float, float]] = {
    "greeting": (8, 15, 30),
    "answering": (3, 6, 14),
    "identity": (20, 35, 70),
    "guest-book": (30, 45, 80),
    "explaining": (5, 10, 25),
    "directing": (20, 35, 70),
    "unpacking": (10, 20, 45),
    "storing": (25, 60, 150),
    "approaching": (5, 10, 20),
    "emptying-pockets": (15, 25, 50),
    "looking": (4, 8, 15),
    "admitting": (4, 8, 15),
    "meeting": (300, 420, 640),
    "taking-leave": (10, 20, 40),
    "taking-out": (15, 25, 45),
    "inspecting": (20, 40, 90),
    "escorting": (30, 50, 90),
    "coming-back": (900, 1500, 2400),
}


def pace(chance: random.Random, what: str) -> float:
    """Return one random duration of an activity, seconds (triangular, from ``PACE``)."""
    low, mode, high = PACE[what]
    return chance.triangular(low, high, mode)


def is_meeting(phase: Phase) -> bool:
    """Return True if the guest is with the host in *phase*: it has a limit, or can be extended."""
    return any(row.at_s is not None or row.extend for row in phase.on)


def activity(text: Text, at: Standing, event: str) -> str | None:
    """Return the activity that comes before *event* at *at*; None if it follows at once."""
    phase = at.present(text)
    if phase.rings:
        return "answering"
    if is_meeting(phase):
        return "meeting"
    kind = event.partition(".")[0]
    by_kind: dict[str, str] = {
        "card": _with_a_card(text, at, event),
        "detector": "emptying-pockets" if "detector.alarm" in at.events else "approaching",
        "aiphone": "escorting" if event == "aiphone.release" else "admitting",
        "button": _at_the_panel(at, phase, event),
        "value": _at_the_panel(at, phase, event),
    }
    return by_kind.get(kind)


def _with_a_card(text: Text, at: Standing, event: str) -> str:
    if event == "card.issued":
        return "identity"
    return "taking-leave" if takes_back(text.steps[at.step]) and not at.shown else "approaching"


def _at_the_panel(at: Standing, phase: Phase, event: str) -> str:
    if event == "button.locker":
        return "unpacking"
    if event != "button.done" or phase.lamp == "slow":
        return "explaining"
    if any("guest-book" in row.vouches for row in phase.on):
        return "guest-book"
    return "looking" if at.events else "directing"
