"""The progress bar: on a terminal only, after a second, and erased at the end."""

import io

import pytest

from edge.commands.progress import ProgressBar
from tests.store_bench import HandClock


class Seconds(HandClock):
    """A clock that is moved by hand, for durations."""

    def boot_ns(self) -> int:
        """Return the time that was set."""
        return self.moment.boot_ns


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    """Return a clock that stands; the terminal can move its cursor."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Seconds()


def test_bar_appears_after_a_second_and_is_erased(clock: Seconds) -> None:
    """Short work shows no bar; long work shows how much is done, and the line is empty after."""
    stream = Terminal()
    with ProgressBar(2000, stream=stream, clock=clock) as bar:
        bar.update(500)
        assert stream.getvalue() == ""
        clock.pass_s(1.5)
        bar.update(1000)
        assert "1000/2000" in stream.getvalue()
        clock.pass_s(0.01)
        bar.update(1001)
        assert "1001/2000" not in stream.getvalue()
        clock.pass_s(1)
        bar.update(1500)
        assert "1500/2000" in stream.getvalue()
    erase_line, show_cursor = "\x1b[2K", "\x1b[?25h"
    assert erase_line in stream.getvalue().rpartition("1500/2000")[2]
    assert show_cursor in stream.getvalue().rpartition("1500/2000")[2]


def test_no_bar_without_a_terminal(clock: Seconds) -> None:
    """In a file, a pipe or the journal no bar is written, however long the work lasts."""
    stream = io.StringIO()
    with ProgressBar(2000, stream=stream, clock=clock) as bar:
        clock.pass_s(60)
        bar.update(1000)
    assert stream.getvalue() == ""


def test_no_bar_after_the_end(clock: Seconds) -> None:
    """Once the command prints its rows on the terminal, the bar does not come back."""
    stream = Terminal()
    with ProgressBar(2000, stream=stream, clock=clock) as bar:
        bar.end()
        clock.pass_s(60)
        bar.update(1000)
    assert stream.getvalue() == ""
