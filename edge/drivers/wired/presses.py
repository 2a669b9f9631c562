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
5. Before time decides, the button is read again. If it is up, its release was missed: it was the
   short press, never a hold. If it cannot be read, it has no meaning until it is released.
6. Between two edges their moments count, not when they are processed. A press shorter than
   :data:`~edge.drivers.wired.plausibility.SHORTEST_S` is no finger: refused.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Literal

from edge.clock import Clock
from edge.config.sections.panels import Button
from edge.config.sections.values import Action
from edge.drivers.wired.plausibility import SHORTEST_S, Level

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
    :ivar let_go: moment of its last release
    """

    def __init__(self, number: int, button: Button) -> None:
        self.number = number
        self.button = button
        self.state: Literal["up", "down", "done", "chord", "void"] = "up"
        self.timer: threading.Timer | None = None
        self.let_go: float | None = None


class Presses:
    """The buttons of one panel.

    :param on_press: called with the button and its action, from any thread
    :param test: called when the lamp test is requested, on a thread of its own
    :param confirm: reads the button of an index again and reports a change by :meth:`changed`;
        returns False if it cannot be read
    :param too_short: called for a press that is too short
    """

    def __init__(
        self,
        buttons: Sequence[Button],
        clock: Clock,
        on_press: OnPress,
        test: Callable[[], None],
        confirm: Callable[[int], bool],
        too_short: Callable[[], None],
    ) -> None:
        self._fingers = [Finger(number, button) for number, button in enumerate(buttons)]
        self._clock = clock
        self._on_press = on_press
        self._test = test
        self._confirm = confirm
        self._too_short = too_short
        self._lock = threading.Lock()

    def changed(self, number: int, level: Level) -> None:
        """Process a press or release of button *number*, its index in *buttons*."""
        finger = self._fingers[number]
        action = None
        refused = False
        with self._lock:
            if level.initial:
                self._drop(finger)
                finger.state = "void" if level.active else "up"
            elif level.active:
                self._pressed(finger, level.at)
            else:
                refused = finger.state == "down" and level.lasted_s < SHORTEST_S
                action = self._released(finger, level)
        if refused:
            self._too_short()
        elif action is not None:
            self._on_press(finger.button, action)

    def again(self, number: int, at: float) -> None:
        """Process that button *number* was released, which was missed, and pressed again at *at*.

        How long it was down before is not known: that press does not count.
        """
        finger = self._fingers[number]
        with self._lock:
            self._drop(finger)
            self._pressed(finger, at)

    def forget(self) -> None:
        """Drop all undecided presses: the panel is closed."""
        with self._lock:
            for finger in self._fingers:
                _stop(finger)
                finger.state, finger.let_go = "up", None

    def _pressed(self, finger: Finger, at: float) -> None:
        others = [one for one in self._fingers if one.state in ("down", "chord")]
        if others:
            for one in (*others, finger):
                _stop(one)
                one.state = "chord"
            self._after(finger, TEST_S)
        elif finger.let_go is not None and at - finger.let_go < AGAIN_S:
            finger.state = "void"
        else:
            finger.state = "down"
            self._after(finger, HOLD_S if finger.button.hold else MOMENT_S)

    def _released(self, finger: Finger, level: Level) -> Action | None:
        decided = None
        if finger.state == "down":
            held = finger.button.hold if level.lasted_s >= HOLD_S else None  # both edges came late
            decided = held or finger.button.press
        self._drop(finger)
        finger.state, finger.let_go = "up", level.at
        return decided

    def _drop(self, finger: Finger) -> None:
        """End what is undecided about *finger*, and the chord that it is part of."""
        _stop(finger)
        if finger.state == "chord":
            self._end_chord()
        finger.state = "up"

    def _end_chord(self) -> None:
        """End the chord: the lamp test is requested, or one button was released before."""
        for one in self._fingers:
            if one.state == "chord":
                _stop(one)
                one.state = "void"

    def _after(self, finger: Finger, seconds: float) -> None:
        finger.timer = self._clock.timer(seconds, lambda timer: self._elapsed(finger, timer))

    def _elapsed(self, finger: Finger, timer: threading.Timer) -> None:
        down = [one for one in self._fingers if one is finger or one.state == "chord"]
        known = all(self._confirm(one.number) for one in down)  # reads channels: without the lock
        action = None
        with self._lock:
            if finger.timer is not timer:
                return  # released at the last moment, or that was missed
            finger.timer = None
            testing = finger.state != "down"
            if testing:
                self._end_chord()
            elif not known:
                finger.state = "void"
            else:
                finger.state = "done"
                action = finger.button.hold or finger.button.press
                if len(self._fingers) == 1:
                    first_s = HOLD_S if finger.button.hold else MOMENT_S
                    self._after(finger, TEST_S - first_s)
        if action is not None:
            self._on_press(finger.button, action)
        elif testing and known:
            self._test()


def _stop(finger: Finger) -> None:
    if finger.timer is not None:
        finger.timer.cancel()
        finger.timer = None
