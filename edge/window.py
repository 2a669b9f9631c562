"""The window: what was published on a link and is not answered yet, never more than allowed."""

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec

from edge.link import Link
from edge.packets import Answer, Packed

# Bytes of a PUBLISH besides topic, properties and payload: fixed header and message id.
_FRAMING = 9
# Answers that a careful window sees before it opens.
CAREFUL = 20
# What a broker would say by ending the connection.
_TOO_LARGE = Answer(0x95, "larger than the broker's maximum packet size")


class Parcel(msgspec.Struct, frozen=True):
    """One message to publish, and whom to tell the broker's answer."""

    topic: str
    payload: bytes
    properties: Packed
    retain: bool
    answered: Callable[[Answer], None]

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        topic, properties = self.topic.encode(), self.properties.pack()
        return _FRAMING + len(topic) + len(properties) + len(self.payload)


class Window:
    """At most *limit* messages on their way, or fewer if the broker says so.

    :param careful: begin with one at a time. After a connection that was lost on messages this
        tells which of them the broker hangs up on: a reset of the connection can swallow the
        answers to all (mosquitto 2.0.11 hangs up after every refusal)
    """

    def __init__(
        self, link: Link, limit: int, counts: Counter[str], *, careful: bool = False
    ) -> None:
        self._counts = counts
        self._link = link
        self._full = min(limit, link.window)
        self._limit = 1 if careful else self._full
        self._answered = 0
        self._flying: dict[int, tuple[float, Parcel]] = {}

    @property
    def open(self) -> bool:
        """Whether one more message may be sent."""
        return len(self._flying) < self._limit

    @property
    def empty(self) -> bool:
        """Whether everything sent was answered."""
        return not self._flying

    def send(self, parcel: Parcel) -> None:
        """Publish *parcel*; on a link that has ended it is never answered.

        One larger than the broker takes is refused here: sending it would end the connection.
        """
        largest = self._link.largest
        if largest is not None and parcel.size > largest:
            parcel.answered(_TOO_LARGE)
            return
        mid = self._link.publish(
            parcel.topic, parcel.payload, parcel.properties, retain=parcel.retain
        )
        if mid is not None:
            self._counts["published"] += 1
            self._flying[mid] = asyncio.get_running_loop().time(), parcel

    def settle(self) -> None:
        """Hand every answer that came to whom it is for."""
        while self._link.acknowledged:
            mid, answer = self._link.acknowledged.popleft()
            _, parcel = self._flying.pop(mid, (0.0, None))
            if parcel is not None:
                self._answered += 1
                parcel.answered(answer)
        if self._answered > CAREFUL:
            self._limit = self._full

    async def watch(self, longest_s: float) -> None:
        """Cut the link once an answer stays away longer than *longest_s* real seconds."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(longest_s / 4)
            oldest = min((since for since, _ in self._flying.values()), default=loop.time())
            if loop.time() - oldest > longest_s:
                self._link.drop(f"no acknowledgement within {longest_s:g} s")
