"""The lamps of one panel: shows each mode on the lamps that are fitted, and signs over it.

Rules of this driver
--------------------
1. Only the table :data:`SHOWS` defines the lamps of a mode. It uses the first lamp that is fitted,
   so the modes mean the same on a panel with one lamp and on one with five.
2. Never colour alone: each lamp has its place and its label. A wanted decision and an alarm are
   always shown by blinking.
3. A lamp does not restart its blinking when it is to show the rhythm that it shows already.
4. A lamp test lights all lamps at once and ends by itself; a mode set meanwhile is shown after it.
5. A sign (:data:`SIGNS`) reverses the plain lamp for moments, over a mode and over a lamp test.
   *Heard* begins at once and delays a sign that is under way; the mode set last is shown after all
   signs.
6. No call waits for a sign or a lamp test: timers continue them. The lock is held only while pins
   are driven.
7. A lamp that could not be driven counts as unknown, and is driven again by the next call.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, NamedTuple

from edge import waits
from edge.clock import Clock
from edge.config.sections.panels import LampName
from edge.drivers.wired.outputs import WiredOutput
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.effects import LampMode

log = logging.getLogger(__name__)

Rhythm = Literal["steady", "wink", "slow", "fast"]

# Seconds on and off. 0.5 Hz is for low priority, 2 Hz for urgent things (0.4 to 0.8 Hz and 1.4 to
# 2.8 Hz in IEC 60073, by secondary sources). A wink is a steady light that goes out for a moment.
BLINKS: dict[Rhythm, tuple[float, float]] = {
    "wink": (1.7, 0.3),
    "slow": (1.0, 1.0),
    "fast": (0.25, 0.25),
}

# The lamp for "a guest waits", and for every mode that has no fitted lamp of its own.
PLAIN: tuple[LampName, ...] = ("green", "white", "lamp")

# The lamps of each mode, in order of preference: the first that is fitted is lit. Colours of IEC
# 60073 (secondary sources): green normal, blue action required, yellow abnormal, red fault or
# emergency.
SHOWS: dict[LampMode, tuple[tuple[tuple[LampName, ...], Rhythm], ...]] = {
    "off": (),
    "on": ((PLAIN, "steady"),),
    "slow": ((("blue",), "slow"), (PLAIN, "slow")),
    "amber": ((("amber",), "wink"), (PLAIN, "wink")),
    "red": ((("red",), "steady"), (("amber",), "slow"), (PLAIN, "fast")),
    "fast": ((("red",), "fast"), (PLAIN, "fast")),
}

Sign = Literal["heard", "refused"]

# Seconds reversed (dark if the lamp was lit, else lit), as before, reversed, ... "heard" answers
# every press that counts, before it is decided; "refused" is two flashes.
SIGNS: dict[Sign, tuple[float, ...]] = {
    "heard": (0.06, 0.06),
    "refused": (0.1, 0.15, 0.1, 0.15),
}

MOST_BEATS = 12
"""Beats that can wait: two refusals and two presses. The flashes that wait answer more refusals."""

TEST_S = 2.0
"""The length of a lamp test, seconds."""

NewTimer = Callable[[float, Callable[[], None]], threading.Timer]
"""Makes a timer of real seconds, as :class:`threading.Timer` does."""


class Beat(NamedTuple):
    """A part of a sign: the plain lamp is lit or dark for *seconds*."""

    lit: bool
    seconds: float


def beats(sign: Sign, lit: bool) -> list[Beat]:  # noqa: FBT001 - a level, as in drive(True)
    """Return the beats of *sign* on a lamp that is *lit* before and after it."""
    return [Beat(lit != (place % 2 == 0), seconds) for place, seconds in enumerate(SIGNS[sign])]


def rhythms(mode: LampMode, fitted: frozenset[LampName]) -> dict[LampName, Rhythm]:
    """Return the rhythm of each lamp of *fitted* that is lit in *mode*.

    White beside green means that the panel is in service: it is lit in every mode.
    """
    if mode == "test":
        return dict.fromkeys(fitted, "steady")
    lit: dict[LampName, Rhythm] = {"white": "steady"} if fitted >= {"white", "green"} else {}
    for lamps, rhythm in SHOWS[mode]:
        lamp = next((lamp for lamp in lamps if lamp in fitted), None)
        if lamp is not None:
            return {**lit, lamp: rhythm}
    return lit


class Lamps:
    """The lamps of one panel, whose outputs the panel opens and closes.

    :param lamps: the outputs of the fitted lamps
    :param new_timer: makes the timers of signs and lamp tests
    """

    def __init__(
        self,
        lamps: Mapping[LampName, WiredOutput],
        clock: Clock,
        new_timer: NewTimer = waits.timer,
    ) -> None:
        self._lamps = lamps
        # Where any lamp is fitted, one of these is: the config requires it.
        self._plain = next((name for name in PLAIN if name in lamps), PLAIN[-1])
        self._clock = clock
        self._new_timer = new_timer
        self._lock = waits.lock()
        self._mode: LampMode = "off"
        # The rhythm of each lamp (None: dark); a lamp that is not in it is unknown (rule 7).
        self._shown: dict[LampName, Rhythm | None] = {}
        # The beats that are left, the present one first; empty without a sign. A press that comes
        # when it is full drops the last beats.
        self._beats: deque[Beat] = deque(maxlen=MOST_BEATS)
        self._beat_timer: threading.Timer | None = None
        self._test_timer: threading.Timer | None = None

    def closed(self) -> None:
        """Reset the mode and end signs and a lamp test: the outputs have been closed."""
        with self._lock:
            self._mode = "off"
            self._shown.clear()
            self._end_test()
            self._beats.clear()
            if self._beat_timer is not None:
                self._beat_timer.cancel()
                self._beat_timer = None

    def show(self, mode: LampMode) -> None:
        """Show *mode*; on a lamp with a sign or a lamp test, once that is over.

        :raises DeviceUnavailable: if the lamps are not open
        :raises DeviceFault: if a pin cannot be driven
        """
        with self._lock:
            self._mode = mode
            self._put(self._wanted())

    def refresh(self) -> None:
        """Drive the lamps again that could not be driven.

        :raises DeviceUnavailable: if the lamps are not open
        :raises DeviceFault: if a pin cannot be driven
        """
        with self._lock:
            self._put(self._wanted())

    def heard(self) -> None:
        """Begin the sign *heard*, on a thread of its own: a pin callback must not drive pins.

        Returns at once and never raises. A failure is logged; :meth:`refresh` finds it.
        """
        if not self._lamps:
            return
        try:
            self._after(0.0, lambda _timer: self._hear())
        except RuntimeError as error:  # no thread can be started
            log.warning("a lamp shows no sign: %s", error)

    def flash(self) -> None:
        """Flash the plain lamp twice, after the signs that are under way; returns at once.

        :raises DeviceUnavailable: if the lamps are not open
        :raises DeviceFault: if its pin cannot be driven
        """
        with self._lock:
            if not self._lamps or len(self._beats) + len(SIGNS["refused"]) > MOST_BEATS:
                return
            lit = self._beats[-1].lit if self._beats else self._lamps[self._plain].on
            self._beats.extend(beats("refused", lit))
            if self._beat_timer is None:
                self._play()

    def test(self) -> None:
        """Light all lamps for :data:`TEST_S`; returns at once.

        :raises DeviceUnavailable: if the lamps are not open
        :raises DeviceFault: if a pin cannot be driven
        """
        with self._lock:
            if self._test_timer is not None or not self._lamps:
                return
            self._test_timer = self._after(TEST_S, self._tested)
            try:
                self._put(self._wanted())
            except DeviceUnavailable:
                self._end_test()
                raise

    def _hear(self) -> None:
        with self._lock, _failures_logged():
            self._beats.extendleft(reversed(beats("heard", self._lamps[self._plain].on)))
            self._play()

    def _play(self) -> None:
        """Show the first of the beats that are left and time its end; without any, the mode.

        The timer is started first: a beat that could not be ended is not begun.
        """
        if self._beat_timer is not None:
            self._beat_timer.cancel()
            self._beat_timer = None
        try:
            if self._beats:
                self._beat_timer = self._after(self._beats[0].seconds, self._beaten)
        except RuntimeError as error:  # no thread can be started
            log.warning("a lamp shows no sign: %s", error)
            self._beats.clear()
        self._drive(self._plain, self._wanted().get(self._plain))

    def _beaten(self, timer: threading.Timer) -> None:
        with self._lock, _failures_logged():
            if self._beat_timer is timer:  # else a press came first, or the panel was closed
                self._beats.popleft()
                self._play()

    def _tested(self, timer: threading.Timer) -> None:
        with self._lock, _failures_logged():
            if self._test_timer is timer:  # else closed meanwhile
                self._test_timer = None
                self._put(self._wanted())

    def _end_test(self) -> None:
        if self._test_timer is not None:
            self._test_timer.cancel()
            self._test_timer = None

    def _after(self, seconds: float, call: Callable[[threading.Timer], None]) -> threading.Timer:
        timer = self._new_timer(self._clock.real(seconds), lambda: call(timer))
        timer.daemon = True
        timer.start()
        return timer

    def _wanted(self) -> dict[LampName, Rhythm]:
        """Return the rhythm of each lamp that is to be lit now: sign over test over mode."""
        mode = self._mode if self._test_timer is None else "test"
        wanted = rhythms(mode, frozenset(self._lamps))
        if self._beats:
            wanted.pop(self._plain, None)
            if self._beats[0].lit:
                wanted[self._plain] = "steady"
        return wanted

    def _put(self, wanted: Mapping[LampName, Rhythm]) -> None:
        """Show *wanted* on the lamps, even if one of them fails; those not in it go out first."""
        failure: DeviceUnavailable | DeviceFault | None = None
        for name in sorted(self._lamps, key=lambda name: name in wanted):
            try:
                self._drive(name, wanted.get(name))
            except (DeviceUnavailable, DeviceFault) as error:
                failure = failure or error
        if failure is not None:
            raise failure

    def _drive(self, name: LampName, rhythm: Rhythm | None) -> None:
        """Show *rhythm* (None: dark) on one lamp, unless it shows that already."""
        if name in self._shown and self._shown[name] == rhythm:
            return
        self._shown.pop(name, None)
        if rhythm in BLINKS:
            self._lamps[name].blink(*BLINKS[rhythm])
        else:
            self._lamps[name].set(on=rhythm is not None)
        self._shown[name] = rhythm


@contextmanager
def _failures_logged() -> Iterator[None]:
    """Log a pin's failure where there is no caller to raise it to."""
    try:
        yield
    except DeviceUnavailable as error:
        log.debug("closed during a sign or a lamp test: %s", error)
    except DeviceFault as error:
        log.warning("a lamp does not show its mode or sign: %s", error)
