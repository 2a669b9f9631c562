"""The connectors of a page: their corners and the places of their labels, in millimetres. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from edge.paper.flowchart.labels import Labelled
from edge.paper.flowchart.measures import LABEL, LABEL_LINE
from edge.paper.flowchart.routes import Route
from edge.paper.flowchart.symbols import Symbol, Zone

Point = tuple[float, float]


class Connector(NamedTuple):
    """A connector from symbol to symbol.

    :ivar points: its corners
    :ivar label: the lines of its label; the first has its base line at *at*
    :ivar anchor: the part of the label that is at *at*: ``start``, ``middle`` or ``end``
    """

    start: str
    end: str
    points: list[Point]
    label: list[str]
    at: Point
    anchor: str


class Frame(NamedTuple):
    """What connectors run between.

    :ivar entries: the y of the line across above each symbol, by its key
    :ivar exits: the y of the line across below a symbol, by the number of the route
    """

    symbols: Mapping[str, Symbol]
    zones: Sequence[Zone]
    entries: Mapping[str, float]
    exits: Mapping[int, float]


def connector(
    number: int, route: Route, frame: Frame, label: Labelled | None, *, inner: bool
) -> Connector:
    """Return the connector of *route*, the *number*-th of the page.

    :param inner: no other connector runs between it and the symbol where it begins
    """
    start, end = frame.symbols[route.link.start], frame.symbols[route.link.end]
    points = _points(number, route, frame, start, end)
    lines, at, anchor = _label(route, frame, start, label, points, inner=inner)
    return Connector(route.link.start, route.link.end, points, lines, at, anchor)


def _points(number: int, route: Route, frame: Frame, start: Symbol, end: Symbol) -> list[Point]:
    side = route.leaves
    corner = (start.x + side * start.width / 2, start.y) if side else (start.x, start.bottom)
    if route.beside:
        return [corner, (end.x - side * end.width / 2, end.y)]
    points = [corner]
    if route.channel is not None:
        lane = frame.zones[route.channel[0]]
        x = lane.track(route.channel[1], route.track)
        y = frame.exits[number] if route.below else start.y
        points += [(corner[0], y), (x, y)]
    if route.link.end in frame.entries and (route.channel is not None or start.x != end.x):
        y = frame.entries[route.link.end]
        points += [(points[-1][0], y), (end.x, y)]
    points.append((end.x, end.top))
    return _corners(points)


def _corners(points: list[Point]) -> list[Point]:
    """Return *points* without those that repeat one, or lie between two on a straight line."""
    found: list[Point] = []
    for point in points:
        if found and found[-1] == point:
            continue
        if len(found) > 1 and (
            found[-2][0] == found[-1][0] == point[0] or found[-2][1] == found[-1][1] == point[1]
        ):
            found.pop()
        found.append(point)
    return found


def _label(
    route: Route,
    frame: Frame,
    start: Symbol,
    label: Labelled | None,
    points: list[Point],
    *,
    inner: bool,
) -> tuple[list[str], Point, str]:
    """Return the lines of *label*, and its place and anchor."""
    if label is None:
        return [], points[0], "start"
    inside = "end" if label.side > 0 else "start"
    outside = "start" if label.side > 0 else "end"
    y = _base_line(start, label, points)
    if label.place == "side":
        return label.lines, (points[0][0] + label.side * 0.4, y), outside
    if not route.leaves:
        return label.lines, (start.x + label.side * 0.6, y), outside
    zone = next(zone for zone in frame.zones if zone.edges[0] < start.x < zone.edges[1])
    edge = zone.right if label.side > 0 else zone.left
    return label.lines, (points[1][0] - label.side * 0.5 if inner else edge, y), inside


def _base_line(start: Symbol, label: Labelled, points: list[Point]) -> float:
    """Return the y of the first line of *label*."""
    if label.place == "across":
        return points[1][1] - 0.9 - (len(label.lines) - 1) * LABEL_LINE
    if label.place == "above":
        return start.top - 0.5 - (label.last - 1) * LABEL_LINE
    if label.place == "below":
        return start.bottom + LABEL * 0.85 + label.row * LABEL_LINE
    return start.y - 0.7
