"""The pentagons of a page, where connectors to and from other pages end: off-page connectors. Pure.

They stand side by side, each as near to its connector as the others leave room, with the number of
the other page above or below.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from edge.paper.flowchart.measures import LABEL, PENTAGON_STEP, PENTAGON_WIDTH
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
) -> None:
    """Give each pentagon of *symbols* its x; *words* are their page numbers, by key."""
    for own in (TO_PAGE, FROM_PAGE):
        lines = _lines(own, found, spots, rooms)
        fixed = {
            route.link.start for route in found if own == FROM_PAGE and route.channel is None
        } & lines.keys()
        placed: dict[str, float] = {}
        for key in sorted(lines, key=lambda key: (key not in fixed, lines[key][0])):
            foreign = [x for other, xs in lines.items() if other != key for x in xs]
            apart = {other: _apart(words.get(key, ""), words.get(other, "")) for other in placed}
            near = [(x, apart[other]) for other, x in placed.items()]
            near += [(x, _AWAY) for x in foreign]
            placed[key] = lines[key][0] if key in fixed else _free(lines[key][0], near, rooms)
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


def _apart(one: str, other: str) -> float:
    """Return the distance of two pentagons with these page numbers."""
    words = (width(one, REFERENCE) + width(other, REFERENCE)) / 2 + 0.8
    return max(PENTAGON_STEP if not one else PENTAGON_WIDTH + 0.6, words)


def _free(wanted: float, near: Sequence[tuple[float, float]], rooms: Sequence[Zone]) -> float:
    """Return the x nearest to *wanted* that is as far from others as *near* asks for each."""
    left, right = rooms[0].left + PENTAGON_WIDTH / 2, rooms[-1].right - PENTAGON_WIDTH / 2
    tries = (wanted + side * 0.3 * step for step in range(900) for side in (1, -1))
    free = (
        x for x in tries
        if left <= x <= right and all(abs(x - other) >= apart for other, apart in near)
    )  # fmt: skip
    return next(free, wanted)


def references(symbols: Mapping[str, Symbol], words: Mapping[str, str]) -> list[Reference]:
    """Return the page numbers: above a pentagon from, below one to another page."""
    found = []
    for key, number in words.items():
        here = symbols[key]
        y = here.bottom + REFERENCE * 1.15 if key.startswith(TO_PAGE) else here.top - 0.5
        found.append(Reference(here.x, y, number))
    return found
