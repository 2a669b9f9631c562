"""Incidents: events in the lobby that are alarms, as people there see them.

A caused alarm must be in the records as often as it was caused, and its end as often as its cause
is over. A possible alarm may be there: a faulty wire, or a locker that stands open, can be one or
not. Any other alarm of the lobby's equipment has no cause.
"""

from collections.abc import Callable
from fnmatch import fnmatchcase

import msgspec

# The alarm of each safety input, by the key of its contact.
ALARM_OF = {
    "fire": "fire",
    "duress": "duress",
    "enclosure_tamper": "enclosure-tamper",
    "mains": "mains-lost",
    "battery": "battery-low",
}
# The alarms that a faulty contact can raise, by the kind of its place and its key; patterns.
_OF_PLACE = {
    "door": ("door-forced-{name}", "door-held-{name}"),
    "locker": ("locker-forced-{name}",),
    "detector": ("metal-detector*", "detector-tamper*", "beam-blocked*"),
}
# A locker's door that is left open: an alarm only if no visit waits for it to close.
_ALWAYS = ("locker-left-open-*",)


class Count(msgspec.Struct, frozen=True):
    """A count of the open visits and their persons."""

    visits: int
    persons: int


class Caused(msgspec.Struct):
    """How often the lobby has caused an alarm.

    :ivar times: how often
    :ivar over: returns True if its last cause is over
    :ivar inside: for each time, counts of the guests inside about then; empty: not counted
    """

    over: Callable[[], bool]
    times: int = 0
    inside: list[tuple[Count, ...]] = []


class Incidents:
    """The incidents of one lobby.

    :ivar caused: by alarm
    """

    def __init__(self) -> None:
        self.caused: dict[str, Caused] = {}
        self._possible = list(_ALWAYS)

    def cause(self, alarm: str, over: Callable[[], bool], *inside: Count) -> None:
        """Record that *alarm* is caused now; ``over()`` is True once that is over."""
        caused = self.caused.setdefault(alarm, Caused(over))
        caused.over = over
        caused.times += 1
        caused.inside.append(inside)

    def count_again(self, alarm: str, inside: Count) -> None:
        """Add a later count of the guests inside to the last cause of *alarm*."""
        counts = self.caused[alarm].inside
        counts[-1] = (*counts[-1], inside)

    def allow(self, *alarms: str) -> None:
        """Record that *alarms* (patterns) are possible from now on, any number of times."""
        self._possible.extend(alarms)

    def allow_at(self, place: str) -> None:
        """Record that the contact at *place* (``door/NAME``, ``safety/KEY``, …) is faulty."""
        kind, _, rest = place.partition("/")
        if kind == "safety":
            self.allow(ALARM_OF.get(rest, rest))
        self.allow(*(alarm.format(name=rest) for alarm in _OF_PLACE.get(kind, ())))

    def possible(self, alarm: str) -> bool:
        """Return True if *alarm* may be in the records, or not."""
        return any(fnmatchcase(alarm, pattern) for pattern in self._possible)
