"""The wiring picture as SVG, from its layout (edge/paper/wiring/sheet.py)."""

from xml.etree import ElementTree as ET

from edge.paper import svg as draw
from edge.paper.lettering import fit, lines_that_fit, width
from edge.paper.svg import INK
from edge.paper.wiring.notes import NOTE_SIZE
from edge.paper.wiring.shapes import (
    CARD_HEAD,
    CARD_LINE,
    CARD_SIZE,
    EVEN_X,
    HEIGHT,
    MARGIN,
    ODD_X,
    PITCH,
    TOP,
    WIDTH,
    Box,
    Card,
    ChannelLabel,
    PinKind,
    PinLabel,
    WiringSheet,
    pin_y,
)
from edge.paper.wiring.words import said
from edge.paper.words import Language

# Pads by kind (Okabe and Ito's colours, for colour-blind readers) and their numbers' colour.
_PADS: dict[PinKind, tuple[str, str]] = {
    "3.3 V": ("#e69f00", "#000"), "5 V": ("#c0392b", "#fff"), "ground": ("#1b1b1b", "#fff"),
    "id": ("#d9d9d9", "#555"), "free": ("#f4f4f4", "#777"), "in": ("#0072b2", "#fff"),
    "out": ("#d55e00", "#fff"), "serial": ("#7b3f98", "#fff"),
}  # fmt: skip
_LEGEND: dict[PinKind, str] = {
    "in": "input (contact)", "out": "output (relay, lamp)", "serial": "serial",
    "3.3 V": "3.3 V", "5 V": "5 V", "ground": "ground", "free": "free",
}  # fmt: skip
_GROUPS = {
    "lockers": "#e3eefa", "panel": "#eaf5e4", "metal-detector": "#fdeaea", "aiphone": "#f3eafa",
    "buzzer": "#fff3d9", "door": "#e2f4f3", "safety": "#fde3ef", "card-reader": "#f1eee6",
    "scanner": "#f1eee6", "camera": "#ececec", "bus": "#ffffff", "module": "#eef0f7",
}  # fmt: skip
_EDGES = {
    "lockers": "#2a6cb0", "panel": "#4a8b2c", "metal-detector": "#b8403f", "aiphone": "#7b3f98",
    "buzzer": "#b78103", "door": "#1d8a84", "safety": "#b8336a", "card-reader": "#7a6a45",
    "scanner": "#7a6a45", "camera": "#555555", "bus": "#7b3f98", "module": "#44518a",
}  # fmt: skip
_FAINT, _WARNING = "#8a8a8a", "#b00020"
_PAD_RADIUS = 2.35
# Titles that are wider than their label at this size stand in two lines.
_ONE_LINE = 2.2


def svg(sheet: WiringSheet, number: int, count: int, lang: Language = Language.EN) -> str:
    """Return *sheet*, the *number*-th of *count*, as an SVG document."""
    root = draw.document(WIDTH, HEIGHT, f"Gardu wiring of {sheet.title}, {number}/{count}")
    _head(root, sheet, f"{number}/{count}", lang)
    if sheet.labels:
        _legend(root, lang)
        _header(root)
    for label in sheet.labels:
        _label(root, label)
    _bus_lines(root, sheet.cards)
    for card in sheet.cards:
        _card(root, card)
    for channel in sheet.channels:
        _channel(root, channel)
    for text in sheet.texts:
        size = 3.4 if text.heading else NOTE_SIZE
        size = fit(text.words, size, WIDTH - MARGIN - text.x, bold=text.heading)
        draw.text(root, text.x, text.y, text.words, size, bold=text.heading)
    return draw.file_text(root)


def _head(root: ET.Element, sheet: WiringSheet, number: str, lang: Language) -> None:
    draw.text(root, MARGIN, 14, sheet.title, fit(sheet.title, 6.5, 112, bold=True), bold=True)
    draw.text(root, MARGIN, 20, sheet.place, fit(sheet.place, 3.2, WIDTH - 2 * MARGIN), fill="#555")
    words = f"{said('Gardu: wiring of the checkpoint', lang)} · {said('sheet', lang)} {number}"
    draw.text(root, WIDTH - MARGIN, 14, words, 3.0, anchor="end", fill="#555")


def _legend(root: ET.Element, lang: Language) -> None:
    x = MARGIN + 2
    for kind, english in _LEGEND.items():
        words = said(english, lang)
        draw.circle(root, x, 29, 1.7, _PADS[kind][0])
        draw.text(root, x + 3, 30, words, 2.6)
        x += 7 + width(words, 2.6)
    _resistor(root, MARGIN, 35.4, "3.3 V")
    draw.text(root, MARGIN + 21, 37.6, said("resistor to fit", lang), 2.6)
    _triangle(root, MARGIN + 66, 36.6)
    words = said("may switch on while the Pi boots", lang)
    draw.text(root, MARGIN + 71.5, 37.6, words, 2.6)


def _header(root: ET.Element) -> None:
    """Draw the body of the header."""
    draw.rect(root, ODD_X - 4.6, TOP - 1.4, EVEN_X - ODD_X + 9.2, 20 * PITCH + 2.8,
          fill="#3b3b3b", rx=1.4)  # fmt: skip


def _label(root: ET.Element, label: PinLabel) -> None:
    left = label.position % 2 == 1
    x, y = (ODD_X if left else EVEN_X), pin_y(label.position)
    box, (colour, ink) = label.box, _PADS[label.kind]
    near = box.x + box.width if left else box.x
    if label.group or label.kind == "serial":
        draw.line(root, near, y, x, y, colour, 0.7)
        draw.rect(root, *box, fill=_GROUPS.get(label.group, "#fff"), rx=0.9,
              stroke=_EDGES.get(label.group, colour))  # fmt: skip
        far = box.x if left else box.x + box.width - 1.6
        draw.rect(root, far, box.y, 1.6, box.height, fill=_EDGES.get(label.group, colour), rx=0.8)
        _arrow(root, near, y, left=left, out=label.kind == "out", colour=colour)
        _words(root, label)
    else:
        draw.text(root, near + (-2 if left else 2), y + 0.95, label.title, 2.6,
              anchor="end" if left else "start",
              fill=_FAINT if label.kind in ("free", "id") else INK)  # fmt: skip
    _pad(root, label.position, x, y, colour)
    draw.text(root, x, y + 0.85, str(label.position), 2.3, anchor="middle", fill=ink, bold=True)


def _words(root: ET.Element, label: PinLabel) -> None:
    """Write the two lines of a label; draw its warning and resistor at its far end."""
    box = label.box
    left = label.position % 2 == 1
    tags = (19.0 if label.resistor else 0.0) + (5.0 if label.warning else 0.0)
    room = box.width - tags - 9.0
    x = box.x + (3.0 if left else 6.0)
    x += tags if left else 0.0
    _titled(root, Box(x, box.y, room, box.height), label.title, label.detail)
    tag_x = box.x + 3.0 if left else box.x + box.width - 3.0 - tags
    if label.warning:
        _triangle(root, tag_x, box.y + box.height / 2)
        tag_x += 5.0
    if label.resistor:
        _resistor(root, tag_x, box.y + box.height / 2 - 1.6, label.resistor)


def _channel(root: ET.Element, label: ChannelLabel) -> None:
    """Draw a module's channel: its number in a pad, its function and place beside it."""
    box, (colour, ink) = label.box, _PADS[label.kind]
    draw.rect(root, *box, fill=_GROUPS.get(label.group, "#fff"), rx=0.9,
              stroke=_EDGES.get(label.group, colour))  # fmt: skip
    middle = box.y + box.height / 2
    draw.circle(root, box.x + 4, middle, _PAD_RADIUS, colour)
    draw.text(root, box.x + 4, middle + 0.85, str(label.number), 2.3, anchor="middle", fill=ink,
              bold=True)  # fmt: skip
    x, room = box.x + 8.5, box.width - 11
    _titled(root, Box(x, box.y, room, box.height), label.title, label.detail)


def _titled(root: ET.Element, box: Box, title: str, detail: str) -> None:
    """Write *title* whole in *box*, in one line or two, and *detail* below it."""
    size = fit(title, 2.9, box.width, bold=True)
    if size >= _ONE_LINE:
        draw.text(root, box.x, box.y + 3.0, title, size, bold=True)
        draw.text(root, box.x, box.y + 5.85, detail, fit(detail, 2.15, box.width), fill="#444")
        return
    lines, size = lines_that_fit(title, 2.1, box.width, 2, bold=True)
    for number, line in enumerate(lines):
        draw.text(root, box.x, box.y + 2.2 + number * 2.1, line, size, bold=True)
    draw.text(root, box.x, box.y + 6.3, detail, fit(detail, 1.9, box.width), fill="#444")


def _resistor(root: ET.Element, x: float, y: float, rail: str) -> None:
    """Draw a resistor (IEC) and the name of its rail."""
    middle = y + 1.6
    draw.line(root, x, middle, x + 8, middle, INK, 0.35)
    draw.rect(root, x + 1.6, y + 0.6, 4.8, 2.0, fill="#fff", stroke=INK)
    draw.text(root, x + 8.6, middle + 0.8, rail, 2.3, bold=True)


def _triangle(root: ET.Element, x: float, y: float) -> None:
    draw.polygon(root, (x, y + 1.6), (x + 1.9, y - 1.8), (x + 3.8, y + 1.6), fill=_WARNING)
    draw.text(root, x + 1.9, y + 1.25, "!", 2.4, anchor="middle", fill="#fff", bold=True)


def _arrow(root: ET.Element, near: float, y: float, *, left: bool, out: bool, colour: str) -> None:
    """Draw the direction of the signal: to the pin, or from it."""
    outwards = -1 if left else 1
    way = outwards if out else -outwards
    tip = near + outwards * -2.6 + way * 1.3
    back = tip - way * 2.4
    draw.polygon(root, (tip, y), (back, y - 1.2), (back, y + 1.2), fill=colour)


def _pad(root: ET.Element, position: int, x: float, y: float, colour: str) -> None:
    if position == 1:
        draw.rect(
            root, x - _PAD_RADIUS, y - _PAD_RADIUS, 2 * _PAD_RADIUS, 2 * _PAD_RADIUS, fill=colour
        )
    else:
        draw.circle(root, x, y, _PAD_RADIUS, colour)


def _bus_lines(root: ET.Element, cards: list[Card]) -> None:
    """Draw the wires A and B through each row of a bus."""
    rows: dict[tuple[str, float], list[Card]] = {}
    for card in cards:
        if card.bus:
            rows.setdefault((card.bus, card.box.y), []).append(card)
    for (_, top), row in rows.items():
        first, last = row[0].box, row[-1].box
        for wire, offset in (("A", 6.0), ("B", 11.0)):
            draw.line(
                root, first.x, top + offset, last.x + last.width, top + offset, "#7b3f98", 0.8
            )
            for card in row[1:]:
                draw.text(root, card.box.x - 2.0, top + offset - 0.7, wire, 2.2, anchor="middle",
                      fill="#7b3f98", bold=True)  # fmt: skip


def _card(root: ET.Element, card: Card) -> None:
    box, edge = card.box, _EDGES.get(card.group, INK)
    draw.rect(root, *box, fill=_GROUPS.get(card.group, "#fff"), rx=1.2, stroke=edge)
    draw.rect(root, box.x, box.y, box.width, 1.4, fill=edge, rx=0.7)
    room = box.width - 4
    draw.text(
        root, box.x + 2, box.y + 5, card.title, fit(card.title, 3.0, room, bold=True), bold=True
    )
    for number, words in enumerate(card.details):
        y = box.y + CARD_HEAD + 2.0 + number * CARD_LINE
        draw.text(root, box.x + 2, y, words, CARD_SIZE, fill="#333")
