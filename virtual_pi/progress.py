"""Progress on stderr: one line at the beginning and at the end of each stage, with its seconds."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def to_stderr(line: str) -> None:
    """Print a line of progress."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


class Progress:
    """Reports stages with the seconds since the start.

    :param report: called with each line
    """

    def __init__(
        self,
        report: Callable[[str], None] = to_stderr,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._report = report
        self._clock = clock
        self._began = clock()

    def note(self, words: str) -> None:
        """Report *words* with the seconds since the start."""
        self._report(f"{self._clock() - self._began:6.0f} s  {words}")

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Report the beginning and the end of a stage, and how long it took."""
        began = self._clock()
        self.note(f"{name} ...")
        yield
        self.note(f"{name}: {self._clock() - began:.0f} s")
