"""Outage: why there is no connection to the broker, for the journal, ``health`` and systemd."""

import logging

import msgspec

from edge.clock import Clock
from edge.mqtt.reasons import Reason, Word

log = logging.getLogger(__name__)


class LastOutage(msgspec.Struct, frozen=True):
    """Why there was no connection the last time, and the time of the last failed try."""

    word: Word
    why: str
    remedy: str
    time: str


class Outage:
    """Tracks the reason; logs each change of it once.

    :param where: the broker's host and port, for the journal
    :ivar why: why there is no connection; None before the first failure, and once the broker has
        answered to a message
    :ivar last: the last outage since the start, also when it is over
    """

    def __init__(self, where: str, clock: Clock) -> None:
        self.why: Reason | None = None
        self.last: LastOutage | None = None
        self._where = where
        self._clock = clock

    def note(self, why: Reason) -> None:
        """Note that a connection failed, or has ended, because of *why*."""
        if why != self.why:
            log.warning("no broker at %s: %s. %s", self._where, why, why.remedy)
        self.why = why
        self.last = LastOutage(why.word, why.sentence, why.remedy, self._clock.now().iso())

    def over(self) -> None:
        """Note that the broker has answered."""
        if self.why is not None:
            log.info("the broker at %s answers again", self._where)
        self.why = None
