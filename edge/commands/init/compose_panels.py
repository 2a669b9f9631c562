"""Composes the section [panels] of the answers. Pure."""

from functools import partial
from typing import Any

from edge.commands.init.buttons import Face, faces
from edge.commands.init.given import Answers
from edge.commands.init.needs import Needs
from edge.commands.init.places import Part, contact
from edge.config.sections.panels import Lamps

_COLOURS = ("green", "blue", "amber", "red")
_LABEL = 40


def panel_stations(a: Any, needs: Needs) -> dict[str, list[str]]:
    """Return the stations that each panel serves, its own first."""
    own = [one for one in needs.stations if a[f"panels.{one}.at"] not in needs.stations]
    return {
        name: [name, *(one for one in needs.stations if a[f"panels.{one}.at"] == name)]
        for name in own
    }


def _choices(a: Answers, needs: Needs) -> bool:
    """Return True if a procedure has several hosts, one of whom is chosen for each guest."""
    served = [one for name in a.names("hosts") for one in a[f"hosts.{name}.procedures"]]
    return any(served.count(procedure.id) > 1 for procedure in needs.procedures)


def panels(a: Answers, needs: Needs, amount: str) -> dict[str, Any]:
    """Return the section: panel → its table, with *amount* of buttons."""
    kinds = _kinds_of_procedures(a, needs)
    buttons = partial(
        faces,
        needs=needs,
        amount=amount,
        day=a["guests.opens"] != "no",
        choices=_choices(a, needs),
        guest_kinds=kinds,
    )
    return {
        name: _panel(a, name, stations, buttons(stations), needs)
        for name, stations in panel_stations(a, needs).items()
    }


def _panel(
    a: Answers, name: str, stations: list[str], buttons: list[Face], needs: Needs
) -> dict[str, Any]:
    at = a.place(f"panels.{name}.at")
    lamp = Part(role="lamp", at=at)
    colours = a[f"panels.{name}.lamps"] == "colours"
    return {
        "stations": stations,
        **({"lamps": dict.fromkeys(_COLOURS, lamp)} if colours else {"lamp": lamp}),
        "buttons": [contact(at, **_meanings(a, face, needs)) for face in buttons],
    }


def _meanings(a: Answers, face: Face, needs: Needs) -> dict[str, str]:
    keys = {
        "press": face.press,
        "hold": face.hold or "",
        "procedure": face.procedure,
        "guest_kind": face.guest_kind,
        "label": _label(a, face, needs),
    }
    return {key: value for key, value in keys.items() if value}


def _label(a: Answers, face: Face, needs: Needs) -> str:
    """Return the label of a button for arrivals; empty: the words of its meaning say enough."""
    titles = {one.id: one.title.id for one in needs.procedures}
    if len(titles) < 2 or face.procedure not in titles:
        return ""
    label = titles[face.procedure]
    if face.guest_kind:
        label += f": {a[f'guest_kinds.{face.guest_kind}.title']}"
    return label if len(label) <= _LABEL else ""


def _kinds_of_procedures(a: Answers, needs: Needs) -> dict[str, list[str]]:
    """Return kind of guests → the procedures that have a button for it."""
    every = [one.id for one in needs.procedures]
    return {kind: a[f"guest_kinds.{kind}.procedures"] or every for kind in a["guests.kinds"] or ()}


assert set(_COLOURS) <= set(Lamps.__struct_fields__)
