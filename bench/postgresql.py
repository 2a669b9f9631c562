"""PostgreSQL for a measure or a test: a server in a temporary folder, on a free loopback port."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from bench.broker import HOST
from edge.errors import GarduError
from sim.stage.broker import free_port

# The server refuses to run as root; this user owns nothing on the machine.
_USER = "nobody"
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "max_connections": "40",
}


def programs() -> Path | None:
    """Return the folder of the server's programs; None if it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    return None if program is None else Path(program).parent


class PostgreSQL:
    """One server; the same port at every start.

    :param synced: its commits are synced to the disk; else they survive a killed process only
    :param parent: the folder in which its own is made; None: that of temporary files
    :param settings: of the server, beside or instead of those of a small one
    """

    def __init__(
        self,
        *,
        synced: bool = True,
        parent: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        folder = programs()
        if folder is None:
            raise GarduError("PostgreSQL is not installed (sudo apt install postgresql)")
        self._settings = {**_SETTINGS, "fsync": "on" if synced else "off", **(settings or {})}
        self._programs = folder
        self._user = _USER if os.geteuid() == 0 else None
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="gardu-postgresql-", dir=parent))
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "gardu", "-A", "trust", "-E", "UTF8", "--no-sync",
                  "--locale", "C")  # fmt: skip

    def start(self) -> None:
        """Start it; returns once it accepts connections."""
        settings = self._settings.items()
        options = [word for key, value in settings for word in ("-c", f"{key}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - arguments of ours
                [self._programs / "postgres", "-D", self.folder / "data", "-p", str(self.port),
                 *options],
                stdout=log, stderr=log, user=self._user, cwd=self.folder, start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self._address("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
            else:
                return

    @property
    def pid(self) -> int:
        """The process id of the running server; its other processes are children of it."""
        assert self._process is not None
        return self._process.pid

    def stop(self, *, kill: bool = False) -> None:
        """Stop it at once, or end all its processes with SIGKILL."""
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.send_signal(signal.SIGQUIT)
        process.wait(60)

    def remove(self) -> None:
        """Stop it and delete its files."""
        self.stop(kill=True)
        shutil.rmtree(self.folder)

    def new_database(self) -> str:
        """Return the URL of a new database."""
        self._databases += 1
        name = f"office_{self._databases}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self._address(name)

    def _address(self, database: str) -> str:
        return f"postgresql://gardu@{HOST}:{self.port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603 - arguments of ours
            [self._programs / program, *arguments],
            check=False, capture_output=True, user=self._user, cwd=self.folder,
        )  # fmt: skip
        if done.returncode:
            raise GarduError(f"{program}: {done.stderr.decode()}")
