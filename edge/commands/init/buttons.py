"""Lays out the buttons of a panel: which meanings are pressed, and which are held. Pure.

Rules
-----
1. The fewest buttons: a meaning that is seldom needed is the hold of another one.
2. A grave meaning and one that is pressed for every guest never share a button, and *lost* is never
   a press (edge/config/crosscheck/buttons.py gives the reasons).
3. The *amount* decides how many meanings a panel has (:data:`AMOUNTS`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec

from edge.commands.init.needs import Needs
from edge.config.crosscheck.buttons import FREQUENT, GRAVE
from edge.config.sections.values import Action
from edge.sop.procedures.site import IDENTITY_BUTTONS

AMOUNTS = {
    "all": "also corrections, groups, reasons, kinds of ID, and an alarm button at every panel",
    "usual": "every button that the procedures accept",
    "few": "the buttons without which a visit cannot go on; others where a button is free to hold",
}
"""The amounts of buttons, from the largest; docs/panel.md describes how to do without some."""

# In "few" these get no button of their own.
_DISPENSABLE: frozenset[Action] = frozenset({"absent", "again", "extend", "leave", "lost"})
# The meanings that are pressed, in the order of the panel; all others are held where possible.
_PRESSED: tuple[Action, ...] = (
    "arrive", "host", "done", "locker", "decline", "reschedule", "acknowledge", "next", "extend",
)  # fmt: skip
_REASONS: tuple[Action, ...] = ("reason-1", "reason-2", "reason-3", "reason-4")
# The meanings that are held, each with the presses that it goes with best.
_HELD: dict[Action, tuple[Action, ...]] = {
    "nothing": ("locker",),
    "accept": ("done",),
    "refuse": ("acknowledge",),
    "lost": ("extend", "acknowledge"),
    "day": ("reschedule",),
    "leave": ("done", "decline"),
    "absent": ("decline", "arrive"),
    "more": ("arrive",),
    "back": ("next",),
    "again": ("arrive",),
    "reconcile": ("acknowledge",),
    "reason-1": ("arrive",),
    "reason-2": ("arrive",),
    "reason-3": ("arrive",),
    "reason-4": ("arrive",),
    "choice-1": ("arrive",),
    "choice-2": ("arrive",),
    "choice-3": ("arrive",),
    "choice-4": ("arrive",),
    "identity-ktp": ("arrive",),
    "identity-sim": ("arrive",),
    "identity-other": ("arrive",),
}


NO_KINDS: Mapping[str, Sequence[str]] = MappingProxyType({})


class Face(msgspec.Struct):
    """One button: the meaning of a press and of a hold.

    :ivar procedure: the procedure that ``arrive`` begins, and *guest_kind* the kind of its guest
    """

    press: Action
    hold: Action | None = None
    procedure: str = ""
    guest_kind: str = ""

    def accepts(self, meaning: Action) -> bool:
        """Return True if *meaning* may be its hold."""
        if self.hold is not None:
            return False
        return not (
            (meaning in GRAVE and self.press in FREQUENT)
            or (self.press in GRAVE and meaning in FREQUENT)
        )


def faces(
    stations: list[str],
    needs: Needs,
    amount: str,
    *,
    day: bool,
    choices: bool = False,
    guest_kinds: Mapping[str, Sequence[str]] = NO_KINDS,
) -> list[Face]:
    """Return the buttons of the panel that serves *stations*.

    :param amount: a key of :data:`AMOUNTS`
    :param guest_kinds: kind of guests → the procedures that have a button for it
    :param day: True if the office's days are opened and closed
    :param choices: True if a procedure has several hosts
    """
    meanings = dict.fromkeys(
        one for one in _meanings(stations, needs, amount, day=day) if choices or one != "host"
    )
    found: list[Face] = []
    for press in _PRESSED:
        if press == "arrive":
            begun = _begins(stations, needs)
            found += [Face("arrive", None, one) for one in begun]
            found += [
                Face("arrive", None, one, kind)
                for one in begun
                for kind, procedures in guest_kinds.items()
                if one in procedures
            ]
        elif press in meanings and (amount != "few" or press not in _DISPENSABLE):
            found.append(Face(press))
    placed = {face.press for face in found}
    for meaning in (one for one in _order(amount) if one in meanings):
        if meaning in placed:
            continue
        face = _place(found, meaning)
        if face is not None:
            face.hold = meaning
        elif amount == "few" and meaning in _DISPENSABLE:
            continue
        elif meaning == "lost":
            found.append(Face(_carrier(meanings, placed), "lost"))
            placed.add(found[-1].press)
        else:
            found.append(Face(meaning))
        placed.add(meaning)
    return found


def _order(amount: str) -> list[Action]:
    """Return the meanings in the order in which they are held; *lost* has few places."""
    ordered = [*_HELD, *_PRESSED]
    return [one for one in ordered if one != "lost"] + ["lost"] if amount == "few" else ordered


def _carrier(meanings: Iterable[Action], placed: set[Action]) -> Action:
    """Return the press of a new button whose hold is *lost*; rule 2."""
    harmless = (one for one in meanings if one not in FREQUENT and one not in GRAVE)
    return next((one for one in harmless if one not in placed), "back")


def _place(found: list[Face], meaning: Action) -> Face | None:
    """Return the button whose hold *meaning* becomes; None if none is free for it."""
    free = [face for face in found if face.accepts(meaning)]
    best = [face for press in _HELD.get(meaning, ()) for face in free if face.press == press]
    return next(iter([*best, *free]), None)


def _begins(stations: list[str], needs: Needs) -> list[str]:
    return [one.id for one in needs.procedures if one.steps[0].station in stations]


def _meanings(stations: list[str], needs: Needs, amount: str, *, day: bool) -> Iterator[Action]:
    """Yield the meanings of the panel's buttons, some more than once."""
    for station in stations:
        # The aide's own contact calls guests in: a button for it takes the place of no other.
        spare = {"arrive", "accept"} if amount == "few" and station in needs.aides else {"arrive"}
        for action in needs.stations[station]:
            if action not in spare:
                yield action  # type: ignore[misc]  # verified with the procedures
    first = any(station in needs.first for station in stations)
    alarmed = any(station in needs.screening for station in stations)
    if amount == "all" or alarmed or (first and not needs.screening):
        yield "acknowledge"
    if day and first:
        yield "day"
    if amount == "all":
        yield from _comforts(stations, needs, first=first, day=day)


def _comforts(stations: list[str], needs: Needs, *, first: bool, day: bool) -> Iterator[Action]:
    """Yield the meanings that a panel has only if it is to have all."""
    yield "next"
    if first:
        yield from ("more", "back")
    if first and day:
        yield "reconcile"
    deciding = any(station in needs.deciding for station in stations)
    refusing = any(station in needs.refusing for station in stations)
    reasons = max(len(one.reasons) for one in needs.procedures) if deciding else 0
    refusals = max(len(one.refusals) for one in needs.procedures) if refusing else 0
    yield from _REASONS[: max(reasons, refusals)]
    if any(station in needs.identity for station in stations):
        yield from IDENTITY_BUTTONS
