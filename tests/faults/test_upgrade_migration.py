"""Power cuts and failing disks while a database is migrated, and while that is undone."""

import errno
import shutil
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest

from edge.clock import Clock
from edge.errors import StoreError
from edge.store.disk_space import Space
from edge.store.migration import copy_of
from edge.store.store import FILE, FORMATS, Store
from edge.store.undo_migration import undo_migration
from tests.faults.powercut.disk import Image, write_out
from tests.faults.powercut.mount import missing, mounted
from tests.faults.powercut.workload import (
    DATA,
    PREWRITTEN,
    SOURCE,
    Promise,
    Recording,
    cuts,
    memory_folder,
)
from tests.longer import longer, sample, slow
from tests.store.old_databases import (
    LAST,
    WAITING,
    documents,
    filled,
    migrate_on,
    put_format_3,
    without_texts,
)

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

SEED = 2017
RECORDS = 3


def open_store(data: Path) -> Store:
    """Open the store with a small log and without the reserve: a disk is copied often here."""
    with mock.patch("edge.store.write_ahead_log.PREWRITTEN", PREWRITTEN):
        return Store(data, SOURCE, Clock(), space=Space(data, reserve=0))


def image_of(data: Path) -> Image:
    """Return a disk with the files of the data folder."""
    files: Image = {f"{DATA}/{file.name}": file.read_bytes() for file in data.iterdir()}
    return {DATA: None, **files}


def small_format_3(place: Path) -> Image:
    """Return a disk with the database of format 3, less its largest table."""
    path = put_format_3(place)
    without_texts(path)
    return image_of(place)


def migrated(place: Path) -> Image:
    """Return a disk with a database that a later version has migrated, and its copy."""
    path = filled(place, RECORDS)
    migrate_on(path)
    for name in ("gardu.reserve", "gardu.lock"):
        (place / name).unlink(missing_ok=True)
    return image_of(place)


def check_migrated(data: Path, before: dict[int, str]) -> None:
    """Start on the disk: all records must be there, byte for byte, and the copy whole."""
    with closing(open_store(data)) as store:
        assert store.quarantined is None
        ledger = store.ledger()
        assert (ledger.last, ledger.waiting) == (LAST, WAITING)
        store.next_session(10**9)
        rows = [*store.to_send_again(0, 99), *store.waiting(0, 99)]
        assert {row.sequence: row.payload.decode() for row in rows} == before
        assert len(store.load()[1]) == 3
    copy = copy_of(data / FILE, 3)
    assert copy.exists(), "an older version can have it back"
    assert len(documents(copy, "outbox")) == LAST


@slow
@longer
def test_power_cut_anywhere_in_a_migration(tmp_path: Path) -> None:
    """At every operation, with every effect on a disk: the next start has all records."""
    begin = small_format_3(tmp_path / "old")
    before = documents(tmp_path / "old" / FILE, "outbox")
    payloads = {number: record["payload"] for number, record in before.items()}
    with mounted(tmp_path) as mount:
        write_out(begin, mount.folder)
        open_store(mount.path / DATA).close()
        recording = Recording(begin, mount.operations(), [Promise(0)])
    kinds = [operation.kind for operation in recording.operations]
    assert kinds.count("sync") > 3
    total = survive(recording, tmp_path, lambda data: check_migrated(data, payloads))
    assert total > len(set(kinds))


def check_undone(data: Path) -> None:
    """Start the older version on the disk: it reads its database, or refuses the newer one."""
    with closing(open_store(data)) as store:
        assert store.quarantined is None
        ledger = store.ledger()
        assert (ledger.last, ledger.waiting) == (RECORDS, RECORDS)
        assert store.load()[0] == {"opened": RECORDS}


def undo(data: Path) -> None:
    """Undo the migration, as the upgrade tool has it done."""
    undo_migration(data, FORMATS, "site", "checkpoint", Clock(), new_stream=False)


def finish_undoing(data: Path) -> None:
    """Repeat the work after a cut, as the upgrade tool does; then the older version starts."""
    undo(data)
    check_undone(data)


@slow
@longer
def test_power_cut_anywhere_while_it_is_undone(tmp_path: Path) -> None:
    """At every operation one of the two databases is whole, and the repeated work ends well."""
    begin = migrated(tmp_path / "old")
    with mounted(tmp_path) as mount:
        write_out(begin, mount.folder)
        undo(mount.path / DATA)
        open_store(mount.path / DATA).close()
        recording = Recording(begin, mount.operations(), [Promise(0)])
    assert survive(recording, tmp_path, finish_undoing) > 20


@pytest.mark.parametrize(("what", "name"), [
    ("fsync", "format-3.part"), ("write", "format-3.part"), ("create", "format-3.part"),
    ("fsync", FILE), ("write", "gardu.db-wal"), ("fsync", "gardu.db-wal"),
])  # fmt: skip
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_failing_disk(tmp_path: Path, what: str, name: str, number: int) -> None:
    """A write or a sync that fails ends the start; once the disk works, nothing is lost."""
    begin = small_format_3(tmp_path / "old")
    before = documents(tmp_path / "old" / FILE, "outbox")
    payloads = {number: record["payload"] for number, record in before.items()}
    with mounted(tmp_path) as mount:
        write_out(begin, mount.folder)
        mount.fail(what, name, number)
        with pytest.raises(StoreError):
            open_store(mount.path / DATA)
        mount.heal()
        check_migrated(mount.path / DATA, payloads)


def survive(recording: Recording, place: Path, check: Callable[[Path], None]) -> int:
    """Check cuts of *recording*; return the number of cuts that there are."""
    every = list(cuts(recording, SEED, chances=1))
    for _, image in sample(every):
        folder = Path(tempfile.mkdtemp(dir=memory_folder(place)))
        try:
            write_out(image, folder)
            check(folder / DATA)
        finally:
            shutil.rmtree(folder)
    return len(every)
