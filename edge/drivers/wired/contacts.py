"""A dry contact on an input.

Rules of this driver
--------------------
1. It reports the level found at opening, then every change that counts: ``plausibility.py`` decides
   which do, and reports a loose contact once instead of its changes.
2. The level comes from the contact's wiring (``Contact.active_level``), read from the channel.
3. A change that could not be reported counts as not reported; :meth:`WiredContact.reconcile`
   reports it again.
4. A contact that is active for longer than any press, alarm or passage lasts is stuck, or the
   wire of a closed loop is cut: a fault until it rests again. It stays reported as active.
   (The cut wire of an open loop reads as rest for ever: wire alarms as closed loops.)
5. No call into a channel while the lock is held (a library may hold locks of its own).
6. Before anything is decided because time has passed, the level is read again
   (:meth:`WiredContact.confirm`): the edge that ended it may have been lost.
7. A contact on a module that is lost counts as its ``when_lost`` says (edge/drivers/channels.py).
"""

import threading
from collections.abc import Callable

from edge.clock import Clock
from edge.config.sections.pins import Contact
from edge.drivers.channels import Channels, InputChannel
from edge.drivers.wired.countdown import Countdown
from edge.drivers.wired.plausibility import (
    LIMITS,
    Again,
    Judged,
    Level,
    Limits,
    Loose,
    Memory,
    Noise,
    Plausibility,
)
from edge.errors import DeviceUnavailable, ModuleUnavailable

HELD_S = 30.0
"""The longest that a button is held on purpose, seconds."""

HANDOVER_REAL_S = 0.02
"""Time for an edge to be handed over after the bounce time, real seconds. A library needs about a
millisecond; a simulated lobby may run 60 times as fast, its threads do not."""

Report = Callable[[Level], None]
"""Receives each level that counts; no work here."""
OnLoose = Callable[[Loose], None]
"""Called when the contact turns out to be loose, and when it has rested."""
OnNoise = Callable[[int], None]
"""Called with the number of active levels that were too short."""


class WiredContact:
    """One contact; reports through *report* from any thread.

    :param config: place, wiring and bounce time (seconds of this clock)
    :param limits: which of its levels count
    :param stuck_s: active for longer than this it is stuck, seconds of this clock; None: never
    """

    def __init__(
        self,
        config: Contact,
        channels: Channels,
        clock: Clock,
        report: Report,
        limits: Limits = LIMITS["door"],
        *,
        on_loose: OnLoose = lambda _loose: None,
        on_noise: OnNoise = lambda _count: None,
        stuck_s: float | None = None,
    ) -> None:
        self._config = config
        self._channels = channels
        self._clock = clock
        self._report = report
        self._on_loose = on_loose
        self._on_noise = on_noise
        self._stuck_s = stuck_s
        self._lock = threading.Lock()
        self._channel: InputChannel | None = None
        self._rules = Plausibility(limits, config.bounce_s)
        self._memory = Memory()
        self._due = Countdown(clock, self._lock, self._unread, self.confirm, self._set_countdown)

    def open(self) -> None:
        """Claim the input, follow its edges and report the level found.

        :raises DeviceUnavailable: if the input cannot be claimed
        """
        channel = self._channels.claim_input(self._config, self._changed)
        active = self._first_level(channel)
        with self._lock:
            self._channel = channel
            if active is not None:
                self._accept(self._rules.opened(self._now(), active=active))

    def close(self) -> None:
        """Release the input and stop reporting. May be called twice."""
        with self._lock:
            channel, self._channel, self._memory = self._channel, None, Memory()
            self._due.stop()
        if channel is not None:
            channel.close()

    def reconcile(self) -> None:
        """Read the level again, and report it if an edge was missed.

        A level that does not last for the bounce time was a bounce, not a change.

        :raises DeviceUnavailable: if it cannot be read
        """
        found, at = self._read(), self._now()
        if found is None:
            return
        if found != self._memory.seen:
            # The edge may be on its way: it has the better moment.
            self._clock.sleep(self._rules.floor_s + HANDOVER_REAL_S / self._clock.real(1.0))
            lasts = self._read() == found
            with self._lock:
                if self._channel is None or found == self._memory.seen or self._memory.since > at:
                    return  # an edge that came meanwhile knows better
                self._accept(self._missed(at, active=found, lasts=lasts))
            at = self._now()
        with self._lock:
            if self._channel is not None and found == self._memory.seen:
                self._accept(self._rules.confirmed(self._memory, at))

    def confirm(self) -> bool:
        """Read the level again, as :meth:`reconcile` does; return False if it cannot be read."""
        try:
            self.reconcile()
        except DeviceUnavailable:
            return False
        return True

    @property
    def active(self) -> bool:
        """True if the level that counts is active."""
        return bool(self._memory.counted)

    def stuck(self) -> str | None:
        """Return in words that the contact is stuck; None if it is not, or is loose."""
        memory = self._memory
        if self._stuck_s is None or not memory.counted or memory.loose is not None:
            return None
        if self._now() - memory.began <= self._stuck_s:
            return None
        cut = " or its wire is cut" if self._config.wired == "normally-closed" else ""
        return (
            f"the contact on {self._config.place} has been active for more than "
            f"{self._stuck_s:g} s: it is stuck{cut}"
        )

    def _now(self) -> float:
        return self._clock.boot_ns() / 1e9

    def _read(self) -> bool | None:
        """Read the level; None if the contact is closed."""
        channel = self._channel
        try:
            return None if channel is None else self._meant(level=channel.level())
        except DeviceUnavailable:
            if self._channel is None:  # closed meanwhile
                return None
            raise

    def _meant(self, *, level: bool) -> bool:
        return level == self._config.active_level

    def _first_level(self, channel: InputChannel) -> bool | None:
        """Return the level at opening; None: it comes once the contact's module answers."""
        try:
            return self._meant(level=channel.level())
        except ModuleUnavailable:
            return True if self._config.when_lost == "alarm" else None

    def _changed(self, moment: float, level: bool | None) -> None:  # noqa: FBT001  # as in OnEdge
        heard = self._now()
        at = min(moment, heard)
        with self._lock:
            if self._channel is None:
                return
            if level is None:
                self._lose(at)
            elif self._memory.counted is None:
                self._accept(self._rules.opened(at, active=self._meant(level=level)))
            else:
                active = self._meant(level=level)
                self._accept(self._rules.edge(self._memory, at, heard, active=active))

    def _lose(self, at: float) -> None:
        """Report rest while the level is not known; the next one counts as found (rule 7)."""
        if self._memory.loose is not None:
            self._accept(self._rules.unread(self._memory, at))
        elif self._memory.counted is not None:
            self._accept((Memory(), (Level(active=False, initial=True, at=at),)))

    def _missed(self, at: float, *, active: bool, lasts: bool) -> Judged:
        """Judge a level without an edge that was read at *at*; *lasts*: for the bounce time."""
        if self._memory.counted is None:
            return self._rules.opened(at, active=active)
        if lasts:
            return self._rules.missed(self._memory, at, active=active)
        return self._rules.bounced(self._memory, self._now())

    def _unread(self) -> None:
        """Handle that the level could not be read when its time was over.

        An alarm that began counts, as on a module that is lost.
        """
        alarm = self._config.when_lost == "alarm" and self._memory.seen
        judge = self._rules.confirmed if alarm else self._rules.unread
        self._accept(judge(self._memory, self._now()))

    def _accept(self, judged: Judged) -> None:
        """Hand the outcomes over, then store the state (rule 3); the lock is held."""
        memory, outcomes = judged
        for outcome in outcomes:
            match outcome:
                case Level():
                    self._report(outcome)
                case Noise():
                    self._on_noise(outcome.pulses)
                case Again():
                    self._began_anew(outcome)
                case Loose():
                    if not outcome.over:
                        self._loosened()
                    self._on_loose(outcome)
        self._memory = memory
        self._set_countdown()

    def _set_countdown(self) -> None:
        due = self._rules.due(self._memory)
        if due is None:
            self._due.stop()
        elif self._memory.loose is None or not self._due.running:  # no thread for each chatter
            self._due.start(max(0.0, due - self._now()))

    def _began_anew(self, again: Again) -> None:
        """Handle that the level that counts ended and began again."""

    def _loosened(self) -> None:
        """Drop what is undecided: the contact is loose."""
