"""Boards for the contract of the gpiod factory: a chip in memory, and the kernel's own gpio-sim.

gpio-sim (configfs, root) is used where the kernel has it: in a virtual machine, hardly ever on the
machine that runs the tests.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, cast

import gpiod

from edge.drivers.gpio.gpiod_chip import open_chip
from tests.drivers.gpio.fake_chip import FakeChip

CONFIGFS = Path("/sys/kernel/config/gpio-sim")


class Board(Protocol):
    """One gpiochip with 54 lines or more, seen from outside."""

    def open(self) -> gpiod.Chip:
        """Open the chip once more."""

    def wire(self, pin: int, *, high: bool) -> None:
        """Have the wire outside pull *pin* to a level."""

    def level(self, pin: int) -> bool:
        """Measure the level of *pin*."""


class FakeBoard:
    """The chip in memory."""

    def __init__(self) -> None:
        self.chip = FakeChip()

    def open(self) -> gpiod.Chip:
        """Return the chip; it has all that Gardu uses of a real one."""
        return cast("gpiod.Chip", self.chip)

    def wire(self, pin: int, *, high: bool) -> None:
        """Have the wire outside pull *pin* to a level."""
        self.chip.wire(pin, high)

    def level(self, pin: int) -> bool:
        """Measure the level of *pin*."""
        return self.chip.lines[pin].level


class SimBoard:
    """A chip of gpio-sim."""

    def __init__(self, node: Path) -> None:
        chip = (node / "bank/chip_name").read_text("ascii").strip()
        self._number = int(chip.removeprefix("gpiochip"))
        self._device = Path("/sys/devices/platform", (node / "dev_name").read_text().strip(), chip)

    def open(self) -> gpiod.Chip:
        """Open the chip once more."""
        return open_chip(self._number)

    def wire(self, pin: int, *, high: bool) -> None:
        """Have the simulated pull of *pin* at a level; gpio-sim knows no stronger wire."""
        pull = "pull-up" if high else "pull-down"
        (self._device / f"sim_gpio{pin}/pull").write_text(pull, "ascii")

    def level(self, pin: int) -> bool:
        """Measure the level of *pin*."""
        return (self._device / f"sim_gpio{pin}/value").read_text("ascii").strip() == "1"


@contextmanager
def sim_board() -> Iterator[SimBoard]:
    """Make a chip of gpio-sim for one test."""
    node = CONFIGFS / f"gardu-{os.getpid()}"
    (node / "bank").mkdir(parents=True)
    try:
        (node / "bank/num_lines").write_text("54", "ascii")
        (node / "live").write_text("1", "ascii")
        try:
            yield SimBoard(node)
        finally:
            (node / "live").write_text("0", "ascii")
    finally:
        (node / "bank").rmdir()
        node.rmdir()
