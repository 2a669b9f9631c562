"""A technician at a real terminal: `gardu` in a process of its own on a pseudo-terminal."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_MOST_S = 60.0
# Opened in a new session, the terminal becomes its controlling one: Ctrl-C is then a signal.
_RUN = (
    "import os; os.close(os.open(os.ttyname(0), os.O_RDWR)); "
    "from edge.commands.main import main; main()"
)


class Terminal:
    """Runs `gardu` with *words*; what it prints is read up to a text that is waited for."""

    def __init__(self, *words: str) -> None:
        self._master, slave = pty.openpty()
        environment = {**os.environ, "COLUMNS": "100", "LINES": "40", "TERM": "xterm"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _RUN, *words],
            stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self._text = ""
        self.seen = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)

    def until(self, text: str) -> str:
        """Read up to *text*; return all that was printed since the last call."""
        while text not in self._text:
            part = self._read()
            assert part, f"{text!r} was not printed; printed: {self._text}"
            self._text += part
        before, _, self._text = self._text.partition(text)
        self.seen += before + text
        return before

    def type(self, line: str) -> None:
        """Type *line* and Enter."""
        os.write(self._master, line.encode() + b"\r")

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> None:
        """Press Ctrl-C, or send the signal *number*; again, as a person does, until it ends.

        Python may miss a signal that comes just before it begins to wait for a key.
        """
        for _ in range(6):
            if number == signal.SIGINT:
                os.write(self._master, b"\x03")
            else:
                self._process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_MOST_S / 6)
                return

    def end(self) -> int:
        """Read to the end; return the exit code."""
        while part := self._read():
            self._text += part
        self.seen += self._text
        return self._process.wait(_MOST_S)

    def _read(self) -> str:
        ready, _, _ = select.select([self._master], [], [], _MOST_S)
        if not ready:
            return ""
        try:
            data = os.read(self._master, 65536)
        except OSError:  # Linux: the other end was closed
            return ""
        return _ESCAPE.sub("", data.decode(errors="replace")).replace("\r\n", "\n")


def office(folder: Path) -> tuple[str, ...]:
    """Return the words of `gardu init` for a new config in *folder*."""
    return ("init", "-c", str(folder / "gardu.toml"))
