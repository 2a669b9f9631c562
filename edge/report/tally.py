"""The tally: goes through what happened in a month once and counts. Pure.

Rules
-----
1. A fact belongs to the month and the hour of its own time, in the office's zone. Facts that a
   clock dated which nobody vouched for count as dated, and are counted as such.
2. A visit counts where it was opened; its outcome where it ended. A group is one visit; its head
   count is the last one known.
3. A step's times are those of completed steps whose duration is certain. Medians are the middle
   one or the mean of the middle two; 95th percentiles the nearest rank: both exact.
4. Memory: a few bytes for each measured time, and whatever is open at a time.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from edge.register import Fact
from edge.report.summary import (
    AlarmCount,
    DayCount,
    DeviceTrouble,
    HostCount,
    HourCount,
    OutcomeCount,
    ProcedureCount,
    StepTimes,
    Summary,
    Totals,
)
from edge.zone import Month

# How many of the busiest hours are named.
BUSIEST = 5

Data = Mapping[str, Any]


def summarise(facts: Iterable[Fact], month: Month) -> Summary:
    """Return the summary of *month*; *facts* are all of it, in order of their recording."""
    tally = _Tally(month)
    for fact in facts:
        tally.take(fact)
    return tally.summary()


def median(ordered: "array[float]") -> float | None:
    """Return the middle one, or the mean of the middle two; None of nothing."""
    half = len(ordered) // 2
    if not ordered:
        return None
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return round(middle, 3)


def percentile(ordered: "array[float]", percent: int) -> float | None:
    """Return the value that *percent* of 100 do not exceed (nearest rank); None of nothing."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None


class _Open:
    """A visit that was opened in the month and goes on."""

    __slots__ = ("day", "host", "persons", "procedure")

    def __init__(self, procedure: str, host: str, day: str, persons: int) -> None:
        self.procedure, self.host, self.day, self.persons = procedure, host, day, persons


class _Step:
    """What was counted of one step."""

    def __init__(self) -> None:
        self.number = 0
        self.ended: Counter[str] = Counter()
        self.times, self.waits = array("d"), array("d")
        self.standard_s: float | None = None
        self.timed = self.within = self.overdue = self.uncertain = 0

    def take(self, data: Data) -> None:
        """Count one end of the step."""
        self.number = data["number"]
        self.ended[data["outcome"]] += 1
        if data["outcome"] != "completed":
            return
        if data.get("waited_uncertainty_s", 0) is not None:
            self.waits.append(data["waited_s"])
        if data.get("uncertainty_s", 0) is None:
            self.uncertain += 1
            return
        self.times.append(data["duration_s"])
        if data["standard_s"] is not None:
            self.standard_s = data["standard_s"]
            self.timed += 1
            self.within += data["duration_s"] <= data["standard_s"]

    def row(self, procedure: str, step: str) -> StepTimes:
        """Return its figures."""
        times, waits = _ordered(self.times), _ordered(self.waits)
        return StepTimes(
            procedure=procedure,
            step=step,
            number=self.number,
            ended=self.ended.total(),
            completed=self.ended["completed"],
            skipped=self.ended["skipped"],
            uncertain=self.uncertain,
            median_s=median(times),
            p95_s=percentile(times, 95),
            longest_s=times[-1] if times else None,
            waited_median_s=median(waits),
            standard_s=self.standard_s,
            timed=self.timed,
            within=self.within,
            overdue=self.overdue,
        )


class _Tally:
    def __init__(self, month: Month) -> None:
        self._month = month
        self._start, self._end = month.start, month.end
        self._totals: Counter[str] = Counter()
        self._open: dict[str, _Open] = {}
        self._owed: set[tuple[str, str]] = set()  # visit, "card" or "locker"
        self._days: dict[str, Counter[str]] = {day: Counter() for day in month.days}
        self._slots: Counter[tuple[str, int]] = Counter()
        self._week = [[0] * 24 for _ in range(7)]
        self._procedures: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._hosts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._durations: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        self._outcomes: Counter[tuple[str, str, str | None]] = Counter()
        self._steps: defaultdict[tuple[str, str], _Step] = defaultdict(_Step)
        self._alarms: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._alarm_times: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        self._standing: set[str] = set()
        self._devices: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._downtimes: defaultdict[str, float] = defaultdict(float)
        self._down: dict[str, datetime] = {}

    def take(self, fact: Fact) -> None:
        """Count one fact of the month."""
        self._totals["records"] += 1
        self._totals["untrusted"] += fact.data.get("clock_synced") is False
        count = _COUNTERS.get(fact.type)
        if count is not None:
            count(self, fact)

    # -- visits

    def visit_opened(self, fact: Fact) -> None:
        data, at = fact.data, datetime.fromisoformat(fact.time).astimezone(self._month.zone)
        procedure, persons = data["procedure"], data.get("persons", 1)
        host, day = data.get("host") or procedure, f"{at:%Y-%m-%d}"
        self._open[data["visit"]] = visit = _Open(procedure, host, day, persons)
        self._totals["visits"] += 1
        self._slots[day, at.hour] += 1
        self._week[at.weekday()][at.hour] += 1
        for counts in (self._days[day], self._procedures[procedure], self._hosts[host]):
            counts["visits"] += 1
        self._add_persons(visit, persons)

    def visit_closed(self, fact: Fact) -> None:
        data, at = fact.data, datetime.fromisoformat(fact.time).astimezone(self._month.zone)
        procedure, outcome = data["procedure"], data["outcome"]
        if (visit := self._open.pop(data["visit"], None)) is not None:
            self._add_persons(visit, data.get("persons", visit.persons) - visit.persons)
        self._totals["closed"] += 1
        self._days[f"{at:%Y-%m-%d}"]["closed"] += 1
        self._outcomes[procedure, outcome, data["reason"]] += 1
        self._procedures[procedure]["closed"] += 1
        if outcome == "completed":
            self._procedures[procedure]["completed"] += 1
            if data.get("uncertainty_s", 0) is not None:
                self._durations[procedure].append(data["duration_s"])
        owed = {"card": data["card_out"], "locker": data["locker_out"] is not None}
        self._owed |= {(data["visit"], what) for what, out in owed.items() if out}

    def visit_reconciled(self, fact: Fact) -> None:
        self._owed.discard((fact.data["visit"], fact.data["returned"].partition("/")[0]))

    def _add_persons(self, visit: _Open, more: int) -> None:
        self._totals["persons"] += more
        self._days[visit.day]["persons"] += more
        self._procedures[visit.procedure]["persons"] += more
        self._hosts[visit.host]["persons"] += more

    # -- steps

    def step_completed(self, fact: Fact) -> None:
        self._steps[fact.data["procedure"], fact.data["step"]].take(fact.data)

    def step_overdue(self, fact: Fact) -> None:
        step = self._steps[fact.data["procedure"], fact.data["step"]]
        step.number = step.number or fact.data["number"]
        step.overdue += 1

    # -- alarms and equipment

    def alarm_raised(self, fact: Fact) -> None:
        self._alarms[fact.data["alarm"]]["raised"] += 1
        self._standing.add(fact.data["alarm"])

    def alarm_acknowledged(self, fact: Fact) -> None:
        self._alarms[fact.data["alarm"]]["acknowledged"] += 1

    def alarm_cleared(self, fact: Fact) -> None:
        kind = fact.data["alarm"]
        self._alarms[kind]["cleared"] += 1
        self._standing.discard(kind)
        since = datetime.fromisoformat(fact.data["since"])
        lasted_s = (datetime.fromisoformat(fact.time) - since).total_seconds()
        self._alarm_times[kind].append(max(0.0, lasted_s))

    def equipment_fault(self, fact: Fact) -> None:
        device = fact.data["device"]
        self._devices[device]["faults"] += 1
        self._down.setdefault(device, datetime.fromisoformat(fact.time))

    def equipment_restored(self, fact: Fact) -> None:
        """Count from the month's begin what had failed before it."""
        device, at = fact.data["device"], datetime.fromisoformat(fact.time)
        known = device in self._devices
        since = self._down.pop(device, None if known else self._start)
        self._devices[device]["restored"] += 1
        if since is not None:
            self._downtimes[device] += max(0.0, (at - since).total_seconds())

    def daemon_restarted(self, fact: Fact) -> None:
        power = fact.data["ended"] == "power-lost"
        self._totals["power_losses" if power else "crashes"] += 1

    def counted(self, name: str) -> None:
        """Count one of what is only counted."""
        self._totals[name] += 1

    # -- the summary

    def summary(self) -> Summary:
        """Return what was counted."""
        for device, since in self._down.items():
            self._downtimes[device] += max(0.0, (self._end - since).total_seconds())
        steps = tuple(self._steps[key].row(*key) for key in sorted(self._steps, key=self._place))
        return Summary(
            month=self._month.name,
            timezone=str(self._month.zone),
            totals=self._all(steps),
            days=tuple(_day(day, counts) for day, counts in self._days.items()),
            hours=tuple(map(sum, zip(*self._week, strict=True))),
            week=tuple(map(tuple, self._week)),
            busiest=self._busiest(),
            procedures=tuple(self._procedure(name) for name in sorted(self._procedures)),
            hosts=tuple(self._host(name) for name in sorted(self._hosts)),
            outcomes=tuple(
                OutcomeCount(procedure=procedure, outcome=outcome, reason=reason, visits=visits)
                for (procedure, outcome, reason), visits in sorted(
                    self._outcomes.items(), key=lambda item: (*item[0][:2], item[0][2] or "")
                )
            ),
            steps=steps,
            alarms=tuple(self._alarm(kind) for kind in sorted(self._alarms)),
            equipment=tuple(self._device(name) for name in sorted(self._devices)),
        )

    def _all(self, steps: tuple[StepTimes, ...]) -> Totals:
        durations = _ordered(array("d", (s for some in self._durations.values() for s in some)))
        return Totals(
            **self._totals,
            open_at_end=len(self._open),
            cards_out=sum(what == "card" for _, what in self._owed),
            lockers_out=sum(what == "locker" for _, what in self._owed),
            duration_median_s=median(durations),
            duration_p95_s=percentile(durations, 95),
            steps_timed=sum(step.timed for step in steps),
            steps_within=sum(step.within for step in steps),
            overdue=sum(step.overdue for step in steps),
            alarms=sum(counts["raised"] for counts in self._alarms.values()),
            equipment_faults=sum(counts["faults"] for counts in self._devices.values()),
        )

    def _place(self, key: tuple[str, str]) -> tuple[str, int, str]:
        return key[0], self._steps[key].number, key[1]

    def _busiest(self) -> tuple[HourCount, ...]:
        slots = sorted(self._slots.items(), key=lambda item: (-item[1], item[0]))[:BUSIEST]
        return tuple(HourCount(day=day, hour=hour, visits=n) for (day, hour), n in slots)

    def _procedure(self, name: str) -> ProcedureCount:
        counts, durations = self._procedures[name], _ordered(self._durations[name])
        return ProcedureCount(
            procedure=name,
            visits=counts["visits"],
            persons=counts["persons"],
            closed=counts["closed"],
            completed=counts["completed"],
            duration_median_s=median(durations),
            duration_p95_s=percentile(durations, 95),
        )

    def _host(self, name: str) -> HostCount:
        counts = self._hosts[name]
        return HostCount(host=name, visits=counts["visits"], persons=counts["persons"])

    def _alarm(self, kind: str) -> AlarmCount:
        counts, times = self._alarms[kind], _ordered(self._alarm_times[kind])
        return AlarmCount(
            alarm=kind,
            raised=counts["raised"],
            acknowledged=counts["acknowledged"],
            cleared=counts["cleared"],
            standing=int(kind in self._standing),
            median_s=median(times),
            longest_s=times[-1] if times else None,
            total_s=round(sum(times), 3),
        )

    def _device(self, name: str) -> DeviceTrouble:
        return DeviceTrouble(
            device=name,
            faults=self._devices[name]["faults"],
            downtime_s=round(self._downtimes[name], 3),
            down_at_end=name in self._down,
        )


def _day(day: str, counts: Counter[str]) -> DayCount:
    return DayCount(
        day=day, visits=counts["visits"], persons=counts["persons"], closed=counts["closed"]
    )


def _ordered(values: "array[float]") -> "array[float]":
    return array("d", sorted(values))


def _only(name: str) -> Callable[[_Tally, Fact], None]:
    return lambda tally, _fact: tally.counted(name)


_COUNTERS: dict[str, Callable[[_Tally, Fact], None]] = {
    "gardu.visit.opened.v1": _Tally.visit_opened,
    "gardu.visit.closed.v1": _Tally.visit_closed,
    "gardu.visit.reconciled.v1": _Tally.visit_reconciled,
    "gardu.visit.corrected.v1": _only("corrections"),
    "gardu.visit.extended.v1": _only("extensions"),
    "gardu.step.completed.v1": _Tally.step_completed,
    "gardu.step.overdue.v1": _Tally.step_overdue,
    "gardu.alarm.raised.v1": _Tally.alarm_raised,
    "gardu.alarm.acknowledged.v1": _Tally.alarm_acknowledged,
    "gardu.alarm.cleared.v1": _Tally.alarm_cleared,
    "gardu.equipment.fault.v1": _Tally.equipment_fault,
    "gardu.equipment.restored.v1": _Tally.equipment_restored,
    "gardu.still.missed.v1": _only("stills_missed"),
    "gardu.daemon.restarted.v1": _Tally.daemon_restarted,
}
