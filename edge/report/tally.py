"""Counts the facts of a month in one pass. Pure.

Rules
-----
1. A fact belongs to the month and the hour of its own time, in the office's zone. Facts dated by
   an untrusted clock are counted at their date, and their number is reported.
2. A visit counts in the month and at the hour of its opening, its outcome in those of its end. A
   group is one visit; its head count is the last one known, and its host the last one chosen.
3. A step's times are those of completed steps with a certain duration. Medians are the middle
   value or the mean of the middle two; 95th percentiles the nearest rank: both exact.
4. Memory: a few bytes for each measured time, and the visits and faults that are open at once.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime

from edge.config.zone import Month
from edge.report.alarms import AlarmsAndFaults
from edge.report.figures import FactCounters, median, ordered, percentile
from edge.report.lobby import Lobby
from edge.report.steps import Steps
from edge.sop.monthly_summary import (
    DayCount,
    HostCount,
    HourCount,
    OutcomeCount,
    ProcedureCount,
    StepTimes,
    Summary,
    Totals,
)
from edge.store.register import Fact

# Number of busiest hours in the summary.
BUSIEST = 5


def summarise(facts: Iterable[Fact], month: Month, now: datetime | None = None) -> Summary:
    """Return the summary of *month*; *facts* are all facts of it, in order of recording.

    :param now: the moment of the report, if the month may not be over
    """
    tally = _Tally(month, now)
    for fact in facts:
        tally.add(fact)
    return tally.summary()


class _Open:
    """A visit that was opened in the month and goes on."""

    __slots__ = ("day", "host", "persons", "procedure")

    def __init__(self, procedure: str, host: str, day: str) -> None:
        self.procedure, self.host, self.day, self.persons = procedure, host, day, 0


class _Tally:
    def __init__(self, month: Month, now: datetime | None = None) -> None:
        self._month = month
        self._totals: Counter[str] = Counter()
        self._open: dict[str, _Open] = {}
        self._days: dict[str, Counter[str]] = {day: Counter() for day in month.days}
        self._slots: Counter[tuple[str, int]] = Counter()
        self._week = [[0] * 24 for _ in range(7)]
        self._procedures: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._hosts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._durations: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        self._outcomes: Counter[tuple[str, str, str | None]] = Counter()
        self._steps, self._lobby = Steps(), Lobby(month)
        self._troubles = AlarmsAndFaults(month, now)
        self._counters: FactCounters = {
            "gardu.visit.opened.v1": self._visit_opened,
            "gardu.visit.joined.v1": self._visit_joined,
            "gardu.host.chosen.v1": self._host_chosen,
            "gardu.visit.closed.v1": self._visit_closed,
            "gardu.visit.extended.v1": self._only("extensions"),
            "gardu.visit.unseen.v1": self._only("unseen"),
            "gardu.still.missed.v1": self._only("stills_missed"),
            "gardu.daemon.restarted.v1": self._restarted,
            **self._steps.counters,
            **self._lobby.counters,
            **self._troubles.counters,
        }

    def add(self, fact: Fact) -> None:
        """Count one fact of the month."""
        self._totals["records"] += 1
        self._totals["untrusted"] += fact.data.get("clock_synced") is False
        count = self._counters.get(fact.type)
        if count is not None:
            count(fact)

    def summary(self) -> Summary:
        """Return the summary of the facts that were added."""
        steps = self._steps.rows()
        return Summary(
            month=self._month.name,
            timezone=str(self._month.zone),
            totals=self._all(steps),
            days=tuple(_day(day, counts) for day, counts in self._days.items()),
            hours=tuple(map(sum, zip(*self._week, strict=True))),
            week=tuple(map(tuple, self._week)),
            busiest=self._busiest(),
            procedures=tuple(self._procedure(name) for name in sorted(self._procedures)),
            hosts=tuple(
                self._host(name) for name in sorted(self._hosts) if self._hosts[name]["visits"]
            ),
            outcomes=tuple(
                OutcomeCount(procedure=procedure, outcome=outcome, reason=reason, visits=visits)
                for (procedure, outcome, reason), visits in sorted(
                    self._outcomes.items(), key=lambda item: (*item[0][:2], item[0][2] or "")
                )
            ),
            steps=steps,
            alarms=self._troubles.alarms(),
            equipment=self._troubles.devices(),
            office_days=self._lobby.days(),
            openings=self._lobby.openings(),
            corrected=self._lobby.corrected(),
        )

    def _visit_opened(self, fact: Fact) -> None:
        data, at = fact.data, datetime.fromisoformat(fact.time).astimezone(self._month.zone)
        procedure, day = data["procedure"], f"{at:%Y-%m-%d}"
        host = data.get("host") or procedure
        self._open[data["visit"]] = visit = _Open(procedure, host, day)
        self._totals["visits"] += 1
        self._slots[day, at.hour] += 1
        self._week[at.weekday()][at.hour] += 1
        for counts in (self._days[day], self._procedures[procedure], self._hosts[host]):
            counts["visits"] += 1
        self._head_count(visit, data.get("persons", 1))

    def _visit_joined(self, fact: Fact) -> None:
        if (visit := self._open.get(fact.data["visit"])) is not None:
            self._head_count(visit, fact.data["persons"])

    def _host_chosen(self, fact: Fact) -> None:
        """Count the visit, with its persons, for the host who was chosen last."""
        visit, host = self._open.get(fact.data["visit"]), fact.data["host"]
        if visit is None or visit.host == host:
            return
        for counts, sign in ((self._hosts[visit.host], -1), (self._hosts[host], 1)):
            counts["visits"] += sign
            counts["persons"] += sign * visit.persons
        visit.host = host

    def _visit_closed(self, fact: Fact) -> None:
        data, at = fact.data, datetime.fromisoformat(fact.time).astimezone(self._month.zone)
        procedure, outcome = data["procedure"], data["outcome"]
        if (visit := self._open.pop(data["visit"], None)) is not None:
            self._head_count(visit, data.get("persons", visit.persons))
        self._totals["closed"] += 1
        self._days[f"{at:%Y-%m-%d}"]["closed"] += 1
        self._outcomes[procedure, outcome, data["reason"]] += 1
        self._procedures[procedure]["closed"] += 1
        if outcome == "completed":
            self._procedures[procedure]["completed"] += 1
            if data.get("uncertainty_s", 0) is not None:
                self._durations[procedure].append(data["duration_s"])
        self._lobby.visit_closed(fact)

    def _head_count(self, visit: _Open, persons: int) -> None:
        more = persons - visit.persons
        visit.persons = persons
        self._totals["persons"] += more
        for counts in (
            self._days[visit.day], self._procedures[visit.procedure], self._hosts[visit.host],
        ):  # fmt: skip
            counts["persons"] += more

    def _restarted(self, fact: Fact) -> None:
        power = fact.data["ended"] == "power-lost"
        self._totals["power_losses" if power else "crashes"] += 1

    def _only(self, name: str) -> Callable[[Fact], None]:
        def count(_fact: Fact) -> None:
            self._totals[name] += 1

        return count

    def _all(self, steps: tuple[StepTimes, ...]) -> Totals:
        durations = ordered(array("d", (s for some in self._durations.values() for s in some)))
        return Totals(
            **self._totals,
            **self._lobby.totals,
            open_at_end=len(self._open),
            cards_out=self._lobby.out("card"),
            lockers_out=self._lobby.out("locker"),
            duration_median_s=median(durations),
            duration_p95_s=percentile(durations, 95),
            steps_timed=sum(step.timed for step in steps),
            steps_within=sum(step.within for step in steps),
            overdue=sum(step.overdue for step in steps),
            alarms=sum(row.raised for row in self._troubles.alarms()),
            equipment_faults=sum(row.faults for row in self._troubles.devices()),
        )

    def _busiest(self) -> tuple[HourCount, ...]:
        slots = sorted(self._slots.items(), key=lambda item: (-item[1], item[0]))[:BUSIEST]
        return tuple(HourCount(day=day, hour=hour, visits=n) for (day, hour), n in slots)

    def _procedure(self, name: str) -> ProcedureCount:
        counts, durations = self._procedures[name], ordered(self._durations[name])
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


def _day(day: str, counts: Counter[str]) -> DayCount:
    return DayCount(
        day=day, visits=counts["visits"], persons=counts["persons"], closed=counts["closed"]
    )
