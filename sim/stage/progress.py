"""Progress of a run for people, at intervals of real time: the run's own time may be simulated."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.status import Status

from edge.printable import printable_lines
from edge.terminal import Terminal

# Real seconds between two reports: on a terminal, in a file.
_TERMINAL_S = 0.5
_FILE_S = 15.0


def say(words: str, *, err: bool = False) -> None:
    """Print *words* on stdout or stderr, with foreign text in them made harmless."""
    out = sys.stderr if err else sys.stdout
    out.write(f"{printable_lines(words)}\n")
    out.flush()


@contextmanager
def progress(words: Callable[[], str]) -> Iterator[None]:
    """Show *words* on stderr while the context lasts.

    One changing line on a terminal, off a terminal a line every 15 s.

    :param words: called on a thread of its own; it only reads
    """
    console, over = Terminal(stderr=True), threading.Event()
    if sys.stderr.isatty():
        status = Status(words(), console=console)
        with status, _every(_TERMINAL_S, over, lambda: status.update(words())):
            yield
    else:
        with _every(_FILE_S, over, lambda: console.print(words(), highlight=False)):
            yield


@contextmanager
def _every(seconds: float, over: threading.Event, call: Callable[[], object]) -> Iterator[None]:
    def run() -> None:
        while not over.wait(seconds):
            call()

    thread = threading.Thread(target=run, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
