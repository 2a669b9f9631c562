"""The board of `gardu watch`: attention first, then the checkpoints, on one screen. Pure.

Only the lines that the terminal has room for are made; the rest is counted. Each line is cut at
the terminal's width.
"""

from bisect import insort
from collections.abc import Sequence
from heapq import nsmallest
from itertools import islice
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from edge.printable import printable
from office.watch.attention import WORDS, Attention, Kind, attention
from office.watch.consumer import CheckpointView, Consumer

# The state of the connection that needs no words on the board.
CONNECTED = "connected"
# Rows of the table that stay visible however much needs attention.
_FEWEST_ROWS = 3
# Lines of messages at the bottom of a terminal with this height, lines.
_MESSAGES = ((40, 5), (20, 3), (14, 1))
# Cells of an open column, at most: further characters cannot be seen anyway.
_LONGEST = 300

_STYLES = {
    Kind.ALARM: "bold red",
    Kind.ACKNOWLEDGED: "red",
    Kind.OFFLINE: "bold yellow",
    Kind.OVERDUE: "yellow",
    Kind.GAP: "magenta",
    Kind.BROKEN: "bold magenta",
}


class Column(NamedTuple):
    """A column of the table.

    :ivar widest: cells, at most; 0: the rest of the line
    :ivar from_width: the narrowest terminal that has the column, cells
    """

    heading: str
    widest: int
    from_width: int = 0


_COLUMNS = (
    Column("status", 7),
    Column("session", 7, 100),
    Column("last", 10),
    Column("duplicates", 10, 120),
    Column("visits by step", 44),
    Column("outcomes", 0, 90),
)
_WIDEST_NAME = 32


class Board:
    """Composes the lines of the board.

    :param title: printed first, with the state of the connection
    """

    def __init__(self, consumer: Consumer, title: str) -> None:
        self._consumer = consumer
        self._title = title
        self._names: list[str] = []
        self._known: set[str] = set()
        self._attention: dict[str, list[Attention]] = {}

    def update(self, names: set[str], at: float) -> tuple[list[Attention], list[Attention]]:
        """Look again at the checkpoints *names* at time *at*; return what began and what ended."""
        began, ended = list[Attention](), list[Attention]()
        for name in names:
            view = self._consumer.checkpoints[name]
            if name not in self._known:
                self._known.add(name)
                insort(self._names, name)
            before = self._attention.pop(name, [])
            now = attention(name, view, self._consumer.gaps_of(name, at))
            if now:
                self._attention[name] = now
            began += [one for one in now if one not in before]
            ended += [one for one in before if one not in now]
        return sorted(began), sorted(ended)

    def lines(
        self, width: int, height: int | None, link: str, messages: Sequence[str] = ()
    ) -> list[Text]:
        """Return the board's lines, at most *height* of *width* cells; None: as many as there are.

        :param link: the state of the connection, in words
        :param messages: the latest ones; the newest are shown at the bottom
        """
        count = sum(map(len, self._attention.values()))
        room = 10**9 if height is None else height
        kept = 0 if height is None else next((n for least, n in _MESSAGES if height >= least), 0)
        below = [Text(printable(one, _LONGEST), "dim") for one in messages[-kept:] if kept]
        if refused := self._refused():
            below.append(Text(refused, "dim"))
        room -= 1 + len(below)
        reserved = min(len(self._names), _FEWEST_ROWS) + 1 + (len(self._names) > _FEWEST_ROWS)
        above = self._attention_lines(count, room - reserved)
        table = self._table(width, room - len(above))
        shown = [self._heading(link), *above, *table, *below]
        return [_cut(line, width) for line in shown[:height]]

    def _heading(self, link: str) -> Text:
        title = Text(printable(f"{self._title}: {len(self._names)}"), "bold")
        if link == CONNECTED:
            return title
        return Text(printable(f"{link} - ", _LONGEST), "bold red").append(title)

    def _attention_lines(self, count: int, room: int) -> list[Text]:
        if not count:
            return []
        shown = count if count <= room else max(0, room - 1)
        every = (one for some in self._attention.values() for one in some)
        first = nsmallest(shown, every)
        lines = [_attention_line(one) for one in first]
        if shown < count:
            alarms = self._count(Kind.ALARM) - sum(one.kind is Kind.ALARM for one in first)
            words = f"… and {count - shown} more" + (f", {alarms} of them alarms" * (alarms > 0))
            lines.append(Text(words, "bold"))
        return lines

    def _count(self, kind: Kind) -> int:
        return sum(one.kind is kind for some in self._attention.values() for one in some)

    def _table(self, width: int, room: int) -> list[Text]:
        if not self._names:
            return [Text("nothing heard yet")][: max(0, room)]
        count = len(self._names)
        rows = count if count < room else max(0, room - 2)
        names = self._first(rows)
        columns = [column for column in _COLUMNS if width >= column.from_width]
        found = [["checkpoint", *(column.heading for column in columns)]]
        for name in names:
            cells = _cells(self._consumer.checkpoints[name])
            found.append([printable(name, _LONGEST), *(cells[one.heading] for one in columns)])
        widest = [max(10, min(_WIDEST_NAME, width // 3)), *(column.widest for column in columns)]
        heading, *others = _aligned(found, widest)
        lines = [Text(heading, "bold underline")]
        for name, row in zip(names, others, strict=True):
            worst = self._attention.get(name)
            lines.append(Text(row, _STYLES[worst[0].kind] if worst else ""))
        if rows < count:
            lines.append(Text(f"… and {count - rows} more", "bold"))
        return lines[: max(0, room)]

    def _first(self, rows: int) -> list[str]:
        """Return the names of the first *rows* checkpoints: those that need attention first."""
        urgent = nsmallest(rows, (some[0] for some in self._attention.values()))
        others = (name for name in self._names if name not in self._attention)
        return [one.checkpoint for one in urgent] + list(islice(others, rows - len(urgent)))

    def _refused(self) -> str:
        """Return the counts of messages that are not shown, in words; empty if there are none."""
        seen = self._consumer
        counts = {
            "against the contract": seen.malformed,
            "on unknown topics": seen.unknown,
            "of checkpoints beyond those followed": seen.unfollowed,
        }
        shown = ", ".join(f"{words}: {count}" for words, count in counts.items() if count)
        return f"messages {shown}" if shown else ""


def attention_words(one: Attention) -> str:
    """Return *one* as a line of plain text."""
    return f"{WORDS[one.kind]} {printable(one.checkpoint)}: {one.words}"


def _attention_line(one: Attention) -> Text:
    line = Text(f"{WORDS[one.kind]:<12} ", _STYLES[one.kind])
    line.append(printable(one.checkpoint), "bold")
    return line.append(f"  {printable(one.words, _LONGEST)}")


def _cells(view: CheckpointView) -> dict[str, str]:
    outcomes = ", ".join(f"{outcome} {count}" for outcome, count in sorted(view.outcomes.items()))
    return {
        "status": view.status,
        "session": str(view.session),
        "last": str(view.last),
        "duplicates": str(view.counts["duplicates"]),
        "outcomes": printable(outcomes, _LONGEST),
        "visits by step": printable(_steps(view), _LONGEST),
    }


def _steps(view: CheckpointView) -> str:
    """Return the open visits by step, as the checkpoint counts them, or else their number only.

    Cards of groups at the return that were not shown yet are counted beside them, and the persons
    in places with limited room.
    """
    unfollowed = f" ({view.unfollowed} not followed)" if view.unfollowed else ""
    if view.occupancy is not None:
        steps = [f"{one.step} {one.visits}" for one in view.occupancy.steps]
        if view.occupancy.cards_missing:
            steps.append(f"{view.occupancy.cards_missing} cards missing")
        for one in view.occupancy.places:
            waiting = f", {one.waiting} waiting" if one.waiting else ""
            steps.append(f"{one.place}: {one.persons} of {one.at_most}{waiting}")
        return (", ".join(steps) or "none") + unfollowed
    return (f"{len(view.visits)} open" if view.visits else "none") + unfollowed


def _aligned(rows: list[list[str]], widest: list[int]) -> list[str]:
    """Return *rows* as lines; each column is as wide as its cells, *widest* at most (0: no end)."""
    widths = [
        min(most, max(map(cell_len, column))) if most else 0
        for most, column in zip(widest, zip(*rows, strict=True), strict=True)
    ]
    return [
        "  ".join(_fitted(c, w) if w else c for c, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _fitted(text: str, width: int) -> str:
    """Return *text* with exactly *width* cells; the last is ``…`` if it was cut."""
    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + "…"
    return set_cell_size(text, width)


def _cut(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    line.no_wrap = True
    return line
