"""Writes received records as lines of JSON, so that a record can be acknowledged afterwards.

A record is acknowledged to the broker only after :meth:`RecordLines.write` has returned: it has
then been given to the pipe or the terminal, or, for a regular file, is on the disk.
"""

import contextlib
import fcntl
import os
import select
import stat
from pathlib import Path
from typing import Any

import msgspec

from edge.errors import GarduError
from edge.printable import ascii_json
from edge.private_files import for_others
from edge.store.data_folder import sync
from office.watch.consumer import Consumer, Seen

# Readable by its owner and group: the records name no person, but times and places.
_MODE = 0o640
_BLOCK = 65536


class OutputFailed(GarduError):
    """Records could not be written.

    :ivar reader_gone: True if the program that read them has ended (EPIPE), as ``head`` does
    """

    def __init__(self, words: str, *, reader_gone: bool = False) -> None:
        self.reader_gone = reader_gone
        super().__init__(words)


class RecordLines:
    """Writes lines to the file descriptor *number*; *name* is for messages.

    :param own: the file is not shared: a line that was not written in full is removed again
    """

    def __init__(self, number: int, name: str, *, own: bool = False) -> None:
        self._number = number
        self._name = name
        self._own = own
        self._on_disk = stat.S_ISREG(os.fstat(number).st_mode)
        # Of `>> FILE`, after a line that was not written in full: it must not spoil the next one.
        self._before = b"\n" if self._on_disk and not own and _is_torn(number) else b""

    def write(self, lines: list[str]) -> None:
        """Write *lines*; blocks until they are written, and for a file until they are on the disk.

        :raises OutputFailed: if that fails
        """
        whole = os.fstat(self._number).st_size if self._own else 0
        try:
            self._write_all(self._before + "".join(lines).encode("ascii"))
            self._before = b""
            if self._on_disk:
                os.fdatasync(self._number)
        except OSError as error:
            if self._own:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._number, whole)
            gone = isinstance(error, BrokenPipeError)
            why = "its reader has ended" if gone else str(error.strerror).lower()
            raise OutputFailed(f"{self._name}: {why}", reader_gone=gone) from error

    def _write_all(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._number, rest) :]
            except BlockingIOError:  # a pipe that another program made non-blocking
                select.select([], [self._number], [])


def lines_to_file(path: Path) -> RecordLines:
    """Open *path* to append records; a torn last line, of a power cut, is removed.

    :raises OutputFailed: if it cannot be opened, or another process writes into it
    """
    try:
        with for_others():
            number = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        lines = RecordLines(number, str(path), own=stat.S_ISREG(os.fstat(number).st_mode))
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if stat.S_ISREG(os.fstat(number).st_mode):
            os.ftruncate(number, _end_of_last_line(number))
            os.fsync(number)
            sync(path.parent)
    except BlockingIOError:
        raise OutputFailed(f"{path}: another process writes into it") from None
    except OSError as error:
        raise OutputFailed(f"{path}: {str(error.strerror).lower()}") from error
    return lines


def _is_torn(number: int) -> bool:
    """Return True if the file, which may be open for writing only, ends within a line."""
    try:
        with Path(f"/proc/self/fd/{number}").open("rb") as file:
            size = os.fstat(number).st_size
            return size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
    except OSError:
        return False


def _end_of_last_line(number: int) -> int:
    """Return the size of the file up to its last line break."""
    size = os.fstat(number).st_size
    while size:
        begin = max(0, size - _BLOCK)
        found = os.pread(number, size - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        size = begin
    return 0


def line_of(seen: Seen, consumer: Consumer, at: float) -> str | None:
    """Return the line of the record in *seen*; None for a duplicate and for a live topic.

    :param at: the present time, seconds, as *consumer* has it
    """
    if seen.event is None or seen.duplicate:
        return None
    view = consumer.checkpoints.get(seen.checkpoint)
    about: dict[str, Any] = {
        "checkpoint": seen.checkpoint,
        "duplicate": False,
        "gap": consumer.gaps_of(seen.checkpoint, at) or None,
        "broken": (view and view.broken) or None,
    }
    return ascii_json(msgspec.json.encode({**seen.event, "gardu": about})) + "\n"
