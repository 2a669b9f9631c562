"""Connects twins to the header: contacts that bounce, and loads that a level switches on."""

import asyncio
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Literal

from edge.clock import Clock
from edge.config.sections.pins import Contact, Output
from sim.world.header import HeaderPin

# Relay and push-button data sheets give bounce times of 1 to 5 ms.
_BOUNCE_NS = 5_000_000
# A loose contact makes 2 to 20 edges a second (reports of door sensors); half a period, seconds.
_CHATTER_S = 0.25

Fault = Literal["stuck", "cut", "loose"]


class Switch:
    """A dry contact, wired to its pin as the config defines; it bounces a little when it moves.

    The bounces are put on the pin at once with the moments at which they happen (up to 5 ms of the
    clock ahead), because at sixty times the speed no timer could separate them.

    :ivar active: the device behind it is active (pressed, open, alarm), faulty or not
    :ivar fault: ``stuck``: stays where it is; ``cut``: its wire is broken; ``loose``: it opens and
        closes all the time; None: works
    :ivar moved: called with the moment (boot ns) each time the device behind it becomes active
    :ivar loses_edge: the daemon is not told of the next movement (:attr:`HeaderPin.told`)
    """

    def __init__(self, pin: HeaderPin, contact: Contact, clock: Clock, chance: Random) -> None:
        self.active = False
        self.fault: Fault | None = None
        self.moved: list[Callable[[int], None]] = []
        self.loses_edge = False
        self._pin = pin
        self._clock = clock
        self._chance = chance
        self._closed_when_active = contact.wired == "normally-open"
        self._closed_level = int(contact.closed_level)
        self._last = 0
        if contact.module is None and contact.pull.startswith("external-"):
            pin.fit(1 - self._closed_level)
        self._connect(self._closed, clock.boot_ns())

    @property
    def _closed(self) -> bool:
        return self.active == self._closed_when_active

    def set(self, active: bool, at: int | None = None) -> None:  # noqa: FBT001 - like a pin's level
        """Make the contact active or let it rest, at moment *at* (boot ns) or now.

        A caller that moves it twice in a row passes *at*, so that no busy machine lengthens the
        time between.
        """
        if active == self.active:
            return
        self.active = active
        moment = self._clock.boot_ns() if at is None else at
        if self.fault is None:
            self._move(moment)
        if active:
            for call in self.moved:
                call(moment)

    def fail(self, fault: Fault | None) -> None:
        """Break the contact, or mend it (None): it then moves to the position it should have."""
        self.fault = fault
        if fault == "cut":
            self._connect(closed=False, at=self._clock.boot_ns())
        elif fault == "loose":
            self._chatter(closed=not self._closed)
        elif fault is None:
            self._connect(self._closed, self._clock.boot_ns())

    @property
    def has_edges(self) -> bool:
        """True if it is wired to a pin; a module's inputs are polled, and have no edges."""
        return self._pin.number >= 0

    def flip(self, at: int, *, rests: bool = True) -> None:
        """Put the contact at moment *at* (boot ns) into its rest, or (*rests* false) out of it.

        Rest is the position that the device behind it gives. The device does not move.
        """
        self._connect(self._closed == rests, max(at, self._last + 1))

    async def pulse(self, seconds: float, at: int | None = None) -> None:
        """Move the contact out of its rest for *seconds* from moment *at* (boot ns) or now.

        Crosstalk of a long cable, interference: the device does not move. A contact that is faulty
        has no pulse. In scaled time both edges are put on the pin at the end, so that no busy
        machine lengthens the pulse.
        """
        begun, own = self._clock.boot_ns() if at is None else at, self._clock.own
        if own and self.fault is None:
            self.flip(begun, rests=False)
        await self._clock.pause(seconds)
        if self.fault is None:
            if not own:
                self.flip(begun, rests=False)
            self.flip(begun + int(seconds * 1e9))

    def _chatter(self, *, closed: bool) -> None:
        if self.fault == "loose":
            self._connect(closed, self._clock.boot_ns())
            again = partial(self._chatter, closed=not closed)
            asyncio.get_running_loop().call_later(self._clock.real(_CHATTER_S), again)

    def _move(self, at: int) -> None:
        start = max(at, self._last + 1)
        bounces = 2 * self._chance.randrange(3)
        later = sorted(self._chance.randrange(1, _BOUNCE_NS) for _ in range(bounces))
        closed = self._closed
        self._pin.told = not self.loses_edge
        for offset in (0, *later):
            self._connect(closed, start + offset)
            closed = not closed
        self._pin.told, self.loses_edge = True, False

    def _connect(self, closed: bool, at: int) -> None:  # noqa: FBT001 - private, named above
        self._last = at
        self._pin.tie(self._closed_level if closed else None, at)


class Load:
    """A relay, lamp or buzzer: on while its pin has the active level.

    A resistor holds it off while the pin is not driven, as the wiring guide requires.

    :param changed: called with ``on`` and the moment (boot ns), on every change
    """

    def __init__(
        self, pin: HeaderPin, output: Output, changed: Callable[[bool, int], None]
    ) -> None:
        self._pin = pin
        self._active = int(output.active_level)
        self._changed = changed
        pin.fit(1 - self._active)
        pin.watchers.append(self._watch)

    @property
    def on(self) -> bool:
        """True while current flows."""
        return self._pin.level == self._active

    @property
    def driven(self) -> bool:
        """True while a daemon holds the pin as an output."""
        return self._pin.driven is not None

    def _watch(self, level: int, at: int) -> None:
        self._changed(level == self._active, at)
