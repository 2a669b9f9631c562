"""Live state in the database: the connection's status, ledgers, alarms, and other live topics."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, text

from office.database.bulk import insert_rows, update_rows
from office.database.tables import alarms, aside, counts, heads, live, streams

# Alarms of one checkpoint; the contract knows about thirty.
MOST_ALARMS = 200


class StatusRow(NamedTuple):
    """The newest ``status`` of a checkpoint."""

    checkpoint: int
    status: str
    session: int
    reason: str
    status_ms: int


class LedgerRow(NamedTuple):
    """The newest ``ledger`` of a stream."""

    stream: int
    oldest_seq: int
    last_seq: int
    acked_seq: int
    head_seq: int
    head: bytes
    arrived_ms: int


class AlarmRow(NamedTuple):
    """The newest value of an alarm; without payload it has been cleared."""

    checkpoint: int
    kind: str
    since: str | None
    acknowledged: str | None
    arrived_ms: int
    payload: bytes


class LiveRow(NamedTuple):
    """The newest value of another live topic."""

    checkpoint: int
    topic: str
    arrived_ms: int
    payload: bytes


class AsideRow(NamedTuple):
    """A message that was refused."""

    topic: str
    why: str
    size: int
    arrived_ms: int
    payload: bytes


def set_status(connection: Connection, rows: Sequence[StatusRow]) -> None:
    """Store *rows* in order; an ``offline`` of an older session is an old will, and ignored."""
    for row in rows:
        connection.execute(_STATUS, row._asdict())


_STATUS = text(
    "UPDATE checkpoints SET status = :status, session = :session, reason = :reason, "
    "status_ms = CASE WHEN status = :status AND session = :session THEN status_ms "
    "ELSE :status_ms END "
    "WHERE number = :checkpoint AND (:status = 'online' OR session <= :session)"
)


def set_ledgers(connection: Connection, rows: Sequence[LedgerRow]) -> None:
    """Store *rows*, and the heads in them as evidence."""
    update_rows(connection, streams, _LEDGER, _LEDGER_KINDS, [row._asdict() for row in rows])
    insert_rows(
        connection,
        heads,
        [
            {
                "stream": row.stream,
                "sequence": row.head_seq,
                "link": row.head,
                "arrived_ms": row.arrived_ms,
            }
            for row in sorted(rows)
        ],
        "ON CONFLICT (stream, sequence, link) DO NOTHING",
    )


# acked_seq goes back while records are sent again by hand; what was acknowledged stays so.
_LEDGER = (
    "oldest_seq = {oldest_seq}, ledger_ms = {arrived_ms}, "
    "last_seq = CASE WHEN streams.last_seq > {last_seq} "
    "THEN streams.last_seq ELSE {last_seq} END, "
    "acked_seq = CASE WHEN streams.acked_seq > {acked_seq} "
    "THEN streams.acked_seq ELSE {acked_seq} END "
    "WHERE streams.number = {stream}"
)
_LEDGER_KINDS = {
    "stream": "INTEGER",
    **dict.fromkeys(("oldest_seq", "last_seq", "acked_seq", "arrived_ms"), "BIGINT"),
}


def set_alarms(connection: Connection, rows: Sequence[AlarmRow]) -> None:
    """Store *rows*, one of each alarm; those without payload are deleted."""
    for row in rows:
        if not row.payload:
            connection.execute(_CLEAR, {"checkpoint": row.checkpoint, "kind": row.kind})
    raised = [row._asdict() for row in sorted(rows) if row.payload]
    kept = [row for row in raised if _alarms_of(connection, row["checkpoint"]) < MOST_ALARMS]
    insert_rows(
        connection,
        alarms,
        kept,
        "ON CONFLICT (checkpoint, kind) DO UPDATE SET since = excluded.since, acknowledged = "
        "excluded.acknowledged, arrived_ms = excluded.arrived_ms, payload = excluded.payload",
    )


_CLEAR = text("DELETE FROM alarms WHERE checkpoint = :checkpoint AND kind = :kind")


def _alarms_of(connection: Connection, checkpoint: int) -> int:
    query = text("SELECT count(*) FROM alarms WHERE checkpoint = :checkpoint")
    return int(connection.scalar(query, {"checkpoint": checkpoint}) or 0)


def set_live(connection: Connection, rows: Sequence[LiveRow]) -> None:
    """Store *rows*, one of each topic."""
    insert_rows(
        connection,
        live,
        [row._asdict() for row in sorted(rows)],
        "ON CONFLICT (checkpoint, topic) DO UPDATE SET "
        "arrived_ms = excluded.arrived_ms, payload = excluded.payload",
    )


def put_aside(connection: Connection, rows: Sequence[AsideRow], most: int) -> None:
    """Store refused messages, the newest *most* of all."""
    insert_rows(connection, aside, [row._asdict() for row in rows], "")
    connection.execute(_TRIM, {"most": most})


_TRIM = text(
    "DELETE FROM aside WHERE number <= (SELECT max(number) FROM aside) - CAST(:most AS BIGINT)"
)


def add_counts(connection: Connection, found: Mapping[str, int]) -> None:
    """Add *found* to the counts."""
    insert_rows(
        connection,
        counts,
        [{"word": word, "count": count} for word, count in sorted(found.items()) if count],
        'ON CONFLICT (word) DO UPDATE SET "count" = counts."count" + excluded."count"',
    )
