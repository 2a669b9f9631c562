"""TinyDB's documents on SQLite: the API is TinyDB's, transactions are SQLite's."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tinydb import where
from tinydb.storages import Storage
from tinydb.table import Document, Table

from edge.errors import StoreError
from edge.store.documents import Documents
from tests.store_bench import connection, statements


@pytest.fixture
def documents(tmp_path: Path) -> Iterator[Documents]:
    """Yield an open, empty file."""
    with Documents(tmp_path / "some.db") as opened:
        yield opened


def test_what_tinydb_promises(documents: Documents) -> None:
    """TinyDB's calls give the same results as with TinyDB's own storage."""
    table = documents.table("guests")
    assert table.insert({"a": 1}) == 1
    assert table.insert_multiple([{"a": 2}, {"a": 3}, Document({"a": 9}, 40)]) == [2, 3, 40]
    assert table.get(doc_id=2) == {"a": 2}
    assert table.get(doc_id=2).doc_id == 2
    assert table.get(doc_id=99) is None
    assert table.get(where("a") == 3).doc_id == 3
    assert [d.doc_id for d in table.get(doc_ids=[40, 1, 1, 99])] == [1, 40]
    assert table.contains(doc_id=40)
    assert not table.contains(doc_id=41)
    assert table.search(where("a") > 1) == [{"a": 2}, {"a": 3}, {"a": 9}]
    assert table.count(where("a") > 1) == 3
    assert table.update({"b": 0}, doc_ids=[1, 99]) == [1]
    assert table.update({"b": 1}, where("a") == 9) == [40]
    assert table.upsert({"a": 2, "c": 5}, where("a") == 2) == [2]
    assert table.upsert(Document({"a": 7}, 50)) == [50]
    assert table.remove(doc_ids=[3, 99]) == [3]
    assert table.remove(where("a") == 7) == [50]
    assert table.all() == [{"a": 1, "b": 0}, {"a": 2, "c": 5}, {"a": 9, "b": 1}]
    assert len(table) == 3
    assert documents.tables() == {"guests"}
    with pytest.raises(ValueError, match="already exists"):
        table.insert(Document({}, 1))
    with pytest.raises(RuntimeError, match="cond or doc_id"):
        table.get()
    table.truncate()
    assert len(table) == 0
    documents.drop_table("guests")
    assert documents.tables() == set()


def test_tinydbs_own_table_and_default_table(documents: Documents) -> None:
    """The storage alone is a true TinyDB storage: TinyDB's own table class works on it too."""
    storage: Storage = documents.storage
    plain = Table(storage, "plain")
    plain.insert_multiple({"n": n} for n in range(5))
    plain.update({"n": -1}, doc_ids=[2])
    plain.remove(doc_ids=[1])
    assert documents.table("plain").all() == [{"n": -1}, {"n": 2}, {"n": 3}, {"n": 4}]
    documents.insert({"default": True})
    assert documents.tables() == {"plain", "_default"}
    documents.drop_tables()
    assert documents.tables() == set()


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    """A document is read with its types after the file was opened again."""
    document = {"text": "Tamu ✓", "none": None, "list": [1, 2.5, {"x": False}], "big": 2**62}
    with Documents(tmp_path / "some.db") as written:
        written.table("a").insert(document)
        written.table("register-2026-11").put(7, document)
    with Documents(tmp_path / "some.db") as read:
        assert read.table("a").all() == [document]
        assert read.table("register-2026-11").get(doc_id=7) == document
        assert read.tables() == {"a", "register-2026-11"}


def test_durable_settings(documents: Documents) -> None:
    """Every commit is synced: the write-ahead log is on and ``synchronous`` is FULL (2)."""
    asked = {
        name: connection(documents).execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous")
    }
    assert asked == {"journal_mode": "wal", "synchronous": 2}


def test_mutated_documents_are_written_back(documents: Documents) -> None:
    """A function that changes documents in place has them stored, also more than a page of them."""
    table = documents.table("many")
    table.insert_multiple({"n": n, "list": []} for n in range(1000))

    def mark(document: Any) -> None:
        document["list"].append(document["n"])
        document.pop("n")

    table.update(mark, where("n") >= 500)
    assert [d["list"] for d in table if "n" not in d] == [[n] for n in range(500, 1000)]
    assert sum("n" in d for d in table) == 500
    table.update(lambda d: d.update(seen=True))
    assert table.count(where("seen") == True) == 1000  # noqa: E712 - TinyDB's query


def test_unchanged_documents_are_not_written(documents: Documents) -> None:
    """An update that leaves a document as it is writes no row."""
    table = documents.table("many")
    table.insert_multiple({"n": n} for n in range(600))
    ran = statements(documents, lambda: table.update({"n": 5}, where("n") == 5))
    assert "INSERT" not in ran
    assert (
        statements(documents, lambda: table.update({"n": 6}, where("n") == 5)).count("INSERT") == 1
    )


def test_order_and_pages(documents: Documents) -> None:
    """Documents come in order of id, a page at a time, also while the table is changed."""
    table = documents.table("many")
    for doc_id in (5, 1, 2000, -3, 0):
        table.put(doc_id, {})
    table.insert_multiple(Document({}, n) for n in range(100, 1100))
    ids = [d.doc_id for d in table]
    assert ids == sorted(ids)
    assert len(ids) == 1005
    assert [d.doc_id for d in table.scan(after=5, limit=2)] == [100, 101]
    assert [d.doc_id for d in table.scan(after=1098, limit=9)] == [1099, 2000]
    assert [d.doc_id for d in table.backwards()] == ids[::-1]
    assert statements(documents, lambda: next(iter(table))) == ["SELECT"]
    passed = []
    for document in table:
        table.remove(doc_ids=[document.doc_id])
        passed.append(document.doc_id)
    assert passed == ids
    assert len(table) == 0


def test_ids_are_not_used_again(documents: Documents) -> None:
    """While the file is open, a removed document's id does not come back."""
    table = documents.table("few")
    assert table.insert({}) == 1
    assert table.insert({}) == 2
    table.remove(doc_ids=[2])
    assert table.insert({}) == 3
    table.truncate()
    assert table.insert({}) == 4


def test_no_query_cache(documents: Documents) -> None:
    """A query sees changes made below it: results are not cached."""
    one, other = documents.table("few"), Table(documents.storage, "few")
    one.insert({"n": 1})
    assert one.count(where("n") == 1) == 1
    other.insert({"n": 1})
    assert one.count(where("n") == 1) == 2


def test_transaction_keeps_several_tables_or_none(documents: Documents) -> None:
    """An exception undoes all changes, also the creation of tables."""
    a, b = documents.table("a"), documents.table("b")
    with documents.transaction():
        a.insert({"n": 1})

    def change() -> None:
        with documents.transaction():
            a.update({"n": 2}, doc_ids=[1])
            b.insert({"n": 3})
            assert len(b) == 1
            raise KeyError

    with pytest.raises(KeyError):
        change()
    assert a.all() == [{"n": 1}]
    assert documents.tables() == {"a"}
    with documents.transaction():
        a.insert({"n": 2})
        b.insert({"n": 3})
    assert (len(a), len(b)) == (2, 1)


def test_transaction_is_one_commit(documents: Documents) -> None:
    """Several changes share one BEGIN and one COMMIT; a nested transaction joins."""
    a, b = documents.table("a"), documents.table("b")

    def change() -> None:
        with documents.transaction():
            a.insert({})
            with documents.transaction():
                b.insert({})
                b.put(9, {})

    ran = statements(documents, change)
    assert (ran.count("BEGIN"), ran.count("COMMIT")) == (1, 1)
    assert ran[0] == "BEGIN"
    assert ran[-1] == "COMMIT"


def test_swallowed_failure_spoils_the_transaction(documents: Documents) -> None:
    """If a part fails and its exception is caught, the whole transaction is refused."""
    table = documents.table("a")
    table.insert(Document({}, 1))

    def change() -> None:
        with documents.transaction():
            table.insert(Document({}, 2))
            with pytest.raises(ValueError, match="already exists"):
                table.insert_multiple([Document({}, 3), Document({}, 1)])
            with pytest.raises(StoreError, match="failed already"):
                table.insert(Document({}, 4))

    with pytest.raises(StoreError, match="nothing was kept"):
        change()
    assert [d.doc_id for d in table] == [1]
    assert table.insert({}) > 1


def test_what_is_not_json_is_refused(documents: Documents) -> None:
    """If one document cannot be written, none of the call is."""
    table = documents.table("a")
    with pytest.raises(TypeError):
        table.insert_multiple([{"fine": 1}, {"not": object()}])
    assert len(table) == 0


@pytest.mark.parametrize("name", ['a"b', "A", "a b", "", "sqlite_schema", "a--b"])
def test_table_names(documents: Documents, name: str) -> None:
    """Only plain lower-case names become SQL."""
    with pytest.raises(ValueError, match="table name"):
        documents.table(name).insert({})


def test_second_thread_waits_for_the_transaction(documents: Documents) -> None:
    """A thread neither joins another thread's transaction nor sees its unfinished changes."""
    table = documents.table("a")
    table.insert({})
    counted: list[int] = []
    thread = threading.Thread(target=lambda: counted.append(len(table)))
    with documents.transaction():
        table.insert({})
        thread.start()
        thread.join(0.05)
        assert counted == []
        table.insert({})
    thread.join()
    assert counted == [3]
