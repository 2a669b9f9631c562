"""Reads every wired pin and every input of a module, and never drives an output.

For the technician's tools, which must be safe in an office. Rules
-----
1. A tap claims its pin as an input, also where an output is wired, so it cannot switch a lock or a
   ring. An output's pin is claimed with the pull that it has while the Pi boots, so that reading
   does not change its level. Outputs of modules have no tap: their module reads them back.
2. Every edge counts, also bounces: a change that follows the one before sooner than the contact's
   ``bounce_s`` is counted as a bounce.
3. Drivers use :class:`Mirror`: channels with the taps' levels once these are stable; its outputs
   have no effect.
4. The pulses of a data line are shorter than any stable level: its edges are passed on as they
   come.
5. A pin that cannot be claimed gives the reason, and the others are read all the same.
"""

from collections.abc import Callable, Iterable
from typing import Self

import msgspec

from edge.clock import Clock
from edge.config.inventory import Fitted
from edge.config.sections.pins import Contact, DataLine, Output
from edge.config.wiring import boot_pull
from edge.drivers.channels import Channels, InputChannel, OnEdge
from edge.errors import DeviceUnavailable, ModuleUnavailable

Moved = Callable[["Tap"], None]


class Tap:
    """One pin, or input of a module, that is only read.

    :param channels: the real inputs and outputs
    :param moved: called on every change, on the pins' thread: must not block
    :ivar why: why it cannot be read; empty if it can; *remedy*: what to do about it
    :ivar high: its level (on at a module); None as long as it is not read
    :ivar on_edge: called with every edge, as it comes
    :ivar changes: edges since it was opened; *bounces*: those of them that are bounces
    """

    def __init__(self, fitted: Fitted, channels: Channels, clock: Clock, moved: Moved) -> None:
        self.fitted = fitted
        self.why = self.remedy = ""
        self.high: bool | None = None
        self.changes = 0
        self.bounces = 0
        self._clock = clock
        self._moved = moved
        self._since_ns = 0
        self._bounce_ns = int(getattr(fitted.part, "bounce_s", 0) * 1e9)
        self._read_as = _read_as(fitted)
        self._channels = channels
        self._channel: InputChannel | None = None
        self.on_edge: OnEdge | None = None

    @property
    def place(self) -> str:
        """The place of its wires, in words."""
        return self.fitted.part.place

    @property
    def where(self) -> str:
        """The same, as technicians call it: ``GPIO 4``, ``input 3 of floor-2``."""
        part = self.fitted.part
        return part.place if part.module else f"GPIO {part.bcm}"

    @property
    def level(self) -> str:
        """Its level in words; empty as long as it is not read."""
        names = ("off", "on") if self.fitted.part.module else ("low", "high")
        return "" if self.high is None else names[self.high]

    @property
    def active(self) -> bool | None:
        """True if the contact is active, or the output's load switched on; None: not read."""
        if self.high is None:
            return None
        part = self.fitted.part
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
            self._channel = self._channels.claim_input(self._read_as, self._seen)
            self.high, self._since_ns = self._channel.level(), self._clock.boot_ns()
        except DeviceUnavailable as error:
            self.why, self.remedy = str(error), error.remedy
        if self.high is None and not self.why:
            self.why = f"{self.where}: its module does not answer"

    def close(self) -> None:
        """Release the pin."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()

    def _seen(self, moment: float, level: bool | None) -> None:  # noqa: FBT001  # as in OnEdge
        if level == self.high:
            return
        now = self._clock.boot_ns()
        self.changes += 1
        self.bounces += now - self._since_ns < self._bounce_ns
        self.high, self._since_ns = level, now
        if self.on_edge is not None:
            self.on_edge(moment, level)
        self._moved(self)


class Taps:
    """The taps of *parts*; a context manager."""

    def __init__(
        self,
        parts: Iterable[Fitted],
        channels: Channels | None,
        clock: Clock,
        moved: Moved = lambda _tap: None,
    ) -> None:
        readable = [part for part in parts if not (part.is_output and part.part.module)]
        self.taps = [Tap(part, channels, clock, moved) for part in readable] if channels else []

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


class Mirror:
    """Channels for drivers with the levels of *taps*; outputs have no effect.

    :param why: the error for an input that has no tap
    """

    def __init__(self, taps: Iterable[Tap], clock: Clock, why: str = "it is not read") -> None:
        self._taps = {tap.place: tap for tap in taps}
        self._clock = clock
        self._why = why
        self._inputs: list[_MirrorInput] = []

    def claim_input(self, contact: Contact, on_edge: OnEdge) -> InputChannel:
        """Follow the tap of *contact*.

        :raises DeviceUnavailable: if it has none, or the tap's pin cannot be read
        """
        tap = self._taps.get(contact.place)
        if tap is None or tap.high is None:
            why = (tap.why if tap else "") or f"{contact.place}: {self._why}"
            raise ModuleUnavailable(why) if contact.module else DeviceUnavailable(why)
        if tap.fitted.is_data:
            return _DataInput(tap, on_edge)
        self._inputs.append(_MirrorInput(tap, tap.high, on_edge))
        return self._inputs[-1]

    def claim_output(self, _output: Output) -> "_MirrorOutput":
        """Return an output without effect."""
        return _MirrorOutput()

    def close(self) -> None:
        """Hand no edge over any more."""
        self._inputs.clear()

    def settle(self) -> None:
        """Pass every level that has been stable for its bounce time to the drivers; call often."""
        for channel in tuple(self._inputs):
            channel.settle(self._clock.boot_ns() / 1e9)


class _MirrorInput:
    """An input with the level of its tap, as it last was stable."""

    def __init__(self, tap: Tap, high: bool, on_edge: OnEdge) -> None:  # noqa: FBT001 - a level
        self._tap = tap
        self._high = high
        self._on_edge: OnEdge | None = on_edge

    def level(self) -> bool:
        """Return the level that was last stable."""
        return self._high

    def close(self) -> None:
        """Hand no edge over any more."""
        self._on_edge = None

    def settle(self, moment: float) -> None:
        """Take over the level of the tap, if it is stable, at *moment* (seconds)."""
        if self._on_edge is None or self._tap.high in (None, self._high) or not self._tap.stable:
            return
        self._high = not self._high
        self._on_edge(moment, self._high)


class _DataInput:
    """A data line with each edge of its tap."""

    def __init__(self, tap: Tap, on_edge: OnEdge) -> None:
        self._tap = tap
        tap.on_edge = on_edge

    def level(self) -> bool:
        """Return the tap's level."""
        return bool(self._tap.high)

    def close(self) -> None:
        """Hand no edge over any more."""
        self._tap.on_edge = None


class _MirrorOutput:
    """An output without effect; it is always off."""

    on = False

    def set(self, *, on: bool, at_most_s: float | None = None) -> None:
        """Do nothing."""

    def blink(self, on_s: float, off_s: float) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def _read_as(fitted: Fitted) -> Contact:
    """Return the contact that a tap claims: without bounce time, so that every edge counts."""
    part = fitted.part
    if isinstance(part, Contact):
        return msgspec.structs.replace(part, bounce_s=0.0)
    if isinstance(part, DataLine):
        return part.contact
    return Contact(pin=part.pin, pull=boot_pull(part.bcm), bounce_s=0.0)
