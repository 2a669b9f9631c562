"""Months for the tests: records as the core makes them (tests/report/recount.py counts them)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec
from hypothesis import strategies as st

from edge.clock import Stamp, iso
from edge.sop.records import (
    AlarmChanged,
    CardLost,
    DaemonRestarted,
    DayClosed,
    DayOpened,
    EquipmentChanged,
    HostChosen,
    LockerOpened,
    Record,
    StepCompleted,
    StepOverdue,
    VisitClosed,
    VisitCorrected,
    VisitJoined,
    VisitOpened,
    VisitReconciled,
    VisitUnseen,
)

# 2026-10-29 00:00 UTC: with LASTS_MS some days before and after November, in any time zone.
BEGIN_MS = int(datetime.fromisoformat("2026-10-29T00:00:00+00:00").timestamp() * 1000)
ALARM, FAULT = ("alarm.raised", "alarm.cleared"), ("equipment.fault", "equipment.restored")
LASTS_MS = 36 * 86_400_000


class VisitPlan(msgspec.Struct, frozen=True):
    """The plan of a visit: its start, the times of its steps, and its end."""

    start_ms: int
    procedure: str
    persons: int
    more: int
    outcome: str | None  # None: it goes on
    reason: str | None
    steps: tuple[tuple[int, int, float | None, float | None], ...]
    card_out: bool
    locker_out: int | None
    back_ms: int | None  # time until owed items come back
    synced: bool
    lost: str | None = None  # its card: lost "during" the visit, or "after" it while it was owed
    skips: bool = False  # its first step is skipped
    by: Literal["equipment", "officer"] = "equipment"  # the evidence of a return
    cards: int = 0  # how many, if any are out; 0: a record without the count
    hosts: tuple[str, ...] = ()  # the hosts who are chosen one after the other


STEPS = st.tuples(
    st.integers(0, 900_000),  # duration, ms
    st.integers(0, 60_000),  # wait before it, ms
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
    lost=st.sampled_from([None, None, "during", "after"]),
    skips=st.booleans(),
    cards=st.sampled_from([0, 1, 3]),
    by=st.sampled_from(["equipment", "officer"]),
    hosts=st.lists(st.sampled_from(["bupati", "wakil-bupati"]), max_size=3).map(tuple),
)
# Events at the desk: kind, time in ms, person or place, and variant.
DESK = st.tuples(
    st.sampled_from(["correction", "opening", "unseen", "still", "restart", "day"]),
    st.integers(0, LASTS_MS),
    st.sampled_from(["reception", "officer-1"]),
    st.integers(0, 2),
)
# Alarms and faults: name, begin in ms, duration in ms (None: it stays), True for an alarm.
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
    persons = plan.persons
    if plan.more > 1:  # one of them is counted by the button, the others with the outcome
        persons += 1
        yield record("visit.joined", ms, VisitJoined(**about, persons=persons, station="desk"))
    for host in plan.hosts:
        chosen = HostChosen(
            **about, host=host, before=None, by="button", called=False, station="desk"
        )
        yield record("host.chosen", ms, chosen)
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
            **step, outcome=_outcome(plan, place, last=last), reason=None,
            started=started, duration_s=took / 1000, waited_s=waited / 1000, standard_s=standard,
            over_s=over, attempts=1, evidence=(), stills=(), uncertainty_s=uncertainty,
            waited_uncertainty_s=uncertainty,
        )  # fmt: skip
        yield record("step.completed", ms, done)
    if plan.outcome is None:
        return
    lost = CardLost(visit=name, clock_synced=trust)
    if plan.lost == "during":
        yield record("card.lost", ms, lost)
    sure = all(uncertainty is not None for *_, uncertainty in plan.steps)
    card_out = plan.card_out and plan.lost != "during"
    closed = VisitClosed(
        **about, outcome=plan.outcome, reason=plan.reason, opened=iso(BEGIN_MS + plan.start_ms),
        duration_s=(ms - plan.start_ms) / 1000, steps=len(plan.steps), card_out=card_out,
        cards_out=plan.cards if card_out else 0,
        locker_out=plan.locker_out, persons=plan.persons + plan.more,
        uncertainty_s=0.0 if sure else None,
    )  # fmt: skip
    yield record("visit.closed", ms, closed)
    if plan.lost == "after" and card_out:
        yield record("card.lost", ms + 1, lost)
    cards = (max(plan.cards, 1) if card_out else 0) + (plan.lost == "during")
    left = int(plan.lost == "during" or (plan.lost == "after" and card_out))
    owed = {"card": cards, f"locker/{plan.locker_out}": int(plan.locker_out is not None)}
    for what in [
        what for what, out in owed.items() for _ in range(out) if plan.back_ms is not None
    ]:
        found = what == "card" and left > 0
        left -= found
        back = VisitReconciled(
            visit=name, returned=what, clock_synced=trust, by=plan.by, found=found
        )
        yield record("visit.reconciled", ms + (plan.back_ms or 0), back)


def _outcome(plan: VisitPlan, place: int, *, last: bool) -> str:
    if last and plan.outcome:
        return plan.outcome
    return "skipped" if plan.skips and place == 1 else "completed"


def desk_records(happened: list[tuple[str, int, str, int]]) -> Iterator[Record]:
    """Yield the records of events at the desk; office days do not overlap."""
    number, free_from = 0, -1
    for what, ms, where, which in sorted(happened, key=lambda one: one[1]):
        if what != "day":
            kind, data = _desk_record(what, where, which, ms)
            yield Record(f"gardu.{kind}.v1", what, stamp(ms), None, data)
        elif ms > free_from:
            number += 1
            free_from = ms + (which + 1) * 9 * 3_600_000
            yield from _day_records(number, ms, free_from, which)


def _desk_record(what: str, where: str, which: int, ms: int) -> tuple[str, Any]:
    about: dict[str, Any] = {
        "visit": "v-0", "procedure": "pimpinan", "procedure_version": "1+aa", "clock_synced": True,
    }  # fmt: skip
    if what == "correction":
        correction: Any = ("back", "card", "next")[which]
        data = VisitCorrected(
            **about, correction=correction, from_step="s2", to_step="s1", station=where
        )
        return "visit.corrected", data
    if what == "opening":
        why = ("forgotten", "jammed", "own-reason")[which]
        opened = LockerOpened(
            locker=3, visit=None, who=f"kepala {where}", why=why, clock_synced=True
        )
        return "locker.opened", opened
    if what == "unseen":
        unseen = VisitUnseen(
            **about, step="s1", number=1, station=where, unseen_s=1.0, uncertainty_s=0.0, asked=1
        )
        return "visit.unseen", unseen
    if what == "still":
        missed = EquipmentChanged(device=f"still/{where}", why=None, visit=None, clock_synced=True)
        return "still.missed", missed
    ending: Any = ("crashed", "power-lost", "crashed")[which]
    return "daemon.restarted", DaemonRestarted(ended=ending, crashes=1, clock_synced=True)


def _day_records(number: int, begin_ms: int, end_ms: int, which: int) -> Iterator[Record]:
    how: Any = ("closed", "carried-over", "not-closed")[which]
    date = stamp(begin_ms).iso()[:10]
    opened = DayOpened(
        number=number, date=date, by="button" if which else "arrival", visits_carried=which,
        cards_out=which, lockers_out=0, clock_synced=True,
    )  # fmt: skip
    yield Record("gardu.day.opened.v1", f"day/{number}", stamp(begin_ms), None, opened)
    closed = DayClosed(
        number=number, date=date, how=how, opened=iso(BEGIN_MS + begin_ms), visits_carried=which,
        visits_opened=7, persons=9, outcomes={"completed": 7}, reconciled=which, visits_open=which,
        cards_out=which, cards_lost=1, lockers_out=which, ids_held=which, clock_synced=True,
    )  # fmt: skip
    yield Record("gardu.day.closed.v1", f"day/{number}", stamp(end_ms), None, closed)


def trouble_records(troubles: list[tuple[str, int, int | None, bool]]) -> Iterator[Record]:
    """Yield the records of alarms and faulty devices; one that stands does not begin again."""
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
            acknowledged = AlarmChanged(
                alarm=name,
                visit=None,
                detail=None,
                since=iso(BEGIN_MS + begin),
                clock_synced=True,
                panel="reception",
            )
            if kind == "alarm.cleared":
                for _ in range(1 + begin % 2):  # some at two panels
                    yield Record("gardu.alarm.acknowledged.v1", name, stamp(ms), None, acknowledged)
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
