"""Documents compared with a plain dictionary: after any calls both hold the same."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tinydb import where
from tinydb.table import Document

from edge.store.documents import Documents
from tests.longer import either, longer

TABLES = st.sampled_from(["visits", "outbox", "register-2026-11"])
IDS = st.integers(1, 12)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner),
    max_leaves=5,
)
BODIES = st.dictionaries(st.sampled_from(["n", "state", "payload"]), JSON, max_size=3)

Model = dict[str, dict[int, dict[str, Any]]]


class Undone(Exception):
    """Leaves a transaction on purpose."""


def undo() -> None:
    """Leave the surrounding transaction by an exception."""
    raise Undone


class DocumentsModel(RuleBasedStateMachine):
    """Drives TinyDB's calls, transactions that fail half-way, and restarts."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "model.db"
        self.documents = Documents(self.path)
        self.model: Model = {}

    def teardown(self) -> None:
        """Close the file and remove it."""
        self.documents.close()
        self.folder.cleanup()

    def rows(self, name: str) -> dict[int, dict[str, Any]]:
        """Return the model's documents of table *name*; created if absent, as in TinyDB."""
        return self.model.setdefault(name, {})

    @rule(name=TABLES, bodies=st.lists(BODIES, max_size=3))
    def insert(self, name: str, bodies: list[dict[str, Any]]) -> None:
        """New documents get ids above all existing ones."""
        ids = self.documents.table(name).insert_multiple(bodies)
        rows = self.rows(name)
        assert all(doc_id > max(rows, default=0) for doc_id in ids)
        assert ids == sorted(set(ids))
        rows.update(zip(ids, bodies, strict=True))

    @rule(name=TABLES, doc_id=IDS, body=BODIES)
    def put(self, name: str, doc_id: int, body: dict[str, Any]) -> None:
        """A whole document is written under an id."""
        self.documents.table(name).put(doc_id, body)
        self.rows(name)[doc_id] = body

    @rule(name=TABLES, doc_id=IDS, body=BODIES)
    def upsert(self, name: str, doc_id: int, body: dict[str, Any]) -> None:
        """Fields are merged into a document, or it is made."""
        assert self.documents.table(name).upsert(Document(body, doc_id)) == [doc_id]
        rows = self.rows(name)
        rows[doc_id] = rows.get(doc_id, {}) | body

    @rule(name=TABLES, ids=st.lists(IDS, unique=True), fields=BODIES)
    def update(self, name: str, ids: list[int], fields: dict[str, Any]) -> None:
        """Named documents change if they exist."""
        rows = self.rows(name)
        there = [doc_id for doc_id in ids if doc_id in rows]
        assert self.documents.table(name).update(fields, doc_ids=ids) == there
        rows.update({doc_id: rows[doc_id] | fields for doc_id in there})

    @rule(name=TABLES, value=JSON)
    def update_in_place(self, name: str, value: Any) -> None:
        """A function changes the documents that a query finds."""
        self.documents.table(name).update(lambda d: d.pop("n"), where("n").exists())
        self.documents.table(name).update(lambda d: d.update(value=value), where("state").exists())
        for row in self.rows(name).values():
            row.pop("n", None)
            if "state" in row:
                row["value"] = value

    @rule(name=TABLES, ids=st.lists(IDS, unique=True))
    def remove(self, name: str, ids: list[int]) -> None:
        """Named documents are removed if they exist."""
        rows = self.rows(name)
        there = [doc_id for doc_id in ids if doc_id in rows]
        assert self.documents.table(name).remove(doc_ids=ids) == there
        for doc_id in there:
            del rows[doc_id]

    @rule(name=TABLES)
    def remove_found(self, name: str) -> None:
        """The documents that a query finds are removed."""
        self.documents.table(name).remove(where("payload").exists())
        self.model[name] = {k: row for k, row in self.rows(name).items() if "payload" not in row}

    @rule(name=TABLES)
    def truncate(self, name: str) -> None:
        """A table is emptied."""
        self.documents.table(name).truncate()
        self.model[name] = {}

    @rule(name=TABLES)
    def drop(self, name: str) -> None:
        """A table is removed."""
        self.documents.drop_table(name)
        self.model.pop(name, None)

    @rule(
        changes=st.lists(st.tuples(TABLES, IDS, st.none() | BODIES), min_size=1, max_size=6),
        nested=st.booleans(),
        undone=st.booleans(),
    )
    def transaction(
        self, changes: list[tuple[str, int, dict[str, Any] | None]], *, nested: bool, undone: bool
    ) -> None:
        """Several changes are stored together, or none of them."""
        try:
            with self.documents.transaction():
                for name, doc_id, body in changes[:-1]:
                    self.change(name, doc_id, body)
                if nested:
                    with self.documents.transaction():
                        self.change(*changes[-1])
                if undone:
                    undo()
        except Undone:
            return
        for name, doc_id, body in changes if nested else changes[:-1]:
            self.rows(name)
            if body is None:
                self.model[name].pop(doc_id, None)
            else:
                self.model[name][doc_id] = body

    def change(self, name: str, doc_id: int, body: dict[str, Any] | None) -> None:
        """Put or remove one document."""
        if body is None:
            self.documents.table(name).remove(doc_ids=[doc_id])
        else:
            self.documents.table(name).put(doc_id, body)

    @rule()
    def reopen(self) -> None:
        """The daemon starts again."""
        self.documents.close()
        self.documents = Documents(self.path)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def read_ranges(self, data: st.DataObject) -> None:
        """Scans, single reads and ends agree with the model."""
        name = data.draw(st.sampled_from(sorted(self.model)))
        after, limit = data.draw(IDS), data.draw(st.integers(0, 4))
        table, rows = self.documents.table(name), self.model[name]
        above = sorted(doc_id for doc_id in rows if doc_id > after)[:limit]
        assert [d.doc_id for d in table.scan(after, limit)] == above
        assert table.get(doc_id=after) == rows.get(after)
        assert table.contains(doc_id=after) == (after in rows)
        assert table.get(doc_ids=above) == [rows[doc_id] for doc_id in above]
        assert table.first_id == min(rows, default=None)
        assert table.last_id == max(rows, default=None)
        assert [d.doc_id for d in table.backwards()] == sorted(rows, reverse=True)

    @invariant()
    def same(self) -> None:
        """Every table holds the same documents in order of id, and there are no others."""
        assert self.documents.tables() == set(self.model)
        for name, rows in self.model.items():
            table = self.documents.table(name)
            assert [(d.doc_id, dict(d)) for d in table] == sorted(rows.items())
            assert len(table) == len(rows)


DocumentsModel.TestCase.settings = settings(
    max_examples=either(15, 500), stateful_step_count=25, deadline=None, database=None
)
TestDocumentsModel = longer(DocumentsModel.TestCase)
