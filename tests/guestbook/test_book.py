"""The guest book: entries survive a crash, purges leave no trace, and faults stay within it."""

import asyncio
import os
import shutil
import stat
import subprocess
import sys
from datetime import UTC
from pathlib import Path

import pytest

from edge.clock import Clock, Stamp
from edge.errors import GarduError, StoreError
from edge.guestbook.book import FILE, BookUnusable, GuestBook
from edge.guestbook.guest_list import as_csv, as_json, read
from edge.guestbook.purge import TYPE, Purger, purge_offline
from edge.paper.deliver import write_secret
from edge.store.database import Database
from edge.store.outbox import OutboxRow
from edge.store.snapshot import Snapshot
from edge.store.store import Store
from edge.worker import Worker
from tests.guests import (
    NAME,
    NOW_MS,
    ORGANISATION,
    PHONE,
    SECRETS,
    HandClock,
    entry,
    raw_files,
)
from tests.longer import slow
from tests.uplinks import make_config

AT = Stamp(5, NOW_MS + 86_400_000, synced=True, boot="test")
DAY_MS = 86_400_000


def fill(book: GuestBook, count: int, *, name: str = NAME, step_ms: int = 1000) -> None:
    """Enter *count* guests, one each *step_ms*."""
    for number in range(count):
        book.put(
            entry(f"visit-{number}", NOW_MS + number * step_ms, f"{name} {number}"), f"r{number}"
        )


def test_an_entry_survives_a_kill(tmp_path: Path) -> None:
    """An entry is on the disk when put returns, and survives a kill."""
    script = (
        "import os, sys; from pathlib import Path; from edge.guestbook.book import GuestBook\n"
        "from tests.guests import entry\n"
        "GuestBook(Path(sys.argv[1])).put(entry('a'), 'request'); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == -9
    book = GuestBook(tmp_path)
    assert book.entry("a") == entry("a")
    answered = book.answered("request")
    assert answered is not None
    assert (answered.visit, answered.details) == ("a", entry("a").details)
    assert book.answered("another") is None
    book.close()


def test_nothing_is_made_before_the_first_entry(tmp_path: Path) -> None:
    """Without entries the book makes no file."""
    book = GuestBook(tmp_path)
    assert book.entry("a") is None
    assert book.answered("b") is None
    assert book.purge(NOW_MS, AT, "request") == 0
    assert book.purges() == []
    assert not list(tmp_path.iterdir())


def test_a_removed_book_is_not_brought_back(tmp_path: Path) -> None:
    """Removed under the daemon, perhaps on purpose: its data is gone, and a new file is used."""
    book = GuestBook(tmp_path)
    book.put(entry("a"), "request")
    for file in tmp_path.glob(f"{FILE}*"):
        file.unlink()
    assert book.entry("a") is None
    book.put(entry("b"))
    assert book.entry("b") == entry("b")
    book.close()
    assert {file.name for file in tmp_path.iterdir()} == {FILE}


def test_a_copy_put_in_its_place_is_used(tmp_path: Path) -> None:
    """A book restored from a copy, log included, is read from then on."""
    (tmp_path / "copy").mkdir()
    book = GuestBook(tmp_path)
    book.put(entry("a"))
    for file in tmp_path.glob(f"{FILE}*"):
        shutil.copy(file, tmp_path / "copy")
    book.put(entry("b"))
    for file in (tmp_path / "copy").iterdir():
        file.replace(tmp_path / file.name)
    assert book.entry("b") is None
    assert book.entry("a") == entry("a")
    book.close()


@slow
@pytest.mark.parametrize("count", [1, 40, 1500])
def test_what_is_purged_is_in_no_file(tmp_path: Path, count: int) -> None:
    """After a purge no byte of a name is in database, log or other files; other entries stay."""
    book = GuestBook(tmp_path)
    fill(book, count)
    for number in range(0, count, 2):  # their rows move within the file
        corrected = entry(f"visit-{number}", NOW_MS + number * 1000, f"{NAME} {'x' * 40}")
        book.put(corrected)
    book.put(entry("stays", NOW_MS + DAY_MS, "Another Guest", details=entry("x", name="B").details))
    before = raw_files(tmp_path)
    assert all(secret.encode() in before for secret in SECRETS)
    assert book.purge(NOW_MS + DAY_MS, AT, "request") == count
    ((number, purge),) = book.purges()
    assert (purge.count, purge.before_ms, purge.by) == (count, NOW_MS + DAY_MS, "request")
    after = raw_files(tmp_path)
    assert NAME.encode() not in after
    assert b"visit-0" not in after
    book.recorded(number)
    assert book.purges() == []
    assert book.entry("stays") is not None
    assert book.answered("r0") is None
    book.close()
    assert NAME.encode() not in raw_files(tmp_path)


def test_scrubbing_is_needed(tmp_path: Path) -> None:
    """Without scrubbing the log still has every name: the test above would fail."""
    book = GuestBook(tmp_path)
    fill(book, 40)
    book.purge(NOW_MS + DAY_MS, AT, "request")
    assert NAME.encode() in raw_files(tmp_path)
    book.purges()
    assert NAME.encode() not in raw_files(tmp_path)
    book.close()


def test_a_purge_that_was_cut_off_is_finished_and_recorded(tmp_path: Path) -> None:
    """A purge that ended before its scrubbing is completed at the next start, and recorded once."""
    book = GuestBook(tmp_path)
    fill(book, 40)
    book.purge(NOW_MS + DAY_MS, AT, "retention")
    book.close()
    again = GuestBook(tmp_path)
    assert [purge.count for _, purge in again.purges()] == [40]
    assert NAME.encode() not in raw_files(tmp_path)
    again.close()


def test_retention_that_finds_nothing_notes_nothing(tmp_path: Path) -> None:
    """A retention that removes no entry makes no record; a person's request always does."""
    book = GuestBook(tmp_path)
    fill(book, 3)
    assert book.purge(NOW_MS, AT, "retention") == 0
    assert book.purges() == []
    assert book.purge(NOW_MS, AT, "request") == 0
    assert [purge.count for _, purge in book.purges()] == [0]
    book.close()


def test_entries_from_the_future_are_dated_now(tmp_path: Path) -> None:
    """An entry dated in the future by a wrong clock gets the present date, so that it expires."""
    book = GuestBook(tmp_path)
    book.put(entry("a", NOW_MS + 70 * 365 * DAY_MS))
    book.purge(NOW_MS, AT, "retention")
    found = book.entry("a")
    assert found is not None
    assert found.at.wall_ms == AT.wall_ms
    book.close()


def test_a_damaged_book_is_set_aside_and_purged_too(tmp_path: Path) -> None:
    """A damaged copy contains names: it is removed once it is old enough, and not before."""
    book = GuestBook(tmp_path)
    fill(book, 20)
    book.close()
    path = tmp_path / FILE
    path.write_bytes(b"\xaa" * 100 + path.read_bytes()[100:])
    assert book.entry("visit-0") is None
    (aside,) = tmp_path.glob(f"{FILE}.damaged-*Z")
    assert book.quarantined == aside
    os.utime(aside, (0, (NOW_MS + 1000) / 1000))
    book.purge(NOW_MS, AT, "retention")
    assert aside.exists()
    book.purge(NOW_MS + DAY_MS, AT, "retention")
    assert NAME.encode() not in raw_files(tmp_path)
    book.close()


def test_damage_while_it_is_open(tmp_path: Path) -> None:
    """Damage in an open book is refused once; then a new book is used, without a restart."""
    book = GuestBook(tmp_path)
    fill(book, 3)
    other = Database(tmp_path / FILE)
    other._execute("UPDATE entries SET crc = crc + 1")
    other.close()
    with pytest.raises(BookUnusable):
        book.entry("visit-0")
    assert book.entry("visit-0") is None
    book.put(entry("new"))
    assert book.entry("new") is not None
    book.close()


def test_a_book_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    """A book of a later format is refused in words, not set aside."""
    book = GuestBook(tmp_path)
    book.put(entry("a"))
    book.close()
    database = Database(tmp_path / FILE)
    database.put("database", 1, {"format": 99})
    database.close()
    with pytest.raises(BookUnusable, match="format 99"):
        GuestBook(tmp_path).entry("a")
    assert not list(tmp_path.glob("*.damaged*"))


def test_a_reader_beside_the_daemon(tmp_path: Path) -> None:
    """The list is read in order and by time, while the book is open for writing."""
    assert read(tmp_path) == []
    book = GuestBook(tmp_path)
    fill(book, 30)
    assert [found.visit for found in read(tmp_path)] == [f"visit-{n}" for n in range(30)]
    part = read(tmp_path, NOW_MS + 5000, NOW_MS + 8000)
    assert [found.visit for found in part] == ["visit-5", "visit-6", "visit-7"]
    book.close()
    (tmp_path / FILE).write_bytes(b"no database")
    with pytest.raises(StoreError):
        read(tmp_path)


def test_csv_is_no_formula(tmp_path: Path) -> None:
    """A guest's name that looks like a formula must not run in a spreadsheet."""
    evil = entry("a", name='=HYPERLINK("http://x")')
    text = as_csv([evil, entry("b", name="+1")], UTC).decode("utf-8-sig")
    assert '"\'=HYPERLINK(""http://x"")"' in text
    assert ",'+1," in text
    assert f",'{PHONE}," in text
    assert text.splitlines()[0].startswith("time,visit,procedure,name")
    assert ORGANISATION in as_json([evil], UTC).decode()


def test_an_export_is_for_its_owner(tmp_path: Path) -> None:
    """Mode 0600 with any umask; an existing file is not overwritten, and a link not followed."""
    out = tmp_path / "out.csv"
    before = os.umask(0)
    try:
        write_secret(out, b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    (tmp_path / "link").symlink_to(tmp_path / "target")
    for path in (out, tmp_path / "link", tmp_path):
        with pytest.raises(GarduError):
            write_secret(path, b"y")
    assert out.read_bytes() == b"x"
    assert not (tmp_path / "target").exists()


def test_a_purge_without_a_daemon_is_recorded(tmp_path: Path) -> None:
    """A purge without a daemon is recorded once, with count and time and no guest's details."""
    store = Store(tmp_path, "/gardu/kantor/lobi", Clock())
    book = GuestBook(tmp_path)
    fill(book, 7)
    assert purge_offline(book, store, NOW_MS + DAY_MS, AT) == 7
    book.close()
    store.close()
    with Snapshot(tmp_path) as snapshot:
        (record,) = list(snapshot.records())
    assert TYPE.encode() in record.payload
    assert b'"visits":7' in record.payload
    assert b'"by":"request"' in record.payload
    assert NAME.encode() not in raw_files(tmp_path)


@pytest.mark.parametrize("synced", [True, False])
def test_what_has_had_its_time_goes_by_itself(tmp_path: Path, synced: bool) -> None:
    """Entries expire after keep_days by a trusted clock, with a record; so do unrecorded purges."""

    async def scenario() -> None:
        store, book = Store(tmp_path, "/gardu/kantor/lobi", Clock()), GuestBook(tmp_path)
        workers = Worker("guest-book"), Worker("store")
        clock, woken = HandClock(), list[OutboxRow]()
        config = make_config("mqtt://127.0.0.1:9")
        fill(book, 5)
        book.put(entry("young", NOW_MS + 30 * DAY_MS))
        clock.ms, clock.synced = NOW_MS + 91 * DAY_MS, synced
        purger = Purger(
            config, book, workers[0], store, workers[1],
            clock,  # type: ignore[arg-type]  # it has all that a purger needs
            woken.extend,
        )  # fmt: skip
        trouble = await purger._remove_expired()
        assert (trouble == "") is synced
        assert (NAME.encode() + b" 0" in raw_files(tmp_path)) is not synced
        assert book.entry("young") is not None
        assert [b'"by":"retention"' in row.payload for row in woken] == [True] * synced
        book.purge(NOW_MS, AT, "request")  # the process ends here, without a record
        await purger._remove_expired()
        assert b'"by":"request"' in woken[-1].payload
        for worker in workers:
            worker.stop()
        book.close()
        store.close()

    asyncio.run(scenario())
