"""Undoes a migration: puts back the copy from before it, for an older version of Gardu.

The older version does this itself: it knows the copy's format, and of the newer database only what
stays the same in all formats. Rules:

1. The newer database is renamed to ``gardu.db.replaced-…``, with an alarm, and never deleted
   (edge/store/restored.py; a crash in the middle only delays the rest to the next start).
2. If no record was written since the migration, the same stream continues.
3. If records were written since, or that cannot be known, it is refused, unless a new stream is
   allowed: then the copy begins one, as a restored backup does, and its first record has the
   number of records that are only in the file set aside.
4. The number of the next session is higher than any that the newer version can have used.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec

from edge import __version__
from edge.clock import Clock, iso
from edge.errors import StoreFormat, StoreFull
from edge.store import data_folder, restored
from edge.store.backup.copy import check_rows, facts_of
from edge.store.backup.form import FORMAT as ARCHIVE
from edge.store.backup.form import About
from edge.store.backup.new_stream import begin_stream, skip_sessions
from edge.store.chain import Mark, genesis
from edge.store.database import checksum
from edge.store.formats import Formats, read_identity, refusal
from edge.store.migration import ROOM, copy_of
from edge.store.outbox import COUNTERS
from edge.store.store import FILE


class Undone(NamedTuple):
    """The result.

    :ivar found: the format of the newer database; *stream*: the new stream, empty if none was begun
    :ivar lost: number of records that are only in the newer database; None if unknown
    """

    found: int = 0
    stream: str = ""
    lost: int | None = 0


class _Counted(msgspec.Struct):
    """The counters, as far as all formats have them."""

    sequence: int = 0
    head: str = ""


def undo_migration(
    folder: Path, formats: Formats, site: str, checkpoint: str, clock: Clock, *, new_stream: bool
) -> Undone | None:
    """Put back the copy of the database in *folder*, which this process has locked.

    :param new_stream: True if a new stream may begin
    :return: None if the database has no newer format: there is nothing to undo
    :raises StoreFormat: if there is no copy in this format, or records were written since
    :raises StoreError: if the copy is damaged
    :raises OSError: if the disk failed or is full; the database is as it was
    """
    restored.put_in_place(folder)
    path = folder / FILE
    found = read_identity(path)
    if found is None or found.format <= formats.number:
        return None
    copy = copy_of(path, formats.number)
    about_copy = read_identity(copy) if copy.exists() else None
    if about_copy is None or about_copy.format != formats.number:
        raise StoreFormat(
            f"{copy.name} is not beside it, or cannot be read: "
            f"{refusal(FILE, found, formats.number)}"
        )
    _require_room(folder, copy)
    try:
        part = restored.begin(folder)
        shutil.copyfile(copy, part / FILE)
        check_rows(part / FILE)
        about = _about(part, copy, (site, checkpoint), clock)
        head = _head(path, about.stream)
        undone = _prepare(part / FILE, about, head, clock, new_stream=new_stream)
        with (part / FILE).open("rb") as file:
            os.fsync(file.fileno())
        data_folder.sync(part)
    except BaseException:
        restored.abandon(folder)
        raise
    restored.seal(folder)
    restored.put_in_place(folder)
    return undone._replace(found=found.format)


def _require_room(folder: Path, copy: Path) -> None:
    needs, free = copy.stat().st_size + ROOM, shutil.disk_usage(folder).free
    if free < needs:
        raise StoreFull(f"{folder} needs {needs // 2**20} MiB of free space: make room")


def _about(part: Path, copy: Path, name: tuple[str, str], clock: Clock) -> About:
    """Return the facts about the copy in *part*, as a backup of that moment has them."""
    facts = facts_of(part)
    return About(
        format=ARCHIVE,
        version=__version__,
        site=name[0],
        checkpoint=name[1],
        made=iso(copy.stat().st_mtime_ns // 1_000_000),
        clock_synced=clock.now().synced,
        stream=facts.stream,
        sequence=facts.sequence,
        head=facts.head,
        visits=facts.visits,
    )


def _prepare(
    path: Path, about: About, newer: Mark | None, clock: Clock, *, new_stream: bool
) -> Undone:
    """Prepare the copy *path* to be used in place of a database whose last record is *newer*."""
    if newer == Mark(about.sequence, about.head):
        skip_sessions(path)
        return Undone()
    lost = None if newer is None else max(0, newer.sequence - about.sequence)
    if not new_stream:
        count = "an unknown number of" if lost is None else lost
        raise StoreFormat(
            f"{count} records were written since the migration. An older version can have its "
            "database back only without them: they stay in the file that is set aside, and the "
            "checkpoint begins a new stream. To allow that, add --new-stream"
        )
    return Undone(stream=begin_stream(path, about, clock, lost), lost=lost)


def _head(newer: Path, stream: str) -> Mark | None:
    """Return the last record of the database *newer* and its link; None if it is unreadable."""
    try:
        with closing(sqlite3.connect(f"{newer.absolute().as_uri()}?mode=ro", uri=True)) as file:
            ((body, crc),) = file.execute(
                "SELECT body, crc FROM checkpoint WHERE id = ?", (COUNTERS,)
            ).fetchall()
        if not isinstance(body, bytes) or checksum("checkpoint", COUNTERS, body) != crc:
            return None
        counted = msgspec.json.decode(body, type=_Counted)
    except (sqlite3.Error, ValueError):
        return None
    return Mark(counted.sequence, counted.head or genesis(stream))
