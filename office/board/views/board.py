"""The board: alarms, checkpoints that are offline, overdue visits, then all checkpoints."""

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from office.board.context import Asked, Context
from office.board.language import Language, language_of
from office.board.moments import moment_of
from office.board.seen import Seen, seen_visits
from office.database import board_queries, queries
from office.database.board_queries import CheckpointRow, Totals
from office.database.queries import AlarmStanding
from office.database.visit_queries import open_visits

# Interval at which open pages are brought up to date, real seconds.
EVERY_S = 1.0
# Interval of a sign that the page is connected, as long as nothing changes, in rounds.
_ALIVE_ROUNDS = 10
# A checkpoint publishes its health every minute (docs/mqtt.md), and it expires after this time.
SILENT_MS = 300_000
# Overdue visits and alarms on the board, at most.
_MOST_LINES = 100


class Alarm(NamedTuple):
    """An alarm that stands."""

    checkpoint: str
    kind: str
    since_ms: int | None
    acknowledged_ms: int | None
    detail: str
    visits: int | None
    persons: int | None

    @property
    def fire(self) -> bool:
        """True for the fire alarm."""
        return self.kind == "fire"


class Board(NamedTuple):
    """The board of one moment."""

    totals: Totals
    alarms: list[Alarm]
    more_alarms: int
    overdue: list[Seen]
    more_overdue: int
    rows: list[CheckpointRow]
    at_ms: int

    @property
    def offline(self) -> list[CheckpointRow]:
        """The checkpoints that are offline, or give no sign of life: the longest first."""
        return [row for row in self.rows if state_of(row, self.at_ms) in {"offline", "silent"}]

    @property
    def more_offline(self) -> int:
        """The number of checkpoints that are offline and not shown."""
        return max(0, self.totals.offline - sum(row.status == "offline" for row in self.rows))

    @property
    def more_rows(self) -> int:
        """The number of checkpoints that are not shown."""
        return self.totals.checkpoints - len(self.rows)


class _AlarmValue(msgspec.Struct, frozen=True):
    detail: str | None = None
    visits: int | None = None
    persons: int | None = None


def state_of(row: CheckpointRow, now_ms: int) -> str:
    """Return ``online``, ``offline``, ``unknown``; or ``silent``: online without any health."""
    if row.status == "online" and row.health_ms is not None and now_ms - row.health_ms > SILENT_MS:
        return "silent"
    return row.status


def alarm_of(standing: AlarmStanding) -> Alarm:
    """Return an alarm as it is shown."""
    try:
        value = msgspec.json.decode(standing.payload, type=_AlarmValue)
    except msgspec.DecodeError:
        value = _AlarmValue()
    return Alarm(
        standing.checkpoint,
        standing.kind,
        moment_of(standing.since),
        moment_of(standing.acknowledged),
        value.detail or "",
        value.visits,
        value.persons,
    )


def read_board(connection: Connection, now_ms: int) -> Board:
    """Return the board of this moment."""
    totals = board_queries.totals(connection)
    alarms = queries.standing_alarms(connection)
    late = open_visits(connection, overdue=True)
    seen = seen_visits(connection, late[:_MOST_LINES], now_ms)
    return Board(
        totals=totals,
        alarms=[alarm_of(one) for one in alarms[:_MOST_LINES]],
        more_alarms=max(0, len(alarms) - _MOST_LINES),
        overdue=sorted(seen, key=lambda one: -one.late_s),
        more_overdue=max(0, totals.overdue - _MOST_LINES),
        rows=board_queries.checkpoint_rows(connection),
        at_ms=now_ms,
    )


class Shared:
    """The board for all open pages: read once an interval, rendered once a language."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = asyncio.Lock()
        self._read_s = float("-inf")
        self._board: Board | None = None
        self._texts: dict[Language, str] = {}

    async def text(self, language: Language) -> str:
        """Return the part of the page that changes.

        :raises DBAPIError: if the database cannot be used now
        """
        async with self._lock:
            if self._board is None or self._context.now_s - self._read_s >= EVERY_S * 0.9:
                now_ms = self._context.now_ms
                self._board = await self._context.read(lambda one: read_board(one, now_ms))
                self._read_s = self._context.now_s
                self._texts.clear()
            if language not in self._texts:
                self._texts[language] = self._context.fragment(
                    language, "_board.html", board=self._board, state_of=state_of
                )
            return self._texts[language]


async def show(context: Context, asked: Asked) -> Response:
    """Return the page with the board of this moment; it goes on by :func:`events`."""
    now_ms = context.now_ms
    found = await context.read(lambda connection: read_board(connection, now_ms))
    text = context.fragment(asked.language, "_board.html", board=found, state_of=state_of)
    return context.render(asked.request, "board.html", asked.visitor, "board", board=text)


async def events(context: Context, shared: Shared, request: Request) -> Response:
    """Return the stream of the board: the part of the page that changes, whenever it differs."""
    return EventSourceResponse(_events(context, shared, request))


async def _events(
    context: Context, shared: Shared, request: Request
) -> AsyncIterator[ServerSentEvent]:
    before, quiet, language = "", 0, language_of(request)
    while True:
        try:
            if await context.visitor(request) is None:
                yield ServerSentEvent("", event="ended")
                return
            text = await shared.text(language)
        except DBAPIError:
            text = ""
            yield ServerSentEvent("", event="away")
        if text and text != before:
            yield ServerSentEvent(text, event="board")
            before, quiet = text, 0
        elif text and (quiet := quiet + 1) >= _ALIVE_ROUNDS:
            yield ServerSentEvent("", event="alive")
            quiet = 0
        await asyncio.sleep(EVERY_S)
