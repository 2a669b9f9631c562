"""Decoding: reads the packets of a broker. Pure; no bytes raise anything but ProtocolError.

- A PUBLISH is decoded here and not by paho: paho refuses U+FEFF, which MQTT allows, and its time
  grows with the square of the number of properties (64 KiB of them: half a second on a PC).
- The other packets are decoded by paho, which raises on much that is odd. So it gets a plain form
  of them, without the parts that it would not accept and that are not needed.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers
from paho.mqtt.reasoncodes import ReasonCode

from edge.errors import ProtocolError

# MQTT's reason code "unspecified error", in place of codes that MQTT does not define.
UNSPECIFIED = 0x80

# Property identifiers (MQTT 5, section 2.2.2.2).
_CONTENT_TYPE, _RESPONSE_TOPIC, _CORRELATION_DATA, _USER_PROPERTY = 3, 8, 9, 38
_SUBSCRIPTION_IDENTIFIER, _TOPIC_ALIAS = 11, 35
_REPEATABLE = (_SUBSCRIPTION_IDENTIFIER, _USER_PROPERTY)
# paho's table: of each property the kind of its value, and the packets that may have it.
_PROPERTIES: dict[int, tuple[int, list[int]]] = Properties(PacketTypes.PUBLISH).properties  # type: ignore[no-untyped-call]
# paho's table: of each reason code its names, and for each name the packets that may have it.
_REASON_CODES = ReasonCode(PacketTypes.CONNACK).names
# The QoS of all subscriptions.
_MOST_QOS = 1
# paho refuses a string that contains this character; MQTT allows it (section 1.5.4).
_BYTE_ORDER_MARK = "\ufeff".encode()


class IncomingMessage(NamedTuple):
    """A message that was received. The ``repr`` hides from logs what it says: it may be a guest's.

    :ivar mid: its packet identifier; 0 at QoS 0
    :ivar user: the user properties, in order
    """

    topic: str
    payload: bytes
    qos: int = 0
    mid: int = 0
    retain: bool = False
    content_type: str = ""
    response_topic: str = ""
    correlation: bytes | None = None
    user: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"IncomingMessage({self.topic}, {len(self.payload)} bytes)"


class Reader:
    """Reads values of MQTT's types, one after the other (MQTT 5, section 1.5).

    Each method raises ProtocolError if the next bytes are no such value.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """Number of bytes not read yet."""
        return len(self._data) - self._at

    def octets(self, count: int) -> bytes:
        """Read *count* bytes."""
        if count > self.left:
            raise ProtocolError("it ends too early")
        self._at += count
        return self._data[self._at - count : self._at]

    def byte(self) -> int:
        """Read an integer of one byte."""
        return self.octets(1)[0]

    def short(self) -> int:
        """Read an integer of two bytes."""
        return int.from_bytes(self.octets(2), "big")

    def long(self) -> int:
        """Read an integer of four bytes."""
        return int.from_bytes(self.octets(4), "big")

    def variable(self) -> int:
        """Read a variable byte integer."""
        value = 0
        for digit in range(4):
            byte = self.byte()
            value |= (byte & 0x7F) << 7 * digit
            if byte < 0x80:
                return value
        raise ProtocolError("an integer has more than four digits")

    def binary(self) -> bytes:
        """Read binary data."""
        return self.octets(self.short())

    def string(self) -> str:
        """Read a string: UTF-8 without NUL."""
        data = self.binary()
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise ProtocolError("a string is not UTF-8") from None
        if "\0" in text:
            raise ProtocolError("a string contains NUL")
        return text

    def pair(self) -> tuple[str, str]:
        """Read two strings."""
        return self.string(), self.string()

    def property(self, packet: int) -> tuple[int, Any]:
        """Read a property of a *packet* (one of PacketTypes): its identifier and its value."""
        identifier = self.variable()
        kind, packets = _PROPERTIES.get(identifier, (0, []))
        if packet not in packets:
            raise ProtocolError(f"property {identifier} is not allowed in it")
        return identifier, _READ[kind](self)


# In the order of paho's kinds of values.
_READ: tuple[Callable[[Reader], Any], ...] = (
    Reader.byte, Reader.short, Reader.long, Reader.variable, Reader.binary, Reader.string,
    Reader.pair,
)  # fmt: skip


def publish(first: int, body: bytes) -> IncomingMessage:
    """Return the message in a PUBLISH; *first* is its first byte.

    :raises ProtocolError: if it breaks MQTT's rules
    """
    qos, reader = qos_of(first), Reader(body)
    if qos > _MOST_QOS:
        raise ProtocolError(f"QoS {qos}, which was not subscribed to")
    topic = reader.string()
    if not topic or "+" in topic or "#" in topic:
        raise ProtocolError("its topic is empty or has wildcards")
    mid = reader.short() if qos else 0
    if qos and not mid:
        raise ProtocolError("its packet identifier is 0")
    found, user = _properties(Reader(reader.octets(reader.variable())))
    if _TOPIC_ALIAS in found:
        raise ProtocolError("it has a topic alias, and none was allowed")
    return IncomingMessage(
        topic,
        reader.octets(reader.left),
        qos,
        mid,
        bool(first & 1),
        found.get(_CONTENT_TYPE, ""),
        found.get(_RESPONSE_TOPIC, ""),
        found.get(_CORRELATION_DATA),
        tuple(user),
    )


def _properties(reader: Reader) -> tuple[dict[int, Any], list[tuple[str, str]]]:
    """Return the properties of a PUBLISH, by identifier, and its user properties."""
    found: dict[int, Any] = {}
    user: list[tuple[str, str]] = []
    while reader.left:
        identifier, value = reader.property(PacketTypes.PUBLISH)
        if identifier == _USER_PROPERTY:
            user.append(value)
        elif identifier in found and identifier not in _REPEATABLE:
            raise ProtocolError(f"it has property {identifier} twice")
        found[identifier] = value
    return found, user


def address(first: int, body: bytes) -> tuple[str, bytes]:
    """Return topic and packet identifier of a PUBLISH that may be malformed or cut.

    :return: the topic with all but ASCII escaped; an empty identifier if there is none
    """
    reader = Reader(body)
    try:
        topic = ascii(reader.binary().decode(errors="replace"))[1:-1]
    except ProtocolError:
        return "", b""
    has_mid = qos_of(first) in {1, 2} and reader.left > 1
    return topic, reader.octets(2) if has_mid else b""


def is_repeated(first: int) -> bool:
    """Return True if the DUP flag of a PUBLISH is set: the broker sends it again."""
    return bool(first & 0x08)


def qos_of(first: int) -> int:
    """Return the QoS of a PUBLISH."""
    return first >> 1 & 0x03


# -- plain forms


def plain_connack(body: bytes) -> bytes:
    """Return a CONNACK without what paho does not accept."""
    reader = Reader(body)
    flags, code = reader.byte(), reader.byte()
    # 1 is the answer of a broker that speaks only MQTT 3.1.1.
    known = code if code == 1 else _known(code, PacketTypes.CONNACK)
    return bytes((flags, known)) + _sound_properties(reader, PacketTypes.CONNACK)


def plain_puback(body: bytes) -> bytes:
    """Return a PUBACK without properties."""
    reader = Reader(body)
    mid = reader.octets(2)
    code = reader.byte() if reader.left else 0
    return mid + bytes((_known(code, PacketTypes.PUBACK),)) if code else mid


def plain_suback(body: bytes) -> bytes:
    """Return a SUBACK without properties."""
    reader = Reader(body)
    mid = reader.octets(2)
    reader.octets(reader.variable())
    codes = bytes(_known(code, PacketTypes.SUBACK) for code in reader.octets(reader.left))
    return mid + b"\0" + codes


def plain_disconnect(body: bytes) -> bytes:
    """Return a DISCONNECT without what paho does not accept."""
    reader = Reader(body)
    code = reader.byte() if reader.left else 0
    known = _known(code, PacketTypes.DISCONNECT)
    return bytes((known,)) + _sound_properties(reader, PacketTypes.DISCONNECT)


def plain_pingresp(_body: bytes) -> bytes:
    """Return a PINGRESP, which has no body."""
    return b""


PLAIN: dict[int, Callable[[bytes], bytes]] = {
    PacketTypes.CONNACK: plain_connack,
    PacketTypes.PUBACK: plain_puback,
    PacketTypes.SUBACK: plain_suback,
    PacketTypes.PINGRESP: plain_pingresp,
    PacketTypes.DISCONNECT: plain_disconnect,
}
"""By packet type: returns the plain form of a body; raises ProtocolError if it has none."""


def _known(code: int, packet: int) -> int:
    """Return *code*, or "unspecified error" if MQTT does not define it for *packet*."""
    packets = _REASON_CODES.get(code, {}).values()
    return code if any(packet in allowed for allowed in packets) else UNSPECIFIED


def _sound_properties(reader: Reader, packet: int) -> bytes:
    """Return the properties that paho accepts, up to the first that breaks MQTT's rules."""
    kept, seen = b"", set[int]()
    try:
        block = reader.octets(reader.variable())
        inner = Reader(block)
        while inner.left:
            start = len(block) - inner.left
            identifier, _value = inner.property(packet)
            raw = block[start : len(block) - inner.left]
            repeated = identifier in seen and identifier not in _REPEATABLE
            if not repeated and _BYTE_ORDER_MARK not in raw:
                kept += raw
            seen.add(identifier)
    except ProtocolError:
        pass
    return VariableByteIntegers.encode(len(kept)) + kept  # type: ignore[no-untyped-call, no-any-return]
