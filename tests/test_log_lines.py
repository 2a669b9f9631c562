"""Lines of the log: a message cannot pose as another one, or steer the terminal of its reader."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.daemon import start_wait
from edge.log_lines import LineFormatter
from edge.printable import unfit

FORMAT = LineFormatter("%(levelname)s %(name)s: %(message)s")


def _record(words: str, error: Exception | None = None) -> logging.LogRecord:
    trace = (type(error), error, None) if error else None
    return logging.LogRecord("edge", logging.INFO, "", 0, "heard %s", (words,), trace)


@given(st.text(max_size=40))
def test_only_the_first_line_begins_at_the_left(words: str) -> None:
    """Further lines of a message and of its error are indented, without control characters."""
    lines = FORMAT.format(_record(words, ValueError(words))).split("\n")
    assert lines[0].startswith("INFO edge: heard")
    assert all(line.startswith("    ") for line in lines[1:])
    assert unfit("".join(lines)) == ""


def test_a_forged_line_is_recognised() -> None:
    """A line break in a broker's words begins no line with a level."""
    shown = FORMAT.format(_record("x\n<3>ERROR edge: forged\x1b[2K"))
    assert shown == "INFO edge: heard x\n    <3>ERROR edge: forged\\x1b[2K"


def test_a_status_for_systemd_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of a program that holds the database cannot add a notification of its own."""
    sent = list[str]()
    monkeypatch.setattr(start_wait, "notify", sent.append)
    start_wait.report_wait("held by x\nREADY=1")
    assert sent[0].split("\n")[1:] == ["STATUS=waiting: held by x\\nREADY=1"]
