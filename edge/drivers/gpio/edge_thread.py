"""The thread that receives the edges of all lines.

Rules of this module
--------------------
1. One thread for all lines, waiting in epoll: without edges it does not run.
2. An error of a line is logged and ends the following of that line only, never the thread. The
   line's level can still be read.
3. Before a level counts by the clock, all edges that are older have been read.
"""

import logging
import os
import select
import threading
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Protocol

_LOST = select.EPOLLHUP | select.EPOLLERR

_log = logging.getLogger(__name__)


class Line(Protocol):
    """A line whose edges are followed. Its methods are called on the edge thread."""

    @property
    def due(self) -> float | None:
        """The moment (seconds of ``monotonic``) when :meth:`settle` must be called, or None."""

    def read_edges(self) -> None:
        """Read and handle the edges that wait; there may be none."""

    def settle(self, now: float) -> None:
        """Count the present level if it is due at *now*."""


class EdgeThread:
    """Follows lines by their file descriptors; begins with the first line."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._stop = os.eventfd(0)
        self._epoll.register(self._stop, select.EPOLLIN)
        self._lines: dict[int, Line] = {}
        self._thread: threading.Thread | None = None

    def add(self, fd: int, line: Line) -> None:
        """Follow *line*, whose edges are announced at *fd*."""
        self._lines[fd] = line
        self._epoll.register(fd, select.EPOLLIN)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="gardu-edges", daemon=True)
            self._thread.start()

    def remove(self, fd: int) -> None:
        """Stop following the line at *fd*, before it is closed. May be called twice."""
        if self._lines.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def close(self) -> None:
        """End the thread. Not to be called on it."""
        os.eventfd_write(self._stop, 1)
        if self._thread is not None:
            self._thread.join()
        self._epoll.close()
        os.close(self._stop)

    def _run(self) -> None:
        while True:
            now = monotonic()  # before the wait: rule 3
            for fd, happened in self._epoll.poll(self._wait_s(now)):
                if fd == self._stop:
                    return
                self._read(fd, happened)
            for fd, line in tuple(self._lines.items()):
                if _is_due(line, now):
                    self._guard(fd, line, partial(line.settle, now))

    def _wait_s(self, now: float) -> float | None:
        due = [moment for line in tuple(self._lines.values()) if (moment := line.due) is not None]
        return max(0.0, min(due) - now) if due else None

    def _read(self, fd: int, happened: int) -> None:
        line = self._lines.get(fd)
        if line is None:  # removed meanwhile
            return
        if happened & _LOST:
            _log.error("%r has gone: its edges are no longer followed", line)
            self.remove(fd)
        else:
            self._guard(fd, line, line.read_edges)

    def _guard(self, fd: int, line: Line, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception:  # noqa: BLE001  # rule 2
            _log.exception("the edges of %r are no longer followed", line)
            self.remove(fd)


def _is_due(line: Line, now: float) -> bool:
    due = line.due
    return due is not None and due <= now
