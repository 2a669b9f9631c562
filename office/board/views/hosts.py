"""The hosts of each checkpoint, and which of them receive no guests, as it has published it."""

from typing import NamedTuple

import msgspec
from sqlalchemy import Connection
from starlette.responses import Response

from office.board.context import Asked, Context
from office.board.known import Known
from office.board.moments import moment_of
from office.board.paging import Paging, page_number, read_paging
from office.database import board_queries
from office.database.board_queries import CheckpointValue


class Away(msgspec.Struct, frozen=True):
    """A host who receives no guests."""

    host: str = ""
    until: str | None = None
    reason: str | None = None

    @property
    def until_ms(self) -> int | None:
        """The moment from which it does not hold any more; None: until it is withdrawn."""
        return moment_of(self.until)


class _Occupancy(msgspec.Struct, frozen=True):
    hosts_away: tuple[Away, ...] = ()


class HostRow(NamedTuple):
    """A host of a checkpoint; *away*: it receives no guests."""

    id: str
    title: str
    away: Away | None


class Hosts(NamedTuple):
    """The hosts of a checkpoint, as of *arrived_ms*; None: it has not published them."""

    checkpoint: str
    arrived_ms: int | None
    rows: list[HostRow]


async def show(context: Context, asked: Asked) -> Response:
    """Return a page of the hosts of all checkpoints, or of a site."""
    site, number, now_ms = asked.entered("site"), page_number(asked), context.now_ms

    def find(connection: Connection) -> tuple[list[Hosts], Paging]:
        paging = read_paging(connection, "/hosts", site, number)
        return _find(connection, context.known, paging, now_ms), paging

    found, paging = await context.read(find)
    return context.render(
        asked.request, "hosts.html", asked.visitor, "hosts", checkpoints=found, paging=paging
    )


def _find(connection: Connection, known: Known, paging: Paging, now_ms: int) -> list[Hosts]:
    names = board_queries.checkpoint_names(
        connection, paging.site, skipped=paging.skipped, most=paging.rows
    )
    found = board_queries.live_values(connection, "state/occupancy", names)
    published = {row.checkpoint: row for row in found}
    return [_of(name, published.get(name), known, now_ms) for name in names]


def _of(name: str, row: CheckpointValue | None, known: Known, now_ms: int) -> Hosts:
    meta, away = known.of(name), _away(row, now_ms)
    rows = [HostRow(one.id, meta.host(one.id), away.get(one.id)) for one in meta.hosts]
    return Hosts(name, None if row is None else row.arrived_ms, rows)


def _away(row: CheckpointValue | None, now_ms: int) -> dict[str, Away]:
    """Return what holds now, by host."""
    try:
        published = (
            () if row is None else msgspec.json.decode(row.payload, type=_Occupancy).hosts_away
        )
    except msgspec.DecodeError:
        published = ()
    return {one.host: one for one in published if one.until_ms is None or one.until_ms > now_ms}
