"""Sends a request to a checkpoint and waits for its answer: the other side of the request handler.

For who asks seldom: each request has a connection of its own, which ends with the answer.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from paho.mqtt.packettypes import PacketTypes

from edge.clock import iso
from edge.config.model import Broker
from edge.errors import GarduError
from edge.mqtt.connection import Connection
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.messages import LIVE_CONTENT, ROOT
from edge.mqtt.packets import Filter, properties
from edge.mqtt.reasons import BrokerUnavailable
from edge.mqtt.requests import ANSWER_EXPIRY_S, Answer
from edge.mqtt.signatures import SigningKey, sign

WITHIN_S = 15.0
"""Longest wait for an answer, real seconds."""

# Without an answer the same request is sent again after this time, real seconds.
_AGAIN_S = 5.0


class Sender(NamedTuple):
    """Who sends requests.

    :ivar name: the level below ``reply/`` that this client may read (docs/broker.md)
    :ivar key: signs the requests; None: they are sent unsigned
    """

    broker: Broker
    client_id: str
    name: str
    key: SigningKey | None


class NoAnswer(GarduError):
    """No answer came: it is not known whether the request was carried out."""


def completed(request: Mapping[str, Any], now_ms: int) -> dict[str, Any]:
    """Return *request* with an ``id`` and a ``time`` (*now_ms*, wall clock), if it has none."""
    return {"id": str(uuid.uuid4()), "time": iso(now_ms), **request}


async def ask(
    sender: Sender,
    checkpoint: str,
    suffix: str,
    request: Mapping[str, Any],
    *,
    retain: bool = False,
    within_s: float = WITHIN_S,
) -> Answer:
    """Sign *request*, send it to *checkpoint* (``site/id``), and return its answer.

    The same request is sent again while no answer comes: it is carried out once.

    :param suffix: the topic below the checkpoint's, such as ``cmd/availability/pimpinan``
    :param request: complete, with ``id`` and ``time`` (:func:`completed`)
    :raises BrokerUnavailable: if the broker cannot be used, or refuses the request
    :raises NoAnswer: if none came within *within_s* real seconds
    """
    base = f"{ROOT}/{checkpoint}"
    topic, payload = f"{base}/{suffix}", msgspec.json.encode(request)
    data = payload if sender.key is None else sign(topic, payload, sender.key)
    correlation = uuid.uuid4()
    reply = f"{base}/reply/{sender.name}/{correlation}"
    answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def take(message: IncomingMessage) -> None:
        if message.correlation == correlation.bytes and not answered.done():
            with contextlib.suppress(msgspec.DecodeError):
                answered.set_result(msgspec.json.decode(message.payload, type=Answer))

    about = properties(
        PacketTypes.PUBLISH,
        ContentType=LIVE_CONTENT,
        ResponseTopic=reply,
        CorrelationData=correlation.bytes,
        # A message that the broker retains must not expire.
        MessageExpiryInterval=None if retain else ANSWER_EXPIRY_S,
    )
    link = Connection(sender.broker, sender.client_id, 0, on_message=take)
    await link.open()
    try:
        async with asyncio.timeout(within_s):
            link.subscribe([Filter(reply)])
            while not answered.done():
                link.publish(topic, data, about, retain=retain)
                await _wait(link, answered)
            return answered.result()
    except TimeoutError:
        raise NoAnswer(
            f"{checkpoint} has not answered within {within_s:g} s: it may be offline, or the broker"
            " does not let this client write the topic; the request may be carried out later"
        ) from None
    finally:
        link.leave()


async def _wait(link: Connection, answered: asyncio.Future[Answer]) -> None:
    """Wait for the answer, at most for _AGAIN_S.

    :raises BrokerUnavailable: if the connection ends, or the broker refuses the subscription
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + _AGAIN_S
    while not answered.done() and loop.time() < end:
        link.changed.clear()
        why = link.why or link.subscription_error
        if why is not None:
            raise BrokerUnavailable(why)
        changed = asyncio.ensure_future(link.changed.wait())
        waiting: list[asyncio.Future[Any]] = [changed, answered]
        await asyncio.wait(waiting, timeout=0.5, return_when=asyncio.FIRST_COMPLETED)
        changed.cancel()
