"""Runs commands in the guest, by the agent on its virtio port (inside/agent.py)."""

import json
import socket
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from virtual_pi.errors import CommandFailed, Unreachable

LIMIT = 300.0
"""Seconds for a command: a busy machine emulates a processor slowly."""
_SPARE = 30.0  # seconds that an answer may take longer than its command
_LAST_LINES = 15


class Answer(NamedTuple):
    """The exit code and the output of a command."""

    code: int
    output: str


class Agent:
    """The agent of one guest.

    :param path: the socket of its virtio port
    :param alive: False once the virtual machine has ended
    """

    def __init__(self, path: Path, alive: Callable[[], bool] = lambda: True) -> None:
        self._path = path
        self._alive = alive

    def ask(self, command: str, *, timeout: float = LIMIT, spare: float = _SPARE) -> Answer:
        """Run a shell command in the guest and return its exit code and output.

        :param timeout: seconds after which the guest ends it, with code 124
        :raises Unreachable: if the guest does not answer
        """
        identity = uuid.uuid4().hex
        request = {"id": identity, "command": command, "timeout": timeout}
        end = time.monotonic() + timeout + spare
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                self._connect(connection, end)
                # The new line ends what an earlier connection left half written.
                connection.sendall(b"\n" + json.dumps(request).encode() + b"\n")
                return self._read(connection, identity, end)
        except OSError as error:
            raise Unreachable(f"the guest does not answer: {error}") from error

    def _connect(self, connection: socket.socket, end: float) -> None:
        """Connect; QEMU serves one connection after the other, and few may wait."""
        connection.setblocking(False)
        while True:
            try:
                connection.connect(str(self._path))
            except BlockingIOError:
                if time.monotonic() > end or not self._alive():
                    raise
                time.sleep(0.1)
            else:
                connection.settimeout(5)
                return

    def _read(self, connection: socket.socket, identity: str, end: float) -> Answer:
        waiting = b""
        connection.settimeout(1)
        while time.monotonic() < end:
            try:
                received = connection.recv(65536)
            except TimeoutError:
                if not self._alive():
                    break
                continue
            if not received:
                break
            *lines, waiting = (waiting + received).split(b"\n")
            for line in lines:
                found = parse(line, identity)
                if found is not None:
                    return found
        raise Unreachable("the guest does not answer")

    def run(self, command: str, *, timeout: float = LIMIT) -> str:
        """Run a shell command in the guest and return its output.

        :raises CommandFailed: if its exit code is not 0
        """
        code, output = self.ask(command, timeout=timeout)
        if code:
            last = "\n".join(output.splitlines()[-_LAST_LINES:])
            raise CommandFailed(f"in the guest: {command[:300]}: exit code {code}\n{last}")
        return output

    def wait(self, limit: float) -> float:
        """Wait until the guest answers and return the seconds.

        :raises Unreachable: if it does not within *limit* seconds, or the machine has ended
        """
        began = time.monotonic()
        while time.monotonic() - began < limit and self._alive():
            try:
                self.ask("true", timeout=3, spare=1)
            except Unreachable:
                time.sleep(0.3)
            else:
                return time.monotonic() - began
        raise Unreachable(f"the guest does not answer after {time.monotonic() - began:.0f} s")


def parse(line: bytes, identity: str) -> Answer | None:
    """Return the answer in *line*, or None if it belongs to another request."""
    try:
        answer = json.loads(line)
    except ValueError:
        return None
    if not isinstance(answer, dict) or answer.get("id") != identity:
        return None
    return Answer(int(answer["code"]), str(answer["output"]))
