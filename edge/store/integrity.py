"""Finds damage that SQLite does not report, when a database is opened.

- **The log.** SQLite treats the first frame with a wrong checksum as the torn end of the log and
  ignores the frames after it. A power cut does leave such an end; but a wrong frame *before* it was
  once synced and is damage (:func:`log_damage`). Either of two signs shows that it is damage:
  frames of a later transaction follow, or the log's shared memory, which survives a killed process
  and is written only after the sync, counts more frames than are right. Formats: "WAL-mode File
  Format" in SQLite's documentation. Not found: damage in the very last transaction, together with a
  power cut that lost the shared memory; it is the same as a transaction cut off before its end.
- **The tables in use.** A wrong count in a page hides rows, a wrong name hides a table. So the
  schema must be exactly ours, and the structure and all checksums of every table in use must be
  right (:func:`table_damage`). These tables are small. History is as large as the file: its rows
  are checked when they are read, its structure when the whole file is examined.
"""

import itertools
import struct
from collections.abc import Iterator
from pathlib import Path

from edge.store.database import Database, create_statement

# History: tables that only grow, by the beginning of their names. All others are in use.
HISTORY = ("outbox", "acknowledged", "stills-sent", "register-")

# "The Database Header" in SQLite's documentation: the first bytes; versions of writing and reading
# at 18 and 19; the format of the schema, 4 at most, at 44.
_HEAD = b"SQLite format 3\0"
_HEAD_SIZE = 100
_SCHEMA = 4

_FIRST_ID = -(2**63) + 1  # the lowest id of a row in SQLite, plus 1
_PAGE = 256  # rows in memory at once

_HEADER = struct.Struct(">IIII8s8s")  # magic, version, page size, checkpoints, salts, checksum
_FRAME = struct.Struct(">II8s8s")  # page, pages of the database after a commit, salts, checksum
_PAIR = struct.Struct(">II")
_MAGIC = 0x377F0682  # last bit set: checksums of big-endian words
# The head of the shared memory, stored twice: version, 0, changes, ready, order, page size, frames,
# pages, the last frame's checksum, salts, its own checksum. In the machine's own byte order.
_INDEX = struct.Struct("=IIIBBHII8s8sII")
_INDEX_SUM = 40


def file_damage(path: Path) -> str:
    """Return the damage in the head of the database file *path*; empty if there is none.

    SQLite would report some of it as a read-only file, or as a file of a later SQLite.

    :raises OSError: if it cannot be read
    """
    if not path.exists():
        return ""
    with path.open("rb") as file:
        head = file.read(_HEAD_SIZE)
    if not head:  # a power cut came before the first page
        return ""
    right = (
        len(head) == _HEAD_SIZE
        and head.startswith(_HEAD)
        and set(head[18:20]) <= {1, 2}
        and int.from_bytes(head[44:48], "big") <= _SCHEMA
    )
    return "" if right else "the head of the file is wrong"


def log_damage(path: Path) -> str:
    """Return the damage in the log of the database *path*; empty if there is none.

    Call it before SQLite opens the file, and only in the one process that uses the file.

    :raises OSError: if it cannot be read
    """
    log = _read(Path(f"{path}-wal"))
    if len(log) <= _HEADER.size or (not any(log[: _HEADER.size]) and not log.strip(b"\0")):
        return ""  # empty, or written in advance (edge/store/write_ahead_log.py)
    magic, _, page_size, _, salts, sums = _HEADER.unpack_from(log)
    words = ">" if magic & 1 else "<"
    if magic | 1 != _MAGIC | 1 or _PAIR.pack(*_sums(log[:24], (0, 0), words)) != sums:
        return "the head of the log is wrong"
    frames = list(_frames(log, page_size, salts, sums, words))
    right = list(itertools.takewhile(lambda frame: frame[0], frames))
    after = frames[len(right) :]
    if any(commit and follows for (_, commit), (follows, _) in itertools.pairwise(after)):
        return f"frame {len(right) + 1} of the log is wrong"
    committed = max((n for n, (_, commit) in enumerate(right, 1) if commit), default=0)
    promised = _promised(_read(Path(f"{path}-shm")), salts)
    return f"the log ends after frame {committed} of {promised}" if promised > committed else ""


def table_damage(database: Database) -> str:
    """Return the damage in the tables in use of *database*; empty if there is none.

    :raises StoreDamaged: if a row's checksum is wrong, or SQLite itself reports damage
    """
    for kind, name, table, statement in database.schema():
        if (kind, table, statement) != ("table", name, create_statement(name)):
            return f"the schema is wrong: {kind} {name}"
    for table in sorted(database.tables):
        if not table.startswith(HISTORY):
            found = database.examine(table) or _row_damage(database, table)
            if found:
                return found
    return ""


def _row_damage(database: Database, table: str) -> str:
    """Check the checksums and the order of all rows, page by page."""
    last = _FIRST_ID - 1
    while rows := database.run("after", table, last, _PAGE):
        for row in rows:
            database.check(table, *row)
        if rows[-1][0] <= last:
            return f"the rows of table {table} are out of order"
        last = rows[-1][0]
    return ""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _frames(
    log: bytes, page_size: int, salts: bytes, sums: bytes, words: str
) -> Iterator[tuple[bool, bool]]:
    """Yield for each frame: it follows on the one before it, it ends a transaction (booleans)."""
    size = _FRAME.size + page_size
    for start in range(_HEADER.size, len(log) - size + 1, size):
        _, pages, frame_salts, frame_sums = _FRAME.unpack_from(log, start)
        if frame_salts != salts:  # from before the log was restarted, or damaged
            yield False, False
        else:
            content = log[start : start + 8] + log[start + _FRAME.size : start + size]
            found = _PAIR.pack(*_sums(content, _PAIR.unpack(sums), words))
            yield found == frame_sums, pages > 0
        sums = frame_sums


def _sums(content: bytes, before: tuple[int, ...], words: str) -> tuple[int, int]:
    """Return the log's checksum of *content*, continued from the checksum *before*."""
    one, two = before
    for first, second in struct.iter_unpack(f"{words}II", content):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


def _promised(shared: bytes, salts: bytes) -> int:
    """Return how many frames of the log with *salts* were committed, 0 if unknown."""
    if (
        len(shared) < 2 * _INDEX.size
        or shared[: _INDEX.size] != shared[_INDEX.size :][: _INDEX.size]
    ):
        return 0
    _, _, _, ready, _, _, frames, _, _, index_salts, *own = _INDEX.unpack_from(shared)
    if not ready or index_salts != salts or own != list(_sums(shared[:_INDEX_SUM], (0, 0), "=")):
        return 0
    return int(frames)
