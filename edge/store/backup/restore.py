"""Restores the data of a backup into a data folder that this process has locked.

Steps; until the last one the folder's data is as it was:

1. unpack databases and stills into the folder ``restoring.part`` of the data folder, comparing
   each with what was examined before;
2. migrate databases of an older format (edge/store/migration.py), and check the hash chain of the
   records;
3. begin a new stream (edge/store/backup/new_stream.py), and check its chain;
4. sync all files;
5. :meth:`Restore.finish`: seal the folder and move its files to their places
   (edge/store/restored.py).
"""

import hashlib
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from edge.clock import Clock
from edge.errors import StoreError, StoreFormat
from edge.store import data_folder, restored
from edge.store.backup.copy import check_rows, facts_of, format_of
from edge.store.backup.form import About, BadBackup, Stopped, new_file
from edge.store.backup.new_stream import begin_stream
from edge.store.backup.reader import Contents, is_data, members
from edge.store.documents import Documents
from edge.store.formats import Formats
from edge.store.migration import migrate
from edge.store.snapshot import Snapshot
from edge.store.store import FILE

# Left free on the disk after a restore, bytes: the log, the reserve, and room for records.
ROOM = 64 * 2**20


class Restore:
    """Restores the backup *file*, which was examined, into the data *folder*.

    :param formats: the formats of the databases, by name; older ones are migrated
    :ivar total: bytes to unpack; *done*: so far
    """

    def __init__(
        self,
        file: BinaryIO,
        contents: Contents,
        folder: Path,
        clock: Clock,
        formats: Mapping[str, Formats],
    ) -> None:
        self._file = file
        self._contents = contents
        self._folder = folder
        self._clock = clock
        self._formats = formats
        self._stopped = False
        self.total = contents.bytes_of_data
        self.done = 0

    def stop(self) -> None:
        """Let :meth:`stage` end soon; any thread may call."""
        self._stopped = True

    def stage(self, lost: int | None) -> str:
        """Unpack, check and prepare the data; nothing of it is in its place yet.

        :param lost: number of records committed after the backup that are not in it, None: unknown
        :return: the new stream
        :raises Stopped: after :meth:`stop`
        :raises BadBackup: if the file has changed since it was examined, or is wrong within
        :raises StoreError: if a table of the database is damaged
        :raises OSError: if the disk failed or is full
        """
        try:
            part = restored.begin(self._folder)
            self._unpack(part)
            self._check(part, self._contents.about)
            stream = begin_stream(part / FILE, self._contents.about, self._clock, lost)
            if not self._contents.about.changed:  # else the changed record is found here too
                _check_chain(part)
            _sync(part)
        except BaseException:
            restored.abandon(self._folder)
            raise
        return stream

    def finish(self) -> None:
        """Make the restore final, and move the data to its place."""
        restored.seal(self._folder)
        restored.put_in_place(self._folder)

    def _unpack(self, part: Path) -> None:
        known = {member.name: member for member in self._contents.members}
        for piece in members(self._file):
            if not is_data(piece.name):
                for _ in piece.chunks:
                    pass
                continue
            digest, place = hashlib.sha256(), part / piece.name
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with new_file(place) as file:
                for chunk in piece.chunks:
                    if self._stopped:
                        raise Stopped("stopped")
                    file.write(chunk)
                    digest.update(chunk)
                    self.done += len(chunk)
            member = known.get(piece.name)
            if member is None or digest.hexdigest() != member.sha256:
                raise BadBackup(f"{piece.name} has changed since it was examined")

    def _migrate(self, path: Path, formats: Formats) -> None:
        """Bring the unpacked database *path* to the present format; the backup is its copy."""

        def notify(_text: str) -> None:
            if self._stopped:
                raise Stopped("stopped")

        try:
            with Documents(path) as documents:
                migrate(documents, path, formats, notify, copied=False)
        except StoreFormat as error:
            raise BadBackup(str(error)) from error

    def _check(self, part: Path, about: About) -> None:
        """Compare the databases with what is said about them."""
        for name, number in about.databases.items():
            check_rows(part / name)
            if format_of(part / name) != number:
                raise BadBackup(f"{name} has another format than the backup says")
            self._migrate(part / name, self._formats[name])
        found = facts_of(part)
        for what in ("stream", "sequence", "head", "changed"):
            if getattr(found, what) != getattr(about, what):
                raise BadBackup(
                    f"the {what} of its database is {getattr(found, what)!r}, the backup says "
                    f"{getattr(about, what)!r}"
                )


def _check_chain(part: Path) -> None:
    if changed := facts_of(part).changed:
        raise StoreError(f"the new stream is not in order: {changed}; check the disk")


def room(folder: Path) -> int:
    """Return how many bytes may be restored into *folder*."""
    return max(0, shutil.disk_usage(folder).free - ROOM)


def newest(folder: Path) -> tuple[str, int] | None:
    """Return stream and last sequence of the database in *folder*; None if there is none to read.

    It may be damaged: that is why it is replaced.
    """
    with suppress(StoreError), Snapshot(folder) as snapshot:
        return snapshot.stream, snapshot.head.sequence
    return None


def _sync(part: Path) -> None:
    """Sync the databases, whose errors must be seen, then all stills at once."""
    for file in part.glob("*.db"):
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
    os.sync()
    for folder in (*part.glob("stills/*"), part / "stills", part):
        if folder.is_dir():
            data_folder.sync(folder)
