"""The guest book: guests' details, the only personal data that is stored besides stills.

``guestbook.db`` in the data folder, separate from the history, so that it can be deleted without
changing the history.

Rules
-----
1. Details are on the disk before a request is answered with success.
2. Removed details are overwritten, the file is rewritten, and its log is truncated: no byte of them
   stays in a file of ours. (A memory card may still hold old blocks that no program can read.)
3. Every removal is recorded: a note of it is stored in the same transaction, until the history has
   the record.
4. A lost or damaged file stops no other work: it is set aside and a new one made. A file that was
   set aside is removed like the entries when it is old enough.
5. A file that was removed or replaced under the daemon is not brought back: a removal may be on
   purpose. The file at the path is used from then on, a new one if there is none.
6. Only the holder of the data folder's lock writes (edge/store/data_folder.py); the file is read
   beside the daemon in edge/guestbook/guest_list.py.
7. With an office key, texts are sealed before they are written (edge/sealing), and what is there
   unsealed is sealed when the file is opened. The number of the file's format rises with its first
   sealed entry: an older version refuses the file then, and goes on reading one without.
8. What is read back here (the details of open visits, expected guests) is wrapped under the local
   key, until :meth:`GuestBook.keep_readable` no longer names the visit.
"""

import hashlib
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from edge.clock import Stamp
from edge.errors import GarduError, StoreDamaged, StoreError, StoreUnavailable
from edge.guestbook.entry import Details, Entry
from edge.guestbook.expected import ExpectedGuest, StoredGuest, readable_guest, stored_guest
from edge.guestbook.seal_in_place import scrub_if_noted, seal_asides, seal_rows
from edge.guestbook.stored_entry import StoredEntry, as_entry, stored, with_values
from edge.sealing.sealing import Sealing
from edge.sop.entered import Entered
from edge.store.damage_mark import mark_of
from edge.store.database import Database
from edge.store.documents import Documents, SqliteStorage
from edge.store.formats import Formats, stamped
from edge.store.migration import copies
from edge.store.quarantine import all_damaged_beside, damaged_beside, open_sound, remove_damaged

log = logging.getLogger(__name__)

FILE = "guestbook.db"

# edge/store/formats.py has the rules. Format 2 has sealed entries; format 1 has none.
UNSEALED, FORMAT = 1, 2
FORMATS = Formats(FORMAT, as_is=frozenset({UNSEALED}))

ONLY = 1
# An entry that is dated further in the future than this, ms, is dated again.
_DAY_MS = 86_400_000


class BookUnusable(GarduError):
    """The guest book cannot be used now; all other work continues."""


class BookHeld(BookUnusable):
    """Another program holds the guest book: the change was not stored; try it again."""


class Purge(msgspec.Struct, frozen=True, kw_only=True):
    """The note of a removal, stored until the removal is recorded.

    :ivar count: number of visits that lost their details
    :ivar before_ms: entries from before that moment were removed (wall clock, ms since 1970 UTC)
    :ivar by: ``retention`` or ``request``
    """

    count: int
    before_ms: int
    at: Stamp
    by: Literal["retention", "request"]


class _Readable(msgspec.Struct, frozen=True):
    """The details of an open visit under the local key, because their box cannot be opened here."""

    visit: str
    wrap: bytes


class GuestBook:
    """The guest book of the data *folder*; its file is created with the first entry.

    :param sealing: the keys for what is written; None: texts are stored as they are

    Methods block on the disk: do not call them on the event loop. Any thread may call, one at a
    time.

    :raises BookUnusable: if it cannot be used now; no part of the change was stored
    """

    def __init__(self, folder: Path, sealing: Sealing | None = None) -> None:
        self._path = folder / FILE
        self._sealing = sealing
        self._documents: Documents | None = None

    @property
    def quarantined(self) -> Path | None:
        """The newest damaged file that was set aside and is still in the folder, or None."""
        return damaged_beside(self._path)

    def close(self) -> None:
        """Close the file; may be called twice, and the book may be used again."""
        if self._documents is not None:
            self._documents.close()
            self._documents = None

    def put(self, entry: Entry, request: str | None = None) -> None:
        """Store *entry* durably, in place of an older entry of that visit, whose values stay.

        :param request: the id of the request that brought it, None for an invitation
        """
        with self._using() as documents, documents.transaction():
            self._put(documents, stored(entry, self.stored(entry.visit), self._sealing), request)
            if self._sealing is not None and entry.details.name:
                wrap = self._sealing.local.wrap(msgspec.json.encode(entry.details))
                row = _Readable(visit=entry.visit, wrap=wrap)
                documents.table("readable").put(_number(entry.visit), msgspec.to_builtins(row))

    def put_values(
        self,
        visit: str,
        procedure: str,
        at: Stamp,
        values: dict[str, Entered],
        request: str | None = None,
    ) -> None:
        """Store personal *values* of *visit* durably, beside the details that it has."""
        none = Entry(
            visit=visit, procedure=procedure, at=at, source="register", details=Details(name="")
        )
        with self._using() as documents, documents.transaction():
            entry = self.stored(visit) or stored(none, None, self._sealing)
            self._put(documents, with_values(entry, values, self._sealing), request)

    def answered(self, request: str) -> StoredEntry | None:
        """Return the entry that the request of that id has created, None if there is none."""
        found = self._document("requests", request)
        return None if found is None else self.stored(str(found["visit"]))

    def stored(self, visit: str) -> StoredEntry | None:
        """Return the entry of *visit* as the file has it, None if there is none."""
        found = self._document("entries", visit)
        return None if found is None else msgspec.convert(found, StoredEntry)

    def entry(self, visit: str) -> Entry | None:
        """Return the entry of *visit*, None if there is none.

        Sealed values are left out, and so are sealed details that cannot be read here any more.
        """
        found = self.stored(visit)
        if found is None:
            return None
        details = found.details or self._readable(visit)
        return as_entry(found, details or Details(name="", persons=found.persons), found.values)

    def keep_readable(self, visits: Collection[str]) -> None:
        """Remove what can be read here of the sealed entries of all visits but *visits*."""
        if self._sealing is None or not self._there:
            return
        with self._using() as documents:
            readable = documents.table("readable")
            ended = [row.doc_id for row in readable if row["visit"] not in visits]
            if ended:
                readable.remove(doc_ids=ended)

    def expect(self, guest: ExpectedGuest) -> None:
        """Store *guest* durably, in place of the same invitation from before."""
        row = stored_guest(guest, self._sealing)
        with self._using() as documents, documents.transaction():
            documents.table("expected").put(_number(guest.id), msgspec.to_builtins(row))
            self._note_format(documents)

    def expected(self) -> list[ExpectedGuest]:
        """Return the expected guests, in no order; expired ones until the next removal.

        One whose local key is lost (a power cut) has an empty name.
        """
        if not self._there:
            return []
        with self._using() as documents:
            rows = [dict(row) for row in documents.table("expected")]
        return [
            readable_guest(row, self._sealing) for row in msgspec.convert(rows, list[StoredGuest])
        ]

    def purge(self, before_ms: int, at: Stamp, by: Literal["retention", "request"]) -> int:
        """Remove all entries from before *before_ms* (wall clock, ms); return the number of visits.

        Expected guests are removed once their invitations have expired at *at*. If there is nothing
        to remove, a request still leaves a note, retention does not. Files that were set aside and
        are older than that moment are removed too.
        """
        removed = 0
        if self._there:
            with self._using() as documents:
                scrub_if_noted(documents)
            self._date_anew(at)
            removed = self._remove(before_ms, at, by)
        replaced = self._path.parent.glob(f"{FILE}.replaced-*Z")  # by a restore
        for aside in (*all_damaged_beside(self._path), *replaced, *copies(self._path)):
            if aside.stat().st_mtime_ns // 1_000_000 < before_ms:
                remove_damaged(aside)
        return removed

    def purges(self) -> list[tuple[int, Purge]]:
        """Scrub the file; return the notes of removals that are not recorded yet, by number."""
        if not self._there:
            return []
        with self._using() as documents:
            found = [(n.doc_id, msgspec.convert(n, Purge)) for n in documents.table("purges")]
            if found:  # else the file has been scrubbed already
                _database(documents).scrub()
            return found

    def recorded(self, number: int) -> None:
        """Delete the note of a removal: the history has its record now."""
        with self._using() as documents:
            documents.table("purges").remove(doc_ids=[number])

    @property
    def _there(self) -> bool:
        return self._path.exists() or mark_of(self._path).exists()

    def _document(self, table: str, name: str) -> dict[str, object] | None:
        if not self._there:
            return None
        with self._using() as documents:
            found = documents.table(table).get(doc_id=_number(name))
            return None if found is None else dict(found)

    def _put(self, documents: Documents, entry: StoredEntry, request: str | None) -> None:
        documents.table("entries").put(_number(entry.visit), msgspec.to_builtins(entry))
        if request is not None:
            answered = {"request": request, "visit": entry.visit}
            documents.table("requests").put(_number(request), answered)
        self._note_format(documents)

    def _note_format(self, documents: Documents) -> None:
        """Raise the number of the file's format, if it is going to have its first sealed text."""
        about = documents.table("database").need(ONLY)
        if self._sealing is not None and about["format"] != FORMAT:
            documents.table("database").put(ONLY, stamped(about, FORMAT))

    def _readable(self, visit: str) -> Details | None:
        """Return the sealed details of *visit*; None if they cannot be read here."""
        found = self._document("readable", visit)
        if found is None or self._sealing is None:
            return None
        text = self._sealing.local.unwrap(msgspec.convert(found, _Readable).wrap)
        return None if text is None else msgspec.json.decode(text, type=Details)

    def _opened(self) -> Documents:
        documents = open_sound(self._path, FORMATS, _begin_anew, secret=True)
        try:
            _name_it(documents)
            self._seal_what_is_there(documents)
        except StoreError:  # the next use opens it again, and seals
            documents.close()
            raise
        return documents

    def _seal_what_is_there(self, documents: Documents) -> None:
        """Seal what was written before there was a key."""
        if self._sealing is None:
            return
        with documents.transaction():
            if seal_rows(documents, self._sealing):
                self._note_format(documents)
        scrub_if_noted(documents)
        replaced = self._path.parent.glob(f"{FILE}.replaced-*Z*")
        aside = self._path.parent.glob(f"{FILE}.damaged-*Z*")
        seal_asides([*replaced, *aside, *copies(self._path)], self._sealing.office)

    def _remove(self, before_ms: int, at: Stamp, by: Literal["retention", "request"]) -> int:
        with self._using() as documents:
            entries, requests = documents.table("entries"), documents.table("requests")
            going = {row["visit"]: row.doc_id for row in entries if _wall_ms(row) < before_ms}
            expected = documents.table("expected")
            expired = [
                row.doc_id
                for row in expected
                if row["until_ms"] <= at.wall_ms or row["entered_ms"] < before_ms
            ]
            if not going and not expired and by == "retention":
                return 0
            asked = [row.doc_id for row in requests if row["visit"] in going]
            readable = documents.table("readable")
            wraps = [row.doc_id for row in readable if row["visit"] in going]
            note = Purge(count=len(going), before_ms=before_ms, at=at, by=by)
            with documents.transaction():
                entries.remove(doc_ids=list(going.values()))
                requests.remove(doc_ids=asked)
                readable.remove(doc_ids=wraps)
                expected.remove(doc_ids=expired)
                documents.table("purges").insert(msgspec.to_builtins(note))
            return len(going)

    def _date_anew(self, now: Stamp) -> None:
        """Date entries from the future (of a wrong clock) now, or they would not expire in time."""
        if not now.synced:
            return
        with self._using() as documents:
            entries = documents.table("entries")
            for row in [row for row in entries if _wall_ms(row) > now.wall_ms + _DAY_MS]:
                entries.put(row.doc_id, {**row, "at": msgspec.to_builtins(now)})

    @contextmanager
    def _using(self) -> Iterator[Documents]:
        try:
            if self._documents is not None and _database(self._documents).unlinked:
                log.error("%s was removed or replaced; it is opened again", self._path)
                self.close()
            if self._documents is None:
                self._documents = self._opened()
            yield self._documents
        except StoreUnavailable as error:
            raise BookHeld(str(error)) from error
        except StoreError as error:
            # A damaged file is marked: the next opening sets it aside. Any other failure of the
            # disk stays until a restart: the kernel's copy of the file is not reliable then.
            if isinstance(error, StoreDamaged):
                self.close()
            raise BookUnusable(str(error)) from error


def _database(documents: Documents) -> Database:
    assert isinstance(documents.storage, SqliteStorage)
    return documents.storage.database


def _number(name: str) -> int:
    """Return the document number for *name*: a hash (63 bits), so that no search is needed."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1


def _wall_ms(row: dict[str, object]) -> int:
    return msgspec.convert(row["at"], Stamp).wall_ms


def _begin_anew(_damaged: Path, new: Path) -> None:
    """Make an empty book: the details of open visits can be entered once more."""
    with Documents(new, secret=True) as documents:
        _name_it(documents)


def _name_it(documents: Documents) -> None:
    table = documents.table("database")
    if table.get(doc_id=ONLY) is None:
        table.put(ONLY, stamped({}, UNSEALED))
