"""Requests to checkpoints, as they are published. Every request of the office is made here."""

from typing import NamedTuple, Protocol

import msgspec
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.mqtt.messages import LIVE_CONTENT, ROOT
from edge.mqtt.packets import properties
from edge.mqtt.signatures import SigningKey, sign

REPLY = "reply/office"
"""Topic of the answers, below that of the checkpoint."""


class Asked(Protocol):
    """A request of the contract, such as ``ResendRange``: a struct with an id."""

    @property
    def id(self) -> str:
        """The request's id."""


class Outgoing(NamedTuple):
    """A request to publish; *id* is that of the request."""

    id: str
    topic: str
    payload: bytes
    properties: Properties
    retain: bool = False


def outgoing(
    checkpoint: str,
    suffix: str,
    request: Asked,
    *,
    key: SigningKey | None,
    expiry_s: int | None = None,
    retain: bool = False,
) -> Outgoing:
    """Return *request* for *checkpoint*; its answer comes to :data:`REPLY`.

    :param suffix: the topic below that of the checkpoint
    :param key: signs it; None: it is sent unsigned
    :param expiry_s: its expiry at the broker, seconds; None: it does not expire
    """
    below = f"{ROOT}/{checkpoint}"
    about = properties(
        PacketTypes.PUBLISH,
        ContentType=LIVE_CONTENT,
        ResponseTopic=f"{below}/{REPLY}",
        CorrelationData=request.id.encode(),
        MessageExpiryInterval=expiry_s,
    )
    topic = f"{below}/{suffix}"
    return Outgoing(request.id, topic, payload_of(topic, request, key), about, retain)


def payload_of(topic: str, request: Asked, key: SigningKey | None) -> bytes:
    """Return the bytes of *request* for its topic: the only place where they are made."""
    payload = msgspec.json.encode(request)
    return payload if key is None else sign(topic, payload, key)
