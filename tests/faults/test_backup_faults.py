"""Backup and restore that are killed at random moments, and disks that fill up meanwhile."""

import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.store.store import FILE, Store
from sim.stage.process import gardu
from tests.command_line import invoke
from tests.longer import either, longer, slow
from tests.offices import SOURCE, Populated

pytestmark = slow

KILLS = either(4, 60)
PATIENCE_S = 60.0
RECORDS = 40


@pytest.fixture
def office(tmp_path: Path) -> Populated:
    """A populated office."""
    return Populated(tmp_path / "office", records=RECORDS)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A stick with a file system of 2 MiB of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "gardu-test", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs root that may mount a tmpfs: a small disk of its own")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def kill_during(words: list[str], fraction: float, whole_s: float) -> None:
    """Run `gardu` with *words* and kill it after that fraction of the usual time."""
    process = subprocess.Popen(
        [*gardu(), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(fraction * whole_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def timed(words: list[str]) -> float:
    """Run `gardu` with *words* to its end; return the seconds that it took."""
    began = time.monotonic()
    subprocess.run([*gardu(), *words], check=True, capture_output=True)
    return time.monotonic() - began


@longer
def test_a_killed_backup_leaves_no_file_that_looks_like_one(
    office: Populated, tmp_path: Path
) -> None:
    """After SIGKILL at any moment a file with a backup's name is whole; the next run succeeds."""
    usb = tmp_path / "usb"
    usb.mkdir()
    config = ["--config", str(office.config)]
    words = ["backup", str(usb / "b"), "--force", *config]
    usual_s = timed(words)
    for kill in range(KILLS):
        (usb / "b").unlink(missing_ok=True)
        kill_during(words, random.Random(kill).uniform(0.4, 1.1), usual_s)
        if (usb / "b").exists():
            assert invoke(["restore", "--check", str(usb / "b")]).exit_code == 0
    assert invoke(words).exit_code == 0
    assert [file.name for file in usb.iterdir()] == ["b"], "what was left is tidied up"
    with closing(office.store()) as store:
        assert store.ledger().last == RECORDS


@longer
def test_a_killed_restore_leaves_the_old_or_the_new(office: Populated, tmp_path: Path) -> None:
    """After SIGKILL at any moment a start finds the old database whole, or the restored whole."""
    backup, config = tmp_path / "b", ["--config", str(office.config)]
    assert invoke(["backup", str(backup), *config]).exit_code == 0
    words = ["restore", str(backup), "--replace", *config]
    usual_s, found = timed(words), set[bool]()
    moments = random.Random(2017)
    for fraction in (*(moments.uniform(0.5, 1.1) for _ in range(KILLS)), PATIENCE_S):
        begin_with_old(office.data)
        kill_during(words, fraction, usual_s)  # the last one is not killed
        with closing(Store(office.data, SOURCE, Clock())) as store:
            restored = store.restored is not None
            assert store.ledger().last == (RECORDS + 1 if restored else 0)
            assert bool(store.load()[1]) == restored
            found.add(restored)
        assert not list(office.data.glob("rest*"))
    assert True in found


def begin_with_old(folder: Path) -> None:
    """Put a new, empty database into *folder*."""
    for file in folder.glob("*.db*"):
        file.unlink()
    Store(folder, SOURCE, Clock()).close()


def test_a_stick_that_fills_up(office: Populated, small: Path) -> None:
    """A disk that is full before its figures said so ends the backup in words, and leaves none."""
    (small / "other").write_bytes(bytes(2 * 2**20 - 40_000))
    done = invoke(["backup", str(small), "--config", str(office.config)])
    assert done.exit_code == 1
    assert "free; the backup may need" in done.stderr
    work = office.backup(small / "b")
    with pytest.raises(Exception, match=r"full|No space"):
        work.run()
    assert [file.name for file in small.iterdir()] == ["other"]


def test_a_card_that_is_too_small(office: Populated, small: Path, tmp_path: Path) -> None:
    """A restore that has no room is refused before it writes."""
    backup = tmp_path / "b"
    assert invoke(["backup", str(backup), "--config", str(office.config)]).exit_code == 0
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(text.replace(str(office.data), str(small)), encoding="utf-8")
    done = invoke(["restore", str(backup), "--config", str(office.config)])
    assert done.exit_code == 1
    assert "make room" in done.stderr
    assert not (small / FILE).exists()
