"""The store: all durable state of a checkpoint, in ``gardu.db`` of its data folder.

Besides the outbox's tables (edge/store/outbox.py):

============== ======================= =========================================================
table          document number         content
============== ======================= =========================================================
database       1                       format and stream; the version of Gardu that wrote them
checkpoint     1                       the state of the checkpoint, less its visits and its parts
checkpoint     3 and above (PARTS)     the parts of the state that may be large, each by itself
visits         the visit's number      the state of open visits only, so that there are few
arrivals       the same                the fields of an open visit that hardly ever change
register-Y-M   sequence                facts of that month's records (edge/store/register.py)
procedures     in order of storing     texts that open visits started under, and new ones will
adopted        1                       keys of the texts that new visits start under
restored       1                       the backup that this database was restored from, if it was
reports        year and month, 202611  the months' reports that were published
============== ======================= =========================================================
"""

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from edge.clock import Clock
from edge.errors import StoreError, StoreFull
from edge.sop.procedures.model import procedure_key
from edge.sop.records import Record
from edge.store.cloudevent import encode
from edge.store.commit_times import CommitTimes
from edge.store.data_folder import FolderLock, make
from edge.store.database import Database
from edge.store.disk_space import Space
from edge.store.documents import Documents, SqliteStorage
from edge.store.formats import Formats, Notify, stamped
from edge.store.migration import quiet
from edge.store.outbox import ONLY, Encode, Ledger, Outbox, OutboxRow, StillRow
from edge.store.quarantine import damaged_beside, open_sound
from edge.store.ranges import Ranges
from edge.store.restored import put_in_place
from edge.store.rows import read_row
from edge.store.salvage import salvage
from edge.store.to_format_4 import migrate as to_format_4
from edge.store.to_format_5 import migrate as to_format_5
from edge.store.unlinked import replaced_beside
from edge.store.write_ahead_log import log_bytes

__all__ = ["Ledger", "OutboxRow", "StillRow", "Store"]

FILE = "gardu.db"

# edge/store/formats.py has the rules.
FORMAT = 5
FORMATS = Formats(FORMAT, {3: to_format_4, 4: to_format_5})

RESTORED = "restored"
"""The table with the data of the record ``gardu.database.restored.v1``, if there was one."""

PARTS = {
    "lockers": 3, "cards": 4, "lost": 5, "stills": 6,
    "faults": 7, "refusals": 8, "invitations": 9, "availability": 10,
    "day": 11, "alarms": 12, "doors": 13, "remedies": 14, "identities": 15,
}  # fmt: skip
"""Fields of the state with a document of their own, and its number, which must never change: the
other fields are written with nearly every decision, each of these only when it has changed."""

# Fields of a visit that are written when it is opened, and again if the clock turns out to have
# been wrong then. The other fields are written with every event, and fit one page of the file.
_ARRIVAL = ("id", "number", "procedure", "version", "opened")


StatePart = Mapping[Any, Any] | msgspec.Struct | None

_NONE: Mapping[str, StatePart] = MappingProxyType({})


class Store(Outbox):
    """The tables of one checkpoint; every method returns when its change is on the disk.

    Methods block on the disk: do not call them on the event loop. Any thread may call, one at a
    time.

    :param folder: the data folder; made (mode 0700) if it is missing
    :param source: the records' CloudEvents source, ``/gardu/{site}/{checkpoint}``
    :param clock: stamps records and acknowledgements, and measures the resend window
    :param space: the disk below; by default one with a reserve
    :param notify: called with the progress of a migration to the present format
    :ivar stream: the stream's id, a UUID generated with a new database
    :raises StoreFull: if there is no room: the change was rolled back, and may be tried again
    :raises StoreError: from every method, if the database cannot be used (any more)
    """

    def __init__(
        self,
        folder: Path,
        source: str,
        clock: Clock,
        encode: Encode = encode,
        *,
        space: Space | None = None,
        notify: Notify = quiet,
    ) -> None:
        _make(folder)
        self._path = folder / FILE
        self.space = space or Space(folder)
        self._lock = FolderLock(folder)
        try:
            _put_in_place(folder)
            documents = _open(self._path, self.space, notify)
        except BaseException:
            self._lock.release()
            raise
        try:
            super().__init__(documents, _stream(documents), source, clock, encode)
        except BaseException:
            documents.close()
            self._lock.release()
            raise
        self._checkpoint = documents.table("checkpoint")
        self._visits = documents.table("visits")
        self._arrivals = documents.table("arrivals")
        self._arrived = {arrival.doc_id: dict(arrival) for arrival in self._arrivals}
        self._procedures = documents.table("procedures")
        self._adopted = documents.table("adopted")
        self._reports = documents.table("reports")
        self.space.reserve()
        self._database.spare_commits()

    @property
    def _database(self) -> Database:
        assert isinstance(self.documents.storage, SqliteStorage)
        return self.documents.storage.database

    @property
    def path(self) -> Path:
        """The database's file."""
        return self._path

    @property
    def quarantined(self) -> Path | None:
        """The newest damaged database that was set aside and is still in the folder, or None."""
        return damaged_beside(self._path)

    @property
    def replaced(self) -> Path | None:
        """The newest file that was found in place of the open database, and is still there."""
        return replaced_beside(self._path)

    @property
    def commits(self) -> int:
        """Number of transactions committed since it was opened."""
        return self._database.commits

    @property
    def commit_times(self) -> CommitTimes:
        """How long the last transactions took; may be asked on any thread."""
        return self._database.commit_times

    @property
    def restored(self) -> dict[str, Any] | None:
        """The data of the record about the backup that this was restored from; None: it was not."""
        found = self._documents.table(RESTORED).get(doc_id=ONLY)
        return None if found is None else dict(found)

    def check_files(self) -> None:
        """Save the data and refuse further use, if a file of the database was removed or replaced.

        :raises StoreUnavailable: if its whole folder is not at its path
        :raises StoreError: if the data was saved; the next start puts it back
        """
        self._database.check_files()

    def log_bytes(self) -> int:
        """Return the size of the write-ahead log, bytes."""
        return log_bytes(self._path)

    def free_space(self) -> bool:
        """Make room for records (edge/store/disk_space.py); return True if some was made."""
        return self.space.make_room(self.documents)

    def room_for_still(self) -> bool:
        """Return True if there is room for a new still; delete delivered ones first if needed."""
        return self.space.room_for_still(self.documents)

    def examine(self) -> None:
        """Check the whole file's structure; too slow for a start (a second for 100 MB).

        :raises StoreDamaged: if it is damaged
        """
        found = self._database.examine()
        if found:
            raise self._database.damaged(found)

    def shorten_log(self) -> None:
        """Have the write-ahead log emptied if it is long; to be called when no event waits."""
        self._database.shorten_log()

    def close(self) -> None:
        """Close the database and unlock the folder; may be called twice."""
        self._documents.close()
        self._lock.release()

    def load(self) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
        """Return the checkpoint's document (None the first time) and those of the open visits."""
        checkpoint = self._checkpoint.get(doc_id=ONLY)
        visits = [{**self._arrivals.need(visit.doc_id), **visit} for visit in self._visits]
        found = ((name, self._checkpoint.get(doc_id=number)) for name, number in PARTS.items())
        parts = {name: dict(part) for name, part in found if part}
        return (
            None if checkpoint is None and not parts else {**(checkpoint or {}), **parts}
        ), visits

    def commit(
        self,
        *,
        checkpoint: Mapping[str, Any] | msgspec.Struct | None,
        visits: Mapping[int, dict[str, Any] | None],
        records: Sequence[Record] = (),
        parts: Mapping[str, StatePart] = _NONE,
        stills: Sequence[StillRow] = (),
        prepare: Callable[[Sequence[OutboxRow]], None] | None = None,
    ) -> list[OutboxRow]:
        """Commit decisions, all or none; return their records as they will be sent.

        Acknowledgements that were noted are stored with them.

        :param checkpoint: the state less its visits and :data:`PARTS`; None if that is unchanged
        :param visits: the visits that changed, by number; None for one that was closed
        :param parts: those of :data:`PARTS` that have changed, by name
        :param stills: stills to send; their files have been written
        :param prepare: called with the records as they will be sent, before they are on the disk
        """
        with self.change():
            if checkpoint is not None:
                self._checkpoint.put(ONLY, checkpoint)
            for number, visit in visits.items():
                self._write_visit(number, visit)
            for name, part in parts.items():
                self._checkpoint.put(PARTS[name], {} if part is None else part)
            for still in stills:
                self.add_still(still)
            rows = self._append(records) if records else []
            if rows and prepare is not None:
                prepare(rows)
        for number, visit in visits.items():
            self._arrived.pop(number, None)
            if visit is not None:
                self._arrived[number] = _arrival(visit)
        return rows

    def publish_report(
        self, month: int, noted: Mapping[str, Any], record: Record | None
    ) -> list[OutboxRow]:
        """Store the note on the report of *month* (202611) and its *record* in one transaction.

        :param noted: the note, replaces the older one; the record's sequence is added to it
        :param record: None if there is no new version to publish
        """
        with self.change():
            rows = self.append(() if record is None else (record,))
            sequence = {"sequence": rows[-1].sequence} if rows else {}
            self._reports.put(month, {**noted, **sequence})
            return rows

    def delivered_reports(self, limit: int) -> list[OutboxRow]:
        """Return the report records of the last *limit* months that are stored and delivered.

        A month whose newest revision has not been delivered is left out.
        """
        months = sorted(self.reports().items())[-limit:]
        newest = Ranges.of(note["sequence"] for _, note in months if note.get("sequence"))
        rows = [read_row(*found) for found in self._bodies(newest.minus(self._counters.waiting))]
        return [
            row
            for row in rows
            if row.topic.startswith("report/") and not self._parked.contains(doc_id=row.sequence)
        ]

    def reports(self) -> dict[int, dict[str, Any]]:
        """Return the notes on published reports, by month."""
        return {note.doc_id: dict(note) for note in self._reports}

    def remember_procedure(self, key: str, text: str) -> None:
        """Store the *text* of the procedure *key*, for visits that start under it."""
        if self.procedure(key) is None:
            self._procedures.insert({"key": key, "text": text})

    def adopt_procedures(self, texts: Mapping[str, str]) -> None:
        """Store *texts* by key; new visits start under these from now on."""
        adopted = {"keys": sorted(texts)}
        with self.change():
            for key, text in texts.items():
                self.remember_procedure(key, text)
            if self._adopted.get(doc_id=ONLY) != adopted:
                self._adopted.put(ONLY, adopted)

    def adopted_procedures(self) -> dict[str, str]:
        """Return the texts, by key, that were adopted last; none if one of them is missing."""
        keys = (self._adopted.get(doc_id=ONLY) or {"keys": []})["keys"]
        kept = self.procedures_in_use()
        return {key: kept[key] for key in keys} if kept.keys() >= set(keys) else {}

    def procedure(self, key: str) -> str | None:
        """Return the text stored under *key*, None if there is none."""
        return self.procedures_in_use().get(key)

    def procedures_in_use(self) -> dict[str, str]:
        """Return all stored texts, by key; there are few."""
        return {kept["key"]: kept["text"] for kept in self._procedures}

    def forget_procedures(self, needed: Collection[str]) -> None:
        """Delete all procedure texts except those of *needed* (keys) and of the open visits."""
        begun = self._arrived.values()
        running = {procedure_key(visit["procedure"], visit["version"]) for visit in begun}
        kept = running.union(needed)
        dropped = [text.doc_id for text in self._procedures if text["key"] not in kept]
        self._procedures.remove(doc_ids=dropped)

    def _write_visit(self, number: int, visit: dict[str, Any] | None) -> None:
        if visit is None:
            self._visits.remove(doc_ids=[number])
            self._arrivals.remove(doc_ids=[number])
            return
        arrival = _arrival(visit)
        if self._arrived.get(number) != arrival:
            self._arrivals.put(number, arrival)
        self._visits.put(number, {key: said for key, said in visit.items() if key not in arrival})


def _arrival(visit: Mapping[str, Any]) -> dict[str, Any]:
    return {key: visit[key] for key in _ARRIVAL if key in visit}


def _make(folder: Path) -> None:
    try:
        make(folder)
    except OSError as error:
        raise StoreError(f"{folder} cannot be made: {error.strerror}; check its owner") from error


def _put_in_place(folder: Path) -> None:
    try:
        put_in_place(folder)
    except OSError as error:
        raise StoreError(
            f"restored data in {folder} cannot be put in place: {error.strerror}; check the disk"
        ) from error


def _open(path: Path, space: Space, notify: Notify) -> Documents:
    """Open the database; if the disk is too full for that, delete the reserve and try again."""
    try:
        return open_sound(path, FORMATS, _salvage, notify=notify)
    except StoreFull:
        if not space.release():
            raise
        return open_sound(path, FORMATS, _salvage, notify=notify)


def _salvage(damaged: Path, new: Path) -> None:
    salvage(damaged, new, _new_identity())


def _new_identity() -> dict[str, Any]:
    return stamped({"stream": str(uuid.uuid4())}, FORMAT)


def _stream(documents: Documents) -> str:
    """Return the stream's id; generate one in a new database."""
    table = documents.table("database")
    identity = table.get(doc_id=ONLY)
    if identity is None:
        identity = _new_identity()
        table.put(ONLY, identity)
    return str(identity["stream"])
