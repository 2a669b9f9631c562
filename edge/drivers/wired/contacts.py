"""A dry contact on an input.

Rules of this driver
--------------------
1. It reports the level found at opening, then every change: never a level twice.
2. The level comes from the contact's wiring (``Contact.active_level``), read from the channel.
3. A change that could not be reported counts as not reported; :meth:`WiredContact.reconcile`
   reports it again.
4. A contact that is active for longer than any press, alarm or passage lasts is stuck, or the
   wire of a closed loop is cut: a fault until it rests again. It stays reported as active.
   (The cut wire of an open loop reads as rest for ever: wire alarms as closed loops.)
5. No call into a channel while the lock is held (a library may hold locks of its own).
"""

import threading
from typing import Protocol

from edge.clock import Clock
from edge.config.sections.pins import Contact
from edge.drivers.channels import Channels, InputChannel
from edge.errors import DeviceUnavailable, ModuleUnavailable

HELD_S = 30.0
"""The longest that a button is held on purpose, seconds."""


class Report(Protocol):
    """Receives a contact's level, and whether it was found at opening."""

    def __call__(self, *, active: bool, initial: bool) -> None:
        """Hand the level over; no work here."""


class WiredContact:
    """One contact; reports through *report* from any thread.

    :param config: place, wiring and bounce time (seconds of this clock)
    :param stuck_s: active for longer than this it is stuck, seconds of this clock; None: never
    """

    def __init__(
        self,
        config: Contact,
        channels: Channels,
        clock: Clock,
        report: Report,
        stuck_s: float | None = None,
    ) -> None:
        self._config = config
        self._channels = channels
        self._clock = clock
        self._report = report
        self._lock = threading.Lock()
        self._channel: InputChannel | None = None
        self._active: bool | None = None
        self._stuck_s = stuck_s
        self._since_ns = 0
        self._moment: float | None = None
        self._lasted_s = 0.0

    def open(self) -> None:
        """Claim the input, follow its edges and report the level found.

        :raises DeviceUnavailable: if the input cannot be claimed
        """
        channel = self._channels.claim_input(self._config, self._changed)
        self._channel = channel
        try:
            self._see(active=self._meant(level=channel.level()))
        except ModuleUnavailable:  # the first level comes once the module answers
            if self._config.when_lost == "alarm":
                self._see(active=True)

    def close(self) -> None:
        """Release the input and stop reporting. May be called twice."""
        with self._lock:
            channel, self._channel, self._active = self._channel, None, None
        if channel is not None:
            channel.close()

    def reconcile(self) -> None:
        """Read the level again and report it if an edge was missed.

        A level that does not last for the bounce time was a bounce, not a change.
        """
        found = self._read()
        if found is None or found == self._active:
            return
        self._clock.sleep(self._config.bounce_s)
        if self._read() == found:
            self._see(active=found)

    @property
    def active(self) -> bool:
        """True if the contact was active when it was last read."""
        return bool(self._active)

    def stuck(self) -> str | None:
        """Return in words that the contact is stuck; None if it is not."""
        since_ns = self._active_since()
        if since_ns is None or self._stuck_s is None:
            return None
        if (self._clock.boot_ns() - since_ns) / 1e9 <= self._stuck_s:
            return None
        cut = " or its wire is cut" if self._config.wired == "normally-closed" else ""
        return (
            f"the contact on {self._config.place} has been active for more than "
            f"{self._stuck_s:g} s: it is stuck{cut}"
        )

    def _active_since(self) -> int | None:
        return self._since_ns if self._active else None

    def _read(self) -> bool | None:
        channel = self._channel
        try:
            return None if channel is None else self._meant(level=channel.level())
        except DeviceUnavailable:
            if self._channel is None:  # closed meanwhile
                return None
            raise

    def _meant(self, *, level: bool) -> bool:
        return level == self._config.active_level

    def _changed(self, moment: float, level: bool | None) -> None:  # noqa: FBT001  # as in OnEdge
        if level is None:
            self._rest()
        else:
            self._see(active=self._meant(level=level), moment=moment)

    def _rest(self) -> None:
        """Report rest while the level is not known; the next level is reported as initial."""
        with self._lock:
            if self._active is not None:
                self._report(active=False, initial=True)
                self._active = None

    def _see(self, *, active: bool, moment: float | None = None) -> None:
        with self._lock:
            if self._channel is None or active == self._active:
                return
            self._lasted_s = self._lasted(moment)
            self._report(active=active, initial=self._active is None)
            self._active, self._since_ns, self._moment = active, self._clock.boot_ns(), moment

    def _lasted(self, moment: float | None) -> float:
        """Return how long the level before lasted, seconds of this clock.

        By the moments of its two edges, where both are known: a late callback does not lengthen it.
        """
        if moment is None or self._moment is None:
            return (self._clock.boot_ns() - self._since_ns) / 1e9
        return moment - self._moment
