"""Counts the requests of an MQTT connection that the broker has not answered yet.

Only the fixed headers of the packets are read (MQTT 5, section 2.1): their types, and the lengths
that lead from one to the next. Which answer belongs to which request does not matter here: a
connection has as many answers as requests once it rests.
"""

from collections.abc import Iterator

CONNECT, PUBLISH, SUBSCRIBE, UNSUBSCRIBE, PINGREQ = 1, 3, 8, 10, 12
CONNACK, PUBACK, SUBACK, UNSUBACK, PINGRESP = 2, 4, 9, 11, 13

_REQUESTS = (CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ)
_ANSWERS = (CONNACK, PUBACK, SUBACK, UNSUBACK, PINGRESP)
# A remaining length has four bytes at most.
_MOST_LENGTH_BYTES = 4


class Packets:
    """Finds the packets in one direction of a connection, in pieces of any size."""

    def __init__(self) -> None:
        self._header = bytearray()
        self._body = 0
        self._lost = False

    def feed(self, data: bytes) -> Iterator[int]:
        """Return the first byte of each packet whose header ends in *data*.

        After a header that is not MQTT's there are no more packets.
        """
        at = 0
        while at < len(data) and not self._lost:
            skipped = min(self._body, len(data) - at)
            self._body -= skipped
            at += skipped
            if self._body or at == len(data):
                return
            self._header.append(data[at])
            at += 1
            length = self._header[1:]
            if length and not length[-1] & 0x80:
                self._body = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(length))
                yield self._header[0]
                self._header.clear()
            elif len(length) == _MOST_LENGTH_BYTES:
                self._lost = True


class Unanswered:
    """The requests of one connection.

    :ivar count: how many have no answer yet
    """

    def __init__(self) -> None:
        self.count = 0
        self._sent, self._received = Packets(), Packets()

    def sent(self, data: bytes) -> None:
        """Add bytes to the broker."""
        for first in self._sent.feed(data):
            kind, quality = first >> 4, first >> 1 & 3
            self.count += kind in _REQUESTS or (kind == PUBLISH and quality > 0)

    def received(self, data: bytes) -> None:
        """Add bytes of the broker."""
        for first in self._received.feed(data):
            self.count = max(0, self.count - (first >> 4 in _ANSWERS))
