"""The log writer: a reader that has stopped holds no caller up; what was dropped is counted."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from edge.daemon.log_writer import LogWriter, write

SIZE = 4096  # of a pipe, bytes: the least


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Yield both ends of a small pipe, to read and to write."""
    import fcntl

    ends = os.pipe()
    fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, SIZE)
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


def logger_to(writer: LogWriter) -> logging.Logger:
    """Return a logger of its own with *writer* alone."""
    logger = logging.getLogger("tests.log_writer")
    logger.propagate = False
    logger.handlers = [writer]
    return logger


def read_until(end: int, words: str) -> str:
    """Read *end* until *words* were read; return all."""
    text = ""
    while words not in text:
        text += os.read(end, 65536).decode()
    return text


def test_a_stalled_reader_and_its_return(pipe: tuple[int, int]) -> None:
    """Without a reader lines wait, then are dropped; a reader that is back gets the count."""
    writer = LogWriter(pipe[1], most_lines=10)
    logger = logger_to(writer)
    for number in range(1000):
        logger.warning("line %d %s", number, "x" * 500)  # returns at once
    assert writer.dropped > 900
    writer.flush()  # does not wait for the reader
    text = read_until(pipe[0], "lines of the log were dropped")
    assert f"{writer.dropped} lines of the log were dropped" in text
    lines = [line for line in text.splitlines() if line.startswith("line ")]
    assert len(lines) == 1000 - writer.dropped
    logger.warning("after")
    assert "dropped" not in read_until(pipe[0], "after")


def test_a_line_longer_than_the_pipe_is_written_whole(pipe: tuple[int, int]) -> None:
    """A traceback longer than the pipe arrives in pieces, whole; also if the pipe never waits."""
    for blocking in (True, False):
        os.set_blocking(pipe[1], blocking)
        writing = threading.Thread(target=write, args=("x" * 20_000, pipe[1]))
        writing.start()
        assert read_until(pipe[0], "\n") == "x" * 20_000 + "\n"
        writing.join()


def test_a_reader_that_is_gone_is_no_error(pipe: tuple[int, int]) -> None:
    """A broken pipe drops the lines, and does not end or hang the daemon."""
    os.close(pipe[0])
    writer = LogWriter(pipe[1])
    logger_to(writer).warning("for no reader")
    writer.flush()
    assert writer.dropped >= 1


def test_a_wrong_line_stops_no_caller(pipe: tuple[int, int]) -> None:
    """A line whose arguments do not fit is dropped and counted."""
    writer = LogWriter(pipe[1])
    logger_to(writer).warning("%d visits", "some")
    assert writer.dropped == 1


def test_a_closed_stderr_is_never_another_file() -> None:
    """Started without standard files, the daemon opens no file of its own in their place."""
    script = (
        "import os; from edge.daemon.log_writer import open_standard_files as go; go(); "
        "assert min(os.open('/dev/zero', os.O_RDONLY) for _ in range(3)) > 2; os._exit(7)"
    )
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" -c "$1" <&- >&- 2>&-', sys.executable, script], check=False
    )
    assert done.returncode == 7
