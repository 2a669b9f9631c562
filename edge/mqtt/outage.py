"""Outage: why there is no connection to the broker, for ``health`` and systemd."""

import msgspec

from edge.clock import Clock
from edge.mqtt.reasons import Reason, Word


class LastOutage(msgspec.Struct, frozen=True):
    """Why there was no connection the last time, and the time of the last failed try."""

    word: Word
    why: str
    remedy: str
    time: str


class Outage:
    """Tracks the reason.

    :ivar why: why there is no connection; None before the first failure, and once the broker has
        answered to a message
    :ivar last: the last outage since the start, also when it is over
    """

    def __init__(self, clock: Clock) -> None:
        self.why: Reason | None = None
        self.last: LastOutage | None = None
        self._clock = clock

    def note(self, why: Reason) -> None:
        """Note that a connection failed, or has ended, because of *why*."""
        self.why = why
        self.last = LastOutage(why.word, why.sentence, why.remedy, self._clock.now().iso())

    def over(self) -> None:
        """Note that the broker has answered."""
        self.why = None
