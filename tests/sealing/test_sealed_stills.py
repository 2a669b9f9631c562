"""Stills with an office key: sealed as they are written, sent as they are, sealed in place."""

import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.daemon.local_key import CREDENTIAL, FILE, local_key
from edge.sop.state import PendingStill
from edge.store.still_files import StillFiles
from edge.store.still_sealing import seal_still, seal_stills_forever, unsealed
from edge.store.store import Store
from edge.worker import Worker
from tests.guestbook.test_book import AT
from tests.sealing.card import found_on
from tests.sealing.keys import KEY, KEYS

JPEG = b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00" + os.urandom(6000) + b"\xff\xd9"


def row(store: Store, folder: Path, name: str, *, sent: bool = False) -> Path:
    """Write the plain still *name* with its row; return its file."""
    taken = StillFiles(folder).write(name, AT, JPEG)
    pending = PendingStill(visit="v", step="s", purpose="desk")
    store.add_still(StillFiles(folder).row(taken, pending))
    if sent:
        store.note_still_ack(name)
        store.flush_acks()
    return folder / "stills" / AT.iso()[:10] / f"{name}.jpg"


def sent_paths(store: Store) -> dict[str, str]:
    """Return the paths of the rows of delivered stills, by id."""
    return {one["id"]: one["path"] for one in store.documents.table("stills-sent")}


def test_a_still_is_written_sealed(tmp_path: Path) -> None:
    """Digest and size are those of the file; only the key brings the picture back."""
    files = StillFiles(tmp_path, key=KEY)
    taken = files.write("one", AT, JPEG)
    made = files.row(taken, PendingStill(visit="v", step="s", purpose="desk"))
    content = (tmp_path / made.path).read_bytes()
    assert made.path.endswith("one.jpg.sealed")
    assert (taken.sha256, taken.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert KEYS.open(content) == JPEG
    assert [file.name for file in tmp_path.rglob("*.*")] == ["one.jpg.sealed"]
    assert not found_on(tmp_path, [], [JPEG])
    StillFiles(tmp_path).write("two", AT, JPEG)
    assert found_on(tmp_path, [], [JPEG]) == {"a picture in two.jpg"}


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: no part of a still is left, sealed or not."""

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        StillFiles(tmp_path, key=KEY).write("one", AT, JPEG)
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_stills_from_before_the_key_are_sealed(tmp_path: Path) -> None:
    """Delivered ones and strays now; one that waits keeps its digest until it was sent."""
    with_store = Store(tmp_path, "/gardu/a/b", Clock())
    sent, waiting = (
        row(with_store, tmp_path, "sent", sent=True),
        row(with_store, tmp_path, "waiting"),
    )
    stray = sent.with_name("stray.jpg")
    stray.write_bytes(JPEG)
    found = unsealed(with_store, tmp_path)
    assert (found.files, found.waiting) == ([sent, stray], 1)
    for file in found.files:
        number = found.sent.get(str(file.relative_to(tmp_path)))
        seal_still(with_store, tmp_path, KEY, file, number)
    assert found_on(tmp_path, [], [JPEG]) == {"a picture in waiting.jpg"}
    assert KEYS.open((tmp_path / sent_paths(with_store)["sent"]).read_bytes()) == JPEG
    with_store.note_still_ack("waiting")
    with_store.flush_acks()
    assert unsealed(with_store, tmp_path).files == [waiting]
    with_store.close()


def test_the_daemon_seals_them_at_its_start(tmp_path: Path) -> None:
    """The loop does it on the store's thread, and asks again later only for those that wait."""
    store, worker = Store(tmp_path, "/gardu/a/b", Clock()), Worker("store")
    row(store, tmp_path, "sent", sent=True)

    class Once(Exception):
        pass

    class StopClock(Clock):
        async def pause(self, seconds: float) -> None:
            raise Once(seconds)

    async def scenario() -> None:
        with pytest.raises(Once, match="86400"):
            await seal_stills_forever(store, worker, StopClock(), tmp_path, KEY)

    asyncio.run(scenario())
    assert sent_paths(store)["sent"].endswith("sent.jpg.sealed")
    assert not found_on(tmp_path, [], [JPEG])
    worker.stop()
    store.close()


def test_old_bytes_of_a_still_are_overwritten(tmp_path: Path) -> None:
    """The file itself is overwritten before it is deleted: a second name of it shows zeros."""
    store = Store(tmp_path, "/gardu/a/b", Clock())
    file = row(store, tmp_path, "sent", sent=True)
    other = tmp_path / "second-name"
    os.link(file, other)
    seal_still(store, tmp_path, KEY, file, None)
    assert not file.exists()
    assert other.read_bytes() == bytes(len(JPEG))
    store.close()


def test_the_local_key_outlives_a_restart_in_memory_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the unit's runtime directory, for its owner alone; else each start has its own."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"{tmp_path}:/elsewhere")
    first = local_key()
    assert local_key() == first
    assert len(first) == 32
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    (tmp_path / FILE).write_bytes(b"short")
    assert local_key() != first
    monkeypatch.setattr("edge.daemon.local_key.in_memory", lambda _folder: False)
    assert local_key() != local_key(), "a directory on a disk is not used"
    monkeypatch.delenv("RUNTIME_DIRECTORY")
    assert local_key() != local_key()


def test_a_credential_of_the_unit_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the same after a power cut; one that is too short is left out."""
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert local_key() != local_key()
    (tmp_path / CREDENTIAL).write_bytes(b"0123456789abcdef0123456789abcdef\n")
    assert local_key() == local_key()
    (tmp_path / CREDENTIAL).write_bytes(b"short")
    assert local_key() != local_key()
