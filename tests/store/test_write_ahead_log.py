"""The log: written in advance, emptied on a thread of its own, never in the way of a change."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import StoreError
from edge.store import write_ahead_log
from edge.store.database import Database
from edge.store.integrity import log_damage
from edge.store.write_ahead_log import PREWRITTEN, LogCheckpoints


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Yield a database that spares its commits."""
    with closing(Database(tmp_path / "one.db")) as database:
        database.put("table", 0, {"text": ""})
        database.spare_commits()
        yield database


def log_of(tmp_path: Path) -> Path:
    """Return the path of the log."""
    return tmp_path / "one.db-wal"


def change(database: Database, count: int) -> None:
    """Make *count* changes."""
    for number in range(count):
        database.put("table", number % 20, {"number": number, "text": "x" * 700})


def test_a_commit_makes_a_new_log_no_longer(database: Database, tmp_path: Path) -> None:
    """The log has its size from the start: a commit overwrites, and needs no second sync."""
    assert log_of(tmp_path).stat().st_size >= PREWRITTEN
    before = log_of(tmp_path).stat().st_size
    change(database, 100)
    assert log_of(tmp_path).stat().st_size == before


def test_a_log_that_was_only_written_in_advance_is_sound(
    database: Database, tmp_path: Path
) -> None:
    """Zeros alone are an empty log; zeros in place of the head of a used log are damage."""
    path = log_of(tmp_path)
    copy = tmp_path / "copy.db"
    Path(f"{copy}-wal").write_bytes(bytes(PREWRITTEN))
    assert log_damage(copy) == ""
    change(database, 10)
    used = path.read_bytes()
    Path(f"{copy}-wal").write_bytes(used)
    assert log_damage(copy) == ""
    Path(f"{copy}-wal").write_bytes(bytes(32) + used[32:])
    assert log_damage(copy) == "the head of the log is wrong"


def test_without_room_the_log_is_not_written_in_advance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a nearly full disk the room is left for records."""
    monkeypatch.setattr(write_ahead_log, "_NEED", 2**62)
    with closing(Database(tmp_path / "one.db")) as database:
        database.put("table", 0, {})
        database.spare_commits()
        assert log_of(tmp_path).stat().st_size < PREWRITTEN


class Checkpoints(LogCheckpoints):
    """Checkpoints whose end can be waited for."""

    def __init__(self, database: Database, path: Path) -> None:
        super().__init__(path, lambda: database.commits, database.checkpoint_failed)
        self.ended = threading.Event()

    def _make(self) -> None:
        super()._make()
        self.ended.set()


def test_the_log_is_overwritten_again_and_again(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through many checkpoints on another thread the log keeps its size.

    The changes of one round fit in it, also if the checkpoint begins after the last of them.
    """
    monkeypatch.setattr("edge.store.database._CHECKPOINT_EVERY", 150)
    checkpoints = Checkpoints(database, tmp_path / "one.db")
    monkeypatch.setattr(database, "_checkpoints", checkpoints)
    before = log_of(tmp_path).stat().st_size
    for _ in range(40):
        change(database, 180)
        while checkpoints.emptied_at != database.commits and database._log_is_long:
            checkpoints.ended.clear()
            database.shorten_log()  # no more changes: now the rest is copied
            assert checkpoints.ended.wait(10)
    assert log_of(tmp_path).stat().st_size == before
    checkpoints.close()


def test_a_flood_of_changes_does_not_make_the_log_longer_and_longer(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If no checkpoint on the thread ever catches up, changes wait for one now and then."""
    monkeypatch.setattr("edge.store.database._CHECKPOINT_EVERY", 200)

    class Behind(Checkpoints):
        def _copy(self) -> bool:
            return False

    checkpoints = Behind(database, tmp_path / "one.db")
    monkeypatch.setattr(database, "_checkpoints", checkpoints)
    before = log_of(tmp_path).stat().st_size
    change(database, 8000)
    assert log_of(tmp_path).stat().st_size == before
    checkpoints.close()


def test_a_change_does_not_wait_for_a_checkpoint(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a checkpoint lasts, changes are committed; they are there when it has ended."""
    begun, go = threading.Event(), threading.Event()

    class Slow(Checkpoints):
        def _copy(self) -> bool:
            begun.set()
            assert go.wait(10)
            return super()._copy()

    checkpoints = Slow(database, tmp_path / "one.db")
    monkeypatch.setattr(database, "_checkpoints", checkpoints)
    checkpoints.request()
    assert begun.wait(10)
    change(database, 50)
    with closing(sqlite3.connect(tmp_path / "one.db")) as other:
        assert other.execute('SELECT count(*) FROM "table"').fetchone() == (20,)
    go.set()
    assert checkpoints.ended.wait(10)
    checkpoints.close()


def test_a_failed_checkpoint_ends_the_use_of_the_file(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel forgets pages that it failed to write: no change may follow a failed sync."""

    class Failing(Checkpoints):
        def _copy(self) -> bool:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
            raise error

    checkpoints = Failing(database, tmp_path / "one.db")
    monkeypatch.setattr(database, "_checkpoints", checkpoints)
    checkpoints.request()
    assert checkpoints.ended.wait(10)
    with pytest.raises(StoreError, match="the disk failed"):
        database.put("table", 1, {})
    checkpoints.request()  # no further one is made
    checkpoints.close()


def test_a_full_disk_only_postpones_the_checkpoint(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in the log is safe there: a checkpoint without room is tried again later."""
    tries: list[int] = []

    class Full(Checkpoints):
        def _copy(self) -> bool:
            tries.append(1)
            if len(tries) == 1:
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorname = "SQLITE_FULL"
                raise error
            return super()._copy()

    checkpoints = Full(database, tmp_path / "one.db")
    monkeypatch.setattr(database, "_checkpoints", checkpoints)
    for _ in range(2):
        checkpoints.ended.clear()
        checkpoints.request()
        assert checkpoints.ended.wait(10)
        database.put("table", 1, {})
    assert len(tries) > 1
    checkpoints.close()
