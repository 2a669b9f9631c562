"""Presses: turns presses and releases of one panel's buttons into actions.

Rules of this module
--------------------
1. A button with one meaning counts when it is released, or after :data:`MOMENT_S`. With a second
   meaning for holding it, the first counts when it is released, the second as soon as it has been
   held for :data:`HOLD_S`.
2. Two buttons that are pressed before either counts have no meaning: a person leant on the panel.
   Held down together for :data:`TEST_S` they start the lamp test. A panel with one button starts
   the lamp test when that button is held for :data:`TEST_S`.
3. A trembling finger is one press: a button pressed again within :data:`AGAIN_S` of its release
   does not count again.
4. A button found pressed at opening is stuck or held by chance: it counts from its next press.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Literal

from edge.clock import Clock
from edge.config.sections.panels import Button
from edge.config.sections.values import Action

MOMENT_S = 0.1
"""The longest time between the presses of two fingers in one movement, seconds."""
HOLD_S = 1.0
TEST_S = 3.0
AGAIN_S = 0.3

OnPress = Callable[[Button, Action], None]


class Finger:
    """The state of one button.

    :ivar state: ``down``: undecided; ``done``: has counted; ``chord``: down with another; ``void``:
        does not count until it is released
    """

    def __init__(self, button: Button) -> None:
        self.button = button
        self.state: Literal["up", "down", "done", "chord", "void"] = "up"
        self.timer: threading.Timer | None = None
        self.let_go_ns: int | None = None


class Presses:
    """The buttons of one panel.

    :param on_press: called with the button and its action, from any thread
    :param test: called when the lamp test is requested, on a thread of its own
    """

    def __init__(
        self, buttons: Sequence[Button], clock: Clock, on_press: OnPress, test: Callable[[], None]
    ) -> None:
        self._fingers = [Finger(button) for button in buttons]
        self._clock = clock
        self._on_press = on_press
        self._test = test
        self._lock = threading.Lock()

    def changed(self, number: int, *, active: bool, initial: bool) -> None:
        """Process a press or release of button *number*, its index in *buttons*."""
        finger = self._fingers[number]
        action = None
        with self._lock:
            if initial:
                _stop(finger)
                finger.state = "void" if active else "up"
            elif active:
                self._pressed(finger)
            else:
                action = self._released(finger)
        if action is not None:
            self._on_press(finger.button, action)

    def forget(self) -> None:
        """Drop all undecided presses: the panel is closed."""
        with self._lock:
            for finger in self._fingers:
                _stop(finger)
                finger.state, finger.let_go_ns = "up", None

    def _pressed(self, finger: Finger) -> None:
        others = [one for one in self._fingers if one.state in ("down", "chord")]
        if others:
            for one in (*others, finger):
                _stop(one)
                one.state = "chord"
            self._after(finger, TEST_S)
        elif self._trembles(finger):
            finger.state = "void"
        else:
            finger.state = "down"
            self._after(finger, HOLD_S if finger.button.hold else MOMENT_S)

    def _released(self, finger: Finger) -> Action | None:
        _stop(finger)
        decided = finger.button.press if finger.state == "down" else None
        if finger.state == "chord":
            self._end_chord()
        finger.state, finger.let_go_ns = "up", self._clock.boot_ns()
        return decided

    def _trembles(self, finger: Finger) -> bool:
        since = finger.let_go_ns
        return since is not None and self._clock.boot_ns() - since < AGAIN_S * 1e9

    def _end_chord(self) -> None:
        """End the chord: the lamp test is requested, or one button was released before."""
        for one in self._fingers:
            if one.state == "chord":
                _stop(one)
                one.state = "void"

    def _after(self, finger: Finger, seconds: float) -> None:
        timer = threading.Timer(self._clock.real(seconds), self._elapsed, (finger,))
        timer.daemon = True
        finger.timer = timer
        timer.start()

    def _elapsed(self, finger: Finger) -> None:
        action = None
        with self._lock:
            if finger.timer is not threading.current_thread():
                return  # released at the last moment
            finger.timer = None
            testing = finger.state != "down"
            if testing:
                self._end_chord()
            else:
                finger.state = "done"
                action = finger.button.hold or finger.button.press
                if len(self._fingers) == 1:
                    self._after(finger, TEST_S - (HOLD_S if finger.button.hold else MOMENT_S))
        if action is not None:
            self._on_press(finger.button, action)
        elif testing:
            self._test()


def _stop(finger: Finger) -> None:
    if finger.timer is not None:
        finger.timer.cancel()
        finger.timer = None
