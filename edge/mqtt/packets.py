"""Parts of MQTT packets: will, receive limits, properties of a message, the broker's answer."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

# Receive Maximum and Maximum Packet Size for the broker; the latter in bytes.
MOST = 1000
LARGEST = 65536


class Will(msgspec.Struct, frozen=True):
    """The will: the broker publishes it (QoS 1, retained) *delay_s* after the connection's loss."""

    topic: str
    payload: bytes
    delay_s: int


class Receive(NamedTuple):
    """Limits for the broker: *most* messages unacknowledged, packets of *largest* bytes at most.

    :ivar by_hand: True if a message stays unacknowledged until it has been dealt with
    """

    most: int = MOST
    largest: int = LARGEST
    by_hand: bool = False


class Filter(NamedTuple):
    """A topic filter with MQTT's subscription options.

    :param no_local: No Local: this client's own messages do not come back
    :param retain_as_published: Retain As Published: a new message arrives with the retain flag of
        its publisher; if False, only messages stored before have the flag
    """

    topic_filter: str
    qos: int = 1
    no_local: bool = False
    retain_as_published: bool = False


class BrokerAnswer(NamedTuple):
    """A broker's answer to a packet: MQTT's reason code; if it is a refusal, words and remedy."""

    code: int
    words: str = ""
    remedy: str = ""

    @property
    def refused(self) -> bool:
        """True if the broker did not accept the message."""
        return self.code >= 0x80

    @property
    def no_subscriber(self) -> bool:
        """True if the broker accepted the message but had no subscriber for it: it is gone."""
        return self.code == 0x10


ACCEPTED = BrokerAnswer(0)


class Answer(NamedTuple):
    """The answer to the packet with id *mid* (of this connection; ids wrap at 65,535)."""

    mid: int
    answer: BrokerAnswer


class Packed(Properties):
    """Properties of a PUBLISH, packed once: thousands of records share them.

    :param content: the content type
    :param expiry_s: the Message Expiry Interval, seconds; None is never
    :param user: MQTT user properties
    :param correlation: the correlation data of the request that this message answers
    """

    _bytes: bytes

    def __init__(
        self,
        content: str,
        expiry_s: int | None = None,
        user: Mapping[str, str] | None = None,
        correlation: bytes | None = None,
    ) -> None:
        values = {
            "ContentType": content,
            "MessageExpiryInterval": expiry_s,
            "UserProperty": list(user.items()) if user else None,
            "CorrelationData": correlation,
        }
        made = properties(PacketTypes.PUBLISH, **values)
        # Properties checks every attribute against MQTT's own list.
        object.__setattr__(self, "_bytes", made.pack())  # type: ignore[no-untyped-call]

    def pack(self) -> bytes:
        """Return the bytes that go on the wire."""
        return self._bytes


def properties(packet: int, **values: Any) -> Properties:
    """Return the MQTT properties of a *packet* (one of PacketTypes); None values are left out."""
    made = Properties(packet)  # type: ignore[no-untyped-call]  # paho leaves it untyped
    for name, value in values.items():
        if value is not None:
            setattr(made, name, value)
    return made
