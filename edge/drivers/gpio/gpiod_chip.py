"""A gpiochip through ``gpiod``, libgpiod's Python binding (the kernel's GPIO v2 interface).

Without gpiozero, whose import takes three times as long: `gardu outputs-off` must be quick.
"""

import errno
import logging

import gpiod
from gpiod.line import Direction, Value

from edge.drivers.gpio.claiming import IN_USE
from edge.errors import DeviceUnavailable

CONSUMER = "gardu"
"""The name of the user of a line, shown by gpioinfo."""

# The header has GPIO 0 to 27.
_LINES = 28

_log = logging.getLogger(__name__)


def open_chip(number: int) -> gpiod.Chip:
    """Open the gpiochip *number*, check that it can be the header's, and log which it is.

    :raises OSError: if it cannot be opened
    :raises DeviceUnavailable: if it has fewer lines than the header
    """
    chip = gpiod.Chip(f"/dev/gpiochip{number}")
    info = chip.get_info()
    if info.num_lines < _LINES:
        chip.close()
        raise DeviceUnavailable(
            f"gpio: {info.name} ({info.label}) has {info.num_lines} lines: it is not the header",
            "Set [gpio] chip to the number that `gpiodetect` shows for the header, or to auto.",
        )
    _log.info("pins: gpiod %s on %s (%s, %d lines)", gpiod.__version__, info.name, info.label,
              info.num_lines)  # fmt: skip
    return chip


def request_line(
    chip: gpiod.Chip, pin: int, settings: gpiod.LineSettings, buffered: int | None = None
) -> gpiod.LineRequest:
    """Claim one line with all its *settings* in one request to the kernel.

    :param buffered: how many edges the kernel holds until they are read
    :raises OSError: if it cannot be claimed
    :raises DeviceUnavailable: if it is in use
    """
    try:
        return chip.request_lines({pin: settings}, CONSUMER, buffered)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        user = chip.get_line_info(pin).consumer or "an unnamed user"
        raise DeviceUnavailable(f"GPIO {pin} is busy: {user} has it", IN_USE) from error


def output_settings(*, high: bool) -> gpiod.LineSettings:
    """Return the settings of an output that has its level from the moment of its claim."""
    value = Value.ACTIVE if high else Value.INACTIVE
    return gpiod.LineSettings(direction=Direction.OUTPUT, output_value=value)
