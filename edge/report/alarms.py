"""Counts a month's alarms and device faults. Pure."""

from array import array
from collections import Counter, defaultdict
from datetime import datetime

from edge.config.zone import Month
from edge.report.figures import FactCounters, median, ordered
from edge.sop.monthly_summary import AlarmCount, DeviceTrouble
from edge.store.register import Fact


class AlarmsAndFaults:
    """Counts the alarms and device faults of *month*.

    :param now: the moment of the report: a device that is down has been down until then
    """

    def __init__(self, month: Month, now: datetime | None = None) -> None:
        self._start = month.start
        self._end = month.end if now is None else min(now, month.end)
        self._alarms: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._alarm_times: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        self._standing: set[str] = set()
        self._acknowledged_since: dict[str, str] = {}
        self._devices: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._downtimes: defaultdict[str, float] = defaultdict(float)
        self._down: dict[str, datetime] = {}
        self.counters: FactCounters = {
            "gardu.alarm.raised.v1": self._raised,
            "gardu.alarm.acknowledged.v1": self._acknowledged,
            "gardu.alarm.cleared.v1": self._cleared,
            "gardu.equipment.fault.v1": self._fault,
            "gardu.equipment.restored.v1": self._restored,
        }

    def alarms(self) -> tuple[AlarmCount, ...]:
        """Return a row for each kind of alarm."""
        return tuple(self._alarm(kind) for kind in sorted(self._alarms))

    def devices(self) -> tuple[DeviceTrouble, ...]:
        """Return a row for each device that failed or was restored."""
        return tuple(self._device(name) for name in sorted(self._devices))

    def _raised(self, fact: Fact) -> None:
        self._alarms[fact.data["alarm"]]["raised"] += 1
        self._standing.add(fact.data["alarm"])

    def _acknowledged(self, fact: Fact) -> None:
        """Count an alarm that was acknowledged; a second time, at another panel, is the same."""
        kind, since = fact.data["alarm"], fact.data["since"]
        self._alarms[kind]["acknowledged"] += self._acknowledged_since.get(kind) != since
        self._acknowledged_since[kind] = since

    def _cleared(self, fact: Fact) -> None:
        kind = fact.data["alarm"]
        self._alarms[kind]["cleared"] += 1
        self._standing.discard(kind)
        since = datetime.fromisoformat(fact.data["since"])
        lasted_s = (datetime.fromisoformat(fact.time) - since).total_seconds()
        self._alarm_times[kind].append(max(0.0, lasted_s))

    def _fault(self, fact: Fact) -> None:
        device = fact.data["device"]
        self._devices[device]["faults"] += 1
        self._down.setdefault(device, datetime.fromisoformat(fact.time))

    def _restored(self, fact: Fact) -> None:
        """Count the end of a fault; one that began before the month counts from its beginning."""
        device, at = fact.data["device"], datetime.fromisoformat(fact.time)
        known = device in self._devices
        since = self._down.pop(device, None if known else self._start)
        self._devices[device]["restored"] += 1
        if since is not None:
            self._downtimes[device] += max(0.0, (at - since).total_seconds())

    def _alarm(self, kind: str) -> AlarmCount:
        counts, times = self._alarms[kind], ordered(self._alarm_times[kind])
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
        since, rest_s = self._down.get(name), 0.0
        if since is not None:
            rest_s = max(0.0, (self._end - since).total_seconds())
        return DeviceTrouble(
            device=name,
            faults=self._devices[name]["faults"],
            downtime_s=round(self._downtimes[name] + rest_s, 3),
            down_at_end=since is not None,
        )
