"""Serial ports: opening, and the errors of a port that has gone."""

import errno
import termios
from typing import TYPE_CHECKING

from edge.errors import DeviceUnavailable

if TYPE_CHECKING:
    from serial import Serial

WRITE_S = 1.0
"""The time-out of a write, real seconds. The longest request lasts 20 ms at 9600 baud; an adapter
that needs longer than this hangs."""

PORT_ERRORS = (OSError, termios.error)
"""The errors of a port that has gone; pyserial passes the terminal's own error on in places."""


def open_port(name: str, path: str, baud_rate: int, timeout_s: float) -> "Serial":
    """Open the serial port *path* exclusively.

    :param name: name of the device or line, for the error
    :param timeout_s: time-out of one read, real seconds
    :raises DeviceUnavailable: if it is not there, or another process has it open
    """
    import serial  # hardware library

    try:
        return serial.Serial(
            path, baud_rate, timeout=timeout_s, write_timeout=WRITE_S, exclusive=True
        )
    except (*PORT_ERRORS, ValueError) as error:
        raise DeviceUnavailable(f"{name}: {error}", _remedy(error)) from error


def _remedy(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EACCES:
        return "Add the daemon's user to the group dialout: sudo usermod -aG dialout USER."
    if number in (errno.EAGAIN, errno.EBUSY) or "lock" in str(error):
        return "Another program has the port: sudo fuser -v PORT says which; stop it."
    return "Plug the adapter in; ls -l /dev/serial/by-id/ lists the names that are there now."
