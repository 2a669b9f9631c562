"""Packets that a broken broker or bridge sends to a checkpoint, byte by byte. Pure.

MQTT 5: a PUBLISH is 0x30, the remaining length (7 bits a byte, the lowest first, at most four
bytes), the topic with two bytes of length before it, the properties with their length, the payload.
All are QoS 0: a broker that did not send them gets no acknowledgement of them.
"""

from collections.abc import Callable

from sim.scenario import Packet

# Above the Maximum Packet Size that a checkpoint allows (docs/mqtt.md).
_OVERSIZED = 70_000
_UNKNOWN_PROPERTY = 0x7E
# No end of an array, and a topic's worth of keys that no request has.
_HOSTILE = b'{"id":"../../etc/passwd","time":"1e999","guest":{"name":' + b"[" * 2000


def poison(packet: Packet, base: str) -> bytes:
    """Return the bytes of a bad *packet*; *base* is the checkpoint's topic, with a slash."""
    return _PACKETS[packet](f"{base}cmd/register".encode())


def _publish(topic: bytes, payload: bytes, properties: bytes = b"") -> bytes:
    body = len(topic).to_bytes(2) + topic + bytes([len(properties)]) + properties + payload
    return b"\x30" + _length(len(body)) + body


def _length(count: int) -> bytes:
    coded = bytearray()
    while True:
        count, low = divmod(count, 128)
        coded.append(low | (0x80 if count else 0))
        if not count:
            return bytes(coded)


_PACKETS: dict[Packet, Callable[[bytes], bytes]] = {
    "length": lambda _topic: b"\x30\xff\xff\xff\xff\x7f",
    "topic": lambda topic: _publish(topic + b"\xff\xc0", b"{}"),
    "property": lambda topic: _publish(topic, b"{}", bytes([_UNKNOWN_PROPERTY, 1])),
    "oversized": lambda topic: _publish(topic, b" " * _OVERSIZED),
    "hostile": lambda topic: _publish(topic, _HOSTILE),
}
