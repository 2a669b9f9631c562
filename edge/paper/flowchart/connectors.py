"""The flow chart's connectors: the path of each between the symbols, in millimetres. Pure.

Rules
-----
1. Symbols stand in the middle of their lanes; connectors run across in the gap above a symbol, and
   down in the middle of a lane, or past symbols along its edge. So no connector touches a symbol or
   a word to which it does not belong.
2. Connectors to one symbol enter it from above and join there; that of another attempt enters from
   the side.
3. A connector that continues on another page ends in a pentagon and begins again in one.
"""

from typing import NamedTuple

from edge.paper.flowchart.flow import FlowLink
from edge.paper.flowchart.flowchart import LABEL, PAD, TURN, ChartSheet, Symbol
from edge.paper.lettering import width
from edge.sop.procedures.model import Text

Point = tuple[float, float]
# Distance from a lane's edge to the first connector along it, and from one to the next.
EDGE, TRACK = 0.9, 0.9
# A branch along the lane's edge has its label beside it, inside the lane: below the symbol, or this
# much above the symbol if the branch leads up.
ABOVE = 0.4
# How far a long label of a branch to an end beside reaches over the diamond's corner.
OVER = 1.3


class Connector(NamedTuple):
    """A connector from symbol to symbol: its corners, its label, and the place *at* of the label.

    :ivar anchor: the part of the label that is at its place: ``start``, ``middle`` or ``end``
    """

    points: list[Point]
    label: Text | None
    at: Point
    anchor: str


def connectors(sheet: ChartSheet) -> list[Connector]:
    """Return the connector of each of the sheet's links."""
    ways = _Ways(sheet)
    return [ways.usual(link) if link.usual else ways.branch(link) for link in _in_order(sheet)]


def _in_order(sheet: ChartSheet) -> list[FlowLink]:
    """Return the links in order of their choice of sides: ends, attempts, branches, usual ways."""

    def rank(link: FlowLink) -> int:
        end = sheet.symbols[link.end]
        if end.node.beside is not None:
            return 0
        if link.usual:
            return 3
        return 1 if end.y < sheet.symbols[link.start].y else 2

    return sorted(sheet.flow.links, key=rank)


def _wide(label: Text) -> float:
    """Return the width of *label* in the language that needs more."""
    return max(width(label.id, LABEL), width(label.en, LABEL))


class _Ways:
    """Finds paths; remembers the sides and tracks that are in use."""

    def __init__(self, sheet: ChartSheet) -> None:
        self._sheet = sheet
        self._sides: set[tuple[str, int]] = set()
        self._labelled: set[tuple[str, int]] = set()  # symbol and side of a label below it
        self._tracks: dict[tuple[float, int], list[tuple[float, float, int]]] = {}

    def usual(self, link: FlowLink) -> Connector:
        """Return one from the lower corner to the next symbol, or past others to a later one."""
        start, end = self._ends(link)
        turn = end.top - TURN
        away = 1 if end.x > start.x else -1
        if self._near(start, end):
            middle = [] if start.x == end.x else [(start.x, turn), (end.x, turn)]
        else:
            out = start.bottom + PAD / 2
            x = self._track(start, away, out, turn)
            middle = [(start.x, out), (x, out), (x, turn), (end.x, turn)]
        points = [(start.x, start.bottom), *middle, (end.x, end.top)]
        left = away > 0 and len(points) > 2
        if (link.start, -1 if left else 1) in self._labelled:
            left = not left
        at = (start.x - 0.6 if left else start.x + 0.6, start.bottom + LABEL * 0.8)
        return Connector(points, link.label, at, "end" if left else "start")

    def branch(self, link: FlowLink) -> Connector:
        """Return one from a side corner to an end beside, back to the activity, or a later step."""
        start, end = self._ends(link)
        if end.node.beside == start.node.key:
            return self._beside(link, start, end)
        side = self._side(start, self._preferred(start, end))
        corner = (start.x + side * start.width / 2, start.y)
        turn = end.top - TURN
        x = self._track(start, side, *sorted((start.y, end.y if end.y < start.y else turn)))
        if end.y < start.y:
            there = (end.x + side * end.width / 2, end.y)
            points = [corner, (x, start.y), (x, end.y), there]
        else:
            points = [corner, (x, start.y), (x, turn), (end.x, turn), (end.x, end.top)]
            self._labelled.add((link.start, side))
        down = end.y >= start.y
        at = (x - side * 0.4, start.bottom + LABEL * 0.8 if down else start.top - ABOVE)
        return Connector(points, link.label, at, "end" if side > 0 else "start")

    def _beside(self, link: FlowLink, start: Symbol, end: Symbol) -> Connector:
        side = 1 if end.x > start.x else -1
        self._sides.add((start.node.key, side))
        corner = (start.x + side * start.width / 2, start.y)
        there = (end.x - side * end.width / 2, end.y)
        room = abs(there[0] - corner[0])
        if link.label is not None and _wide(link.label) < room - 1:
            at = ((corner[0] + there[0]) / 2, start.y - 1.2)
            return Connector([corner, there], link.label, at, "middle")
        at = (corner[0] - side * OVER, start.y - 1.2)
        return Connector([corner, there], link.label, at, "start" if side > 0 else "end")

    def _ends(self, link: FlowLink) -> tuple[Symbol, Symbol]:
        return self._sheet.symbols[link.start], self._sheet.symbols[link.end]

    def _near(self, start: Symbol, end: Symbol) -> bool:
        """Return True if no symbol stands between the two, on the way down."""
        return not any(
            start.y < other.y < end.y and other.node.beside is None
            for other in self._sheet.symbols.values()
        )

    @staticmethod
    def _preferred(start: Symbol, end: Symbol) -> int:
        if end.y < start.y:
            return -1
        return 1 if end.x >= start.x else -1

    def _side(self, start: Symbol, wanted: int) -> int:
        side = -wanted if (start.node.key, wanted) in self._sides else wanted
        self._sides.add((start.node.key, side))
        return side

    def _track(self, symbol: Symbol, side: int, low: float, high: float) -> float:
        """Return the x of a track along the lane's edge that is free from *low* to *high*."""
        lane = next(
            column
            for column in self._sheet.columns
            if column.role and column.x < symbol.x < column.x + column.width
        )
        taken = self._tracks.setdefault((lane.x, side), [])
        used = {track for begin, end, track in taken if begin < high and low < end}
        track = next(number for number in range(len(used) + 1) if number not in used)
        taken.append((low, high, track))
        edge = lane.x + lane.width if side > 0 else lane.x
        return edge - side * (EDGE + TRACK * track)
