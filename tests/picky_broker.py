"""A scripted MQTT 5 broker that does not take some packets: it hangs up, refuses, or is silent."""

import asyncio
import json
from collections.abc import Callable
from typing import Literal, NamedTuple

from tests.packets import packet, publish, string
from tests.servers import CONNACK, Server, read_packet

Answer = Literal["accept", "hang up", "no answer"] | int


class Packet(NamedTuple):
    """A packet from the checkpoint: *name* is a topic, a topic filter, or the packet's name."""

    kind: int
    name: str
    payload: bytes = b""

    @property
    def suffix(self) -> str:
        """The topic below the checkpoint's root."""
        return self.name.split("/", 4)[-1]


def _accept(_packet: Packet) -> Answer:
    return "accept"


class PickyBroker(Server):
    """Answers each packet as *judge* says: "accept", "hang up", "no answer", or a reason code.

    :ivar judge: may be replaced at any time
    :ivar taken: the messages that it accepted, as (suffix, payload)
    :ivar connections: number of connections so far
    """

    def __init__(self, judge: Callable[[Packet], Answer] = _accept) -> None:
        super().__init__()
        self.judge = judge
        self.taken: list[tuple[str, bytes]] = []
        self.connections = 0
        self._writers_now: set[asyncio.StreamWriter] = set()

    @property
    def records(self) -> list[int]:
        """The sequences of the records that it accepted."""
        return [int(json.loads(p)["sequence"]) for topic, p in self.taken if "event/" in topic]

    def heard(self, suffix: str) -> list[bytes]:
        """Return the payloads accepted on *suffix*."""
        return [payload for topic, payload in self.taken if topic == suffix]

    def send(self, packet: bytes) -> None:
        """Send *packet* on every connection that stands."""
        for writer in self._writers_now:
            writer.write(packet)

    def hang_up(self) -> None:
        """End every connection that stands."""
        for writer in self._writers_now:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak the part of MQTT that an uplink needs."""
        self.connections += 1
        self._writers_now.add(writer)
        try:
            while raw := await read_packet(reader):
                answer = self.judge(_parsed(raw))
                if answer == "hang up":
                    break
                if answer != "no answer":
                    self._answer(raw, 0 if answer == "accept" else int(answer), writer)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self._writers_now.discard(writer)
            writer.close()

    def _answer(self, raw: bytes, code: int, writer: asyncio.StreamWriter) -> None:
        kind = raw[0] >> 4
        if kind == 1:
            writer.write(CONNACK if not code else packet(0x20, bytes((0, code, 0))))
        elif kind == 3:
            message = _parsed(raw)
            if code < 0x80:
                self.taken.append((message.suffix, message.payload))
            length = int.from_bytes(_body(raw)[:2], "big")
            mid = _body(raw)[2 + length : 4 + length]
            writer.write(packet(0x40, mid + bytes((code, 0))))
        elif kind == 8:
            writer.write(packet(0x90, _body(raw)[:2] + bytes((0, code or 1))))
        elif kind == 12:
            writer.write(packet(0xD0))


def _body(raw: bytes) -> bytes:
    """Return *raw* without its first byte: the harness has removed the length already."""
    return raw[1:]


def _varint(data: bytes) -> tuple[int, int]:
    """Return the variable byte integer at the start of *data*, and its size."""
    value = 0
    for place, byte in enumerate(data):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, place + 1
    raise ValueError("no end")


def _parsed(raw: bytes) -> Packet:
    kind, body = raw[0] >> 4, _body(raw)
    if kind == 3:
        end = 2 + int.from_bytes(body[:2], "big")
        properties, size = _varint(body[end + 2 :])
        return Packet(3, body[2:end].decode(), body[end + 2 + size + properties :])
    if kind == 8:
        properties, size = _varint(body[2:])
        start = 2 + size + properties
        length = int.from_bytes(body[start : start + 2], "big")
        return Packet(8, body[start + 2 : start + 2 + length].decode())
    if kind == 1:
        # Byte 7 holds the flags, 0x04 the will's (MQTT 5, section 3.1.2.3).
        return Packet(1, "connect with will" if body[7] & 4 else "connect")
    return Packet(kind, {12: "ping", 14: "disconnect"}.get(kind, str(kind)))


def request(topic: str, payload: bytes, response_topic: str, mid: int = 1) -> bytes:
    """Return a PUBLISH of the broker with QoS 1: a request that wants an answer."""
    return publish(topic, mid, b"\x08" + string(response_topic), payload)
