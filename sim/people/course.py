"""The course of a visit, as a person follows it in the procedure's text. Pure.

A person keeps a finger on the page: the standing of the visit. Each event that is done moves it on
by the text alone; the daemon's state is never read.

1. A row applies if its count and its comparison do (docs/procedures.md, Conditions and counts).
2. A phase whose need is not met leads to its ``otherwise`` at once.
3. An end ``via`` a step goes through that step; the first end decides outcome and reason.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from sim.people.procedure_text import Phase, Row, Step, Text

_MOST_LOOPS = 50
_ENDS = ("@declined", "@rescheduled")
_REFUSED = "@refused"


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What can be seen around a visit: the needs of phases are judged by it.

    :ivar readers: stations with a card reader
    :ivar walks: stations with a metal detector that shows walks, with ``in`` and ``out``
    :ivar door: an access door serves the procedure
    :ivar officer_opens: belongings come out by the card and an officer's button
    :ivar several_hosts: the procedure has several hosts
    :ivar free_lockers: number of lockers without belongings
    :ivar host_away: it was announced that the host does not receive guests
    :ivar closed: it is outside the procedure's hours
    :ivar full: places without room for the guest
    """

    readers: frozenset[str] = frozenset()
    walks: frozenset[tuple[str, str]] = frozenset()
    door: bool = False
    officer_opens: bool = False
    several_hosts: bool = False
    free_lockers: int = 1000
    host_away: bool = False
    closed: bool = False
    full: frozenset[str] = frozenset()


class Trace(msgspec.Struct, frozen=True):
    """A step that the visit has left: its name, its outcome, and the events done in it.

    :ivar number: its number in the table
    :ivar role: who acts in it, and at which *station*
    :ivar aiphone: the called station whose answers count, if it is not the host's aide's
    """

    step: str
    outcome: str
    reason: str | None = None
    events: tuple[str, ...] = ()
    number: int = 0
    role: str = ""
    station: str = ""
    aiphone: str | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a visit is in its text.

    :ivar step: position of the step
    :ivar shown: number of its cards that were shown in the step
    :ivar lost: number of its cards that were declared lost
    :ivar passed: persons who have passed clear in the last step that screens
    :ivar insists: the call is made all the same, although the host is away
    :ivar known: deeds vouched for, IDs and papers among them
    :ivar values: the values entered
    :ivar counts: how often rows with a count were followed
    :ivar decided: outcome and reason of a visit on its way out
    :ivar reason: the reason that the visit has so far
    :ivar chosen: the reason chosen by button
    :ivar over: outcome and reason of a visit that has ended
    :ivar events: the events done in the present step
    :ivar trail: the steps behind it
    """

    step: int = 0
    phase: str
    persons: int = 1
    cards: int = 0
    shown: int = 0
    lost: int = 0
    lockers: int = 0
    passed: int = 0
    extensions: int = 0
    host: bool = False
    insists: bool = False
    escort: bool = False
    known: frozenset[str] = frozenset()
    values: tuple[tuple[str, Any], ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    decided: tuple[str, str | None] | None = None
    reason: str | None = None
    chosen: str | None = None
    place: str = ""
    over: tuple[str, str | None] | None = None
    events: tuple[str, ...] = ()
    trail: tuple[Trace, ...] = ()

    def present(self, text: Text) -> Phase:
        """Return its phase in *text*."""
        return text.steps[self.step].phase(self.phase)


def begin(text: Text, around: Surroundings, *, persons: int, host: bool) -> Standing:
    """Return the standing of a guest who has come to the first desk, before *arrive*.

    :param host: the host is named already
    """
    first = text.steps[0]
    fresh = Standing(phase=first.phases[0].id, persons=persons, host=host)
    return _settle(text, around, fresh)


def arrived(text: Text, around: Surroundings, at: Standing) -> Standing:
    """Return the standing once the visit is open: *arrive* is its first event, if waited for."""
    if at.present(text).waits_for("button.arrive"):
        return follow(text, around, at, "button.arrive")
    return at


def rows(text: Text, at: Standing) -> Iterator[Row]:
    """Yield the rows that apply at *at*: of several for an event the first."""
    seen: set[str] = set()
    phase, step = at.present(text), text.steps[at.step]
    for row in (*phase.on, *text.anywhere):
        if row.event not in seen and _conditions_met(at, row, step):
            if row.compares is None or row.event.startswith("value."):
                seen.add(row.event)
            yield row


def offered(text: Text, at: Standing) -> tuple[str, ...]:
    """Return the reasons that buttons can choose at *at*."""
    phase = at.present(text)
    ends = {row.to for row in phase.on}
    if phase.lamp == "slow" and any(
        row.to in _ENDS or (row.to.startswith("#") and row.reason) for row in phase.on
    ):
        return text.reasons
    return text.refusals if _REFUSED in ends else ()


def follow(
    text: Text, around: Surroundings, at: Standing, event: str, value: Any = None
) -> Standing:
    """Return the standing after *event*; *at* itself if it does not apply.

    :param value: the value that was entered, for ``value.ID``
    """
    if event == "room.free":
        around = replace(around, full=frozenset())
    if event.startswith("value.") and value is not None:
        name = event.removeprefix("value.")
        others = tuple(pair for pair in at.values if pair[0] != name)
        at = replace(at, values=(*others, (name, value)))
    if event.startswith("button.reason-"):
        number = int(event[-1])
        choices = offered(text, at)
        if number > len(choices):
            return at
        return replace(at, chosen=choices[number - 1], events=(*at.events, event))
    row = row_for(text, at, event)
    if row is None:
        return at
    at = _effect(at, row, event)
    came = _go(text, around, at, row)
    if row.pass_on and came.over is None:
        return follow(text, around, came, event, value)
    return came


def row_for(text: Text, at: Standing, event: str) -> Row | None:
    """Return the row that *event* follows at *at*; None if it does not apply."""
    for row in (*at.present(text).on, *text.anywhere):
        if row.event == event and _conditions_met(at, row, text.steps[at.step]):
            return row
    return None


def _conditions_met(at: Standing, row: Row, step: Step) -> bool:
    if row.extend and at.extensions >= step.extensions:
        return False
    if row.at_most is not None and dict(at.counts).get(_key(at, row), 0) >= row.at_most:
        return False
    name = row.compares
    return name is None or _holds(row, dict(at.values).get(name))


def _holds(row: Row, value: Any) -> bool:
    if value is None:
        return False
    if row.equals is not None:
        return bool(value == row.equals)
    return (row.above is None or value > row.above) and (row.below is None or value < row.below)


def _key(at: Standing, row: Row) -> str:
    return f"{at.step}/{at.phase}/{row.event}"


def _by_event(at: Standing, event: str) -> dict[str, Any]:
    """Return what *event* changes by itself, on any row."""
    changes: dict[str, dict[str, Any]] = {
        "card.issued": {"cards": at.cards + 1},
        "card.presented": {"shown": min(at.cards, at.shown + 1)},
        "card.escort": {"escort": True},
        "identity.taken": {"known": at.known | {"identity"}},
        "button.host": {"host": True},
    }
    return changes.get(event, {})


def _effect(at: Standing, row: Row, event: str) -> Standing:
    """Return *at* with what *event* itself changes."""
    changes: dict[str, Any] = {"events": (*at.events, event), **_by_event(at, event)}
    if row.at_most is not None:
        counts = dict(at.counts)
        counts[_key(at, row)] = counts.get(_key(at, row), 0) + 1
        changes["counts"] = tuple(sorted(counts.items()))
    if row.clear is not None:
        changes["passed"] = at.persons if row.clear == "all" else min(at.passed + 1, at.persons)
    if row.vouches:
        changes["known"] = at.known | frozenset(row.vouches)
    if row.extend:
        changes["extensions"] = at.extensions + 1
    if row.again:
        changes["insists"] = True
    if at.chosen and not row.reason and not row.to.startswith("@"):
        changes["chosen"] = None
    return replace(at, **changes)


def _go(text: Text, around: Surroundings, at: Standing, row: Row) -> Standing:
    to = row.to
    if row.otherwise is not None and at.passed < at.persons:
        to = row.otherwise
    if to == "@next":
        return _next(text, around, _leave(text, at, "completed"))
    if to == "@skip":
        return _next(text, around, _leave(text, at, "skipped", row.reason))
    if to.startswith("#"):
        at = _leave(text, replace(at, reason=row.reason or at.reason), "completed")
        return _enter_step(text, around, at, text.place(to[1:]))
    if to.startswith("@"):
        return _end(text, around, at, row)
    return _settle(text, around, replace(at, phase=to))


def _end(text: Text, around: Surroundings, at: Standing, row: Row) -> Standing:
    outcome = row.to[1:]
    chosen = at.chosen if row.to in (*_ENDS, _REFUSED) else None
    reason = chosen or row.reason or at.reason
    decided = at.decided or (outcome, reason)
    step = text.steps[at.step]
    at = _leave(text, replace(at, decided=decided, chosen=None), outcome, reason)
    if row.via is None or row.via == step.id:
        return replace(at, over=decided, place="")
    return _enter_step(text, around, at, text.place(row.via))


def _leave(text: Text, at: Standing, outcome: str, reason: str | None = None) -> Standing:
    step = text.steps[at.step]
    trace = Trace(
        step.id, outcome, reason, at.events, step.number, step.role, step.station, step.aiphone
    )
    return replace(at, trail=(*at.trail, trace), events=(), shown=0, extensions=0, insists=False)


def _next(text: Text, around: Surroundings, at: Standing) -> Standing:
    if at.step + 1 == len(text.steps):
        return replace(at, over=at.decided or ("completed", at.reason), place="")
    return _enter_step(text, around, at, at.step + 1)


def _enter_step(text: Text, around: Surroundings, at: Standing, place: int) -> Standing:
    step = text.steps[place]
    changes: dict[str, Any] = {"step": place, "phase": step.phases[0].id}
    if step.screens:
        changes["passed"] = 0
    if step.count_again:
        kept = (pair for pair in at.counts if not pair[0].startswith(f"{place}/"))
        changes["counts"] = tuple(kept)
    return _settle(text, around, replace(at, **changes))


def _settle(text: Text, around: Surroundings, at: Standing) -> Standing:
    """Return *at* in the phase that it comes to by needs that are not met; do that one's list."""
    for _ in range(_MOST_LOOPS):
        phase = at.present(text)
        if phase.needs is None or _met(text, around, at, phase.needs):
            return _done(at, phase)
        if phase.otherwise == "@next":
            return _next(text, around, _leave(text, at, "completed"))
        at = replace(at, phase=phase.otherwise or at.phase)
    return at


def reentered(text: Text, around: Surroundings, at: Standing) -> Standing:
    """Return *at* as *back* leaves it: past a phase that waits for a reader that is not there.

    The actions that the phase does are not repeated.
    """
    phase = at.present(text)
    if phase.needs != "reader" or phase.otherwise in (None, "@next"):
        return at
    met = _met(text, around, at, phase.needs)
    return at if met else replace(at, phase=phase.otherwise or at.phase)


def _done(at: Standing, phase: Phase) -> Standing:
    """Return *at* after the actions that *phase* does."""
    changes: dict[str, Any] = {}
    if phase.needs is not None and phase.needs.startswith("room:"):
        changes["place"] = phase.needs.partition(":")[2]
    for action in phase.do:
        if action == "unlock" and not at.lockers:
            changes["lockers"] = 1
        elif action == "unlock-another":
            changes["lockers"] = at.lockers + 1
        elif action in ("fault-locker", "release-locker"):
            changes["lockers"] = max(0, at.lockers - 1)
        elif action in ("take-card", "take-shown", "lose-card"):
            changes |= _without_cards(at, action)
        elif action == "release-escort":
            changes["escort"] = False
        elif action == "leave-place":
            changes["place"] = ""
        at, changes = replace(at, **changes), {}
    return replace(at, **changes) if changes else at


def _without_cards(at: Standing, action: str) -> Mapping[str, int]:
    if action == "lose-card":
        return {"cards": at.shown, "lost": at.lost + at.cards - at.shown}
    return {"cards": 0 if action == "take-card" else at.cards - at.shown, "shown": 0}


def _met(text: Text, around: Surroundings, at: Standing, need: str) -> bool:
    name, _, argument = need.partition(":")
    station = text.steps[at.step].station
    wanted = at.persons if text.cards == "each" else 1
    match name:
        case "value":
            return argument in dict(at.values)
        case "room":
            return argument not in around.full
        case "reader":
            return at.cards > 0 and station in around.readers
        case "passage" | "exit":
            return (station, "in" if name == "passage" else "out") in around.walks
        case "guest-book" | "signature" | "identity":
            return name in at.known
    simple = {
        "locker": at.lockers > 0,
        "card": at.cards > 0,
        "free-locker": at.lockers > 0 or around.free_lockers > 0,
        "all-clear": at.passed >= at.persons,
        "host": at.insists or not around.host_away,
        "host-choice": around.several_hosts and not at.host,
        "door": around.door,
        "hours": not around.closed,
        "escort": at.escort,
        "more-cards": at.cards < wanted,
        "missing-card": at.shown < at.cards,
        "more-lockers": at.lockers < at.persons,
        "another-locker": at.lockers < at.persons and around.free_lockers > 0,
        "several-lockers": at.lockers > 1,
        "return-button": at.lockers > 0 and around.officer_opens,
    }
    return simple[name]
