"""The progress of a soak, reported on stderr, and the request to end it early."""

import asyncio
from collections.abc import Callable, Iterator

# Between two progress reports, real seconds.
_EVERY_S = 5.0


class Progress:
    """Counts the rounds of one fault after the other.

    :param say: called with a line of words now and then
    :ivar done: rounds of the present fault so far
    :ivar stopped: set it to have every fault end after its present round
    """

    def __init__(self, say: Callable[[str], None] = lambda _words: None) -> None:
        self.done = 0
        self.stopped = False
        self.say = say
        self._told = 0.0

    def over(self, rounds: int) -> Iterator[int]:
        """Yield the number of each round, from 0, until they are over or it is stopped."""
        self.done = 0
        while self.done < rounds and not self.stopped:
            yield self.done
            self.reached(self.done + 1, rounds)

    def reached(self, done: int, rounds: int) -> None:
        """Record that *done* of *rounds* rounds are over."""
        self.done = done
        now = asyncio.get_running_loop().time()
        if now - self._told > _EVERY_S:
            self._told = now
            self.say(f"round {done} of {rounds}")
