"""MQTT packets as bytes, sound ones and others, and a broker that sends them."""

import asyncio

from tests.servers import CONNACK, Server, read_packet

BOM = "\ufeff"


def packet(first: int, body: bytes = b"") -> bytes:
    """Return a packet: its *first* byte, its length, its *body*."""
    return bytes((first,)) + variable(len(body)) + body


def variable(number: int) -> bytes:
    """Return a variable byte integer."""
    digits = [number & 0x7F]
    while number := number >> 7:
        digits[-1] |= 0x80
        digits.append(number & 0x7F)
    return bytes(digits)


def string(text: str | bytes) -> bytes:
    """Return a string or binary data with its length."""
    data = text if isinstance(text, bytes) else text.encode()
    return len(data).to_bytes(2, "big") + data


def user_property(key: str | bytes, value: str | bytes = "x") -> bytes:
    """Return a user property."""
    return b"\x26" + string(key) + string(value)


def publish(
    topic: str | bytes, mid: int, properties: bytes = b"", payload: bytes = b"{}", qos: int = 1
) -> bytes:
    """Return a PUBLISH; *properties* are its packed properties."""
    number = mid.to_bytes(2, "big") if qos else b""
    about = variable(len(properties)) + properties
    return packet(0x30 | qos << 1, string(topic) + number + about + payload)


class ScriptedBroker(Server):
    """Acknowledges everything; sends *script* after the first SUBSCRIBE of each connection.

    :ivar connections: number of connections
    :ivar packets: the packets received, without their length, of all connections
    """

    def __init__(self, *script: bytes, connack: bytes = CONNACK) -> None:
        super().__init__()
        self.script = b"".join(script)
        self.connections = 0
        self.packets: list[bytes] = []
        self._connack = connack

    def answers(self, kind: int) -> list[bytes]:
        """Return the bodies of the packets of type *kind*."""
        return [one[1:] for one in self.packets if one[0] >> 4 == kind]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        sent = False
        while received := await read_packet(reader):
            self.packets.append(received)
            match received[0] >> 4:
                case 1:
                    writer.write(self._connack)
                case 3:
                    length = int.from_bytes(received[1:3], "big")
                    writer.write(packet(0x40, received[3 + length : 5 + length]))
                case 8:
                    writer.write(packet(0x90, received[1:3] + b"\0\1"))
                    if not sent:
                        writer.write(self.script)
                    sent = True
                case 12:
                    writer.write(packet(0xD0))
            await writer.drain()
        writer.close()
