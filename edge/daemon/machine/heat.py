"""Temperature of the processor."""

from pathlib import Path

from edge.daemon.machine.sysfs import SYS, number

HOT_C = 80.0
"""From here on a Pi's firmware slows the processor down, °C (Raspberry Pi documentation, *Frequency
management and thermal control*); a Pi 3B+ begins at 60 °C, but only a little."""

COOL_C = 75.0
"""The alarm ends below, °C."""


def temperature(sys: Path = SYS) -> float | None:
    """Return the processor's temperature, °C; None where the kernel does not report it."""
    thousandths = number(sys / "class/thermal/thermal_zone0/temp")
    return None if thousandths is None else thousandths / 1000
