"""The report as a document: one HTML page with charts, to be read, printed or signed."""

from typing import Any

import msgspec

from edge.paper import page
from edge.report import charts
from edge.report.captions import ReportWords
from edge.report.tables import Cell, CellKind, Column, Table, figures, tables, written
from edge.sop.monthly_summary import Summary

_CSS = """
header { border-bottom: 0.6mm double #000; margin-bottom: 3mm; text-align: center; }
header p { margin: 0 0 1mm; }
header h1 { font-size: 15pt; margin: 1mm 0; text-transform: uppercase; }
.office { font-size: 10.5pt; font-weight: bold; }
.month { font-size: 12pt; }
.about, .legend, .note, .none { font-size: 8pt; color: #333; }
header .about { margin-bottom: 2.5mm; }
.figures { display: grid; grid-template-columns: repeat(5, 1fr); gap: 2mm; }
.figures div { border: 0.2mm solid #999; padding: 1.2mm 2mm; break-inside: avoid; }
.figures b { display: block; font-size: 12.5pt; }
.figures span { display: block; font-size: 7pt; line-height: 1.25; color: #333; }
figure { margin: 0 0 3mm; }
.steps figure, .days figure, .legend { break-after: avoid; }
figcaption { font-size: 9pt; font-weight: bold; margin: 1mm 0; }
table { font-size: 8.5pt; }
th, td { border-width: 0.2mm; border-color: #888; padding: 0.7mm 1.4mm; }
.steps table, .guests table, .office_days table { font-size: 7.5pt; }
.steps :is(th, td), .guests :is(th, td), .office_days :is(th, td) { padding: 0.7mm 1mm; }
.busiest, .procedures, .hosts, .corrected, .openings, .alarms, .equipment { break-inside: avoid; }
h3 { font-size: 9.5pt; margin: 3mm 0 1.5mm; break-after: avoid; }
th { vertical-align: bottom; }
td.count, td.seconds, td.share, th.count, th.seconds, th.share { text-align: right; }
td.count, td.seconds, td.share, td.date { white-space: nowrap; font-variant-numeric: tabular-nums; }
tr.total td { font-weight: bold; background: #f1f1f1; }
.end { break-inside: avoid; margin-top: 8mm; }
.signatures { display: flex; justify-content: space-between; margin-top: 8mm; text-align: center; }
.signatures div { width: 65mm; }
.signatures .line { border-bottom: 0.3mm solid #000; height: 20mm; margin: 0; }
.signatures .who { font-size: 8pt; margin: 1mm 0 0; }
"""

# Tables that are left out because their chart shows all their numbers.
_PICTURED = ("hours",)
# Tables that are drawn in parts, one a procedure: their first column.
_BY_PROCEDURE = ("outcomes", "steps")


class About(msgspec.Struct, frozen=True):
    """The head of a report except its month; all in words.

    :ivar zone: the time zone
    :ivar made: the time at which the report was made
    :ivar unfinished: True: the month is not over
    """

    office: str
    place: str
    zone: str
    made: str
    unfinished: bool = False


def html(summary: Summary, words: ReportWords, about: About, guests: Table | None = None) -> str:
    """Return the whole page.

    :param guests: details of the guest book; None: without
    :raises PrintMissing: if the extra `print` is not installed
    """
    language = words.language.value

    def write(value: Any, kind: CellKind) -> str:
        return written(value, kind, language)

    shown = tables(summary, words) + ([guests] if guests else [])
    body = page.render(
        "report.html",
        words=words,
        summary=summary,
        figures=[(name, write(value, kind)) for _, name, kind, value in figures(summary, words)],
        tables=shown,
        charts=_charts(summary, words),
        legends={"steps": f"{words.say('steps_chart')} ({words.say('legend')})"},
        parts=lambda table: _parts(table, summary, words),
        write=write,
        **msgspec.structs.asdict(about),
    )
    title = f"{words.say('report')}, {words.month(summary.month)}"
    return page.html(title, body, _CSS, language)


def pdf(summary: Summary, words: ReportWords, about: About, guests: Table | None = None) -> bytes:
    """Return the same as a PDF.

    :raises PrintMissing: if the extra `print` is not installed
    """
    return page.pdf(html(summary, words, about, guests))


class _Part(msgspec.Struct, frozen=True):
    """A table as it is drawn; the part of one procedure if *heading* names it."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    heading: str = ""
    chart: str = ""


def _parts(table: Table, summary: Summary, words: ReportWords) -> list[_Part]:
    """Return the parts in which *table* is drawn; none if a chart shows all its numbers."""
    if table.key in _PICTURED:
        return []
    if table.key not in _BY_PROCEDURE:
        return [_Part(table.columns, table.rows)]
    drawn = _step_charts(summary, words) if table.key == "steps" else {}
    names = dict.fromkeys(str(row[0]) for row in table.rows)
    return [
        _Part(
            table.columns[1:],
            tuple(row[1:] for row in table.rows if row[0] == name),
            name,
            drawn.get(name, ""),
        )
        for name in names
    ]


def _step_charts(summary: Summary, words: ReportWords) -> dict[str, str]:
    names = dict.fromkeys(row.procedure for row in summary.steps)
    return {
        words.procedure(name): charts.steps([r for r in summary.steps if r.procedure == name])
        for name in names
    }


def _charts(summary: Summary, words: ReportWords) -> dict[str, list[tuple[str, str]]]:
    """Return the charts above each table: heading and picture, which is trusted markup."""
    drawn = {
        "days": [("", charts.days(summary))],
        "hours": [
            ("", charts.arrivals(summary, words)),
            (words.say("week"), charts.week(summary, words)),
        ],
    }
    return {
        key: [(heading, picture) for heading, picture in pictures if picture]
        for key, pictures in drawn.items()
    }
