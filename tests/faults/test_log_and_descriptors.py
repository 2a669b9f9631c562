"""A stalled log reader, a closed one, and no file descriptor left: the checkpoint goes on."""

import asyncio
import contextlib
import fcntl
import resource
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.commands.ask import ask_devices
from edge.daemon.control import socket_path
from tests.brokers import until
from tests.daemon.test_reload import records
from tests.daemon.test_run import config_file
from tests.daemons import ARRIVE, DECLINE, PATIENCE_S, DaemonChild
from tests.longer import slow

pytestmark = slow

SIZE = 4096  # of the smallest pipe, bytes: eight visits fill it


def closed(folder: Path) -> int:
    """Return the number of visits that have ended."""
    return [record["type"] for record in records(folder)].count("gardu.visit.closed.v1")


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until *condition* holds."""
    asyncio.run(until(condition, PATIENCE_S))


def serve_visits(daemon: DaemonChild, folder: Path, count: int) -> None:
    """Open and decline *count* visits; wait until all are recorded."""
    before = closed(folder)
    for number in range(before + 1, before + count + 1):
        daemon.tell(f"press {ARRIVE}", f"press {DECLINE}", f"press {DECLINE}")
        wait_for(lambda number=number: closed(folder) == number)  # type: ignore[misc]


@pytest.mark.parametrize("gone", [False, True])
def test_the_reader_of_the_log_stops(tmp_path: Path, *, gone: bool) -> None:
    """Full pipe or closed one: visits are recorded, and a clean stop ends the process."""
    with DaemonChild(config_file(tmp_path)) as daemon:
        daemon.until("ready;")
        assert daemon.process.stderr is not None
        fcntl.fcntl(daemon.process.stderr, fcntl.F_SETPIPE_SZ, SIZE)
        if gone:
            daemon.process.stderr.close()
        serve_visits(daemon, tmp_path, 10)
        daemon.process.terminate()
        assert daemon.process.wait(PATIENCE_S) == 0


def test_a_start_that_fails_ends_although_no_reader_reads(tmp_path: Path) -> None:
    """The last line of a failed start is not waited for without end."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "gardu.db").mkdir()
    with DaemonChild(config_file(tmp_path)) as daemon:
        assert daemon.process.stderr is not None
        assert daemon.process.wait(PATIENCE_S) == 1


def test_out_of_file_descriptors(tmp_path: Path) -> None:
    """No descriptor is left: visits go on, the log is not flooded, and all works again after."""
    data = tmp_path / "data"
    with DaemonChild(config_file(tmp_path)) as daemon, contextlib.ExitStack() as clients:
        daemon.until("ready;")
        pid = daemon.process.pid
        serve_visits(daemon, tmp_path, 1)  # so the buttons are open
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, before[1]))
        for _ in range(3):
            clients.enter_context(connect(data))
        daemon.until("out of system resource")
        serve_visits(daemon, tmp_path, 2)
        assert daemon.process.poll() is None
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        assert ask_devices(data)
        assert daemon.stop() == 0
    log = "".join(daemon.log)
    assert log.count("out of system resource") == 1
    assert "Traceback" not in log


def connect(data: Path) -> socket.socket:
    """Connect to the control socket; it need not be accepted."""
    client = socket.socket(socket.AF_UNIX)
    with socket_path(data) as path:
        client.connect(path)
    return client
