"""The account of a day: checks that its sums agree, from the central office's messages. Pure.

The sums are compared with what people can see of the lobbies in the end; the daemons are not asked.
Every sum is counted again here from single records, so that a wrong counter in a daemon shows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from sim.days.branches import follow
from sim.stage.alarms import AlarmFinding
from sim.stage.law import MEETING, SCREENING, Law
from sim.stage.received import Fact, Received
from sim.stage.verdict import Finding

_OPENED, _CLOSED = "gardu.visit.opened.v1", "gardu.visit.closed.v1"
_STEP = "gardu.step.completed.v1"
_RECONCILED = "gardu.visit.reconciled.v1"
_RAISED, _CLEARED = "gardu.alarm.raised.v1", "gardu.alarm.cleared.v1"
_FAULT, _RESTORED = "gardu.equipment.fault.v1", "gardu.equipment.restored.v1"


@dataclass(frozen=True)
class End:
    """The end of one checkpoint's day.

    :ivar expected: how many guests were to come
    :ivar left: things still out or open in the lobby after the last guest (sim/world/world.py)
    :ivar laws: the law's table of each procedure that has one
    :ivar verdict: on each guest, and each of the lobby's alarms, as of a single scenario
    :ivar trouble: why its simulation failed, in words; empty if it did not
    """

    name: str
    received: Received
    expected: int
    left: dict[str, Any]
    laws: Mapping[str, Law] = field(default_factory=dict)
    restarts: int = 0
    verdict: tuple[Finding, ...] = ()
    incidents: tuple[AlarmFinding, ...] = ()
    trouble: str = ""


@dataclass
class Things:
    """Numbers of visitor cards, or lockers, out and back; *owed* has a visit for each one owed."""

    out: int = 0
    back: int = 0
    owed: list[str] = field(default_factory=list)


def things(received: Received, kind: str) -> Things:
    """Return the numbers of visitor cards (*kind* ``card``) or of lockers (``locker``).

    A visit had one if a step's evidence shows it. It owes it if its closing record shows it as out
    and no later record reports its return.
    """
    had = _had(received, "card" if kind == "card" else "locker-opened")
    owed = sorted((_kept(received, kind) - _returned(received, kind)).elements())
    return Things(out=len(had), back=len(had.difference(owed)), owed=owed)


def _had(received: Received, evidence: str) -> set[str]:
    return {step["visit"] for step in _data(received, _STEP) if evidence in step["evidence"]}


def _kept(received: Received, kind: str) -> Counter[str]:
    """Return how many cards (lockers) each visit had still when it ended."""
    ends = _data(received, _CLOSED)
    if kind == "card":
        return Counter({end["visit"]: end["cards_out"] for end in ends})
    return Counter({end["visit"]: len(end["lockers_out"]) for end in ends})


def _returned(received: Received, kind: str) -> Counter[str]:
    back = _data(received, _RECONCILED)
    return Counter(one["visit"] for one in back if one["returned"].partition("/")[0] == kind)


def _data(received: Received, kind: str) -> list[dict[str, Any]]:
    return [fact.data for fact in received.facts if fact.type == kind]


def standing(facts: Iterable[Fact], begins: str, ends: str, key: str) -> dict[str, int]:
    """Return begins minus ends by the value of *key* in the data, where they are not equal."""
    counts: Counter[str] = Counter()
    for fact in facts:
        counts[fact.data[key] if fact.type in (begins, ends) else ""] += (fact.type == begins) - (
            fact.type == ends
        )
    return {name: count for name, count in counts.items() if count}


@dataclass(frozen=True)
class StepTimes:
    """Times of one step of one procedure, seconds; *within* is the share within standard time."""

    procedure: str
    step: str
    number: int
    count: int
    median_s: float
    standard_s: float | None
    within: float | None


def step_times(received: Iterable[Received]) -> list[StepTimes]:
    """Return the times of every completed step, in the procedures' order."""
    took: dict[tuple[str, int, str], list[dict[str, Any]]] = {}
    for one in received:
        for step in _data(one, _STEP):
            if step["outcome"] == "completed":
                key = (step["procedure"], step["number"], step["step"])
                took.setdefault(key, []).append(step)
    return [_times(key, steps) for key, steps in sorted(took.items())]


def _times(key: tuple[str, int, str], steps: list[dict[str, Any]]) -> StepTimes:
    procedure, number, name = key
    standard = steps[0]["standard_s"]
    within = None if standard is None else sum(not step["over_s"] for step in steps) / len(steps)
    middle = median(step["duration_s"] for step in steps)
    return StepTimes(procedure, name, number, len(steps), middle, standard, within)


def outcomes(received: Iterable[Received]) -> dict[str, Counter[str]]:
    """Return the number of visits by outcome, for each procedure."""
    ends: dict[str, Counter[str]] = {}
    for one in received:
        for end in _data(one, _CLOSED):
            ends.setdefault(end["procedure"], Counter())[end["outcome"]] += 1
    return ends


def outcomes_by_host(received: Iterable[Received]) -> dict[str, dict[str, Counter[str]]]:
    """Return the number of visits by host and outcome, for each procedure with several hosts."""
    ends: dict[str, dict[str, Counter[str]]] = {}
    for one in received:
        for end in _data(one, _CLOSED):
            hosts = ends.setdefault(end["procedure"], {})
            hosts.setdefault(end.get("host") or "", Counter())[end["outcome"]] += 1
    return {procedure: hosts for procedure, hosts in ends.items() if len(hosts) > 1}


def persons(received: Iterable[Received]) -> int:
    """Return the number of persons in all closed visits."""
    return sum(end.get("persons", 1) for one in received for end in _data(one, _CLOSED))


def most_open(received: Received) -> int:
    """Return the highest number of visits that were open at once."""
    opened: dict[str, str] = {}
    most = 0
    for fact in received.facts:
        follow(opened, fact)
        most = max(most, len(opened))
    return most


def totals(end: End) -> dict[str, Any]:
    """Return the sums of one checkpoint."""
    received = end.received
    opened, closed = _data(received, _OPENED), _data(received, _CLOSED)
    cards, lockers = things(received, "card"), things(received, "locker")
    return {
        "guests": {"expected": end.expected, "came": end.left.get("came", 0)},
        "visits": {
            "opened": len(opened),
            "closed": len(closed),
            "most": most_open(received),
            "unscreened": len(_screened(end)),
        },
        "cards": {"out": cards.out, "back": cards.back, "owed": len(cards.owed)},
        "lockers": {"used": lockers.out, "emptied": lockers.back, "owed": len(lockers.owed)},
        "alarms": {
            "raised": len(_data(received, _RAISED)),
            "cleared": len(_data(received, _CLEARED)),
            "standing": standing(received.facts, _RAISED, _CLEARED, "alarm"),
        },
        "faults": {
            "reported": len(_data(received, _FAULT)),
            "standing": standing(received.facts, _FAULT, _RESTORED, "device"),
        },
        "records": {
            "written": received.written,
            "delivered": received.delivered,
            "gaps": received.gaps,
        },
        "restarts": end.restarts,
    }


def problems(end: End) -> list[str]:
    """Return the sums that do not agree at one checkpoint, in words; empty if all do."""
    found = [end.trouble] if end.trouble else []
    found += (
        _visits(end) + _hosts(end) + _screened(end) + _records(end) + _things(end) + _alarms(end)
    )
    found += [one.words for one in end.verdict if not one.ok]
    found += [one.words for one in end.incidents if not one.ok]
    return [f"{end.name}: {words}" for words in found]


def _visits(end: End) -> list[str]:
    opened = [one["visit"] for one in _data(end.received, _OPENED)]
    closed = [one["visit"] for one in _data(end.received, _CLOSED)]
    came = end.left.get("came", 0)
    found = []
    if came != end.expected:
        found.append(f"{end.expected} guests were to come, {came} came")
    if len(opened) != came:
        found.append(f"{came} guests came, {len(opened)} visits were opened")
    if sorted(opened) != sorted(closed):
        found.append(f"{len(opened)} visits were opened, {len(closed)} came to an outcome")
    return found


def _hosts(end: End) -> list[str]:
    """Compare the hosts of the visits with those for whom the guests came.

    A visit that ended before the choice of the host has none.
    """
    recorded = Counter(one["host"] for one in _data(end.received, _CLOSED) if one.get("host"))
    came = Counter(end.left.get("hosts", recorded))
    return [
        f"{came[host]} guests came for {host}, {recorded[host]} visits were recorded for {host}"
        for host in sorted(recorded - came)
    ]


def _screened(end: End) -> list[str]:
    """Return the visits that met the host without screening, where the law demands it before."""
    screened: set[str] = set()
    found = []
    for step in filter(_passed, _data(end.received, _STEP)):
        law = end.laws.get(step["procedure"])
        if law is None:
            continue
        if law.demands([step["number"]], SCREENING):
            screened.add(step["visit"])
        demanded = law.demands(range(1, step["number"]), SCREENING)
        met = law.demands([step["number"]], MEETING)
        if met and demanded and step["visit"] not in screened:
            found.append(f"visit {step['visit']} met the host without the screening of the law")
    return found


def _passed(step: dict[str, Any]) -> bool:
    return bool(step["outcome"] == "completed")


def _records(end: End) -> list[str]:
    received = end.received
    found = []
    if received.written != received.delivered or not received.settled:
        found.append(f"{received.written} records were written, {received.delivered} delivered")
    if received.gaps:
        found.append(f"{received.gaps} gaps in the sequence")
    return found


def _things(end: End) -> list[str]:
    """Check cards and lockers: by the records, by the live topic, and in the lobby."""
    occupancy = end.received.live.get("state/occupancy", {})
    cards, lockers = things(end.received, "card"), things(end.received, "locker")
    held = (
        ("cards out, by the records", len(cards.owed)),
        ("cards out, by the checkpoint", occupancy.get("cards_out")),
        ("cards missing on the pile", end.left.get("cards_missing")),
        ("lockers in use, by the records", len(lockers.owed)),
        ("lockers in use, by the checkpoint", occupancy.get("lockers_in_use")),
        ("lockers with belongings", len(end.left.get("lockers_taken", [""]))),
        ("doors that stand open", len(end.left.get("doors_open", [""]))),
    )
    return [f"{what}: {number}" for what, number in held if number != 0]


def _alarms(end: End) -> list[str]:
    stand = standing(end.received.facts, _RAISED, _CLEARED, "alarm")
    shown = [topic for topic in end.received.live if topic.startswith("state/alarm/")]
    found = [f"alarm {kind} was raised and not cleared" for kind in stand]
    return found + [f"{topic} still stands" for topic in shown]
