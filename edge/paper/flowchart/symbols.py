"""The symbols of the flow chart, in millimetres: their size for their words and lane. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from edge.paper.flowchart.columns import ChartColumn
from edge.paper.flowchart.flow import Node
from edge.paper.flowchart.measures import (
    BOX,
    BOX_HEIGHT,
    CAPSULE,
    CAPSULE_HEIGHT,
    DIAMOND,
    DIAMOND_HEIGHT,
    DIAMOND_WORDS,
    EDGE,
    LEADING,
    LEAST_DIAMOND,
    LEAST_ZONE,
    MOST_BOX,
    MOST_DIAMOND,
    PENTAGON_HEIGHT,
    PENTAGON_WIDTH,
    SMALL,
    TRACK,
)
from edge.paper.flowchart.routes import Channel
from edge.paper.lettering import longest_word, width, wrap
from edge.paper.words import Language, in_language


class Zone(NamedTuple):
    """The middle part of a lane, for its symbols, between the tracks at its edges.

    :ivar edges: of the lane
    :ivar pitch: from one track to the next
    """

    left: float
    right: float
    edges: tuple[float, float]
    pitch: float

    @property
    def middle(self) -> float:
        """The x of symbols, and of the connectors between them."""
        return (self.left + self.right) / 2

    @property
    def half(self) -> float:
        """The width beside the middle."""
        return (self.right - self.left) / 2

    def track(self, side: int, number: int) -> float:
        """Return the x of a track."""
        edge = self.edges[1] if side > 0 else self.edges[0]
        return edge - side * (EDGE + self.pitch * number)


class Symbol(NamedTuple):
    """A symbol at its place: *x* and *y* of its middle."""

    node: Node
    x: float
    y: float
    width: float
    height: float
    lines: list[str]

    @property
    def top(self) -> float:
        """The y of its upper edge."""
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        """The y of its lower edge."""
        return self.y + self.height / 2


def zones(lanes: Sequence[ChartColumn], counts: Mapping[Channel, int]) -> list[Zone]:
    """Return the zone of each lane, with room for the tracks at its edges."""
    found = []
    for place, lane in enumerate(lanes):
        left, right = counts.get((place, -1), 0), counts.get((place, 1), 0)
        spare = lane.width - LEAST_ZONE - 2 * EDGE
        pitch = min(TRACK, spare / max(left + right, 1))
        usual = lane.width * (1 - DIAMOND) / 2
        margins = [max(usual, EDGE + pitch * count) for count in (left, right)]
        edges = (lane.x, lane.x + lane.width)
        found.append(Zone(edges[0] + margins[0], edges[1] - margins[1], edges, pitch))
    return found


def symbol(node: Node, zone: Zone, lang: Language) -> Symbol:
    """Return the symbol of *node* in the middle of *zone*; its y is set later."""
    words = in_language(node.words, lang)
    if node.kind == "pentagon":
        return Symbol(node, zone.middle, 0.0, PENTAGON_WIDTH, PENTAGON_HEIGHT, [words])
    if node.kind == "decision":
        return _diamond(node, zone, words)
    part = (BOX if node.kind == "activity" else CAPSULE) / DIAMOND
    wide = max(
        min(part * 2 * zone.half, MOST_BOX), min(2 * zone.half, longest_word(words, SMALL) + 1.8)
    )
    lines = wrap(words, SMALL, wide - 1.6)
    height = max(CAPSULE_HEIGHT, len(lines) * SMALL * LEADING + 2.2)
    return Symbol(
        node, zone.middle, 0.0, wide, BOX_HEIGHT if node.kind == "activity" else height, lines
    )


def _diamond(node: Node, zone: Zone, words: str) -> Symbol:
    """Return the diamond of the least height in which *words* fit: between its slanted edges."""
    # Short words leave room beside a narrower diamond, for the labels of its answers.
    needed = max(longest_word(words, SMALL), width(words, SMALL)) / DIAMOND_WORDS
    wide = min(2 * zone.half, MOST_DIAMOND, max(needed, LEAST_DIAMOND))
    best: tuple[float, list[str]] | None = None
    for part in (DIAMOND_WORDS, 0.6, 0.5, 0.74, 0.8):
        lines = wrap(words, SMALL, wide * part)
        if longest_word(words, SMALL) > wide * part and best is not None:
            continue
        longest = max(width(line, SMALL) for line in lines)
        tall = len(lines) * SMALL * LEADING / max(1 - longest / wide, 0.1)
        if best is None or tall < best[0]:
            best = tall, lines
    tall, lines = best or (0.0, [])
    return Symbol(node, zone.middle, 0.0, wide, max(DIAMOND_HEIGHT, tall + 0.5), lines)
