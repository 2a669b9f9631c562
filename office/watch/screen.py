"""Shows the board of `gardu watch`: on the terminal's whole screen, or as plain lines elsewhere.

``frame`` composes what is to be shown, on the event loop; the call that it returns writes it, and
runs on a thread of its own: a terminal that was paused (Ctrl-S) must not stop the reception.
"""

import sys
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Self

from rich.console import Group
from rich.live import Live
from rich.text import Text

from edge.printable import printable
from edge.terminal import Terminal
from office.watch.attention import Attention, Kind, watchers_zone
from office.watch.board import Board, attention_words
from office.watch.consumer import Consumer

# Messages that are printed again after the screen was left.
_MOST_MESSAGES = 200
# Length of a message, characters: a topic may have 65,535.
_LONGEST = 600
# Width of an output that has none of its own (a file, a pipe), characters.
_WIDTH = 120

Show = Callable[[], None]


class Screen:
    """The board on a terminal, redrawn in place; the screen before it comes back at the end."""

    def __init__(self, consumer: Consumer, title: str, console: Terminal) -> None:
        self._board = Board(consumer, title)
        self._console = console
        self._messages = deque[str](maxlen=_MOST_MESSAGES)
        # With messages on the same terminal: they are shown below the board.
        self._holds_messages = sys.stderr.isatty()
        self._live = Live(
            console=console, auto_refresh=False, screen=True,
            redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._live.stop()
        for one in self._messages:
            write_message(one)

    def show_message(self, words: str) -> None:
        """Show a message."""
        if self._holds_messages:
            self._messages.append(f"{_now():%H:%M:%S} {words[:_LONGEST]}")
        else:
            write_message(words)

    def frame(self, names: set[str], at: float, link: str) -> Show:
        """Return the call that draws the board, after a change of the checkpoints *names*."""
        self._board.update(names, at)
        width, height = self._console.size
        lines = self._board.lines(width, height, link, tuple(self._messages))
        return lambda: self._live.update(Group(*lines), refresh=True)


class PlainLines:
    """A line for each alarm, outage and overdue step that begins or ends; at the end the board."""

    def __init__(self, consumer: Consumer, title: str, console: Terminal) -> None:
        self._board = Board(consumer, title)
        self._console = console
        self._link = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        lines = self._board.lines(_WIDTH, None, self._link)
        self._console.print(Text("\n").join(lines), soft_wrap=True)

    def show_message(self, words: str) -> None:
        """Print a message."""
        write_message(words)

    def frame(self, names: set[str], at: float, link: str) -> Show | None:
        """Return the call that prints the changes of the checkpoints *names*; None if none."""
        self._link = link
        began, ended = self._board.update(names, at)
        now = f"{_now():%Y-%m-%d %H:%M:%S}"
        lines = [f"{now} ended: {attention_words(one)}" for one in ended if _shown(one)]
        lines += [f"{now} {attention_words(one)}" for one in began if _shown(one)]
        return (lambda: self._print(lines)) if lines else None

    def _print(self, lines: list[str]) -> None:
        self._console.print(Text("\n".join(lines)), soft_wrap=True)


def _now() -> datetime:
    return datetime.now(watchers_zone())


def _shown(one: Attention) -> bool:
    """Return False for what is a message on stderr already."""
    return one.kind not in (Kind.GAP, Kind.BROKEN)


def write_message(words: str) -> None:
    """Write a message to stderr; if that is closed, it is lost."""
    try:
        sys.stderr.write(f"gardu watch: {printable(words, _LONGEST)}\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        return
