"""The pentagons of a page, where connectors to and from other pages end: off-page connectors. Pure.

They stand side by side, each as near to its connector as the others leave room, with the number of
the other page above or below.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from edge.paper.flowchart.measures import LABEL, PENTAGON_WIDTH
from edge.paper.flowchart.routes import FROM_PAGE, TO_PAGE, Route, Spot
from edge.paper.flowchart.symbols import Symbol, Zone
from edge.paper.lettering import width
from edge.paper.words import Language, in_language
from edge.sop.procedures.model import Text

REFERENCE = LABEL
"""The size of the letters of page numbers at pentagons."""

_PAGE = Text(id="hal.", en="p.")
# The distance of a pentagon from the connectors of others.
_AWAY = 0.5
# The step of the search for a place.
_STEP = 0.2


class Reference(NamedTuple):
    """The number of the page that a pentagon refers to, in the middle of *x*."""

    x: float
    y: float
    words: str


def reference_words(pages: Sequence[int], lang: Language) -> str:
    """Return the first of *pages* in words, with an ellipsis for the others."""
    return f"{in_language(_PAGE, lang)} {pages[0]}{', …' * (len(pages) > 1)}"


def place_pentagons(
    symbols: dict[str, Symbol],
    found: Sequence[Route],
    spots: Mapping[str, Spot],
    rooms: Sequence[Zone],
    words: Mapping[str, str],
    edges: tuple[float, float],
) -> None:
    """Give each pentagon of *symbols* its x; *words* are their page numbers, by key.

    :param edges: of the table; pentagons may stand below or above its columns of text too
    """
    for own in (TO_PAGE, FROM_PAGE):
        lines = _lines(own, found, spots, rooms)
        fixed = {
            route.link.start for route in found if own == FROM_PAGE and route.channel is None
        } & lines.keys()
        wide = {key: width(words.get(key, ""), REFERENCE) + 0.8 for key in lines}
        half = max([PENTAGON_WIDTH, *wide.values()]) / 2
        placed: dict[str, float] = {}
        for key in sorted(lines, key=lambda key: (key not in fixed, lines[key][0])):
            near = [
                (x, max(PENTAGON_WIDTH + 0.6, (wide[key] + wide[other]) / 2))
                for other, x in placed.items()
            ]
            foreign = [(x, _AWAY) for other, xs in lines.items() if other != key for x in xs]
            room = edges[0] + half, edges[1] - half
            placed[key] = (
                lines[key][0] if key in fixed else _free(lines[key][0], near, foreign, room)
            )
            symbols[key] = symbols[key]._replace(x=placed[key])


def _lines(
    own: str, found: Sequence[Route], spots: Mapping[str, Spot], rooms: Sequence[Zone]
) -> dict[str, list[float]]:
    """Return the x of the connectors at each pentagon to, or from, other pages."""
    lines: dict[str, list[float]] = {}
    for route in found:
        key, other = route.link.end, route.link.start
        if own == FROM_PAGE:
            key, other = other, key
        if key.startswith(own):
            room = rooms[spots[other].lane]
            x = room.middle
            if route.channel is not None:
                x = room.track(route.channel[1], route.track)
            lines.setdefault(key, []).append(x)
    return lines


def _free(
    wanted: float,
    near: Sequence[tuple[float, float]],
    foreign: Sequence[tuple[float, float]],
    room: tuple[float, float],
) -> float:
    """Return the x in *room* nearest to *wanted* that is far enough from others.

    :param near: the x of other pentagons, and the distance to keep from each
    :param foreign: likewise, the connectors of other pentagons: kept from while there is room
    """
    low, high = room
    start = min(max(wanted, low), high)
    tries = [start + side * _STEP * step for step in range(1400) for side in (1, -1)]
    tries = [x for x in tries if low <= x <= high]
    for others in ([*near, *foreign], near):
        for x in tries:
            if all(abs(x - other) >= apart for other, apart in others):
                return x
    return start


def references(symbols: Mapping[str, Symbol], words: Mapping[str, str]) -> list[Reference]:
    """Return the page numbers: above a pentagon from, below one to another page."""
    found = []
    for key, number in words.items():
        here = symbols[key]
        y = here.bottom + REFERENCE * 1.15 if key.startswith(TO_PAGE) else here.top - 0.5
        found.append(Reference(here.x, y, number))
    return found
