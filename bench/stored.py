"""Makes stores with register documents or waiting records by the hundred thousand, fast."""

import sqlite3
import zlib
from pathlib import Path
from typing import Any

import msgspec

from bench.bed import CHECKPOINT, SITE
from edge.clock import Clock, Stamp
from edge.sop.records import Record, StepCompleted, StillReference
from edge.sop.state import Visit
from edge.store.store import FILE, Store

SOURCE = f"/gardu/{SITE}/{CHECKPOINT}"
MONTH = "2026-11"

_AT = Stamp(1_000_000_000, 1_795_000_000_000, synced=True, boot="bench")
_BATCH = 5_000


def step_record(number: int) -> Record:
    """Return the record of one step; a visit makes six of them."""
    data = StepCompleted(
        visit=f"01a200bb-75a4-7221-8d5c-{number:012d}",
        procedure="pimpinan",
        procedure_version="1+0a1b2c3d",
        step="penerimaan",
        number=1 + number % 6,
        station="reception",
        role="resepsionis",
        outcome="completed",
        reason=None,
        started=_AT.iso(),
        duration_s=93.5,
        waited_s=12.25,
        standard_s=180.0,
        over_s=0.0,
        attempts=1,
        evidence=("button.arrive", "card.issued"),
        clock_synced=True,
        stills=(),
    )
    subject = f"visit/{data.visit}/step/{data.step}"
    return Record("gardu.step.completed.v1", subject, _AT, data.visit, data)


def open_visit(entries: int) -> dict[str, Any]:
    """Return the document of a visit in the middle of a procedure, in its phase *entries*."""
    visit = Visit(
        id="01a200bb-75a4-7221-8d5c-000000000001",
        number=1,
        procedure="pimpinan",
        version="1.0+4e8f2a96",
        opened=_AT,
        place=1,
        step="penitipan",
        phase="terbuka",
        arrived=_AT,
        started=_AT,
        entered=_AT,
        entries=entries,
        evidence=("locker-opened",),
        stills=(StillReference("01a200bb-75a4-7221-8d5d-000000000001", "desk", "ab" * 32),),
        cards=("0100A4C104",),
        lockers=(2,),
        steps=2,
    )
    document: dict[str, Any] = msgspec.to_builtins(visit)
    return document


def open_store(folder: Path) -> Store:
    """Open the store of the bed's checkpoint in *folder*."""
    return Store(folder, SOURCE, Clock())


def fill_register(folder: Path, count: int) -> None:
    """Write the content of *count* records into the register of one month.

    The first goes in through the store, which so makes the table; the others are copies of its row
    under numbers and checksums of their own, in one transaction.
    """
    store, table = open_store(folder), f"register-{MONTH}"
    fact = {"type": step_record(1).type, "time": _AT.iso(), "data": step_record(1).data}
    store.documents.table(table).put(1, msgspec.to_builtins(fact))
    store.close()
    connection = sqlite3.connect(folder / FILE, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    (body,) = connection.execute(f'SELECT body FROM "{table}"').fetchone()  # noqa: S608 - ours
    connection.execute("BEGIN")
    rows = ((number, body, _checksum(table, number, body)) for number in range(2, count + 1))
    connection.executemany(f'INSERT INTO "{table}" VALUES (?, ?, ?)', rows)  # noqa: S608 - ours
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _checksum(table: str, number: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(f"{table}/{number}".encode()))


def fill_outbox(folder: Path, count: int) -> None:
    """Write *count* records that wait into the store of *folder*."""
    store = open_store(folder)
    try:
        for first in range(0, count, _BATCH):
            records = [step_record(n) for n in range(first, min(first + _BATCH, count))]
            store.commit(checkpoint=None, visits={}, records=records)
    finally:
        store.close()
