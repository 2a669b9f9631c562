"""Documents with a damaged file, a failing or full disk, or another program in the file."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from edge.errors import StoreError
from edge.store.documents import Documents
from tests.store_bench import connection, fill


@pytest.fixture
def documents(tmp_path: Path) -> Iterator[Documents]:
    """Yield an open, empty file."""
    with Documents(tmp_path / "some.db") as opened:
        yield opened


def test_garbage_is_not_a_database(tmp_path: Path) -> None:
    """A file that is no database is refused by name, and left as it is."""
    path = tmp_path / "some.db"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match=r"some\.db cannot be used.*damaged"):
        Documents(path)
    assert path.read_bytes() == b"not a database" * 1000


def test_missing_folder(tmp_path: Path) -> None:
    """A path that cannot be opened is an error that names it."""
    with pytest.raises(StoreError, match=r"some\.db.*folder"):
        Documents(tmp_path / "nowhere" / "some.db")


@pytest.mark.parametrize("damage", ["flipped bit", "zeroed page"])
def test_damage_is_noticed(tmp_path: Path, damage: str) -> None:
    """Damage in the middle of the file is an error when it is read, never wrong data."""
    path = tmp_path / "some.db"
    with Documents(path) as documents:
        documents.table("a").insert_multiple({"n": n, "text": "x" * 500} for n in range(500))
    raw = bytearray(path.read_bytes())
    middle = len(raw) // 2 // 4096 * 4096
    if damage == "flipped bit":
        raw[raw.index(b"xxxx", middle)] ^= 1
    else:
        raw[middle : middle + 4096] = bytes(4096)
    path.write_bytes(raw)
    with Documents(path) as documents:
        with pytest.raises(StoreError, match=r"some\.db.*damaged"):
            list(documents.table("a"))
        with pytest.raises(StoreError, match="damaged"):
            documents.table("a").insert({})


def test_half_a_file_is_not_opened(tmp_path: Path) -> None:
    """A file that lost its end is refused at once."""
    path = tmp_path / "some.db"
    with Documents(path) as documents:
        fill(documents.table("a"), 500)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StoreError, match=r"some\.db.*damaged"):
        Documents(path)


class FailingCommit(sqlite3.Connection):
    """A connection to a failed disk: every COMMIT ends in an I/O error."""

    commits = 0

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        """Run *sql* unless it is COMMIT."""
        if sql == "COMMIT":
            FailingCommit.commits += 1
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, *parameters)


def test_failed_fsync_is_not_retried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed COMMIT no call reads, writes or commits again."""
    with Documents(tmp_path / "some.db") as documents:
        documents.table("a").insert({"n": 1})
    connect = partial(sqlite3.connect, factory=FailingCommit)
    monkeypatch.setattr(sqlite3, "connect", connect)
    monkeypatch.setattr(FailingCommit, "commits", 0)
    with Documents(tmp_path / "some.db") as documents:
        table = documents.table("a")
        assert len(table) == 1
        with pytest.raises(StoreError, match="disk I/O error"):
            table.insert({"n": 2})
        for again in (lambda: table.insert({"n": 3}), lambda: len(table), table.all):
            with pytest.raises(StoreError, match="disk I/O error"):
                again()
        assert FailingCommit.commits == 1
    monkeypatch.undo()
    with Documents(tmp_path / "some.db") as documents:
        assert documents.table("a").all() == [{"n": 1}]


REAL_FAILURE = """
import resource, sys
from edge.store.documents import Documents
from edge.errors import StoreError
documents = Documents(sys.argv[1])
table = documents.table("a")
table.insert({"n": 1})
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
try:
    table.insert_multiple({"text": "x" * 1000} for _ in range(500))
except StoreError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
try:
    table.insert({"n": 2})
except StoreError as error:
    print(error)
"""


def test_real_write_error(tmp_path: Path) -> None:
    """After a write that the kernel refuses (here: the file may not grow) the file is not used."""
    path = tmp_path / "some.db"
    child = [sys.executable, "-c", REAL_FAILURE, str(path)]
    said = subprocess.run(child, check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(said) == 2
    assert all("disk I/O error" in line and "restart Gardu" in line for line in said)
    with Documents(path) as documents:
        assert documents.table("a").all() == [{"n": 1}]


def test_full_disk_is_survived(documents: Documents) -> None:
    """A full disk refuses the change, loses no earlier one, and goes on when there is room."""
    table = documents.table("a")
    table.insert({"n": 1})
    pages = connection(documents).execute("PRAGMA page_count").fetchone()[0]
    connection(documents).execute(f"PRAGMA max_page_count = {pages + 3}")
    with pytest.raises(StoreError, match="disk is full"):
        table.insert_multiple({"text": "x" * 1000} for _ in range(100))
    assert table.all() == [{"n": 1}]
    connection(documents).execute("PRAGMA max_page_count = 1000000")
    table.insert({"n": 3})
    assert table.all() == [{"n": 1}, {"n": 3}]


def test_another_program_in_the_file(documents: Documents, tmp_path: Path) -> None:
    """The error names another program that writes; once it has closed, work goes on."""
    table = documents.table("a")
    table.insert({})
    connection(documents).execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(tmp_path / "some.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another program"):
        table.insert({})
    other.close()
    table.insert({})
    assert len(table) == 2


def test_closed(tmp_path: Path) -> None:
    """A call on a closed file raises StoreError; closing twice is allowed."""
    documents = Documents(tmp_path / "some.db")
    documents.close()
    documents.close()
    with pytest.raises(StoreError, match="is closed"):
        documents.table("a").insert({})
