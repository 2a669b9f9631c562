"""The flow chart as SVG: a drawing for each page, or one for the whole chart."""

from itertools import pairwise

from edge.paper import svg as draw
from edge.paper.flowchart.connectors import Connector, Point, connectors
from edge.paper.flowchart.flowchart import (
    BAND,
    FOOT,
    HEAD,
    HEIGHT,
    LABEL,
    LEADING,
    MARGIN,
    SIZE,
    SMALL,
    TITLE,
    WIDTH,
    ChartSheet,
    Row,
    Symbol,
    layout,
)
from edge.paper.lettering import width, wrap
from edge.paper.words import ROLE, STANDARD, Language, in_language
from edge.sop.procedures.model import Procedure, Text

_THIN, _LINE = 0.2, 0.35
_CELL = 1.3
_TITLE = Text(id="ALUR KERJA/ FLOW CHART", en="FLOW CHART:")
_LEGEND = Text(
    id="Kapsul: mulai, selesai. Kotak: kegiatan. Belah ketupat: keputusan. Segi lima: sambungan ke "
    "halaman lain. Tamu yang pergi sebelum selesai dicatat di langkah mana pun.",
    en="Capsule: start, end. Box: activity. Diamond: decision. Pentagon: goes on on another page. "
    "A guest who leaves before the end is recorded at whichever step it is.",
)
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def flow_pages(procedure: Procedure, lang: Language) -> list[str]:
    """Return the flow chart as SVG drawings, one for each A4 page in landscape."""
    sheet = layout(procedure, lang)
    edges = [0.0, *sheet.cuts, sheet.rows[-1].bottom]
    count = len(edges) - 1
    return [
        _Page(procedure, lang, sheet, edges[n], edges[n + 1], HEIGHT, f"{n + 1}/{count}").text()
        for n in range(count)
    ]


def flow_picture(procedure: Procedure, lang: Language) -> str:
    """Return the flow chart as one SVG drawing, as long as it needs to be."""
    sheet = layout(procedure, lang, "none")
    bottom = sheet.rows[-1].bottom
    height = bottom + 2 * MARGIN + TITLE + HEAD + FOOT
    return _Page(procedure, lang, sheet, 0.0, bottom, height, "").text()


class _Page:
    """One page: the part of the sheet from *top* to *bottom*."""

    def __init__(
        self,
        procedure: Procedure,
        lang: Language,
        sheet: ChartSheet,
        top: float,
        bottom: float,
        height: float,
        number: str,
    ) -> None:
        self._procedure, self._lang, self._sheet = procedure, lang, sheet
        self._top, self._bottom = top, bottom
        self._shift = MARGIN + TITLE + HEAD - top
        self._root = draw.document(WIDTH, height, in_language(procedure.title, lang))
        self._heading(number)
        for row in sheet.rows:
            if top <= row.top < bottom:
                self._row(row)
        self._lanes_of_bands()
        ways = connectors(sheet)
        letters = _letters(ways, sheet.cuts)
        for number_of, connector in enumerate(ways):
            self._connector(connector, letters.get(number_of, ""))
        for symbol in sheet.symbols.values():
            if top <= symbol.y < bottom:
                self._symbol(symbol)
        foot = f"{procedure.source}   {procedure.id} {procedure.version}"
        self._words(MARGIN, height - MARGIN - 3.4, in_language(_LEGEND, lang), SMALL)
        self._words(MARGIN, height - MARGIN, foot, SMALL)

    def text(self) -> str:
        """Return the drawing."""
        return draw.element_text(self._root)

    def _heading(self, number: str) -> None:
        name = in_language(self._procedure.title, self._lang).upper()
        title = f"{in_language(_TITLE, self._lang)} {name}"
        lines = wrap(title, 3.7, WIDTH - 2 * MARGIN - 14, bold=True)[:2]
        for place, line in enumerate(lines):
            self._words(MARGIN, MARGIN + 4.2 + place * 4.6, line, 3.7, bold=True)
        self._words(WIDTH - MARGIN, MARGIN + 4.2, number, 2.6, anchor="end")
        if len(lines) == 1:
            self._words(MARGIN, MARGIN - 0.4, self._procedure.office, SMALL)
        top = MARGIN + TITLE
        lanes = [column for column in self._sheet.columns if column.role]
        after = self._sheet.columns[self._sheet.columns.index(lanes[-1]) + 1 :][:3]
        grouped = [*lanes, *after]
        for column in self._sheet.columns:
            inner = 4.0 if column in grouped else 0.0
            self._cell(column.x, top + inner, column.width, HEAD - inner, "#e8e8e8")
            self._centred(column.heading, column.x, top + inner, column.width, HEAD - inner)
        for group, words in ((lanes, ROLE), (after, STANDARD)):
            span = group[-1].x + group[-1].width - group[0].x
            self._cell(group[0].x, top, span, 4.0, "#e8e8e8")
            self._centred(in_language(words, self._lang), group[0].x, top, span, 4.0)

    def _centred(self, words: str, x: float, y: float, width: float, height: float) -> None:
        size = 2.2
        lines = wrap(words, size, width - 1.2, bold=True)
        first = y + height / 2 - (len(lines) - 1) * size * LEADING / 2 + size * 0.36
        for place, line in enumerate(lines):
            at = first + place * size * LEADING
            self._words(x + width / 2, at, line, size, anchor="middle", bold=True)

    def _row(self, row: Row) -> None:
        y = row.top + self._shift
        for column, lines in zip(self._sheet.columns, row.cells, strict=True):
            self._cell(column.x, y, column.width, row.bottom - row.top, "none")
            for place, line in enumerate(lines):
                at = y + _CELL + SIZE * (0.9 + place * LEADING)
                self._words(column.x + _CELL, at, line, SIZE)

    def _lanes_of_bands(self) -> None:
        """Draw the table's outline around the room for pentagons at the page's edges."""
        rows = [row for row in self._sheet.rows if self._top <= row.top < self._bottom]
        first, last = self._sheet.columns[0], self._sheet.columns[-1]
        span = last.x + last.width - first.x
        for begin, end in ((self._top, rows[0].top), (rows[-1].bottom, self._bottom)):
            if end > begin:
                self._cell(first.x, begin + self._shift, span, end - begin, "none")

    def _connector(self, connector: Connector, letter: str) -> None:
        points = connector.points
        part: list[Point] = [points[0]]
        for start, end in pairwise(points):
            for cut in _cuts_between(self._sheet.cuts, start, end):
                part = self._part_at_cut(part, start[0], cut, letter)
            part.append(end)
        self._polyline(part, arrow=True)
        x, y = connector.at
        if connector.label is not None and self._top <= y < self._bottom:
            words = in_language(connector.label, self._lang)
            self._clear(connector, words)
            self._words(x, y + self._shift, words, LABEL, anchor=connector.anchor)

    def _clear(self, connector: Connector, words: str) -> None:
        """Cover the lanes' lines where the label will stand."""
        wide = width(words, LABEL)
        left = {"start": 0.0, "middle": wide / 2, "end": wide}[connector.anchor]
        x, y = connector.at[0] - left, connector.at[1] + self._shift - LABEL * 0.76
        draw.rect(self._root, x, y, wide, LABEL * 0.98, fill="#fff")

    def _part_at_cut(self, part: list[Point], x: float, cut: float, letter: str) -> list[Point]:
        """End *part* in a pentagon before *cut*; return the part that begins in the next one."""
        before, after = cut - BAND + 2.0, cut + BAND - 2.0
        self._polyline([*part, (x, before)], arrow=False)
        self._pentagon(x, before, letter)
        self._pentagon(x, after - 5.2, letter)
        return [(x, after)]

    def _pentagon(self, x: float, top: float, letter: str) -> None:
        if self._top <= top < self._bottom:
            y, half = top + self._shift, 2.1
            corners = [(x - half, y), (x + half, y), (x + half, y + 3.2), (x, y + 5.2),
                       (x - half, y + 3.2)]  # fmt: skip
            draw.polygon(self._root, *corners, fill="#fff", stroke="#000", stroke_width=_LINE)
            self._words(x, y + 3.1, letter, SMALL, anchor="middle")

    def _polyline(self, points: list[Point], *, arrow: bool) -> None:
        """Draw a line through *points*, if any of it is on this page."""
        if max(y for _, y in points) <= self._top or min(y for _, y in points) >= self._bottom:
            return
        moved = [(x, y + self._shift) for x, y in points]
        draw.polyline(self._root, *moved, stroke="#000", stroke_width=_LINE)
        if arrow:
            draw.polygon(self._root, *_arrow(moved[-2], moved[-1]), fill="#000")

    def _symbol(self, symbol: Symbol) -> None:
        x, y = symbol.x, symbol.y + self._shift
        half, tall = symbol.width / 2, symbol.height / 2
        if symbol.node.kind == "decision":
            corners = [(x, y - tall), (x + half, y), (x, y + tall), (x - half, y)]
            draw.polygon(self._root, *corners, fill="#fff", stroke="#000", stroke_width=_LINE)
        else:
            round_ = min(tall, 2.6) if symbol.node.kind in ("start", "end") else 0.0
            draw.rect(self._root, x - half, y - tall, symbol.width, symbol.height, rx=round_,
                      fill="#fff", stroke="#000", stroke_width=_LINE)  # fmt: skip
        bold = symbol.node.kind == "activity"
        size = 3.0 if bold else SMALL
        first = y - (len(symbol.lines) - 1) * size * LEADING / 2 + size * 0.36
        for place, line in enumerate(symbol.lines):
            at = first + place * size * LEADING
            self._words(x, at, line, size, anchor="middle", bold=bold)

    def _cell(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        draw.rect(self._root, x, y, width, height, fill=fill, stroke="#000", stroke_width=_THIN)

    def _words(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        *,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        draw.text(self._root, x, y, words, size, anchor=anchor, bold=bold, fill="#000")


def _cuts_between(cuts: list[float], start: Point, end: Point) -> list[float]:
    """Return the *cuts* that a connector crosses on its way down; none crosses one upwards."""
    return [cut for cut in cuts if start[1] < cut < end[1]]


def _letters(ways: list[Connector], cuts: list[float]) -> dict[int, str]:
    """Return the letter of each connector that continues on another page: A, B, C from the left."""
    crossing = sorted(
        (cut, start[0], number)
        for number, way in enumerate(ways)
        for start, end in pairwise(way.points)
        for cut in _cuts_between(cuts, start, end)
    )
    numbers = dict.fromkeys(number for _, _, number in crossing)
    return {number: _LETTERS[place % len(_LETTERS)] for place, number in enumerate(numbers)}


def _arrow(before: Point, tip: Point) -> list[Point]:
    """Return the corners of the head of an arrow from *before* to *tip*."""
    (x, y), long, wide = tip, 1.7, 0.75
    if before[0] == x:
        back = y - long if y > before[1] else y + long
        return [(x, y), (x - wide, back), (x + wide, back)]
    back = x - long if x > before[0] else x + long
    return [(x, y), (back, y - wide), (back, y + wide)]
