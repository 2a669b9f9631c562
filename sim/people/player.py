"""The player: a person at the page, who takes roles that the simulated people leave.

1. A role is a station (all that its officer does), or :data:`GUEST` (all that guests do).
2. Where a played role has to act, the visit waits for an act of the player, and goes on with that.
   Its own timers run meanwhile, as the text says.
3. An act that the checkpoint refuses is none. An accepted one belongs to the visit whose turn it is
   (sim/people/turn.py) and whose text has a row for it; without one it is an act for no visit.
"""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from sim.people.course import row_for
from sim.people.turn import may_act
from sim.people.way import Deed

if TYPE_CHECKING:
    from sim.people.visit import Visit

GUEST = "guest"
"""The role of all guests: their cards, lockers and walks."""

ARRIVE = "button.arrive"
"""The event that opens a visit."""

MORE = "button.more"
"""The event that adds a person to the group of a visit that has just been opened."""

CHOOSE = "button.host"
"""The event that moves the choice to the next host."""

ACKNOWLEDGE = "button.acknowledge"
"""The event by which an officer has seen an alarm; the text of a procedure does not have it."""

_AT_THE_DOOR = (ARRIVE, MORE)
_OFFICERS = ("button", "identity", "value")
_IDENTITY = "button.identity-"


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """An act of the player that the checkpoint has accepted, or that needs no answer.

    :ivar events: what it may be in a text; the first one that has a row counts
    :ivar panel: where a button was pressed
    :ivar aiphone: whose contact was closed
    :ivar guest: the number of the guest whose card or locker it was
    :ivar card: the card that was held to a reader
    :ivar procedure: of the button, if it opens visits of one only
    """

    events: tuple[str, ...]
    panel: str | None = None
    aiphone: str | None = None
    guest: int | None = None
    card: str | None = None
    procedure: str | None = None


class _Turn:
    def __init__(self, visit: "Visit", event: str, times: int) -> None:
        self.visit = visit
        self.event = event
        self.times = times
        self.done: asyncio.Future[tuple[Deed, Act] | None]
        self.done = asyncio.get_running_loop().create_future()


class Player:
    """The roles of the player, and the visits that wait for the player's acts.

    :ivar roles: the roles taken
    """

    def __init__(self) -> None:
        self.roles: frozenset[str] = frozenset()
        self._turns: list[_Turn] = []

    def take(self, roles: frozenset[str]) -> None:
        """Play *roles* from now on, and no others; visits that wait look again who acts."""
        self.roles = roles
        for turn in list(self._turns):
            if not turn.done.done():
                turn.done.set_result(None)

    def look_again(self, visit: "Visit") -> None:
        """Have *visit* look again what it waits for: an officer has corrected it."""
        for turn in self._turns:
            if turn.visit is visit and not turn.done.done():
                turn.done.set_result(None)

    def plays(self, visit: "Visit", event: str) -> bool:
        """Return True if the player is to do *event* of *visit*."""
        return role_of(visit, event) in self.roles

    @property
    def awaited(self) -> "list[tuple[Visit, str, int]]":
        """Each act that is waited for: the visit, the next event on its way, and how often."""
        return [(one.visit, one.event, one.times) for one in self._turns if not one.done.done()]

    async def turn(self, visit: "Visit", event: str, times: int = 1) -> tuple[Deed, Act] | None:
        """Wait for the player's act for *visit*; None if its timer or a change of roles came first.

        :param event: the next one on the visit's way, for those who ask what is waited for
        :param times: how often it is still to be done, for the same
        """
        turn = _Turn(visit, event, times)
        self._turns.append(turn)
        clock = visit.people.clock
        due_s = None if event in _AT_THE_DOOR else visit.place.due_s
        left_s = None if due_s is None else max(0.0, due_s - clock.boot_ns() / 1e9)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(None if left_s is None else clock.real(left_s)):
                    return await turn.done
        finally:
            self._turns.remove(turn)
        return None

    def acted(self, act: Act) -> bool:
        """Give *act* to the visit that it is for; False if there is none."""
        for turn in self._turns:
            deed = None if turn.done.done() else _deed(turn, act)
            if deed is not None:
                turn.done.set_result((deed, act))
                return True
        return False


def role_of(visit: "Visit", event: str) -> str:
    """Return who does *event* of *visit*: a station or the guest; "" if it happens by itself."""
    kind = event.partition(".")[0]
    if kind == "aiphone":
        return visit.equipment.host.station or "aide"
    if kind in _OFFICERS or event in ("card.issued", "card.escort"):
        return visit.station
    return GUEST if event in ("card.presented", "locker.closed") or kind == "detector" else ""


def _deed(turn: _Turn, act: Act) -> Deed | None:
    """Return the deed that *act* is for the visit of *turn*; None if it is none."""
    visit, panel = turn.visit, turn.visit.people.hands.panel_at
    if turn.event in _AT_THE_DOOR:
        fits = turn.event in act.events and act.procedure in (None, visit.guest.procedure)
        station = visit.equipment.arrival[0] if visit.equipment.arrival else ""
        return Deed(turn.event) if fits and act.panel == panel(station) else None
    if not _is_about(visit, act):
        return None
    if turn.event == ACKNOWLEDGE and ACKNOWLEDGE in act.events:
        return Deed(ACKNOWLEDGE)
    for deed in (deed for event in act.events for deed in _in_text(visit, event)):
        fits = row_for(visit.text, visit.at, deed.event) is not None
        if fits and may_act(visit.people.guests, visit.place, deed.event):
            return deed
    return None


def _is_about(visit: "Visit", act: Act) -> bool:
    """Return True if the panel, the aiphone and the guest of *act*, where it has them, fit."""
    panel = visit.people.hands.panel_at(visit.station)
    aiphone = visit.equipment.aiphone_at(visit.at)
    return (
        act.panel in (None, panel)
        and act.aiphone in (None, aiphone)
        and act.guest in (None, visit.guest.number)
    )


def _in_text(visit: "Visit", event: str) -> list[Deed]:
    """Return the deeds that *event* can be in the visit's present phase."""
    if event.startswith(_IDENTITY):
        return [Deed("identity.taken")]
    phase = visit.at.present(visit.text)
    word = event.removeprefix("button.choice-")
    if word != event:
        return [
            Deed(f"value.{value.id}", value.choices[int(word) - 1])
            for value in visit.text.values
            if phase.waits_for(f"value.{value.id}") and int(word) <= len(value.choices)
        ]
    named = [row.event for row in phase.on if row.event.partition(":")[0] == event]
    return [Deed(one) for one in named] or [Deed(event)]
