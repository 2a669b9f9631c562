"""Checks of the serial devices and the invitations against the rest of the config."""

from importlib.util import find_spec

from edge.config.model import Config
from edge.config.sections.card_readers import (
    CardReader,
    KeyboardCardReader,
    KeyboardScanner,
    Scanner,
    Wiegand,
)
from edge.config.spelling import did_you_mean
from edge.config.validation import Problems, note_twice

_SERIAL = ("/dev/serial", "/dev/tty")
_INPUT = "a name under /dev/input/by-id/ that ends with -event-kbd"


def serial_ports(config: Config) -> list[tuple[str, str]]:
    """Return every serial port of *config* with the key that names it."""
    named = [
        (device.port, f"{where}.port")
        for where, device in _devices(config).items()
        if not isinstance(device, Wiegand)
    ]
    buses = config.buses.items()
    return named + [(bus.port, f"buses.{name}.port") for name, bus in buses if bus.port is not None]


def ports(config: Config, problems: Problems) -> None:
    """Add to *problems* each serial port of *config* that is named twice."""
    note_twice(problems, [*serial_ports(config)], "port", "one reader or bus on each port")
    hosts = [
        (bus.place, f"buses.{name}.host") for name, bus in config.buses.items() if bus.port is None
    ]
    note_twice(problems, [*hosts], "address", "one bus for each address in the network")


def readers(config: Config, problems: Problems) -> None:
    """Add the problems of the card readers and scanners of *config* to *problems*."""
    served = sorted({station for panel in config.panels.values() for station in panel.stations})
    for where, device in _devices(config).items():
        for number, station in enumerate(device.stations):
            if station not in served:
                meant = did_you_mean(station, served)
                problems.add(
                    f"{where}.stations[{number}]",
                    f"is {station!r}, which no panel serves{meant}; allowed: {', '.join(served)}",
                )
        _kind_of_port(where, device, problems)
    for name in config.scanners.keys() & config.card_readers.keys():
        problems.add(f"scanners.{name}", "is also a card reader's name; allowed: another name")


def _kind_of_port(where: str, device: "CardReader | Scanner", problems: Problems) -> None:
    """Report a serial port of a keyboard, or an input device of a serial reader."""
    if isinstance(device, Wiegand):
        return
    keyboard = isinstance(device, KeyboardCardReader | KeyboardScanner)
    if keyboard and device.port.startswith(_SERIAL):
        problems.add(f"{where}.port", f"is {device.port!r}, a serial port; allowed: {_INPUT}")
    elif keyboard and device.port.startswith("/dev/input/event"):
        problems.add(
            f"{where}.port", f"is {device.port!r}, whose number changes; allowed: {_INPUT}"
        )
    elif not keyboard and device.port.startswith("/dev/input/"):
        problems.add(
            f"{where}.port",
            f"is {device.port!r}, which types like a keyboard; allowed: a serial port, or "
            'driver = "keyboard"',
        )


def invitations(config: Config, problems: Problems) -> None:
    """Add the problems of the invitations of *config* to *problems*."""
    keys = config.invitations.keys
    if config.scanners and not keys:
        problems.add(
            "invitations.keys",
            "is missing, but there are [scanners]; allowed: public keys, as `gardu invitation key` "
            "prints them",
        )
    named = [(key, f"invitations.keys.{name}") for name, key in keys.items()]
    note_twice(problems, [*named], "key", "each key once")


def check_library(config: Config, problems: Problems) -> None:
    """Add a problem if there are scanners but no library to check invitations."""
    if config.scanners and find_spec("nacl") is None:
        problems.add("scanners", "need PyNaCl; install it: pip install 'gardu[invitations]'")


def _devices(config: Config) -> "dict[str, CardReader | Scanner]":
    found: dict[str, CardReader | Scanner] = {
        f"card_readers.{name}": reader for name, reader in config.card_readers.items()
    }
    return found | {f"scanners.{name}": scanner for name, scanner in config.scanners.items()}
