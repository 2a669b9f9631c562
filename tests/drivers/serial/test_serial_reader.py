"""Behaviour that all readers with a port of their own share, tested with an RDM6300."""

import os
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.clock import Clock, Stamp
from edge.config.sections.card_readers import Rdm6300
from edge.drivers import port_reader
from edge.drivers.serial.frame_reader import FrameReader
from edge.errors import DeviceUnavailable
from edge.sop.events import CardPresented, DeviceFailed, DeviceRestored, Event, InputRefused
from tests.drivers.conftest import PATIENCE_S, Posted, told
from tests.drivers.serial.test_card_frames import CARD, FRAME, frame

NAME = "card-reader/desk"
OTHER = "0000000001"


class Line:
    """A real pseudo-terminal; its name is a link, as udev makes one."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "tty-desk"
        self.plug()

    def plug(self) -> None:
        """Make a terminal and link it."""
        self._ours, theirs = os.openpty()
        tty.setraw(theirs)
        self.path.symlink_to(os.ttyname(theirs))
        os.close(theirs)

    def unplug(self) -> None:
        """Hang the terminal up."""
        self.path.unlink()
        os.close(self._ours)

    def send(self, data: bytes) -> None:
        """Send raw bytes."""
        os.write(self._ours, data)

    def config(self, removed_after_s: float) -> Rdm6300:
        """Return the section of a reader at the other end."""
        return Rdm6300(port=str(self.path), stations=["reception"], removed_after_s=removed_after_s)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """Return a line that is plugged in, at the end of the test too."""
    line = Line(tmp_path)
    yield line
    line.unplug()


def test_closing_ends_the_thread_at_once(line: Line, posted: Posted) -> None:
    """Closing ends the thread at once: within an hour's wait, twice, and before opening."""
    reader = FrameReader(NAME, line.config(3600), Clock(), posted)
    reader.close()
    before = threading.active_count()
    reader.open()
    reader.close()
    reader.close()
    assert threading.active_count() == before


def test_closing_does_not_wait_for_a_vanished_reader(
    line: Line, clock: Clock, posted: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon that stops must not wait for the retry."""
    monkeypatch.setattr(port_reader, "RETRY_S", 3600.0)
    reader = FrameReader(NAME, line.config(20), clock, posted)
    reader.open()
    line.unplug()
    posted.wait_for(DeviceFailed)
    reader.close()
    assert [kind for kind, *_ in told(posted.take())] == [DeviceFailed]
    line.plug()


def test_a_port_that_is_not_there_is_unavailable(
    tmp_path: Path, clock: Clock, posted: Posted
) -> None:
    """A missing port raises with device and port, so that the checkpoint tries again."""
    config = Rdm6300(port=str(tmp_path / "ttyNONE"), stations=["x"])
    with pytest.raises(DeviceUnavailable, match=f"^{NAME}: .*ttyNONE"):
        FrameReader(NAME, config, clock, posted).open()


def test_a_port_belongs_to_one_reader(line: Line, clock: Clock, posted: Posted) -> None:
    """A second reader on a port is refused: each would read half of the frames."""
    reader = FrameReader(NAME, line.config(20), clock, posted)
    reader.open()
    with pytest.raises(DeviceUnavailable):
        FrameReader("card-reader/other", line.config(20), clock, posted).open()
    reader.close()


def test_an_error_in_post_does_not_end_the_reader(
    line: Line, clock: Clock, posted: Posted, caplog: pytest.LogCaptureFixture
) -> None:
    """An error in post is logged, and the reader reads on: it must not fail unseen."""
    failed = threading.Event()

    def post(make: Callable[[Stamp], Event]) -> None:
        if not failed.is_set():
            failed.set()
            raise RuntimeError("broken on purpose")
        posted(make)

    reader = FrameReader(NAME, line.config(5), clock, post)
    reader.open()
    line.send(b"\xff")
    assert failed.wait(PATIENCE_S)
    line.send(frame(OTHER) * 2)
    assert told(posted.wait(1)) == [(CardPresented, "desk", OTHER)]
    reader.close()
    assert "broken on purpose" in caplog.text


def test_a_bug_in_a_driver_is_a_failure_that_is_told_and_tried_again(
    line: Line,
    clock: Clock,
    posted: Posted,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Any error in the thread is posted as a failure, and the reader is opened again."""
    monkeypatch.setattr(port_reader, "RETRY_S", 0.02)
    sound = FrameReader._work

    def broken_once(reader: FrameReader, port: object) -> None:
        monkeypatch.setattr(FrameReader, "_work", sound)
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(FrameReader, "_work", broken_once)
    reader = FrameReader(NAME, line.config(5), clock, posted)
    reader.open()
    assert "a bug" in posted.wait_for(DeviceFailed).why
    posted.wait_for(DeviceRestored)
    line.send(FRAME * 2)
    assert posted.wait_for(CardPresented).card == CARD
    reader.close()
    assert "ZeroDivisionError" in caplog.text


def test_noise_without_a_pause_does_not_keep_a_card_there(
    line: Line, clock: Clock, posted: Posted
) -> None:
    """Endless noise is not a lasting card: a card that is presented again is posted."""
    reader = FrameReader(NAME, line.config(0.3), clock, posted)
    reader.open()
    line.send(FRAME * 2 + b"\xff" * 300 + FRAME * 2)
    events = posted.wait(3)
    reader.close()
    assert told(events)[:3] == [
        (CardPresented, "desk", CARD),
        (InputRefused, NAME, "noise between frames"),
        (CardPresented, "desk", CARD),
    ]
