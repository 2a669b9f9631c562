"""The guest book: who the guests were. The one place where personal data is kept.

``guestbook.db`` in the data folder, apart from the history, so that it can be forgotten without
touching that. Rules
--------------------
1. Details are on the disk before anybody is told that they are kept.
2. What is removed is overwritten, the file is written anew, and its log is cut off: no byte of it
   stays in a file of ours. (A memory card may keep old blocks out of everybody's reach.)
3. That something was removed is recorded: a note of it waits in the same transaction until then.
4. A lost or damaged file stops nothing: it is set aside and a new one begun. What was set aside
   goes with the rest when it has had its time.
5. Whoever has the data folder's lock may write (edge/lock.py); reading beside:
   edge/guestbook/guest_list.py.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edge.clock import Stamp
from edge.errors import GarduError, StoreDamaged, StoreError
from edge.store.damage_mark import mark_of
from edge.store.documents import Documents, SqliteStorage
from edge.store.quarantine import all_damaged_beside, damaged_beside, open_sound, remove_damaged

FILE = "guestbook.db"

# Raise it when older code could not read what is written any more.
FORMAT = 1

ONLY = 1
# A clock may be so far ahead of the next one, ms, before what it dated is dated anew.
_DAY_MS = 86_400_000

PlainText = Annotated[str, Meta(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]
Phone = Annotated[str, Meta(max_length=24, pattern=r"^(\+?[0-9][0-9 ()-]*)?$")]

IdKind = Literal["ktp", "sim", "student-card", "assignment-letter", "other"]
"""What was left at the desk for the visitor card: KTP, SIM, student card, surat tugas, or other
valid proof. The kind only: no procedure asks for the number to be copied."""

Source = Literal["register", "invitation"]


class BookUnusable(GarduError):
    """The guest book cannot be used now: no reason to stop anything else."""


class Details(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who came: personal data. Its ``repr`` says nothing, so that no log can.

    :ivar persons: how many came together, 1 to 99
    """

    name: PlainText
    organisation: PlainText = ""
    purpose: PlainText = ""
    id_kind: IdKind | None = None
    persons: Annotated[int, Meta(ge=1, le=99)] = 1
    phone: Phone = ""

    def __repr__(self) -> str:
        return "Details(…)"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """The details of one visit; *at* is when they were entered."""

    visit: str
    procedure: str
    at: Stamp
    source: Source
    details: Details


class Purge(msgspec.Struct, frozen=True, kw_only=True):
    """What was removed, until that is recorded.

    :ivar count: how many visits' details
    :ivar before_ms: all from before that moment went (wall clock, ms since 1970 UTC)
    :ivar by: ``retention`` or ``request``
    """

    count: int
    before_ms: int
    at: Stamp
    by: Literal["retention", "request"]


class GuestBook:
    """The guest book of the data *folder*; its file comes into being with the first entry.

    Methods block on the disk: not for the event loop. Any thread may call, one at a time.

    :raises BookUnusable: if it cannot be used now; nothing of the change was kept
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._documents: Documents | None = None

    @property
    def quarantined(self) -> Path | None:
        """The newest damaged file that was set aside, as long as it lies in the folder."""
        return damaged_beside(self._path)

    def close(self) -> None:
        """Let go of the file; may be called twice, and the book used again."""
        if self._documents is not None:
            self._documents.close()
            self._documents = None

    def put(self, entry: Entry, request: str | None = None) -> None:
        """Keep *entry* for good, in place of what there was of that visit.

        :param request: the id of the request that it came by
        """
        with self._using() as documents, documents.transaction():
            plain = msgspec.to_builtins(entry)
            documents.table("entries").put(_number(entry.visit), plain)
            if request is not None:
                answered = {"request": request, "visit": entry.visit}
                documents.table("requests").put(_number(request), answered)

    def answered(self, request: str) -> Entry | None:
        """Return the entry that the request of that id has led to."""
        found = self._document("requests", request)
        return None if found is None else self.entry(str(found["visit"]))

    def entry(self, visit: str) -> Entry | None:
        """Return what is kept of *visit*."""
        found = self._document("entries", visit)
        return None if found is None else msgspec.convert(found, Entry)

    def purge(self, before_ms: int, at: Stamp, by: Literal["retention", "request"]) -> int:
        """Remove everything from before *before_ms* (wall clock, ms); return how many visits'.

        Retention that finds nothing changes nothing; a request is noted even so.
        """
        removed = 0
        if self._there:
            self._date_anew(at)
            removed = self._remove(before_ms, at, by)
        for aside in all_damaged_beside(self._path):
            if aside.stat().st_mtime_ns // 1_000_000 < before_ms:
                remove_damaged(aside)
        return removed

    def purges(self) -> list[tuple[int, Purge]]:
        """Return what was removed and is not recorded yet, by number, the file scrubbed."""
        if not self._there:
            return []
        with self._using() as documents:
            found = [(n.doc_id, msgspec.convert(n, Purge)) for n in documents.table("purges")]
            if found:  # else it has been done
                assert isinstance(documents.storage, SqliteStorage)
                documents.storage.database.scrub()
            return found

    def recorded(self, number: int) -> None:
        """Forget the note of a removal: it is in the history now."""
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

    def _remove(self, before_ms: int, at: Stamp, by: Literal["retention", "request"]) -> int:
        with self._using() as documents:
            entries, requests = documents.table("entries"), documents.table("requests")
            going = {row["visit"]: row.doc_id for row in entries if _wall_ms(row) < before_ms}
            if not going and by == "retention":
                return 0
            asked = [row.doc_id for row in requests if row["visit"] in going]
            note = Purge(count=len(going), before_ms=before_ms, at=at, by=by)
            with documents.transaction():
                entries.remove(doc_ids=list(going.values()))
                requests.remove(doc_ids=asked)
                documents.table("purges").insert(msgspec.to_builtins(note))
            return len(going)

    def _date_anew(self, now: Stamp) -> None:
        """Date entries from the future (of a clock that was wrong) now, or they would never go."""
        if not now.synced:
            return
        with self._using() as documents:
            entries = documents.table("entries")
            for row in [row for row in entries if _wall_ms(row) > now.wall_ms + _DAY_MS]:
                entries.put(row.doc_id, {**row, "at": msgspec.to_builtins(now)})

    @contextmanager
    def _using(self) -> Iterator[Documents]:
        try:
            if self._documents is None:
                self._documents = open_sound(self._path, FORMAT, _begin_anew, secret=True)
                _name_it(self._documents)
            yield self._documents
        except StoreError as error:
            # A damaged file is marked: the next one who opens it sets it aside. Any other failure
            # of the disk stays until a restart: what the kernel has of it cannot be relied on.
            if isinstance(error, StoreDamaged):
                self.close()
            raise BookUnusable(str(error)) from error


def _number(name: str) -> int:
    """Return the document number of what is known by a name: a hash, so that none is searched."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1


def _wall_ms(row: dict[str, object]) -> int:
    return msgspec.convert(row["at"], Stamp).wall_ms


def _begin_anew(_damaged: Path, new: Path) -> None:
    """Begin an empty book: the details of open visits can be asked for once more."""
    with Documents(new, secret=True) as documents:
        _name_it(documents)


def _name_it(documents: Documents) -> None:
    table = documents.table("database")
    if table.get(doc_id=ONLY) is None:
        table.put(ONLY, {"format": FORMAT})
