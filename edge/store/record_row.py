"""The row of a record as it is read from a file that may be damaged."""

from typing import Any

import msgspec

from edge.store.chain import KeptRecord
from edge.store.database import checksum
from edge.store.rows import KeptRow

Row = tuple[int, Any, int]
"""Sequence, body and checksum; the body of an undamaged row is bytes."""

WRONG_CHECKSUM = "the checksum of its row is wrong"

_kept = msgspec.json.Decoder(KeptRow).decode


def is_sound(row: Row) -> bool:
    """Return True if the checksum of *row* is right."""
    sequence, body, crc = row
    return isinstance(body, bytes) and checksum("outbox", sequence, body) == crc


def payload_of(body: bytes) -> bytes:
    """Return the CloudEvent in an undamaged *body*, byte for byte.

    :raises msgspec.DecodeError: if *body* is not a record
    """
    return bytes(_kept(body).event)


def read_record(row: Row) -> KeptRecord:
    """Return the record of *row*; damage is described in its *fault*, not raised."""
    sequence, body, _ = row
    if not is_sound(row):
        return KeptRecord(sequence, fault=WRONG_CHECKSUM)
    try:
        kept = _kept(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return KeptRecord(sequence, fault=f"its row cannot be read: {error}")
    return KeptRecord(sequence, kept.topic, bytes(kept.event), kept.link)
