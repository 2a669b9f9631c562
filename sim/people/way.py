"""The way to an end: the search in the graph of a procedure's phases. Pure.

The way is the cheapest one from the present standing to an end that fits the intention. Costs are
those of habit: people use the equipment before they use the button that stands for it, they do not
leave, refuse or wait for a timer without a reason.
"""

import heapq
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from itertools import count
from typing import Any

import msgspec
from msgspec.structs import replace

from sim.people.course import Standing, Surroundings, follow, offered, row_for, rows
from sim.people.dead_ends import DeadEnds, ends_so
from sim.people.intention import Intention, Wish
from sim.people.procedure_text import Row, Step, Text, Value

# What an event costs, from the usual to the unusual; the first pattern that fits counts.
_COSTS = (
    ("button.done", 2),
    ("button.locker", 2),
    ("button.host", 2),
    ("button.accept", 6),
    ("button.nothing", 4),
    ("button.extend", 12),
    ("aiphone.extend", 12),
    ("aiphone.decline", 2),
    ("aiphone.busy", 1000),
    ("button.leave", 40),
    ("button.lost", 30),
    ("button.*", 12),
    ("timeout", 30),
    ("detector.alarm*", 20),
    ("detector.too-fast", 20),
    ("identity.taken", 3),
    ("door.*", 0),
    ("locker.*", 0),
    ("*", 1),
)
# A guest with belongings does not say "nothing to store", one without does not ask for a locker.
_AGAINST_NATURE = 100
# States searched before it is given up: no procedure has so many.
_MOST = 60_000
_TAKES_BACK = ("take-card", "take-shown", "lose-card")
# A press in place of the equipment that it stands for.
_INSTEAD = 30
# An aide who accepts or admits is the usual; one who declines ends a visit, or a meeting.
_TURNED_AWAY = 15

Can = Callable[[Standing, str], bool]
"""True if the equipment at hand lets people do an event at a standing."""


class Deed(msgspec.Struct, frozen=True):
    """An event to be done next.

    :ivar value: what to enter, for ``value.ID``
    """

    event: str
    value: Any = None


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """The way that a person looks for.

    :ivar lockers: how many lockers the belongings need
    :ivar fulfilled: how many events of the intention's wishes have happened
    :ivar by_button: meetings end by the aide's button, not with the card at the desk
    """

    intention: Intention
    lockers: int = 0
    fulfilled: int = 0
    by_button: bool = True


def marks(text: Text, at: Standing, row: Row) -> frozenset[str]:
    """Return the marks of the event of *row* at *at*.

    ``ring``: a call rings; ``decision``: the lamp asks; ``desk``: an officer waits, and no call
    rings; ``return``: at the step that takes cards back; ``anywhere``: it holds in every phase;
    ``counted``, ``compared``: the row has a count, or compares a value; ``completes``: it
    completes the step; ``waits:EVENT``: the phase waits for that event as well; ``answer:WORDS``:
    it is that answer of the phase's question.
    """
    phase, step = at.present(text), text.steps[at.step]
    found = {f"waits:{one.event}" for one in phase.on}
    conditions = {
        "ring": phase.rings,
        "decision": phase.lamp == "slow",
        "desk": phase.lamp == "on" and not phase.rings,
        "return": takes_back(step),
        "anywhere": row not in phase.on,
        "counted": row.at_most is not None,
        "compared": row.compares is not None,
        "completes": row.to == "@next" or row.to.startswith("#"),
    }
    found |= {name for name, holds in conditions.items() if holds}
    if row.answer is not None:
        found |= {f"answer:{words}" for words in row.answer.values()}
    return frozenset(found)


def takes_back(step: Step) -> bool:
    """Return True if *step* takes the visitor cards back."""
    return any(action in _TAKES_BACK for phase in step.phases for action in phase.do)


def fits(wish: Wish, event: str, found: frozenset[str]) -> bool:
    """Return True if an *event* with the marks *found* is what *wish* means."""
    return set(wish.marks) <= found and any(fnmatchcase(event, one) for one in wish.events)


def fulfil(text: Text, at: Standing, aim: Aim, event: str) -> Aim:
    """Return *aim* after *event* at *at*."""
    wish = next_wish(aim)
    if wish is None:
        return aim
    row = _row(text, at, event)
    if row is not None and fits(wish, event, marks(text, at, row)):
        return replace(aim, fulfilled=aim.fulfilled + 1)
    return aim


def next_wish(aim: Aim) -> Wish | None:
    """Return the wish of *aim* that is to happen next; None once all have happened."""
    left = aim.fulfilled
    for wish in aim.intention.wishes:
        if left < wish.times:
            return wish
        left -= wish.times
    return None


def find(
    text: Text, around: Surroundings, at: Standing, aim: Aim, can: Can
) -> tuple[Deed, ...] | None:
    """Return the cheapest deeds from *at* to an end that fits *aim*; None if there is no way."""
    intention = aim.intention
    dead_ends = DeadEnds(text, intention, lambda wish: _places(text, wish, can))
    order = count()
    start = (at, aim.fulfilled)
    came: dict[Any, tuple[Any, Deed] | None] = {_key(*start): None}
    best = {_key(*start): 0}
    queue: list[tuple[int, int, Standing, int]] = [(0, next(order), *start)]
    while queue and len(came) < _MOST:
        cost, _, now, fulfilled = heapq.heappop(queue)
        key = _key(now, fulfilled)
        if cost > best[key]:
            continue
        present = replace(aim, fulfilled=fulfilled)
        if now.over is not None:
            if next_wish(present) is None and ends_so(intention, now.over):
                return _deeds(came, key)
            continue
        for deed, price in _choices(text, now, present, can):
            then = follow(text, around, now, deed.event, deed.value)
            far = fulfil(text, _entered(now, deed), present, deed.event).fulfilled
            if dead_ends.has(then, next_wish(replace(aim, fulfilled=far))):
                continue
            step = _key(then, far)
            if step != key and cost + price < best.get(step, 1 << 30):
                best[step] = cost + price
                came[step] = (key, deed)
                heapq.heappush(queue, (cost + price, next(order), then, far))
    return None


def _entered(at: Standing, deed: Deed) -> Standing:
    """Return *at* with the value of *deed*: the row that it follows compares that one."""
    if deed.value is None:
        return at
    name = deed.event.removeprefix("value.")
    others = tuple(pair for pair in at.values if pair[0] != name)
    return replace(at, values=(*others, (name, deed.value)))


def missing(text: Text, intention: Intention, can: Can) -> Wish | None:
    """Return the first wish that no row of *text* can fulfil here; None if each has a row."""
    for wish in intention.wishes:
        if not any(True for _ in _places(text, wish, can)):
            return wish
    return None


def _places(text: Text, wish: Wish, can: Can) -> Iterator[int]:
    """Yield the position of the step of each row of *text* that can fulfil *wish* here."""
    return (at.step for at, row in _all_rows(text) if _possible(text, wish, at, row, can))


def _all_rows(text: Text) -> Iterator[tuple[Standing, Row]]:
    for place, step in enumerate(text.steps):
        for phase in step.phases:
            at = Standing(step=place, phase=phase.id)
            for row in (*phase.on, *text.anywhere):
                yield at, row
            for number in range(1, 1 + len(offered(text, at))):
                yield at, Row(event=f"button.reason-{number}", to=phase.id)


def _possible(text: Text, wish: Wish, at: Standing, row: Row, can: Can) -> bool:
    return fits(wish, row.event, marks(text, at, row)) and _can(text, at, row, can)


def _can(text: Text, at: Standing, row: Row, can: Can) -> bool:
    if row.event.startswith("value."):
        return any(True for _ in _entries(text, at, row, can))
    return can(at, row.event)


def _key(at: Standing, fulfilled: int) -> Any:
    return (replace(at, trail=(), events=()), fulfilled)


def _deeds(came: dict[Any, tuple[Any, Deed] | None], key: Any) -> tuple[Deed, ...]:
    deeds: list[Deed] = []
    while (back := came[key]) is not None:
        key, deed = back
        deeds.append(deed)
    return tuple(reversed(deeds))


def _choices(text: Text, at: Standing, aim: Aim, can: Can) -> Iterator[tuple[Deed, int]]:
    """Yield each deed that a person can do at *at*, with its cost."""
    wish, seen = next_wish(aim), set()
    for row in rows(text, at):
        if row.event.startswith("value."):
            if row.event not in seen:
                seen.add(row.event)
                yield from _entries(text, at, row, can)
        elif row.event not in seen and can(at, row.event) and not _kept_back(text, at, aim, row):
            seen.add(row.event)
            found = marks(text, at, row)
            if not any(fits(never, row.event, found) for never in aim.intention.never):
                wished = wish is not None and fits(wish, row.event, found)
                yield Deed(row.event), 1 if wished else _cost(text, at, aim, row, can)
    if wish is not None and wish.events[0].startswith("button.reason-"):
        event = wish.events[0]
        fitting = fits(wish, event, marks(text, at, Row(event=event, to=at.phase)))
        if fitting and int(event[-1]) <= len(offered(text, at)) and can(at, event):
            yield Deed(event), 1


def _entries(text: Text, at: Standing, row: Row, can: Can) -> Iterator[tuple[Deed, int]]:
    """Yield the values that buttons can enter: the first is the usual one."""
    value = next(one for one in text.values if f"value.{one.id}" == row.event)
    for number, one in enumerate(_enterable(value), start=1):
        if can(at, f"button.choice-{number}"):
            yield Deed(row.event, one), 1 + number


def _enterable(value: Value) -> tuple[Any, ...]:
    return value.choices[:4]


def _kept_back(text: Text, at: Standing, aim: Aim, row: Row) -> bool:
    """Return True if *row* needs a card that the guest of *aim* does not give back."""
    if not aim.intention.keeps or row.event != "card.presented":
        return False
    return row.pass_on or (takes_back(text.steps[at.step]) and at.shown >= at.cards - 1)


def _cost(text: Text, at: Standing, aim: Aim, row: Row, can: Can) -> int:
    cost = next(price for pattern, price in _COSTS if fnmatchcase(row.event, pattern))
    if row.event == "button.nothing" and at.lockers < aim.lockers:
        cost += _AGAINST_NATURE
    if row.event == "button.locker" and at.lockers >= aim.lockers:
        cost += _AGAINST_NATURE
    if row.pass_on and aim.by_button:
        cost += 4
    if row.to.startswith("@") and row.to not in ("@next", "@skip"):
        cost += _TURNED_AWAY
    if _stands_for_equipment(text, at, row, can):
        cost += _INSTEAD
    return cost + (10 if row.again and at.present(text).lamp == "slow" else 0)


def _stands_for_equipment(text: Text, at: Standing, row: Row, can: Can) -> bool:
    """Return True if *row* is a press in place of a card or a door that can be used."""
    others = [one.event for one in at.present(text).on if one.event.startswith(("card.", "door."))]
    return row.event.startswith("button.") and any(can(at, event) for event in others)


def _row(text: Text, at: Standing, event: str) -> Row | None:
    if event.startswith("button.reason-"):
        return Row(event=event, to=at.phase)
    return row_for(text, at, event)
