"""The verdict on the alarms: those in the records, against those that the lobby has caused. Pure.

Alarms about the machine (its disk, its clock, its supply) are not judged. Those of the metal
detector that belong to a visit are judged with its guest.
"""

from collections.abc import Iterator
from typing import Any

from sim.stage.judgement import Judgement
from sim.stage.received import Fact, Received
from sim.world.incidents import ALARM_OF, Caused, Count, Incidents

RAISED, CLEARED = "gardu.alarm.raised.v1", "gardu.alarm.cleared.v1"
DETECTOR = "metal-detector"
_OF_LOBBY = (
    *ALARM_OF.values(), DETECTOR, "locker-", "door-", "lost-card", "foreign-cards",
    "detector-tamper", "beam-blocked",
)  # fmt: skip


class AlarmFinding(Judgement, frozen=True, kw_only=True):
    """The verdict on one alarm of the lobby.

    :ivar caused: how often the lobby has caused it; None: a fault of a wire could be one or not
    :ivar raised: how often the records have its beginning; *cleared*: its end
    """

    alarm: str
    caused: int | None
    raised: int
    cleared: int

    @property
    def words(self) -> str:
        """The finding as a line for people."""
        return f"alarm {self.alarm}: {self.difference or 'as caused'}"

    def as_json(self) -> dict[str, Any]:
        """Return the finding for programs."""
        return {
            "alarm": self.alarm,
            "ok": self.ok,
            "caused": self.caused,
            "raised": self.raised,
            "cleared": self.cleared,
            "difference": self.difference or None,
        }


def judge(incidents: Incidents, received: Received) -> list[AlarmFinding]:
    """Return the finding on each alarm of the lobby that was caused or recorded."""
    recorded = [fact.data["alarm"] for fact in _of_lobby(received)]
    kinds = dict.fromkeys((*incidents.caused, *recorded))
    return [_judge(kind, incidents, received) for kind in sorted(kinds)]


def _of_lobby(received: Received) -> Iterator[Fact]:
    """Yield the records of the lobby's alarms, without those of a visit at the metal detector."""
    for fact in received.facts:
        if fact.type in (RAISED, CLEARED):
            alarm = fact.data["alarm"]
            of_visit = alarm.startswith(DETECTOR) and fact.data["visit"] is not None
            if alarm.startswith(_OF_LOBBY) and not of_visit:
                yield fact


def _judge(alarm: str, incidents: Incidents, received: Received) -> AlarmFinding:
    facts = [fact for fact in _of_lobby(received) if fact.data["alarm"] == alarm]
    raised = [fact.data for fact in facts if fact.type == RAISED]
    cleared = len(facts) - len(raised)
    caused = incidents.caused.get(alarm, Caused(over=lambda: True))
    possible = incidents.possible(alarm)
    differences = _differences(caused, raised, cleared, exact=not possible)
    return AlarmFinding(
        alarm=alarm,
        caused=None if possible else caused.times,
        raised=len(raised),
        cleared=cleared,
        difference=next(differences, ""),
    )


def _differences(
    caused: Caused, raised: list[dict[str, Any]], cleared: int, *, exact: bool
) -> Iterator[str]:
    if exact and not caused.times:
        yield f"raised {len(raised)} times, and nothing in the lobby has caused it"
    if len(raised) != caused.times and (exact or len(raised) < caused.times):
        yield f"raised {len(raised)} times, caused {caused.times} times"
    ended = len(raised) if caused.over() else len(raised) - 1
    if cleared != ended:
        yield f"cleared {cleared} times, expected {ended}"
    if exact:
        for data, counts in zip(raised, caused.inside, strict=False):
            yield from _of_count(data, counts)


def _of_count(data: dict[str, Any], counts: tuple[Count, ...]) -> Iterator[str]:
    """Compare the count of the guests inside with those that people made, before and after."""
    for key in ("visits", "persons") if counts else ():
        seen = [getattr(count, key) for count in counts]
        if not min(seen) <= data[key] <= max(seen):
            yield f"{data[key]} {key} are recorded as inside, {' to '.join(map(str, seen))} are"
