"""Log writer: writes the daemon's log to stderr on a thread of its own.

The reader of the log (journald, a program behind a pipe) may stop reading, and a write then blocks
without an end. So lines wait in a queue of bounded length; what finds it full is dropped and
counted, and the count is logged once the reader is back. The queue listener of the standard library
is not used: its end waits for the reader.
"""

import contextlib
import logging
import os
import queue
import select
import sys
import threading

STDERR = 2

# Lines that wait at most: half a megabyte.
MOST_LINES = 2000
# The longest wait for the reader at the end of the process, real seconds (systemd: TimeoutStopSec).
END_S = 1.0


class LogWriter(logging.Handler):
    """Writes the lines of the log to the file descriptor *out*; never blocks its callers."""

    def __init__(self, out: int = STDERR, most_lines: int = MOST_LINES) -> None:
        super().__init__()
        self._refused = 0  # by callers, one at a time
        self._failed = 0  # on the thread
        self._out = out
        self._lines = queue.Queue[str | threading.Event](most_lines)
        # A daemon thread: a write that blocks must not block the end of the process.
        threading.Thread(target=self._write_all, name="log-writer", daemon=True).start()

    @property
    def dropped(self) -> int:
        """Number of lines that were not written."""
        return self._refused + self._failed

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the line of *record*."""
        try:
            self._lines.put_nowait(self.format(record))
        except Exception:  # noqa: BLE001 - full, or wrong arguments: it must not stop its caller
            self._refused += 1

    def flush(self) -> None:
        """Wait until the lines so far are written, at most END_S."""
        written = threading.Event()
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(written)
            written.wait(END_S)

    def _write_all(self) -> None:
        reported = 0
        while True:
            line = self._lines.get()
            if isinstance(line, threading.Event):
                line.set()
            else:
                self._write(line)
            if self.dropped != reported and self._lines.empty():
                count, reported = self.dropped - reported, self.dropped
                self._write(self._report(count))

    def _write(self, line: str) -> None:
        if not write(line, self._out):
            self._failed += 1

    def _report(self, count: int) -> str:
        text = "%d lines of the log were dropped: its reader had stopped reading"
        return self.format(
            logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, (count,), None)
        )


def lines_dropped() -> int:
    """Return the number of log lines of this process that were not written."""
    handlers = logging.getLogger().handlers
    return sum(handler.dropped for handler in handlers if isinstance(handler, LogWriter))


def write(line: str, out: int = STDERR) -> bool:
    """Write *line* and a line feed to *out*, however long that takes; return False if it failed."""
    rest = f"{line}\n".encode("utf-8", "backslashreplace")
    while rest:
        try:
            rest = rest[os.write(out, rest) :]
        except BlockingIOError:  # another process with the same pipe has made it non-blocking
            select.select([], [out], [])
        except OSError:  # the reader is gone
            return False
    return True


def write_last(lines: list[str]) -> None:
    """Write *lines* to stderr at the end of the process, and wait for the reader at most END_S."""
    writing = threading.Thread(target=write, args=("\n".join(lines),), daemon=True)
    writing.start()
    writing.join(END_S)


def open_standard_files() -> None:
    """Open /dev/null in the place of standard files that are closed.

    Otherwise the next file that is opened would become stderr, and be written to.
    """
    if None in (sys.stdin, sys.stdout, sys.stderr):
        while (number := os.open(os.devnull, os.O_RDWR)) <= STDERR:
            pass
        os.close(number)
