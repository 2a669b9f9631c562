"""Serial ports: how one is opened, and what it raises once it has gone."""

import termios
from typing import TYPE_CHECKING

from edge.errors import DeviceUnavailable

if TYPE_CHECKING:
    from serial import Serial

WRITE_S = 1.0
"""How long a write may take, real seconds. The longest request takes 20 ms at 9600 baud; an adapter
that does not take it in this time hangs."""

PORT_ERRORS = (OSError, termios.error)
"""What a port raises that has gone; pyserial lets the terminal's own error through in places."""


def open_port(name: str, path: str, baud_rate: int, timeout_s: float) -> "Serial":
    """Open the serial port *path*, for nobody else.

    :param name: of the device or line, for the error
    :param timeout_s: how long one read waits, real seconds
    :raises DeviceUnavailable: if it is not there, or somebody else has it
    """
    import serial  # hardware library

    try:
        return serial.Serial(
            path, baud_rate, timeout=timeout_s, write_timeout=WRITE_S, exclusive=True
        )
    except (*PORT_ERRORS, ValueError) as error:
        raise DeviceUnavailable(f"{name}: {error}") from error
