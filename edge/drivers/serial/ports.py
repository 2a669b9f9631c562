"""Serial ports: opening, and the errors of a port that has gone."""

import errno
import termios
from typing import TYPE_CHECKING

from edge.errors import DeviceError, DeviceUnavailable

if TYPE_CHECKING:
    from serial import Serial

WRITE_S = 1.0
"""The time-out of a write, real seconds. The longest request lasts 20 ms at 9600 baud; an adapter
that needs longer than this hangs."""

PORT_ERRORS = (OSError, termios.error)
"""The errors of a port that has gone; pyserial passes the terminal's own error on in places."""


_GONE = (
    "Is it plugged in and powered? ls -l /dev/serial/by-id/ lists the adapters that are there; "
    "dmesg shows when one was lost."
)
_FORBIDDEN = (
    "Add the user to the group dialout (sudo usermod -aG dialout USER, then log in again), or run "
    "this as the daemon's user: sudo -u gardu gardu doctor."
)
_IN_USE = "Stop the other program that uses the port: sudo fuser -v PORT names it."
_SPEED = "Correct port and baud_rate in the config: this is no serial port, or not at that rate."

_REMEDIES: dict[object, str] = {
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EAGAIN: _IN_USE,
    errno.EBUSY: _IN_USE,
    errno.ENOTTY: _SPEED,
    errno.EINVAL: _SPEED,
}


def port_remedy(error: Exception) -> str:
    """Return what a technician does first about *error*, one of PORT_ERRORS.

    An error of a driver has its own remedy; without errno the port has most likely gone.
    """
    if isinstance(error, DeviceError):
        return error.remedy
    number = getattr(error, "errno", None) or next(iter(error.args), 0)  # termios.error has args
    return _REMEDIES.get(number, _GONE)


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
        raise DeviceUnavailable(f"{name}: {error}", port_remedy(error)) from error
