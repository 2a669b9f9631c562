"""The labels of the header's 40 pins. Pure."""

from edge.config.crosscheck.rules import UART_PORTS
from edge.config.inventory import Fitted, fitted, kind_of, lines
from edge.config.model import Config
from edge.config.sections.pins import DataLine, Output
from edge.config.wiring import HEADER, wiring
from edge.paper.wiring.parts_list import pull_resistor
from edge.paper.wiring.shapes import (
    LABEL_HEIGHT,
    LABEL_WIDTH,
    MARGIN,
    WIDTH,
    Box,
    PinKind,
    PinLabel,
    pin_y,
)
from edge.paper.wiring.words import function_words, said
from edge.paper.words import Language

_POWER: dict[int, PinKind] = {
    1: "3.3 V", 17: "3.3 V", 2: "5 V", 4: "5 V", 27: "id", 28: "id",
    **dict.fromkeys((6, 9, 14, 20, 25, 30, 34, 39), "ground"),
}  # fmt: skip
_SERIAL = {14: "transmits (TXD)", 15: "receives (RXD)"}


def pin_label(config: Config, position: int, lang: Language) -> PinLabel:
    """Return the label beside pin *position*."""
    box = _box(position)
    if position in _POWER:
        kind = _POWER[position]
        title = {"id": "reserved for HATs", "ground": "ground (GND)"}.get(kind, kind)
        return PinLabel(position, kind, box, said(title, lang))
    pin = next(number for number, place in HEADER.items() if place == position)
    part = next((part for part in fitted(config) if part.part.pin == pin), None)
    if part is not None:
        return _wired(config, position, box, part, lang)
    user = next((line.device for line in lines(config) if line.port in UART_PORTS), "")
    if user and pin in _SERIAL:
        title = f"{user} {said(_SERIAL[pin], lang)}"
        return PinLabel(position, "serial", box, title, f"GPIO {pin}")
    return PinLabel(position, "free", box, f"GPIO {pin}, {said('free', lang)}")


def _box(position: int) -> Box:
    x = MARGIN if position % 2 else WIDTH - MARGIN - LABEL_WIDTH
    return Box(x, pin_y(position) - LABEL_HEIGHT / 2, LABEL_WIDTH, LABEL_HEIGHT)


def _wired(config: Config, position: int, box: Box, part: Fitted, lang: Language) -> PinLabel:
    wire = next(wire for wire in wiring(config) if wire.pin == part.part.bcm)
    return PinLabel(
        position,
        "out" if part.is_output else "in",
        box,
        function_words(part, lang),
        f"GPIO {part.part.bcm} · {_detail(part, lang)}",
        kind_of(part.device),
        pull_resistor(part),
        bool(wire.warning),
    )


def _detail(part: Fitted, lang: Language) -> str:
    """Return how it is wired, in few words."""
    contact = part.part
    if isinstance(contact, DataLine):
        return said("Wiegand · 3.3 V at most", lang)
    if isinstance(contact, Output):
        return said(f"on when {contact.active}", lang)
    wired = {"normally-open": "N/O", "normally-closed": "N/C"}[contact.wired]
    other = "3.3 V" if contact.pull in ("down", "external-down") else "GND"
    level = "high" if contact.active_level else "low"
    return f"{wired} {said('to', lang)} {other} · {said(f'{level} when active', lang)}"
