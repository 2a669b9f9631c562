"""A keyboard-type USB device as a port: its input events as bytes.

Rules of this module
--------------------
1. The device is grabbed (EVIOCGRAB): while it is open its keys reach neither the console nor
   another program. The kernel ends the grab when the file is closed, also after a crash.
2. It is opened under its name in /dev/input/by-id/, which stays the same after a replug.
3. Only a real input device can be grabbed. A pseudo-terminal (the simulator's) has no console
   behind it, so that it answers ENOTTY is no error. The grab can be tested on a Pi only.
4. The kernel delivers no events from before the opening.

The ``evdev`` package is not used: it has no wheels, so it would need a compiler and kernel headers
on each Pi, for one ioctl and one structure (``struct input_event``, 5 numbers).
"""

import errno
import fcntl
import os
from collections.abc import Callable
from functools import partial

from edge import waits
from edge.errors import DeviceUnavailable

# linux/input.h: _IOW('E', 0x90, int).
_EVIOCGRAB = 0x40044590
# Bytes. The kernel returns whole events only; its queue of a keyboard has 64, 24 bytes each.
_READ = 64 * 24

_REMEDIES = {
    errno.ENOENT: "Plug the reader in. `ls -l /dev/input/by-id/` lists the names that exist now; "
    "the one that ends with -event-kbd belongs in the config as port.",
    errno.EACCES: "Add the user to the group input (sudo usermod -aG input USER, then log in "
    "again), or run the command as the daemon's user: sudo -u gardu gardu doctor",
    errno.EBUSY: "Another program has grabbed the reader. `sudo fuser -v PORT` names it: stop "
    "that program.",
}
_OTHER = "Unplug the reader and plug it in again. `dmesg | tail` shows whether it is found."


class InputPort:
    """An open and grabbed input device.

    :param path: its file
    :param timeout_s: time-out of one read, real seconds
    :raises OSError: if it is not there, or another program has grabbed it
    """

    in_waiting = _READ

    def __init__(self, path: str, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            _grab(self._file)
            self._cancel = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        except BaseException:
            os.close(self._file)
            raise

    def read(self, size: int, /) -> bytes:
        """Return up to *size* bytes; empty after the time-out, or once cancelled.

        :raises OSError: if the device has gone
        """
        if not waits.readable(self._timeout_s, self._file, self._cancel):
            return b""
        if waits.readable(0, self._cancel):
            return b""
        data = os.read(self._file, max(size, _READ))
        if not data:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return data

    def wait(self) -> None:
        """Wait until events come, the device has gone, or the read is cancelled."""
        waits.readable(None, self._file, self._cancel)

    def reset_input_buffer(self) -> None:
        """Discard the events that wait."""
        try:
            while os.read(self._file, _READ):
                pass
        except BlockingIOError:
            return

    def cancel_read(self) -> None:
        """End a read that waits in another thread."""
        os.eventfd_write(self._cancel, 1)

    def close(self) -> None:
        """Close the device, which ends the grab."""
        os.close(self._file)
        os.close(self._cancel)


def input_port(name: str, path: str, timeout_s: float) -> Callable[[], InputPort]:
    """Return a function that opens the input device *path*.

    The function raises DeviceUnavailable if it is not there, or another program has grabbed it.

    :param name: name of the device, for the error
    """
    return partial(_open, name, path, timeout_s)


def _open(name: str, path: str, timeout_s: float) -> InputPort:
    try:
        return InputPort(path, timeout_s)
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, _OTHER)
        raise DeviceUnavailable(
            f"{name}: could not open {path}: {error.strerror}", remedy
        ) from error


def _grab(file: int) -> None:
    try:
        fcntl.ioctl(file, _EVIOCGRAB, 1)
    except OSError as error:
        if error.errno != errno.ENOTTY:  # rule 3
            raise
