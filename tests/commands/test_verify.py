"""`gardu verify` while it is interrupted, and while retention works."""

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.commands import verify as verify_module
from edge.store import snapshot as snapshot_module
from edge.store.register import Spans
from edge.store.snapshot import Page, Snapshot
from edge.store.store import Store
from tests.command_line import invoke
from tests.store_bench import SOURCE, HandClock, say


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Yield a store, whose records are read three in a page."""
    monkeypatch.setattr(snapshot_module, "_PAGE", 3)
    with contextlib.closing(Store(tmp_path / "data", SOURCE, HandClock())) as opened:
        yield opened


class Interrupted(Snapshot):
    """A snapshot with an endless second page, during which the user presses Ctrl-C."""

    def pages(self, spans: Spans, *, backwards: bool = False) -> Iterator[Page]:
        """Yield the first page, then empty ones."""
        first = next(super().pages(spans, backwards=backwards))
        yield first
        os.kill(os.getpid(), signal.SIGINT)
        while True:
            yield Page([], first.start, first.passed)


def test_ctrl_c_ends_with_130_and_the_progress(
    store: Store, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupted check is no finding: the progress is printed, and no result."""
    say(store, 12)
    monkeypatch.setattr(verify_module, "Snapshot", Interrupted)
    result = invoke(["verify", "--json", "--config", str(config)])
    assert result.exit_code == 130
    assert result.stdout == ""
    assert "3 of 12 records were checked, in order up to record 3" in result.stderr


class Overtaken(Snapshot):
    """A snapshot of a database in which retention removes the records 4 to 8 after page 1."""

    store: Store

    def pages(self, spans: Spans, *, backwards: bool = False) -> Iterator[Page]:
        """Yield the pages."""
        for number, page in enumerate(super().pages(spans, backwards=backwards)):
            yield page
            if number == 0:
                documents = self.store.documents
                link = self.store.waiting(7, 1)[0].link
                documents.table("removed").put(1, {"sequence": 8, "link": link})
                documents.table("outbox").remove(doc_ids=list(range(1, 9)))


def test_records_removed_before_their_check_are_said(
    store: Store, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retention during the check is no finding; the number of skipped records is printed."""
    say(store, 12)
    monkeypatch.setattr(Overtaken, "store", store, raising=False)
    monkeypatch.setattr(verify_module, "Snapshot", Overtaken)
    result = invoke(["verify", "--config", str(config)])
    assert result.exit_code == 0
    assert "before they could be checked: 5\nrecords in order: 7; the last is 12" in result.stdout


def test_published_head_of_a_skipped_record_is_refused(
    store: Store, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A head that can no longer be checked ends with 2 and advice: neither intact nor changed."""
    head = say(store, 12)[5].link
    monkeypatch.setattr(Overtaken, "store", store, raising=False)
    monkeypatch.setattr(verify_module, "Snapshot", Overtaken)
    result = invoke(["verify", "--json", "--config", str(config), "--head", head])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "take a later head" in result.stderr


def test_findings_count_what_was_skipped(store: Store, config: Path) -> None:
    """The JSON of an undisturbed check has 0 skipped records."""
    say(store, 4)
    result = invoke(["verify", "--json", "--config", str(config)])
    found = json.loads(result.stdout)
    assert (found["skipped"], found["sequence"], found["removed_to"]) == (0, 4, 0)
