"""The broker of the central office, on this machine: the guest reaches it as 10.0.2.2."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from virtual_pi.commands import start
from virtual_pi.errors import CannotRun

HOST_OF_GUEST = "10.0.2.2"
"""This machine's loopback, as the guest's network names it."""
_START_LIMIT = 20.0


def free_port() -> int:
    """Return a TCP port that is free on the loopback."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """Run mosquitto on the loopback and yield its port.

    :raises CannotRun: if it is not installed or does not start
    """
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/bin:/bin")
    if program is None:
        raise CannotRun("mosquitto is not installed (apt install mosquitto)")
    port = free_port()
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nuser root\n"
    )
    process = start(program, "-c", config, log=folder / "mosquitto.log")
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_LIMIT
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as trial:
            trial.settimeout(1)
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise CannotRun("mosquitto does not start; is another program in its place?")
