"""Suspects: packets on which a broker may end the connection, or which it does not answer.

Any packet may be one: a record, a still, a live topic, a subscription, an answer to a request.
For the will: edge/mqtt/will_probe.py.
Rules
-----
1. A packet that was in flight when a connection was lost becomes a suspect: from then on it is sent
   alone, in its place, so that it shows if the connection ends because of it.
2. A suspect that was alone in flight when two further connections were lost is *put off*: it is
   left out until its time has come, and all others go on without it. (One loss may be chance: a
   broker that is stopped at that moment.)
3. When its time has come it is tried again; one more loss puts it off for longer.
4. An answer of the broker ends the suspicion; a refusal alone does not end the wait.

Outlives the connections, in memory: after a restart a packet must come under suspicion again.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from edge.mqtt.backoff import Backoff

# Packets remembered; beyond it the oldest is forgotten. Response topics are chosen by requesters.
MOST = 1000
# Connections lost with a suspect alone in flight, until it is put off for the first time.
PROOF = 2
# Waits of a suspect: each try may cost the connection.
RARE = Backoff(5.0, 3600.0)

Kind = Literal["record", "still", "live", "subscription", "answer"]

_WORDS = {
    "record": "record {}",
    "still": "still {}",
    "live": "{}",
    "subscription": "the subscription to {}",
    "answer": "an answer on {}",
}


class Key(NamedTuple):
    """Identifies a packet across connections: a record's sequence, a topic, a topic filter."""

    kind: Kind
    name: int | str

    @property
    def words(self) -> str:
        """The packet in words."""
        return _WORDS[self.kind].format(self.name)


class _Wait(msgspec.Struct, frozen=True):
    """A packet put off *times* times in a row, now until the loop's time *until*."""

    times: int
    until: float


class Suspects:
    """The packets under suspicion.

    :param backoff: how long a packet is left out
    :param on_put_off: called with a packet that was put off, how often in a row, and for how many
        seconds
    :param on_accepted: called with a packet that was put off before and is accepted now
    """

    def __init__(
        self,
        backoff: Backoff,
        on_put_off: Callable[[Key, int, float], None],
        on_accepted: Callable[[Key], None],
    ) -> None:
        self._backoff = backoff
        self._on_put_off = on_put_off
        self._on_accepted = on_accepted
        self._alone: dict[Key, int] = {}  # suspects: number of losses with only this in flight
        self._waits: dict[Key, _Wait] = {}

    def alone(self, key: Key) -> bool:
        """Return True if *key* must be sent alone."""
        return key in self._alone

    def known(self, key: Key) -> bool:
        """Return True if *key* has been put off before and was not accepted since."""
        return key in self._waits

    def wait_s(self, key: Key) -> float:
        """Return for how long *key* is left out, seconds; 0 if it may be sent."""
        wait = self._waits.get(key)
        if wait is None:
            return 0.0
        return max(0.0, wait.until - asyncio.get_running_loop().time())

    def put_off(self, key: Key, backoff: Backoff) -> float:
        """Leave *key* out for a time by *backoff*, longer each time; return the seconds."""
        times = self._times(key) + 1
        wait_s = backoff.delay(times)
        self._waits.pop(key, None)  # it becomes the newest
        self._waits[key] = _Wait(times, asyncio.get_running_loop().time() + wait_s)
        _forget_oldest(self._waits)
        return wait_s

    def suspect(self, key: Key) -> None:
        """Send *key* alone from now on."""
        self._alone.setdefault(key, 0)
        _forget_oldest(self._alone)

    def lost(self, keys: Sequence[Key], *, blame: bool = True) -> bool:
        """Note that a connection was lost with *keys* in flight; return True if one was put off.

        :param blame: False if the end certainly has another cause: none is put off
        """
        guilty = blame and len(keys) == 1 and self._is_proved(keys[0])
        for key in keys:
            self.suspect(key)
        if guilty:
            wait_s = self.put_off(keys[0], self._backoff)
            self._on_put_off(keys[0], self._times(keys[0]), wait_s)
        return guilty

    def _is_proved(self, key: Key) -> bool:
        """Count a loss with only *key* in flight; return True if these are enough."""
        if key not in self._alone:
            return False
        self._alone[key] += 1
        return self._alone[key] >= PROOF or self.known(key)

    def answered(self, key: Key, *, refused: bool) -> None:
        """Note that the broker answered *key*."""
        self._alone.pop(key, None)
        if not refused and self._waits.pop(key, None) is not None:
            self._on_accepted(key)

    def waiting(self, kind: Kind) -> Iterator[int | str]:
        """Iterate over the names of the packets of *kind* that are left out now."""
        return (key.name for key in self._waits if key.kind == kind and self.wait_s(key))

    async def next_due(self) -> None:
        """Return when the time of a packet that is left out has come; wait for ever if none is."""
        waits = [wait_s for key in self._waits if (wait_s := self.wait_s(key))]
        await asyncio.sleep(min(waits, default=float("inf")))

    def _times(self, key: Key) -> int:
        return self._waits[key].times if key in self._waits else 0


def _forget_oldest(packets: dict[Key, Any]) -> None:
    if len(packets) > MOST:
        del packets[next(iter(packets))]
