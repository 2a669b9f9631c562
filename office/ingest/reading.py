"""Reads what a checkpoint publishes: one message in, one value of the contract out. Pure.

The contract, in words, is docs/mqtt.md. A message that breaks it raises ProtocolError; its text
says what is wrong, for a person.
"""

import hashlib
import math
import re
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from edge.errors import ProtocolError
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.messages import (
    ROOT,
    SEALED_STILL_TYPE,
    STILL_LIMIT,
    TRIAL_TYPE,
    LedgerState,
    Status,
)
from edge.sealing.boxes import is_sealed
from edge.store.chain import ChainLink, link

# Below the root: site and checkpoint, then the suffix.
_LEVELS = 2
# Largest value of a live topic, bytes: the largest is `meta`.
_LARGEST_LIVE = 256 * 1024
_NAME = re.compile(r"[a-z0-9-]{1,64}")
# Greatest whole number that both databases store.
_GREATEST = 2**63 - 1
# No text of PostgreSQL can hold a NUL.
_TEXT = r"^[^\x00-\x1f\x7f]*\Z"

Text = Annotated[str, Meta(pattern=_TEXT, max_length=200)]
Filled = Annotated[str, Meta(pattern=_TEXT, min_length=1, max_length=200)]
Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
Moment = Annotated[datetime, Meta(tz=True)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Envelope(msgspec.Struct, frozen=True):
    """The attributes of a record that the office uses."""

    id: Id
    source: Text
    type: Filled
    time: Moment
    recordedtime: Moment
    streamid: Filled
    sequence: Annotated[str, Meta(pattern=r"^[0-9]{16}\Z")]
    prevhash: ChainLink
    correlationid: Text | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Kind(msgspec.Struct, frozen=True):
    type: str = ""


class Attributes(msgspec.Struct, frozen=True):
    """The attributes of a still, from its user properties."""

    id: Id
    source: Text
    type: Filled
    time: Moment
    subject: Text = ""
    correlationid: Text | None = None


class Record(msgspec.Struct, frozen=True):
    """A record, and the bytes in which it came."""

    checkpoint: str
    id: str
    stream: str
    sequence: int
    type: str
    visit: str | None
    happened_ms: int
    recorded_ms: int
    previous: bytes
    link: bytes
    payload: bytes
    data: msgspec.Raw


class Still(msgspec.Struct, frozen=True):
    """A still."""

    checkpoint: str
    id: str
    purpose: str
    visit: str | None
    subject: str
    happened_ms: int
    sha256: bytes
    image: bytes


class StatusSeen(msgspec.Struct, frozen=True):
    """A ``status``."""

    checkpoint: str
    status: Status


class LedgerSeen(msgspec.Struct, frozen=True):
    """A ``ledger``."""

    checkpoint: str
    ledger: LedgerState


class AlarmSeen(msgspec.Struct, frozen=True):
    """An alarm that stands; without payload: it has been cleared."""

    checkpoint: str
    kind: str
    since: str | None = None
    acknowledged: str | None = None
    payload: bytes = b""


class LiveSeen(msgspec.Struct, frozen=True):
    """Another live topic."""

    checkpoint: str
    topic: str
    payload: bytes


class _Alarm(msgspec.Struct, frozen=True):
    since: Text | None = None
    acknowledged: Text | None = None


Seen = Record | Still | StatusSeen | LedgerSeen | AlarmSeen | LiveSeen

_LIVE = ("meta", "health", "state/occupancy", "state/day")
_envelope = msgspec.json.Decoder(Envelope).decode
_kind = msgspec.json.Decoder(_Kind).decode
_status = msgspec.json.Decoder(Status).decode
_ledger = msgspec.json.Decoder(LedgerState).decode
_alarm = msgspec.json.Decoder(_Alarm).decode
_any = msgspec.json.Decoder(dict[str, Any]).decode


def read(message: IncomingMessage) -> Seen | None:
    """Return what *message* says; None for a message that says nothing (docs/mqtt.md).

    :raises ProtocolError: if it breaks the contract
    """
    try:
        return _read(message)
    except (msgspec.DecodeError, ValueError, RecursionError, OverflowError) as error:
        raise ProtocolError(str(error)[:300]) from None


def _read(message: IncomingMessage) -> Seen | None:
    name, suffix = _split(message.topic)
    kind, _, rest = suffix.partition("/")
    if kind == "event" or (kind == "report" and message.payload):
        return _record(name, message.payload)
    if kind == "still" and rest:
        return _still(name, rest, message)
    if len(message.payload) > _LARGEST_LIVE:
        raise ValueError(f"more than {_LARGEST_LIVE} bytes")
    if suffix.startswith("state/alarm/"):
        return _alarm_seen(name, suffix.removeprefix("state/alarm/"), message.payload)
    # An empty report means that a retained message was deleted; others say nothing.
    return _live(name, suffix, message.payload) if message.payload else None


def _live(name: str, suffix: str, payload: bytes) -> Seen | None:
    if suffix == "status":
        return StatusSeen(name, _status(payload))
    if suffix == "ledger":
        return LedgerSeen(name, _bounded(_ledger(payload)))
    if suffix not in _LIVE:
        return None
    _any(payload)
    return LiveSeen(name, suffix, payload)


def _split(topic: str) -> tuple[str, str]:
    if not topic.startswith(f"{ROOT}/"):
        raise ValueError(f"not under {ROOT}")
    levels = topic[len(ROOT) + 1 :].split("/", _LEVELS)
    if len(levels) <= _LEVELS or not all(levels):
        raise ValueError("names no site, checkpoint and kind")
    if not all(_NAME.fullmatch(level) for level in levels[:_LEVELS]):
        raise ValueError("site and checkpoint are lower-case letters, digits and dashes")
    return f"{levels[0]}/{levels[1]}", levels[2]


def _record(name: str, payload: bytes) -> Record | None:
    try:
        head = _envelope(payload)
    except msgspec.DecodeError:
        if _kind(payload).type == TRIAL_TYPE:
            return None
        raise
    # The broker's ACL covers topics only: a client allowed here could name any source.
    if head.source != f"/gardu/{name}":
        raise ValueError(f"{head.source} does not publish here")
    sequence = int(head.sequence)
    if sequence < 1:
        raise ValueError("sequence 0 is no record")
    return Record(
        checkpoint=name,
        id=head.id,
        stream=head.streamid,
        sequence=sequence,
        type=head.type,
        visit=head.correlationid,
        happened_ms=_ms(head.time),
        recorded_ms=_ms(head.recordedtime),
        previous=bytes.fromhex(head.prevhash),
        link=bytes.fromhex(link(head.prevhash, payload)),
        payload=payload,
        data=head.data,
    )


def _still(name: str, purpose: str, message: IncomingMessage) -> Still | None:
    attributes = dict(message.user)
    if attributes.get("type") == TRIAL_TYPE:
        return None
    head = msgspec.convert(attributes, Attributes, strict=False)
    if head.source != f"/gardu/{name}":
        raise ValueError(f"{head.source} does not publish here")
    if not 0 < len(message.payload) <= STILL_LIMIT:
        raise ValueError(f"an image of {len(message.payload)} bytes; allowed: 1 to {STILL_LIMIT}")
    if head.type == SEALED_STILL_TYPE and not is_sealed(message.payload):
        raise ValueError("a sealed still that is not sealed")
    return Still(
        checkpoint=name,
        id=head.id,
        purpose=_short(purpose),
        visit=head.correlationid,
        subject=head.subject,
        happened_ms=_ms(head.time),
        sha256=hashlib.sha256(message.payload).digest(),
        image=message.payload,
    )


def _alarm_seen(name: str, kind: str, payload: bytes) -> AlarmSeen:
    kind = _short(kind)
    if not payload:
        return AlarmSeen(name, kind)
    alarm = _alarm(payload)
    return AlarmSeen(name, kind, alarm.since, alarm.acknowledged, payload)


def _bounded(ledger: LedgerState) -> LedgerState:
    numbers = (ledger.oldest_seq, ledger.last_seq, ledger.acked_seq, ledger.head_seq)
    if not all(0 <= number <= _GREATEST for number in numbers):
        raise ValueError("a sequence is below 0, or too large")
    msgspec.convert(ledger.streamid, Filled)
    return ledger


def _short(text: str) -> str:
    if len(text) > 200 or not text.isprintable():
        raise ValueError("a level of the topic is too long")
    return text


def _ms(moment: datetime) -> int:
    return math.floor(moment.timestamp() * 1e3 + 0.5)
