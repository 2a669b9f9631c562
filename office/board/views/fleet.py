"""The fleet: each checkpoint's version, clock, queue, devices and certificate."""

from typing import NamedTuple

from sqlalchemy import Connection
from starlette.responses import Response

from office.board.context import Asked, Context
from office.board.health import Health, health_of
from office.board.views.board import state_of
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
    """Return the table of all checkpoints, or of a site."""
    site = asked.entered("site")
    units = await context.read(lambda connection: _find(connection, site))
    return context.render(
        asked.request, "fleet.html", asked.visitor, "fleet", units=units, state_of=state_of
    )


def _find(connection: Connection, site: str) -> list[Unit]:
    health = {row.checkpoint: row for row in board_queries.live_values(connection, "health", site)}
    waiting = board_queries.records_waiting(connection)
    return [
        Unit(row, health_of(health.get(row.checkpoint)), waiting.get(row.checkpoint, 0))
        for row in board_queries.checkpoint_rows(connection, site=site)
    ]
