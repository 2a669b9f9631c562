"""Snapshot: in one transaction, or in pages that let the daemon reset its log."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.store import snapshot as snapshot_module
from edge.store.database import Database
from edge.store.register import Spans
from edge.store.snapshot import Snapshot
from edge.store.store import FILE, Store
from tests.store_bench import SOURCE, HandClock, say


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Yield a new store."""
    with contextlib.closing(Store(tmp_path, SOURCE, HandClock())) as opened:
        yield opened


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read three records in a page."""
    monkeypatch.setattr(snapshot_module, "_PAGE", 3)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    "spans", [[], [(2, 9)], [(2, 4), (6, 9)], [(2, 2)], [(4, 4), (7, 9)], [(2, 7)]]
)
def test_pages_have_every_record_once(store: Store, spans: Spans, backwards: bool) -> None:
    """Across ends of pages and gaps between spans no record is left out or read twice."""
    say(store, 9)
    store.documents.table("outbox").remove(doc_ids=[1, 3])
    asked = [n for first, last in spans for n in range(first, last + 1)]
    with Snapshot(Path(store._path).parent) as snapshot:
        assert snapshot.everything == [(2, 9)]
        pages = list(snapshot.pages(spans, backwards=backwards))
    read = [sequence for page in pages for sequence, *_ in page.rows]
    there = [n for n in asked if n != 3]
    assert read == (there[::-1] if backwards else there)
    passed = [page.passed for page in pages]
    assert passed == sorted(passed)
    assert passed[-1:] == ([len(asked)] if asked else [])
    assert all(len(page.rows) <= 3 for page in pages)


def test_spans_are_cut_to_the_stored_records(store: Store, tmp_path: Path) -> None:
    """Spans without an end, and those of removed records, are reduced to what there is."""
    say(store, 9)
    store.documents.table("outbox").remove(doc_ids=[1, 2, 3])
    with Snapshot(tmp_path) as snapshot:
        assert snapshot.stored([(1, 2), (3, 5), (8, 2**63 - 1)]) == [(4, 5), (8, 9)]


@pytest.mark.usefixtures("small_pages")
def test_released_snapshot_keeps_its_moment(store: Store, tmp_path: Path) -> None:
    """States, head and newest record stay those of the opening, while the store changes."""
    say(store, 8)
    store.acknowledge([1, 2])
    store.park(3, "0x87")
    head = store.ledger().head
    with Snapshot(tmp_path) as snapshot:
        snapshot.release()
        store.acknowledge([4, 5, 6])
        store.resend(3, 3)
        say(store, 8)
        read = [record.sequence for record in snapshot.records()]
        states = [snapshot.state(sequence) for sequence in read]
        assert (snapshot.head.sequence, snapshot.head.link) == (8, head)
    assert read == list(range(1, 9))
    assert states == ["delivered"] * 2 + ["parked"] + ["waiting"] * 5


def log_after(folder: Path, *, reader: str) -> int:
    """Commit much beside a reader of all records; return the size of the log, bytes.

    :param reader: ``none``; ``held``: it reads in one transaction; ``released``: in pages
    """
    with contextlib.closing(Store(folder, SOURCE, HandClock())) as store:
        for _ in range(4):
            say(store, 1000)
        with contextlib.ExitStack() as stack:
            pages: Iterator[object] = iter(range(16))
            if reader != "none":
                snapshot = stack.enter_context(Snapshot(folder))
                if reader == "released":
                    snapshot.release()
                pages = snapshot.pages(snapshot.everything)
            count = 0
            for _ in pages:
                say(store, 1000)
                count += 1
        assert count == 16
        return (folder / f"{FILE}-wal").stat().st_size


def test_the_log_stays_bounded_beside_a_released_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a reader in pages the log is reset as without one; one transaction lets it grow."""
    # Checkpoints within the commits: those of a thread would come at other moments in each run.
    monkeypatch.setattr(Database, "spare_commits", lambda _database: None)
    alone = log_after(tmp_path / "alone", reader="none")
    assert log_after(tmp_path / "released", reader="released") <= alone
    assert log_after(tmp_path / "held", reader="held") > 2 * alone


def test_a_table_that_appears_later_is_seen(store: Store, tmp_path: Path) -> None:
    """The first retention makes a table: a released reader finds it."""
    rows = say(store, 3)
    with Snapshot(tmp_path) as snapshot:
        snapshot.release()
        assert snapshot.start.sequence == 0
        store.documents.table("removed").put(1, {"sequence": 1, "link": rows[0].link})
        assert snapshot.start.sequence == 1
