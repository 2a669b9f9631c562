"""The layout of the wiring picture: places of all parts on sheets of A4. Pure; millimetres.

The first sheet has the header in the middle with a label for each of its 40 pins beside it. Below
follow, on as many sheets as they need, the devices on serial lines, RS-485 and the network, the
channels of modules, then notes and the parts list. No row is divided, and a heading that goes on on
the next sheet is repeated there.
"""

from collections.abc import Iterator

from edge.config.inventory import Fitted, fitted, kind_of
from edge.config.model import Config
from edge.config.sections.pins import Contact
from edge.paper.wiring.cards import card_rows
from edge.paper.wiring.header import pin_label
from edge.paper.wiring.notes import columns
from edge.paper.wiring.shapes import (
    BOTTOM,
    CARD_GAP,
    LABEL_HEIGHT,
    LINE,
    MARGIN,
    PITCH,
    TOP,
    TOP_OF_NEXT,
    WIDTH,
    Box,
    Card,
    ChannelLabel,
    TextLine,
    WiringSheet,
)
from edge.paper.wiring.words import function_words, said
from edge.paper.words import Language

# Fewer lines than these do not begin at the foot of a sheet.
_FEWEST_LINES = 4


def sheets(config: Config, lang: Language = Language.EN) -> list[WiringSheet]:
    """Return the sheets of the picture of *config*, with the words of *lang*."""
    pages = _Pages(config, lang)
    for row in card_rows(config, lang):
        pages.room(row.height)
        pages.cards += row.at(pages.y)
        pages.y += row.height + CARD_GAP
    for name in config.modules:
        _module(config, name, pages, lang)
    left, right = columns(config, lang)
    while left or right:
        pages.room(4.0 + 4.5 + LINE * min(_FEWEST_LINES, max(len(left), len(right))))
        count = int((BOTTOM - pages.y - 8.5) / LINE)
        top = pages.y + 4.0
        pages.texts += [*left.take(count, top), *right.take(count, top)]
        pages.y = BOTTOM
    return pages.sheets


class _Pages:
    """The sheets so far; on the last of them, *y* is where the next part begins."""

    def __init__(self, config: Config, lang: Language) -> None:
        here = config.checkpoint
        first = WiringSheet(f"{here.site} / {here.id}", here.place, [], [], [], [])
        self.sheets = [
            first._replace(labels=[pin_label(config, place, lang) for place in range(1, 41)])
        ]
        self.y = TOP + 20 * PITCH + 5

    def room(self, height: float) -> None:
        """Begin another sheet if less than *height* is left on this one."""
        if self.y + height > BOTTOM:
            last = self.sheets[-1]
            self.sheets.append(WiringSheet(last.title, last.place, [], [], [], []))
            self.y = TOP_OF_NEXT

    @property
    def cards(self) -> list[Card]:
        """Those of the last sheet."""
        return self.sheets[-1].cards

    @cards.setter
    def cards(self, cards: list[Card]) -> None:
        self.sheets[-1] = self.sheets[-1]._replace(cards=cards)

    @property
    def channels(self) -> list[ChannelLabel]:
        """Those of the last sheet."""
        return self.sheets[-1].channels

    @property
    def texts(self) -> list[TextLine]:
        """Those of the last sheet."""
        return self.sheets[-1].texts

    @texts.setter
    def texts(self, texts: list[TextLine]) -> None:
        self.sheets[-1] = self.sheets[-1]._replace(texts=texts)


def _module(config: Config, name: str, pages: _Pages, lang: Language) -> None:
    """Place the used channels of the module *name* below its heading, in rows."""
    module = config.modules[name]
    mine = [part for part in fitted(config) if part.part.module == name]
    address = f"{said('address', lang)} {module.address} {said('on bus', lang)} {module.bus}"
    words = f"{said('Module', lang)} {name}: {module.driver}, {address}"
    headed = False
    for row in _rows(mine):
        if not headed:
            pages.room(7.0 + PITCH)
        elif pages.y + PITCH > BOTTOM:
            pages.room(PITCH)
            headed = False
        if not headed:
            pages.texts.append(TextLine(MARGIN, pages.y + 4.0, words, heading=True))
            pages.y, headed = pages.y + 6.0, True
        pages.channels.extend(_channel(part, pages.y, lang) for part in row)
        pages.y += PITCH
    pages.y += 2.0 if headed else 0.0


def _rows(parts: list[Fitted]) -> Iterator[list[Fitted]]:
    """Yield the channels row by row: an input beside an output, in the order of their numbers."""
    ordered = sorted(parts, key=lambda part: part.part.channel)
    inputs = [part for part in ordered if not part.is_output]
    outputs = [part for part in ordered if part.is_output]
    for number in range(max(len(inputs), len(outputs))):
        yield [*inputs[number : number + 1], *outputs[number : number + 1]]


def _channel(part: Fitted, y: float, lang: Language) -> ChannelLabel:
    contact = part.part
    x = WIDTH / 2 + 2 if part.is_output else MARGIN
    detail = said("on energises it", lang)
    if isinstance(contact, Contact):
        detail = {"normally-open": "N/O", "normally-closed": "N/C"}[contact.wired]
    side = said("output" if part.is_output else "input", lang)
    place = f"{side} {contact.channel} {said('of', lang)}"
    return ChannelLabel(
        Box(x, y, WIDTH / 2 - MARGIN - 2, LABEL_HEIGHT),
        "out" if part.is_output else "in",
        contact.channel,
        function_words(part, lang),
        f"{place} {contact.module} · {detail}",
        kind_of(part.device),
    )
