"""The report as a spreadsheet (xlsx): real tables, numbers with formats, charts."""

import io
from datetime import date
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from edge.errors import GarduError
from edge.printable import in_document
from edge.report.captions import ReportWords
from edge.report.tables import Cell, CellKind, Column, Table, clock_hour, figures, tables
from edge.sop.monthly_summary import Summary

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_DAY_S = 86_400
_FORMATS: dict[CellKind, str] = {
    "text": "@",
    "count": "#,##0",
    "seconds": "[h]:mm:ss",
    "share": "0.0%",
    "date": "yyyy-mm-dd",
}
_WIDEST = 48
# Limits of Excel: length of a sheet's name, and characters that it must not contain.
_LONGEST_NAME, _FORBIDDEN = 31, str.maketrans("", "", "[]:*?/\\")
_BLUE, _RED, _PALE = "#2F5F8F", "#C0281F", "#F4F7FA"


class SpreadsheetMissing(GarduError):
    """XlsxWriter is not installed."""


def xlsx(
    summary: Summary, words: ReportWords, guests: Table | None = None, first: Table | None = None
) -> bytes:
    """Return the workbook: a sheet with the totals, then one a table.

    :param guests: details of the guest book; None: without
    :param first: a table before the others; None: without
    :raises SpreadsheetMissing: if XlsxWriter is not installed
    """
    try:
        from xlsxwriter.workbook import Workbook
    except ImportError:
        raise SpreadsheetMissing(
            "a spreadsheet needs xlsxwriter, which is not installed: pip install 'gardu[report]'"
        ) from None
    file = io.BytesIO()
    # Guests' details are text, also if they begin like a formula or a URL.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as book:
        title = f"{words.say('report')} {words.month(summary.month)}"
        book.set_properties({"title": title, "comments": "Gardu"})
        pages = _Pages(book, words)
        pages.totals(title, summary)
        for table in (first, *tables(summary, words), guests):
            if table is not None:
                pages.table(table)
        pages.week(summary)
        pages.charts(summary)
    return file.getvalue()


class _Pages:
    """The sheets of one workbook."""

    def __init__(self, book: "Workbook", words: ReportWords) -> None:
        self._book = book
        self._words = words
        self._sheets: dict[str, tuple[Worksheet, Table]] = {}
        self._formats: dict[str, Format] = {
            kind: book.add_format({"num_format": form}) for kind, form in _FORMATS.items()
        }
        self._bold = book.add_format({"bold": True, "font_size": 14})

    def totals(self, title: str, summary: Summary) -> None:
        """Write the first sheet."""
        sheet = self._sheet(self._words.say("summary"))
        sheet.write_string(0, 0, title, self._bold)
        sheet.write_string(1, 0, f"{self._words.say('times')}: {summary.timezone}")
        rows = figures(summary, self._words)
        for row, (_, name, kind, value) in enumerate(rows, 4):
            sheet.write_string(row, 0, name)
            self._cell(sheet, row, 1, value, kind)
        headers = [{"header": self._words.say(key)} for key in ("figure", "value")]
        look = {"name": "totals", "columns": headers, "autofilter": False}
        sheet.add_table(3, 0, 3 + len(rows), 1, {**look, "style": "Table Style Light 9"})
        sheet.set_column(0, 0, _WIDEST)
        sheet.set_column(1, 1, 14)

    def table(self, table: Table) -> None:
        """Write *table* on a sheet of its own."""
        sheet = self._sheet(table.title)
        self._sheets[table.key] = (sheet, table)
        rows = table.rows[:-1] if table.total else table.rows
        for row, cells in enumerate(rows, 1):
            for place, (cell, column) in enumerate(zip(cells, table.columns, strict=True)):
                self._cell(sheet, row, place, cell, column.kind)
        last = max(1, len(rows))  # a table in Excel has at least one row
        look: dict[str, Any] = {
            "name": table.key,
            "columns": [self._header(place, table) for place in range(len(table.columns))],
            "style": "Table Style Light 9",
            "total_row": table.total,
        }
        sheet.add_table(0, 0, last + table.total, len(table.columns) - 1, look)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(table.columns):
            sheet.set_column(place, place, _width(table, place, column))

    def week(self, summary: Summary) -> None:
        """Write arrivals by weekday and hour, darker for more."""
        sheet = self._sheet(self._words.say("week"))
        columns = [{"header": self._words.say("weekday")}]
        columns += [{"header": clock_hour(hour)} for hour in range(24)]
        for row, counts in enumerate(summary.week, 1):
            sheet.write_string(row, 0, self._words.weekday(row - 1))
            for place, visits in enumerate(counts, 1):
                sheet.write_number(row, place, visits, self._formats["count"])
        sheet.add_table(0, 0, 7, 24, {"name": "week", "columns": columns, "style": None})
        scale = {"type": "2_color_scale", "min_color": _PALE, "max_color": _BLUE}
        sheet.conditional_format(1, 1, 7, 24, scale)
        sheet.set_column(0, 0, 14)
        sheet.set_column(1, 24, 7)

    def charts(self, summary: Summary) -> None:
        """Draw visits by day, arrivals by hour, and the steps against their standard."""
        self._bars("days", "day", "visits")
        self._bars("hours", "hour", "visits")
        sheet, table = self._sheets["steps"]
        if not table.rows:
            return
        chart = self._book.add_chart({"type": "bar"})
        for key, colour in (("median", _BLUE), ("p95", "#A9C4DE"), ("standard", _RED)):
            series = self._series("steps", "step", key)
            chart.add_series({**series, "fill": {"color": colour}, "gap": 60})
        chart.set_title({"name": self._words.say("steps_chart")})
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"num_format": "[m]:ss"})
        chart.set_size({"width": 900, "height": 140 + 44 * len(summary.steps)})
        sheet.insert_chart(len(table.rows) + 3, 0, chart)

    def _bars(self, key: str, across: str, up: str) -> None:
        sheet, table = self._sheets[key]
        if not table.rows:
            return
        chart = self._book.add_chart({"type": "column"})
        series = self._series(key, across, up)
        chart.add_series({**series, "fill": {"color": _BLUE}, "data_labels": {"value": True}})
        chart.set_title({"name": table.title})
        chart.set_legend({"none": True})
        if across == "day":
            chart.set_x_axis({"text_axis": True, "num_format": "d"})
        chart.set_size({"width": 900, "height": 320})
        sheet.insert_chart(1, len(table.columns) + 1, chart)

    def _series(self, key: str, across: str, up: str) -> dict[str, Any]:
        """Return a series of the table *key*: the column *up* over the column *across*."""
        sheet, table = self._sheets[key]
        keys = [column.key for column in table.columns]
        last = len(table.rows) - table.total
        x, y = keys.index(across), keys.index(up)
        return {
            "name": table.columns[y].title,
            "categories": [sheet.get_name(), 1, x, last, x],
            "values": [sheet.get_name(), 1, y, last, y],
        }

    def _sheet(self, title: str) -> "Worksheet":
        sheet = self._book.add_worksheet(_sheet_name(title))
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        return sheet

    def _header(self, place: int, table: Table) -> dict[str, Any]:
        from xlsxwriter.utility import xl_range

        column = table.columns[place]
        header: dict[str, Any] = {"header": column.title, "format": self._formats[column.kind]}
        if table.total and place == 0:
            header["total_string"] = self._words.say("sum")
        elif table.total and column.kind == "count":
            # The sum of the visible rows. Cells by address: LibreOffice does not read the name of a
            # column in this place (Err:508).
            header["total_function"] = (
                f"SUBTOTAL(109,{xl_range(1, place, len(table.rows) - 1, place)})"
            )
            header["total_value"] = table.rows[-1][place]
        return header

    def _cell(self, sheet: "Worksheet", row: int, place: int, value: Cell, kind: CellKind) -> None:
        form = self._formats[kind]
        if value is None:
            return
        if kind == "date":
            sheet.write_datetime(row, place, date.fromisoformat(str(value)), form)
        elif isinstance(value, str):
            sheet.write_string(row, place, in_document(value), form)
        else:
            sheet.write_number(row, place, value / _DAY_S if kind == "seconds" else value, form)


def _sheet_name(title: str) -> str:
    """Return *title* as a valid sheet name of Excel, cut after a word if it is too long."""
    return shorten(title.translate(_FORBIDDEN), _LONGEST_NAME, placeholder="")


def _width(table: Table, place: int, column: Column) -> int:
    """Return the width of a column, in characters: that of its longest text, at most _WIDEST."""
    texts = [len(str(row[place] or "")) for row in table.rows] if column.kind == "text" else [9]
    return min(_WIDEST, max([len(column.title) + 3, *texts]) + 1)
