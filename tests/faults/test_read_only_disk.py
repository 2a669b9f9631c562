"""The store on an ext4 file system that is read-only after an error, for real (loop device)."""

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from edge.config.text_files import read_text
from edge.daemon.machine.card import read_card
from edge.errors import ConfigUnavailable, StoreError, StoreUnavailable
from edge.store.data_folder import FolderLock
from edge.store.disk_errors import DiskErrors
from edge.store.read_only_disk import refused, refuses_writes
from edge.store.still_files import StillFiles
from edge.store.store import Store
from tests.brokers import Centre, Mosquitto, until
from tests.daemon.test_run import config_file
from tests.daemons import ARRIVE, PATIENCE_S, DaemonChild
from tests.ext4_disk import Disk, ext4_disk
from tests.faults.powercut.workload import decide, open_store

FAILS = pytest.mark.parametrize("fail", [Disk.fail, Disk.fail_as_linux_6_12])


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A mounted disk; skipped where none can be mounted."""
    with ext4_disk(tmp_path) as found:
        yield found


def data(disk: Disk) -> Path:
    """Return the data folder on *disk*."""
    folder = disk.path / "data"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def committed(store: Store) -> list[int]:
    """Return the sequences of the records of *store*."""
    return [row.sequence for row in store.waiting(0, 200)]


@FAILS
def test_a_change_waits_and_nothing_is_lost(disk: Disk, fail: Callable[[Disk], None]) -> None:
    """The disk refuses the change, which may be tried again; what was committed is there after."""
    folder = data(disk)
    store, stills = open_store(folder), StillFiles(folder)
    decide(store, stills, 1)
    before = committed(store)
    fail(disk)
    for _ in range(3):
        with pytest.raises(StoreUnavailable, match=r"the disk is read-only.*fsck"):
            decide(store, stills, 2)
    store.close()
    disk.unmount()
    disk.mount()
    again = open_store(folder)
    assert committed(again) == before
    decide(again, StillFiles(folder), 2)
    again.close()
    assert again.quarantined is None


def test_records_can_be_read_meanwhile(disk: Disk) -> None:
    """A disk that refuses only changes does not stop the delivery to the central office."""
    folder = data(disk)
    store = open_store(folder)
    decide(store, StillFiles(folder), 1)
    before = committed(store)
    disk.fail()
    with pytest.raises(StoreUnavailable):
        decide(store, StillFiles(folder), 2)
    try:
        assert committed(store) == before
    except StoreUnavailable as error:  # as by Linux 6.11 to 6.14
        assert "the disk is read-only" in str(error)  # noqa: PT017
    store.close()


@FAILS
def test_a_failed_sync_waits_only_on_a_disk_that_is_stopped(
    disk: Disk, fail: Callable[[Disk], None]
) -> None:
    """No later sync can succeed there; on any other disk it may, without the pages of the first."""
    errors = DiskErrors(data(disk))
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
    assert not refused(error, data(disk), errors)
    fail(disk)
    assert refused(error, data(disk), errors)


@FAILS
def test_the_card_is_seen_to_be_read_only(disk: Disk, fail: Callable[[Disk], None]) -> None:
    """By the kernel's count of errors: since 6.11 it does not mark the file system read-only."""
    errors = DiskErrors(data(disk))
    assert read_card(data(disk), errors=errors).read_only is False
    fail(disk)
    assert read_card(data(disk), errors=errors).read_only is True


def test_a_disk_that_goes_on_after_an_error_is_seen_too(disk: Disk) -> None:
    """With errors=continue, mkfs's default: changes are stored, errors are counted until fsck."""
    folder = data(disk)
    disk.unmount()
    disk.mount(errors="continue")
    disk.fail()
    card = read_card(folder)
    assert card.read_only is False
    assert card.errors
    store = open_store(folder)
    decide(store, StillFiles(folder), 1)
    store.close()
    disk.unmount()
    disk.mount()
    assert read_card(folder).errors == 0


def test_a_start_says_that_the_disk_is_read_only(disk: Disk) -> None:
    """Not that the lock file belongs to another user."""
    folder = data(disk)
    disk.fail()
    with pytest.raises(StoreError, match=r"gardu\.lock: Read-only file system; the disk is"):
        FolderLock(folder)


def test_a_config_on_a_stopped_disk_is_refused_with_what_to_do(disk: Disk) -> None:
    """Not as a mistake in the config: the file may be right, and cannot be read."""
    file = disk.path / "gardu.toml"
    file.write_text("", encoding="utf-8")
    disk.fail_as_linux_6_12()
    with pytest.raises(ConfigUnavailable, match=r"Input/output error; the disk .*restart the mach"):
        read_text(file)


def test_a_well_disk_is_written(tmp_path: Path) -> None:
    """The probe leaves nothing behind, and takes no other error for a read-only disk."""
    assert not refuses_writes(tmp_path)
    assert not list(tmp_path.iterdir())
    assert not refuses_writes(tmp_path / "absent")


def _last_payload(centre: Centre, topic: str) -> bytes:
    """Return the last payload of *topic* that the central office has; empty if it has none."""
    heard = centre.heard(topic)
    return bytes(heard[-1].payload) if heard else b""


@FAILS
def test_the_office_is_told_and_the_daemon_stays(
    disk: Disk, tmp_path: Path, mosquitto: Mosquitto, fail: Callable[[Disk], None]
) -> None:
    """A daemon that ended could not even read its config again, if that is on the same disk."""
    folder = data(disk)
    config = config_file(tmp_path)
    text = re.sub("mqtt://127.0.0.1:[0-9]+", mosquitto.url, config.read_text(encoding="utf-8"))
    config.write_text(text.replace(str(tmp_path / "data"), str(folder)), encoding="utf-8")
    alarm = "state/alarm/database-unavailable"
    with Centre(mosquitto.port) as centre, DaemonChild(config) as daemon:
        daemon.until("ready;")
        daemon.open_visit()
        asyncio.run(until(lambda: centre.heard("event/visit"), PATIENCE_S))
        fail(disk)
        daemon.tell(f"press {ARRIVE}")
        assert "the disk is read-only" in daemon.until("changes wait")
        shows = partial(_last_payload, centre, alarm)
        asyncio.run(until(shows, PATIENCE_S))
        assert json.loads(shows())["alarm"] == "database-unavailable"
        daemon.until("card-read-only: ")
        assert daemon.process.poll() is None
