"""Conversion of the pin libraries' errors to DeviceUnavailable, with a remedy by their kind."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from edge.errors import DeviceUnavailable, GarduError

INSTALL = (
    "The Debian package has gpiod (sudo apt install --reinstall gardu); lgpio: sudo apt install "
    "python3-lgpio. In an environment of your own: pip install 'gardu[pi]' or 'gardu[lgpio]'."
)

IN_USE = (
    "Another program or function of the Pi has it: gpioinfo shows which. gardu wiring lists what "
    "must be switched off (SPI, I2C, serial console)."
)

_REMEDIES = {
    errno.EACCES: (
        "Run this as the daemon's user (sudo -u gardu gardu ...), or add the user to the group "
        "gpio (sudo usermod -aG gpio USER, then log in again)."
    ),
    errno.EPERM: "Is gpiochip among the unit's DeviceAllow lines? systemctl cat gardu.",
    errno.EBUSY: IN_USE,
    errno.ENOENT: "`gpiodetect` lists the gpiochips; set [gpio] chip to the header's, or to auto.",
}
_OTHER = "gpiodetect and gpioinfo show what the kernel knows of the pins; then gardu doctor."


@contextmanager
def claiming(device: str) -> Iterator[None]:
    """Convert every error of the pin libraries to DeviceUnavailable, with the name *device*."""
    try:
        yield
    except GarduError:
        raise
    except pin_errors() as error:
        number = error.errno if isinstance(error, OSError) else None
        remedy = INSTALL if isinstance(error, ImportError) else _REMEDIES.get(number or 0, _OTHER)
        raise DeviceUnavailable(f"{device}: {error}", remedy) from error


def pin_errors() -> tuple[type[Exception], ...]:
    """Return the errors that the pin libraries raise; a library's own only once it is imported."""
    own = [
        getattr(sys.modules[library], name)
        for library, names in _OWN_ERRORS.items()
        for name in names
        if library in sys.modules
    ]
    return (OSError, ImportError, *own)


_OWN_ERRORS = {
    "gpiozero": ("GPIOZeroError",),
    "gpiod": ("ChipClosedError", "RequestReleasedError"),
    "lgpio": ("error",),
}
