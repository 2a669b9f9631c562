"""Chain check: beside the daemon, which appends and removes records meanwhile."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.store import snapshot as snapshot_module
from edge.store.chain import Difference
from edge.store.chain_check import ChainCheck
from edge.store.disk_space import Space
from edge.store.register import Spans
from edge.store.snapshot import Page, Snapshot
from edge.store.store import Store
from tests.longer import either, longer
from tests.store_bench import SOURCE, HandClock, say


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Yield a new store, whose records are read three in a page."""
    monkeypatch.setattr(snapshot_module, "_PAGE", 3)
    with contextlib.closing(Store(tmp_path, SOURCE, HandClock())) as opened:
        yield opened


def remove(store: Store, last: int) -> None:
    """Remove the records up to *last* as retention does."""
    outbox, removed = store.documents.table("outbox"), store.documents.table("removed")
    going = [row for row in outbox.scan(0, last) if row.doc_id <= last]
    if going:
        with store.documents.transaction():
            removed.put(1, {"sequence": going[-1].doc_id, "link": going[-1]["link"]})
            outbox.remove(doc_ids=[row.doc_id for row in going])


class Disturbed(Snapshot):
    """A snapshot that lets something happen in the database after each page."""

    def __init__(self, folder: Path, disturb: Callable[[int], None]) -> None:
        super().__init__(folder)
        self._disturb = disturb

    def pages(self, spans: Spans, *, backwards: bool = False) -> Iterator[Page]:
        """Yield the pages, and call the function with the number of each."""
        for number, page in enumerate(super().pages(spans, backwards=backwards), 1):
            yield page
            self._disturb(number)


def checked(
    folder: Path,
    disturb: Callable[[int], None],
    published: str | None = None,
    at: int | None = None,
) -> tuple[ChainCheck, Difference | None]:
    """Check while the database changes; return the check and the difference found."""
    with Disturbed(folder, disturb) as snapshot:
        check = ChainCheck(snapshot, published, at)
        return check, check.run()


def test_appended_records_are_left_to_the_next_check(store: Store, tmp_path: Path) -> None:
    """The check ends with the newest record of its beginning, however many follow."""
    say(store, 7)

    def disturb(_: int) -> None:
        say(store, 5)

    check, difference = checked(tmp_path, disturb)
    assert (difference, check.reached.sequence, check.done, check.total) == (None, 7, 7, 7)


def test_records_removed_after_their_check_change_nothing(store: Store, tmp_path: Path) -> None:
    """Retention that follows behind the check is no difference, and skips nothing."""
    say(store, 12)
    check, difference = checked(tmp_path, lambda number: remove(store, 3 * number))
    assert (difference, check.reached.sequence, check.skipped) == (None, 12, 0)


def test_records_removed_before_their_check_are_counted(store: Store, tmp_path: Path) -> None:
    """Retention that overtakes the check is no tampering; the skipped records are counted."""
    say(store, 12)
    check, difference = checked(tmp_path, lambda number: remove(store, 8) if number == 1 else None)
    assert (difference, check.reached.sequence, check.skipped) == (None, 12, 5)


@pytest.mark.parametrize("last", [12, 14])
def test_all_the_rest_may_be_removed(store: Store, tmp_path: Path, last: int) -> None:
    """Retention up to the last record of the beginning, or past it, is no tampering."""
    say(store, 12)

    def disturb(number: int) -> None:
        if number == 1:
            say(store, 4)
            remove(store, last)

    check, difference = checked(tmp_path, disturb)
    assert (difference, check.skipped) == (None, last - 3)


def test_rows_that_vanish_without_retention_are_tampering(store: Store, tmp_path: Path) -> None:
    """A row deleted during the check, which the mark of retention does not cover, is named."""
    say(store, 12)
    outbox = store.documents.table("outbox")

    def disturb(number: int) -> None:
        if number == 1:
            remove(store, 5)
            outbox.remove(doc_ids=[7])

    _, difference = checked(tmp_path, disturb)
    assert difference == Difference(7, "missing: 7")


def test_forged_mark_of_retention_does_not_fit_the_rest(store: Store, tmp_path: Path) -> None:
    """A mark with a wrong link: the record after it names another predecessor."""
    say(store, 12)

    def disturb(number: int) -> None:
        if number == 1:
            remove(store, 6)
            store.documents.table("removed").put(1, {"sequence": 6, "link": "00" * 32})

    _, difference = checked(tmp_path, disturb)
    assert difference is not None
    assert (difference.sequence, difference.what) == (7, "the payload names another predecessor")


@pytest.mark.parametrize(
    ("number", "named", "missed"),
    [(6, True, True), (6, False, True), (8, True, False), (2, True, False), (11, False, False)],
)
def test_published_head_that_was_skipped_is_missed(
    store: Store, tmp_path: Path, number: int, named: bool, missed: bool
) -> None:
    """A head of a removed, unchecked record is neither confirmed nor denied; others are found."""
    published = say(store, 12)[number - 1].link
    at = number if named else None
    check, difference = checked(
        tmp_path, lambda page: remove(store, 8) if page == 1 else None, published, at
    )
    assert (difference, check.missed_published) == (None, missed)


def test_false_head_is_found_behind_skipped_records(store: Store, tmp_path: Path) -> None:
    """A head that differs from its record, which is still there, is a difference as always."""
    say(store, 12)
    _, difference = checked(
        tmp_path, lambda page: remove(store, 8) if page == 1 else None, "ab" * 32, 11
    )
    assert difference is not None
    assert difference.sequence == 11


def test_stopped_check_has_its_progress(store: Store, tmp_path: Path) -> None:
    """After a stop the page at hand is finished; it counts, and the rest does not."""
    say(store, 12)
    with Disturbed(tmp_path, lambda number: check.stop() if number == 2 else None) as snapshot:
        check = ChainCheck(snapshot)
        check.run()
    assert (check.done, check.total, check.reached.sequence) == (9, 12, 9)


@longer
@settings(max_examples=either(15, 300), deadline=None, database=None)
@given(steps=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), max_size=6))
def test_the_daemon_is_never_reported_as_tampering(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int]]
) -> None:
    """For any appending and removing during the check, an unchanged history is intact."""
    folder = tmp_path_factory.mktemp("check")
    space = Space(folder, reserve=0)
    with contextlib.closing(Store(folder, SOURCE, HandClock(), space=space)) as store:
        for _ in range(4):
            say(store, snapshot_module._PAGE // 2)

        def disturb(number: int) -> None:
            for appended, removed in steps[number - 1 : number]:
                say(store, appended)
                remove(store, removed * snapshot_module._PAGE // 4)

        check, difference = checked(folder, disturb)
        assert difference is None
        assert check.reached.sequence >= 2 * snapshot_module._PAGE
