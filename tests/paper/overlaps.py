"""A checker of flow charts: finds overlaps of shapes, texts and connectors on each page."""

from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import NamedTuple

from edge.paper.flowchart.connectors import Connector, Point
from edge.paper.flowchart.flowchart import Chart
from edge.paper.flowchart.measures import CELL, LABEL, LABEL_LINE, LEADING, SIZE, SMALL, room
from edge.paper.flowchart.page import ChartPage
from edge.paper.flowchart.symbols import Symbol
from edge.paper.lettering import width

Segment = tuple[Point, Point]
# Lines of different connectors nearer than this are read as one; rounding is finer than SLACK.
APART, SLACK = 0.3, 0.02


class Box(NamedTuple):
    """A rectangle around something written, from its left upper corner."""

    what: str
    left: float
    top: float
    right: float
    bottom: float


def overlaps(chart: Chart, *, pages: bool = True) -> list[str]:
    """Return what overlaps on each page of *chart*, or does not fit on it, in words."""
    found = []
    for number, page in enumerate(chart.pages, 1):
        found += [f"page {number}: {problem}" for problem in _page(chart, page)]
        most = room(chart.sheet)
        if pages and page.height > most + SLACK:
            found.append(f"page {number}: is {page.height:.1f} mm high; allowed: {most:g}")
    return found


def _page(chart: Chart, page: ChartPage) -> Iterator[str]:
    yield from _shapes(page)
    yield from _words_in_shapes(page)
    yield from _texts(chart, page)
    yield from _lines_and_shapes(page)
    yield from _lines_and_lines(page)
    yield from _rows(chart, page)


def _segments(connector: Connector) -> list[Segment]:
    return list(pairwise(connector.points))


def _name(connector: Connector) -> str:
    return f"{connector.start} -> {connector.end}"


def _shapes(page: ChartPage) -> Iterator[str]:
    for one, other in combinations(page.symbols.values(), 2):
        apart = abs(one.x - other.x) >= (one.width + other.width) / 2 - SLACK
        if not (apart or abs(one.y - other.y) >= (one.height + other.height) / 2 - SLACK):
            yield f"{one.node.key} overlaps {other.node.key}"


def _words_in_shapes(page: ChartPage) -> Iterator[str]:
    for symbol in page.symbols.values():
        size = 3.0 if symbol.node.kind == "activity" else SMALL
        tall = len(symbol.lines) * size * LEADING
        for place, line in enumerate(symbol.lines):
            wide = width(line, size, bold=symbol.node.kind == "activity")
            room = symbol.width
            if symbol.node.kind == "decision":
                upper = abs(place * size * LEADING - tall / 2)
                lower = abs((place + 1) * size * LEADING - tall / 2)
                room *= 1 - max(upper, lower) * 2 / symbol.height
            # A word may touch the slanted edge of a diamond, not leave it.
            if wide > room + 0.35 or (tall > symbol.height + SLACK):
                yield f"{symbol.node.key}: {line!r} is {wide:.1f} mm wide in {room:.1f} mm"


def _labels(page: ChartPage) -> list[Box]:
    """Return the rectangles around the labels."""
    found = []
    for connector in page.connectors:
        for place, line in enumerate(connector.label):
            x, y = connector.at[0], connector.at[1] + place * LABEL_LINE
            found.append(
                _box(f"{line!r} at {_name(connector)}", x, y, line, LABEL, connector.anchor)
            )
    return found


def _box(what: str, x: float, y: float, words: str, size: float, anchor: str) -> Box:
    wide = width(words, size)
    left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
    return Box(what, left, y - size * 0.73, left + wide, y + size * 0.1)


def _texts(chart: Chart, page: ChartPage) -> Iterator[str]:
    labels = _labels(page)
    numbers = [_box(r.words, r.x, r.y, r.words, LABEL, "middle") for r in page.references]
    boxes = [*labels, *numbers]
    lanes = [column for column in chart.columns if column.role is not None]
    for box in labels:
        if not any(lane.x < box.left and box.right < lane.x + lane.width for lane in lanes):
            yield f"{box.what} lies on a lane's line"
    yield from _texts_over_drawing(page, boxes)
    for one, other in combinations(boxes, 2):
        apart = one.left >= other.right or other.left >= one.right
        if not (apart or one.top >= other.bottom or other.top >= one.bottom):
            yield f"{one.what} lies over {other.what}"


def _texts_over_drawing(page: ChartPage, boxes: list[Box]) -> Iterator[str]:
    for box in boxes:
        for symbol in page.symbols.values():
            if _meet(box, symbol):
                yield f"{box.what} lies over {symbol.node.key}"
        for connector in page.connectors:
            for a, b in _segments(connector):
                if _crosses(a, b, box):
                    yield f"{_name(connector)} runs through {box.what}"


def _meet(box: Box, symbol: Symbol) -> bool:
    """Return True if *box* lies over *symbol*; a diamond leaves the corners of its box free."""
    near_x = max(box.left - symbol.x, symbol.x - box.right, 0.0)
    near_y = max(box.top - symbol.y, symbol.y - box.bottom, 0.0)
    if symbol.node.kind == "decision":
        return near_x / (symbol.width / 2) + near_y / (symbol.height / 2) < 1
    return near_x < symbol.width / 2 - SLACK and near_y < symbol.height / 2 - SLACK


def _crosses(a: Point, b: Point, box: Box) -> bool:
    apart = max(a[0], b[0]) <= box.left or min(a[0], b[0]) >= box.right
    return not (apart or max(a[1], b[1]) <= box.top or min(a[1], b[1]) >= box.bottom)


def _lines_and_shapes(page: ChartPage) -> Iterator[str]:
    for connector in page.connectors:
        for a, b in _segments(connector):
            if a[0] != b[0] and a[1] != b[1]:
                yield f"{_name(connector)} is slanted"
            for symbol in page.symbols.values():
                inner = Box("", symbol.x - symbol.width / 2 + SLACK, symbol.top + SLACK,
                            symbol.x + symbol.width / 2 - SLACK, symbol.bottom - SLACK)  # fmt: skip
                if _crosses(a, b, inner):
                    yield f"{_name(connector)} runs through {symbol.node.key}"


def _lines_and_lines(page: ChartPage) -> Iterator[str]:
    for one, other in combinations(page.connectors, 2):
        if one.end == other.end or one.start == other.start:
            continue  # they join, or part
        for first in _segments(one):
            for second in _segments(other):
                if _along(first, second):
                    yield f"{_name(one)} runs along {_name(other)}"
        if _touches(one, other) or _touches(other, one):
            yield f"{_name(one)} touches {_name(other)} at a corner"


def _along(one: Segment, other: Segment) -> bool:
    """Return True if two lines in the same direction lie on, or all but on, each other."""
    for across, along in ((0, 1), (1, 0)):
        if one[0][across] == one[1][across] and other[0][across] == other[1][across]:
            low = max(min(p[along] for p in one), min(p[along] for p in other))
            high = min(max(p[along] for p in one), max(p[along] for p in other))
            if abs(one[0][across] - other[0][across]) < APART and high - low > SLACK:
                return True
    return False


def _touches(one: Connector, other: Connector) -> bool:
    """Return True if *one* turns on a line of *other*: it would be read as a join."""
    for x, y in one.points[1:-1]:
        for (ax, ay), (bx, by) in _segments(other):
            if (
                min(ax, bx) - SLACK < x < max(ax, bx) + SLACK
                and min(ay, by) - SLACK < y < max(ay, by) + SLACK
            ):
                return True
    return False


def _rows(chart: Chart, page: ChartPage) -> Iterator[str]:
    for row, after in pairwise(page.rows):
        if abs(row.bottom - after.top) > SLACK:
            yield "rows do not follow each other"
    for row in page.rows:
        for column, lines in zip(chart.columns, row.cells, strict=True):
            wide = max((line.indent + width(line.words, SIZE) for line in lines), default=0.0)
            if wide > column.width - 2 * CELL + SLACK:
                yield f"a text of {column.heading} is {wide:.1f} mm wide"
        tall = max(map(len, row.cells), default=0) * SIZE * LEADING
        if tall > row.bottom - row.top:
            yield f"a row is {row.bottom - row.top:.1f} mm high, its text {tall:.1f} mm"
