"""The verdict: the records of each guest, against what was to become of the guest. Pure.

For each guest are compared, in this order: the end with the intention; the end, the steps, their
stations and actors, and their evidence with the course that the guest has gone by the text; alarms
at the metal detector with the guest's walks; persons, host, cards and lockers with those of the
guest; the steps with the law's table; durations with the guest's own, and overdue records with
both. The first difference counts.

A guest whose host was away has a note of it: then the end is compared with the own course only.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from sim.people.course import Trace
from sim.people.guests import Account, Guest
from sim.stage.alarms import DETECTOR
from sim.stage.belongings import differences as of_belongings
from sim.stage.judgement import Judgement
from sim.stage.lateness import in_words
from sim.stage.law import Law
from sim.stage.received import Received, VisitSeen
from sim.stage.times import differences as of_times

# The word of an event, or of a kind of events, in the evidence of a step
# (docs/procedures-reference.md).
_EVIDENCE = {
    "button": "button",
    "invitation": "invitation",
    "aiphone.accept": "aiphone",
    "aiphone.call": "aiphone",
    "aiphone.decline": "aiphone",
    "aiphone.extend": "aiphone",
    "aiphone.release": "door-release",
    "card.issued": "card",
    "card.presented": "card",
    "card.escort": "escort",
    "locker.opened": "locker-opened",
    "locker.closed": "locker-closed",
    "detector.alarm": "alarm",
    "detector.passage": "passage",
    "detector.too-fast": "too-fast",
    "detector.exit": "exit",
    "door.opened": "door-opened",
    "door.closed": "door-closed",
}
_WORDS = frozenset(_EVIDENCE.values())


class Finding(Judgement, frozen=True, kw_only=True):
    """The verdict on one guest.

    :ivar visit: its place among the visits opened in this run, from 1; 0: none was
    :ivar notes: what kept the guest from the intention
    """

    guest: int
    visit: int
    procedure: str
    branch: str
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The finding as a line for people."""
        about = f"guest {self.guest} ({self.procedure}, {self.branch})"
        notes = f" [{'; '.join(self.notes)}]" if self.notes else ""
        return f"{about}: {self.difference or 'as intended'}{notes}"

    def as_json(self) -> dict[str, Any]:
        """Return the finding for programs."""
        return {
            "guest": self.guest,
            "visit": self.visit or None,
            "procedure": self.procedure,
            "branch": self.branch,
            "ok": self.ok,
            "difference": self.difference or None,
            "notes": list(self.notes),
        }


def verdict(
    guests: Iterable[Guest], received: Received, laws: Mapping[str, Law], speed: float = 1.0
) -> list[Finding]:
    """Return the finding on each of *guests* by what was *received*.

    :param speed: of the simulation, if it is scaled real time
    """
    visits = dict(enumerate(received.in_order, start=1))
    return [
        Finding(
            guest=guest.number,
            visit=guest.account.opened,
            procedure=guest.procedure,
            branch=guest.branch,
            difference=_first_difference(
                guest, visits.get(guest.account.opened), laws.get(guest.procedure), speed
            ),
            notes=tuple(guest.account.notes),
        )
        for guest in guests
        if guest.state != "expected"
    ]


def _first_difference(guest: Guest, visit: VisitSeen | None, law: Law | None, speed: float) -> str:
    """Return the first difference, with its cause if that was the machine; "" without any."""
    found = next(_differences(guest, visit, law), "")
    late_s = guest.account.late_s
    return f"{in_words(late_s, speed)} ({found})" if found and late_s else found


def _differences(guest: Guest, visit: VisitSeen | None, law: Law | None) -> Iterator[str]:
    account = guest.account
    if visit is None:
        yield "no record of a visit"
        return
    if account.gave_up is not None:
        step, phase, event = account.gave_up
        yield f"gave up at {step}/{phase}, waiting for {event}"
    if not visit.number:
        yield "no record of the visit's opening"
    if visit.procedure != guest.procedure:
        yield f"the visit is one of {visit.procedure}, expected {guest.procedure}"
    if visit.outcome is None:
        yield "the visit is still open"
    yield from _of_end(guest, visit)
    yield from _of_steps(account, visit)
    corrected = [one["correction"] for one in visit.data("visit.corrected")]
    if corrected != account.corrections:
        yield f"corrections are {_listed(corrected)}, expected {_listed(account.corrections)}"
    yield from _of_alarms(account, visit)
    yield from of_belongings(guest, visit)
    if law is not None:
        yield from law.differences(visit.steps, visit.outcome, account.host_station)
    yield from of_times(account, visit)


def _of_end(guest: Guest, visit: VisitSeen) -> Iterator[str]:
    over, intended = guest.account.over, guest.intention.ends
    if over is not None and over != (visit.outcome, visit.reason):
        yield f"outcome is {_end(visit.outcome, visit.reason)}, expected {_end(*over)}"
    fits = not intended or visit.outcome in intended or visit.reason in intended
    excused = any(note.startswith("the host") for note in guest.account.notes)
    if not fits and not excused:
        words = " or ".join(intended)
        yield f"outcome is {_end(visit.outcome, visit.reason)}, intended {words}"


def _end(outcome: str | None, reason: str | None) -> str:
    return f"{outcome} ({reason})" if reason else str(outcome)


def _of_steps(account: Account, visit: VisitSeen) -> Iterator[str]:
    for number, (trace, step) in enumerate(zip(account.trail, visit.steps, strict=False), start=1):
        recorded = (step["step"], step["outcome"], step["reason"])
        if recorded != (trace.step, trace.outcome, trace.reason):
            words = f"{trace.step} {_end(trace.outcome, trace.reason)}"
            yield f"step {number} is {recorded[0]} {_end(*recorded[1:])}, expected {words}"
        yield from _of_actor(f"step {number}, {trace.step}", trace, step)
        where = f"step {number}, {trace.step}"
        yield from _of_evidence(where, trace, step, once=account.unanswered)
    if len(visit.steps) != len(account.trail):
        yield f"{len(visit.steps)} steps are recorded, expected {len(account.trail)}"


def _of_actor(where: str, trace: Trace, step: Mapping[str, Any]) -> Iterator[str]:
    """Compare row, actor and station with the officers whom the guest met."""
    for key, expected in (
        ("number", trace.number),
        ("role", trace.role),
        ("station", trace.station),
        ("aiphone", trace.aiphone),
    ):
        if step.get(key) != expected:
            yield f"{where}: {key} is {step.get(key)}, expected {expected}"


def _of_evidence(where: str, trace: Trace, step: Mapping[str, Any], *, once: bool) -> Iterator[str]:
    """Compare the evidence of *step*.

    :param once: words that follow themselves count once: an act without an answer was repeated
    """
    done = [word for word in map(_word, trace.events) if word]
    recorded = [word for word in step["evidence"] if word in _WORDS]
    if once:
        done, recorded = ([word for word, _same in groupby(one)] for one in (done, recorded))
    if recorded != done:
        yield f"{where}: evidence is {_listed(recorded)}; the guest gave {_listed(done)}"


def _of_alarms(account: Account, visit: VisitSeen) -> Iterator[str]:
    """Compare the alarms at the metal detector with the walks: one for all of a guest, or more."""
    events = (event for trace in account.trail for event in trace.events)
    walks = sum(event.startswith("detector.alarm") for event in events)
    raised, cleared = (
        sum(one["alarm"].startswith(DETECTOR) for one in visit.data(kind))
        for kind in ("alarm.raised", "alarm.cleared")
    )
    if not min(1, walks) <= raised <= walks:
        yield f"{raised} alarms at the metal detector are recorded, the guest set off {walks}"
    if cleared != raised:
        yield f"{raised} alarms at the metal detector were raised, {cleared} cleared"


def _word(event: str) -> str:
    """Return the word of *event* in the evidence; "" for an event that people do not give."""
    return _EVIDENCE.get(event.partition(":")[0], _EVIDENCE.get(event.partition(".")[0], ""))


def _listed(words: list[str]) -> str:
    return ", ".join(words) or "none"
