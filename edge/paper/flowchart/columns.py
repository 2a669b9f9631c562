"""The columns of the flow chart, in millimetres: lanes as wide as their words need. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from edge.paper.flowchart.flow import Flow
from edge.paper.flowchart.measures import (
    CELL,
    DIAMOND,
    EDGE,
    LABEL,
    LEAST_TRACK,
    LEAST_ZONE,
    MARGIN,
    SIZE,
    SMALL,
    TRACK,
)
from edge.paper.flowchart.routes import Channel
from edge.paper.lettering import CellLine, cell_lines, list_mark, longest_word, width
from edge.paper.sheets import Sheet
from edge.paper.words import (
    TEXT_NAMES,
    Language,
    TextName,
    headings,
    in_language,
    listed,
    row_number,
    standard_time,
    wording,
)
from edge.sop.procedures.model import Duty, Lane, Procedure, Step, Text

# The width of a lane without any symbol of a visit, as a part of the others' width.
IDLE = 0.76
# The letters of headings; how much wider than its longest word a diamond must be.
HEADING, AROUND_WORD = 2.2, 1.52
# A longer word than this is cut, rather than take the room of others.
WIDEST_WORD = 38.0


class ChartColumn(NamedTuple):
    """A column of the chart; *role* if it is a lane."""

    heading: str
    x: float
    width: float
    role: str | None = None


class Columns(NamedTuple):
    """The columns of a chart; *whole* if none is narrower than its words and connectors need."""

    columns: list[ChartColumn]
    whole: bool


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
    sheet: Sheet,
) -> Columns:
    """Return the columns; lanes have room for their symbols' words and their connectors.

    A column of text is as wide as usual, or narrower if lanes need that: as wide as its longest
    word at the least.

    :param place: the lane of each symbol, by its key
    :param tracks: the number of connectors along each edge of a lane
    """
    heads = headings(procedure)
    plan = _texts(procedure, heads, lang)
    who = lanes(procedure)
    bare = [_for_tracks(lane, tracks) for lane in range(len(who))]
    needs = _needs(who, chart, place, tracks, lang)
    room = sheet.width - 2 * MARGIN
    least, usual = sum(one.least for one in plan), sum(one.usual for one in plan)
    part = (room - sum(needs) - least) / max(usual - least, 0.1)
    part = max(0.0, min(1.0, part))
    texts = {one.text: one.least + part * (one.usual - one.least) for one in plan}
    widths = _shared(bare, needs, _parts(procedure, chart), room - sum(texts.values()))
    found: list[ChartColumn] = []
    x = MARGIN
    before = [(in_language(heads[one.text], lang), texts[one.text], None) for one in plan[:2]]
    after = [(in_language(heads[one.text], lang), texts[one.text], None) for one in plan[2:]]
    acting = [
        (in_language(lane.heading, lang), wide, lane.role)
        for lane, wide in zip(who, widths, strict=True)
    ]
    for heading, wide, role in (*before, *acting, *after):
        found.append(ChartColumn(heading, x, wide, role))
        x += wide
    return Columns(found, sum(needs) + least <= room)


class _TextColumn(NamedTuple):
    """A column of text: its usual and its least width."""

    text: TextName
    usual: float
    least: float


def _texts(
    procedure: Procedure, heads: Mapping[TextName, Text], lang: Language
) -> list[_TextColumn]:
    """Return the columns of text, the first two of them before the lanes."""
    notes = any(row.note for row in procedure.rows)
    plan: dict[TextName, float] = {"number": 8.0, "activity": 44.0 if notes else 56.0}
    plan |= {"equipment": 28.0 if notes else 40.0, "time": 0.0, "output": 26.0 if notes else 30.0}
    plan |= {"note": 46.0} if notes else {}
    found = []
    for name, usual in plan.items():
        words = [line for row in procedure.rows for line in _written(procedure, row, name, lang)]
        if name == "number":  # that of a row that goes on on another page is in brackets
            words = [f"({one})" for one in words]
        whole = name in ("number", "time")
        longest = max((width(one, SIZE) if whole else _longest(one) for one in words), default=0.0)
        head = longest_word(in_language(heads[name], lang), HEADING, bold=True) + 1.4
        least = max(head, longest + 2 * CELL + 0.2)
        found.append(_TextColumn(name, max(usual, least), least))
    return found


def _longest(words: str) -> float:
    """Return the width that *words* need at the least, with the mark of a list before them."""
    mark, rest = list_mark(words)
    return min(width(mark, SIZE) + longest_word(rest, SIZE), WIDEST_WORD)


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
        beside = sum(EDGE + TRACK * tracks.get((lane, side), 0) for side in (-1, 1))
        found[lane] = max(found[lane], wide + beside, wide / DIAMOND)
    return found


def _for_tracks(lane: int, tracks: Mapping[Channel, int]) -> float:
    """Return the width that the connectors along the edges of *lane* need beside its symbols."""
    count = sum(tracks.get((lane, side), 0) for side in (-1, 1))
    return LEAST_ZONE + 2 * EDGE + LEAST_TRACK * count


def _shared(bare: list[float], needs: list[float], parts: list[float], room: float) -> list[float]:
    """Return *room* shared by *parts*; no lane gets less than it *needs*, if there is room.

    If there is none, words are cut before connectors come together: each lane has its *bare* width,
    and a part of the rest.
    """
    if sum(needs) >= room:
        over = [max(0.0, need - least) for need, least in zip(needs, bare, strict=True)]
        part = max(0.0, room - sum(bare)) / max(sum(over), 0.1)
        scale = min(1.0, room / sum(bare))
        return [least * scale + part * more for least, more in zip(bare, over, strict=True)]
    fixed: dict[int, float] = {}
    while True:
        free = [place for place in range(len(needs)) if place not in fixed]
        if not free:  # by rounding alone
            return [fixed[place] for place in range(len(needs))]
        unit = (room - sum(fixed.values())) / sum(parts[place] for place in free)
        short = [place for place in free if parts[place] * unit < needs[place]]
        if not short:
            return [fixed.get(place, parts[place] * unit) for place in range(len(needs))]
        fixed |= {place: needs[place] for place in short}


def cells(
    procedure: Procedure, row: Step | Duty, placed: list[ChartColumn], lang: Language
) -> list[list[CellLine]]:
    """Return the lines of each column's cell of *row*; lanes have none."""
    names = iter(TEXT_NAMES)
    found: list[list[CellLine]] = []
    for column in placed:
        if column.role is not None:
            found.append([])
            continue
        items = _written(procedure, row, next(names), lang)
        room = column.width - 2 * CELL
        found.append([line for item in items for line in cell_lines(item, SIZE, room)])
    return found


def _written(procedure: Procedure, row: Step | Duty, name: TextName, lang: Language) -> list[str]:
    """Return what stands in the cell *name* of *row*, item by item."""
    if name == "number":
        return [f"{row_number(procedure, row)}."]
    if name == "activity":
        return [wording(procedure, row, lang)]
    if name == "time":
        return [standard_time(row, lang)]
    if name == "note":
        return row.note.splitlines()
    return listed(row.equipment if name == "equipment" else row.output)
