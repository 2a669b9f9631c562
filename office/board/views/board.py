"""The board: alarms, checkpoints that are offline, overdue visits, then all checkpoints."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import NamedTuple

import anyio
import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sse_starlette import ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from office.board.context import Asked, Context, hidden_alarms
from office.board.language import Language, language_of
from office.board.moments import moment_of
from office.board.seen import Seen, seen_visits
from office.database import board_queries, queries
from office.database.board_queries import BrokenRow, CheckpointRow, Totals
from office.database.queries import AlarmStanding
from office.database.visit_queries import open_visits
from pages.stream import pause, respond

# Interval at which open pages are brought up to date, real seconds.
EVERY_S = 1.0
# Interval of a sign that the page is connected, as long as nothing changes, in rounds.
_ALIVE_ROUNDS = 10
# A checkpoint publishes its health every minute (docs/mqtt.md), and it expires after this time.
SILENT_MS = 300_000
# A broken chain cannot be mended: it is an alarm for this time after it was found.
_BROKEN_MS = 30 * 24 * 3600 * 1000
# Overdue visits, alarms and broken chains on the board, at most.
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
    broken: list[BrokenRow]
    more_broken: int
    overdue: list[Seen]
    more_overdue: int
    rows: list[CheckpointRow]
    at_ms: int

    @property
    def offline(self) -> list[CheckpointRow]:
        """The checkpoints that are offline, or give no sign of life: the longest first."""
        found = [row for row in self.rows if state_of(row, self.at_ms) in {"offline", "silent"}]
        return sorted(found, key=lambda row: since_ms(row, self.at_ms) or 0)

    @property
    def more_offline(self) -> int:
        """The number of checkpoints that are offline, or silent, and not shown."""
        return max(0, self.totals.offline + self.totals.silent - len(self.offline))

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


def since_ms(row: CheckpointRow, now_ms: int) -> int | None:
    """Return since when a checkpoint is in its state; None if that is not known."""
    return row.health_ms if state_of(row, now_ms) == "silent" else row.status_ms


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


def read_board(connection: Connection, now_ms: int, hidden: frozenset[str]) -> Board:
    """Return the board of this moment, without alarms of the kinds *hidden*."""
    totals = board_queries.totals(connection, now_ms - SILENT_MS)
    alarms = queries.standing_alarms(connection, hidden=hidden)[:_MOST_LINES]
    late = open_visits(connection, overdue=True)
    seen = seen_visits(connection, late[:_MOST_LINES], now_ms)
    broken = board_queries.broken_since(connection, now_ms - _BROKEN_MS)
    return Board(
        totals=totals,
        alarms=[alarm_of(one) for one in alarms],
        more_alarms=board_queries.alarm_count(connection, hidden) - len(alarms),
        broken=broken[:_MOST_LINES],
        more_broken=max(0, len(broken) - _MOST_LINES),
        overdue=sorted(seen, key=lambda one: -one.late_s),
        more_overdue=max(0, totals.overdue - _MOST_LINES),
        rows=board_queries.checkpoint_rows(connection, hidden=hidden, silent_ms=now_ms - SILENT_MS),
        at_ms=now_ms,
    )


class Shared:
    """The board for all open pages: read once an interval, rendered once a language.

    Pages that show silent alarms, and those that do not, have a board each.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = asyncio.Lock()
        self._read_s = float("-inf")
        self._boards: dict[frozenset[str], Board] = {}
        self._texts: dict[tuple[Language, frozenset[str]], str] = {}

    async def text(self, language: Language, hidden: frozenset[str]) -> str:
        """Return the part of the page that changes, without alarms of the kinds *hidden*.

        :raises DBAPIError: if the database cannot be used now
        """
        async with self._lock:
            if self._context.now_s - self._read_s >= EVERY_S * 0.9:
                self._boards.clear()
                self._texts.clear()
                self._read_s = self._context.now_s
            if hidden not in self._boards:
                now_ms = self._context.now_ms
                self._boards[hidden] = await self._context.read(
                    lambda one: read_board(one, now_ms, hidden)
                )
            key = language, hidden
            if key not in self._texts:
                self._texts[key] = self._context.fragment(
                    language, "_board.html", board=self._boards[hidden], state_of=state_of
                )
            return self._texts[key]


async def show(context: Context, asked: Asked) -> Response:
    """Return the page with the board of this moment; it goes on by :func:`events`."""
    now_ms, hidden = context.now_ms, hidden_alarms(asked.request, asked.visitor)
    found = await context.read(lambda connection: read_board(connection, now_ms, hidden))
    text = context.fragment(asked.language, "_board.html", board=found, state_of=state_of)
    return context.render(asked.request, "board.html", asked.visitor, "board", board=text)


async def events(context: Context, shared: Shared, request: Request) -> Response:
    """Return the stream of the board: the part of the page that changes, whenever it differs."""
    return respond(partial(_events, context, shared, request))


async def _events(
    context: Context, shared: Shared, request: Request, stopping: anyio.Event
) -> AsyncIterator[ServerSentEvent]:
    before, quiet, language = "", 0, language_of(request)
    while not stopping.is_set():
        try:
            visitor = await context.visitor(request)
            if visitor is None:
                yield ServerSentEvent("", event="ended")
                return
            text = await shared.text(language, hidden_alarms(request, visitor))
        except DBAPIError:
            text = ""
            yield ServerSentEvent("", event="away")
        if text and text != before:
            yield ServerSentEvent(text, event="board")
            before, quiet = text, 0
        elif text and (quiet := quiet + 1) >= _ALIVE_ROUNDS:
            yield ServerSentEvent("", event="alive")
            quiet = 0
        await pause(stopping, EVERY_S)
