"""One page of the flow chart: the places of its rows, symbols and connectors, in millimetres. Pure.

Each line of symbols has the room that its connectors and labels need: from above those that run
across to its symbols, labels of branches that lead up, the symbols, labels of the other branches,
and the connectors that leave across below them.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from edge.paper.flowchart.columns import ChartColumn
from edge.paper.flowchart.connectors import Connector, Frame, connector
from edge.paper.flowchart.flow import FlowLink, Node
from edge.paper.flowchart.labels import Labelled, label_plan
from edge.paper.flowchart.measures import (
    ACROSS,
    ARROW,
    CELL,
    LABEL_LINE,
    LEADING,
    PAD,
    SIZE,
)
from edge.paper.flowchart.pentagons import (
    Reference,
    place_pentagons,
    reference_words,
    references,
)
from edge.paper.flowchart.routes import (
    FROM_PAGE,
    TO_PAGE,
    Channel,
    Lines,
    Route,
    Spot,
    crossing,
    innermost,
    routes,
    tracks,
)
from edge.paper.flowchart.symbols import Symbol, symbol, zones
from edge.paper.lettering import CellLine
from edge.paper.words import Language

# The height of the page numbers at pentagons.
_REFERENCE = 2.6


class Part(NamedTuple):
    """A row of the table, or a part of one that is divided: symbols by line, and cells' texts."""

    lines: list[list[Node]]
    cells: list[list[CellLine]]

    def first(self, lines: int, texts: int) -> "Part":
        """Return the first *lines* of symbols and the first *texts* lines of each cell."""
        return Part(self.lines[:lines], [cell[:texts] for cell in self.cells])

    def after(self, lines: int, texts: int) -> "Part":
        """Return what follows ``first``; its number is in brackets."""
        cells = [cell[texts:] for cell in self.cells]
        rest = Part(self.lines[lines:], cells)
        if rest.lines or any(cells):
            cells[0] = [CellLine(f"({self.cells[0][0].words.strip('()')})")]
        return rest


class Row(NamedTuple):
    """A row of the table on a page: its cells' lines by column, from *top* down to *bottom*."""

    top: float
    bottom: float
    cells: list[list[CellLine]]


class ChartPage(NamedTuple):
    """A page drawn: its parts, from 0 down to *height*."""

    rows: list[Row]
    symbols: dict[str, Symbol]
    connectors: list[Connector]
    references: list[Reference]
    height: float
    tracks: dict[Channel, int]


class _Block(NamedTuple):
    """The room of one line, from its top: where symbols stand and connectors run across."""

    height: float
    middle: float
    entries: dict[str, float]
    exits: dict[int, float]


def draw_page(
    parts: Sequence[Part],
    into: list[Node],
    out: list[Node],
    links: list[FlowLink],
    lane: Mapping[str, int],
    columns: Sequence[ChartColumn],
    lang: Language,
    elsewhere: Mapping[str, list[int]],
) -> ChartPage:
    """Return the page with *parts*, and pentagons from (*into*) and to (*out*) other pages.

    :param lane: the lane of each symbol, by its key
    :param elsewhere: the pages to which each pentagon refers
    """
    lines = [*([into] if into else []), *(line for part in parts for line in part.lines)]
    lines += [out] if out else []
    page = Lines(lines, lane)
    found = routes(page, links)
    spots = page.spots()
    counts = tracks(found)
    rooms = zones([column for column in columns if column.role is not None], counts)
    symbols = {
        node.key: symbol(node, rooms[lane[node.key]], lang) for line in lines for node in line
    }
    words = {key: reference_words(pages, lang) for key, pages in elsewhere.items()}
    edges = columns[0].x, columns[-1].x + columns[-1].width
    place_pentagons(symbols, found, spots, rooms, words, edges)
    labels = label_plan(found, spots, symbols, rooms, lang)
    blocks = [_block(line, n, found, spots, symbols, labels) for n, line in enumerate(lines)]
    tops, rows, height = _stack(parts, blocks, into, out)
    for line, nodes in enumerate(lines):
        for node in nodes:
            y = tops[line] + blocks[line].middle
            symbols[node.key] = symbols[node.key]._replace(y=y)
    inner = [innermost(route, found, spots) for route in found]
    frame = Frame(
        symbols,
        rooms,
        {key: tops[n] + y for n, block in enumerate(blocks) for key, y in block.entries.items()},
        {key: tops[n] + y for n, block in enumerate(blocks) for key, y in block.exits.items()},
    )
    ways = [
        connector(number, route, frame, labels.get(number), inner=inner[number])
        for number, route in enumerate(found)
    ]
    return ChartPage(rows, symbols, ways, references(symbols, words), height, counts)


def _block(
    line: Sequence[Node],
    number: int,
    found: Sequence[Route],
    spots: Mapping[str, Spot],
    symbols: Mapping[str, Symbol],
    labels: Mapping[int, Labelled],
) -> _Block:
    starting = [n for n, route in enumerate(found) if spots[route.link.start].line == number]
    rows = {
        place: max((labels[n].last for n in starting if n in labels and labels[n].place == place),
                   default=0)
        for place in ("above", "below")
    }  # fmt: skip
    y = PAD + (_REFERENCE if line[0].key.startswith(FROM_PAGE) else 0.0)
    entries: dict[str, float] = {}
    for route in found:
        end = route.link.end
        if spots[end].line == number and end not in entries and crossing(route, spots):
            entries[end] = y
            y += ACROSS
    y += rows["above"] * LABEL_LINE + (ARROW if _entered(line, found) else 0.0)
    height = max(symbols[node.key].height for node in line)
    middle = y + height / 2
    y += height + rows["below"] * LABEL_LINE
    exits: dict[int, float] = {}
    for n in starting:
        if found[n].below:
            y += ACROSS + (len(labels[n].lines) * LABEL_LINE if n in labels else 0.0)
            exits[n] = y
    y += PAD + (_REFERENCE if line[0].key.startswith(TO_PAGE) else 0.0)
    return _Block(y, middle, entries, exits)


def _entered(line: Sequence[Node], found: Sequence[Route]) -> bool:
    """Return True if a connector comes down to a symbol of *line*."""
    keys = {node.key for node in line}
    return any(route.link.end in keys and not route.beside for route in found)


def _stack(
    parts: Sequence[Part], blocks: Sequence[_Block], into: list[Node], out: list[Node]
) -> tuple[list[float], list[Row], float]:
    """Return the top of each line, the rows, and the height of all."""
    tops: list[float] = []
    rows: list[Row] = []
    y = 0.0
    if into:
        tops.append(y)
        y += blocks[0].height
    for part in parts:
        mine = blocks[len(tops) : len(tops) + len(part.lines)]
        symbols = sum(block.height for block in mine)
        text = max(map(len, part.cells), default=0) * SIZE * LEADING + 2 * CELL + 1
        height = max(symbols, text)
        at = y + (height - symbols) / 2
        for block in mine:
            tops.append(at)
            at += block.height
        rows.append(Row(y, y + height, part.cells))
        y += height
    if out:
        tops.append(y)
        y += blocks[-1].height
    return tops, rows, y
