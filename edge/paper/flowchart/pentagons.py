"""The pentagons of a page, where connectors to and from other pages end: off-page connectors. Pure.

They stand side by side in the order of their connectors, with the number of the other page above or
below.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
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
_STEP = 0.1


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

    They stand in the order of their connectors, each as near to its own as the others leave room.

    :param edges: of the table; pentagons may stand below or above its columns of text too
    """
    for own in (TO_PAGE, FROM_PAGE):
        lines = _lines(own, found, spots, rooms)
        fixed = {
            route.link.start for route in found if own == FROM_PAGE and route.channel is None
        } & lines.keys()
        order = sorted(lines, key=lambda key: lines[key][0])
        foreign = {
            key: [x for other in order if other != key for x in lines[other]] for key in order
        }
        wide = [(width(words.get(key, ""), REFERENCE) + 0.8) for key in order]
        gaps = [max(PENTAGON_WIDTH + 0.6, (one + other) / 2) for one, other in pairwise(wide)]
        half = max([PENTAGON_WIDTH, *wide]) / 2
        low, high = edges[0] + half, edges[1] - half
        latest: list[float] = []
        for place in range(len(order) - 1, -1, -1):
            key = order[place]
            most = latest[-1] - gaps[place] if latest else high
            latest.append(lines[key][0] if key in fixed else _free(most, low, most, foreign[key]))
        for place, key in enumerate(order):
            most = latest[-1 - place]
            x = lines[key][0] if key in fixed else _free(lines[key][0], low, most, foreign[key])
            symbols[key] = symbols[key]._replace(x=x)
            low = x + (gaps[place] if place < len(gaps) else 0.0)


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


def _free(wanted: float, low: float, high: float, foreign: Sequence[float]) -> float:
    """Return the x from *low* to *high* that is nearest to *wanted* and away from *foreign* lines.

    If there is none, the nearest from *low* to *high*.
    """
    near = min(max(wanted, low), high)
    tries = (near + side * _STEP * step for step in range(900) for side in (1, -1))
    free = (
        x for x in tries
        if low <= x <= high and all(abs(x - other) >= _AWAY for other in foreign)
    )  # fmt: skip
    return next(free, near)


def references(symbols: Mapping[str, Symbol], words: Mapping[str, str]) -> list[Reference]:
    """Return the page numbers: above a pentagon from, below one to another page."""
    found = []
    for key, number in words.items():
        here = symbols[key]
        y = here.bottom + REFERENCE * 1.15 if key.startswith(TO_PAGE) else here.top - 0.5
        found.append(Reference(here.x, y, number))
    return found
