"""The routes of connectors between lines of symbols, before any measure is known. Pure.

Rules
-----
1. Symbols stand in the middle of their lanes, on lines of their own: one symbol on a line, and the
   ends that stand beside it.
2. Connectors run down in the middle of a lane, if no symbol is in the way there, or along an edge
   of a lane (its *tracks*). They run across only between two lines: above those of the symbols
   where they end, below those where they begin. So no connector touches a symbol that is not its
   own.
3. Connectors to one symbol enter it from above and join there. Connectors to different symbols
   never share a track or a line across.
4. The usual way leaves a symbol at its lower corner; branches at its side corners, and the third
   and later ones below the symbol. If the end of a visit stands below a question, the answer that
   leads there leaves at the lower corner, and the usual way at a side corner.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from edge.paper.flowchart.flow import FlowLink, Node

# The keys of pentagons: the symbol follows that is on the other page.
TO_PAGE, FROM_PAGE = "to ", "from "

Side = Literal[-1, 1]
Channel = tuple[int, Side]
"""A lane, and its left (-1) or right (1) edge."""


class Spot(NamedTuple):
    """The place of a symbol: its line, from above, and its lane, from the left."""

    line: int
    lane: int


class Route(NamedTuple):
    """The way of one connector.

    :ivar leaves: by the left (-1), the lower (0) or the right (1) corner
    :ivar below: leaves across, below the symbol
    :ivar channel: the edge of the lane along which it runs; None: none
    :ivar track: its place in the channel, from the lane's edge
    :ivar beside: it ends in a symbol on the same line
    """

    link: FlowLink
    leaves: Literal[-1, 0, 1]
    below: bool = False
    channel: Channel | None = None
    track: int = 0
    beside: bool = False


class Lines(NamedTuple):
    """The symbols of a page, a list for each line from above, and the lane of each."""

    lines: Sequence[Sequence[Node]]
    lane: Mapping[str, int]

    def spots(self) -> dict[str, Spot]:
        """Return the place of each symbol, by its key."""
        return {
            node.key: Spot(line, self.lane[node.key])
            for line, nodes in enumerate(self.lines)
            for node in nodes
        }


def routes(page: Lines, links: Iterable[FlowLink]) -> list[Route]:
    """Return the route of each of *links* between symbols of *page*."""
    planner = _Planner(page)
    return _with_tracks([planner.route(link) for link in _in_order(page, links)], planner.spots)


def tracks(found: Iterable[Route]) -> dict[Channel, int]:
    """Return the number of tracks that each channel needs."""
    counts: dict[Channel, int] = {}
    for route in found:
        if route.channel is not None:
            counts[route.channel] = max(counts.get(route.channel, 0), route.track + 1)
    return counts


def crossing(route: Route, spots: Mapping[str, Spot]) -> bool:
    """Return True if *route* runs across above the symbol where it ends."""
    if route.beside:
        return False
    start, end = spots[route.link.start], spots[route.link.end]
    other_page = route.link.end.startswith(TO_PAGE)
    return other_page or route.channel is not None or start.lane != end.lane


def innermost(route: Route, found: Iterable[Route], spots: Mapping[str, Spot]) -> bool:
    """Return True if no other track lies between that of *route* and the symbol that it leaves."""
    line = spots[route.link.start].line
    for other in found:
        if other.channel == route.channel and other.track > route.track:
            ends = sorted((spots[other.link.start].line, spots[other.link.end].line))
            if ends[0] - 1 <= line <= ends[1]:
                return False
    return route.channel is not None


def _in_order(page: Lines, links: Iterable[FlowLink]) -> list[FlowLink]:
    """Return *links* in order of their choice of corners: ends, branches, usual ways."""
    spots = page.spots()

    def rank(link: FlowLink) -> tuple[bool, bool, bool, int]:
        start, end = spots[link.start], spots[link.end]
        down = end.line - start.line
        ending = _to_end_below(start, end, page)
        return not ending, link.usual, down != 0, down if down > 0 else -down - 1000

    return sorted(links, key=rank)


def _to_end_below(start: Spot, end: Spot, page: Lines) -> bool:
    """Return True if *end* is the end of a visit right below the question that leads to it."""
    node = page.lines[end.line][0]
    begins = {one.key for one in page.lines[start.line]}
    return end == Spot(start.line + 1, start.lane) and node.end_of in begins


class _Planner:
    """Chooses corners and channels; remembers the corners that are in use."""

    def __init__(self, page: Lines) -> None:
        self._page = page
        self.spots = page.spots()
        self._corners: set[tuple[str, int]] = set()
        self._entered: set[int] = set()  # lanes with a connector down from a pentagon

    def route(self, link: FlowLink) -> Route:
        """Return the route of *link*; its track is found later."""
        start, end = self.spots[link.start], self.spots[link.end]
        if start.line == end.line and link.start != link.end:
            side: Side = 1 if end.lane > start.lane else -1
            self._corners.add((link.start, side))
            return Route(link, side, beside=True)
        below = (link.start, 0) not in self._corners
        if below and _to_end_below(start, end, self._page):
            self._corners.add((link.start, 0))
            return Route(link, 0)
        if link.usual and below:
            if self._open_below(start, end) and self._may_enter(link, start):
                return Route(link, 0)
            return Route(link, 0, below=True, channel=(start.lane, self._wanted(start, end)))
        wanted: Side = self._wanted(start, end)
        for corner in (wanted, -wanted):
            if (link.start, corner) not in self._corners:
                self._corners.add((link.start, corner))
                here: Side = 1 if corner > 0 else -1
                return Route(link, here, channel=(start.lane, here))
        return Route(link, 0, below=True, channel=(start.lane, wanted))

    def _may_enter(self, link: FlowLink, start: Spot) -> bool:
        """Return True unless another pentagon's connector runs down in this lane or the next one.

        The page numbers of pentagons need more room than a narrow lane.
        """
        if not link.start.startswith(FROM_PAGE):
            return True
        near = {start.lane - 1, start.lane, start.lane + 1}
        free = self._entered.isdisjoint(near)
        if free:
            self._entered.add(start.lane)
        return free

    def _wanted(self, start: Spot, end: Spot) -> Side:
        if end.line <= start.line and end.lane == start.lane:
            return -1
        return 1 if end.lane >= start.lane else -1

    def _open_below(self, start: Spot, end: Spot) -> bool:
        """Return True if no symbol is in the way in the lane of *start*, down to *end*."""
        if end.line <= start.line:
            return False
        return not any(
            self._page.lane[node.key] == start.lane
            for nodes in self._page.lines[start.line + 1 : end.line]
            for node in nodes
        )


def _with_tracks(found: list[Route], spots: Mapping[str, Spot]) -> list[Route]:
    """Return *found* with a track for each that runs in a channel; long ones are at the edge."""

    def span(route: Route) -> tuple[int, int]:
        start, end = spots[route.link.start].line, spots[route.link.end].line
        # Lines have odd numbers here, the room between two of them an even one.
        begin, finish = 2 * start + (2 if route.below else 1), 2 * end
        return min(begin, finish), max(begin, finish)

    taken: dict[tuple[Channel, int], list[tuple[int, int, str]]] = {}
    placed: dict[int, Route] = {}
    order = sorted(range(len(found)), key=lambda n: span(found[n])[0] - span(found[n])[1])
    for number in order:
        route = found[number]
        if route.channel is not None:
            low, high = span(route)
            track = 0
            while any(
                begin <= high and low <= finish and end != route.link.end
                for begin, finish, end in taken.get((route.channel, track), [])
            ):
                track += 1
            taken.setdefault((route.channel, track), []).append((low, high, route.link.end))
            route = route._replace(track=track)
        placed[number] = route
    return [placed[number] for number in range(len(found))]
