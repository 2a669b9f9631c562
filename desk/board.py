"""The board: the visits by station, as a page shows them. Pure."""

from typing import NamedTuple

from desk.words import WORDS, Words, station
from edge.config.alarm_names import alarm_name
from edge.config.station_names import STATION_NAMES
from edge.daemon.desk_messages import DeskNames, DeskNow, LockerNow, VisitNow

_CARD_DIGITS = 4
_PACES = {"good": WORDS["in-time"], "amber": WORDS["soon"], "red": WORDS["overdue"]}


class VisitRow(NamedTuple):
    """A visit as it is shown.

    :ivar minutes: whole minutes in its step; *limit* likewise, None without a standard time
    :ivar pace: ``good``, ``amber``, ``red``; ``none`` if no time runs
    :ivar cards: the last digits of its cards' numbers
    """

    visit: VisitNow
    host: str
    step: Words
    minutes: int
    limit: int | None
    pace: str
    pace_words: Words
    cards: tuple[str, ...]


class StationRows(NamedTuple):
    """The visits at a station, the one that has waited longest first."""

    name: str
    words: Words
    rows: list[VisitRow]


class LockerRow(NamedTuple):
    """A locker as it is shown; *kind* is free, used, owed or faulty."""

    number: int
    kind: str
    open: bool
    visit: int | None


class Board(NamedTuple):
    """The lobby as it is shown."""

    stations: list[StationRows]
    lockers: list[LockerRow]
    alarms: list[Words]
    now: DeskNow


def board(now: DeskNow, names: DeskNames) -> Board:
    """Return the board of the lobby *now*."""
    rows = [_row(visit, names) for visit in now.visits]
    order = [
        *STATION_NAMES,
        *sorted({visit.station for visit in now.visits} - STATION_NAMES.keys()),
    ]
    groups = [
        StationRows(name, station(name), [row for row in rows if row.visit.station == name])
        for name in order
    ]
    for group in groups:
        group.rows.sort(key=lambda row: -row.visit.in_step_s)
    lockers = [_locker(locker) for locker in now.lockers]
    alarms = [Words(*alarm_name(alarm)) for alarm in now.alarms]
    return Board([group for group in groups if group.rows], lockers, alarms, now)


def host_title(host: str | None, names: DeskNames) -> str:
    """Return the title of the host of that id; the id if there is none; empty for None."""
    return next((one.title for one in names.hosts if one.id == host), host or "")


def step_words(procedure: str, step: str, names: DeskNames) -> Words:
    """Return the words of a step; of one that the procedure has no more, its id."""
    found = names.procedures.get(procedure)
    if found is None or step not in found.steps:
        return Words(step, step)
    text = found.steps[step].text
    return Words(text.id, text.en)


def card_digits(card: str) -> str:
    """Return the last digits of the number of *card*, by which people tell cards apart."""
    return card[-_CARD_DIGITS:]


def _row(visit: VisitNow, names: DeskNames) -> VisitRow:
    timed = visit.timed and visit.limit_s is not None
    return VisitRow(
        visit=visit,
        host=host_title(visit.host, names),
        step=step_words(visit.procedure, visit.step, names),
        minutes=int(visit.in_step_s // 60),
        limit=None if visit.limit_s is None else round(visit.limit_s / 60),
        pace=visit.pace if timed else "none",
        pace_words=_PACES[visit.pace] if timed else _untimed(visit),
        cards=tuple(map(card_digits, visit.cards)),
    )


def _untimed(visit: VisitNow) -> Words:
    return WORDS["no-standard"] if visit.limit_s is None else WORDS["not-timed"]


def _locker(locker: LockerNow) -> LockerRow:
    if not locker.in_order:
        kind = "faulty"
    elif locker.owed:
        kind = "owed"
    else:
        kind = "free" if locker.visit is None else "used"
    return LockerRow(locker.number, kind, locker.door == "open", locker.visit)
