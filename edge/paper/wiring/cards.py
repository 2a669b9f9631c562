"""The cards of the devices that are not on the header: buses, readers, cameras. Pure."""

from typing import NamedTuple

from edge.config.inventory import Line, driver_of, kind_of, lines
from edge.config.model import Config
from edge.config.sections.buses import Bus
from edge.config.sections.cameras import NetworkCamera
from edge.paper.lettering import wrap
from edge.paper.wiring.shapes import (
    CARD_GAP,
    CARD_HEAD,
    CARD_LINE,
    CARD_ROOM,
    CARD_SIZE,
    CARD_WIDTH,
    CARDS_A_ROW,
    MARGIN,
    Box,
    Card,
)
from edge.paper.wiring.words import said
from edge.paper.words import Language


class _Bare(NamedTuple):
    """A card without its place."""

    title: str
    details: tuple[str, ...]
    group: str
    bus: str


class CardRow(NamedTuple):
    """Cards side by side, all of one *height*."""

    cards: list[_Bare]
    height: float

    def at(self, top: float) -> list[Card]:
        """Return the cards, their upper edges at *top*."""
        return [
            Card(Box(MARGIN + place * (CARD_WIDTH + CARD_GAP), top, CARD_WIDTH, self.height), *card)
            for place, card in enumerate(self.cards)
        ]


def card_rows(config: Config, lang: Language) -> list[CardRow]:
    """Return a row for each bus, then the devices with a port or address of their own."""
    rows = [_bus_row(config, bus, lang) for bus in config.buses]
    alone = [
        _Bare(line.device, (line.driver, _short(line.port)), kind_of(line.device), "")
        for line in lines(config)
        if not line.bus
    ]
    alone += [
        _Bare(f"camera/{name}", _camera(camera, lang), "camera", "")
        for name, camera in config.cameras.items()
    ]
    broken = [
        row[start : start + CARDS_A_ROW]
        for row in [*rows, alone]
        for start in range(0, len(row), CARDS_A_ROW)
    ]
    return [_row(row) for row in broken]


def _row(cards: list[_Bare]) -> CardRow:
    """Return *cards* with their details in lines that fit."""
    wrapped = [
        card._replace(
            details=tuple(line for one in card.details for line in wrap(one, CARD_SIZE, CARD_ROOM))
        )
        for card in cards
    ]
    most = max(len(card.details) for card in wrapped)
    return CardRow(wrapped, CARD_HEAD + max(most, 3) * CARD_LINE + 1.0)


def _bus_row(config: Config, bus: str, lang: Language) -> list[_Bare]:
    """Return the cards of a bus; devices in the network have no wires A and B between them."""
    section = config.buses[bus]
    serial = section.spoken != "tcp"
    wires = said("A to A, B to B, GND" if serial else "network cable", lang)
    drawn = bus if serial else ""
    adapter = _Bare(f"bus {bus}", _adapter(section, lang), "bus", drawn)
    return [
        adapter,
        *(_on_bus(line, wires, drawn, lang) for line in lines(config) if line.bus == bus),
    ]


def _adapter(bus: Bus, lang: Language) -> tuple[str, ...]:
    """Return the details of what the line of *bus* is connected to."""
    speed = f"{bus.line_baud_rate} 8N1"
    if bus.host is None:
        return (said("RS-485 adapter on USB", lang), _short(bus.place), speed)
    if bus.spoken == "tcp":
        return ("Modbus TCP", bus.place, said("network cable", lang))
    return (said("RS-485 gateway", lang), bus.place, f"{said('transparent', lang)}, {speed}")


def _on_bus(line: Line, wires: str, bus: str, lang: Language) -> _Bare:
    numbers = ", ".join(map(str, line.addresses))
    boards = f"{said('address', lang)} {numbers}" if numbers else ""
    details = tuple(filter(None, (line.driver, boards, wires)))
    return _Bare(line.device, details, kind_of(line.device), bus)


def _camera(camera: object, lang: Language) -> tuple[str, ...]:
    purposes = f"{said('for', lang)} {', '.join(getattr(camera, 'purposes', []))}"
    if isinstance(camera, NetworkCamera):  # the query may hold a password
        return (driver_of(camera), camera.url.partition("?")[0], purposes)
    return (driver_of(camera), said("on the camera connector (CSI)", lang), purposes)


def _short(port: str) -> str:
    """Return the end of the name of *port*, which distinguishes it from others."""
    return port.rpartition("/")[2]
