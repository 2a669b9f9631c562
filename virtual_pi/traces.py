"""Judges the kernel's trace of the header's lines (ftrace, events ``gpio``)."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

_EVENT = re.compile(r"(\d+\.\d+): gpio_(value|direction): (\d+)\s+(.*)")
_BASE = re.compile(r"^(gpiochip\d+): GPIOs (\d+)-(\d+), .*gpio-sim", re.MULTILINE)

START = (
    "T=/sys/kernel/tracing; mountpoint -q $T || mount -t tracefs none $T; "
    "mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug; "
    "echo 0 > $T/tracing_on; echo > $T/trace; echo 4096 > $T/buffer_size_kb; "
    "echo 1 > $T/events/gpio/enable; echo 1 > $T/tracing_on"
)
"""Shell command that starts the trace."""
STOP = (
    "T=/sys/kernel/tracing; echo 0 > $T/tracing_on; echo 0 > $T/events/gpio/enable; "
    "grep -E ': gpio_(value|direction): ' $T/trace"
)
"""Shell command that ends the trace and prints it."""
CHIPS = "cat /sys/kernel/debug/gpio"


class Change(NamedTuple):
    """A level or direction that the kernel gave to a line.

    :ivar seconds: the kernel's time
    :ivar level: the level put out; None: the line became an input
    """

    seconds: float
    pin: int
    level: int | None


def first_line(chips: str) -> int:
    """Return the kernel's number of the header's line 0, from the text of debugfs.

    :raises ValueError: if there is no simulated chip
    """
    found = _BASE.search(chips)
    if found is None:
        raise ValueError(f"no gpio-sim chip in: {chips[:300]}")
    return int(found[2])


def changes(trace: str, base: int) -> list[Change]:
    """Return the changes of the header's lines in a trace, in order."""
    found = []
    for match in _EVENT.finditer(trace):
        seconds, kind, line, rest = float(match[1]), match[2], int(match[3]) - base, match[4]
        if kind == "value" and rest.startswith("set"):
            found.append(Change(seconds, line, int(rest.split()[-1])))
        elif kind == "direction" and rest.split()[0] == "in":
            found.append(Change(seconds, line, None))
    return found


def blips(found: Iterable[Change], rest: Mapping[int, int]) -> list[Change]:
    """Return the changes that put a line of *rest* to another level than its rest."""
    return [
        change
        for change in found
        if change.pin in rest and change.level is not None and change.level != rest[change.pin]
    ]
