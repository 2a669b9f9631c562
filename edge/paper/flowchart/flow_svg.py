"""The flow chart as SVG: a drawing for each page, or one for the whole chart."""

from collections.abc import Sequence
from typing import NamedTuple

from edge.paper import svg as draw
from edge.paper.flowchart.columns import ChartColumn
from edge.paper.flowchart.connectors import Connector, Point
from edge.paper.flowchart.flowchart import layout
from edge.paper.flowchart.measures import (
    CELL,
    FOOT_LINE,
    HEAD,
    LABEL,
    LABEL_LINE,
    LEADING,
    MARGIN,
    SIZE,
    SMALL,
    TITLE,
    foot,
)
from edge.paper.flowchart.page import ChartPage, Row
from edge.paper.flowchart.pentagons import REFERENCE
from edge.paper.flowchart.symbols import Symbol
from edge.paper.lettering import lines_that_fit, wrap
from edge.paper.sheets import Paper, Sheet
from edge.paper.words import ROLE, STANDARD, Language, in_language
from edge.sop.procedures.model import Procedure, Text

_THIN, _LINE = 0.2, 0.35
_TITLE = Text(id="ALUR KERJA/ FLOW CHART", en="FLOW CHART:")
_LEGEND = Text(
    id="Kapsul: mulai, selesai. Kotak: kegiatan. Belah ketupat: keputusan. Segi lima: sambungan ke "
    "halaman lain. Tamu yang pergi sebelum selesai dicatat di langkah mana pun.",
    en="Capsule: start, end. Box: activity. Diamond: decision. Pentagon: goes on on another page. "
    "A guest who leaves before the end is recorded at whichever step it is.",
)


class FlowPages(NamedTuple):
    """The drawings of a flow chart, each as large as its *sheet*."""

    drawings: list[str]
    sheet: Sheet


def flow_pages(procedure: Procedure, lang: Language, paper: Paper = Paper.A4) -> FlowPages:
    """Return the flow chart as SVG drawings, one for each page."""
    chart = layout(procedure, lang, paper=paper)
    count = len(chart.pages)
    drawings = [
        _Page(procedure, lang, chart.columns, page, chart.sheet, f"{number}/{count}").text()
        for number, page in enumerate(chart.pages, 1)
    ]
    return FlowPages(drawings, chart.sheet)


def flow_picture(procedure: Procedure, lang: Language) -> str:
    """Return the flow chart as one SVG drawing, as wide as A4 and as long as it needs to be."""
    chart = layout(procedure, lang, "none")
    height = chart.pages[0].height + 2 * MARGIN + TITLE + HEAD + foot(chart.sheet)
    sheet = chart.sheet._replace(height=height)
    return _Page(procedure, lang, chart.columns, chart.pages[0], sheet, "").text()


class _Page:
    """One page as a drawing of the size of *sheet*."""

    def __init__(
        self,
        procedure: Procedure,
        lang: Language,
        columns: Sequence[ChartColumn],
        page: ChartPage,
        sheet: Sheet,
        number: str,
    ) -> None:
        self._procedure, self._lang, self._columns, self._page = procedure, lang, columns, page
        self._shift, self._width = MARGIN + TITLE + HEAD, sheet.width
        self._root = draw.document(sheet.width, sheet.height, in_language(procedure.title, lang))
        self._heading(number)
        for row in page.rows:
            self._row(row)
        self._outline_of_bands()
        for connector in page.connectors:
            self._connector(connector)
        for symbol in page.symbols.values():
            self._symbol(symbol)
        for reference in page.references:
            self._words(reference.x, reference.y + self._shift, reference.words, REFERENCE,
                        anchor="middle")  # fmt: skip
        self._foot(sheet.height - MARGIN)

    def text(self) -> str:
        """Return the drawing."""
        return draw.element_text(self._root)

    def _foot(self, bottom: float) -> None:
        """Write the legend and the source, the last line at *bottom*."""
        source = f"{self._procedure.source} · {self._procedure.id} {self._procedure.version}"
        words = [in_language(_LEGEND, self._lang), source]
        lines = [line for one in words for line in wrap(one, SMALL, self._width - 2 * MARGIN)]
        for place, line in enumerate(reversed(lines)):
            self._words(MARGIN, bottom - place * FOOT_LINE, line, SMALL)

    def _heading(self, number: str) -> None:
        name = in_language(self._procedure.title, self._lang).upper()
        title = f"{in_language(_TITLE, self._lang)} {name}"
        lines, size = lines_that_fit(title, 3.7, self._width - 2 * MARGIN - 14, 2, bold=True)
        for place, line in enumerate(lines):
            self._words(MARGIN, MARGIN + 4.2 + place * 4.6, line, size, bold=True)
        self._words(self._width - MARGIN, MARGIN + 4.2, number, 2.6, anchor="end")
        if len(lines) == 1:
            self._words(MARGIN, MARGIN - 0.4, self._procedure.office, SMALL)
        top = MARGIN + TITLE
        lanes = [column for column in self._columns if column.role]
        after = self._columns[self._columns.index(lanes[-1]) + 1 :][:3]
        grouped = [*lanes, *after]
        for column in self._columns:
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
        for column, lines in zip(self._columns, row.cells, strict=True):
            self._cell(column.x, y, column.width, row.bottom - row.top, "none")
            for place, line in enumerate(lines):
                at = y + CELL + SIZE * (0.9 + place * LEADING)
                self._words(column.x + CELL + line.indent, at, line.words, SIZE)

    def _outline_of_bands(self) -> None:
        """Draw the table's outline around the room for pentagons at the page's edges."""
        first, last = self._columns[0], self._columns[-1]
        span = last.x + last.width - first.x
        rows = self._page.rows
        for begin, end in ((0.0, rows[0].top), (rows[-1].bottom, self._page.height)):
            if end > begin:
                self._cell(first.x, begin + self._shift, span, end - begin, "none")

    def _connector(self, connector: Connector) -> None:
        moved = [(x, y + self._shift) for x, y in connector.points]
        draw.polyline(self._root, *moved, stroke="#000", stroke_width=_LINE)
        draw.polygon(self._root, *_arrow(moved[-2], moved[-1]), fill="#000")
        x, y = connector.at
        for place, words in enumerate(connector.label):
            at = y + self._shift + place * LABEL_LINE
            self._words(x, at, words, LABEL, anchor=connector.anchor)

    def _symbol(self, symbol: Symbol) -> None:
        x, y = symbol.x, symbol.y + self._shift
        half, tall = symbol.width / 2, symbol.height / 2
        if symbol.node.kind == "decision":
            corners = [(x, y - tall), (x + half, y), (x, y + tall), (x - half, y)]
            draw.polygon(self._root, *corners, fill="#fff", stroke="#000", stroke_width=_LINE)
        elif symbol.node.kind == "pentagon":
            corners = [(x - half, y - tall), (x + half, y - tall), (x + half, y + tall - 2),
                       (x, y + tall), (x - half, y + tall - 2)]  # fmt: skip
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


def _arrow(before: Point, tip: Point) -> list[Point]:
    """Return the corners of the head of an arrow from *before* to *tip*."""
    (x, y), long, wide = tip, 1.7, 0.75
    if before[0] == x:
        back = y - long if y > before[1] else y + long
        return [(x, y), (x - wide, back), (x + wide, back)]
    back = x - long if x > before[0] else x + long
    return [(x, y), (back, y - wide), (back, y + wide)]
