"""The database is removed, renamed or replaced under the daemon: noticed, saved, put back."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge.store.store import FILE
from tests.daemon.test_reload import records
from tests.daemon.test_run import config_file
from tests.daemons import DaemonChild
from tests.longer import slow

pytestmark = slow

ALARM = "database-replaced"


def backup(folder: Path) -> None:
    """Copy the database's files as they are, as a person would before a repair."""
    (folder / "copy").mkdir()
    for file in (folder / "data").glob(f"{FILE}*"):
        shutil.copy(file, folder / "copy")


def put_copies(folder: Path) -> None:
    """Put the copied files in the place of the open ones, as ``mv`` does."""
    for file in (folder / "copy").iterdir():
        file.replace(folder / "data" / file.name)


def remove(*parts: str) -> Callable[[Path], None]:
    """Return the deed that removes those *parts* of the database."""

    def deed(folder: Path) -> None:
        for part in parts:
            (folder / "data" / f"{FILE}{part}").unlink()

    return deed


def edit_in_place(folder: Path) -> None:
    """Replace the file as editors do: a changed copy is renamed to the old name."""
    copy = folder / "data" / "edited.db"
    shutil.copy(folder / "data" / FILE, copy)
    copy.replace(folder / "data" / FILE)


def move_away(folder: Path) -> None:
    """Rename the file alone; another program then makes an empty one at its name."""
    (folder / "data" / FILE).rename(folder / "data" / "old.db")
    with closing(sqlite3.connect(folder / "data" / FILE)) as file:
        file.execute("CREATE TABLE stranger (id)")


DEEDS: dict[str, Callable[[Path], None]] = {
    "the file": remove(""),
    "the log": remove("-wal"),
    "the shared memory": remove("-shm"),
    "all files": remove("", "-wal", "-shm"),
    "renamed": move_away,
    "replaced": edit_in_place,
    "a copy put back": put_copies,
}
LAST_DEED = "a copy put back"


def opened(folder: Path) -> int:
    """Return the number of visits recorded as opened."""
    return [record["type"] for record in records(folder)].count("gardu.visit.opened.v1")


def alarms(folder: Path) -> list[str]:
    """Return the changes of the alarm that are recorded."""
    changed = (record for record in records(folder) if record["data"].get("alarm") == ALARM)
    return [record["type"].split(".")[2] for record in changed]


@pytest.mark.parametrize("deed", DEEDS)
def test_it_is_noticed_and_nothing_is_lost(tmp_path: Path, deed: str) -> None:
    """The idle daemon notices it and ends; the next start has all records, and an alarm."""
    config, data = config_file(tmp_path), tmp_path / "data"
    with DaemonChild(config) as daemon:
        daemon.until("ready;")
        daemon.open_visit()
        backup(tmp_path)
        daemon.open_visit()
        DEEDS[deed](tmp_path)
        daemon.until("removed or replaced while in use; saving the data")
        assert daemon.end() == 1
        assert "the next start puts it back" in daemon.log[-1]
        assert "Traceback" not in "".join(daemon.log)
    with DaemonChild(config) as daemon:
        daemon.until("all its data is back")
        daemon.until("ready; 2 open visits")
        daemon.decline_visit()
        assert daemon.stop() == 0
    assert opened(tmp_path) == 2
    assert alarms(tmp_path) == ["raised"]
    if deed != LAST_DEED:  # what follows is the same after each
        return
    for aside in data.glob(f"{FILE}.replaced-*"):
        aside.unlink()
    with DaemonChild(config) as daemon:
        daemon.until("ready; 1 open visits")
        assert daemon.stop() == 0
    assert alarms(tmp_path) == ["raised", "cleared"]


def test_a_clean_stop_notices_it_too(tmp_path: Path) -> None:
    """Removed and stopped at once, before any check: the stop saves the data."""
    config = config_file(tmp_path)
    with DaemonChild(config) as daemon:
        daemon.until("ready;")
        daemon.open_visit()
        (tmp_path / "data" / FILE).unlink()
        daemon.stop()
    with DaemonChild(config) as daemon:
        daemon.until("ready; 1 open visits")
        assert daemon.stop() == 0
    assert opened(tmp_path) == 1


def test_a_folder_that_was_renamed_is_waited_for(tmp_path: Path) -> None:
    """While the data folder is away, changes wait with an alarm; once it is back they go on."""
    config, data = config_file(tmp_path), tmp_path / "data"
    with DaemonChild(config) as daemon:
        daemon.until("ready;")
        daemon.open_visit()
        data.rename(tmp_path / "away")
        line = daemon.until("put the folder back")
        assert str(tmp_path / "away" / FILE) in line
        daemon.tell("press 2")
        (tmp_path / "away").rename(data)
        wanted = {"changes are stored again", "gardu.alarm.cleared.v1", "gardu.visit.opened.v1"}
        while wanted:
            line = daemon.until("")
            wanted = {words for words in wanted if words not in line}
        assert daemon.stop() == 0
    assert opened(tmp_path) == 2


def test_a_folder_that_was_deleted_is_filled_again(tmp_path: Path) -> None:
    """The folder is deleted with all files: once somebody makes it again, the data is saved."""
    config, data = config_file(tmp_path), tmp_path / "data"
    with DaemonChild(config) as daemon:
        daemon.until("ready;")
        daemon.open_visit()
        shutil.rmtree(data.rename(tmp_path / "away"))  # at once: files come up again meanwhile
        daemon.until("put the folder back")
        data.mkdir(mode=0o700)
        daemon.until("saving the data")
        assert daemon.end() == 1
    with DaemonChild(config) as daemon:
        daemon.until("ready; 1 open visits")
        assert daemon.stop() == 0
    assert opened(tmp_path) == 1
