"""Counts the steps of a month. Pure."""

from array import array
from collections import Counter, defaultdict

from edge.report.figures import FactCounters, FactData, median, ordered, percentile
from edge.sop.monthly_summary import StepTimes
from edge.store.register import Fact


class Steps:
    """Counts the steps of all procedures."""

    def __init__(self) -> None:
        self._steps: defaultdict[tuple[str, str], _Step] = defaultdict(_Step)
        self.counters: FactCounters = {
            "gardu.step.completed.v1": self._completed,
            "gardu.step.overdue.v1": self._overdue,
        }

    def rows(self) -> tuple[StepTimes, ...]:
        """Return a row for each step, in order of procedure and number."""
        return tuple(self._steps[key].row(*key) for key in sorted(self._steps, key=self._place))

    def _completed(self, fact: Fact) -> None:
        self._steps[fact.data["procedure"], fact.data["step"]].add(fact.data)

    def _overdue(self, fact: Fact) -> None:
        step = self._steps[fact.data["procedure"], fact.data["step"]]
        step.number = step.number or fact.data["number"]
        step.overdue += 1

    def _place(self, key: tuple[str, str]) -> tuple[str, int, str]:
        return key[0], self._steps[key].number, key[1]


class _Step:
    """The counts of one step."""

    def __init__(self) -> None:
        self.number = 0
        self.ended: Counter[str] = Counter()
        self.times, self.waits = array("d"), array("d")
        self.standard_s: float | None = None
        self.timed = self.within = self.overdue = self.uncertain = 0

    def add(self, data: FactData) -> None:
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
        """Return the figures of the step."""
        times, waits = ordered(self.times), ordered(self.waits)
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
