"""Lists a config's parts, serial ports and bus addresses, by the device they belong to.

They are found by the structure of the config, so that a new section needs no change here: a
contact or output is a part, a section with a ``port`` is on a serial port, one with a ``bus`` is
on a shared line.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from edge.config.model import Config
from edge.config.parts import wired_parts
from edge.config.sections.pins import Contact, DataLine, Output
from edge.config.wiring import functions

KEYBOARD = "keyboard"
"""The driver of readers that type."""

# Sections with many devices have plural names, devices singular ones.
_SINGULAR = {"buses": "bus"}


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """One contact, data line or output.

    :ivar device: the device it belongs to, as named in health and records (``panel/reception``)
    :ivar key: its key in the config
    :ivar function: its function, in the words of the wiring table
    """

    device: str
    key: str
    function: str
    part: Contact | DataLine | Output

    @property
    def is_data(self) -> bool:
        """True if it is a data line, whose pulses are shorter than any contact's."""
        return isinstance(self.part, DataLine)

    @property
    def is_output(self) -> bool:
        """True if the Pi drives it."""
        return isinstance(self.part, Output)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A device on a line: *port* is its own, or that (or host:port) of the bus it shares.

    :ivar driver: the config's ``driver``; empty if it names none
    :ivar bus: the name of that bus; empty if the port is its own
    :ivar addresses: the addresses of its boards on the bus
    """

    device: str
    port: str
    driver: str = ""
    bus: str = ""
    addresses: tuple[int, ...] = ()

    @property
    def types(self) -> bool:
        """True if it is no serial port, but an input device that types like a keyboard."""
        return self.driver == KEYBOARD


def fitted(config: Config) -> list[Fitted]:
    """Return every contact and output of *config*, in the order of the file."""
    words = functions(config)
    return [
        Fitted(
            device=device_of(config, key),
            key=key,
            function=words.get(part.place) or key.replace("_", " "),
            part=part,
        )
        for key, part in wired_parts(config)
    ]


def lines(config: Config) -> list[Line]:
    """Return every device of *config* that is on a serial line."""
    buses = config.buses
    found = []
    for key, section in _sections(config):
        device = device_of(config, key)
        port, bus = getattr(section, "port", None), getattr(section, "bus", None)
        if isinstance(port, str) and not key.startswith("buses."):
            found.append(Line(device=device, port=port, driver=driver_of(section)))
        elif isinstance(bus, str) and bus in buses:
            addresses = {getattr(one, "address", None) for _, one in _sections(section, key)}
            found.append(
                Line(
                    device=device,
                    port=buses[bus].place,
                    driver=driver_of(section),
                    bus=bus,
                    addresses=tuple(sorted(one for one in addresses if one is not None)),
                )
            )
    return found


def driver_of(section: Any) -> str:
    """Return the section's key ``driver``; empty if it has none."""
    return str(section.__struct_config__.tag or getattr(section, "driver", ""))


def device_of(config: Config, key: str) -> str:
    """Return the name of the device that the config's *key* belongs to.

    ``panels.reception.lamp`` is part of ``panel/reception``, ``lockers.locker[0].door`` of
    ``lockers``.
    """
    section, _, rest = key.replace("[", ".").partition(".")
    if not isinstance(getattr(config, section), dict):
        return section.replace("_", "-")
    kind = _SINGULAR.get(section) or section.removesuffix("s")
    return f"{kind.replace('_', '-')}/{rest.partition('.')[0]}"


def kind_of(device: str) -> str:
    """Return the kind of *device*: ``panel`` of ``panel/reception``."""
    return device.partition("/")[0]


def _sections(value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (key, section) of every section within *value*, in the order of the file."""
    if isinstance(value, dict):
        children = [(f"{where}.{key}", item) for key, item in value.items()]
    elif isinstance(value, list | tuple):
        children = [(f"{where}[{number}]", item) for number, item in enumerate(value)]
    elif isinstance(value, msgspec.Struct):
        if where:
            yield where, value
        prefix = f"{where}." if where else ""
        children = [(prefix + name, getattr(value, name)) for name in value.__struct_fields__]
    else:
        return
    for key, item in children:
        yield from _sections(item, key)
