"""A checkpoint's connection to the broker at the least cost: MQTT 5 packets, ready to send.

Sends as a checkpoint does: at QoS 1, in order, with few messages in flight; after a lost connection
what was not acknowledged is sent again. A thousand of them share one process.
"""

import asyncio
import struct
from collections import deque
from collections.abc import Callable

WINDOW = 10
"""Messages in flight of one checkpoint, at most."""

_AGAIN_S = 1.0
_CONNACK, _PUBLISH, _PUBACK = 0x20, 0x30, 0x40
_QOS_1, _RETAIN = 0x02, 0x01
_CONTENT_TYPE, _USER_PROPERTY = 0x03, 0x26
_LAST_ID = 65535
_NO_SUBSCRIBER, _REFUSED = 0x10, 0x80


def _length(number: int) -> bytes:
    """Return MQTT's variable byte integer."""
    made = bytearray()
    while True:
        number, digit = divmod(number, 128)
        made.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(made)


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("!H", len(data)) + data


def about(content: str, user: tuple[tuple[str, str], ...] = ()) -> bytes:
    """Return the properties of a message: its content type and user properties."""
    made = bytes([_CONTENT_TYPE]) + _text(content)
    for key, value in user:
        made += bytes([_USER_PROPERTY]) + _text(key) + _text(value)
    return _length(len(made)) + made


class Packet:
    """A PUBLISH without its packet id, which is drawn when it is sent.

    :ivar record: False for a live topic
    """

    def __init__(
        self, topic: str, properties: bytes, payload: bytes, *, retain: bool, record: bool
    ) -> None:
        head = _text(topic)
        size = _length(len(head) + 2 + len(properties) + len(payload))
        kind = _PUBLISH | _QOS_1 | (_RETAIN if retain else 0)
        self._before = bytes([kind]) + size + head
        self._after = properties + payload
        self.record = record

    def with_id(self, number: int) -> bytes:
        """Return the packet with the packet id *number*."""
        return b"".join((self._before, struct.pack("!H", number), self._after))


class Line(asyncio.Protocol):
    """One checkpoint's connection.

    :param on_acknowledged: called with each packet that the broker has accepted
    :ivar sent_bytes: bytes of the packets sent so far
    :ivar refused: packets that the broker did not accept, or that had no subscriber
    """

    def __init__(self, client_id: str, on_acknowledged: Callable[[Packet], None]) -> None:
        self.sent_bytes = 0
        self.refused = 0
        self.waiting: deque[Packet] = deque()
        self.in_flight: dict[int, Packet] = {}
        self.up = asyncio.Event()
        self._client_id = client_id
        self._on_acknowledged = on_acknowledged
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._last_id = 0

    async def run(self, host: str, port: int) -> None:
        """Stay connected until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                await loop.create_connection(lambda: self, host, port)
                await self.up.wait()
                while self.up.is_set():  # noqa: ASYNC110 - a thousand lines, rarely lost
                    await asyncio.sleep(_AGAIN_S)
            except OSError:
                await asyncio.sleep(_AGAIN_S)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send CONNECT: a new session, no keep-alive."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._buffer = transport, b""
        body = _text("MQTT") + bytes([5, 0x02, 0, 0, 0]) + _text(self._client_id)
        transport.write(b"\x10" + _length(len(body)) + body)

    def connection_lost(self, _why: Exception | None) -> None:
        """Put what was not acknowledged before all that waits."""
        self.up.clear()
        self._transport = None
        self.waiting.extendleft(reversed(self.in_flight.values()))
        self.in_flight.clear()

    def send(self, packet: Packet) -> None:
        """Queue *packet*."""
        self.waiting.append(packet)
        self._send()

    def _send(self) -> None:
        if not self.up.is_set() or self._transport is None:
            return
        while self.waiting and len(self.in_flight) < WINDOW:
            packet = self.waiting.popleft()
            self._last_id = self._last_id % _LAST_ID + 1
            data = packet.with_id(self._last_id)
            self.in_flight[self._last_id] = packet
            self.sent_bytes += len(data)
            self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        """Take the broker's packets: all of them are short."""
        self._buffer += data
        while len(self._buffer) >= 2 and len(self._buffer) >= 2 + self._buffer[1]:
            end = 2 + self._buffer[1]
            packet, self._buffer = self._buffer[:end], self._buffer[end:]
            self._take(packet)
        self._send()

    def _take(self, packet: bytes) -> None:
        if packet[0] == _CONNACK:
            if packet[3]:
                raise RuntimeError(f"the broker refuses the connection: 0x{packet[3]:02x}")
            self.up.set()
        elif packet[0] == _PUBACK:
            done = self.in_flight.pop(int.from_bytes(packet[2:4]))
            code = packet[4] if packet[1] > 2 else 0
            self.refused += code >= _REFUSED or (code == _NO_SUBSCRIBER and done.record)
            self._on_acknowledged(done)
