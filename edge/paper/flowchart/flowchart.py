"""The flow chart's sheet: the places of its columns, rows and symbols, in millimetres. Pure.

The form is the regulation's (*alur kerja/ flow chart*): a row for each step, a lane for each role,
and beside the lanes the step's equipment, standard time and output. The symbols are the five of
Permenpan RB 35/2012: capsule (start, end), box (activity), diamond (decision), arrow, and the
pentagon where a connector continues on another page.
"""

from typing import Literal, NamedTuple

from edge.paper.flowchart.flow import Flow, Node, flow, shown_number
from edge.paper.lettering import wrap
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

# A4, landscape; every printer can print up to this margin.
WIDTH, HEIGHT, MARGIN = 297.0, 210.0, 9.0
TITLE, HEAD, FOOT = 10.0, 12.0, 7.0
# Sizes of letters; the distance of lines, as a multiple of the size.
SIZE, SMALL, LABEL, LEADING = 2.5, 2.1, 2.0, 1.22
# Symbols: their width as a part of the lane; heights; the gap above each, where connectors turn.
BOX, DIAMOND, CAPSULE = 0.6, 0.78, 0.6
BOX_HEIGHT, DIAMOND_HEIGHT = 6.5, 13.0
GAP, TURN, PAD = 5.9, 2.7, 2.7
# The part of a diamond's width that a single line may fill, and each of several lines.
ONE_LINE, LINES = 0.8, 0.7
# The width of a lane without any step of a visit, as a part of the others' width.
IDLE = 0.76
# Room at a page's edge for the pentagons of connectors that continue.
BAND = 8.0
_CELL = 1.3


class ChartColumn(NamedTuple):
    """A column of the sheet; *role* if it is a lane."""

    heading: str
    x: float
    width: float
    role: str | None = None


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


class Row(NamedTuple):
    """A row of the table: its cells' lines by column, from *top* down to *bottom*."""

    top: float
    bottom: float
    cells: list[list[str]]


class ChartSheet(NamedTuple):
    """A chart laid out on one endless sheet; pages are cut out of it.

    :ivar cuts: the y of the sheet at which one page ends and the next begins
    """

    columns: list[ChartColumn]
    rows: list[Row]
    symbols: dict[str, Symbol]
    cuts: list[float]
    flow: Flow


Break = Literal["pages", "none"]


def layout(procedure: Procedure, lang: Language, breaks: Break = "pages") -> ChartSheet:
    """Return the sheet of *procedure*, cut into pages or left in one."""
    chart = flow(procedure)
    columns = _columns(procedure, lang)
    steps = procedure.rows
    rows: list[Row] = []
    symbols: dict[str, Symbol] = {}
    cuts: list[float] = []
    room = HEIGHT - 2 * MARGIN - TITLE - HEAD - FOOT
    top = page_top = 0.0
    for number, step in enumerate(steps):
        cells = _cells(procedure, step, columns, lang)
        placed = _place([n for n in chart.nodes if n.row == number], columns, lang)
        text = max(len(lines) for lines in cells) * SIZE * LEADING + 2 * _CELL + 1
        height = max(text, _depth(placed))
        more = BAND if number + 1 < len(procedure.steps) else 0.0
        if breaks == "pages" and rows and top + height + more > page_top + room:
            band = BAND if number < len(procedure.steps) else 0.0  # no connector leads to a duty
            page_top = top + band
            cuts.append(page_top)
            top += 2 * band
        spare = (height - _depth(placed)) / 2
        for symbol in placed:
            symbols[symbol.node.key] = symbol._replace(y=symbol.y + top + spare)
        rows.append(Row(top, top + height, cells))
        top += height
    return ChartSheet(columns, rows, symbols, cuts, chart)


def lanes(procedure: Procedure) -> tuple[Lane, ...]:
    """Return the lanes of *procedure*: its own, or one for each role in the order of the steps."""
    if procedure.lanes:
        return procedure.lanes
    roles = [step.role for step in procedure.steps] + ([procedure.aide] if procedure.aide else [])
    roles += [role for duty in procedure.duties for role in duty.roles]
    return tuple(Lane(role=role, heading=Text(id=role, en=role)) for role in dict.fromkeys(roles))


def _acting(procedure: Procedure) -> set[str]:
    """Return the roles that have a symbol of a visit in their lanes."""
    return {node.role for node in flow(procedure).nodes if "/" not in node.key}


def _columns(procedure: Procedure, lang: Language) -> list[ChartColumn]:
    notes = any(step.note for step in procedure.rows)
    who = lanes(procedure)
    left = [(NUMBER, 8.0), (ACTIVITY, 37.0 if notes else 56.0)]
    right = [(EQUIPMENT, 25.0 if notes else 40.0), (TIME, 21.0), (OUTPUT, 23.0 if notes else 30.0)]
    right += [(NOTE, 33.0)] if notes else []
    others = sum(width for _, width in left + right)
    parts = [1.0 if lane.role in _acting(procedure) else IDLE for lane in who]
    each = (WIDTH - 2 * MARGIN - others) / sum(parts)
    plan: list[tuple[str, float, str | None]] = [(in_language(t, lang), w, None) for t, w in left]
    plan += [
        (in_language(lane.heading, lang), each * part, lane.role)
        for lane, part in zip(who, parts, strict=True)
    ]
    plan += [(in_language(t, lang), w, None) for t, w in right]
    columns: list[ChartColumn] = []
    x = MARGIN
    for heading, width, role in plan:
        columns.append(ChartColumn(heading, x, width, role))
        x += width
    return columns


def _cells(
    procedure: Procedure, step: Step | Duty, columns: list[ChartColumn], lang: Language
) -> list[list[str]]:
    """Return the lines of each column's cell; lanes have none."""
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
        if column.role
        else [
            line
            for item in words[column.heading]
            for line in wrap(item, SIZE, column.width - 2 * _CELL)
        ]
        for column in columns
    ]


def _place(nodes: list[Node], columns: list[ChartColumn], lang: Language) -> list[Symbol]:
    """Return the symbols of one row, from its top (0) down; ends stand beside their decisions."""
    who = [column for column in columns if column.role]
    placed: dict[str, Symbol] = {}
    y = 0.0
    for node in (n for n in nodes if n.beside is None):
        symbol = _symbol(node, who[_lane(node.role, who)], lang)
        level = [s for s in placed.values() if "/" in node.key and "/" in s.node.key]
        if level:  # a duty of several roles: its boxes stand side by side
            placed[node.key] = symbol._replace(y=level[0].y)
            continue
        y += GAP + symbol.height / 2
        placed[node.key] = symbol._replace(y=y)
        y += symbol.height / 2
    for node in (n for n in nodes if n.beside is not None):
        decision = placed[node.beside or ""]
        taken = [s.x for s in placed.values() if s.node.beside == node.beside]
        here = _lane(node.role, who)
        free = [
            n
            for n in (here + 1, here - 1)
            if 0 <= n < len(who) and who[n].x + who[n].width / 2 not in taken
        ]
        placed[node.key] = _symbol(node, who[free[0] if free else here], lang)._replace(
            y=decision.y
        )
    return list(placed.values())


def _symbol(node: Node, lane: ChartColumn, lang: Language) -> Symbol:
    """Return the symbol of *node* in *lane*; its y is set later."""
    part = {"activity": BOX, "decision": DIAMOND}.get(node.kind, CAPSULE)
    width = lane.width * part
    words = in_language(node.words, lang)
    lines = wrap(words, SMALL, width * ONE_LINE if node.kind == "decision" else width - 1.6)
    if node.kind == "decision" and len(lines) > 1:
        lines = wrap(words, SMALL, width * LINES)
    height = {"activity": BOX_HEIGHT, "decision": DIAMOND_HEIGHT}.get(
        node.kind, max(5.0, len(lines) * SMALL * LEADING + 2.2)
    )
    return Symbol(node, lane.x + lane.width / 2, 0.0, width, height, lines)


def _lane(role: str, who: list[ChartColumn]) -> int:
    roles = [column.role for column in who]
    return roles.index(role) if role in roles else 0


def _depth(symbols: list[Symbol]) -> float:
    return max((symbol.bottom for symbol in symbols), default=0.0) + PAD
