"""A guest's place in the lines, and the times of the guest's phase.

Whose turn it is follows from these places: sim/people/turn.py.
"""

from typing import TYPE_CHECKING

from sim.people.course import Standing

if TYPE_CHECKING:
    from sim.people.visit import Visit

_WAITS = ("aiphone.call", "room.free")


class Place:
    """The place of *visit* in its lines, and the times of its phase.

    :ivar came: the order of coming to the present station
    :ivar waits: the order of beginning to wait
    :ivar front: the guest's card was shown last at the present station: presses are for this guest
    :ivar entered_s: when the present phase was entered, seconds of the clock
    :ivar took: the time of each step behind the guest, seconds; None where it is not known
    :ivar seen_s: when the checkpoint last had evidence of the guest, seconds of the clock
    """

    def __init__(self, visit: "Visit") -> None:
        self.visit = visit
        self.came = self.waits = self.entered_s = self.arrived_s = self.seen_s = 0.0
        self.took: list[float | None] = []
        self._started: float | None = None
        self._sure = visit.people.clock.own  # else people need real time for their deeds
        self.here = self.front = False

    def _now(self) -> float:
        return self.visit.people.clock.boot_ns() / 1e9

    def come(self) -> None:
        """Record that the visit is open."""
        self.here = True
        self.came = self.waits = self.arrived_s = self._now()
        self.took = [0.0] * len(self.visit.at.trail)  # the arrival itself
        self.entered()

    def seen(self) -> None:
        """Record that the checkpoint has evidence of the guest now."""
        self.seen_s = self._now()

    def entered(self) -> None:
        """Record that the present phase begins now."""
        self.seen()
        self.entered_s = self.seen_s
        step = self.visit.text.steps[self.visit.at.step]
        begins = [step.timed_from] if isinstance(step.timed_from, str) else list(step.timed_from)
        if self._started is None and (not begins or self.visit.at.phase in begins):
            self._started = self.entered_s

    def moved(self, before: Standing) -> None:
        """Record a move from *before* to the visit's present standing."""
        visit = self.visit
        self._leave_steps(len(visit.at.trail) - len(before.trail))
        if visit.at.over is not None:
            return
        if (before.step, len(before.trail)) != (visit.at.step, len(visit.at.trail)):
            self._started = None
            if visit.equipment.station_at(before) != visit.station:
                self.came = self._now()
        if visit.at.phase != before.phase or visit.at.step != before.step or visit.at != before:
            phase = visit.at.present(visit.text)
            earlier = before.present(visit.text)
            if any(phase.waits_for(one) and not earlier.waits_for(one) for one in _WAITS):
                self.waits = self._now()
            self.entered()

    def doubt(self) -> None:
        """Record that the time of the present step is not known."""
        self._sure = False

    def _leave_steps(self, count: int) -> None:
        """Record the time of the step that was left; the others were passed through."""
        if count > 0:
            took = 0.0 if self._started is None else self._now() - self._started
            self.took += [took if self._sure else None, *[0.0] * (count - 1)]
            self._sure = self.visit.people.clock.own

    @property
    def due_s(self) -> float | None:
        """When the timer of the phase ends, seconds of the clock; None if it has none."""
        for row in self.visit.at.present(self.visit.text).on:
            if row.event == "timeout":
                if row.at_s is not None:
                    start = self._started if self._started is not None else self.entered_s
                    return start + row.at_s + self._extended_s
                return self.entered_s + (row.after_s or 0.0)
        return None

    @property
    def asked_at_s(self) -> float:
        """When the panel asks if the guest is still here, without more evidence; clock seconds.

        It does not ask while the time of a step is within its limit: it tries once more then.
        """
        config = self.visit.people.lobby.config.checkpoint
        after_s = self.visit.text.abandoned_after_s or config.abandoned_after_s
        at_s = self.seen_s + after_s
        limit_s = self.visit.text.steps[self.visit.at.step].standard_s
        if limit_s is None or self._started is None:
            return at_s
        return at_s + (after_s if self._started + limit_s + self._extended_s > at_s else 0.0)

    @property
    def asked(self) -> bool:
        """True if the panel asks whether the guest is still here."""
        return self.here and self._now() >= self.asked_at_s

    @property
    def _extended_s(self) -> float:
        step = self.visit.text.steps[self.visit.at.step]
        return self.visit.at.extensions * (step.extend_s or 0.0)

    @property
    def full(self) -> frozenset[str]:
        """The places that have no room for the guest now."""
        people, own = self.visit.people, self.visit
        full = set()
        for item in people.lobby.config.places:
            others = [one.visit for one in people.guests if one.visit and one is not own.guest]
            inside = sum(one.guest.persons for one in others if one.at.place == item.id)
            before = any(
                _waits_for_room(one, item.id) and one.place.rank < self.rank for one in others
            )
            if inside + own.guest.persons > item.at_most or before:
                full.add(item.id)
        return frozenset(full)

    @property
    def lacks_room(self) -> bool:
        """True while the place that the guest waits for has no room for the guest."""
        step = self.visit.text.steps[self.visit.at.step]
        wanted = {one.needs.partition(":")[2] for one in step.phases if one.needs}
        return bool(wanted & self.full)

    @property
    def another_waits(self) -> bool:
        """True if another guest is in line at the same station."""
        visit = self.visit
        return any(
            one.visit is not None and one is not visit.guest and one.visit.station == visit.station
            for one in visit.people.guests
            if one.visit is not None and one.visit.is_open
        )

    def show(self) -> None:
        """Record that a card of the guest was shown at the present station."""
        reader, own = self.visit.people.hands.reader_at, self.visit
        for one in own.people.guests:
            if one.visit is not None and reader(one.visit.station) == reader(own.station):
                one.visit.place.front = False
        self.front = True
        self.to_the_front()

    def to_the_front(self) -> None:
        """Go to the front of the line."""
        others = [one.visit.place.came for one in self.visit.people.guests if one.visit]
        self.came = min(others) - 1.0
        self.seen()

    def to_the_end(self) -> None:
        """Go to the end of the line."""
        self.came = self._now()

    @property
    def rank(self) -> tuple[float, float]:
        """The order in which those who wait are called."""
        priority = self.visit.equipment.priority
        by_arrival = self.visit.text.waiting_order == "arrival"
        return (-priority, self.arrived_s if by_arrival else self.waits)


def _waits_for_room(visit: "Visit", place: str) -> bool:
    if not visit.is_open:
        return False
    phase = visit.at.present(visit.text)
    return phase.waits_for("room.free") and any(
        one.needs == f"room:{place}" for one in visit.text.steps[visit.at.step].phases
    )
