"""Under-voltage and throttling of a Raspberry Pi, as its firmware reports them to the kernel.

Sources
-------
1. ``hwmon`` with the name ``rpi_volt`` (kernel 4.19 and later): ``in0_lcrit_alarm`` is 1 if the
   supply was below 4.63 V at a moment of the last 2 seconds.
2. ``get_throttled`` of the firmware's device: all bits, but a kernel that has the first source too
   prints a warning with a call trace the first time that this file is read, once a boot. So the
   daemon reads it only where the first source is missing; `gardu doctor` always.

That loses nothing: a Pi is throttled because of its supply or its temperature, and both are
watched. The upper bits of ``get_throttled`` (*has happened since the boot*) are cleared by the
driver of the first source every 2 seconds; where that runs, the daemon counts by itself.
``vcgencmd`` needs /dev/vcio, which the daemon may not open.
"""

from pathlib import Path
from typing import NamedTuple

from edge.daemon.machine.sysfs import SYS, number, text

# Below sys/.
_FIRMWARE = "devices/platform/soc/soc:firmware/get_throttled"

# Bits of get_throttled: the present state; the same 16 bits higher: since the boot.
_UNDER_VOLTAGE, _CAPPED, _THROTTLED, _SOFT_LIMIT = 1, 2, 4, 8
_SINCE_BOOT = 16


class Power(NamedTuple):
    """The state of the supply; None where this kernel does not report it.

    :ivar under_voltage: below 4.63 V now (at a moment of the last 2 seconds)
    :ivar throttled: the processor is slowed down now, because of its supply or temperature
    :ivar under_voltage_since_boot: it has been too low since the machine was switched on
    """

    under_voltage: bool | None = None
    throttled: bool | None = None
    under_voltage_since_boot: bool | None = None


def read_power(sys: Path = SYS, *, always_bits: bool = False) -> Power:
    """Return the state of the supply.

    :param always_bits: read ``get_throttled`` also where that makes the kernel print a warning
    """
    alarm = _lowest_voltage_alarm(sys)
    bits = number(sys / _FIRMWARE, 16) if alarm is None or always_bits else None
    if bits is None:
        return Power(alarm)
    low = bool(bits & _UNDER_VOLTAGE) if alarm is None else alarm
    throttled = bool(bits & (_CAPPED | _THROTTLED | _SOFT_LIMIT))
    before = bool(bits & (_UNDER_VOLTAGE << _SINCE_BOOT)) if alarm is None else None
    return Power(low, throttled, before)


def _lowest_voltage_alarm(sys: Path) -> bool | None:
    for monitor in sorted((sys / "class/hwmon").glob("hwmon*")):
        if text(monitor / "name") == "rpi_volt":
            alarm = number(monitor / "in0_lcrit_alarm")
            return None if alarm is None else bool(alarm)
    return None
