"""A visit: its steps against their standard times, its other records, its stills."""

from typing import NamedTuple

import msgspec
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import Response

from edge.sealing.boxes import BoxClosed, PrivateKeys, is_sealed
from office.board.context import Asked, Context
from office.board.moments import moment_of
from office.board.seen import Seen, StepFacts, facts_of, seen_visits
from office.database import queries
from office.database.queries import TimelineRecord, VisitStill
from office.database.visit_queries import STEP, VisitRow, visit_row

# A still never changes.
_STILL_LASTS = "private, max-age=86400, immutable"
# Keys of the data of records that the page shows beside their kinds.
_DETAILS: dict[str, tuple[str, ...]] = {
    "visit.opened": ("persons",),
    "visit.closed": ("outcome", "reason"),
    "visit.joined": ("persons",),
    "visit.corrected": ("correction", "from", "to"),
    "visit.extended": ("step",),
    "visit.unseen": ("station",),
    "visit.reconciled": ("returned",),
    "host.chosen": ("host",),
    "step.overdue": ("step", "station"),
    "locker.opened": ("locker", "why"),
    "alarm.raised": ("alarm", "detail"),
    "alarm.acknowledged": ("alarm", "panel"),
    "alarm.cleared": ("alarm",),
    "equipment.fault": ("device", "why"),
    "equipment.restored": ("device",),
}


class Step(NamedTuple):
    """A step that has ended, and when it began and ended."""

    facts: StepFacts
    started_ms: int | None
    ended_ms: int

    @property
    def most_s(self) -> float:
        """The length of its bar: the longer of duration and standard time, seconds."""
        return max(self.facts.duration_s or 0.0, self.facts.standard_s or 0.0, 1.0)


class Event(NamedTuple):
    """Another record: its kind without prefix and version, and details of it."""

    kind: str
    happened_ms: int
    details: dict[str, str]


class Found(NamedTuple):
    """What the database has of a visit."""

    row: VisitRow
    seen: Seen
    steps: list[Step]
    events: list[Event]
    stills: list[VisitStill]

    @property
    def untrusted(self) -> bool:
        """True if the times are by a clock that was not trusted."""
        return any(not step.facts.clock_synced for step in self.steps)


class _Envelope(msgspec.Struct, frozen=True):
    data: dict[str, object] = {}


async def show(context: Context, asked: Asked) -> Response:
    """Return the page of the visit in the path."""
    name, visit, now_ms = asked.checkpoint, asked.request.path_params["visit"], context.now_ms
    found = await context.read(lambda connection: _find(connection, name, visit, now_ms))
    if found is None:
        raise HTTPException(404, "unknown-visit")
    return context.render(
        asked.request,
        "visit.html",
        asked.visitor,
        "visits",
        found=found,
        name=name,
        meta=context.known.of(name),
        opens=context.settings.still_keys is not None,
    )


async def still(context: Context, asked: Asked) -> Response:
    """Return the JPEG of the still in the path; a sealed one only if the office has its key."""
    name, identifier = asked.checkpoint, asked.request.path_params["still"]
    if not _is_id(identifier):
        raise HTTPException(404, "no-page")
    image = await context.read(lambda one: queries.still_image(one, name, identifier))
    if image is None:
        raise HTTPException(404, "no-page")
    if is_sealed(image):
        image = _opened(context.settings.still_keys, image)
    return Response(image, media_type="image/jpeg", headers={"cache-control": _STILL_LASTS})


def _opened(keys: PrivateKeys | None, box: bytes) -> bytes:
    """Return the picture in *box*.

    :raises HTTPException: if the keys of the office's server do not open it
    """
    try:
        if keys is not None:
            return keys.open(box)
    except BoxClosed:
        pass
    raise HTTPException(403, "sealed-still")


def _is_id(text: str) -> bool:
    """Return True for an id as records and stills have them: PostgreSQL takes no other text."""
    parts = [len(part) for part in text.split("-")]
    return parts == [8, 4, 4, 4, 12] and not set(text) - set("0123456789abcdef-")


def _find(connection: Connection, name: str, visit: str, now_ms: int) -> Found | None:
    row = visit_row(connection, name, visit)
    if row is None:
        return None
    timeline = queries.visit_timeline(connection, name, visit)
    return Found(
        row=row,
        seen=seen_visits(connection, [row], now_ms)[0],
        steps=[_step(one) for one in timeline if one.type == STEP],
        events=[_event(one) for one in timeline if one.type != STEP],
        stills=queries.visit_stills(connection, name, visit),
    )


def _step(record: TimelineRecord) -> Step:
    facts = facts_of(record.payload)
    return Step(facts, moment_of(facts.started), record.happened_ms)


def _event(record: TimelineRecord) -> Event:
    try:
        data = msgspec.json.decode(record.payload, type=_Envelope).data
    except msgspec.DecodeError:
        data = {}
    kind = record.type.removeprefix("gardu.").rpartition(".v")[0]
    found = {key: data.get(key) for key in _DETAILS.get(kind, ())}
    details = {key: str(value) for key, value in found.items() if isinstance(value, str | int)}
    return Event(kind, record.happened_ms, details)
