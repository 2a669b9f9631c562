"""The fleet: each checkpoint's version, clock, queue, devices and certificate."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection
from starlette.responses import Response

from office.board.context import Asked, Context, hidden_alarms
from office.board.health import Health, health_of
from office.board.paging import Paging, page_number, read_paging
from office.board.views.board import SILENT_MS, state_of
from office.database import board_queries
from office.database.board_queries import CheckpointRow

# A certificate that ends within this time needs a person (docs/broker.md).
_SOON_MS = 30 * 24 * 3600 * 1000


class Unit(NamedTuple):
    """A checkpoint: its newest health, and the records that are not here yet."""

    row: CheckpointRow
    health: Health | None
    waiting: int

    def expires_soon(self, now_ms: int) -> bool:
        """Return True if its certificate ends within 30 days, or has ended."""
        ends_ms = None if self.health is None else self.health.certificate_ends_ms
        return ends_ms is not None and ends_ms - now_ms < _SOON_MS


async def show(context: Context, asked: Asked) -> Response:
    """Return a page of the table of all checkpoints, or of a site."""
    site, number, silent_ms = asked.entered("site"), page_number(asked), context.now_ms - SILENT_MS
    hidden = hidden_alarms(asked.request, asked.visitor)

    def find(connection: Connection) -> tuple[list[Unit], Paging]:
        paging = read_paging(connection, "/fleet", site, number)
        rows = board_queries.checkpoint_rows(
            connection,
            site=site,
            skipped=paging.skipped,
            most=paging.rows,
            hidden=hidden,
            silent_ms=silent_ms,
        )
        return _units(connection, rows), paging

    units, paging = await context.read(find)
    return context.render(
        asked.request,
        "fleet.html",
        asked.visitor,
        "fleet",
        units=units,
        paging=paging,
        state_of=state_of,
    )


def _units(connection: Connection, rows: Sequence[CheckpointRow]) -> list[Unit]:
    names = [row.checkpoint for row in rows]
    health = {row.checkpoint: row for row in board_queries.live_values(connection, "health", names)}
    waiting = board_queries.records_waiting(connection)
    return [
        Unit(row, health_of(health.get(row.checkpoint)), waiting.get(row.checkpoint, 0))
        for row in rows
    ]
