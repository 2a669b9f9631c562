"""What a record says of its visit, and which stills it names. Pure.

A record whose data is not what its type has is stored all the same: without it the stream would
have a gap. It says nothing of its visit then.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from office.database.records import ReferenceRow
from office.database.visits import VisitChange
from office.ingest.reading import Digest, Id, Record, Text

# Stills that one record names, at most.
_MOST_STILLS = 100


class _Data(msgspec.Struct, frozen=True):
    """The keys of the data of visits' records that the table of visits has."""

    procedure: Text | None = None
    host: Text | None = None
    persons: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    step: Text | None = None
    outcome: Text | None = None


class _Still(msgspec.Struct, frozen=True):
    """A still that a record names; without digest if it was not written then."""

    id: Id
    sha256: Digest | None = None


class _Stills(msgspec.Struct, frozen=True):
    stills: Annotated[tuple[_Still, ...], Meta(max_length=_MOST_STILLS)] = ()


_decode = msgspec.json.Decoder(_Data).decode
_decode_stills = msgspec.json.Decoder(_Stills).decode

_STEP, _OVERDUE = "gardu.step.completed.v1", "gardu.step.overdue.v1"
_OPENED, _CLOSED = "gardu.visit.opened.v1", "gardu.visit.closed.v1"
# Other records of a visit whose host and persons hold from then on.
_CHANGES = frozenset({"gardu.host.chosen.v1", "gardu.visit.joined.v1"})
_KNOWN = _CHANGES | {_STEP, _OVERDUE, _OPENED, _CLOSED}


def visit_change(record: Record, checkpoint: int) -> VisitChange | None:
    """Return what *record* says of its visit; None: nothing."""
    if record.visit is None or record.type not in _KNOWN:
        return None
    try:
        data = _decode(record.data)
    except msgspec.DecodeError:
        return None
    return _change(record, data, checkpoint)


def stills_named(record: Record, checkpoint: int) -> list[ReferenceRow]:
    """Return the stills that *record* names with their digests."""
    if record.type != _STEP:
        return []
    try:
        stills = _decode_stills(record.data).stills
    except msgspec.DecodeError:
        return []
    return [
        ReferenceRow(checkpoint, one.id, record.visit, bytes.fromhex(one.sha256))
        for one in stills
        if one.sha256 is not None
    ]


def _change(record: Record, data: _Data, checkpoint: int) -> VisitChange:
    assert record.visit is not None
    at_ms, kind = record.happened_ms, record.type
    step = data.step if kind == _STEP else None
    overdue = {_OVERDUE: data.step, _STEP: "", _CLOSED: ""}.get(kind)

    def sequence(value: object) -> int:
        return 0 if value is None else record.sequence

    return VisitChange(
        checkpoint=checkpoint,
        visit=record.visit,
        procedure=data.procedure,
        outcome=data.outcome if kind == _CLOSED else None,
        opened_ms=at_ms if kind == _OPENED else None,
        closed_ms=at_ms if kind == _CLOSED else None,
        last_ms=at_ms,
        host=data.host,
        host_seq=sequence(data.host),
        persons=data.persons,
        persons_seq=sequence(data.persons),
        step=step,
        step_seq=sequence(step),
        overdue=overdue,
        overdue_seq=sequence(overdue),
    )
