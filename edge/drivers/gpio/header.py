"""The gpiochip behind the Pi's 40-pin header, as the kernel shows it in sysfs.

Rules of this module
--------------------
1. The chip is found by the name that the device tree gives it: its number has moved between kernels
   (on a Pi 5: 4, then 0, then 11 to 15).
2. Kernels of Raspberry Pi OS keep a released output driven, also after a SIGKILL, until another
   program claims it (``persist_gpio_outputs`` of the pin controller's driver, on by default there).
   ``dtparam=strict_gpiod`` switches that off. Other kernels make a released output an input.
3. Each driver has its own parameter, and a kernel may show one of a driver that serves no pin of
   the header: only the parameter of the header's driver counts.
"""

from pathlib import Path

from edge.errors import DeviceUnavailable

SYSFS = Path("/sys")

# The device-tree names of the controllers behind the header, with their kernel drivers: Pi 5; Pi 4;
# Pi Zero to 3. Other gpiochips of a Pi (firmware expander, power management) have other names.
HEADERS = {
    "raspberrypi,rp1-gpio": "pinctrl_rp1",
    "brcm,bcm2711-gpio": "pinctrl_bcm2835",
    "brcm,bcm2835-gpio": "pinctrl_bcm2835",
}

STRICT = "Add dtparam=strict_gpiod to /boot/firmware/config.txt and reboot."
"""The remedy for outputs that stay driven."""


def header_chip(sysfs: Path = SYSFS) -> int:
    """Return the number of the gpiochip that the device tree calls the header's.

    :param sysfs: where sysfs is mounted
    :raises DeviceUnavailable: if there is none
    """
    found = _header(sysfs)
    if found is None:
        raise DeviceUnavailable(
            f"gpio: no gpiochip under {sysfs} is a Raspberry Pi's header ({', '.join(HEADERS)})",
            "Run this on the Pi. If this is one, set [gpio] chip to the number that `gpiodetect` "
            "shows for the header.",
        )
    return found[0]


def outputs_persist(sysfs: Path = SYSFS) -> bool | None:
    """Return True if the kernel keeps released outputs driven (rule 2); None: this is no Pi."""
    found = _header(sysfs)
    if found is None:
        return None
    try:
        state = (sysfs / "module" / found[1] / "parameters/persist_gpio_outputs").read_text("ascii")
    except OSError:  # a kernel without this parameter
        return False
    return state.strip() in ("Y", "1")


def _header(sysfs: Path) -> tuple[int, str] | None:
    """Return the number of the header's gpiochip and the name of its driver."""
    for compatible in sorted(sysfs.glob("bus/gpio/devices/gpiochip*/of_node/compatible")):
        for name in compatible.read_bytes().decode("ascii", "replace").split("\0"):
            if name in HEADERS:
                return int(compatible.parts[-3].removeprefix("gpiochip")), HEADERS[name]
    return None
