"""A clock that stands still until it is moved, and one input whose true level is known.

Everything runs on the test's own thread, in the order of the moments: timers, edges and readings.
A driver that reads a channel with its lock held would wait for itself here for ever.
"""

import heapq
import threading
from bisect import bisect_right
from collections.abc import Callable
from itertools import count
from typing import NamedTuple

from edge.clock import Clock, Stamp
from edge.config.sections.pins import Contact, Output
from edge.drivers.channels import OnEdge
from edge.errors import DeviceUnavailable

# Moments are floating-point numbers of seconds; levels in tests differ by 0.1 ms at least.
_ROUNDING_S = 1e-5
# 15 January 2027.
_WALL_MS = 1_800_000_000_000


class SteppedTimer(threading.Timer):
    """A timer of :class:`SteppedClock`; it is never started as a thread."""

    cancelled = False

    def cancel(self) -> None:
        """Never call any more."""
        self.cancelled = True


class SteppedClock(Clock):
    """A clock that moves only in :meth:`sleep`, which calls all that is due meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.ns = 1_000_000_000_000
        self._order = count()
        self._due: list[tuple[int, int, Callable[[], None]]] = []

    @property
    def s(self) -> float:
        """The present moment, seconds."""
        return self.ns / 1e9

    def boot_ns(self) -> int:
        """Return the present moment."""
        return self.ns

    def wall_ms(self) -> int:
        """Return the present moment, milliseconds since 1970 UTC."""
        return _WALL_MS + self.ns // 1_000_000

    def now(self) -> Stamp:
        """Return the present moment."""
        return Stamp(self.ns, 0)

    def at(self, moment: float, call: Callable[[], None]) -> None:
        """Have *call* called at *moment*, seconds."""
        heapq.heappush(self._due, (round(moment * 1e9), next(self._order), call))

    def timer(self, seconds: float, call: Callable[[threading.Timer], None]) -> threading.Timer:
        """Return a timer that calls *call* once the clock has been moved by *seconds*."""
        timer = SteppedTimer(seconds, lambda: None)
        self.at(self.s + seconds, lambda: None if timer.cancelled else call(timer))
        return timer

    def sleep(self, seconds: float) -> None:
        """Move the clock by *seconds*."""
        end = self.ns + round(seconds * 1e9)
        while self._due and self._due[0][0] <= end:
            moment, _, call = heapq.heappop(self._due)
            self.ns = max(self.ns, moment)
            call()
        self.ns = max(self.ns, end)


class Stretch(NamedTuple):
    """A stretch of time, seconds, in which the contact truly had the level *active*."""

    begin: float
    end: float
    active: bool

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.begin


class TrueContact:
    """The channels of one contact: its true level, and what a driver hears of it.

    :param stretches: its true levels, without gaps
    :param lost: the edges (by number, after the filter of the bounce time) that are never heard
    :param late_s: how late each edge is heard, seconds, by number in turn; edges stay in order
    :param deaf: stretches of time in which the level cannot be read
    :ivar config: its place, wiring and bounce time
    :ivar counting: its levels that lasted for *floor_s*
    :ivar latest_s: the longest from a change to its edge, seconds
    """

    def __init__(
        self,
        clock: SteppedClock,
        stretches: list[Stretch],
        contact: Contact,
        *,
        floor_s: float,
        lost: frozenset[int] = frozenset(),
        late_s: tuple[float, ...] = (),
        deaf: tuple[tuple[float, float], ...] = (),
    ) -> None:
        self.counting = filtered(stretches, floor_s)
        self.latest_s = floor_s + max(late_s, default=0.0)
        self._clock = clock
        self._stretches = stretches
        self._begins = [stretch.begin for stretch in stretches]
        self.config = contact
        self._deaf = deaf
        self._on_edge: OnEdge | None = None
        heard = filtered(stretches, contact.bounce_s)
        self._edges: list[tuple[float, float | None]] = []
        latest = 0.0
        for number, stretch in enumerate(heard[1:]):
            if number in lost:
                self._edges.append((stretch.begin, None))
                continue
            late = late_s[number % len(late_s)] if late_s else 0.0
            latest = max(latest, stretch.begin + contact.bounce_s + late)
            self._edges.append((stretch.begin, latest))
            clock.at(latest, self._edge(stretch.begin, active=stretch.active))

    def blind(self, begin: float, end: float) -> bool:
        """Return True if two edges in a row were unheard at a moment between *begin* and *end*."""
        moments = [moment for moment, _ in self._edges if begin <= moment <= end]
        return any(self._unheard(moment) > 1 for moment in moments)

    def _unheard(self, at: float) -> int:
        """Return the number of the last edges until *at* in a row that are not heard by then."""
        number = 0
        for moment, heard in reversed(self._edges):
            if moment <= at:
                if heard is not None and heard <= at:
                    break
                number += 1
        return number

    def claim(self, on_edge: OnEdge) -> "TrueContact":
        """Hand the edges over."""
        self._on_edge = on_edge
        return self

    def level(self) -> bool:
        """Return the true level, or refuse."""
        now = self._clock.s
        if any(begin <= now < end for begin, end in self._deaf):
            raise DeviceUnavailable("deaf", "Wait.")
        return self._pin(active=self.active_at(now))

    def close(self) -> None:
        """Hand no edge over any more."""
        self._on_edge = None

    def active_at(self, moment: float) -> bool:
        """Return the true level at *moment*."""
        return self._stretches[bisect_right(self._begins, moment) - 1].active

    def _pin(self, *, active: bool) -> bool:
        return active == self.config.active_level

    def _edge(self, moment: float, *, active: bool) -> Callable[[], None]:
        def hand_over() -> None:
            if self._on_edge is not None:
                self._on_edge(moment, self._pin(active=active))

        return hand_over


class TrueChannels:
    """Channels with these contacts, by their pins; outputs have no effect."""

    def __init__(self, contacts: dict[int, TrueContact]) -> None:
        self._contacts = contacts

    def claim_input(self, contact: Contact, on_edge: OnEdge) -> TrueContact:
        """Claim the contact of a pin."""
        return self._contacts[contact.bcm].claim(on_edge)

    def claim_output(self, output: Output) -> "TrueOutput":
        """Return an output without effect."""
        return TrueOutput()

    def close(self) -> None:
        """Do nothing."""


class TrueOutput:
    """An output without effect."""

    on = False

    def set(self, *, on: bool, at_most_s: float | None = None) -> None:
        """Do nothing."""

    def blink(self, on_s: float, off_s: float) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def filtered(stretches: list[Stretch], stable_s: float) -> list[Stretch]:
    """Return the levels that lasted for *stable_s*, each until the next one begins."""
    kept: list[Stretch] = [stretches[0]]
    for stretch in stretches[1:]:
        if stretch.seconds >= stable_s - _ROUNDING_S and stretch.active != kept[-1].active:
            kept[-1] = kept[-1]._replace(end=stretch.begin)
            kept.append(stretch)
        else:
            kept[-1] = kept[-1]._replace(end=stretch.end)
    return kept
