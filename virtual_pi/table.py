"""The table of a run: one row a test."""

from collections.abc import Sequence
from typing import NamedTuple

_HEADINGS = ("test", "result", "figure", "seconds")
_WIDEST = 76


class Result(NamedTuple):
    """The result of one row.

    :ivar passed: None: it was left out, for the reason in *figure*
    :ivar figure: what was measured, or why it failed; the first line stands in the table
    """

    name: str
    passed: bool | None
    figure: str
    seconds: float

    @property
    def word(self) -> str:
        """The result as a word."""
        return "left out" if self.passed is None else "passed" if self.passed else "FAILED"


def table(results: Sequence[Result]) -> str:
    """Return *results* as text in columns; reasons of several lines follow below."""
    lines = [_HEADINGS] + [
        (row.name, row.word, _short(row.figure), f"{row.seconds:.0f}") for row in results
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    text = [
        "  ".join(
            cell.rjust(width) if column == len(_HEADINGS) - 1 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    text.insert(1, "-" * max(map(len, text)))
    for row in results:
        if _short(row.figure) != row.figure:
            text += ["", f"{row.name}:", *(f"    {line}" for line in row.figure.splitlines())]
    return "\n".join(text)


def all_passed(results: Sequence[Result]) -> bool:
    """Return True if there is a result, and none failed."""
    return bool(results) and all(row.passed is not False for row in results)


def _short(figure: str) -> str:
    first = figure.splitlines()[0] if figure else ""
    return first if len(first) <= _WIDEST else first[: _WIDEST - 3] + "..."
