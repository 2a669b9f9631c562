"""The report as text: aligned tables for a terminal, and CSV for programs. Pure."""

import csv
import io
from collections.abc import Iterator

from edge.report.captions import ReportWords
from edge.report.tables import Cell, Table, figures, tables, written
from edge.sop.monthly_summary import Summary

# The columns of the CSV; "row" are the texts and dates of the table's row.
_HEADER = ("month", "table", "row", "measure", "unit", "value")
_UNITS = {"count": "1", "seconds": "s", "share": "1"}


def as_csv(summary: Summary, words: ReportWords, guests: Table | None = None) -> str:
    """Return all figures as CSV in long form, one a line, for spreadsheets and programs.

    Numbers have a decimal point and no unit; names of tables and measures do not depend on the
    language. Details of the guest book follow as text, one line a cell.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for key, _, kind, value in figures(summary, words):
        writer.writerow((summary.month, "totals", "", key, _UNITS[kind], _plain(value)))
    for table in tables(summary, words):
        writer.writerows((summary.month, *line) for line in _lines(table))
    if guests is not None:
        writer.writerows((summary.month, *line) for line in _details(guests))
    return file.getvalue()


def _lines(table: Table) -> Iterator[tuple[str, ...]]:
    rows = table.rows[:-1] if table.total else table.rows
    for row in rows:
        cells = list(zip(table.columns, row, strict=True))
        name = " / ".join(str(cell) for column, cell in cells if column.kind not in _UNITS and cell)
        for column, cell in cells:
            if column.kind in _UNITS and cell is not None:
                yield table.key, harmless(name), column.key, _UNITS[column.kind], _plain(cell)


def _details(guests: Table) -> Iterator[tuple[str, ...]]:
    for number, row in enumerate(guests.rows, 1):
        for column, cell in zip(guests.columns, row, strict=True):
            yield guests.key, str(number), column.key, "", harmless(str(cell or ""))


def harmless(text: str) -> str:
    """Return *text* so that no spreadsheet reads it as a formula (a guest may have written it)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _plain(value: Cell) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) and value < 1 else str(value)


def shown(summary: Summary, words: ReportWords) -> list[tuple[str, list[str], list[list[str]]]]:
    """Return title, headers and rows of every table as people read them, the totals first."""
    language = words.language.value
    totals = [
        [name, written(value, kind, language)] for _, name, kind, value in figures(summary, words)
    ]
    title = f"{words.say('report')}: {words.month(summary.month)} ({summary.timezone})"
    first = (title, [words.say("figure"), words.say("value")], totals)
    others = [
        (
            table.title,
            [column.title for column in table.columns],
            [
                [
                    written(c, column.kind, language)
                    for c, column in zip(row, table.columns, strict=True)
                ]
                for row in table.rows
            ],
        )
        for table in tables(summary, words)
    ]
    return [first, *others]
