"""The central office's account of one run: records, visits, gaps. Pure bookkeeping."""

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_OPENED, _CLOSED = "gardu.visit.opened.v1", "gardu.visit.closed.v1"
_STEP = "gardu.step.completed.v1"
_LINES = 40
# Live topics with every message stored as a fact: a state that lasted only a while still shows.
_KEPT = ("state/day",)


@dataclass
class VisitSeen:
    """One visit, as its records show it.

    :ivar number: running number in this run, from 1; 0 for a visit of an earlier run, and for one
        whose opening was not received
    :ivar opened: when it was opened, as its records say; empty if none says it
    :ivar steps: the data of its ``gardu.step.completed.v1`` records, in order
    :ivar facts: all records about it, in order
    :ivar outcome: None while it is open
    """

    number: int
    procedure: str
    opened: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)
    facts: list["Fact"] = field(default_factory=list)
    outcome: str | None = None
    reason: str | None = None
    duration_s: float = 0.0

    def data(self, kind: str) -> list[dict[str, Any]]:
        """Return the data of its records of the type ``gardu.KIND.v1``."""
        return [fact.data for fact in self.facts if fact.type == f"gardu.{kind}.v1"]


@dataclass(frozen=True)
class Fact:
    """The content of one record.

    :ivar late_s: how long after it was recorded it came, seconds of the checkpoint's clock
    """

    type: str
    time: str
    late_s: float
    data: dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One record as one line; *visit* is its running number in this run, 0 for none."""

    time: str
    kind: str
    visit: int
    about: str


class Received:
    """Everything received so far.

    :param fresh: the checkpoint's database is new: its records are numbered from 1
    :ivar visits: by visit id, in order of opening
    :ivar facts: the content of every record of this run, in order of arrival
    :ivar live: the latest value of each live topic, by its suffix; an empty message removes it
    :ivar lines: the latest records, newest last
    :ivar streamid: of the records; a checkpoint has one
    :ivar last: the highest sequence that is known to exist
    :ivar acked: up to which sequence the checkpoint knows its records delivered
    :ivar status: ``online``, ``offline`` or ``unknown``
    """

    def __init__(self, *, fresh: bool = True) -> None:
        self.visits: dict[str, VisitSeen] = {}
        self.facts: list[Fact] = []
        self.live: dict[str, Any] = {}
        self.lines: deque[Line] = deque(maxlen=_LINES)
        self.streamid = ""
        self.last = 0
        self.acked = 0
        self.stills = 0
        self.overdue = 0
        self.status = "unknown"
        self._fresh = fresh
        self._sequences: set[int] = set()
        self._about: defaultdict[str, list[Fact]] = defaultdict(list)

    def take(self, event: dict[str, Any], at_ms: int | None = None) -> None:
        """Add one CloudEvent; a duplicate is ignored.

        :param at_ms: when it came, wall clock of the checkpoint; None if not known
        """
        if "streamid" not in event:
            self.stills += event["type"].startswith("gardu.still.")
            return
        sequence = int(event["sequence"])
        if sequence in self._sequences:
            return
        self._sequences.add(sequence)
        self.streamid = event["streamid"]
        self.last = max(self.last, sequence)
        fact = _fact(event, at_ms)
        self.facts.append(fact)
        self._visit(fact)
        self.lines.append(self._line(event))

    def day_begins(self) -> None:
        """Mark the visits known so far as those of an earlier run: the guests come from now on."""
        for visit in self.visits.values():
            visit.number = 0

    def _line(self, event: dict[str, Any]) -> Line:
        data = event["data"]
        about = (data.get(key) for key in ("step", "alarm", "device", "outcome"))
        visit = self.visits.get(data.get("visit"))
        return Line(
            time=event["time"],
            kind=event["type"].removeprefix("gardu.").rpartition(".v")[0],
            visit=visit.number if visit else 0,
            about=" ".join(words for words in about if words),
        )

    def take_live(self, suffix: str, value: dict[str, Any], *, retained: bool) -> None:
        """Add a message of the live topic *suffix*; *value* is empty for an empty message."""
        if suffix.startswith("reply/"):
            self.facts.append(Fact("reply", "", 0.0, value))
            return
        if suffix == "ledger" and value:
            self.take_ledger(value, retained=retained)
        if suffix == "status" and not retained:
            self.status = value.get("status", "unknown")
        if suffix in _KEPT:
            self.facts.append(Fact(suffix, "", 0.0, value))
        if value:
            self.live[suffix] = value
        else:
            self.live.pop(suffix, None)

    def take_ledger(self, ledger: dict[str, Any], *, retained: bool) -> None:
        """Add the checkpoint's ledger; ignore a retained one of another stream."""
        if retained and ledger["streamid"] != self.streamid:
            return
        self.last = max(self.last, ledger["last_seq"])
        self.acked = max(self.acked, ledger["acked_seq"])

    def _visit(self, fact: Fact) -> None:
        kind, data = fact.type, fact.data
        self.overdue += kind == "gardu.step.overdue.v1"
        name = data.get("visit")
        if not name:
            return
        about = self._about[name]
        about.append(fact)
        if kind not in (_OPENED, _STEP, _CLOSED):
            return
        visit = self.visits.setdefault(name, VisitSeen(0, data["procedure"], facts=about))
        if kind == _OPENED:
            visit.number = 1 + sum(visit.number > 0 for visit in self.visits.values())
            visit.procedure, visit.opened = data["procedure"], fact.time
        elif kind == _STEP:
            visit.steps.append(data)
        else:
            visit.outcome, visit.reason = data["outcome"], data["reason"]
            visit.duration_s = data["duration_s"]
            visit.opened = visit.opened or data.get("opened", "")

    @property
    def of_this_run(self) -> list[VisitSeen]:
        """The visits that were opened in this run."""
        return [visit for visit in self.visits.values() if visit.number]

    @property
    def in_order(self) -> list[VisitSeen]:
        """The visits of this run in the order of their opening, also if that was not received."""
        seen = [
            visit
            for visit in self.visits.values()
            if visit.number or (self._fresh and visit.opened)
        ]
        return sorted(seen, key=lambda visit: visit.opened)

    @property
    def outcomes(self) -> dict[str, int]:
        """Number of this run's visits by outcome."""
        ends = (visit.outcome for visit in self.of_this_run if visit.outcome)
        return dict(sorted(Counter(ends).items()))

    @property
    def open_visits(self) -> int:
        """Number of visits that have not ended."""
        return sum(visit.outcome is None for visit in self.visits.values())

    @property
    def before(self) -> int:
        """The last sequence that was delivered before this run."""
        return 0 if self._fresh or not self._sequences else min(self._sequences) - 1

    @property
    def written(self) -> int:
        """Number of records that exist, without those delivered before this run."""
        return self.last - self.before

    @property
    def delivered(self) -> int:
        """Number of records that have come, each counted once."""
        return len(self._sequences)

    @property
    def gaps(self) -> int:
        """Number of sequences below the highest received that have not come."""
        highest = max(self._sequences, default=self.before)
        return highest - self.before - self.delivered

    @property
    def settled(self) -> bool:
        """True if every record that exists has come and the checkpoint knows it."""
        return self.last > 0 and self.acked >= self.last and self.delivered == self.written


def _fact(event: dict[str, Any], at_ms: int | None) -> Fact:
    recorded = event.get("recordedtime")
    late_s = 0.0
    if at_ms is not None and recorded:
        late_s = at_ms / 1000 - datetime.fromisoformat(recorded).timestamp()
    return Fact(event["type"], event["time"], late_s, event["data"])
