"""Fixtures: a real daemon with a desk's socket, and the desk's pages before it."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desk.application import desk_application
from desk.context import Context, Settings
from desk.daemon import Daemon
from desk.pins import make_pin, write_pin
from desk.roles import Role
from edge.clock import Clock, Stamp
from edge.config.loading import load_config
from edge.daemon.desk_socket import NAME
from pages.server import Server
from tests.daemon.test_run import config_file
from tests.daemons import DaemonChild
from tests.desk.screen import Screen

RECEPTION_PIN, AIDE_PIN = "704913", "581920"
SESSION_S = 3600.0


class HandClock(Clock):
    """The machine's clock, which a test can move forward."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead_s = 0.0

    def now(self) -> Stamp:
        """Return the moment that many seconds ahead; only durations see it."""
        now = super().now()
        return Stamp(now.boot_ns + int(self.ahead_s * 1e9), now.wall_ms, synced=now.synced)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a config with a desk whose socket lies beside it."""
    path = config_file(tmp_path)
    (tmp_path / "socket").mkdir()
    section = f'\n[desk]\nsocket_folder = "{tmp_path / "socket"}"\n'
    path.write_text(path.read_text(encoding="utf-8") + section, encoding="utf-8")
    return path


def start_daemon(config: Path) -> DaemonChild:
    """Start the daemon of *config* with this machine's time; return it once it is ready."""
    daemon = DaemonChild(config, "boot", "1000", f"wall {int(time.time() * 1e3)}", "synced 1")
    daemon._patience.cancel()  # pytest's own time-out ends a test that hangs
    daemon.until("ready;")
    while not _answers(config.with_name("socket") / NAME):
        time.sleep(0.01)
    return daemon


def _answers(path: Path) -> bool:
    """Return True if a daemon listens there: it begins to when its loop is next idle."""
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0


@pytest.fixture
def daemon(config: Path) -> Iterator[DaemonChild]:
    """Run the daemon."""
    with start_daemon(config) as running:
        yield running


@pytest.fixture
def clock() -> HandClock:
    """Return the desk's clock."""
    return HandClock()


@pytest.fixture
def settings(tmp_path: Path, config: Path) -> Settings:
    """Return the desk's settings, with a PIN for each role."""
    file = tmp_path / "pins.json"
    write_pin(file, Role.RECEPTION, make_pin(RECEPTION_PIN))
    write_pin(file, Role.AIDE, make_pin(AIDE_PIN))
    zone = load_config(config, elsewhere=True).checkpoint.zone
    return Settings(pin_file=file, zone=zone, session_s=SESSION_S)


@pytest.fixture
def desk(config: Path, settings: Settings, clock: HandClock) -> Iterator[Server]:
    """Serve the pages; a daemon may run or not."""
    context = Context(Daemon(config.with_name("socket")), settings, clock)
    with Server(desk_application(context)) as running:
        yield running


@pytest.fixture
def screen(desk: Server) -> Callable[[str], Screen]:
    """Return a function that opens a screen and logs it in for a role."""

    def opened(role: str = "reception") -> Screen:
        one = Screen(desk.url)
        page = one.login(role, {"reception": RECEPTION_PIN, "aide": AIDE_PIN}[role])
        assert page.status in {200, 503}, page.text
        return one

    return opened
