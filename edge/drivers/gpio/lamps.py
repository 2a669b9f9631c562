"""The lamps of one panel: shows each mode on the lamps that are fitted.

Rules of this driver
--------------------
1. Only the table :data:`SHOWS` defines the lamps of a mode. It uses the first lamp that is fitted,
   so the modes mean the same on a panel with one lamp and on one with five.
2. Never colour alone: each lamp has its place and its label. A wanted decision and an alarm are
   always shown by blinking.
3. A lamp does not restart its blinking when it is to show the rhythm that it shows already.
4. A lamp test lights all lamps at once and ends by itself; a mode set meanwhile is shown after it.
"""

import logging
import threading
from collections.abc import Mapping
from typing import Literal

from gpiozero import Factory

from edge.clock import Clock
from edge.config.sections.panels import LampName
from edge.config.sections.pins import Output
from edge.drivers.gpio.outputs import GpioOutput
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

# Seconds on and off of the two flashes that answer a press without a meaning at this moment.
FLASHES = (0.1, 0.15, 0.1, 0.15)

TEST_S = 2.0
"""The length of a lamp test, seconds."""


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
    """The lamps of one panel.

    :ivar outputs: the lamps' outputs, which the panel opens and closes
    """

    def __init__(self, fitted: Mapping[LampName, Output], factory: Factory, clock: Clock) -> None:
        self._lamps = {name: GpioOutput(part, factory, clock) for name, part in fitted.items()}
        self._plain = next((name for name in PLAIN if name in fitted), None)
        self._clock = clock
        self._lock = threading.RLock()
        self._mode: LampMode = "off"
        self._shown: dict[LampName, Rhythm] = {}
        self._testing: threading.Timer | None = None
        self.outputs = tuple(self._lamps.values())

    def closed(self) -> None:
        """Reset the mode and end a lamp test: the outputs have been closed."""
        with self._lock:
            self._mode, self._shown = "off", {}
            if self._testing is not None:
                self._testing.cancel()
                self._testing = None

    def show(self, mode: LampMode) -> None:
        """Show *mode*; during a lamp test, once the test is over.

        :raises DeviceUnavailable: if the lamps are not open
        :raises DeviceFault: if a pin cannot be driven
        """
        with self._lock:
            self._mode = mode
            if self._testing is None:
                self._put(rhythms(mode, frozenset(self._lamps)))

    def flash(self) -> None:
        """Flash the plain lamp twice, then show the present mode; ignored during a lamp test.

        :raises DeviceUnavailable: if the lamps are not open
        :raises DeviceFault: if its pin cannot be driven
        """
        with self._lock:
            if self._plain is None or self._testing is not None:
                return
            self._shown.pop(self._plain, None)
            self._lamps[self._plain].play(FLASHES)
            self._put(rhythms(self._mode, frozenset(self._lamps)))

    def test(self) -> None:
        """Light all lamps for :data:`TEST_S`; returns at once.

        :raises DeviceUnavailable: if the lamps are not open
        :raises DeviceFault: if a pin cannot be driven
        """
        with self._lock:
            if self._testing is not None or not self._lamps:
                return
            self._put(rhythms("test", frozenset(self._lamps)))
            self._testing = threading.Timer(self._clock.real(TEST_S), self._tested)
            self._testing.daemon = True
            self._testing.start()

    def _tested(self) -> None:
        with self._lock:
            if self._testing is not threading.current_thread():
                return  # closed meanwhile
            self._testing = None
            try:
                self._put(rhythms(self._mode, frozenset(self._lamps)))
            except (DeviceUnavailable, DeviceFault) as error:
                log.warning("after a lamp test: %s", error)  # the next mode reports it

    def _put(self, wanted: dict[LampName, Rhythm]) -> None:
        """Show *wanted* on the lamps; those that are not in it go out first."""
        for name in sorted(self._lamps, key=lambda name: name in wanted):
            rhythm = wanted.get(name)
            if rhythm == self._shown.get(name):
                continue
            if rhythm in BLINKS:
                self._lamps[name].blink(*BLINKS[rhythm])
            else:
                self._lamps[name].set(on=rhythm is not None)
            self._shown.pop(name, None)
            if rhythm is not None:
                self._shown[name] = rhythm
