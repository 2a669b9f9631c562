"""The checker: compares the records that the store committed with those that arrived.

In the manner of Jepsen: other parts write the histories down while faults happen, and this one
judges them afterwards. The promises:

1. Every committed record arrives, whole, under its own id; it may arrive more than once.
2. No record arrives that was not committed.
3. The sequences of one stream have no hole, neither in the store nor at the subscriber.
4. A lock is energised only for a committed decision, and once for each.
"""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import msgspec

from edge.store.store import PARTS


@dataclass(frozen=True)
class Committed:
    """A record in the store's outbox."""

    sequence: int
    id: str
    payload: bytes


@dataclass(frozen=True)
class Pulse:
    """A lock that was energised.

    :ivar decision: the committed decision that ordered it; None if there was none
    """

    locker: int
    decision: str | None


@dataclass
class Findings:
    """The findings about one or more streams; they can be added.

    :ivar committed: records that were committed
    :ivar delivered: of these, how many arrived whole
    :ivar duplicates: messages with an id that had arrived before
    :ivar holes: sequences that are missing at the subscriber or in the store
    :ivar healed: records that came after a later one, but came
    :ivar corrupted: messages that differ from the record committed under their id, or are no record
    :ivar uncommitted: records that arrived and were never committed
    :ivar forgotten: records that the store had committed and has no more
    :ivar pulses: locks energised, for any cause
    :ivar unlocks: locks energised without a committed decision, or again for the same one
    :ivar other: other errors, in words
    """

    committed: int = 0
    delivered: int = 0
    duplicates: int = 0
    holes: int = 0
    healed: int = 0
    corrupted: int = 0
    uncommitted: int = 0
    forgotten: int = 0
    pulses: int = 0
    unlocks: int = 0
    other: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """Number of records that are lost, spoilt or made up."""
        missing = max(self.holes, self.committed - self.delivered)
        return missing + self.corrupted + self.uncommitted + self.forgotten

    @property
    def clean(self) -> bool:
        """True if no promise was broken."""
        return not (self.lost or self.unlocks or self.other)

    def __add__(self, more: "Findings") -> "Findings":
        """Return the findings of both together."""
        names = [item.name for item in fields(self)]
        return Findings(**{name: getattr(self, name) + getattr(more, name) for name in names})


class Head(msgspec.Struct, frozen=True):
    """The fields of a CloudEvent that the checker uses."""

    id: str
    sequence: str

    @classmethod
    def of(cls, payload: bytes) -> Self | None:
        """Return the head of *payload*; None if it is no record."""
        try:
            head = msgspec.json.decode(payload, type=cls)
            return head if int(head.sequence) > 0 else None
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
            return None


def check(
    committed: Sequence[Committed],
    heard: Iterable[bytes],
    pulses: Iterable[Pulse] = (),
    promised: Mapping[int, str] | None = None,
) -> Findings:
    """Return the findings about one stream's records.

    :param committed: the records in the store
    :param heard: payloads in the order in which the subscriber received them, duplicates included
    :param pulses: every energising of a lock that the world saw
    :param promised: ids by sequence that the store reported as committed, at that moment
    """
    seen = list(pulses)
    found = Findings(committed=len(committed), pulses=len(seen), unlocks=_without_cause(seen))
    kept = {record.id: record for record in committed}
    for sequence, identity in (promised or {}).items():
        found.forgotten += identity not in kept or kept[identity].sequence != sequence
    arrived = _listen(kept, heard, found)
    sequences = {kept[identity].sequence for identity in arrived}
    last = max((record.sequence for record in committed), default=0)
    found.delivered = len(arrived)
    found.holes = len(set(range(1, last + 1)) - sequences)
    return found


def _listen(kept: Mapping[str, Committed], heard: Iterable[bytes], found: Findings) -> set[str]:
    """Go through the messages and count; return the ids that arrived whole."""
    seen: set[str] = set()
    arrived: set[str] = set()
    highest = 0
    for payload in heard:
        head = Head.of(payload)
        if head is None:
            found.corrupted += 1
            continue
        record = kept.get(head.id)
        found.duplicates += head.id in seen
        if record is None:
            found.uncommitted += head.id not in seen
        elif record.payload != payload:
            found.corrupted += 1
        elif head.id not in arrived:
            arrived.add(head.id)
            found.healed += record.sequence < highest
            highest = max(highest, record.sequence)
        seen.add(head.id)
    return arrived


def _without_cause(pulses: Iterable[Pulse]) -> int:
    """Count the pulses without an order, and those after the first of one order."""
    causes = Counter((pulse.locker, pulse.decision) for pulse in pulses)
    return sum(count if cause is None else count - 1 for (_, cause), count in causes.items())


Documents = dict[int, dict[str, Any]]
Rows = list[tuple[int, bytes]]


def read_tables(database: Path, *tables: str) -> list[Documents]:
    """Return the documents of *tables* by number, from one read transaction beside the daemon."""
    found = _rows(database, tables)
    return [{number: msgspec.json.decode(body) for number, body in rows} for rows in found]


def read_state(database: Path) -> tuple[dict[str, Any], Documents]:
    """Return the checkpoint's document and those of the open visits, by number."""
    kept, arrivals, visits = read_tables(database, "checkpoint", "arrivals", "visits")
    parts = {name: kept[number] for name, number in PARTS.items() if number in kept}
    opened = {number: arrivals[number] | visit for number, visit in visits.items()}
    return kept.get(1, {}) | parts, opened


def _rows(database: Path, tables: Sequence[str]) -> list[Rows]:
    """Return the rows of *tables*, by a reader that leaves the files as the daemon left them.

    Only a writer can recover a log whose index is missing, as after a kill during the first start:
    a copy is recovered then.
    """
    if not database.exists():
        return [[] for _ in tables]
    try:
        return _read(f"file:{database}?mode=ro", tables)
    except sqlite3.OperationalError as error:
        if not error.sqlite_errorname.startswith("SQLITE_READONLY"):
            raise
    with TemporaryDirectory() as folder:
        for file in (database, database.with_name(f"{database.name}-wal")):
            if file.exists():
                shutil.copy(file, folder)
        return _read(f"file:{folder}/{database.name}", tables)


def _read(uri: str, tables: Sequence[str]) -> list[Rows]:
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        connection.execute("BEGIN")
        return [_bodies(connection, table) for table in tables]


def _bodies(connection: sqlite3.Connection, table: str) -> Rows:
    known = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,))
    if known.fetchone() is None:
        return []
    return connection.execute(f'SELECT id, body FROM "{table}" ORDER BY id').fetchall()  # noqa: S608 - ours


class _Row(msgspec.Struct):
    event: msgspec.Raw


def read_committed(database: Path) -> list[Committed]:
    """Return the records in the outbox of *database*, in order."""
    [rows] = _rows(database, ["outbox"])
    events = [(number, bytes(msgspec.json.decode(body, type=_Row).event)) for number, body in rows]
    return [Committed(number, msgspec.json.decode(event)["id"], event) for number, event in events]


def lost_visits(database: Path) -> int:
    """Return how many visits of *database* were opened and are neither open nor closed now."""
    checkpoint, visits, outbox = read_tables(database, "checkpoint", "visits", "outbox")
    opened = checkpoint.get(1, {}).get("opened", 0)
    types = [kept["event"]["type"] for kept in outbox.values()]
    closed = types.count("gardu.visit.closed.v1")
    return int(opened) - len(visits) - closed
