"""The outcome of a load: what the database holds, and the rows of the table."""

from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg

from bench.office_load.publisher import Progress
from bench.table import Row, median


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be run.

    :ivar day: folder of the simulated day; *rate*: records a second of all checkpoints
    :ivar kills: how often a process is killed meanwhile: the ingest and PostgreSQL in turns
    :ivar live: publish live topics too
    """

    day: str
    checkpoints: int
    rate: float
    seconds: float
    processes: int
    kills: int
    live: bool


P95_S = 1.0
"""The target: from a record's time at its checkpoint until it is committed at the office."""

GROWTH = 1.1
"""The target: memory at the end against that after a fifth of the time."""

_SHARES = (0.5, 0.95, 0.99, 1.0)
_FOLLOWED = "SELECT coalesce(sum(front), 0)::bigint FROM streams"
_RECORDS = (
    "SELECT count(*), count(DISTINCT (checkpoint, stream, sequence)), "
    "coalesce(avg(octet_length(payload)), 0)::float FROM records"
)
_ONE = {
    "gaps": "SELECT count(*) FROM gaps WHERE closed_ms IS NULL",
    "breaks": "SELECT count(*) FROM breaks",
    "refused": "SELECT coalesce(sum(count), 0)::bigint FROM counts WHERE word = 'refused'",
    "gaps_opened": "SELECT count(*) FROM gaps",
}
_WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"
# The server notes when each transaction was committed (track_commit_timestamp).
_DELAYS = (
    "SELECT percentile_disc(%s::float[]) WITHIN GROUP (ORDER BY extract(epoch FROM "
    "pg_xact_commit_timestamp(xmin))::float8 - recorded_ms / 1000.0) FROM records"
)
_PARTS = (
    "SELECT coalesce(sum(pg_table_size(c.oid)), 0)::bigint, "
    "coalesce(sum(pg_indexes_size(c.oid)), 0)::bigint FROM pg_class c "
    "WHERE c.relkind = 'r' AND c.relname LIKE 'records%%'"
)


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """One second of a run: time since its start, records at the broker, memory of each ingest."""

    at_s: float
    acknowledged: int
    memory_mb: list[float]


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What the database holds at the end.

    :ivar distinct: records that differ; *followed*: those up to the fronts of their streams
    :ivar delays_s: from recording to commit, of half, 95 %, 99 % and all records
    :ivar wal_bytes: of the server's write-ahead log so far
    :ivar table_bytes: of all records, with what is beside them; *index_bytes*: of their indexes
    """

    records: int
    distinct: int
    followed: int
    gaps: int
    gaps_opened: int
    breaks: int
    refused: int
    payload_bytes: float
    table_bytes: int
    index_bytes: int
    database_bytes: int
    wal_bytes: int
    delays_s: list[float]


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """All that was measured; *cpu_s* is processor time by program."""

    progress: Progress
    samples: list[Sample]
    cpu_s: dict[str, float]
    counted: Counted


def stored(database: str) -> int:
    """Return the number of records that are stored and followed."""
    with psycopg.connect(database) as connection:
        return int(_value(connection, _FOLLOWED))


def streams(database: str) -> int:
    """Return the number of streams that the office knows."""
    with psycopg.connect(database) as connection:
        return int(_value(connection, "SELECT count(*) FROM streams WHERE ledger_ms IS NOT NULL"))


def counted(database: str) -> Counted:
    """Count what *database* holds."""
    with psycopg.connect(database) as connection:
        records, distinct, payload = _row(connection, _RECORDS)
        table, index = _row(connection, _PARTS)
        delays = connection.execute(_DELAYS.encode(), (list(_SHARES),)).fetchone()
        assert delays is not None
        return Counted(
            records=records,
            distinct=distinct,
            followed=int(_value(connection, _FOLLOWED)),
            payload_bytes=payload,
            table_bytes=table,
            index_bytes=index,
            database_bytes=_value(connection, "SELECT pg_database_size(current_database())"),
            wal_bytes=int(_value(connection, _WAL)),
            delays_s=list(delays[0] or ()),
            **{name: _value(connection, query) for name, query in _ONE.items()},
        )


def _row(connection: "psycopg.Connection[Any]", query: str) -> tuple[Any, ...]:
    found = connection.execute(query.encode()).fetchone()
    assert found is not None
    return tuple(found)


def _value(connection: "psycopg.Connection[Any]", query: str) -> Any:
    return _row(connection, query)[0]


def rows_of(load: Load, measured: Measured) -> list[Row]:
    """Return the rows of the table."""
    return [*_losses(measured), _delay(load, measured), _rate(load, measured),
            *_memory(measured), *_costs(load, measured)]  # fmt: skip


def _losses(measured: Measured) -> list[Row]:
    found, sent = measured.counted, measured.progress.acknowledged
    wrong = found.gaps + found.breaks + found.refused + measured.progress.refused
    return [
        Row(
            measure="records lost / twice",
            gardu=f"{sent - found.distinct} / {found.records - found.distinct}",
            against=f"{sent:,} published",
            target="0 / 0",
            reached=sent == found.distinct == found.records,
        ),
        Row(
            measure="gaps, broken chains, refusals",
            gardu=f"{wrong}",
            target="0",
            reached=wrong == 0,
            note=f"{found.followed:,} records followed, {found.gaps_opened} gaps on the way",
        ),
    ]


def _delay(load: Load, measured: Measured) -> Row:
    half, p95, p99, most = measured.counted.delays_s
    calm = not load.kills
    return Row(
        measure="recorded at the checkpoint until committed, p95",
        gardu=f"{p95 * 1e3:,.0f} ms",
        target=f"<= {P95_S:g} s" if calm else "",
        reached=p95 <= P95_S if calm else None,
        note=f"half {half * 1e3:,.0f} ms, 99 % {p99 * 1e3:,.0f} ms, longest {most * 1e3:,.0f} ms; "
        f"the publisher was behind its rate by {measured.progress.late_s * 1e3:,.0f} ms at most",
    )


def _rate(load: Load, measured: Measured) -> Row:
    """Return the row of the rate: that of the office, not only of the publisher."""
    last = measured.samples[-1]
    rate = last.acknowledged / last.at_s
    return Row(
        measure=f"records a second, {load.checkpoints:,} checkpoints",
        gardu=f"{rate:,.0f}",
        target=f">= {0.98 * load.rate:,.0f}",
        reached=rate >= 0.98 * load.rate,
        note=f"for {load.seconds:,.0f} s; beside them "
        f"{measured.progress.live / last.at_s:,.0f} live messages a second",
    )


def _memory(measured: Measured) -> list[Row]:
    rows = []
    for place in range(len(measured.samples[0].memory_mb)):
        series = [one.memory_mb[place] for one in measured.samples]
        early, late = _early_and_late(series)
        rows.append(
            Row(
                measure=f"memory of ingest process {place + 1}, at the end",
                gardu=f"{late:.1f} MB",
                against=f"{early:.1f} MB after a fifth",
                ratio=late / early,
                target=f"<= {GROWTH:g} x",
                reached=late <= GROWTH * early,
                note=f"peak {max(series):.1f} MB",
            )
        )
    return rows


def _early_and_late(series: Sequence[float]) -> tuple[float, float]:
    """Return the medians of the second fifth and of the last one."""
    fifth = max(1, len(series) // 5)
    return median(series[fifth : 2 * fifth] or series), median(series[-fifth:])


def _costs(load: Load, measured: Measured) -> list[Row]:
    found, progress = measured.counted, measured.progress
    count = max(1, found.records)
    costs = ", ".join(
        f"{name} {used / count * 1e6:,.0f} us" for name, used in measured.cpu_s.items()
    )
    return [
        Row(
            measure="processor time of a record"
            + (", its live messages included" if load.live else ""),
            gardu=f"{sum(measured.cpu_s.values()) / count * 1e6:,.0f} us",
            note=costs,
        ),
        Row(
            measure="bytes of a record in the database",
            gardu=f"{(found.table_bytes + found.index_bytes) / count:,.0f}",
            note=f"payload {found.payload_bytes:,.0f}, table {found.table_bytes / count:,.0f}, "
            f"indexes {found.index_bytes / count:,.0f}; database "
            f"{found.database_bytes / 1e6:,.0f} MB; write-ahead log {found.wal_bytes / count:,.0f}",
        ),
        Row(
            measure="bytes of a record on the wire",
            gardu=f"{progress.sent_bytes / max(1, progress.acknowledged):,.0f}",
            note="from a checkpoint to the broker, PUBLISH packets of records and live topics",
        ),
    ]
