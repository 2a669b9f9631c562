"""Effects: what to do, in the imperative. The checkpoint carries them out after the commit."""

from typing import Literal

import msgspec

from edge.clock import Stamp

LampMode = Literal["off", "on", "slow", "amber", "red", "fast", "test"]
"""on: a guest waits; slow: a decision is wanted; amber: 80 % of the standard time is used; red:
overdue; fast: an alarm; test: all lamps lit. The lamps of each mode: edge/drivers/gpio/lamps.py."""


class Effect(msgspec.Struct, frozen=True, tag=True, tag_field="effect"):
    """Something to do."""


class UnlockLocker(Effect, frozen=True):
    """Energise the lock of *locker* for one pulse, for *visit* (None: a supervisor's order)."""

    locker: int
    visit: str | None


class ReleaseDoor(Effect, frozen=True):
    """Release the access door *door* once, for as long as its config says, for *visit*."""

    door: str
    visit: str


class HoldDoor(Effect, frozen=True):
    """Hold the access door *door* released until told otherwise (fire), or end that."""

    door: str
    released: bool


class RingAide(Effect, frozen=True):
    """Ring the aide at *aiphone* with *pattern* (call, reminder or limit)."""

    aiphone: str
    pattern: str


class TakeStill(Effect, frozen=True):
    """Take a still for *purpose*; the answer is StillTaken or StillMissed with the same id."""

    still: str
    purpose: str
    visit: str


class StartTimer(Effect, frozen=True):
    """Post TimerFired(*key*) once *seconds* have passed since moment *since*; replaces *key*."""

    key: str
    since: Stamp
    seconds: float


class CancelTimer(Effect, frozen=True):
    """Forget the timer *key*."""

    key: str


class KeepDetails(Effect, frozen=True):
    """Enter in the guest book what *invitation* says of its guest: it has opened *visit*."""

    invitation: str
    visit: str


class Beep(Effect, frozen=True):
    """Sound the buzzer: once short for accepted, twice short for refused, long for an alarm."""

    pattern: Literal["accepted", "refused", "alarm"]


class FlashLamp(Effect, frozen=True):
    """Flash the lamp of *panel* twice: an input there was refused. It then shows what it did."""

    panel: str
