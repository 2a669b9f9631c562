"""The layout of the wiring picture: places of all parts on the sheet. Pure; millimetres.

A portrait A4 sheet: the header in the middle with a label for each of its 40 pins beside it, then
the devices on serial lines, RS-485 and the network, then notes and the parts list. If that is more
than a page holds, the sheet grows downwards (printers fit it to the page).
"""

import textwrap
from typing import Literal, NamedTuple

from edge.config.crosscheck.rules import UART_PORTS
from edge.config.inventory import Fitted, Line, driver_of, fitted, kind_of, lines
from edge.config.model import Config
from edge.config.sections.buses import Bus
from edge.config.sections.cameras import NetworkCamera
from edge.config.sections.pins import Contact, DataLine, Output
from edge.config.wiring import HEADER, boot_notes, boot_pull, bus_notes, wiring
from edge.paper.wiring.parts_list import RESISTOR, parts, pull_resistor

WIDTH, HEIGHT = 210.0, 297.0
MARGIN = 8.0

PITCH = 7.2
TOP = 46.0
ODD_X, EVEN_X = 100.8, 109.2
LABEL_WIDTH, LABEL_HEIGHT = 80.0, 6.3

CARD_WIDTH, CARD_HEIGHT, CARD_GAP = 45.5, 17.0, 4.0
CARDS_A_ROW = 4
LINE = 3.3

PinKind = Literal["3.3 V", "5 V", "ground", "id", "in", "out", "serial", "free"]

_POWER: dict[int, PinKind] = {
    1: "3.3 V", 17: "3.3 V", 2: "5 V", 4: "5 V", 27: "id", 28: "id",
    **dict.fromkeys((6, 9, 14, 20, 25, 30, 34, 39), "ground"),
}  # fmt: skip
_SERIAL = {14: "transmits (TXD)", 15: "receives (RXD)"}


class Box(NamedTuple):
    """A rectangle: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: "Box") -> bool:
        """Return True if the two overlap."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


class PinLabel(NamedTuple):
    """The label beside one pin of the header.

    :ivar position: on the header, 1 to 40
    :ivar group: the kind of device, for its colour; empty for power and free pins
    :ivar resistor: the rail of a resistor at the pin; empty without one
    """

    position: int
    kind: PinKind
    box: Box
    title: str
    detail: str = ""
    group: str = ""
    resistor: str = ""
    warning: bool = False


class Card(NamedTuple):
    """A box for a device that is not on the header.

    :ivar bus: the bus to which it is connected; empty if none
    """

    box: Box
    title: str
    details: tuple[str, ...]
    group: str
    bus: str = ""


class TextLine(NamedTuple):
    """A line of text, its baseline at *y*."""

    x: float
    y: float
    words: str
    heading: bool = False


class ChannelLabel(NamedTuple):
    """The label of one channel of a module: inputs stand on the left, outputs on the right.

    :ivar group: the kind of device, for its colour
    """

    box: Box
    kind: Literal["in", "out"]
    number: int
    title: str
    detail: str
    group: str


class WiringSheet(NamedTuple):
    """The whole picture."""

    title: str
    place: str
    labels: list[PinLabel]
    cards: list[Card]
    channels: list[ChannelLabel]
    texts: list[TextLine]
    height: float


def sheet(config: Config) -> WiringSheet:
    """Return the layout of the picture of *config*."""
    below = TOP + 20 * PITCH + 5
    cards = _cards(config, below)
    bottom = max((card.box.y + CARD_HEIGHT for card in cards), default=below - 4)
    channels, headings = _channels(config, bottom + 8)
    bottom = max((label.box.y + LABEL_HEIGHT for label in channels), default=bottom)
    texts = [*headings, *_texts(config, bottom + 8)]
    end = max(text.y for text in texts) + 6
    checkpoint = config.checkpoint
    return WiringSheet(
        title=f"{checkpoint.site} / {checkpoint.id}",
        place=checkpoint.place,
        labels=[_label(config, position) for position in range(1, 41)],
        cards=cards,
        channels=channels,
        texts=texts,
        height=max(HEIGHT, end),
    )


def pin_y(position: int) -> float:
    """Return the y of the middle of pin *position*."""
    return TOP + ((position - 1) // 2 + 0.5) * PITCH


def _box(position: int) -> Box:
    x = MARGIN if position % 2 else WIDTH - MARGIN - LABEL_WIDTH
    return Box(x, pin_y(position) - LABEL_HEIGHT / 2, LABEL_WIDTH, LABEL_HEIGHT)


def _label(config: Config, position: int) -> PinLabel:
    box = _box(position)
    if position in _POWER:
        kind = _POWER[position]
        title = {"id": "reserved for HATs", "ground": "ground (GND)"}.get(kind, kind)
        return PinLabel(position, kind, box, title)
    pin = next(number for number, place in HEADER.items() if place == position)
    part = next((part for part in fitted(config) if part.part.pin == pin), None)
    if part is not None:
        return _wired(config, position, box, part)
    user = next((line.device for line in lines(config) if line.port in UART_PORTS), "")
    if user and pin in _SERIAL:
        return PinLabel(position, "serial", box, f"{user} {_SERIAL[pin]}", f"GPIO {pin}")
    return PinLabel(position, "free", box, f"GPIO {pin}, free")


def _wired(config: Config, position: int, box: Box, part: Fitted) -> PinLabel:
    wire = next(wire for wire in wiring(config) if wire.pin == part.part.bcm)
    return PinLabel(
        position,
        "out" if part.is_output else "in",
        box,
        part.function,
        f"GPIO {part.part.bcm} · {_detail(part)}",
        kind_of(part.device),
        pull_resistor(part),
        bool(wire.warning),
    )


def _detail(part: Fitted) -> str:
    """Return how it is wired, in few words."""
    contact = part.part
    if isinstance(contact, DataLine):
        return "Wiegand · 3.3 V at most"
    if isinstance(contact, Output):
        return f"on when {contact.active}"
    wired = {"normally-open": "N/O", "normally-closed": "N/C"}[contact.wired]
    other = "3.3 V" if contact.pull in ("down", "external-down") else "GND"
    return f"{wired} to {other} · {'high' if contact.active_level else 'low'} when active"


_Bare = tuple[str, tuple[str, ...], str, str]
"""A card without its place: title, details, group, bus."""


def _cards(config: Config, top: float) -> list[Card]:
    """Place a row for each bus, then the devices with a port or address of their own."""
    rows = [_bus_row(config, bus) for bus in config.buses]
    alone: list[_Bare] = [
        (line.device, (line.driver, _short(line.port)), kind_of(line.device), "")
        for line in lines(config)
        if not line.bus
    ]
    alone += [
        (f"camera/{name}", _camera(camera), "camera", "") for name, camera in config.cameras.items()
    ]
    rows += [alone[start : start + CARDS_A_ROW] for start in range(0, len(alone), CARDS_A_ROW)]
    return [
        Card(_card_box(row, place, top), *card)
        for row, cards in enumerate(_broken(rows))
        for place, card in enumerate(cards)
    ]


def _broken(rows: list[list[_Bare]]) -> list[list[_Bare]]:
    """Break rows that are too long."""
    return [
        row[start : start + CARDS_A_ROW]
        for row in rows
        for start in range(0, len(row), CARDS_A_ROW)
    ]


def _bus_row(config: Config, bus: str) -> list[_Bare]:
    """Return the cards of a bus; devices in the network have no wires A and B between them."""
    section = config.buses[bus]
    drawn, wires = (
        (bus, "A to A, B to B, GND") if section.spoken != "tcp" else ("", "network cable")
    )
    adapter: _Bare = (f"bus {bus}", _adapter(section), "bus", drawn)
    return [
        adapter,
        *(_on_bus(line, wires, drawn) for line in lines(config) if line.bus == bus),
    ]


def _adapter(bus: Bus) -> tuple[str, ...]:
    """Return the details of what the line of *bus* is connected to."""
    if bus.host is None:
        return ("RS-485 adapter on USB", _short(bus.place), f"{bus.line_baud_rate} 8N1")
    if bus.spoken == "tcp":
        return ("Modbus TCP", bus.place, "network cable")
    return ("RS-485 gateway", bus.place, f"transparent, {bus.line_baud_rate} 8N1")


def _on_bus(line: Line, wires: str, bus: str) -> _Bare:
    boards = f"address {', '.join(map(str, line.addresses))}" if line.addresses else ""
    return line.device, (line.driver, boards, wires), kind_of(line.device), bus


def _camera(camera: object) -> tuple[str, ...]:
    if isinstance(camera, NetworkCamera):  # the query may hold a password
        return (
            driver_of(camera),
            camera.url.partition("?")[0],
            f"for {', '.join(camera.purposes)}",
        )
    purposes = ", ".join(getattr(camera, "purposes", []))
    return (driver_of(camera), "on the camera connector (CSI)", f"for {purposes}")


def _short(port: str) -> str:
    """Return the end of the name of *port*, which distinguishes it from others."""
    return port.rpartition("/")[2]


def _card_box(row: int, place: int, top: float) -> Box:
    x = MARGIN + place * (CARD_WIDTH + CARD_GAP)
    return Box(x, top + row * (CARD_HEIGHT + CARD_GAP), CARD_WIDTH, CARD_HEIGHT)


def _channels(config: Config, top: float) -> tuple[list[ChannelLabel], list[TextLine]]:
    """Place the used channels of each module below its heading: inputs left, outputs right."""
    used = [part for part in fitted(config) if part.part.module is not None]
    labels: list[ChannelLabel] = []
    headings: list[TextLine] = []
    for name, module in config.modules.items():
        mine = sorted(
            (part for part in used if part.part.module == name),
            key=lambda part: (part.is_output, part.part.channel),
        )
        if not mine:
            continue
        words = f"Module {name}: {module.driver}, address {module.address} on bus {module.bus}"
        headings.append(TextLine(MARGIN, top, words, heading=True))
        columns = [[part for part in mine if part.is_output == side] for side in (False, True)]
        for column in columns:
            for row, part in enumerate(column):
                labels.append(_channel(part, top + 2 + row * PITCH))
        top += max(map(len, columns)) * PITCH + 9
    return labels, headings


def _channel(part: Fitted, y: float) -> ChannelLabel:
    contact = part.part
    x = WIDTH / 2 + 2 if part.is_output else MARGIN
    detail = "on energises it"
    if isinstance(contact, Contact):
        detail = {"normally-open": "N/O", "normally-closed": "N/C"}[contact.wired]
    return ChannelLabel(
        Box(x, y, WIDTH / 2 - MARGIN - 2, LABEL_HEIGHT),
        "out" if part.is_output else "in",
        contact.channel,
        part.function,
        f"{contact.place} · {detail}",
        kind_of(part.device),
    )


_COLUMN = (WIDTH - 2 * MARGIN - 6) / 2
_NOTE_SIZE = 2.4
_BULLET = "• "


def _texts(config: Config, top: float) -> list[TextLine]:
    """Place the notes on the left, the parts list on the right."""
    left = _column("To mind", _notes(config), MARGIN, top)
    rows = [f"{part.count} x {part.what}" for part in parts(config)]
    return [*left, *_column("Parts", rows, MARGIN + _COLUMN + 6, top)]


def _column(heading: str, rows: list[str], x: float, top: float) -> list[TextLine]:
    most = int(_COLUMN / (_NOTE_SIZE * 0.56))
    wrapped = [line for row in rows for line in _wrap(row, most)]
    return [
        TextLine(x, top, heading, heading=True),
        *(
            TextLine(x + (0 if line.startswith(_BULLET) else 2.0), top + 4.5 + number * LINE, line)
            for number, line in enumerate(wrapped)
        ),
    ]


def _wrap(words: str, most: int) -> list[str]:
    return textwrap.wrap(words, most, initial_indent=_BULLET)


def _notes(config: Config) -> list[str]:
    warned = boot_notes(config)
    pulled = any(pull_resistor(part) for part in fitted(config))
    notes = [
        "Pin 1 has the square pad; on a Pi 3 to 5 it is at the end away from the USB sockets.",
        "3.3 V only: 5 V on a GPIO destroys the Pi. Switch everything off before wiring.",
    ]
    if pulled:
        notes.append(
            f"White boxes: fit a resistor of {RESISTOR} from the pin to what is named. While the "
            "Pi boots, and when the daemon is stopped, only this keeps an output off."
        )
    if any(
        part.is_output and part.part.pin is not None and boot_pull(part.part.pin) == "up"
        for part in fitted(config)
    ):
        notes.append("GPIO 2 to 8 are pulled up while the Pi boots, 9 to 27 down.")
    return [*warned, *notes, *bus_notes(config)]
