"""The columns of the flow chart, in millimetres: lanes as wide as their words need. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from edge.paper.flowchart.flow import Flow, shown_number
from edge.paper.flowchart.measures import (
    CELL,
    DIAMOND,
    EDGE,
    LABEL,
    MARGIN,
    SIZE,
    SMALL,
    TRACK,
    WIDTH,
)
from edge.paper.flowchart.routes import Channel
from edge.paper.lettering import longest_word, wrap
from edge.paper.words import (
    ACTIVITY,
    EQUIPMENT,
    NOTE,
    NUMBER,
    OUTPUT,
    TIME,
    Language,
    in_language,
    listed,
    standard_time,
    wording,
)
from edge.sop.procedures.model import Duty, Lane, Procedure, Step, Text

# The width of a lane without any symbol of a visit, as a part of the others' width.
IDLE = 0.76
# The letters of headings; how much wider than its longest word a diamond must be.
HEADING, AROUND_WORD = 2.2, 1.52
# The least widths of the columns of long texts, as parts of their usual widths; the others.
_NARROWEST = 0.62
_FIXED = (NUMBER, TIME)


class ChartColumn(NamedTuple):
    """A column of the chart; *role* if it is a lane."""

    heading: str
    x: float
    width: float
    role: str | None = None


def lanes(procedure: Procedure) -> tuple[Lane, ...]:
    """Return the lanes of *procedure*: its own, then one for each other role in order."""
    roles = [step.role for step in procedure.steps] + ([procedure.aide] if procedure.aide else [])
    roles += [role for duty in procedure.duties for role in duty.roles]
    if procedure.lanes:
        roles = [step.role for step in procedure.steps]
    own = {lane.role for lane in procedure.lanes}
    others = [Lane(role=r, heading=Text(id=r, en=r)) for r in dict.fromkeys(roles) if r not in own]
    return (*procedure.lanes, *others)


def lane_of(role: str, who: tuple[Lane, ...]) -> int:
    """Return the place of the lane for *role*; the first, if there is none."""
    roles = [lane.role for lane in who]
    return roles.index(role) if role in roles else 0


def columns(
    procedure: Procedure,
    chart: Flow,
    place: Mapping[str, int],
    tracks: Mapping[Channel, int],
    lang: Language,
) -> list[ChartColumn]:
    """Return the columns; lanes have room for their symbols' words and their connectors.

    :param place: the lane of each symbol, by its key
    :param tracks: the number of connectors along each edge of a lane
    """
    notes = any(step.note for step in procedure.rows)
    left = [(NUMBER, 8.0), (ACTIVITY, 37.0 if notes else 56.0)]
    right = [(EQUIPMENT, 25.0 if notes else 40.0), (TIME, 21.0), (OUTPUT, 23.0 if notes else 30.0)]
    right += [(NOTE, 33.0)] if notes else []
    texts = sum(wide for text, wide in [*left, *right] if text not in _FIXED)
    room = WIDTH - 2 * MARGIN - sum(wide for text, wide in [*left, *right] if text in _FIXED)
    needs = _needs(lanes(procedure), chart, place, tracks, lang)
    part = max(_NARROWEST, min(1.0, (room - sum(needs)) / texts))
    widths = _shared(needs, _parts(procedure, chart), room - part * texts)
    left, right = (
        [(text, wide * (1 if text in _FIXED else part)) for text, wide in side]
        for side in (left, right)
    )
    plan: list[tuple[str, float, str | None]] = [(in_language(t, lang), w, None) for t, w in left]
    plan += [
        (in_language(lane.heading, lang), wide, lane.role)
        for lane, wide in zip(lanes(procedure), widths, strict=True)
    ]
    plan += [(in_language(t, lang), w, None) for t, w in right]
    found: list[ChartColumn] = []
    x = MARGIN
    for heading, wide, role in plan:
        found.append(ChartColumn(heading, x, wide, role))
        x += wide
    return found


def _parts(procedure: Procedure, chart: Flow) -> list[float]:
    """Return the usual widths of the lanes, compared with each other."""
    acting = {node.role for node in chart.nodes if "/" not in node.key}
    return [1.0 if lane.role in acting else IDLE for lane in lanes(procedure)]


def _needs(
    who: tuple[Lane, ...],
    chart: Flow,
    place: Mapping[str, int],
    tracks: Mapping[Channel, int],
    lang: Language,
) -> list[float]:
    """Return the width that each lane needs for its longest words and its connectors."""
    found = [
        longest_word(in_language(lane.heading, lang), HEADING, bold=True) + 1.4 for lane in who
    ]
    inner = [0.0] * len(who)
    for node in chart.nodes:
        word = longest_word(in_language(node.words, lang), SMALL)
        wide = word * AROUND_WORD + 1 if node.kind == "decision" else word + 2.4
        inner[place[node.key]] = max(inner[place[node.key]], wide)
    for link in chart.links:
        if link.label is not None:
            wide = 2 * longest_word(in_language(link.label, lang), LABEL) + 2.4
            inner[place[link.start]] = max(inner[place[link.start]], wide)
    for lane, wide in enumerate(inner):
        beside = sum(EDGE + TRACK * max(1, tracks.get((lane, side), 0)) for side in (-1, 1))
        found[lane] = max(found[lane], wide + beside, wide / DIAMOND)
    return found


def _shared(needs: list[float], parts: list[float], room: float) -> list[float]:
    """Return *room* shared by *parts*; no lane gets less than it *needs*, if there is room."""
    if sum(needs) >= room:
        return [need * room / sum(needs) for need in needs]
    fixed: dict[int, float] = {}
    while True:
        free = [place for place in range(len(needs)) if place not in fixed]
        unit = (room - sum(fixed.values())) / sum(parts[place] for place in free)
        short = [place for place in free if parts[place] * unit < needs[place]]
        if not short:
            return [fixed.get(place, parts[place] * unit) for place in range(len(needs))]
        fixed |= {place: needs[place] for place in short}


def cells(
    procedure: Procedure, step: Step | Duty, placed: list[ChartColumn], lang: Language
) -> list[list[str]]:
    """Return the lines of each column's cell of the row *step*; lanes have none."""
    number = shown_number(procedure, step) if isinstance(step, Step) else str(step.number)
    words = {
        in_language(NUMBER, lang): [f"{number}."],
        in_language(ACTIVITY, lang): [wording(step, lang)],
        in_language(EQUIPMENT, lang): listed(step.equipment),
        in_language(TIME, lang): [standard_time(step, lang)],
        in_language(OUTPUT, lang): listed(step.output),
        in_language(NOTE, lang): [step.note],
    }
    return [
        []
        if column.role is not None
        else [
            line
            for item in words[column.heading]
            for line in wrap(item, SIZE, column.width - 2 * CELL)
        ]
        for column in placed
    ]
