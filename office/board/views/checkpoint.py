"""A checkpoint: its lobby by station, what it published last, its records."""

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import Response

from office.board.context import Asked, Context, hidden_alarms
from office.board.health import Health, health_of
from office.board.seen import Seen, seen_visits
from office.board.texts import STATIONS
from office.board.views.board import Alarm, alarm_of, state_of
from office.database import board_queries, queries
from office.database.board_queries import BreakRow, CheckpointRow, GapRow, LiveRow, StreamRow
from office.database.visit_queries import open_visits


class _StepCount(msgspec.Struct, frozen=True):
    procedure: str = ""
    step: str = ""
    visits: int = 0


class Occupancy(msgspec.Struct, frozen=True):
    """The part of ``state/occupancy`` that the page shows."""

    visits: int = 0
    persons: int = 0
    steps: tuple[_StepCount, ...] = ()
    overdue: int = 0
    lockers_in_use: int = 0
    lockers_open: int = 0
    cards_out: int = 0
    cards_missing: int = 0
    ids_held: int = 0


class Day(msgspec.Struct, frozen=True):
    """The part of ``state/day`` that the page shows."""

    status: str = ""
    visits_opened: int = 0
    persons: int = 0
    outcomes: dict[str, int] = {}


class Found(NamedTuple):
    """What the database has of a checkpoint."""

    row: CheckpointRow
    alarms: list[Alarm]
    visits: list[Seen]
    occupancy: Occupancy | None
    day: Day | None
    health: Health | None
    streams: list[StreamRow]
    gaps: list[GapRow]
    breaks: list[BreakRow]

    @property
    def stations(self) -> list[tuple[str, list[Seen]]]:
        """The open visits by the station where they were last seen, in the order of the law."""
        names = {one.station for one in self.visits}
        order = [*(name for name in STATIONS if name in names), *sorted(names - STATIONS.keys())]
        return [(name, [one for one in self.visits if one.station == name]) for name in order]


async def show(context: Context, asked: Asked) -> Response:
    """Return the page of the checkpoint in the path."""
    now_ms, name = context.now_ms, asked.checkpoint
    hidden = hidden_alarms(asked.request, asked.visitor)
    found = await context.read(lambda connection: _find(connection, name, now_ms, hidden))
    if found is None:
        raise HTTPException(404, "unknown-checkpoint")
    return context.render(
        asked.request,
        "checkpoint.html",
        asked.visitor,
        "board",
        found=found,
        name=name,
        meta=context.known.of(name),
        state=state_of(found.row, now_ms),
    )


def value_of(row: LiveRow | None, kind: type[Any]) -> Any:
    """Return the value of a live topic; None if there is none, or if it has another form."""
    if row is None:
        return None
    try:
        return msgspec.json.decode(row.payload, type=kind)
    except msgspec.DecodeError:
        return None


def _find(connection: Connection, name: str, now_ms: int, hidden: frozenset[str]) -> Found | None:
    rows = board_queries.checkpoint_rows(connection, checkpoint=name, hidden=hidden)
    if not rows:
        return None
    live = board_queries.live_of(connection, name)
    alarms = queries.standing_alarms(connection, name, hidden=hidden)
    return Found(
        row=rows[0],
        alarms=[alarm_of(one) for one in alarms],
        visits=seen_visits(connection, open_visits(connection, name), now_ms),
        occupancy=value_of(live.get("state/occupancy"), Occupancy),
        day=value_of(live.get("state/day"), Day),
        health=health_of(live.get("health")),
        streams=board_queries.streams_of(connection, name),
        gaps=board_queries.gaps_of(connection, name),
        breaks=board_queries.breaks_of(connection, name),
    )
