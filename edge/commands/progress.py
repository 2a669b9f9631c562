"""A progress bar on stderr, for commands that may last long."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from edge.clock import Clock

if TYPE_CHECKING:
    from rich.progress import Progress

MIB = 2**20

# Time before the bar appears, and between two updates, seconds.
_PATIENCE_S, _INTERVAL_S = 1.0, 0.1


class ProgressBar:
    """Shows how many of *total* records, or other units, are done, if *stream* is a terminal.

    Appears after a second, so not for short work, and is erased at the end.

    :param stream: by default stderr
    """

    def __init__(
        self,
        total: int,
        unit: str = "records",
        *,
        stream: TextIO | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._total = total
        self._unit = unit
        self._stream = stream or sys.stderr
        self._clock = clock or Clock()
        self._shown = self._stream.isatty()
        self._next_s = self._now_s() + _PATIENCE_S
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.end()

    def update(self, done: int) -> None:
        """Show that *done* records are done; may be called at any rate."""
        if not self._shown or self._now_s() < self._next_s:
            return
        self._next_s = self._now_s() + _INTERVAL_S
        if self._bar is None:
            self._bar = self._begin(done)
        self._bar.update(self._bar.task_ids[0], completed=done, refresh=True)

    def end(self) -> None:
        """Erase the bar, and show none from now on; may be called twice."""
        self._shown = False
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _begin(self, done: int) -> "Progress":
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        from edge.terminal import Terminal

        bar = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            self._unit,
            TimeRemainingColumn(),
            console=Terminal(file=self._stream),
            auto_refresh=False,
            transient=True,
            get_time=self._now_s,
            # Else what the command prints on stdout would go to stderr.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        bar.add_task("", total=self._total, completed=done)
        bar.start()
        return bar

    def _now_s(self) -> float:
        return self._clock.boot_ns() / 1e9
