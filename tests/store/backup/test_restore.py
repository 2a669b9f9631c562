"""Backup and restore of a populated store: what comes back, and what is different on purpose."""

import io
import itertools
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import msgspec
import pytest

from edge import __version__
from edge.clock import Clock
from edge.commands.databases import DATABASES, FORMATS_BY_NAME
from edge.errors import StoreError
from edge.guestbook.guest_list import read as guests_of
from edge.store import restored
from edge.store.backup.form import BadBackup, Stopped
from edge.store.backup.make import Backup
from edge.store.backup.reader import Contents, examine
from edge.store.backup.restore import Restore
from edge.store.chain_check import ChainCheck
from edge.store.snapshot import Snapshot
from edge.store.store import FILE, Store
from tests.longer import either, longer
from tests.offices import PASSWORD, SOURCE, STILL_BYTES, Populated
from tests.store_child import opened

RECORDS = 30


@pytest.fixture
def office(tmp_path: Path) -> Populated:
    """A populated office."""
    return Populated(tmp_path / "office", records=RECORDS)


def restore(backup: Path, folder: Path, lost: int | None = None) -> None:
    """Restore *backup* into *folder*."""
    folder.mkdir(exist_ok=True)
    with backup.open("rb") as file:
        work = Restore(file, examined(backup), folder, Clock(), FORMATS_BY_NAME)
        work.stage(lost)
        work.finish()


def examined(backup: Path) -> Contents:
    """Return the contents of *backup*."""
    with backup.open("rb") as file:
        return examine(file, version=__version__, formats=DATABASES)


def open_restored(folder: Path) -> Store:
    """Open the restored store."""
    return Store(folder, SOURCE, Clock())


def test_everything_comes_back(office: Populated, tmp_path: Path) -> None:
    """State, visits, records byte for byte, stills, guests, procedures: as they were."""
    with closing(office.store()) as store:
        before = (store.load(), store.waiting(0, 999), store.waiting_stills(9))
        texts, reports = store.procedures_in_use(), store.reports()
        backup = tmp_path / "backup.tar.gz"
        about = office.backup(backup).run()
    assert (about.sequence, about.visits, about.cards, about.lockers) == (RECORDS, 1, 1, (3,))
    restore(backup, tmp_path / "new")
    with closing(open_restored(tmp_path / "new")) as store:
        own = store.waiting(RECORDS, 9)
        assert (store.load(), store.waiting(0, 999)[: -len(own)], store.waiting_stills(9)) == before
        assert (store.procedures_in_use(), store.reports()) == (texts, reports)
        assert (tmp_path / "new" / store.waiting_stills(1)[0].path).read_bytes() == STILL_BYTES
    assert guests_of(tmp_path / "new") == guests_of(office.data)
    modes = {file.stat().st_mode & 0o077 for file in (tmp_path / "new").rglob("*.db")}
    assert modes == {0}


def test_a_restored_database_is_a_new_stream(office: Populated, tmp_path: Path) -> None:
    """Sequences go on in a new stream and chain; the first record says where it comes from."""
    backup = tmp_path / "backup.tar.gz"
    office.backup(backup).run()
    with closing(office.store()) as store:  # the old machine goes on after the backup
        old_stream, old = store.stream, store.ledger()
        after = store.commit(checkpoint=None, visits={}, records=[opened(1), opened(2)])
        old_session = [store.next_session() for _ in range(50)][-1]
    restore(backup, tmp_path / "new", lost=2)
    with closing(open_restored(tmp_path / "new")) as store:
        row = store.waiting(RECORDS, 9)[0]
        event = json.loads(row.payload)
        assert store.stream != old_stream
        assert (event["type"], event["streamid"]) == ("gardu.database.restored.v1", store.stream)
        assert event["data"]["stream"] == old_stream
        assert (event["data"]["sequence"], event["data"]["head"]) == (old.last, old.head)
        assert (event["data"]["waiting"], event["data"]["lost"]) == (old.waiting, 2)
        ours = store.commit(checkpoint=None, visits={}, records=[opened(1), opened(2)])
        assert {one.id for one in (row, *ours)}.isdisjoint(one.id for one in after)
        assert store.next_session() > old_session
        assert store.restored == event["data"]
    with Snapshot(tmp_path / "new") as snapshot:
        check = ChainCheck(snapshot)
        assert check.run() is None
        assert check.reached.sequence == RECORDS + 3


def test_a_backup_of_a_restored_database_can_be_restored(office: Populated, tmp_path: Path) -> None:
    """Streams upon streams: undelivered records of all of them are still there, under their ids."""
    first, second = tmp_path / "1.tar.gz", tmp_path / "2.tar.gz"
    office.backup(first).run()
    with closing(office.store()) as store:
        waiting = [row.id for row in store.waiting(0, 999)]
    restore(first, office.data)
    about = office.backup(second).run()
    assert about.changed == ""
    restore(second, tmp_path / "third")
    with closing(open_restored(tmp_path / "third")) as store:
        assert [row.id for row in store.waiting(0, 999)][: len(waiting)] == waiting
        assert store.ledger().last == RECORDS + 2


@pytest.mark.parametrize("guests", [True, False])
@pytest.mark.parametrize("secrets", [True, False])
def test_secrets_and_guests_are_a_choice(
    office: Populated, tmp_path: Path, secrets: bool, guests: bool
) -> None:
    """Passwords are in it only if asked for; guest book and stills are not in it if not."""
    backup = tmp_path / "backup.tar.gz"
    about = office.backup(backup, secrets=secrets, guests=guests).run()
    found = examined(backup)
    names = {member.name for member in found.members}
    passwords = [text for text in found.texts.values() if PASSWORD.encode() in text]
    assert len(passwords) == secrets
    assert ("guestbook.db" in names) == guests
    assert any(name.startswith("stills/") for name in names) == guests
    assert [entry.key for entry in about.files if entry.secret] == [
        "broker.password_file", "cameras.lobby.password_file",
    ]  # fmt: skip
    assert backup.stat().st_mode & 0o777 == 0o600


def test_deleted_guests_are_not_in_the_copy(office: Populated, tmp_path: Path) -> None:
    """The copied database has no pages of deleted data."""
    with closing(office.store()) as store:
        store.commit(checkpoint={"note": "UNIK" * 500}, visits={})
        store.commit(checkpoint={"note": ""}, visits={})
        assert any(b"UNIKUNIK" in file.read_bytes() for file in office.data.glob("gardu.db*"))
        office.backup(tmp_path / "b").run()
    restore(tmp_path / "b", tmp_path / "new")
    assert b"UNIKUNIK" not in (tmp_path / "new" / FILE).read_bytes()


def test_a_changed_history_is_backed_up_and_named(office: Populated, tmp_path: Path) -> None:
    """A record that was changed does not stop backup or restore, and both know of it."""
    with closing(sqlite3.connect(office.data / FILE, isolation_level=None)) as file:
        file.execute("UPDATE outbox SET crc = crc + 1 WHERE id = 20")
    about = office.backup(tmp_path / "b").run()
    assert about.changed == "record 20: the checksum of its row is wrong"
    restore(tmp_path / "b", tmp_path / "new")
    open_restored(tmp_path / "new").close()


def test_a_damaged_table_is_refused(office: Populated, tmp_path: Path) -> None:
    """A backup of a damaged state is not made; a damaged guest book is left out and named."""
    with closing(sqlite3.connect(office.data / "guestbook.db", isolation_level=None)) as file:
        file.execute("UPDATE entries SET crc = crc + 1")
    work = office.backup(tmp_path / "b")
    assert "guestbook.db" not in work.run().databases
    assert "wrong checksum" in work.left_out[0]
    with closing(sqlite3.connect(office.data / FILE, isolation_level=None)) as file:
        file.execute("UPDATE checkpoint SET crc = crc + 1")
    with pytest.raises(StoreError, match="wrong checksum; restart Gardu"):
        office.backup(tmp_path / "c").run()
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["b"]
    assert not list(tmp_path.glob(".gardu*"))


def stopped_after(work: Backup, pieces: int) -> bool:
    """Run *work* and stop it after so many pieces; return False if it ended before."""
    count, left = work._count, itertools.count(pieces, -1)

    def stop(size: int) -> None:
        if next(left) == 0:
            work.stop()
        count(size)

    work._count = stop  # type: ignore[method-assign]
    try:
        work.run()
    except Stopped:
        return True
    return False


@longer
def test_a_stop_leaves_nothing(office: Populated, tmp_path: Path) -> None:
    """A backup that is stopped, at any piece of it, leaves no file; neither does a restore.

    Here at every fifth piece, in the soak at each.
    """
    target, backup = tmp_path / "usb", tmp_path / "whole"
    target.mkdir()
    office.backup(backup).run()

    for pieces in itertools.count(step=either(5, 1)):
        making = office.backup(target / "b")
        if not stopped_after(making, pieces):
            break
        assert not list(target.iterdir()), pieces
    assert pieces > 20
    work = restore_of(backup, tmp_path / "new")
    work.stop()
    with pytest.raises(Stopped):
        work.stage(None)
    assert not list((tmp_path / "new").iterdir())


def restore_of(backup: Path, folder: Path) -> Restore:
    """Return a restore of *backup* that has not begun."""
    folder.mkdir(exist_ok=True)
    return Restore(
        io.BytesIO(backup.read_bytes()), examined(backup), folder, Clock(), FORMATS_BY_NAME
    )


def test_a_file_that_changes_after_its_examination_is_refused(
    office: Populated, tmp_path: Path
) -> None:
    """The second reading is compared with the first."""
    one, other = tmp_path / "one", tmp_path / "other"
    office.backup(one).run()
    with closing(office.store()) as store:
        store.commit(checkpoint=None, visits={}, records=[opened(1)])
    office.backup(other).run()
    (tmp_path / "new").mkdir()
    changed = io.BytesIO(other.read_bytes())
    work = Restore(changed, examined(one), tmp_path / "new", Clock(), FORMATS_BY_NAME)
    with pytest.raises(BadBackup, match="has changed since it was examined"):
        work.stage(None)
    assert not list((tmp_path / "new").iterdir())


class Cut(Exception):
    """The power fails."""


def cut_after(monkeypatch: pytest.MonkeyPatch, renames: int) -> Callable[[], int]:
    """Cut the power after so many renames; return a function that counts those left."""
    rename, left = os.rename, renames

    def count(*names: object) -> None:
        nonlocal left
        if left == 0:
            raise Cut
        left -= 1
        rename(*names)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "rename", count)
    return lambda: left


def contents_of(folder: Path) -> tuple[object, ...]:
    """Return what a daemon would find in *folder* after a start."""
    with closing(open_restored(folder)) as store:
        found = (store.load(), store.restored is not None, store.ledger().last)
        stills = [(folder / row.path).exists() for row in store.waiting_stills(9)]
    return (*found, stills, len(guests_of(folder)))


def powercuts(folder: Path, backup: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield the data folder after a power cut behind each rename of a restore's end."""
    folder.mkdir()
    for renames in itertools.count():
        cut = folder / str(renames)
        work = restore_of(backup, cut)
        work.stage(None)
        with monkeypatch.context() as patch:
            left = cut_after(patch, renames)
            with suppress(Cut):
                work.finish()
        yield cut
        if left():
            return


def test_a_power_cut_leaves_nothing_or_everything(
    office: Populated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut behind any step of the end: the next start finds an empty folder, or the whole backup."""
    office.backup(tmp_path / "b").run()
    cuts = powercuts(tmp_path / "cuts", tmp_path / "b", monkeypatch)
    found = [contents_of(folder) for folder in cuts]
    assert found[0] == ((None, []), False, 0, [], 0)
    assert len(found) > 4
    assert {msgspec.json.encode(one) for one in found[1:]} == {msgspec.json.encode(found[-1])}
    assert found[-1][1:] == (True, RECORDS + 1, [True, True], 1)


def test_what_was_there_is_set_aside_whole(office: Populated, tmp_path: Path) -> None:
    """Databases in the way keep their logs and marks, under a new name, and hinder no start."""
    office.backup(tmp_path / "b").run()
    (office.data / f"{FILE}.suspect").write_text("20261122T031507Z damage\n", encoding="utf-8")
    saved = office.data / f"{FILE}.saved-20261122T031507Z"
    saved.write_bytes((office.data / FILE).read_bytes())
    assert restored.in_the_way(office.data) == [
        FILE, f"{saved.name}", f"{FILE}.suspect", "guestbook.db",
    ]  # fmt: skip
    restore(tmp_path / "b", office.data)
    assert restored.in_the_way(office.data) == [FILE, "guestbook.db"]
    with closing(open_restored(office.data)) as store:
        assert store.restored is not None
        assert store.replaced is not None, "the alarm reminds of it"
    assert not restored.pending(office.data)


def test_an_interrupted_restore_is_removed_at_the_next_start(tmp_path: Path) -> None:
    """What a restore had unpacked when it was killed holds personal data: it does not stay."""
    part = restored.begin(tmp_path)
    (part / "guestbook.db").write_bytes(b"half")
    open_restored(tmp_path).close()
    assert not part.exists()
