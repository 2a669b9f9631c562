"""The header's pins: chooses the gpiozero pin factory.

Rules of this module
--------------------
1. ``GPIOZERO_PIN_FACTORY``, where it is set, decides (simulator, tests).
2. Otherwise the library of ``[gpio] library``. ``auto`` is gpiod, which waits for edges in the
   kernel; without it lgpio, whose thread polls every 0.5 ms.
3. The chip is the header's (``header.py``), or the number in ``[gpio] chip``. Which one was opened
   is logged.
"""

import logging
import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from edge.drivers.gpio.claiming import INSTALL, claiming
from edge.drivers.gpio.header import SYSFS, header_chip
from edge.errors import DeviceUnavailable

if TYPE_CHECKING:
    from gpiozero import Factory

CHOICE = "GPIOZERO_PIN_FACTORY"

Library = Literal["gpiod", "lgpio"]

# In the order of preference, with the words for its absence. Debian 12's python3-libgpiod is
# version 1, which has another interface.
_MISSING: dict[Library, str] = {
    "gpiod": "gpiod (version 2) is not installed",
    "lgpio": "lgpio is not installed",
}

_log = logging.getLogger(__name__)


def pin_factory(chip: str, library: str = "auto", sysfs: Path = SYSFS) -> "Factory":
    """Return the pin factory of this machine.

    :param chip: ``auto``, or the number of the gpiochip with the header's pins
    :param library: ``auto``, ``gpiod`` or ``lgpio``
    :param sysfs: where sysfs is mounted
    :raises DeviceUnavailable: if there are no pins, or they cannot be opened
    """
    with claiming("gpio"):
        if os.environ.get(CHOICE):
            from gpiozero import Device

            Device.ensure_pin_factory()
            return Device.pin_factory
        number = chosen_chip(chip, sysfs)
        if chosen_library(library) == "lgpio":
            from edge.drivers.gpio.lgpio_factory import lgpio_factory

            return lgpio_factory(number)
        from edge.drivers.gpio.gpiod_chip import open_chip
        from edge.drivers.gpio.gpiod_factory import GpiodFactory

        return GpiodFactory(open_chip(number))


def chosen_chip(chip: str, sysfs: Path = SYSFS) -> int:
    """Return the number of the gpiochip that the setting *chip* means.

    :raises DeviceUnavailable: if it is ``auto``, and no chip is the header's
    """
    if chip == "auto":
        return header_chip(sysfs)
    try:
        header = header_chip(sysfs)
    except DeviceUnavailable:  # not a Pi, or an unknown one
        header = int(chip)
    if header != int(chip):
        _log.warning("[gpio] chip is %s, but the header's pins are on gpiochip%d", chip, header)
    return int(chip)


def chosen_library(library: str) -> Library:
    """Return the library that the setting *library* means.

    :raises DeviceUnavailable: if it is not installed
    """
    found = [name for name in _MISSING if library in ("auto", name) and _installed(name)]
    if not found:
        missing = " and ".join(_MISSING[name] for name in _MISSING if library in ("auto", name))
        raise DeviceUnavailable(f"gpio: {missing}", INSTALL)
    return found[0]


def _installed(library: Library) -> bool:
    if find_spec(library) is None:
        return False
    if library == "lgpio":
        return True
    import gpiod

    return hasattr(gpiod, "LineSettings")
