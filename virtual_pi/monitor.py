"""QEMU's monitor (QMP): stops and continues the processors, plugs devices, resets."""

import json
import socket
import time
from pathlib import Path
from typing import Any

from virtual_pi.errors import CommandFailed, Unreachable


class Monitor:
    """The monitor of one virtual machine.

    :param path: its socket
    """

    def __init__(self, path: Path, *, limit: float = 60.0) -> None:
        self._path = path
        self._limit = limit

    def execute(self, command: str, **arguments: object) -> Any:
        """Run a command and return its value.

        :raises CommandFailed: if QEMU refuses it
        :raises Unreachable: if QEMU does not answer
        """
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(self._limit)
                connection.connect(str(self._path))
                with connection.makefile("rwb") as lines:
                    lines.readline()  # its greeting
                    _ask(lines, {"execute": "qmp_capabilities"})
                    return _ask(lines, {"execute": command, "arguments": arguments})
        except OSError as error:
            raise Unreachable(f"QEMU's monitor does not answer: {error}") from error

    def wait_gone(self, device: str, limit: float = 30.0) -> None:
        """Wait until QEMU has removed *device*."""
        end = time.monotonic() + limit
        while device in str(self.execute("qom-list", path="/machine/peripheral")):
            if time.monotonic() > end:
                raise CommandFailed(f"QEMU still has the device {device}")
            time.sleep(0.1)


def _ask(lines: Any, request: dict[str, object]) -> Any:
    lines.write(json.dumps(request).encode() + b"\n")
    lines.flush()
    while line := lines.readline():
        answer = json.loads(line)
        if "return" in answer:
            return answer["return"]
        if "error" in answer:
            raise CommandFailed(f"QEMU refuses {request['execute']}: {answer['error']['desc']}")
    raise Unreachable("QEMU closed its monitor")
