"""MQTT topics, content types and payloads, except those of records (edge/store/cloudevent.py).

The contract, in words, is docs/mqtt.md.

- Records travel in CloudEvents' *structured* mode: attributes and data are one JSON object.
- Stills travel in *binary* mode: the payload is the JPEG, or the box with it where the checkpoint
  seals (edge/sealing); the attributes are MQTT user properties.
- Live topics carry plain JSON documents: the present state, not past events.
"""

from typing import Literal

import msgspec

from edge.config.model import Config
from edge.store.chain import ChainLink

ROOT = "gardu/v1"
LIVE_CONTENT = "application/json"
STILL_CONTENT = "image/jpeg"
STILL_TYPE = "gardu.still.taken.v1"
# A sealed still: another type, because a consumer of the first one expects a JPEG.
SEALED_CONTENT = "application/octet-stream"
SEALED_STILL_TYPE = "gardu.still.sealed.v1"
# The type of the messages by which `gardu doctor broker` tries a broker: no consumer counts them.
TRIAL_TYPE = "gardu.doctor.trial.v1"

# Largest still, bytes: small enough for every broker in common use (docs/mqtt.md).
STILL_LIMIT = 256 * 1024


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """``status``: the connection of the checkpoint; the ``offline`` status is also the will.

    :ivar session: grows with every CONNECT; ignore an ``offline`` of an older session
    :ivar reason: ``connected``, ``stopped`` (on purpose) or ``lost`` (the will)
    """

    status: Literal["online", "offline"]
    session: int
    reason: Literal["connected", "stopped", "lost"]
    time: str


class LedgerState(msgspec.Struct, frozen=True, kw_only=True):
    """``ledger``: the sequence numbers that exist, and up to which all are acknowledged.

    :ivar head: the chain link of record *head_seq* (= *last_seq*): it covers all records up to it
    """

    streamid: str
    oldest_seq: int
    last_seq: int
    acked_seq: int
    head_seq: int
    head: ChainLink


class StandingAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """``state/alarm/{kind}``: an alarm that stands now.

    :ivar acknowledged: when an officer acknowledged it; None if not acknowledged
    :ivar visits: of the fire alarm: number of open visits now; *persons*: number of their persons
    """

    alarm: str
    since: str
    visit: str | None = None
    detail: str | None = None
    acknowledged: str | None = None
    visits: int | None = None
    persons: int | None = None


def topic(config: Config, suffix: str) -> str:
    """Return the full topic of *suffix*: ``gardu/v1/{site}/{checkpoint}/{suffix}``."""
    return f"{ROOT}/{config.checkpoint.site}/{config.checkpoint.id}/{suffix}"


def still_attributes(
    *,
    id: str,  # noqa: A002 - CloudEvents' name
    source: str,
    time: str,
    visit: str,
    step: str,
    sealkey: str | None = None,
) -> dict[str, str]:
    """Return the CloudEvents attributes of a still, each to become one MQTT user property.

    :param sealkey: the id of the key to which it is sealed; None: it is not

    ``datacontenttype`` is not among them: in binary mode MQTT's own content type carries it.
    """
    return {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": STILL_TYPE if sealkey is None else SEALED_STILL_TYPE,
        "subject": f"visit/{visit}/step/{step}",
        "time": time,
        "correlationid": visit,
        **({} if sealkey is None else {"sealkey": sealkey}),
    }


def document(live: msgspec.Struct) -> dict[str, object]:
    """Return a live topic's *live* value as the JSON object that is published."""
    plain: dict[str, object] = msgspec.to_builtins(live)
    return plain


# One encoder for all calls: quicker than msgspec.json.encode.
_encoder = msgspec.json.Encoder()


def pack(value: object) -> bytes:
    """Return *value* as JSON in UTF-8."""
    return _encoder.encode(value)
