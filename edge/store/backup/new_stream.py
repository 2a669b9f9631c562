"""New stream of a restored database: no sequence of the old stream is ever used a second time.

The old checkpoint may have committed, and delivered, records after the backup was made. Their
sequences and ids would come again with other facts. So:

- the database gets a new stream, whose chain begins after the last record of the backup;
- records of older streams stay as they are. Those that wait are sent under their old ids, as
  consumers know them: one that was delivered after the backup is a duplicate there;
- the first record of the new stream, ``gardu.database.restored.v1``, names the old stream and the
  last record that the backup has of it, with its link;
- the number of the next session (docs/mqtt.md, ``status``) is greater than any that the old
  checkpoint can have had, so that its last will counts as old.
"""

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

import msgspec

from edge.clock import Clock
from edge.errors import StoreDamaged
from edge.sop.records import DatabaseRestored, Record
from edge.store.backup.form import About
from edge.store.chain import genesis
from edge.store.cloudevent import encode
from edge.store.documents import Documents, SqliteStorage
from edge.store.integrity import file_damage, table_damage
from edge.store.outbox import COUNTERS, ONLY, Counters, Outbox
from edge.store.store import RESTORED

TYPE = "gardu.database.restored.v1"

# Sessions that a checkpoint cannot have had since the backup: one each second for 11 days, or one
# a minute, as back-off allows in the long run, for almost two years.
_SESSIONS = 1_000_000


def begin_stream(path: Path, about: About, clock: Clock, lost: int | None) -> str:
    """Begin a new stream in the database *path*, which was restored from the backup *about*.

    :param lost: number of records that were committed after the backup and are not in it; None if
        unknown
    :return: the new stream
    :raises StoreDamaged: if a table in use is damaged
    """
    _check(path, file_damage(path))
    stream = str(uuid.uuid4())
    with Documents(path) as documents:
        assert isinstance(documents.storage, SqliteStorage)
        _check(path, table_damage(documents.storage.database))
        with documents.transaction():
            before = _begin(documents, stream)
            source = f"/gardu/{about.site}/{about.checkpoint}"
            outbox = Outbox(documents, stream, source, clock, encode)
            record = _record(about, clock, before, lost)
            outbox.append([record])
            documents.table(RESTORED).put(ONLY, msgspec.to_builtins(record.data))
    _put_into_one_file(path)
    return stream


def skip_sessions(path: Path) -> None:
    """Have the database *path* continue its stream, with a session number that was never used."""
    with Documents(path) as documents, documents.transaction():
        table = documents.table("checkpoint")
        counters = msgspec.convert(table.get(doc_id=COUNTERS) or {}, Counters)
        session = counters.session + _SESSIONS
        table.put(COUNTERS, msgspec.structs.replace(counters, session=session))
    _put_into_one_file(path)


def _begin(documents: Documents, stream: str) -> Counters:
    """Write the identity and the counters of the new stream; return the counters before."""
    identity = documents.table("database")
    identity.put(ONLY, {**(identity.get(doc_id=ONLY) or {}), "stream": stream})
    table, link = documents.table("checkpoint"), genesis(stream)
    before = msgspec.convert(table.get(doc_id=COUNTERS) or {}, Counters)
    session = before.session + _SESSIONS
    table.put(COUNTERS, msgspec.structs.replace(before, head=link, session=session))
    documents.table("removed").put(ONLY, {"sequence": before.sequence, "link": link})
    return before


def _record(about: About, clock: Clock, before: Counters, lost: int | None) -> Record:
    now = clock.now()
    data = DatabaseRestored(
        made=about.made,
        stream=about.stream,
        sequence=about.sequence,
        head=about.head,
        waiting=before.waiting.count,
        visits=about.visits,
        lost=lost,
        clock_synced=now.synced,
    )
    return Record(TYPE, "database", now, None, data)


def _put_into_one_file(path: Path) -> None:
    """Have no log beside the database, so that it can be renamed; the daemon begins one."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = DELETE")


def _check(path: Path, damage: str) -> None:
    if damage:
        raise StoreDamaged(f"{path} cannot be used: {damage}")
