"""Durations and overdue records of a visit, against the guest's own times and the law's. Pure.

A guest's time is that of the deeds: the checkpoint's is earlier by the pauses of people (a walk, a
beep that is listened to) and later by its polls. So durations may differ by :data:`EQUAL_S`. Where
a timer has ended a phase, an act was done again, or an officer has reversed a step, the guest's own
time is not known.
"""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from sim.people.guests import Account
from sim.stage.received import VisitSeen

EQUAL_S = 20.0
"""Durations that differ by less are the same, seconds."""

# A timer may fire so late, and a duration is rounded, seconds.
_LATE_S = 2.0
_ROUNDED_S = 0.01


def differences(account: Account, visit: VisitSeen) -> Iterator[str]:
    """Yield each difference of the times in the records of *visit*, in words."""
    if not account.unanswered:
        yield from _of_durations(account, visit)
    for step in visit.steps:
        standard_s = step["standard_s"]
        over_s = 0.0 if standard_s is None else max(0.0, step["duration_s"] - standard_s)
        if abs(step["over_s"] - over_s) > _ROUNDED_S:
            yield f"step {step['step']} is over by {step['over_s']} s, expected {over_s:.3f} s"
    yield from _of_overdue(visit)


def _of_durations(account: Account, visit: VisitSeen) -> Iterator[str]:
    for number, (step, own_s) in enumerate(zip_longest(visit.steps, account.took), start=1):
        if step is None or own_s is None or step["uncertainty_s"] != 0:
            continue
        if abs(step["duration_s"] - own_s) > EQUAL_S:
            took = f"took {step['duration_s']:.0f} s by the record, {own_s:.0f} s by the guest"
            yield f"step {number}, {step['step']}: {took}"


def _of_overdue(visit: VisitSeen) -> Iterator[str]:
    """Compare the records of overdue steps with the durations of the steps."""
    overdue: list[str] = []
    corrected = False
    for fact in visit.facts:
        match fact.type:
            case "gardu.step.overdue.v1":
                overdue.append(fact.data["step"])
            case "gardu.visit.corrected.v1":
                corrected = True  # the time of a step starts again
            case "gardu.step.completed.v1":
                if not corrected:
                    yield from _of_step(fact.data, overdue)
                overdue, corrected = [], False


def _of_step(step: dict[str, Any], overdue: list[str]) -> Iterator[str]:
    where, times = f"step {step['step']}", overdue.count(step["step"])
    if len(overdue) > times or times > 1:
        yield f"{where}: overdue is recorded for {', '.join(overdue)}"
    if step["standard_s"] is None or step["uncertainty_s"] != 0:
        return
    left_s = step["standard_s"] + step["extended_s"] - step["duration_s"]
    if times and not step["extended_s"] and left_s > _ROUNDED_S:
        yield f"{where} is recorded as overdue, but took {step['duration_s']:.0f} s"
    if not times and left_s < -_LATE_S:
        yield f"{where} took {step['duration_s']:.0f} s, and is not recorded as overdue"
