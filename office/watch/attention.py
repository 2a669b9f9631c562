"""Attention: alarms, offline checkpoints, overdue steps and gaps, in the order of their urgency."""

from collections import Counter
from datetime import datetime, tzinfo
from enum import IntEnum
from functools import cache
from typing import NamedTuple

from edge.config.zone import zone_of
from edge.printable import printable
from office.watch.consumer import Alarm, CheckpointView

# Gaps and broken records that one line names; the rest is counted.
_MOST_RANGES = 5


@cache
def watchers_zone() -> tzinfo:
    """Return the zone of the watcher's machine: it may watch offices in several zones."""
    return zone_of("")


class Kind(IntEnum):
    """The kinds of attention, the most urgent first."""

    ALARM = 1
    ACKNOWLEDGED = 2
    OFFLINE = 3
    OVERDUE = 4
    GAP = 5
    BROKEN = 6


WORDS = {
    Kind.ALARM: "ALARM",
    Kind.ACKNOWLEDGED: "alarm",
    Kind.OFFLINE: "OFFLINE",
    Kind.OVERDUE: "overdue",
    Kind.GAP: "gap",
    Kind.BROKEN: "broken chain",
}


class Attention(NamedTuple):
    """One line: *words* about the checkpoint. They sort by urgency, then by checkpoint."""

    kind: Kind
    checkpoint: str
    words: str


def attention(name: str, view: CheckpointView, gaps: list[tuple[int, int]]) -> list[Attention]:
    """Return what needs attention at the checkpoint *name*; *gaps* are certainly missing."""
    found = [_alarm(name, kind, alarm) for kind, alarm in sorted(view.alarms.items())]
    if view.status == "offline":
        found.append(Attention(Kind.OFFLINE, name, f"session {view.session}"))
    steps = Counter(step for _, step in view.overdue)
    found += [
        Attention(Kind.OVERDUE, name, printable(step) + (f" ({count} visits)" if count > 1 else ""))
        for step, count in sorted(steps.items())
    ]
    if gaps:
        found.append(Attention(Kind.GAP, name, f"{ranges(gaps)} did not come"))
    if view.broken:
        records = ranges([(one, one) for one in view.broken])
        found.append(Attention(Kind.BROKEN, name, f"at {records}"))
    return found


def ranges(gaps: list[tuple[int, int]]) -> str:
    """Return *gaps* as ``3-5, 9``; many are cut and counted."""
    shown = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in gaps[:_MOST_RANGES])
    return shown + (f" and {len(gaps) - _MOST_RANGES} more" if len(gaps) > _MOST_RANGES else "")


def _alarm(name: str, kind: str, alarm: Alarm) -> Attention:
    words = printable(kind)
    if alarm.visits is not None and alarm.persons is not None:
        words += f", {alarm.visits} visits with {alarm.persons} persons inside"
    if since := local_time(alarm.since):
        words += f", since {since}"
    if alarm.acknowledged is None:
        return Attention(Kind.ALARM, name, words)
    return Attention(Kind.ACKNOWLEDGED, name, f"{words}, acknowledged")


def local_time(text: str) -> str:
    """Return the time *text* in the time zone of this machine; empty if it is no time."""
    try:
        moment = datetime.fromisoformat(text).astimezone(watchers_zone())
    except (ValueError, OverflowError):
        return ""
    return f"{moment:%Y-%m-%d %H:%M}"
