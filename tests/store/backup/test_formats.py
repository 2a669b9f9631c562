"""Backups of other formats: older ones are migrated when they are restored, others refused."""

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from edge import __version__
from edge.clock import Clock
from edge.commands.databases import DATABASES, FORMATS_BY_NAME
from edge.store.backup.form import ABOUT, CONFIG, About, BadBackup
from edge.store.backup.reader import examine
from edge.store.backup.restore import Restore
from edge.store.backup.writer import ArchiveWriter
from edge.store.documents import Documents
from edge.store.formats import read_identity
from edge.store.store import FILE, FORMAT
from tests.store.old_databases import LAST, WAITING, documents, open_store, put_format_3


def backup_of(path: Path, target: Path, number: int = 3) -> None:
    """Write a backup of the database *path*, which has the format *number*."""
    counters, (database,) = (
        documents(path, "checkpoint")[2],
        documents(path, "database").values(),
    )
    about = About(
        format=1, version="0.0.1", site="site", checkpoint="checkpoint",
        made="2026-11-22T05:00:00.000Z", clock_synced=True, stream=database["stream"],
        sequence=counters["sequence"], head=counters["head"], databases={FILE: number},
    )  # fmt: skip
    with target.open("wb") as file, ArchiveWriter(file) as archive:
        archive.add_bytes(ABOUT, msgspec.json.encode(about))
        archive.add_bytes(FILE, path.read_bytes())
        archive.add_bytes(CONFIG, b"")


def restore(backup: Path, folder: Path) -> None:
    """Restore *backup* into the new *folder*."""
    folder.mkdir()
    with backup.open("rb") as file:
        contents = examine(file, version=__version__, formats=DATABASES)
        work = Restore(file, contents, folder, Clock(), FORMATS_BY_NAME)
        work.stage(None)
        work.finish()


def test_backup_of_an_older_format_is_migrated(tmp_path: Path) -> None:
    """All records come back under a new stream, in the present format, without a second copy."""
    path = put_format_3(tmp_path / "old")
    payloads = {number: row["payload"] for number, row in documents(path, "outbox").items()}
    backup_of(path, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "new")
    with closing(open_store(tmp_path / "new")) as store:
        waiting = store.waiting(0, 99)
        assert len(waiting) == WAITING + 1, "and the record about the restore"
        assert all(row.payload.decode() == payloads[row.sequence] for row in waiting[:-1])
        assert store.ledger().last == LAST + 1
        assert len(store.load()[1]) == 3
    found = read_identity(tmp_path / "new" / FILE)
    assert found is not None
    assert found.format == FORMAT
    assert not list((tmp_path / "new").glob("*.format-*"))


@pytest.mark.parametrize("number", [2, FORMAT + 1])
def test_backup_of_an_unknown_format_is_refused(tmp_path: Path, number: int) -> None:
    """A format that cannot be migrated, or a newer one, is named; nothing is written."""
    path = put_format_3(tmp_path / "old")
    with Documents(path) as file:
        file.table("database").put(1, {**file.table("database").need(1), "format": number})
    backup_of(path, tmp_path / "backup", number)
    with pytest.raises(BadBackup, match=f"has format {number}, this Gardu reads {FORMAT}"):
        restore(tmp_path / "backup", tmp_path / "new")
    assert not list((tmp_path / "new").iterdir())
