"""Files with guests' details are for their owner alone; no core dumps; no details in arguments."""

import asyncio
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.guestbook.book import FILE as BOOK
from edge.store.data_folder import FolderLock
from edge.store.store import FILE
from sim.stage.process import gardu
from tests.brokers import Mosquitto
from tests.daemon.test_run import config_file, log_until, start
from tests.daemons import DaemonChild
from tests.guestbook.test_daemon import BASE, NOON_MS, TIMES, config_of
from tests.guests import SECRETS, desk_application, raw_files, register
from tests.longer import slow

UNITS = Path(__file__).parents[2] / "systemd"
OTHERS = 0o077


def open_to_others(folder: Path) -> set[str]:
    """Return the paths from *folder* on, itself too, with which other users may do anything."""
    return {
        str(path)
        for path in (folder, *folder.rglob("*"))
        if stat.S_IMODE(path.lstat().st_mode) & OTHERS
    }


def command(*words: str | Path) -> None:
    """Run `gardu` with *words*."""
    done = subprocess.run(
        [*gardu(), *map(str, words)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def arguments() -> Iterator[bytes]:
    """Yield the arguments of each process that runs now."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            yield (process / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue


def spoil(database: Path) -> None:
    """Write over the middle of *database*, as a worn memory card does."""
    with database.open("r+b") as file:
        file.seek(database.stat().st_size // 4)
        file.write(os.urandom(database.stat().st_size // 2))


@slow
@pytest.mark.parametrize("umask", [0o000, 0o022], ids=oct)
def test_a_simulated_guest_leaves_nothing_for_others(tmp_path: Path, umask: int) -> None:
    """The real daemon's files of a visit, with its still, under any umask."""
    os.umask(umask)
    command("sim", "--procedure", "pimpinan", "--guests", "1", "--json", "--data", tmp_path / "run")
    assert list((tmp_path / "run/data").glob("stills/*/*.jpg.sealed"))
    assert not open_to_others(tmp_path / "run")


@slow
@pytest.mark.parametrize("umask", [0o000, 0o022], ids=oct)
def test_details_damaged_copies_and_exports_are_for_their_owner(
    tmp_path: Path, mosquitto: Mosquitto, umask: int
) -> None:
    """Also what SQLite makes, what is set aside, exports and backups; a drawing is for all."""
    os.umask(umask)
    config, data, out = config_of(tmp_path, mosquitto), tmp_path / "data", tmp_path / "out"
    out.mkdir()

    async def enter(daemon: DaemonChild) -> None:
        await asyncio.to_thread(daemon.until, "ready;")
        async with desk_application(mosquitto.port, BASE) as application:
            await asyncio.to_thread(daemon.open_visit)
            assert (await application.answer(register(NOON_MS))).ok
        for secret in SECRETS:
            assert not [one for one in arguments() if secret.encode() in one]
        # The files of the open databases: logs and shared memory too.
        assert {path.name for path in data.glob("*-wal")} == {f"{FILE}-wal", f"{BOOK}-wal"}
        assert not open_to_others(data)

    with DaemonChild(config, *TIMES, environment={"GARDU_VERBOSE": "1"}) as daemon:
        asyncio.run(enter(daemon))
        assert daemon.stop() == 0
    log = "".join(daemon.log)
    assert "DEBUG" in log
    assert not [secret for secret in SECRETS if secret in log]

    command("guestbook", "export", "-c", config, "-o", out / "tamu.csv")
    command("report", "-c", config, "--format", "csv", "--with-guestbook", "-o", out / "month.csv")
    command("backup", out, "-c", config)
    command("support-bundle", out / "bundle.zip", "-c", config, "--no-doctor")
    assert len(list(out.iterdir())) == 4
    assert not {path for path in open_to_others(out) if path != str(out)}
    assert SECRETS[0].encode() in raw_files(out)
    command("panel", "-c", config, "--svg", out / "panel.svg")
    assert stat.S_IMODE((out / "panel.svg").stat().st_mode) == 0o666 & ~umask

    for name in (FILE, BOOK):
        spoil(data / name)
    with DaemonChild(config, *TIMES) as daemon:
        daemon.until("ready;")
        assert daemon.stop() == 0
    aside = {path.name.partition(".damaged-")[0] for path in data.glob("*.damaged-*Z")}
    assert aside == {FILE, BOOK}
    assert not open_to_others(data)


def test_a_folder_that_was_open_is_closed(tmp_path: Path) -> None:
    """A folder made by hand, or of an older version: the lock's holder closes it, links aside."""
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    (folder / "stills").mkdir(parents=True)
    elsewhere.write_bytes(b"")
    elsewhere.chmod(0o644)
    (folder / "link").symlink_to(elsewhere)
    for name in (BOOK, f"{BOOK}.damaged-20261122T031507Z"):
        (folder / name).write_bytes(b"")
        (folder / name).chmod(0o644)
    for one in (folder, folder / "stills"):
        one.chmod(0o755)
    FolderLock(folder).release()
    assert open_to_others(folder) == {str(folder / "link")}  # a link's own mode has no meaning
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644


def test_what_is_for_others_follows_the_given_umask(tmp_path: Path) -> None:
    """A drawing is as readable as the person who writes it wants; all else is private again."""
    os.umask(0o027)
    script = (
        "from pathlib import Path\n"
        "from edge.private_files import for_others, make_private\n"
        "make_private(); make_private()\n"
        "with for_others(): Path('all').touch()\n"
        "Path('own').touch()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(UNITS.parent)}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, check=True)
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("all", "own")}
    assert modes == {"all": 0o640, "own": 0o600}


def test_the_daemon_leaves_no_core_dump(tmp_path: Path) -> None:
    """Its memory has guests' details: no dump by its own limit, with or without systemd's."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    if before[1] == 0:
        pytest.skip("core dumps are off here already")
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        daemon = start(config_file(tmp_path))
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    try:
        log_until(daemon, "ready;")
        assert resource.prlimit(daemon.pid, resource.RLIMIT_CORE) == (0, 0)
        status = Path(f"/proc/{daemon.pid}/status").read_text(encoding="ascii")
        assert "Umask:\t0077" in status
    finally:
        daemon.terminate()
        daemon.communicate()


@pytest.mark.parametrize("unit", ["gardu.service", "gardu-desk.service"])
def test_a_unit_makes_private_files_and_no_core_dumps(unit: str) -> None:
    """Both hold from the first instruction of the process on."""
    lines = (UNITS / unit).read_text(encoding="utf-8").splitlines()
    assert {"UMask=0077", "LimitCORE=0"} <= set(lines)
