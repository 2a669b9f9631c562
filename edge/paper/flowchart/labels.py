"""The labels of branches: in which rows beside their symbols they stand. Pure.

Labels stand within the part of the lane that is the symbols', above or below their symbol, one
beside the middle of the lane on each side: no connector of another symbol runs there.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from edge.paper.flowchart.measures import LABEL
from edge.paper.flowchart.routes import Route, Spot
from edge.paper.flowchart.symbols import Symbol, Zone
from edge.paper.lettering import width, wrap
from edge.paper.words import Language, in_language


class Labelled(NamedTuple):
    """The label of a connector, and where it stands.

    :ivar place: ``above`` or ``below`` the symbol where the connector begins; ``across``: above the
        part of it that runs across below the symbol; ``side``: above the connector, where it
        leaves the side of a symbol in a wide lane
    :ivar row: the first row of lines that it takes
    :ivar side: the left (-1) or right (1) half
    """

    lines: list[str]
    place: Literal["above", "below", "across", "side"]
    row: int
    side: int

    @property
    def last(self) -> int:
        """The row after its last line."""
        return self.row + len(self.lines)


def label_plan(
    found: Sequence[Route],
    spots: Mapping[str, Spot],
    symbols: Mapping[str, Symbol],
    rooms: Sequence[Zone],
    lang: Language,
) -> dict[int, Labelled]:
    """Return the labels of the routes *found*, by the number of the route."""
    plan: dict[int, Labelled] = {}
    ends: dict[tuple[str, str, int], int] = {}  # symbol, place, side: the first free row
    order = sorted(range(len(found)), key=lambda n: (found[n].leaves == 0, found[n].below))
    for number in order:
        route = found[number]
        if route.link.label is None:
            continue
        room = rooms[spots[route.link.start].lane]
        words = in_language(route.link.label, lang)
        lines = wrap(words, LABEL, room.half - 0.8)
        free = room.half - symbols[route.link.start].width / 2
        if route.leaves and width(words, LABEL) < free - 0.6:
            plan[number] = Labelled([words], "side", 0, route.leaves)
            continue
        if route.below:
            across = route.channel[1] if route.channel is not None else 1
            plan[number] = Labelled(lines, "across", 0, across)
            continue
        key = route.link.start
        place: Literal["above", "below"] = "above" if _leads_up(route, spots) else "below"
        taken = {half: ends.get((key, place, half), 0) for half in (1, -1)}
        side: int = route.leaves or (1 if taken[1] <= taken[-1] else -1)
        row = 0 if route.leaves else taken[side]
        ends[key, place, side] = row + len(lines)
        plan[number] = Labelled(lines, place, row, side)
    return plan


def _leads_up(route: Route, spots: Mapping[str, Spot]) -> bool:
    start, end = spots[route.link.start].line, spots[route.link.end].line
    return end <= start and not route.beside and route.leaves != 0
