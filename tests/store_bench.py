"""Shared by the tests of documents and store: a clock set by hand, records, a step counter."""

import sqlite3
from collections.abc import Callable

import msgspec
from tinydb.table import Document, Table

from edge.clock import Clock, Stamp
from edge.sop.records import AlarmChanged, Record
from edge.store.documents import Documents, SqliteStorage
from edge.store.store import OutboxRow, Store

SOURCE = "/gardu/site/checkpoint"


def connection(documents: Documents) -> sqlite3.Connection:
    """Return the SQLite connection below *documents*, to trace it."""
    assert isinstance(documents.storage, SqliteStorage)
    return documents.storage.database._connection


def work(documents: Documents, call: Callable[[], object]) -> int:
    """Count the steps of SQLite's virtual machine in *call*: they grow with the rows touched."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection(documents).set_progress_handler(count, 1)
    call()
    connection(documents).set_progress_handler(None, 0)
    return steps


def statements(documents: Documents, call: Callable[[], object]) -> list[str]:
    """Return the first words of the statements that *call* runs."""
    seen: list[str] = []
    connection(documents).set_trace_callback(seen.append)
    call()
    connection(documents).set_trace_callback(None)
    return [statement.split()[0] for statement in seen]


def fill(table: Table, total: int) -> None:
    """Put *total* documents into *table*."""
    table.insert_multiple(Document({"n": n, "text": "x" * 200}, n) for n in range(1, total + 1))


class HandClock(Clock):
    """A clock that stands until it is moved, on a machine that can be rebooted."""

    def __init__(self) -> None:
        super().__init__()
        self.moment = Stamp(boot_ns=10**12, wall_ms=1_795_000_000_000, synced=True, boot="first")

    def now(self) -> Stamp:
        """Return the moment that was set."""
        return self.moment

    def wall_ms(self) -> int:
        """Return the wall time that was set."""
        return self.moment.wall_ms

    def pass_s(self, seconds: float) -> None:
        """Let time pass in both clocks."""
        self.moment = msgspec.structs.replace(
            self.moment,
            boot_ns=self.moment.boot_ns + int(seconds * 1e9),
            wall_ms=self.moment.wall_ms + int(seconds * 1e3),
        )

    def reboot(self, wall_jump_s: float, *, synced: bool = True) -> None:
        """Start a new boot, one second old; the wall clock moves on by *wall_jump_s* seconds."""
        boot = self.moment.boot + "'"
        self.moment = Stamp(10**9, self.moment.wall_ms + int(wall_jump_s * 1e3), synced, boot)


def record(number: int = 0, kind: str = "gardu.alarm.raised.v1") -> Record:
    """Return a record; *number* is in its detail, and makes it different from others."""
    data = AlarmChanged(
        alarm="metal-detector", visit=None, detail=str(number), since="…", clock_synced=True
    )
    return Record(kind, "alarm/metal-detector", Stamp(1, 1_700_000_000_000), f"v{number}", data)


def say(store: Store, count: int) -> list[OutboxRow]:
    """Commit *count* records in one transaction."""
    return store.commit(checkpoint=None, visits={}, records=[record(n) for n in range(count)])


def sequences(rows: list[OutboxRow]) -> list[int]:
    """Return the sequence numbers of *rows*."""
    return [row.sequence for row in rows]
