"""Recordings of the procedures: random days, event by event, and the records that came of them.

Rules
-----
1. A recording holds the events themselves, so that a replay depends on no dice.
2. It holds everything of a record but the version of the procedure, which is a digest of its text.
3. A change of behaviour is recorded again on purpose, and its reason is in the changelog::

       python -m tests.sop.procedures.recording
"""

import lzma
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from operator import or_
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from edge.sop import events
from edge.sop.events import Event
from edge.sop.state import Detector, Host
from soak.guests import happen
from tests.sop.stand import CARDS, PROCEDURES, SUPERVISOR, Stand, rules

FOLDER = Path(__file__).parent / "recordings"
# Events of one day; enough that every phase of each procedure is entered in some day.
_EVENTS = 700
# Seconds between two events, by dice: most at once, some longer than any time-out.
_PAUSES = (1.0, 1.0, 1.0, 5.0, 5.0, 16.0, 60.0, 400.0)
_DETECTED = (events.DetectorAlarmed, events.PassageMade, events.PassageTooFast)
_LOCKERS = (events.LockerOpened, events.LockerClosed)
_ANSWERS = ("accept", "decline", "release", "extend")
_BUTTONS = (
    "accept", "again", "absent", "back", "decline", "done", "extend", "host", "identity-ktp",
    "leave", "locker", "lost", "more", "next", "nothing", "reason-1", "refuse", "reschedule",
)  # fmt: skip


class Day(msgspec.Struct):
    """One day of one procedure.

    :ivar equipment: a key of :data:`EQUIPMENT`
    :ivar happened: seconds after the event before, and the event
    :ivar records: the records that came of each event, as in :func:`told`
    """

    procedure: str
    equipment: str
    happened: list[tuple[float, msgspec.Raw]]
    records: list[list[Any]]


def _all_read(**changes: Any) -> dict[str, Any]:
    readers = {
        f"reader-{station}": (station,)
        for station in ("reception", "officer-1", "officer-2", "officer-3", "aide", "escort")
    }
    return {"readers": readers, "card_readers": frozenset(readers), **changes}


EQUIPMENT: dict[str, dict[str, Any]] = {
    "plain": {},
    "card-readers": _all_read(),
    "no-beam": {"detectors": {"": Detector()}, "lockers": (1,), "return_button": False},
    "two-hosts": {"lockers": (1, 2, 3, 4, 5, 6)},
}
"""Rules of checkpoints that differ in what the phases need, by the changes from the usual."""


def stand(procedure: str, equipment: str, procedures: dict[str, Any] = PROCEDURES) -> Stand:
    """Return a checkpoint that runs *procedure* with *equipment*."""
    changes = EQUIPMENT[equipment]
    if equipment == "two-hosts":
        changes = {
            "hosts": {
                "first": Host(procedures=(procedure,), aiphone="adc"),
                "second": Host(procedures=(procedure,), aiphone="second"),
            },
            **changes,
        }
    return Stand(rules({procedure: procedures[procedure]}, **changes))


def _after(lobby: Stand, pause_s: float, event: Event) -> list[Any]:
    """Let *pause_s* pass, then send *event*; return the records of both as JSON has them."""
    before = len(lobby.records)
    lobby.wait(pause_s)
    lobby.send(event)
    text = msgspec.json.encode(lobby.records[before:])
    return [_without_version(record) for record in msgspec.json.decode(text)]


def _without_version(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_version(one) for key, one in value.items() if "version" not in key}
    return [_without_version(one) for one in value] if isinstance(value, list) else value


def replay(day: Day, procedures: dict[str, Any] = PROCEDURES) -> Iterator[tuple[int, Any, Any]]:
    """Yield the number of each event of *day* whose records differ, what was and what is now."""
    lobby = stand(day.procedure, day.equipment, procedures)
    for number, ((pause_s, raw), was) in enumerate(zip(day.happened, day.records, strict=True)):
        now = _after(lobby, pause_s, msgspec.json.decode(raw, type=_EVENT))
        if now != was:
            yield number, was, now


def recorded() -> Iterable[Path]:
    """Return the files of all recordings, in order."""
    return sorted(FOLDER.glob("*.json.xz"))


def read(file: Path) -> Day:
    """Return the recording *file*."""
    return msgspec.json.decode(lzma.decompress(file.read_bytes()), type=Day)


def _kinds(kind: type[Event]) -> Iterator[type[Event]]:
    for one in kind.__subclasses__():
        yield one
        yield from _kinds(one)


_EVENT: Any = reduce(or_, _kinds(Event))


def _record(procedure: str, equipment: str, seed: int) -> Day:
    dice = Random(seed)
    lobby = stand(procedure, equipment)
    day = Day(procedure, equipment, [], [])
    for _ in range(_EVENTS):
        pause_s = dice.choice(_PAUSES)
        event = _next(lobby, dice)
        day.happened.append((pause_s, msgspec.Raw(msgspec.json.encode(event))))
        day.records.append(_after(lobby, pause_s, event))
    return day


def _next(lobby: Stand, dice: Random) -> Event:
    """Return an event that some visit waits for, or now and then any other."""
    if dice.random() < 0.85:
        return happen(lobby.rules, lobby.state, lobby.now, dice, straight_on=0.6)
    return dice.choice(_ANY)(lobby, dice)


def _card(lobby: Stand, dice: Random) -> Event:
    reader = dice.choice(sorted(lobby.rules.readers))
    return events.CardPresented(lobby.now, reader, dice.choice([*CARDS, SUPERVISOR]))


_ANY: tuple[Callable[[Stand, Random], Event], ...] = (
    _card,
    lambda lobby, _: events.ButtonPressed(lobby.now, "reception", "more"),
    lambda lobby, dice: events.ButtonPressed(
        lobby.now, dice.choice(sorted(lobby.rules.panels)), dice.choice(_BUTTONS)
    ),
    lambda lobby, dice: events.AvailabilitySet(
        lobby.now, dice.choice(sorted(lobby.rules.hosts)), receiving=dice.random() < 0.7
    ),
    lambda lobby, dice: events.HostAnswered(lobby.now, "adc", dice.choice(_ANSWERS)),  # type: ignore[arg-type]
    lambda lobby, dice: dice.choice(_DETECTED)(lobby.now),
    lambda lobby, dice: dice.choice(_LOCKERS)(lobby.now, dice.choice(lobby.rules.lockers)),
)


def _entered(days: Iterable[Day]) -> set[tuple[str, str]]:
    """Return the phases (procedure, step/phase) that *days* enter."""
    found = set()
    for day in days:
        lobby = stand(day.procedure, day.equipment)
        for pause_s, raw in day.happened:
            lobby.wait(pause_s)
            lobby.send(msgspec.json.decode(raw, type=_EVENT))
            found |= {(day.procedure, f"{v.step}/{v.phase}") for v in lobby.state.visits.values()}
    return found


def main() -> None:
    """Record every procedure with every equipment, and print the phases that no day enters."""
    FOLDER.mkdir(exist_ok=True)
    days = []
    for place, procedure in enumerate(PROCEDURES):
        for number, equipment in enumerate(EQUIPMENT):
            day = _record(procedure, equipment, 2017 + 10 * place + number)
            text = msgspec.json.encode(day)
            (FOLDER / f"{procedure}-{equipment}.json.xz").write_bytes(lzma.compress(text))
            days.append(day)
    entered = _entered(days)
    for name, whole in PROCEDURES.items():
        for step in whole.steps:
            for phase in step.phases:
                if (name, f"{step.id}/{phase.id}") not in entered:
                    print(f"{name}: no day enters {step.id}/{phase.id}")


if __name__ == "__main__":
    main()
