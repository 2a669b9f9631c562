"""A database file that was removed or replaced while open: its data is saved and put back."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.errors import StoreError, StoreFull
from edge.store import unlinked
from edge.store.database import Database
from edge.store.store import FILE, Store
from tests.store_bench import SOURCE
from tests.store_child import opened


def open_store(folder: Path) -> Store:
    """Open the store in *folder*."""
    return Store(folder, SOURCE, Clock())


def decide(store: Store, number: int) -> None:
    """Commit one decision with a record."""
    store.commit(checkpoint={"number": number}, visits={}, records=[opened(number)])


def contents(store: Store) -> tuple[object, object, object]:
    """Return stream, state and records of *store*."""
    return store.stream, store.load(), store.waiting(0, 1000)


def removed_with(folder: Path, count: int) -> tuple[object, object, object]:
    """Commit *count* decisions, remove the files, have the data saved; return the contents."""
    with closing(open_store(folder)) as store:
        for number in range(1, count + 1):
            decide(store, number)
        before = contents(store)
        for part in unlinked.PARTS:
            Path(f"{store.path}{part}").unlink()
        with pytest.raises(StoreError, match="the next start puts it back"):
            decide(store, count + 1)
        with pytest.raises(StoreError, match="the next start puts it back"):
            store.ledger()
    return before


def test_no_change_goes_to_a_removed_file(tmp_path: Path) -> None:
    """The change at hand is refused, and all before it are there after the next start."""
    before = removed_with(tmp_path / "data", 300)
    with closing(open_store(tmp_path / "data")) as store:
        assert contents(store) == before
        assert store.replaced is not None
        assert store.replaced.stat().st_size == 0  # there was no other file
        decide(store, 301)
        store.check_files()


def interrupt(folder: Path, step: int) -> None:
    """Put back the file, but die after *step* renamed names."""
    path, done = folder / FILE, 0
    saved = next(folder.glob(f"{FILE}.saved-*"))
    aside = saved.name.replace(".saved-", ".replaced-")
    for part in unlinked.PARTS:
        if done < step and Path(f"{path}{part}").exists():
            Path(f"{path}{part}").rename(folder / f"{aside}{part}")
            done += 1


@pytest.mark.parametrize("step", range(4))
def test_a_start_that_was_cut_off_is_completed_by_the_next(tmp_path: Path, step: int) -> None:
    """Killed at any rename of the start: the next start ends with the saved data in place."""
    folder = tmp_path / "data"
    before = removed_with(folder, 10)
    for part in unlinked.PARTS:
        (folder / f"{FILE}{part}").write_bytes(b"another program's")
    interrupt(folder, step)
    with closing(open_store(folder)) as store:
        assert contents(store) == before
    for part in unlinked.PARTS:
        (found,) = folder.glob(f"{FILE}.replaced-*Z{part}")
        assert found.read_bytes() == b"another program's"


def test_the_log_of_another_database_survives_the_end_of_ours(tmp_path: Path) -> None:
    """SQLite deletes the log at its path when it closes; a stranger's log must not go with ours."""
    with closing(Database(tmp_path / "one.db", secret=True)) as database:
        database.put("table", 1, {})
        for part in unlinked.PARTS:
            (tmp_path / f"one.db{part}").unlink()
            (tmp_path / f"one.db{part}").write_bytes(b"another program's")
    for part in unlinked.PARTS:
        assert (tmp_path / f"one.db{part}").read_bytes() == b"another program's"


def test_without_room_it_is_saved_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk does not end the use of the open file: it still has all data."""
    room: list[bool] = []
    save: Callable[..., Path] = unlinked.save

    def save_with_room(*what: object) -> Path:
        if not room:
            raise OSError(28, "No space left on device")
        return save(*what)

    monkeypatch.setattr(unlinked, "save", save_with_room)
    with closing(open_store(tmp_path / "data")) as store:
        decide(store, 1)
        before = contents(store)
        store.path.unlink()
        for _ in range(2):
            with pytest.raises(StoreFull, match="its data cannot be saved"):
                decide(store, 2)
        room.append(True)
        with pytest.raises(StoreError, match="the next start puts it back"):
            decide(store, 2)
    with closing(open_store(tmp_path / "data")) as store:
        assert contents(store) == before


def test_data_that_cannot_be_saved_is_an_alarm_after_the_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk fails as well, the next start begins a new database and says so."""

    def broken(*_what: object) -> Path:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(unlinked, "save", broken)
    with closing(open_store(tmp_path / "data")) as store:
        decide(store, 1)
        store.path.unlink()
        with pytest.raises(StoreError, match="Input/output error"):
            store.check_files()
    with closing(open_store(tmp_path / "data")) as store:
        assert store.quarantined is not None


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    """Copies, reads and new names beside the open file are no reason to act."""
    with closing(open_store(tmp_path / "data")) as store:
        decide(store, 1)
        shutil.copy(store.path, tmp_path / "copy.db")
        store.path.chmod(0o600)
        (tmp_path / "link.db").hardlink_to(store.path)
        store.check_files()
        decide(store, 2)
        assert store.replaced is None


def test_a_folder_that_comes_back_while_it_is_examined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is renamed back between the examinations of two files: all of them are there."""
    data, away = tmp_path / "data", tmp_path / "away"
    data.mkdir()
    examine = unlinked._has_moved

    def come_back(file: str, opened: tuple[int, int]) -> bool:
        moved = examine(file, opened)
        if away.exists():
            away.rename(data)
        return moved

    with closing(open_store(data)) as store:
        decide(store, 1)
        data.rename(away)
        monkeypatch.setattr(unlinked, "_has_moved", come_back)
        decide(store, 2)
        assert [row.sequence for row in store.waiting(0, 9)] == [1, 2]
