"""Reads every wired pin of a checkpoint and never drives one.

For the technician's tools, which must be safe in an office. Rules
-----
1. A tap claims its pin as an input, also where an output is wired, so it cannot switch a lock or a
   ring. An output's pin is claimed with the pull that it has while the Pi boots, so that reading
   does not change its level.
2. Every edge counts, also bounces: a change that follows the one before sooner than the contact's
   ``bounce_s`` is counted as a bounce.
3. Drivers use :class:`Mirror`: pins with the taps' levels once these are stable; its outputs have
   no effect.
4. The pulses of a data line are shorter than any stable level: the tap passes each edge with its
   stamp to the driver.
5. A pin that cannot be claimed gives the reason, and the others are read all the same.
"""

from collections.abc import Callable, Iterable
from typing import Any, Self

import msgspec
from gpiozero import Factory, InputDevice
from gpiozero.pins.mock import MockFactory, MockPin

from edge.clock import Clock
from edge.config.inventory import Fitted
from edge.config.sections.pins import Contact, Output
from edge.config.wiring import boot_pull
from edge.drivers.gpio.contacts import GpioContact
from edge.drivers.gpio.pins import claiming
from edge.errors import DeviceUnavailable

# Raspberry Pi 4 Model B, 4 GB: the mirror needs any board with the 40-pin header.
_REVISION = "c03115"

Moved = Callable[["Tap"], None]


class Tap:
    """One pin that is only read.

    :param factory: the real pins
    :param moved: called on every change, on the pins' thread: must not block
    :ivar why: why it cannot be read; empty if it can
    :ivar high: its level; None as long as it is not read
    :ivar changes: edges since it was opened; *bounces*: those of them that are bounces
    """

    def __init__(self, fitted: Fitted, factory: Factory, clock: Clock, moved: Moved) -> None:
        self.fitted = fitted
        self.why = ""
        self.high: bool | None = None
        self.changes = 0
        self.bounces = 0
        self._clock = clock
        self._moved = moved
        self._since_ns = 0
        self._bounce_ns = int(getattr(fitted.part, "bounce_s", 0) * 1e9)
        self._read_as = _read_as(fitted)
        self._contact = GpioContact(self._read_as, factory, clock, self._seen)

    @property
    def pin(self) -> int:
        """BCM number."""
        return self.fitted.part.pin

    @property
    def active(self) -> bool | None:
        """True if the contact is active, or the output's load switched on; None: not read."""
        if self.high is None:
            return None
        part = self.fitted.part
        if isinstance(part, Output):
            return self.high == (part.active == "high")
        return self.high == part.active_level

    @property
    def steady_s(self) -> float:
        """Time since the level last changed, seconds."""
        return (self._clock.boot_ns() - self._since_ns) / 1e9

    @property
    def stable(self) -> bool:
        """True if the level has not changed for the contact's bounce time."""
        return self._clock.boot_ns() - self._since_ns >= self._bounce_ns

    def open(self) -> None:
        """Claim the pin; on failure set :attr:`why`."""
        try:
            with claiming(f"GPIO {self.pin}"):
                self._claim()
        except DeviceUnavailable as error:
            self.why = str(error)

    def close(self) -> None:
        """Release the pin."""
        self._contact.close()

    def _claim(self) -> None:
        self._contact.open()

    def _seen(self, *, active: bool, initial: bool) -> None:
        now = self._clock.boot_ns()
        if not initial:
            self.changes += 1
            self.bounces += now - self._since_ns < self._bounce_ns
        self.high = active == self._read_as.active_level
        self._since_ns = now
        if not initial:
            self._moved(self)


class DataTap(Tap):
    """A data line that is only read; *on_edge* is called with the stamp and level of each edge."""

    def __init__(self, fitted: Fitted, factory: Factory, clock: Clock, moved: Moved) -> None:
        super().__init__(fitted, factory, clock, moved)
        self.on_edge: Callable[[float, bool], None] | None = None
        self._factory = factory
        self._device: Any = None

    def _claim(self) -> None:
        pull_up = getattr(self.fitted.part, "pull", "up") == "up" or None
        active_state = None if pull_up else False
        self._device = InputDevice(
            self.pin, pull_up=pull_up, active_state=active_state, pin_factory=self._factory
        )
        self.high = bool(self._device.pin.state)
        self._since_ns = self._clock.boot_ns()
        self._device.pin.edges = "both"
        self._device.pin.when_changed = self._edge

    def close(self) -> None:
        """Release the pin."""
        device, self._device = self._device, None
        if device is not None:
            device.pin.when_changed = None
            device.close()

    def _edge(self, ticks: float, state: float) -> None:
        self.high = bool(state)
        self.changes += 1
        self._since_ns = self._clock.boot_ns()
        if self.on_edge is not None:
            self.on_edge(ticks, self.high)
        self._moved(self)


class Taps:
    """The taps of *parts*; a context manager."""

    def __init__(
        self,
        parts: Iterable[Fitted],
        factory: Factory,
        clock: Clock,
        moved: Moved = lambda _tap: None,
    ) -> None:
        self.taps = [
            (DataTap if part.is_data else Tap)(part, factory, clock, moved) for part in parts
        ]

    def __enter__(self) -> Self:
        for tap in self.taps:
            tap.open()
        return self

    def __exit__(self, *_error: object) -> None:
        for tap in self.taps:
            tap.close()

    def of(self, device: str) -> list[Tap]:
        """Return the taps of *device*."""
        return [tap for tap in self.taps if tap.fitted.device == device]


class Mirror(MockFactory):  # type: ignore[misc]  # gpiozero has no types
    """Pins for drivers with the levels of *taps*; outputs have no effect.

    :param unread: pins of outputs that have no tap: drivers read them as low
    :param why: the error for any other pin that has no tap
    """

    def __init__(
        self, taps: Iterable[Tap], unread: Iterable[int] = (), why: str = "this pin is not read"
    ) -> None:
        super().__init__(revision=_REVISION, pin_class=_MirrorPin)
        self._taps = {tap.pin: tap for tap in taps}
        self._unread = frozenset(unread)
        self._why = why
        for tap in self._taps.values():
            if isinstance(tap, DataTap) and tap.high is not None:
                tap.on_edge = self.pin(tap.pin).edge

    def level(self, number: int) -> bool:
        """Return the level of pin *number*.

        :raises DeviceUnavailable: if it is not read
        """
        if number in self._unread:
            return False
        tap = self._taps.get(number)
        if tap is None or tap.high is None:
            raise DeviceUnavailable((tap.why if tap else "") or f"GPIO {number}: {self._why}")
        return tap.high

    def settle(self) -> None:
        """Pass every level that has been stable for its bounce time to the drivers; call often."""
        for tap in self._taps.values():
            if tap.high is not None and tap.stable and not isinstance(tap, DataTap):
                self.pin(tap.pin).follow(tap.high)


class _MirrorPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin that has its tap's level; the pull that a driver sets has no effect."""

    def __init__(self, factory: Mirror, info: Any) -> None:
        super().__init__(factory, info)
        self._state = factory.level(self._number)

    def follow(self, high: bool) -> None:  # noqa: FBT001 - a level, as in drive(True)
        """Set the tap's level, unless a driver uses the pin as an output."""
        if self._function == "input" and high != self._state:
            (self.drive_high if high else self.drive_low)()

    def edge(self, ticks: float, high: bool) -> None:  # noqa: FBT001 - a level, as above
        """Pass an edge with its stamp on to the driver."""
        self._state, self._last_change = high, ticks
        if self.edges in ("both", "rising" if high else "falling") and self.when_changed:
            self._call_when_changed()

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        self._state = self._factory.level(self._number)


def _read_as(fitted: Fitted) -> Contact:
    """Return the contact that a tap claims: without bounce time, so that every edge counts."""
    part = fitted.part
    if isinstance(part, Contact):
        return msgspec.structs.replace(part, bounce_s=0.0)
    return Contact(pin=part.pin, pull=boot_pull(part.pin), bounce_s=0.0)
