#!/usr/bin/python3
"""The wires at the header, seen from outside of the Pi.

gpio-sim lets the pull of a program's own claim set a line's level, which no real wire does. So
``pins hold`` runs beside, and puts each wired line back to the level of its wire.
"""

import argparse
import os
import sys
import time
from pathlib import Path

LINES = Path("/run/virtual-pi/lines")
WIRES = Path("/run/virtual-pi/wires")
HEADER = range(2, 28)
_PULLS = {0: "pull-down", 1: "pull-up"}


def level(pin: int) -> int:
    """Return the level of *pin*."""
    return int((LINES / f"sim_gpio{pin}/value").read_text())


def pull(pin: int, to: int) -> None:
    """Pull *pin* to a level."""
    (LINES / f"sim_gpio{pin}/pull").write_text(_PULLS[to])


def wire(pin: int, to: int) -> None:
    """Wire *pin* to a level from now on."""
    WIRES.mkdir(parents=True, exist_ok=True)
    fresh = WIRES / f".{pin}"
    fresh.write_text(str(to))
    fresh.rename(WIRES / str(pin))
    pull(pin, to)


def press(pin: int, seconds: float, to: int) -> None:
    """Pull *pin* to a level for some seconds, then back."""
    wire(pin, to)
    time.sleep(seconds)
    wire(pin, 1 - to)


def hold() -> None:
    """Put each wired line back to its wire's level, ten times a second, for ever.

    The files stay open, because a Python that is emulated is slow.
    """
    pulls: dict[int, int] = {}
    known, levels = 0, dict[int, bytes]()
    while True:
        changed = WIRES.stat().st_mtime_ns
        if changed != known:
            wires = {int(file.name): int(file.read_text()) for file in WIRES.glob("[0-9]*")}
            levels = {pin: _PULLS[to].encode() for pin, to in wires.items()}
            known = changed
        for pin, wanted in levels.items():
            if pin not in pulls:
                pulls[pin] = os.open(LINES / f"sim_gpio{pin}/pull", os.O_RDWR)
            if os.pread(pulls[pin], 16, 0).strip() != wanted:
                os.pwrite(pulls[pin], wanted, 0)
        time.sleep(0.1)


def until(pin: int, to: int, limit: float) -> float:
    """Wait until *pin* has a level and return the seconds; end with exit code 1 at the limit."""
    began = time.monotonic()
    while level(pin) != to:
        if time.monotonic() - began > limit:
            sys.exit(f"GPIO {pin} is not {to} after {limit:.0f} s")
        time.sleep(0.001)
    return time.monotonic() - began


def respond(button: int, lamp: int, limit: float) -> float:
    """Press *button* and return the seconds from its release to the next change of *lamp*."""
    rest = level(lamp)
    wire(button, 0)
    time.sleep(0.3)
    if level(lamp) != rest:  # the press itself was answered
        rest = level(lamp)
    wire(button, 1)
    return until(lamp, 1 - rest, limit)


def spring(button: int, relay: int, energised: int, door: int, limit: float) -> None:
    """Press *button*; once the lock's *relay* is energised its *door* opens, and is shut again."""
    press(button, 0.3, 0)
    until(relay, energised, limit)
    shut = level(door)
    press(door, 2.0, 1 - shut)


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="pins", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("hold", help="hold the wires (a service does it)")
    wiring = commands.add_parser("wire", help="wire a pin to a level")
    wiring.add_argument("pin", type=int)
    wiring.add_argument("level", type=int, choices=(0, 1))
    pressing = commands.add_parser("press", help="press the button at a pin")
    pressing.add_argument("pin", type=int)
    pressing.add_argument("--seconds", type=float, default=0.3)
    pressing.add_argument("--level", type=int, choices=(0, 1), default=0)
    waiting = commands.add_parser("until", help="wait for a level, print the seconds")
    waiting.add_argument("pin", type=int)
    waiting.add_argument("level", type=int, choices=(0, 1))
    waiting.add_argument("--limit", type=float, default=30.0)
    responding = commands.add_parser("respond", help="press a button, print seconds to its lamp")
    responding.add_argument("pin", type=int)
    responding.add_argument("lamp", type=int)
    responding.add_argument("--limit", type=float, default=30.0)
    springing = commands.add_parser("spring", help="press a button that opens a locker, use it")
    springing.add_argument("button", type=int)
    springing.add_argument("relay", type=int)
    springing.add_argument("energised", type=int, choices=(0, 1))
    springing.add_argument("door", type=int)
    springing.add_argument("--limit", type=float, default=30.0)
    asked = parser.parse_args()
    match asked.command:
        case "hold":
            hold()
        case "wire":
            wire(asked.pin, asked.level)
        case "press":
            press(asked.pin, asked.seconds, asked.level)
        case "until":
            print(f"{until(asked.pin, asked.level, asked.limit):.3f}")  # noqa: T201
        case "respond":
            print(f"{respond(asked.pin, asked.lamp, asked.limit):.3f}")  # noqa: T201
        case "spring":
            spring(asked.button, asked.relay, asked.energised, asked.door, asked.limit)
        case _:
            print(" ".join(f"{pin}={level(pin)}" for pin in HEADER))  # noqa: T201


if __name__ == "__main__":
    main()
