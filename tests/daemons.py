"""A daemon process for tests, which press its buttons, set its clock, hang it and kill it."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

# An upper limit; a passing test never waits so long.
PATIENCE_S = 30.0

# Buttons of config/gardu.toml: reception's arrive (pimpinan) and decline.
ARRIVE, DECLINE = 2, 18


class DaemonChild:
    """``tests.daemon_child`` as a process. Use as ``with``; it is killed at the end.

    :param times: name of the boot, its age (s), commands to run first
    :param within: returns the command that runs another one, for example in a sandbox
    """

    def __init__(
        self,
        config: Path,
        *times: str,
        environment: dict[str, str] | None = None,
        within: Callable[..., list[str]] | None = None,
    ) -> None:
        command = [sys.executable, "-m", "tests.daemon_child", str(config), *times]
        self.process = subprocess.Popen(
            within(*command) if within else command,
            cwd=Path(__file__).parents[1],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.log: list[str] = []
        self._patience = threading.Timer(PATIENCE_S, self.process.kill)
        self._patience.daemon = True
        self._patience.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def tell(self, *deeds: str) -> None:
        """Send the commands *deeds* to the process, in order."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{deed}\n" for deed in deeds))

    def until(self, wanted: str) -> str:
        """Read the log until a line has *wanted* in it; return that line."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)
            if wanted in line:
                return line
        raise AssertionError(f"no {wanted!r} in:\n{''.join(self.log)}")

    def open_visit(self) -> None:
        """Press *arrive*: a visit opens."""
        self.tell(f"press {ARRIVE}")
        self.until("gardu.visit.opened.v1")

    def decline_visit(self) -> None:
        """Press *decline* at reception, and confirm it."""
        self.tell(f"press {DECLINE}", f"press {DECLINE}")
        self.until("gardu.visit.closed.v1")

    def stop(self) -> int:
        """Stop it as systemd does, read its log to the end, return its exit code."""
        self.process.terminate()
        return self.end()

    def end(self) -> int:
        """Read its log to the end, return its exit code."""
        assert self.process.stderr is not None
        self.log += self.process.stderr
        code = self.process.wait()
        self._close()
        return code

    def kill(self) -> None:
        """Kill it (SIGKILL); the rest of its log is not read."""
        self.process.kill()
        self.process.wait()
        self._close()

    def _close(self) -> None:
        self._patience.cancel()
        for pipe in (self.process.stdin, self.process.stderr):
            if pipe is not None and not pipe.closed:
                pipe.close()


def of(records: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Return the data of the *records* of type *kind*, with their ``time``."""
    return [
        {**record["data"], "time": record["time"]} for record in records if record["type"] == kind
    ]
