"""The store on a disk where writes and syncs fail with EIO, for real (a FUSE file system)."""

import errno
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.errors import StoreError
from edge.store.still_files import StillFiles
from edge.store.store import Store
from tests.faults.powercut.mount import Mount, missing, mounted
from tests.faults.powercut.workload import DATA, decide, open_store
from tests.faults.test_store_crash import check

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

FAILURES = [
    (what, name, nth)
    for what in ("write", "fsync")
    for name in ("gardu.db-wal", "gardu.db")
    for nth in (1, 2, 5)
]


@pytest.fixture
def mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mount]:
    """A disk that can be made to fail; the log is checkpointed every few decisions."""
    monkeypatch.setattr("edge.store.database._CHECKPOINT_EVERY", 30)
    with mounted(tmp_path) as disk:
        yield disk


def decide_until_failure(store: Store, stills: StillFiles) -> int:
    """Return the number of the decision that could not be committed."""
    for number in range(3, 100):
        try:
            decide(store, stills, number)
        except StoreError as error:
            assert "disk I/O error" in str(error)  # noqa: PT017 - of the first that fails
            return number
    raise AssertionError("the failure never came")


@pytest.mark.parametrize(("what", "name", "nth"), FAILURES)
def test_nothing_more_is_admitted(mount: Mount, what: str, name: str, nth: int) -> None:
    """After EIO the file is not read, written or synced again, even when the disk is well again."""
    store, stills = open_store(mount.path / DATA), StillFiles(mount.path / DATA)
    decide(store, stills, 1)
    decide(store, stills, 2)
    mount.fail(what, name, errno.EIO, nth)
    number = decide_until_failure(store, stills)
    mount.heal()
    done = mount.done()
    for call in (store.ledger, store.load, lambda: store.acknowledge([1])):
        with pytest.raises(StoreError, match="disk I/O error"):
            call()
    assert mount.done() == done
    store.close()
    again = open_store(mount.path / DATA)
    document, _ = again.load()
    assert document in ({"number": number - 1}, {"number": number})
    last = document["number"] if document else 0
    decide(again, stills, last + 1)
    assert [row.sequence for row in again.waiting(0, 200)] == list(range(1, last + 2))
    assert again.quarantined is None
    again.close()


@pytest.mark.parametrize("what", ["write", "fsync"])
def test_the_process_ends_and_recovers(mount: Mount, what: str) -> None:
    """A process that commits ends at the first EIO; the next one has every confirmed commit."""
    folder = mount.path / DATA
    folder.mkdir()
    command = [sys.executable, "-m", "tests.store_child", str(folder)]
    root = Path(__file__).parents[2]
    promised = acknowledged = 0
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        for line in child.stdout:
            word, _, number = line.partition(" ")
            promised = int(number) if word == "committed" else promised
            acknowledged = int(number) if word == "acknowledged" else acknowledged
            if line == "committed 20\n":
                mount.fail(what, "gardu.db-wal", errno.EIO)
        assert "StoreError" in child.stderr.read()
    assert child.returncode == 1
    assert promised >= 20
    mount.heal()
    check(folder, promised, acknowledged)


def test_a_still_that_cannot_be_written_leaves_nothing(mount: Mount) -> None:
    """EIO at a still is an OSError for the camera to report; no half file stays."""
    stills = StillFiles(mount.path)
    mount.fail("fsync", ".part", errno.EIO)
    with pytest.raises(OSError, match="Input/output"):
        stills.write("s", Clock().now(), b"jpeg")
    assert not [file for file in mount.path.rglob("*") if file.is_file()]
