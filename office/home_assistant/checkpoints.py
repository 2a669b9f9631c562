"""Reads from the database what Home Assistant is told of each checkpoint."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection, and_, select

from office.database.tables import alarms, checkpoints, live
from office.home_assistant.devices import Known

# Rows read from the database at a time.
_AT_ONCE = 500


def known_checkpoints(connection: Connection, sites: Collection[str]) -> list[Known]:
    """Return the checkpoints of *sites* (empty: of all).

    :raises DBAPIError: if the database cannot be used
    """
    standing: defaultdict[int, set[str]] = defaultdict(set)
    for number, kind in connection.execute(select(alarms.c.checkpoint, alarms.c.kind)):
        standing[number].add(kind)
    is_meta = and_(live.c.checkpoint == checkpoints.c.number, live.c.topic == "meta")
    query = (
        select(checkpoints.c.number, checkpoints.c.site, checkpoints.c.checkpoint, live.c.payload)
        .outerjoin(live, is_meta)
        # Not yield_per: with it, memory grew with the rows (SQLAlchemy 2.1 with psycopg).
        .execution_options(stream_results=True, max_row_buffer=_AT_ONCE)
    )
    return [
        Known(site, checkpoint, meta or b"", frozenset(standing[number]))
        for number, site, checkpoint, meta in connection.execute(query)
        if not sites or site in sites
    ]
