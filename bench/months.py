"""Makes months of a busy office fast: realistic records, seeded, straight into the tables.

A visit of each procedure goes through the steps in its file; times are drawn around the standard.
The content of records goes into the register of its month (as retention leaves it) or into the
outbox; runs and numbers are those that the store itself would have written.
"""

import random
import sqlite3
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from edge.config.places import default_config_folder
from edge.sop.procedures.loading import known_procedures, load_procedures
from edge.sop.procedures.model import Procedure
from edge.store.register import DAY_MS, Fact
from edge.store.store import FILE

_OPENED, _CLOSED = "gardu.visit.opened.v1", "gardu.visit.closed.v1"
_STEP, _OVERDUE = "gardu.step.completed.v1", "gardu.step.overdue.v1"
_OUTCOMES = (("completed", None, 90), ("declined", "host-absent", 4), ("declined", "no-answer", 2),
             ("rescheduled", "host-declined", 2), ("abandoned", "guest-left", 2))  # fmt: skip
# How busy each hour is, from 7 to 16 o'clock at the office (UTC+7).
_HOURS = (3, 9, 14, 13, 8, 4, 10, 9, 5, 2)
_FIRST_HOUR, _OFFICE = 7, timedelta(hours=7)
_BATCH = 20_000


def shipped_procedures() -> list[Procedure]:
    """Return the procedures that Gardu comes with."""
    folder = default_config_folder() / "sop"
    return list(load_procedures(folder, list(known_procedures(folder))).values())


def month_of_facts(year: int, month: int, visits: int, seed: int = 2017) -> list[Fact]:
    """Return the content of a month's records, in order of time: *visits* and their trouble."""
    draw = random.Random(f"{seed}/{year}-{month}")  # noqa: S311 - a simulation
    first = datetime(year, month, 1, tzinfo=UTC) - _OFFICE
    after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC) - _OFFICE
    procedures = shipped_procedures()
    found = [fact for number in range(visits)
             for fact in _visit(draw, procedures, first, (after - first).days, number)]  # fmt: skip
    found += _troubles(draw, first, (after - first).days)
    return sorted((f for f in found if f.time < _iso(after)), key=lambda fact: fact.time)


def fill_months(folder: Path, months: list[tuple[int, int]], visits: int, *, fresh: int) -> int:
    """Fill the empty store of *folder* with *visits* a month; return the number of records.

    The months without their records are one month again and again, under other dates and otherwise
    the same, so that millions of rows are made in a minute.

    :param months: (year, month) from the oldest on
    :param fresh: how many of the last are in the outbox
    """
    connection = sqlite3.connect(folder / FILE, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = OFF")  # else each byte is written twice
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("BEGIN")
    writer = _Writer(connection)
    gone, kept = months[: len(months) - fresh], months[len(months) - fresh :]
    if gone:
        writer.repeat(_pattern(visits), gone)
    for year, month in kept:
        writer.write(month_of_facts(year, month, visits))
    writer.finish()
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return writer.sequence


def _pattern(visits: int) -> list[Fact]:
    """Return the content of a February in UTC; every month has its days."""
    facts = month_of_facts(2023, 2, visits)
    return [fact for fact in facts if fact.month == "2023-02"]


class _Writer:
    """Writes rows as the store does, with their checksums, without its transactions."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows: dict[str, list[tuple[int, bytes, int]]] = {}
        self._tables: set[str] = set()
        self._day: int | None = None
        self._date = ""
        self.sequence = 0

    def write(self, facts: list[Fact]) -> None:
        """Write *facts* as the next records, into the outbox."""
        for fact in facts:
            self._next(fact.time)
            self._put("outbox", self.sequence, msgspec.json.encode(self._record(fact)))

    def repeat(self, pattern: list[Fact], months: list[tuple[int, int]]) -> None:
        """Write the facts of *pattern* into the register of each of *months*, under its dates."""
        rows = [(fact.time, msgspec.json.encode(fact)) for fact in pattern]
        old = pattern[0].month
        for year, month in months:
            new = f"{year}-{month:02d}"
            table, before, after = f"register-{new}", old.encode(), new.encode()
            for time, body in rows:
                self._next(new + time[7:])
                self._put(table, self.sequence, body.replace(before, after))

    def _next(self, time: str) -> None:
        """Count a record; begin a run when the day changes."""
        self.sequence += 1
        if time[:10] != self._date:
            self._date = time[:10]
            self._day = int(datetime.fromisoformat(time).timestamp() * 1000) // DAY_MS
            self._put("days", self.sequence, msgspec.json.encode({"day": self._day}))

    def finish(self) -> None:
        """Write the rows that still wait, and the counters."""
        counters = {"sequence": self.sequence, "head": "0" * 64, "day": self._day}
        self._put("checkpoint", 2, msgspec.json.encode(counters))
        for table in list(self._rows):
            self._flush(table)

    def _record(self, fact: Fact) -> dict[str, Any]:
        payload = {
            "specversion": "1.0",
            "id": f"01a200bb-75a4-7221-8d5c-{self.sequence:012d}",
            "source": "/gardu/setda-tanjabbar/lobi-utama",
            "type": fact.type,
            "subject": f"visit/{fact.data.get('visit')}",
            "time": fact.time,
            "recordedtime": fact.time,
            "streamid": "6e8bc430-9c3a-41d9-9669-0800200c9a66",
            "sequence": f"{self.sequence:016d}",
            "prevhash": "0" * 64,
            "datacontenttype": "application/json",
            "dataschema": "urn:gardu:schema:bench:1",
            "data": fact.data,
        }
        return {"topic": "event/step", "link": "0" * 64, "event": payload}

    def _put(self, table: str, number: int, body: bytes) -> None:
        crc = zlib.crc32(body, zlib.crc32(f"{table}/{number}".encode()))
        rows = self._rows.setdefault(table, [])
        rows.append((number, body, crc))
        if len(rows) >= _BATCH:
            self._flush(table)

    def _flush(self, table: str) -> None:
        if table not in self._tables:
            self._tables.add(table)
            self._connection.execute(
                f'CREATE TABLE IF NOT EXISTS "{table}" '
                "(id INTEGER PRIMARY KEY, body BLOB NOT NULL, crc INT NOT NULL)"
            )
        statement = f'INSERT OR REPLACE INTO "{table}" VALUES (?, ?, ?)'  # noqa: S608 - ours
        self._connection.executemany(statement, self._rows.pop(table))


def _visit(
    draw: random.Random, procedures: list[Procedure], first: datetime, days: int, number: int
) -> Iterator[Fact]:
    """Yield the content of one visit's records."""
    procedure = draw.choice(procedures)
    hour = _FIRST_HOUR + draw.choices(range(len(_HOURS)), _HOURS)[0]
    at = first + timedelta(days=draw.randrange(days), hours=hour, seconds=draw.uniform(0, 3600))
    outcome, reason, _ = draw.choices(_OUTCOMES, [weight for *_, weight in _OUTCOMES])[0]
    name = f"{first:%y%m}00bb-75a4-7221-8d5c-{number:012d}"
    about = {"visit": name, "procedure": procedure.id, "procedure_version": procedure.version}
    trust = {"clock_synced": True}
    persons = draw.choice((1, 1, 1, 1, 2, 3, 12))
    yield Fact(_OPENED, _iso(at), {**about, **trust, "persons": persons})
    opened, ended = at, 0
    for step in procedure.steps:
        last = outcome != "completed" and (ended >= 1 or step is procedure.steps[-1])
        standard = step.standard_s
        took = round(draw.lognormvariate(-0.5, 0.5) * (standard or 300), 3)
        waited = round(draw.expovariate(1 / 60), 3)
        started = at + timedelta(seconds=waited)
        where = {**about, "step": step.id, "number": step.number, "station": step.station,
                 "role": step.role, "started": _iso(started), "standard_s": standard}  # fmt: skip
        if standard is not None and took > standard:
            yield Fact(_OVERDUE, _iso(started + timedelta(seconds=standard)), {**where, **trust})
        at = started + timedelta(seconds=took)
        over = max(0.0, took - standard) if standard is not None else 0.0
        ended += 1
        yield Fact(_STEP, _iso(at), {
            **where, **trust, "outcome": outcome if last else "completed",
            "reason": reason if last else None, "duration_s": took, "waited_s": waited,
            "over_s": round(over, 3), "attempts": 1,
            "evidence": ["button.arrive", "card.issued"], "stills": [], "uncertainty_s": 0.0,
            "waited_uncertainty_s": 0.0,
        })  # fmt: skip
        if last:
            break
    yield Fact(_CLOSED, _iso(at), {
        **about, **trust, "outcome": outcome, "reason": reason, "opened": _iso(opened),
        "duration_s": round((at - opened).total_seconds(), 3), "steps": ended,
        "card_out": draw.random() < 0.002, "locker_out": None, "uncertainty_s": 0.0,
        "persons": persons,
    })  # fmt: skip


def _troubles(draw: random.Random, first: datetime, days: int) -> Iterator[Fact]:
    """Yield alarms, devices that failed, and a power cut."""
    for _ in range(days * 4):
        at = first + timedelta(days=draw.uniform(0, days))
        kind = draw.choice(("metal-detector", "metal-detector", "door-held-ruang", "mains-lost"))
        data = {"alarm": kind, "visit": None, "detail": None, "since": _iso(at),
                "clock_synced": True}  # fmt: skip
        yield Fact("gardu.alarm.raised.v1", _iso(at), data)
        cleared = at + timedelta(seconds=draw.expovariate(1 / 90))
        yield Fact("gardu.alarm.cleared.v1", _iso(cleared), data)
    for device in ("camera/lobby", "card-reader/desk", "locker/2"):
        at = first + timedelta(days=draw.uniform(0, days))
        data = {"device": device, "why": "no answer", "visit": None, "clock_synced": True}
        yield Fact("gardu.equipment.fault.v1", _iso(at), data)
        restored = at + timedelta(hours=draw.uniform(0.1, 30))
        yield Fact("gardu.equipment.restored.v1", _iso(restored), {**data, "why": None})
    ended = {"ended": "power-lost", "crashes": 0, "clock_synced": False}
    at = first + timedelta(days=draw.uniform(0, days))
    yield Fact("gardu.daemon.restarted.v1", _iso(at), ended)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
