"""Encodes a record as a CloudEvent: stored, hashed into the chain and published as these bytes.

docs/mqtt.md describes the format in words.
"""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from edge.clock import iso
from edge.config.model import Config
from edge.sop.records import Record
from edge.store.chain import ChainLink

RECORD_CONTENT = "application/cloudevents+json"


REPORT_TYPE = "gardu.report.monthly.v1"


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudEvents 1.0 envelope; attribute names are those of docs/mqtt.md.

    :ivar time: when it happened; *recordedtime*: when it was committed here (RFC 3339 UTC)
    :ivar sequence: 16 digits, without gaps within one *streamid*
    :ivar prevhash: the link of the record before it in the chain (edge/store/chain.py)
    :ivar correlationid: the visit; absent if the record has none
    """

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: str
    recordedtime: str
    streamid: str
    sequence: str
    prevhash: ChainLink
    correlationid: str | UnsetType = UNSET
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str
    data: Any


# One encoder for all records: quicker than the function msgspec.json.encode.
_encoder = msgspec.json.Encoder()


def encode(
    record: Record,
    *,
    id: str,  # noqa: A002 - CloudEvents' name
    source: str,
    stream: str,
    sequence: int,
    previous: str,
    recorded_ms: int,
) -> bytes:
    """Return the payload of *record*, final from now on: a CloudEvents JSON object in UTF-8.

    :param previous: the link of the record before it in the chain
    :param recorded_ms: time of the commit, milliseconds since 1970 UTC
    """
    return _encoder.encode(
        Envelope(
            id=id,
            source=source,
            type=record.type,
            subject=record.subject,
            time=record.at.iso(),
            recordedtime=iso(recorded_ms),
            streamid=stream,
            sequence=f"{sequence:016d}",
            prevhash=previous,
            correlationid=UNSET if record.visit is None else record.visit,
            dataschema=dataschema(record.type),
            data=record.data,
        )
    )


def dataschema(kind: str) -> str:
    """Return the schema name of a record type: ``urn:gardu:schema:step.completed:1``."""
    name, _, version = kind.removeprefix("gardu.").rpartition(".v")
    return f"urn:gardu:schema:{name}:{version}"


def source(config: Config) -> str:
    """Return the CloudEvents source: ``/gardu/{site}/{checkpoint}``."""
    return f"/gardu/{config.checkpoint.site}/{config.checkpoint.id}"
