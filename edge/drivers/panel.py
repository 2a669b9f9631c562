"""The lamp and buttons in front of one officer, on the Pi's pins.

Rules this driver keeps
-----------------------
1. A button with one meaning counts at once when pressed. With a second meaning for holding it,
   the first counts on release, the second as soon as it has been held for :data:`HOLD_S`.
2. A button found pressed at opening is stuck or held by chance: it counts from its next press.
3. The lamp never blinks anew when it is shown the mode it shows already.
"""

import threading
from collections.abc import Callable
from functools import partial

from gpiozero import Factory

from edge.clock import Clock
from edge.drivers.base import LampMode, Post
from edge.drivers.contacts import HELD_S, GpioContact
from edge.drivers.outputs import GpioOutput
from edge.drivers.wired import WiredDevice
from edge.sections.panels import Button, Panel
from edge.sections.words import Action
from edge.sop.events import ButtonPressed

HOLD_S = 1.0

# Seconds on and off: 0.5 Hz for low priority, 2 Hz for urgent (IEC 60073 by secondary sources).
BLINKS: dict[LampMode, tuple[float, float]] = {"slow": (1.0, 1.0), "fast": (0.25, 0.25)}


# Seconds on and off of the two flashes that say "this means nothing now".
FLASHES = (0.1, 0.15, 0.1, 0.15)


class GpioPanel(WiredDevice):
    """One panel. Posts ButtonPressed with its id (the last part of *name*)."""

    def __init__(
        self, name: str, config: Panel, factory: Factory, clock: Clock, post: Post
    ) -> None:
        self._post = post
        self._shown: LampMode = "off"
        self._lamp = GpioOutput(config.lamp, factory, clock) if config.lamp else None
        self._presses = [
            _Press(button, clock, partial(self._pressed, button)) for button in config.buttons
        ]
        contacts = [
            GpioContact(button, factory, clock, press.changed, HELD_S)
            for button, press in zip(config.buttons, self._presses, strict=True)
        ]
        super().__init__(name, (self._lamp,) if self._lamp else (), contacts)

    def close(self) -> None:
        """Switch the lamp off, forget half-made presses and let go of all pins."""
        super().close()
        self._shown = "off"
        for press in self._presses:
            press.forget()

    def show(self, mode: LampMode) -> None:
        """Show *mode* on the lamp; a panel without one does nothing.

        :raises DeviceFault: if its pin cannot be driven
        """
        if self._lamp is None or mode == self._shown:
            return
        if mode in BLINKS:
            self._lamp.blink(*BLINKS[mode])
        else:
            self._lamp.set(on=mode == "on")
        self._shown = mode

    def flash(self) -> None:
        """Flash the lamp twice, then show what it showed.

        :raises DeviceFault: if its pin cannot be driven
        """
        if self._lamp is None:
            return
        mode, self._shown = self._shown, "off"
        self._lamp.play(FLASHES)
        self.show(mode)

    def _pressed(self, button: Button, action: Action) -> None:
        self._post(lambda at: ButtonPressed(at, self.id, action, button.procedure))


class _Press:
    """Tells a press of one button from holding it."""

    def __init__(self, button: Button, clock: Clock, say: Callable[[Action], None]) -> None:
        self._button = button
        self._clock = clock
        self._say = say
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def changed(self, *, active: bool, initial: bool) -> None:
        """Take the next state of the button."""
        if active and not initial:
            self._begin()
        elif not active and self._take():
            self._say(self._button.press)

    def forget(self) -> None:
        """Forget a press that has not been decided."""
        self._take()

    def _begin(self) -> None:
        if self._button.hold is None:
            self._say(self._button.press)
            return
        timer = threading.Timer(self._clock.real(HOLD_S), self._held, (self._button.hold,))
        timer.daemon = True
        with self._lock:
            self._timer = timer
        timer.start()

    def _held(self, action: Action) -> None:
        with self._lock:
            if self._timer is not threading.current_thread():
                return  # released at the last moment
            self._timer = None
        self._say(action)

    def _take(self) -> bool:
        """Stop the timer; whether there was one, that is, a press not decided yet."""
        with self._lock:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        return timer is not None
