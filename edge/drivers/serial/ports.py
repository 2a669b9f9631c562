"""Serial ports: opening, with the remedies for a port that cannot be opened."""

import errno
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from edge.drivers.port_reader import PORT_ERRORS, UNPLUGGED
from edge.errors import DeviceUnavailable

if TYPE_CHECKING:
    from edge.drivers.serial.open_serial import OpenSerial

WRITE_S = 1.0
"""The time-out of a write, real seconds. The longest request lasts 20 ms at 9600 baud; an adapter
that needs longer than this hangs."""

_IN_USE = "Another program has the port. `sudo fuser -v PORT` names it: stop that program."
_REMEDIES = {
    errno.ENOENT: "Plug the adapter in. `ls -l /dev/serial/by-id/` lists the names that exist now; "
    "one of them belongs in the config as port.",
    errno.EACCES: "Add the user to the group dialout (sudo usermod -aG dialout USER, then log in "
    "again), or run the command as the daemon's user: sudo -u gardu gardu doctor",
    errno.EBUSY: _IN_USE,
    errno.EAGAIN: _IN_USE,  # the lock of an exclusive port
}


def serial_port(
    name: str, path: str, baud_rate: int, timeout_s: float
) -> "Callable[[], OpenSerial]":
    """Return a function that opens the port as :func:`open_port` does."""
    return partial(open_port, name, path, baud_rate, timeout_s)


def open_port(name: str, path: str, baud_rate: int, timeout_s: float) -> "OpenSerial":
    """Open the serial port *path* exclusively.

    :param name: name of the device or line, for the error
    :param timeout_s: time-out of one read, real seconds
    :raises DeviceUnavailable: if it is not there, or another process has it open
    """
    from edge.drivers.serial.open_serial import OpenSerial  # imports the hardware library

    try:
        return OpenSerial(path, baud_rate, timeout=timeout_s, write_timeout=WRITE_S, exclusive=True)
    except (*PORT_ERRORS, ValueError) as error:
        remedy = _REMEDIES.get(getattr(error, "errno", None) or 0, UNPLUGGED)
        raise DeviceUnavailable(f"{name}: {error}", remedy) from error
