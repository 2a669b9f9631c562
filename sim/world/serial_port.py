"""A serial port with a twin at its other end: a pseudo-terminal behind a link of fixed name."""

import asyncio
import fcntl
import os
import select
import struct
import termios
import tty
from collections.abc import Callable
from pathlib import Path

# Bytes. A UART loses bytes that are not read in time; a pseudo-terminal would hold them for ever.
_UNREAD_MOST = 512
_READ = 4096


class SerialPort:
    """One port of the daemon's machine, seen from the device at its other end.

    :param path: the link that the daemon opens: it stays the same when the plug comes back
    :param heard: called on the loop with the bytes that the daemon has written
    :ivar on_send: called when the daemon can read something new, or that the port has gone
    :ivar on_poll: to be called by the device when bytes that it has heard were a poll: it has
        answered, and changed nothing
    """

    def __init__(self, path: Path, heard: Callable[[bytes], object] | None = None) -> None:
        self.path = path
        self.on_send: Callable[[], None] = _nothing
        self.on_poll: Callable[[], None] = _nothing
        self._heard = heard
        self._ends: tuple[int, int] | None = None

    @property
    def plugged(self) -> bool:
        """True while the port is connected."""
        return self._ends is not None

    def plug(self) -> None:
        """Connect it: the port appears (under a new number each time)."""
        if self._ends is not None:
            return
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(theirs))
        # The daemon's end stays open here too: so the port survives a daemon that closes it.
        self._ends = ours, theirs
        if self._heard is not None:
            asyncio.get_running_loop().add_reader(ours, self._read)

    def unplug(self) -> None:
        """Disconnect it: the port vanishes, and a process that has it open gets an error."""
        if self._ends is None:
            return
        if self._heard is not None:
            asyncio.get_running_loop().remove_reader(self._ends[0])
        self.path.unlink(missing_ok=True)
        for end in self._ends:
            os.close(end)
        self._ends = None
        self.on_send()

    def send(self, message: bytes) -> bool:
        """Send *message* to the daemon.

        Return False if it is lost: the daemon does not read, or the port is unplugged.
        """
        if self._ends is None:
            return False
        ours, theirs = self._ends
        unread = struct.unpack("i", fcntl.ioctl(theirs, termios.FIONREAD, bytes(4)))[0]
        if unread > _UNREAD_MOST:
            return False
        try:
            os.write(ours, message)
        except BlockingIOError:
            return False
        deliver(theirs)
        self.on_send()
        return True

    def deliver(self) -> None:
        """Make what the daemon has written readable now."""
        if self._ends is not None and self._heard is not None:
            deliver(self._ends[0])

    def _read(self) -> None:
        if self._ends is not None and self._heard is not None:
            try:
                self._heard(os.read(self._ends[0], _READ))
            except BlockingIOError:
                return


def deliver(end: int) -> None:
    """Make the bytes on their way to *end* of a pseudo-terminal readable now.

    The kernel hands them over in a worker of its own, some time later; poll waits for that worker
    (``n_tty_poll`` of Linux), epoll does not.
    """
    poll = select.poll()
    poll.register(end, select.POLLIN)
    poll.poll(0)


def _nothing() -> None:
    """Call nothing."""
