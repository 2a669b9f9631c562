"""Refusals: records that the broker refused, and whose fault that is.

Rules
-----
1. While the broker accepts no record at all, its refusals are its own fault: none is counted.
2. A refusal is the record's fault if other records were accepted since it was refused first. It is
   then counted, and parked after a number of them (edge/mqtt/record_queue.py).
3. The cause may go while records are parked. So one of them is tried again from time to time, and
   after each new connection; if it is accepted, all are sent again.

Outlives the connections, in memory.
"""

import asyncio

from edge.mqtt.backoff import Backoff

# Waits between two tries of a parked record.
TRIAL = Backoff(60.0, 6 * 3600.0)
# Refusals in a row after which it is the broker's trouble.
MANY = 3


class Refusals:
    """The records refused so far.

    :param trial: waits between two tries of a parked record
    :ivar tried: the parked record that was tried last; 0: none
    """

    def __init__(self, trial: Backoff = TRIAL) -> None:
        self.tried = 0
        self._trial = trial
        self._trials = 0
        self._trial_at = float("-inf")
        self._accepted = 0
        self._in_a_row = 0
        self._first: dict[int, int] = {}  # records accepted, when this one was first refused

    @property
    def many(self) -> bool:
        """True if records are refused and none is accepted."""
        return self._in_a_row >= MANY

    def suspected(self, sequence: int) -> None:
        """Note that *sequence* may be one that the broker does not accept."""
        self._first.setdefault(sequence, self._accepted)

    def refused(self, sequence: int) -> bool:
        """Note a refusal of *sequence*; return True if it is the record's fault."""
        self._in_a_row += 1
        self.suspected(sequence)
        return self._accepted > self._first[sequence]

    def accepted(self, sequence: int) -> None:
        """Note that *sequence* was accepted."""
        self._in_a_row = 0
        self._accepted += 1
        self._first.pop(sequence, None)
        if sequence == self.tried:
            self._trials = 0

    def parked(self, sequence: int) -> None:
        """Note that *sequence* was parked: the cause is new, so a trial comes sooner."""
        self._first.pop(sequence, None)
        self._trials = 1
        self._trial_at = self._after(1)

    def connected(self) -> None:
        """Note that a connection begins: a parked record may be tried soon."""
        self._trials = min(self._trials, 1)
        self._trial_at = min(self._trial_at, self._after(self._trials))

    def trial_in_s(self) -> float:
        """Return the seconds until a parked record may be tried again."""
        return max(0.0, self._trial_at - asyncio.get_running_loop().time())

    def begin_trial(self, sequence: int) -> None:
        """Note that the parked record *sequence* is tried again."""
        self.tried = sequence
        self._trials += 1
        self._trial_at = self._after(self._trials)

    def _after(self, trials: int) -> float:
        wait_s = self._trial.delay(trials) if trials else 0.0
        return asyncio.get_running_loop().time() + wait_s
