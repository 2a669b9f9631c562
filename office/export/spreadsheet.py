"""CSV that a spreadsheet opens as it is: with commas, or with semicolons and decimal commas."""

import csv
import re
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from office.export.columns import Table
from office.export.rows import Row

Separator = Literal[",", ";"]

# Characters that begin a formula, also in their full width.
_FORMULA = r"=+\-@\uff1d\uff0b\uff0d\uff20"
# Those between the cells of a line: also the separators of other files, because the one at which a
# spreadsheet splits is a setting of the person's machine.
_BETWEEN = frozenset(",;\t\r\n")
# Each run of separators, quotes and spaces before such a character, once: linear in the text.
_RUN = re.compile(rf"""(?<![,;"'\s])[,;"'\s]*+(?=[{_FORMULA}])""")


class CsvFile:
    """Writes rows into the file *path*; times are of *zone*.

    The byte order mark shows a spreadsheet that it is UTF-8.

    :raises OSError: if it cannot be written
    """

    def __init__(self, path: Path, table: Table, separator: Separator, zone: tzinfo) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._file, delimiter=separator, lineterminator="\r\n")
        self._csv.writerow(table.columns)
        written = _written(separator, zone)
        self._cells = [written[kind] for kind in table.columns.values()]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._file.close()

    def write(self, rows: Sequence[Row]) -> None:
        """Write *rows*."""
        self._csv.writerows(
            ["" if value is None else cell(value) for value, cell in zip(row, self._cells)]  # noqa: B905
            for row in rows
        )


def harmless(text: str) -> str:
    """Return *text* so that no part of it can begin a formula: with an apostrophe before that."""
    marked = _RUN.sub(_mark, text)
    return f"'{marked}" if marked[:1] in ("\t", "\r") else marked


def _mark(run: re.Match[str]) -> str:
    begins = run.start() == 0 or not _BETWEEN.isdisjoint(run[0])
    return f"{run[0]}'" if begins else run[0]


def _written(separator: Separator, zone: tzinfo) -> dict[str, Callable[[Any], str]]:
    """Return how a value of each kind is written."""

    def number(value: float) -> str:
        # Where a semicolon separates, the comma is the decimal sign; 1.5 would be the first of May.
        text = f"{value:.6f}".rstrip("0").rstrip(".")
        return text.replace(".", ",") if separator == ";" else text

    def time(value: datetime) -> str:
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]

    return {
        "text": harmless,
        "number": number,
        "whole": str,
        "truth": lambda value: "true" if value else "false",
        "time": time,
    }
