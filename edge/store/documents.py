"""TinyDB's documents on SQLite's durability.

TinyDB's API is unchanged (tables, documents, queries); below it every document is one row of a
:class:`~edge.store.database.Database`, and every TinyDB table is one table there. Rules:

- A call that names ids (``get(doc_id=)``, ``insert``, ``update(doc_ids=)``, ``remove(doc_ids=)``,
  ``put``, ``scan``) reads and writes only their rows, however many rows the table has.
  A query (``cond``) reads the whole table, a page at a time; ``len`` reads no document.
- Outside :meth:`Documents.transaction` every call is a transaction of its own.
- There is no query cache: every read goes to the file.
"""

from collections.abc import Callable, ItemsView, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
from tinydb import TinyDB
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Document, Table

from edge.store.database import Body, Database, encode

# Rows that are read, or held to be written back, at a time.
_PAGE = 256
_BELOW_ALL, _ABOVE_ALL = -(2**63), 2**63 - 1


class TableRows(Mapping[int, Body]):
    """One table as TinyDB reads it: each document is read from the file on access."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self.name = name

    def __getitem__(self, key: int | str) -> Body:
        for row in self._database.run("get", self.name, int(key)):
            return self._database.document(self.name, *row)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, int | str) and bool(self._database.run("has", self.name, int(key)))

    def __len__(self) -> int:
        return sum(count for (count,) in self._database.run("count", self.name))

    def __iter__(self) -> Iterator[int]:
        """Iterate over the ids in order; the table may change meanwhile."""
        after = _BELOW_ALL
        while page := self._database.run("ids", self.name, after, _PAGE):
            yield from (doc_id for (doc_id,) in page)
            after = page[-1][0]

    def items(self) -> ItemsView[int, Body]:
        """Return ids and documents in order of id, read a page at a time."""
        return _Items(self)

    def scan(self, after: int, limit: int) -> list[tuple[int, Body]]:
        """Return the first *limit* documents with ids above *after*."""
        return self._page("after", after, limit)

    def scan_back(self, before: int, limit: int) -> list[tuple[int, Body]]:
        """Return the last *limit* documents with ids below *before*, the highest id first."""
        return self._page("before", before, limit)

    def end(self, which: str) -> int | None:
        """Return the ``first`` or ``last`` id, None if the table is empty."""
        for (doc_id,) in self._database.run(which, self.name):
            return None if doc_id is None else int(doc_id)
        return None

    def _page(self, statement: str, start: int, limit: int) -> list[tuple[int, Body]]:
        rows = self._database.run(statement, self.name, start, limit)
        return [(row[0], self._database.document(self.name, *row)) for row in rows]


class _Items(ItemsView[int, Body]):
    """Items read page by page, instead of one query per id."""

    _mapping: TableRows

    def __iter__(self) -> Iterator[tuple[int, Body]]:
        after = _BELOW_ALL
        while page := self._mapping.scan(after, _PAGE):
            yield from page
            after = page[-1][0]


class LentRows(TableRows, MutableMapping[int, Body]):
    """One table as TinyDB changes it: documents handed out are written back if they changed.

    A document must be changed before _PAGE others have been read, as all of TinyDB's own
    operations do; so memory stays bounded when they go through a whole table.
    """

    def __init__(self, database: Database, name: str) -> None:
        super().__init__(database, name)
        self._checked_out: dict[int, tuple[Body, bytes]] = {}

    def __getitem__(self, key: int | str) -> Body:
        doc_id = int(key)
        if doc_id not in self._checked_out:
            if len(self._checked_out) >= _PAGE:
                self.settle()
            document = super().__getitem__(doc_id)
            self._checked_out[doc_id] = (document, encode(document))
        return self._checked_out[doc_id][0]

    def __setitem__(self, key: int, document: Mapping[str, Any]) -> None:
        self._checked_out.pop(key, None)
        self._database.put(self.name, key, document)

    def __delitem__(self, key: int) -> None:
        self._checked_out.pop(key, None)
        if not self._database.run("delete", self.name, key):
            raise KeyError(key)

    def items(self) -> ItemsView[int, Body]:
        """Return ids and documents in order of id; changed ones are written back too."""
        return ItemsView(self)

    def clear(self) -> None:
        """Delete every row with one statement."""
        self._checked_out.clear()
        self._database.run("clear", self.name)

    def settle(self) -> None:
        """Write back the documents that have changed."""
        for doc_id, (document, before) in self._checked_out.items():
            if encode(document) != before:
                self._database.put(self.name, doc_id, document)
        self._checked_out.clear()


class SqliteStorage(Storage):
    """TinyDB's storage over a :class:`~edge.store.database.Database`; it reads lazily."""

    def __init__(self, path: Path | str, *, secret: bool = False) -> None:
        self.database = Database(path, secret=secret)

    def read(self) -> Any:
        """Return a lazy mapping for each table, by name."""
        return {name: TableRows(self.database, name) for name in sorted(self.database.tables)}

    def write(self, data: Mapping[str, Mapping[Any, Any]]) -> None:
        """Make the tables equal to *data*; a lazy mapping in it stands for its unchanged table."""
        with self.database.transaction():
            for name in self.database.tables - data.keys():
                self.database.drop(name)
            for name, documents in data.items():
                if not (isinstance(documents, TableRows) and documents.name == name):
                    self._replace(name, documents)

    def close(self) -> None:
        """Close the file; may be called twice."""
        self.database.close()

    def _replace(self, name: str, documents: Mapping[Any, Any]) -> None:
        self.database.create(name)
        self.database.run("clear", name)
        for doc_id, document in documents.items():
            self.database.put(name, int(doc_id), document)


class DocumentTable(Table):
    """A TinyDB table with one row for each document."""

    def __init__(
        self,
        storage: SqliteStorage,
        name: str,
        cache_size: int = 0,
        persist_empty: bool = False,  # noqa: FBT001, FBT002 - TinyDB's signature
    ) -> None:
        self._database = storage.database
        self._rows = TableRows(self._database, name)
        self._highest = 0
        super().__init__(storage, name, cache_size=min(cache_size, 0), persist_empty=persist_empty)

    def get(
        self,
        cond: QueryLike | None = None,
        doc_id: int | None = None,
        doc_ids: list[int] | None = None,
    ) -> Any:
        """Return one document or None, or those of *doc_ids* that exist, in order of id."""
        if doc_id is not None or doc_ids is None:
            return super().get(cond, doc_id)  # type: ignore[arg-type]  # TinyDB refuses two Nones
        found = ((number, self._rows.get(number)) for number in sorted(set(doc_ids)))
        return [Document(body, number) for number, body in found if body is not None]

    def need(self, doc_id: int) -> Document:
        """Return the document *doc_id*, which must exist.

        :raises StoreDamaged: if it is missing: other documents show that it was written
        """
        body = self._rows.get(doc_id)
        if body is None:
            raise self._database.damaged(f"document {doc_id} is missing in table {self.name}")
        return Document(body, doc_id)

    def put(self, doc_id: int, document: Mapping[str, Any] | msgspec.Struct) -> None:
        """Write the whole document *doc_id*, new or in place of the old one."""
        self._database.put(self.name, doc_id, document)

    def append(self, document: Mapping[str, Any] | msgspec.Struct) -> None:
        """Write *document* under the number after the highest one."""
        self.put(self._get_next_id(), document)

    def scan(self, after: int, limit: int) -> list[Document]:
        """Return the first *limit* documents with ids above *after*, in order of id."""
        return [Document(body, doc_id) for doc_id, body in self._rows.scan(after, limit)]

    def backwards(self) -> Iterator[Document]:
        """Iterate over the documents from the highest id down, read a page at a time."""
        before = _ABOVE_ALL
        while page := self._rows.scan_back(before, _PAGE):
            yield from (Document(body, doc_id) for doc_id, body in page)
            before = page[-1][0]

    @property
    def first_id(self) -> int | None:
        """The lowest id, None if the table is empty; found without a scan."""
        return self._rows.end("first")

    @property
    def last_id(self) -> int | None:
        """The highest id, None if the table is empty; found without a scan."""
        return self._rows.end("last")

    def _get_next_id(self) -> int:
        # Above the last id of the file and all ids given out since it was opened. After a restart
        # the id of a deleted document may return: numbers that must be unique need a counter.
        self._highest = max(self._highest, self.last_id or 0) + 1
        return self._highest

    def _read_table(self) -> Any:
        return self._rows

    def _update_table(self, updater: Callable[[Any], None]) -> None:
        with self._database.transaction():
            self._database.create(self.name)
            rows = LentRows(self._database, self.name)
            updater(rows)
            rows.settle()


class Documents(TinyDB):
    """A TinyDB in one SQLite file: ``Documents(path)``.

    With ``secret=True`` deleted data is overwritten (:class:`~edge.store.database.Database`).

    :raises StoreError: from every method, if the file cannot be used (any more)
    """

    # TinyDB's annotations name its own classes; a compatible class works as well.
    table_class = DocumentTable  # type: ignore[assignment]
    default_storage_class = SqliteStorage  # type: ignore[assignment]

    def table(self, name: str, **kwargs: Any) -> DocumentTable:
        """Return the table *name*; it is created with its first document."""
        table = super().table(name, **kwargs)
        assert isinstance(table, DocumentTable)
        return table

    def bodies(self, table: str, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        """Iterate over the documents *first* to *last* of *table*, as JSON, a page at a time.

        A missing table has none.
        """
        assert isinstance(self.storage, SqliteStorage)
        database = self.storage.database
        while page := database.run("after", table, first - 1, _PAGE):
            for number, body, crc in page:
                if number > last:
                    return
                database.check(table, number, body, crc)
                yield number, body
            first = page[-1][0] + 1

    def transaction(self) -> AbstractContextManager[None]:
        """Commit several changes, of any tables, all or none; joins a transaction in progress."""
        assert isinstance(self.storage, SqliteStorage)
        return self.storage.database.transaction()
