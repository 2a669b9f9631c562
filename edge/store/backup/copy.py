"""Copies a database beside the running daemon, and reads the facts about the copy.

``VACUUM INTO`` reads in one transaction of a read-only connection: the daemon continues to commit,
and the copy is the state of one moment, without deleted data. Meanwhile the daemon's log cannot be
reset and grows with every commit, as with any reader.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from edge.errors import StoreError
from edge.store.backup.form import Stopped, new_file
from edge.store.chain_check import ChainCheck
from edge.store.database import checksum
from edge.store.snapshot import Snapshot
from edge.store.sqlite_errors import meaning
from edge.store.store import PARTS

# Wait for a daemon that is just recovering its log, seconds.
_BUSY_S = 5.0
_ALL = 2**63 - 1
_RECORDS = "outbox"


class Facts(NamedTuple):
    """The facts about a copied ``gardu.db``, as :class:`~edge.store.backup.form.About` has them.

    :ivar stills: the paths of the stills that its rows name, relative to the data folder
    """

    stream: str
    sequence: int
    head: str
    changed: str
    waiting: int
    visits: int
    cards: int
    lockers: tuple[int, ...]
    stills: tuple[str, ...]


class DatabaseCopy:
    """Copies the database *source* to the new file *target*.

    :raises StoreError: from :meth:`run`, if it cannot be read or written
    """

    def __init__(self, source: Path, target: Path) -> None:
        self._source = source
        self._target = target
        self._connection: sqlite3.Connection | None = None
        self._stopped = False

    def stop(self) -> None:
        """Let :meth:`run` end soon; any thread may call."""
        self._stopped = True
        if self._connection is not None:
            self._connection.interrupt()

    def run(self) -> None:
        """Copy it; the copy is not synced yet.

        :raises Stopped: after :meth:`stop`
        """
        # Made here, so that SQLite does not make it readable for others.
        new_file(self._target).close()
        try:
            self._connection = connection = sqlite3.connect(
                f"{self._source.absolute().as_uri()}?mode=ro",
                uri=True,
                timeout=_BUSY_S,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                if self._stopped:
                    raise Stopped("stopped")
                connection.execute("VACUUM INTO ?", (str(self._target),))
            finally:
                self._connection = None
                connection.close()
        except sqlite3.Error as error:
            if self._stopped:
                raise Stopped("stopped") from error
            advice = meaning(error).advice
            raise StoreError(f"{self._source} cannot be copied: {error}; {advice}") from error


def database_bytes(path: Path) -> int:
    """Return the greatest size of a copy of the database *path*, bytes; 0 if it is not there."""
    return sum(
        Path(f"{path}{part}").stat().st_size
        for part in ("", "-wal")
        if Path(f"{path}{part}").exists()
    )


def facts_of(folder: Path, on_check: Callable[[ChainCheck], None] = lambda _: None) -> Facts:
    """Check the copy of ``gardu.db`` in *folder*, and return its facts.

    The hash chain of its records is checked.

    :param on_check: called with the check of the chain before it runs, so that it can be stopped
    :raises StoreError: if the file cannot be read
    """
    with Snapshot(folder) as snapshot:
        stills = tuple(
            _decoded(body)["path"]
            for table in ("stills", "stills-sent")
            for _, body in snapshot.bodies(table, 1, _ALL)
        )
        state = _parts(snapshot)
        visits = sum(1 for _ in snapshot.bodies("visits", 1, _ALL))
        check = ChainCheck(snapshot)
        on_check(check)
        difference = check.run()
        return Facts(
            stream=snapshot.stream,
            sequence=snapshot.head.sequence,
            head=snapshot.head.link,
            changed=f"record {difference.sequence}: {difference.what}" if difference else "",
            waiting=snapshot.undelivered,
            visits=visits,
            cards=len(state["cards"]),
            lockers=tuple(
                sorted(int(number) for number, one in state["lockers"].items() if one.get("visit"))
            ),
            stills=stills,
        )


def check_rows(path: Path) -> None:
    """Check structure and checksums of the copied database *path*, its records left out.

    A damaged record does not stop a backup: the check of the chain names it.

    :raises StoreError: if it is damaged
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            for (table,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'"):
                if table == _RECORDS:
                    continue
                for row in file.execute(f'SELECT id, body, crc FROM "{table}"'):  # noqa: S608 - read from the schema
                    _check_row(path, table, *row)
    except sqlite3.Error as error:
        raise StoreError(f"{path.name} is damaged: {error}; restart Gardu") from error


def _check_row(path: Path, table: str, number: int, body: object, crc: int) -> None:
    if not isinstance(body, bytes) or checksum(table, number, body) != crc:
        raise StoreError(
            f"{path.name} is damaged: document {number} of table {table} has a wrong checksum; "
            "restart Gardu, which sets the file aside"
        )


def format_of(path: Path) -> int:
    """Return the format of the database *path*, which no process has open.

    :raises StoreError: if it is no database of Gardu's
    """
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            ((body,),) = connection.execute("SELECT body FROM database WHERE id = 1").fetchall()
        finally:
            connection.close()
        return int(_decoded(body)["format"])
    except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is no database of Gardu: {error}") from error


def _parts(snapshot: Snapshot) -> dict[str, Any]:
    """Return the parts of the checkpoint's state that say which cards and lockers are out."""
    found: dict[str, Any] = {"cards": {}, "lockers": {}}
    for name in found:
        number = PARTS[name]
        for _, body in snapshot.bodies("checkpoint", number, number):
            found[name] = _decoded(body)
    return found


def _decoded(body: bytes) -> dict[str, Any]:
    return msgspec.json.decode(body, type=dict[str, Any])
