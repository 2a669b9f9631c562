"""Effects: orders to the checkpoint, named in the imperative.

It carries them out after the commit; alarm beeps and the holding of doors in a fire before it.
"""

from typing import Literal

import msgspec

from edge.clock import Stamp
from edge.sop.entered import Entered

LampMode = Literal["off", "on", "slow", "amber", "red", "fast", "test"]
"""on: a guest waits; slow: a decision is wanted; amber: 80 % of the step's limit is used; red:
overdue; fast: an alarm; test: all lamps lit. Their lamps: edge/drivers/wired/lamps.py."""


class Effect(msgspec.Struct, frozen=True, tag=True, tag_field="effect"):
    """One order."""


class UnlockLocker(Effect, frozen=True):
    """Energise the lock of *locker* for one pulse, for *visit* (None: the locker has none)."""

    locker: int
    visit: str | None


class ReleaseDoor(Effect, frozen=True):
    """Release the access door *door* once, for the time in its config, for *visit*."""

    door: str
    visit: str


class HoldDoor(Effect, frozen=True):
    """Hold the access door *door* released (fire), or end that if *released* is False."""

    door: str
    released: bool


class RingAide(Effect, frozen=True):
    """Ring the aide at *aiphone* with *pattern* (call, reminder or limit)."""

    aiphone: str
    pattern: str


class TakeStill(Effect, frozen=True):
    """Take a still for *purpose*; StillTaken or StillMissed with the same id is posted."""

    still: str
    purpose: str
    visit: str


class StartTimer(Effect, frozen=True):
    """Post TimerFired(*key*) *seconds* after the moment *since*; replaces a timer of that key."""

    key: str
    since: Stamp
    seconds: float


class CancelTimer(Effect, frozen=True):
    """Cancel the timer *key*."""

    key: str


class KeepDetails(Effect, frozen=True):
    """Store the guest's details of *invitation*, which has opened *visit*, in the guest book."""

    invitation: str
    visit: str


class StoreValue(Effect, frozen=True):
    """Store a personal value of *visit*, chosen by button, in the guest book; ``repr`` hides it."""

    visit: str
    value: str
    entered: Entered

    def __repr__(self) -> str:
        return f"StoreValue({self.visit}, {self.value}, …)"


class Beep(Effect, frozen=True):
    """Sound the buzzer: one short beep for accepted, two for refused, a long one for an alarm."""

    pattern: Literal["accepted", "refused", "alarm"]


class FlashLamp(Effect, frozen=True):
    """Flash the lamp of *panel* twice for a refused input; then it shows its mode again."""

    panel: str
