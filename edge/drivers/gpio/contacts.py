"""A dry contact on a pin.

Rules of this driver
--------------------
1. It reports the level found at opening, then every change: never a level twice.
2. The level comes from the contact's wiring (``Contact.active_level``), read from the raw pin.
   gpiozero's DigitalInputDevice compares with a memory of its own, so that after a change that
   was found by polling it would swallow the next edge; InputDevice with the pin's own edge
   callback is the same minus that memory.
3. lgpio has one thread for the edges of all pins, and an exception in a callback ends it: every
   input goes silent. So the callback only hands over, and an exception is logged there; the
   change then counts as not reported, and :meth:`GpioContact.reconcile` reports it again.
4. A contact that is active for longer than any press, alarm or passage lasts is stuck, or the
   wire of a closed loop is cut: a fault until it rests again. It stays reported as active.
   (The cut wire of an open loop reads as rest for ever: wire alarms as closed loops.)
5. No call into gpiozero while the lock is held (a pin factory may hold locks of its own).
"""

import logging
import threading
from typing import Any, Protocol

from gpiozero import Factory, InputDevice

from edge.clock import Clock
from edge.config.sections.pins import Contact

HELD_S = 30.0
"""The longest that a button is held on purpose, seconds."""

# gpiozero's pull_up by the config's words. None switches the Pi's own resistor off.
_PULLS = {"up": True, "down": False, "external-up": None, "external-down": None}

# GPIO 2 and 3 have 1.8 kOhm pull-ups on the board, which no setting can switch off.
_FIXED_PULL_UPS = (2, 3)

_log = logging.getLogger(__name__)


class Report(Protocol):
    """Receives a contact's level, and whether it was found at opening."""

    def __call__(self, *, active: bool, initial: bool) -> None:
        """Hand the level over; no work here."""


class GpioContact:
    """One contact; reports through *report* from any thread.

    :param config: pin, wiring and bounce time (seconds of this clock)
    :param stuck_s: active for longer than this it is stuck, seconds of this clock; None: never
    """

    def __init__(
        self,
        config: Contact,
        factory: Factory,
        clock: Clock,
        report: Report,
        stuck_s: float | None = None,
    ) -> None:
        self._config = config
        self._factory = factory
        self._clock = clock
        self._report = report
        self._lock = threading.Lock()
        self._device: Any = None
        self._active: bool | None = None
        self._stuck_s = stuck_s
        self._since_ns = 0
        self._ticks: float | None = None
        self._lasted_s = 0.0

    def open(self) -> None:
        """Claim the pin, follow its edges and report the level found.

        :raises gpiozero.GPIOZeroError: if the pin cannot be claimed
        """
        device = self._claim()
        try:
            # In seconds of the pin factory's own time: real ones on a Pi, the clock's in the
            # simulator, where the pins use the same clock. So it is not scaled here.
            device.pin.bounce = self._config.bounce_s or None
            device.pin.edges = "both"
            device.pin.when_changed = self._changed
        except BaseException:
            device.close()
            raise
        self._device = device
        self._see(active=self._level(device.pin.state))

    def close(self) -> None:
        """Release the pin and stop reporting. May be called twice."""
        with self._lock:
            device, self._device, self._active = self._device, None, None
        if device is not None:
            device.pin.when_changed = None
            device.close()

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
            f"the contact on pin {self._config.pin} has been active for more than "
            f"{self._stuck_s:g} s: it is stuck{cut}"
        )

    def _active_since(self) -> int | None:
        return self._since_ns if self._active else None

    def _claim(self) -> Any:
        pin, pull_up = self._config.pin, _PULLS[self._config.pull]
        if pull_up is None and pin in _FIXED_PULL_UPS:
            pull_up = True
        # gpiozero requires active_state exactly where there is no pull, and refuses it elsewhere.
        active_state = self._config.active_level if pull_up is None else None
        return InputDevice(
            pin, pull_up=pull_up, active_state=active_state, pin_factory=self._factory
        )

    def _read(self) -> bool | None:
        device = self._device
        pin = device.pin if device is not None else None  # None: closed meanwhile
        return None if pin is None else self._level(pin.state)

    def _level(self, state: float) -> bool:
        return bool(state) == self._config.active_level

    def _changed(self, ticks: float, state: float) -> None:
        try:
            self._see(active=self._level(state), ticks=ticks)
        except Exception:  # noqa: BLE001  # rule 3
            _log.exception("the change of pin %d could not be reported", self._config.pin)

    def _see(self, *, active: bool, ticks: float | None = None) -> None:
        with self._lock:
            if self._device is None or active == self._active:
                return
            self._lasted_s = self._lasted(ticks)
            self._report(active=active, initial=self._active is None)
            self._active, self._since_ns, self._ticks = active, self._clock.boot_ns(), ticks

    def _lasted(self, ticks: float | None) -> float:
        """Return how long the level before lasted, seconds of this clock.

        By the moments of its two edges, where both are known: a late callback does not lengthen it.
        """
        if ticks is None or self._ticks is None:
            return (self._clock.boot_ns() - self._since_ns) / 1e9
        return float(self._factory.ticks_diff(ticks, self._ticks)) / self._clock.real(1.0)
