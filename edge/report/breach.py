"""The personal data that a lost memory card had: visits, categories and files, without opening it.

UU 27/2022 Pasal 46 wants a written notice within 3 x 24 hours, to the persons and to the agency: it
names the data, when and how it was disclosed, and what was done. This counts the first of these,
from the data folder of the checkpoint or from a backup of it. No detail of a person is read.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from edge.clock import iso
from edge.errors import StoreError
from edge.guestbook.book import FILE as BOOK
from edge.guestbook.guest_list import read_expected, read_stored, readable_here
from edge.guestbook.stored_entry import StoredEntry
from edge.sealing.boxes import OVERHEAD, SUFFIX, BoxClosed, is_sealed, key_id_of
from edge.store.damage_mark import mark_of
from edge.store.snapshot import Snapshot

_ALL = 2**62

State = Literal["sealed", "unsealed"]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file with personal data; *path* is relative to the data folder.

    :ivar bytes: None: its row is there, and the file is not
    :ivar key: the id of the key that opens it; None if it is no box
    """

    path: str
    bytes: int | None
    state: State
    key: str | None = None


class VisitData(msgspec.Struct, frozen=True, kw_only=True):
    """What the card had of one visit.

    :ivar at: when its first data was written, RFC 3339 UTC
    :ivar categories: keys of the details that were given, and ``pictures``
    :ivar values: the ids of its personal values
    :ivar persons: the head count; None: no entry of the guest book says it
    :ivar pictures: paths of its stills
    :ivar state: ``sealed``: only the office's private key opens all of it
    :ivar readable: its details are readable on the running machine too (an open visit)
    """

    visit: str
    at: str
    procedure: str
    categories: tuple[str, ...]
    values: tuple[str, ...]
    persons: int | None
    pictures: tuple[str, ...]
    state: State
    readable: bool = False


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """The personal data of a period.

    :ivar first: the period, RFC 3339 UTC, from *first* on and before *end*
    :ivar keys: the ids of the office's keys that open the sealed part
    :ivar categories: number of visits by category; ``value NAME`` for a personal value
    :ivar expected: expected guests whose invitations were entered in the period
    :ivar persons: the head counts of the visits in the guest book
    :ivar unlisted: files set aside, whose content is not listed by visit
    """

    site: str
    checkpoint: str
    first: str
    end: str
    source: str
    visits: tuple[VisitData, ...]
    files: tuple[File, ...]
    unlisted: tuple[File, ...]
    keys: tuple[str, ...]
    categories: dict[str, int]
    persons: int
    expected: int

    @property
    def unsealed_visits(self) -> int:
        """The number of visits of which something is readable on the card."""
        return sum(one.state == "unsealed" for one in self.visits)

    @property
    def unsealed_files(self) -> int:
        """The number of files that are readable, those set aside included."""
        return sum(one.state == "unsealed" for one in (*self.files, *self.unlisted))


class _Still(msgspec.Struct, frozen=True):
    path: str
    properties: dict[str, str] = {}

    @property
    def visit(self) -> str:
        """The visit's id."""
        return self.properties.get("visit", "")

    @property
    def at(self) -> str:
        """When it was taken, RFC 3339 UTC."""
        return self.properties.get("time", "")


def breach_of(
    folder: Path, *, site: str, checkpoint: str, first_ms: int, end_ms: int, source: str
) -> Breach:
    """Return the personal data in the data *folder* of the period (wall clock, ms).

    :param source: where it was read, in words
    :raises StoreError: if a database cannot be read
    """
    book = folder / BOOK
    entries = read_stored(book, first_ms, end_ms)
    every_still = _stills(folder)
    stills = [one for one in every_still if iso(first_ms) <= one.at < iso(end_ms)]
    visits = sorted(
        _visits(entries, stills, readable_here(book)), key=lambda one: (one.at, one.visit)
    )
    named = {one.path for one in every_still}
    paths = {one.path for one in stills} | (set(_of_days(folder, first_ms, end_ms)) - named)
    every = read_stored(book)
    books = [File(path=BOOK, bytes=_size(book), state=_book_state(every))] if every else []
    files = [_file(folder, path) for path in sorted(paths)]
    keys = {one.key for one in files if one.key}.union(*(one.key_ids for one in entries))
    expected = read_expected(book)
    return Breach(
        site=site,
        checkpoint=checkpoint,
        first=iso(first_ms),
        end=iso(end_ms),
        source=source,
        visits=tuple(visits),
        files=(*books, *files),
        unlisted=tuple(_file(folder, path) for path in _aside(folder)),
        keys=tuple(sorted(keys)),
        categories=_categories(visits),
        persons=sum(one.persons or 0 for one in visits),
        expected=sum(first_ms <= one.entered_ms < end_ms for one in expected),
    )


def _stills(folder: Path) -> list[_Still]:
    """Return the stills that the database names."""
    with Snapshot(folder) as snapshot:
        return [
            msgspec.json.decode(body, type=_Still)
            for table in ("stills", "stills-sent")
            for _, body in snapshot.bodies(table, 1, _ALL)
        ]


def _visits(
    entries: Iterable[StoredEntry], stills: Iterable[_Still], readable: set[str]
) -> Iterator[VisitData]:
    pictures: dict[str, list[_Still]] = {}
    for still in stills:
        pictures.setdefault(still.visit, []).append(still)
    for entry in entries:
        own = pictures.pop(entry.visit, [])
        paths = tuple(sorted(still.path for still in own))
        yield VisitData(
            visit=entry.visit,
            at=min([entry.at.iso(), *(still.at for still in own)]),
            procedure=entry.procedure,
            categories=(*entry.categories, *(["pictures"] if own else [])),
            values=tuple(entry.value_ids),
            persons=entry.head_count,
            pictures=paths,
            state="unsealed" if entry.plain or not _all_sealed(paths) else "sealed",
            readable=entry.visit in readable,
        )
    for visit, own in pictures.items():
        paths = tuple(sorted(still.path for still in own))
        yield VisitData(
            visit=visit,
            at=min(still.at for still in own),
            procedure="",
            categories=("pictures",),
            values=(),
            persons=None,
            pictures=paths,
            state="sealed" if _all_sealed(paths) else "unsealed",
        )


def _all_sealed(paths: Iterable[str]) -> bool:
    return all(path.endswith(SUFFIX) for path in paths)


def _categories(visits: Iterable[VisitData]) -> dict[str, int]:
    counts = Counter[str]()
    for one in visits:
        counts.update(one.categories)
        counts.update(f"value {name}" for name in one.values)
    return dict(sorted(counts.items()))


def _book_state(entries: Iterable[StoredEntry]) -> State:
    return "unsealed" if any(entry.plain for entry in entries) else "sealed"


def _of_days(folder: Path, first_ms: int, end_ms: int) -> Iterator[str]:
    """Yield the files of stills in the folders of the period's days (UTC)."""
    first, last = iso(first_ms)[:10], iso(max(first_ms, end_ms - 1))[:10]
    for file in folder.glob("stills/*/*"):
        if first <= file.parent.name <= last and file.is_file():
            yield str(file.relative_to(folder))


def _aside(folder: Path) -> list[str]:
    """Return the copies of guest books that were set aside, and unfinished restores."""
    found = [*folder.glob(f"{BOOK}.*"), *folder.glob("restoring*/**/*")]
    names = (str(file.relative_to(folder)) for file in found if file.is_file())
    mark = mark_of(folder / BOOK).name
    return sorted(name for name in names if name != mark)


def _file(folder: Path, path: str) -> File:
    """Return the facts of a file; one that is gone is as its name says."""
    file, key = folder / path, None
    state: State = "sealed" if path.endswith(SUFFIX) else "unsealed"
    try:
        with file.open("rb") as opened:
            head = opened.read(OVERHEAD)
        state = "sealed" if is_sealed(head) else "unsealed"
        key = key_id_of(head)
    except (FileNotFoundError, BoxClosed):
        pass
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error.strerror}") from error
    return File(path=path, bytes=_size(file), state=state, key=key)


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return None
