"""The header's pins: chooses the gpiozero pin factory and converts its errors.

Rules of this module
--------------------
1. ``GPIOZERO_PIN_FACTORY``, where it is set, decides (simulator, tests).
2. Otherwise lgpio, on the chip that the device tree calls the header's: its number has moved
   between kernels (on a Pi 5: 4, then 0, then 11 to 15).
3. An output is claimed *with* its level. gpiozero claims it low and writes afterwards, which
   switches an active-low relay on for a moment (gpiozero pull request 1177).
4. lgpio makes a FIFO in the working directory when it is imported, and changes to ``LG_WD``:
   it gets a directory of its own, and the working directory is restored.
"""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from gpiozero import Device, Factory, GPIOZeroError

from edge.errors import DeviceUnavailable, GarduError

CHOICE = "GPIOZERO_PIN_FACTORY"

# The device-tree names of the controllers behind the 40-pin header: Pi 5; Pi 4; Pi Zero to 3.
# Other gpiochips of a Pi (firmware expander, power management) have names of their own.
HEADERS = ("raspberrypi,rp1-gpio", "brcm,bcm2711-gpio", "brcm,bcm2835-gpio")

CLAIM_REMEDY = (
    "Is it used by another program or function of the Pi (gpioinfo; gardu wiring)? Is the user in "
    "the group gpio?"
)
"""What to do if a pin, or the header, cannot be claimed."""


def pin_factory(chip: str, sysfs: Path = Path("/sys")) -> Factory:
    """Return the pin factory of this machine.

    :param chip: ``auto``, or the number of the gpiochip with the header's pins
    :param sysfs: where sysfs is mounted
    :raises DeviceUnavailable: if there are no pins, or they cannot be opened
    """
    with claiming("gpio"):
        if os.environ.get(CHOICE):
            Device.ensure_pin_factory()
            return Device.pin_factory
        return _lgpio_factory(header_chip(sysfs) if chip == "auto" else int(chip))


def header_chip(sysfs: Path) -> int:
    """Return the number of the gpiochip that the device tree calls the header's.

    :raises DeviceUnavailable: if there is none
    """
    for compatible in sorted(sysfs.glob("bus/gpio/devices/gpiochip*/of_node/compatible")):
        names = compatible.read_bytes().decode("ascii", "replace").split("\0")
        if not set(HEADERS).isdisjoint(names):
            return int(compatible.parts[-3].removeprefix("gpiochip"))
    raise DeviceUnavailable(
        f"gpio: no gpiochip under {sysfs} is a Raspberry Pi's header ({', '.join(HEADERS)})",
        "Set [gpio] chip to the number that `gpiodetect` shows for the header.",
    )


@contextmanager
def claiming(device: str) -> Iterator[None]:
    """Convert every error of the pin libraries to DeviceUnavailable, with the name *device*."""
    try:
        yield
    except GarduError:
        raise
    except pin_errors() as error:
        raise DeviceUnavailable(f"{device}: {error}", CLAIM_REMEDY) from error


def pin_errors() -> tuple[type[Exception], ...]:
    """Return the errors that the pin libraries raise; lgpio's only once lgpio is imported."""
    lgpio = sys.modules.get("lgpio")
    return (GPIOZeroError, OSError, ImportError, *([lgpio.error] if lgpio else []))


def _lgpio_factory(chip: int) -> Factory:
    lgpio = _import_lgpio()
    # This imports lgpio, so it must come after _import_lgpio() (rule 4).
    from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

    class LevelFirstPin(LGPIOPin):  # type: ignore[misc]  # gpiozero has no types
        """A pin that becomes an output at the wanted level in one request to the kernel."""

        def output_with_state(self, state: bool) -> None:  # noqa: FBT001  # gpiozero's signature
            self.when_changed = None
            # The handle is private in gpiozero, which offers no other way to name the chip.
            lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))  # noqa: SLF001

    factory = LGPIOFactory(chip=chip)
    factory.pin_class = LevelFirstPin
    return factory


def _import_lgpio() -> ModuleType:
    if "LG_WD" not in os.environ:
        os.environ["LG_WD"] = _fifo_directory()
    before = Path.cwd()
    try:
        import lgpio  # hardware library; and see rule 4
    except ModuleNotFoundError as error:
        raise DeviceUnavailable(
            "gpio: lgpio is not installed",
            "Install it: pip install 'gardu[pi]', or apt install python3-lgpio.",
        ) from error
    finally:
        os.chdir(before)
    assert isinstance(lgpio, ModuleType)
    return lgpio


def _fifo_directory() -> str:
    """Return systemd's runtime directory, or a temporary one that is removed at exit."""
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    if runtime:
        return runtime
    temporary = tempfile.mkdtemp(prefix="gardu-lgpio-")
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    return temporary
