"""Months for the tests: records as the core makes them, and a recount that shares no code.

The recount reads the SQLite file itself, as plain JSON, and counts each figure on its own.
"""

import json
import sqlite3
import statistics
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st

from edge.clock import Stamp, iso
from edge.sop.records import (
    AlarmChanged,
    EquipmentChanged,
    Record,
    StepCompleted,
    StepOverdue,
    VisitClosed,
    VisitOpened,
    VisitReconciled,
)
from edge.store import FILE

# 2026-10-29 00:00 UTC: some days before and after November, in whatever zone.
BEGIN_MS = int(datetime.fromisoformat("2026-10-29T00:00:00+00:00").timestamp() * 1000)
ALARM, FAULT = ("alarm.raised", "alarm.cleared"), ("equipment.fault", "equipment.restored")
LASTS_MS = 36 * 86_400_000


class VisitPlan(msgspec.Struct, frozen=True):
    """A visit to be recorded: when, how long its steps take, and what becomes of it."""

    start_ms: int
    procedure: str
    persons: int
    more: int
    outcome: str | None  # None: it goes on
    reason: str | None
    steps: tuple[tuple[int, int, float | None, float | None], ...]
    card_out: bool
    locker_out: int | None
    back_ms: int | None  # what it owes comes back so much later
    synced: bool


STEPS = st.tuples(
    st.integers(0, 900_000),  # ms it took
    st.integers(0, 60_000),  # ms it was waited for
    st.sampled_from([None, 60.0, 180.0]),  # standard
    st.sampled_from([0.0, 0.0, 1.0, None]),  # uncertainty
)
VISITS = st.builds(
    VisitPlan,
    start_ms=st.integers(0, LASTS_MS),
    procedure=st.sampled_from(["pimpinan", "eselon-2-3"]),
    persons=st.integers(1, 4),
    more=st.integers(0, 3),
    outcome=st.sampled_from(["completed", "completed", "completed", "declined", "refused", None]),
    reason=st.sampled_from([None, "host-absent", "no-answer"]),
    steps=st.lists(STEPS, min_size=1, max_size=4).map(tuple),
    card_out=st.booleans(),
    locker_out=st.sampled_from([None, None, 3]),
    back_ms=st.sampled_from([None, 1000, 20 * 86_400_000]),
    synced=st.booleans(),
)
# What stands for a while: name, begin, how long (None: it lasts), whether it is an alarm.
TROUBLES = st.tuples(
    st.sampled_from(["one", "two"]),
    st.integers(0, LASTS_MS),
    st.none() | st.integers(0, 12 * 86_400_000),
    st.booleans(),
)


def visit_of(
    start_ms: int,
    outcome: str | None = None,
    steps: tuple[tuple[int, int, float | None, float | None], ...] = (),
    persons: int = 1,
) -> VisitPlan:
    """Return a plain visit."""
    return VisitPlan(
        start_ms, "pimpinan", persons, 0, outcome, None, steps, False, None, None, True
    )


def stamp(ms: int, *, synced: bool = True) -> Stamp:
    """Return the moment *ms* after the begin."""
    return Stamp(ms * 1_000_000, BEGIN_MS + ms, synced, "boot")


def visit_records(number: int, plan: VisitPlan) -> Iterator[Record]:
    """Yield the records of one visit."""
    name, trust = f"v-{number}", plan.synced
    about: dict[str, Any] = {
        "visit": name, "procedure": plan.procedure, "procedure_version": "1+aa",
        "clock_synced": trust,
    }  # fmt: skip

    def record(kind: str, ms: int, data: Any) -> Record:
        return Record(f"gardu.{kind}.v1", f"visit/{name}", stamp(ms, synced=trust), name, data)

    ms = plan.start_ms
    yield record("visit.opened", ms, VisitOpened(**about, persons=plan.persons))
    for place, (took, waited, standard, uncertainty) in enumerate(plan.steps, 1):
        step = {**about, "step": f"s{place}", "number": place, "station": "desk", "role": "r"}
        last = place == len(plan.steps) and plan.outcome is not None
        over = max(0.0, took / 1000 - standard) if standard else 0.0
        started = iso(BEGIN_MS + ms)
        if over and standard:
            overdue = StepOverdue(**step, started=started, standard_s=standard)
            yield record("step.overdue", ms + int(standard * 1000), overdue)
        ms += took
        done = StepCompleted(
            **step, outcome=plan.outcome or "completed" if last else "completed", reason=None,
            started=started, duration_s=took / 1000, waited_s=waited / 1000, standard_s=standard,
            over_s=over, attempts=1, evidence=(), stills=(), uncertainty_s=uncertainty,
            waited_uncertainty_s=uncertainty,
        )  # fmt: skip
        yield record("step.completed", ms, done)
    if plan.outcome is None:
        return
    closed = VisitClosed(
        **about, outcome=plan.outcome, reason=plan.reason, opened=iso(BEGIN_MS + plan.start_ms),
        duration_s=(ms - plan.start_ms) / 1000, steps=len(plan.steps), card_out=plan.card_out,
        locker_out=plan.locker_out, persons=plan.persons + plan.more,
    )  # fmt: skip
    yield record("visit.closed", ms, closed)
    owed = {"card": plan.card_out, f"locker/{plan.locker_out}": plan.locker_out is not None}
    for what in [what for what, out in owed.items() if out and plan.back_ms is not None]:
        back = VisitReconciled(visit=name, returned=what, clock_synced=trust)
        yield record("visit.reconciled", ms + (plan.back_ms or 0), back)


def trouble_records(troubles: list[tuple[str, int, int | None, bool]]) -> Iterator[Record]:
    """Yield the records of alarms and faulty devices; one that stands is not begun again."""
    free_from: dict[tuple[str, bool], float] = {}
    for name, begin, lasts, alarm in sorted(troubles, key=lambda t: t[1]):
        if begin <= free_from.get((name, alarm), -1):
            continue
        end = float("inf") if lasts is None else begin + lasts
        free_from[name, alarm] = end
        moments = [begin] + ([] if lasts is None else [begin + lasts])
        kinds = (
            ("alarm.raised", "alarm.cleared")
            if alarm
            else ("equipment.fault", "equipment.restored")
        )
        for kind, ms in zip(kinds, moments, strict=False):
            data = (
                AlarmChanged(
                    alarm=name,
                    visit=None,
                    detail=None,
                    since=iso(BEGIN_MS + begin),
                    clock_synced=True,
                )
                if alarm
                else EquipmentChanged(device=name, why=None, visit=None, clock_synced=True)
            )
            yield Record(f"gardu.{kind}.v1", name, stamp(ms), None, data)


def raw_events(folder: Path, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Return every fact of the span from the file itself, in order of sequence."""
    found: dict[int, dict[str, Any]] = {}
    with closing(sqlite3.connect(folder / FILE)) as file:
        names = [
            name for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type='table'")
        ]
        for name in names:
            if name == "outbox":
                for number, body in file.execute("SELECT id, body FROM outbox"):
                    found[number] = json.loads(body)["event"]
            elif name.startswith("register-"):
                for number, body in file.execute(f'SELECT id, body FROM "{name}"'):
                    assert number not in found
                    found[number] = json.loads(body)
    events = [found[number] for number in sorted(found)]
    return [e for e in events if start <= datetime.fromisoformat(e["time"]) < end]


def recount(
    events: list[dict[str, Any]], start: datetime, end: datetime, zone: tzinfo
) -> dict[str, Any]:
    """Return the figures of a report, each counted on its own, in the plainest way."""

    def of(kind: str) -> list[dict[str, Any]]:
        return [e for e in events if e["type"] == f"gardu.{kind}.v1"]

    def ending(event: dict[str, Any]) -> tuple[str, str, str | None]:
        data = event["data"]
        return data["procedure"], data["outcome"], data["reason"]

    def slot(event: dict[str, Any]) -> tuple[int, int]:
        return local(event).weekday(), local(event).hour

    def lasted_s(event: dict[str, Any]) -> float:
        since = datetime.fromisoformat(event["data"]["since"])
        return (datetime.fromisoformat(event["time"]) - since).total_seconds()

    def local(event: dict[str, Any]) -> datetime:
        return datetime.fromisoformat(event["time"]).astimezone(zone)

    opened, closed = of("visit.opened"), of("visit.closed")
    heads = {e["data"]["visit"]: e["data"]["persons"] for e in opened}
    heads |= {
        e["data"]["visit"]: e["data"]["persons"] for e in closed if e["data"]["visit"] in heads
    }
    ended = {e["data"]["visit"] for e in closed}
    steps, overdue = of("step.completed"), of("step.overdue")
    sure = [
        e["data"] for e in steps
        if e["data"]["outcome"] == "completed" and e["data"]["uncertainty_s"] is not None
    ]  # fmt: skip
    timed = [d for d in sure if d["standard_s"] is not None]
    owed = {
        what: {e["data"]["visit"] for e in closed if e["data"][f"{what}_out"] not in (None, False)}
        - {
            e["data"]["visit"]
            for e in of("visit.reconciled")
            if e["data"]["returned"].startswith(what)
        }
        for what in ("card", "locker")
    }
    return {
        "visits": len(opened),
        "persons": sum(heads.values()),
        "closed": len(closed),
        "open": sum(e["data"]["visit"] not in ended for e in opened),
        "cards": len(owed["card"]),
        "lockers": len(owed["locker"]),
        "untrusted": sum(not e["data"]["clock_synced"] for e in events),
        "days": {
            f"{day}": sum(f"{local(e):%Y-%m-%d}" == day for e in opened)
            for day in sorted({f"{local(e):%Y-%m-%d}" for e in opened})
        },
        "hours": [sum(local(e).hour == hour for e in opened) for hour in range(24)],
        "week": [
            [sum(slot(e) == (day, hour) for e in opened) for hour in range(24)] for day in range(7)
        ],
        "outcomes": {key: sum(ending(e) == key for e in closed) for key in map(ending, closed)},
        "steps": {
            key: _step([e["data"] for e in steps], sure, timed, key, overdue)
            for key in {(e["data"]["procedure"], e["data"]["step"]) for e in [*steps, *overdue]}
        },
        "alarms": {
            name: sorted(lasted_s(e) for e in of("alarm.cleared") if e["data"]["alarm"] == name)
            for name in {e["data"]["alarm"] for e in events if "alarm" in e["data"]}
        },
        "downtime": {
            name: _downtime([e for e in events if e["data"].get("device") == name], start, end)
            for name in {e["data"]["device"] for e in events if "device" in e["data"]}
        },
    }  # fmt: skip


def _step(
    every: list[dict[str, Any]], sure: list[dict[str, Any]], timed: list[dict[str, Any]],
    key: tuple[str, str], overdue: list[dict[str, Any]],
) -> tuple[Any, ...]:  # fmt: skip
    def mine(data: dict[str, Any]) -> bool:
        return (data["procedure"], data["step"]) == key

    times = sorted(d["duration_s"] for d in sure if mine(d))
    # Nearest rank by its definition: the least value with 95 of 100 at or below it.
    p95 = next((t for t in times if sum(o <= t for o in times) * 100 >= 95 * len(times)), None)
    return (
        sum(map(mine, every)),
        sum(mine(d) and d["outcome"] == "completed" for d in every),
        round(statistics.median(times), 3) if times else None,
        p95,
        sum(map(mine, timed)),
        sum(mine(d) and d["duration_s"] <= d["standard_s"] for d in timed),
        sum(mine(e["data"]) for e in overdue),
    )


def _downtime(events: list[dict[str, Any]], start: datetime, end: datetime) -> float:
    """Return the seconds that a device was down, looking at it between every two events."""
    down = events[0]["type"] == "gardu.equipment.restored.v1"
    since, total = start, 0.0
    for event in events:
        at = datetime.fromisoformat(event["time"])
        total += max(0.0, (at - since).total_seconds()) if down else 0.0
        down, since = event["type"] == "gardu.equipment.fault.v1", at
    return round(total + (max(0.0, (end - since).total_seconds()) if down else 0.0), 3)
