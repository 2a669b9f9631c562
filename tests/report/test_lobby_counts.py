"""Figures of a report for items out, lost and found, compared with the core's own state.

Many guests and officers press random buttons. Afterwards the records alone must give the cards and
lockers that are still out, the number of persons, and the figures of the office days.
"""

import random
from collections import Counter

import msgspec
import pytest

from edge.config.zone import month_named, zone_of
from edge.report.tally import summarise
from edge.sop.monthly_summary import Summary
from edge.sop.state import DayRules
from edge.store.register import Fact
from tests.sop.stand import CARDS, SUPERVISOR, Stand, rules

ZONE = zone_of("Asia/Jakarta")
PANELS = ["reception", "officer-1", "officer-2", "officer-3"]
# Presses that lead guests on are twice as frequent as those that make trouble.
PRESSES = [
    *(2 * ["arrive", "accept", "done", "done", "locker", "nothing"]),
    "decline", "leave", "leave", "lost", "back", "next", "more", "more", "refuse", "reason-1",
    "open-day", "close-day", "reconcile", "reconcile",
]  # fmt: skip
EVENTS = 4000
THREE_TIMES = 3 * ["press"]


def wild(seed: int) -> Stand:
    """Return a lobby after *EVENTS* random events within one month."""
    draw = random.Random(seed)
    stand = Stand(rules(day=DayRules(opens_s=7 * 3600, zone=ZONE)))
    for _ in range(EVENTS):
        what = draw.choice(
            ["press", "press", "press", "card", "locker", "host", "detector", "wait"]
        )
        if what == "press":
            procedure = draw.choice(["pimpinan", "eselon-2-3", "eselon-4-asn"])
            panel, action = draw.choice(PANELS), draw.choice(PRESSES)
            if action == "close-day":
                stand.close_day(panel)
            else:
                stand.press(panel, action, procedure)
        elif what == "card":
            stand.card(SUPERVISOR if draw.random() < 0.05 else draw.choice(CARDS))
        elif what == "locker":
            draw.choice([stand.opened, stand.closed_door])(draw.choice([1, 2, 3]))
        elif what == "host":
            stand.answer(draw.choice(["accept", "decline"]))
        elif what == "detector":
            stand.detector("passage")
        else:
            stand.wait(draw.choice([1.0, 20.0, 400.0]))
    return stand


def report_of(stand: Stand) -> Summary:
    """Return the report of all records of *stand*."""
    facts = [Fact(r.type, r.at.iso(), msgspec.to_builtins(r.data)) for r in stand.records]
    months = {fact.time[:7] for fact in facts}
    assert months == {"2026-11"}
    return summarise(facts, month_named("2026-11", ZONE))


@pytest.mark.parametrize("seed", range(4))
def test_what_is_out_is_known_from_the_records_alone(seed: int) -> None:
    """Cards and lockers owed, cards lost, guests inside: the same numbers as in the core."""
    stand = wild(seed)
    state, totals = stand.state, report_of(stand).totals
    owed = [holder for holder in state.cards.values() if holder not in state.visits]
    assert totals.cards_out == len(owed)
    holders = [locker.visit for locker in state.lockers.values() if locker.visit is not None]
    assert totals.lockers_out == len([holder for holder in holders if holder not in state.visits])
    assert totals.cards_lost - totals.cards_found == len(state.lost)
    assert totals.open_at_end == len(state.visits)
    # Otherwise the assertions above would compare zeros.
    happened = Counter(record.type for record in stand.records)
    for kind in ("visit.closed", "visit.reconciled", "card.lost", "visit.joined", "day.closed",
                 "visit.corrected"):  # fmt: skip
        assert happened[f"gardu.{kind}.v1"] > 3, kind


@pytest.mark.parametrize("seed", range(4))
def test_days_and_month_say_the_same(seed: int) -> None:
    """The counts of the days add up to the counts of the month, with the open day added."""
    stand = wild(seed)
    summary = report_of(stand)
    ended = [day for day in summary.office_days if day.how is not None]
    assert ended
    today = stand.state.day
    assert today is not None
    rest = 0 if today.closed else today.visits
    assert sum(day.visits or 0 for day in ended) + rest == summary.totals.visits
    for day in ended:
        assert day.cards_out is not None
