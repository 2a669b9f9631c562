"""The pages of the flow chart: which rows and symbols stand on which page. Pure.

The form is the regulation's (*alur kerja/ flow chart*): a row for each step, a lane for each role,
and beside the lanes the step's equipment, standard time and output. The symbols are the five of
Permenpan RB 35/2012: capsule (start, end), box (activity), diamond (decision), arrow, and the
pentagon (off-page connector) where a connector continues on another page. A connector to another
page ends in the pentagon of the symbol to which it leads; that symbol has the same pentagon.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from edge.paper.flowchart.columns import ChartColumn, cells, columns, lane_of, lanes
from edge.paper.flowchart.flow import Flow, FlowLink, Node, flow
from edge.paper.flowchart.measures import CELL, LEADING, SIZE, room
from edge.paper.flowchart.page import ChartPage, Part, draw_page
from edge.paper.flowchart.routes import FROM_PAGE, TO_PAGE, Channel, Lines, routes, tracks
from edge.paper.sheets import Paper, Sheet, across, upright
from edge.paper.words import Language
from edge.sop.procedures.model import Procedure, Text

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class Chart(NamedTuple):
    """A chart laid out: its columns, the same on each page, its pages, and their sheet."""

    columns: list[ChartColumn]
    pages: list[ChartPage]
    flow: Flow
    sheet: Sheet


Break = Literal["pages", "none"]


def layout(
    procedure: Procedure, lang: Language, breaks: Break = "pages", paper: Paper = Paper.A4
) -> Chart:
    """Return the chart of *procedure*, on pages or on one page as long as it needs to be.

    Pages are wider than high, or upright if the chart has fewer pages then and its lanes are wide
    enough for their words.
    """
    chart = flow(procedure)
    who = lanes(procedure)
    lane = {node.key: lane_of(node.role, who) for node in chart.nodes}
    rows = [_lines(chart, row, lane) for row in range(len(procedure.rows))]
    every = Lines([line for lines in rows for line in lines], lane)
    counts = tracks(routes(every, chart.links))
    found: list[Chart] = []
    for sheet in (across(paper), upright(paper)):
        one, whole = _on(sheet, procedure, chart, lane, rows, counts, lang, breaks)
        if not found or whole:
            found.append(one)
        if len(one.pages) == 1 or not whole:
            break
    return min(found, key=lambda one: len(one.pages))


def _on(
    sheet: Sheet,
    procedure: Procedure,
    chart: Flow,
    lane: dict[str, int],
    rows: Sequence[list[list[Node]]],
    counts: Mapping[Channel, int],
    lang: Language,
    breaks: Break,
) -> tuple[Chart, bool]:
    """Return the chart on *sheet*; False if its lanes are narrower than their words need.

    Connectors to other pages need tracks of their own: if a page has more than its lanes have room
    for, all is placed again with wider lanes.
    """
    while True:
        placed = columns(procedure, chart, lane, counts, lang, sheet)
        texts = [cells(procedure, row, placed.columns, lang) for row in procedure.rows]
        parts = [Part(*pair) for pair in zip(rows, texts, strict=True)]
        binder = _Binder(chart, placed.columns, lane, lang, room(sheet))
        pages = binder.drawn(binder.pages(parts) if breaks == "pages" else [parts])
        more = {
            channel: max([counts.get(channel, 0), *(p.tracks.get(channel, 0) for p in pages)])
            for channel in {*counts, *(channel for p in pages for channel in p.tracks)}
        }
        if more == counts:
            return Chart(placed.columns, pages, chart, sheet), placed.whole
        counts = more


def _lines(chart: Flow, row: int, lane: Mapping[str, int]) -> list[list[Node]]:
    """Return the symbols of *row*, a list for each line.

    The end that an answer leads to stands beside the question, in the lane of the person who acts
    in the row; below it if that is the lane of the question, or another end is beside it already.
    """
    usual = {link.end for link in chart.links if link.usual}
    lines: list[list[Node]] = []
    for node in (node for node in chart.nodes if node.row == row):
        here = lane[node.key]
        if "/" in node.key and lines:  # a duty of several roles: its boxes stand side by side
            lines[-1].append(node)
            continue
        if node.end_of is not None and node.key not in usual:
            line = next(line for line in lines if line[0].key == node.end_of)
            if here not in {lane[other.key] for other in line}:
                line.append(node)
                continue
        lines.append([node])
    return lines


class _Binder:
    """Distributes rows to pages, and draws the pages."""

    def __init__(
        self,
        chart: Flow,
        placed: list[ChartColumn],
        lane: dict[str, int],
        lang: Language,
        room: float,
    ) -> None:
        self._chart, self._columns, self._lane, self._lang = chart, placed, lane, lang
        self._room = room

    def pages(self, parts: Sequence[Part]) -> list[list[Part]]:
        """Return the rows of each page; a row that is too high for a page is divided."""
        pages: list[list[Part]] = [[]]
        for part in parts:
            if self._fits([*pages[-1], part]):
                pages[-1].append(part)
                continue
            rest: Part | None = part
            while rest is not None:
                if pages[-1]:
                    pages.append([])
                first, rest = self._divided(rest)
                pages[-1].append(first)
        return [page for page in pages if page]

    def _divided(self, part: Part) -> tuple[Part, Part | None]:
        """Return as much of *part* as a page has room for, and the rest."""
        if self._fits([part]):
            return part, None
        count = len(part.lines)
        while count > 1 and not self._fits([part.first(count, 1)]):
            count -= 1
        most = max(map(len, part.cells), default=0)
        texts = most
        while texts > 1 and not self._fits([part.first(count, texts)]):
            texts -= 1
        rest = part.after(count, texts)
        return part.first(count, texts), rest if rest.lines or any(rest.cells) else None

    def _fits(self, page: list[Part]) -> bool:
        # A cell's text alone tells soon that there is no room.
        text = sum(max(map(len, part.cells), default=0) for part in page) * SIZE * LEADING
        return text + 2 * CELL <= self._room and self._draw(page, {}).height <= self._room

    def drawn(self, pages: Sequence[Sequence[Part]]) -> list[ChartPage]:
        """Return the pages drawn, with the letters and page numbers of their pentagons."""
        on = {
            node.key: number
            for number, page in enumerate(pages, 1)
            for part in page
            for line in part.lines
            for node in line
        }
        across = [link for link in self._chart.links if on[link.start] != on[link.end]]
        targets = list(dict.fromkeys(link.end for link in across))
        letters = {key: _letter(place) for place, key in enumerate(targets)}
        return [self._draw(page, on, letters) for page in pages]

    def _draw(
        self, page: Sequence[Part], on: dict[str, int], letters: dict[str, str] | None = None
    ) -> ChartPage:
        here = {node.key for part in page for line in part.lines for node in line}
        into: dict[str, Node] = {}
        out: dict[str, Node] = {}
        links: dict[FlowLink, None] = {}
        lane = dict(self._lane)
        for link in self._chart.links:
            begins, ends = link.start in here, link.end in here
            if begins and ends:
                links[link] = None
            elif begins or ends:
                key = (TO_PAGE if begins else FROM_PAGE) + link.end
                letter = (letters or {}).get(link.end, "")
                words = Text(id=letter, en=letter)
                lane.setdefault(key, lane[link.start if begins else link.end])
                (out if begins else into)[key] = Node(key, "pentagon", -1, "", words)
                one = link._replace(end=key) if begins else FlowLink(key, link.end, usual=True)
                links[one] = None
        elsewhere = {key: self._pages_of(key, on) for key in (*into, *out)} if on else {}
        return draw_page(
            page, list(into.values()), list(out.values()), list(links), lane, self._columns,
            self._lang, elsewhere,
        )  # fmt: skip

    def _pages_of(self, key: str, on: dict[str, int]) -> list[int]:
        """Return the pages to which the pentagon *key* refers."""
        if key.startswith(TO_PAGE):
            return [on[key.removeprefix(TO_PAGE)]]
        target = key.removeprefix(FROM_PAGE)
        starts = {on[link.start] for link in self._chart.links if link.end == target}
        return sorted(starts - {on[target]})


def _letter(place: int) -> str:
    """Return A to Z without I and O, then AA to ZZ."""
    before, last = divmod(place, len(_LETTERS))
    return (_LETTERS[before - 1] if before else "") + _LETTERS[last]
