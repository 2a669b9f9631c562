"""Puts outputs at rest after a daemon's end.

With gpiod, without gpiozero: so it takes a third of the time, and fewer parts can fail.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from edge.drivers.gpio.claiming import claiming
from edge.drivers.gpio.header import SYSFS
from edge.drivers.gpio.pins import CHOICE, chosen_chip, chosen_library, pin_factory
from edge.errors import DeviceUnavailable


def put_at_rest(
    chip: str, library: str, levels: Mapping[int, bool], sysfs: Path = SYSFS
) -> list[DeviceUnavailable]:
    """Claim each output at its resting level and release it; return the problems of single pins.

    The kernel drives the level from the claim on: there is no other level in between. Afterwards
    it stays driven so, or becomes an input (``header.py``, rule 2).

    :param chip: as in the config, *library* too
    :param levels: the resting level (True = high) by BCM number
    :raises DeviceUnavailable: if there are no pins, or they cannot be opened
    """
    if os.environ.get(CHOICE) or chosen_library(library) == "lgpio":
        factory = pin_factory(chip, library, sysfs)
        try:
            return _each(levels, lambda pin, high: factory.pin(pin).output_with_state(high))
        finally:
            factory.close()
    from edge.drivers.gpio.gpiod_chip import open_chip, output_settings, request_line

    with claiming("gpio"):
        opened = open_chip(chosen_chip(chip, sysfs))
    try:
        return _each(
            levels,
            lambda pin, high: request_line(opened, pin, output_settings(high=high)).release(),
        )
    finally:
        opened.close()


def _each(levels: Mapping[int, bool], put: Callable[[int, bool], None]) -> list[DeviceUnavailable]:
    problems = []
    for pin, high in levels.items():
        try:
            with claiming(f"GPIO {pin}"):
                put(pin, high)
        except DeviceUnavailable as problem:  # the other outputs are put at rest all the same
            problems.append(problem)
    return problems
