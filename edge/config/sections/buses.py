"""Serial lines that several devices share (RS-485)."""

from typing import Annotated, Literal

from msgspec import Meta

from edge.config.sections.values import Port, Section

BaudRate = Literal[4800, 9600, 19200, 38400, 57600, 115200]


class Bus(Section, frozen=True, kw_only=True):
    """One RS-485 line behind one serial port; always 8 data bits, no parity, 1 stop bit.

    :ivar port: a name that stays when other devices are plugged in (``/dev/serial/by-id/...``)
    :ivar answer_s: how long to wait for the beginning of a device's answer, real seconds
    :ivar pause_s: silence between two requests, so that every device detects the end of each
    """

    port: Port
    baud_rate: BaudRate = 9600
    answer_s: Annotated[float, Meta(ge=0.02, le=5, description="seconds from 0.02 to 5")] = 0.3
    pause_s: Annotated[float, Meta(ge=0, le=0.5, description="seconds from 0 to 0.5")] = 0.005
