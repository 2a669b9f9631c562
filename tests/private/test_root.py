"""Root's commands leave nothing that the daemon's user cannot use, before its first start too."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge.store.store import FILE
from sim.stage.process import gardu
from tests.bare_commands import CASES, prepare
from tests.daemon.test_run import log_until
from tests.longer import slow

# A user of its own, which no other program on the machine has.
USER = 64_921

pytestmark = [
    slow,
    pytest.mark.skipif(bool(os.geteuid()), reason="needs root"),
    pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv (util-linux)"),
]

# Each command that reads a config; the daemon and the simulator are not for root here.
WORDS = [
    case.words
    for case in CASES
    if "{config}" in case.words and not case.words.startswith(("run", "desk", "reload"))
]


def as_user(*words: str) -> list[str]:
    """Return the command that runs *words* as the user; it may read all: Python may be root's."""
    capability = "+dac_read_search"
    user = ["--reuid", str(USER), "--regid", str(USER), "--clear-groups"]
    return ["setpriv", *user, "--inh-caps", capability, "--ambient-caps", capability, *words]


def give(folder: Path) -> None:
    """Give *folder* and all in it to the user."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, USER, USER)


def start_and_stop(config: str) -> None:
    """Start the daemon as the user; it must become ready, and stop clean."""
    environment = {**os.environ, "GPIOZERO_PIN_FACTORY": "mock"}
    daemon = subprocess.Popen(
        as_user(*gardu(), "run", "--config", config),
        env=environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        log_until(daemon, "ready;")
    finally:
        daemon.terminate()
        daemon.communicate()
    assert daemon.returncode == 0


@pytest.mark.parametrize("state", ["before the first start", "after a stop", "after a kill"])
def test_the_daemon_starts_after_every_command_of_root(tmp_path: Path, state: str) -> None:
    """Each command that reads a config, run as root: no file of root is in the data folder."""
    places = prepare(tmp_path)
    data = tmp_path / "data"
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    if state == "before the first start":
        shutil.rmtree(data)
        data.mkdir(mode=0o700)
    give(data)
    if state == "after a kill":
        # A log that was not written back: the next reader of the database works on it.
        script = (
            "import os, sqlite3, sys\n"
            "one = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            "one.execute('PRAGMA journal_mode = WAL')\n"
            "one.execute('PRAGMA user_version = 0')\n"
            "one.execute('CREATE TABLE unused (n)'); one.execute('DROP TABLE unused')\n"
            "os._exit(0)\n"
        )
        subprocess.run(as_user(sys.executable, "-c", script, str(data / FILE)), check=True)
        assert (data / f"{FILE}-wal").exists()
    for words in WORDS:
        out = tmp_path / "out"
        out.unlink(missing_ok=True)
        subprocess.run(
            [*gardu(), *(word.format(**places, out=out) for word in words.split())],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
            cwd=tmp_path, env={**os.environ, "GPIOZERO_PIN_FACTORY": "mock"},
        )  # fmt: skip
        owners = {path.lstat().st_uid for path in (data, *data.rglob("*"))}
        assert owners == {USER}, words
    start_and_stop(places["config"])
