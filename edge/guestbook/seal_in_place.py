"""Seals in place: what the guest book had before there was an office key.

The rows are sealed in one transaction. Then the file is rewritten and its log truncated (scrubbed);
a note in the same transaction has the next opening do so if a crash, or a reader, prevented it.
"""

import logging
from collections.abc import Iterable
from pathlib import Path

import msgspec

from edge.config.office_key import OfficeKey
from edge.errors import StoreError
from edge.guestbook.expected import StoredGuest, wrapped_guest
from edge.guestbook.stored_entry import StoredEntry, sealed
from edge.sealing.boxes import MAGIC, seal
from edge.sealing.sealing import Sealing
from edge.store.documents import Documents, SqliteStorage
from edge.store.erase import replace_erasing

log = logging.getLogger(__name__)

_NOTE, _ONLY = "scrub", 1


def seal_rows(documents: Documents, sealing: Sealing) -> bool:
    """Seal the rows that are not; return True if there were any."""
    entries, expected = documents.table("entries"), documents.table("expected")
    plain = [(row.doc_id, msgspec.convert(dict(row), StoredEntry)) for row in entries]
    plain = [(number, entry) for number, entry in plain if entry.plain]
    guests = [(row.doc_id, msgspec.convert(dict(row), StoredGuest)) for row in expected]
    guests = [(number, guest) for number, guest in guests if guest.guest is not None]
    for number, entry in plain:
        entries.put(number, msgspec.to_builtins(sealed(entry, sealing)))
    for number, guest in guests:
        expected.put(number, msgspec.to_builtins(wrapped_guest(guest, sealing)))
    if plain or guests:
        documents.table(_NOTE).put(_ONLY, {})
        log.warning("the details of %d visits were sealed to the office's key", len(plain))
    return bool(plain or guests)


def scrub_if_noted(documents: Documents) -> None:
    """Erase the old bytes of rows that were sealed, unless another program reads the file now."""
    if documents.table(_NOTE).get(doc_id=_ONLY) is None:
        return
    assert isinstance(documents.storage, SqliteStorage)
    try:
        documents.storage.database.scrub()
    except StoreError as error:
        log.warning("unsealed details are not erased yet, it is tried again: %s", error)
        return
    documents.table(_NOTE).remove(doc_ids=[_ONLY])


def seal_asides(files: Iterable[Path], key: OfficeKey) -> None:
    """Seal copies of guest books that were set aside, each file as a whole, under its name."""
    for file in files:
        try:
            if file.suffix == ".part":  # left by a crash in the middle of this
                file.unlink()
                continue
            content = file.read_bytes()
            if content and not content.startswith(MAGIC):
                replace_erasing(file, file, seal(key, content))
        except OSError as error:
            log.warning("%s is not sealed, it may have guests' names: %s", file.name, error)
