"""The equipment of a procedure at this checkpoint, as people see it: which events they can do.

Nothing of it is the daemon's: it is what stands in the lobby, by the config, and what the people
see of lockers, places and clock.
"""

from collections.abc import Callable

from msgspec.structs import replace

from edge.clock import Clock
from edge.config.hosts import hosts_of
from edge.config.model import Config
from edge.config.sections.hosts import Host
from edge.config.sections.panels import Button
from sim.people.course import Standing, Surroundings, Trace
from sim.people.procedure_text import Step, Text

_AIDE = "aide"
_IDENTITY = ("identity-ktp", "identity-sim", "identity-other")
# The contact of the aiphone for each of its events.
CONTACTS = {"accept": "accept", "call": "accept", "decline": "decline",
            "release": "release", "extend": "extend"}  # fmt: skip


class Equipment:
    """The equipment for the guests of *host* under *text*."""

    def __init__(self, config: Config, clock: Clock, text: Text, host: Host) -> None:
        self.text = text
        self.host = host
        self._clock = clock
        self._config = config
        self._several_hosts = len(hosts_of(config, text.id)) > 1

    @property
    def host_station(self) -> tuple[str, str] | None:
        """The aide's station, and the host's own in its place; None if the host has none."""
        return (_AIDE, self.host.station) if self.host.station else None

    def station(self, step: Step) -> str:
        """Return the station of *step*: the aide's is the host's own, if the host has one."""
        return self._own(step.station)

    def where(self, trace: Trace) -> Trace:
        """Return *trace* with the station where its officer sits here."""
        return replace(trace, station=self._own(trace.station))

    def _own(self, station: str) -> str:
        return (self.host.station or station) if station == _AIDE else station

    def station_at(self, at: Standing) -> str:
        """Return the station of the step of *at*."""
        return self.station(self.text.steps[at.step])

    def aiphone_at(self, at: Standing) -> str | None:
        """Return the aiphone whose answers count at *at*."""
        return self.text.steps[at.step].aiphone or self.host.aiphone

    def can(self, at: Standing, event: str) -> bool:
        """Return True if people can do *event* at *at* with what stands here."""
        kind, _, word = event.partition(".")
        station = self.station_at(at)
        by_kind: dict[str, Callable[[], bool]] = {
            "button": lambda: self._button(station, word),
            "aiphone": lambda: self._contact(at, word),
            "card": lambda: self._card(station, word),
            "identity": lambda: any(self._button(station, one) for one in _IDENTITY),
            "locker": lambda: self._config.lockers is not None,
            "detector": lambda: self._detector(station, word),
            "door": self._door_shows,
        }
        possible = by_kind.get(kind)
        return kind in ("room", "timeout") if possible is None else possible()

    def _card(self, station: str, word: str) -> bool:
        if word == "escort" and not self._config.cards.escort:
            return False
        return word == "presented" or self.reads(station)

    def _door_shows(self) -> bool:
        """Return True if the door to the host has a contact, so that its leaf is seen."""
        return self.door is not None and self._config.doors[self.door].contact is not None

    def reads(self, station: str) -> bool:
        """Return True if a card reader is beside *station*."""
        return any(station in one.stations for one in self._config.card_readers.values())

    def _button(self, station: str, action: str) -> bool:
        panels = self._config.panels.values()
        return any(
            action in (button.press, button.hold)
            for panel in panels
            if station in panel.stations
            for button in panel.buttons
        )

    def _contact(self, at: Standing, word: str) -> bool:
        name = self.aiphone_at(at)
        contact = CONTACTS.get(word)
        if name is None or contact is None:
            return False
        return getattr(self._config.aiphone[name], contact) is not None

    def _detector(self, station: str, word: str) -> bool:
        found = [one for one in self._config.detectors.items() if self._serves(one[0], station)]
        what, _, name = word.partition(":")
        return any(
            (not name or name == called)
            and (what == "alarm" or (what == "exit" and "out" in item.walks) or
                 (what == "passage" and "in" in item.walks) or
                 (what == "too-fast" and bool(item.beams)))
            for called, item in found
        )  # fmt: skip

    def _serves(self, detector: str, station: str) -> bool:
        named = self._config.metal_detectors
        return detector not in named or station in named[detector].stations

    @property
    def door(self) -> str | None:
        """The access door that serves the procedure; None if there is none."""
        doors = self._config.doors.items()
        return next((name for name, door in doors if self.text.id in door.procedures), None)

    @property
    def arrival(self) -> tuple[str, Button] | None:
        """The first station with a button that opens visits to the host, and that button."""
        for named in (self.host.id, None):
            for panel in self._config.panels.values():
                for button in panel.buttons:
                    opens = "arrive" in (button.press, button.hold)
                    if (
                        opens
                        and button.procedure in (self.text.id, None)
                        and (button.host == named)
                    ):
                        return panel.stations[0], button
        return None

    @property
    def priority(self) -> int:
        """The priority of the guests among those who wait."""
        found = self.arrival
        kind = None if found is None else found[1].guest_kind
        return next((one.priority for one in self._config.guest_kinds if one.id == kind), 0)

    @property
    def pool(self) -> str | None:
        """The pool of the guests' cards; None: the visitor cards."""
        found = self.arrival
        kind = None if found is None else found[1].guest_kind
        for item in self._config.guest_kinds:
            if item.id == kind and item.card_pool:
                return item.card_pool
        return self.text.card_pool

    def surroundings(self, *, free_lockers: int, full: frozenset[str], away: bool) -> Surroundings:
        """Return what can be seen now.

        :param free_lockers: lockers without belongings
        :param full: places without room for the guest
        :param away: the host is known to be away
        """
        config = self._config
        readers = (station for one in config.card_readers.values() for station in one.stations)
        stations = {self.station(step) for step in self.text.steps}
        walks = {
            (station, direction)
            for station in stations
            for name, item in config.detectors.items()
            if self._serves(name, station)
            for direction in item.walks
        }
        lockers = config.lockers
        return Surroundings(
            readers=frozenset(readers),
            walks=frozenset(walks),
            door=self.door is not None,
            officer_opens=lockers is not None and lockers.return_needs == "card-and-button",
            several_hosts=self._several_hosts,
            free_lockers=free_lockers,
            host_away=away,
            closed=False,  # the checkpoint trusts no simulated clock: no hour refuses a guest
            full=full,
        )
