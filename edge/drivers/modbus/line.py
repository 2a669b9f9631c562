"""What every kind of Modbus line does: one exchange of a request and its answer."""

from typing import Protocol

from edge.clock import Clock
from edge.drivers.modbus.requests import Request

MOST_S = 0.5
"""Longest time that an answer may take once it has begun, real seconds: the longest frame of 256
bytes takes 0.27 s at 9600 baud."""


class ModbusLine(Protocol):
    """A line with devices that answer by their addresses; one exchange at a time.

    :ivar name: the bus's name in errors, for example ``bus/floors``
    :ivar stray: bytes so far that belonged to no answer (noise, late answers)
    """

    name: str
    stray: int

    def exchange(self, address: int, request: Request, answer_s: float | None = None) -> bytes:
        """Send *request* to the device at *address*; return the data of its answer.

        :param answer_s: how long to wait for its beginning, real seconds; None: the bus's answer_s
        :raises DeviceUnavailable: if the line fails or the device does not answer
        :raises Refused: if the device refuses the request
        :raises ProtocolError: if no sound answer to this request came, but other bytes
        """

    def close(self) -> None:
        """Close the line; the next exchange opens it again. May be called at any time."""


def deadline(clock: Clock, answer_s: float) -> int:
    """Return the moment (boot ns of *clock*) at which an answer must have come as a whole.

    Bytes that never end must not hold the line for ever.
    """
    return clock.boot_ns() + int((answer_s + MOST_S) * 1e9 / clock.real(1.0))
