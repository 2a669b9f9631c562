"""The months: the published reports of checkpoints side by side, with charts, and as workbooks."""

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

import msgspec
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from edge.report import charts
from edge.report.captions import ReportWords
from edge.report.tables import Table, tables, written
from edge.report.workbook import xlsx
from edge.sop.monthly_summary import Summary
from office.board.combined import checkpoints_table, combined, is_sound
from office.board.context import Asked, Context
from office.database.visit_queries import REPORT, monthly_reports

_MONTH = re.compile("[0-9]{4}-(0[1-9]|1[0-2])")
# Checkpoints whose steps are compared in one chart, at most.
_MOST_COMPARED = 6
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Report(NamedTuple):
    """The newest revision of a checkpoint's month."""

    checkpoint: str
    revision: int
    summary: Summary

    @property
    def within(self) -> float | None:
        """The share of the timed steps that were within their standard time."""
        totals = self.summary.totals
        return totals.steps_within / totals.steps_timed if totals.steps_timed else None


class _Data(msgspec.Struct, frozen=True):
    month: str
    revision: int
    summary: Summary


class _Envelope(msgspec.Struct, frozen=True):
    data: _Data


_decode = msgspec.json.Decoder(_Envelope).decode


class Chart(NamedTuple):
    """A chart, and the table that has its numbers."""

    title: str
    picture: str
    table: Table


class Chosen(NamedTuple):
    """What is to be shown: of a site, of one checkpoint, or of all."""

    site: str
    checkpoint: str

    def has(self, report: Report) -> bool:
        """Return True if *report* is of it."""
        if self.checkpoint:
            return report.checkpoint == self.checkpoint
        return not self.site or report.checkpoint.startswith(f"{self.site}/")


async def show(context: Context, asked: Asked) -> Response:
    """Return a month over the checkpoints chosen: the newest one, or the one asked for."""
    chosen = Chosen(asked.entered("site"), asked.entered("checkpoint"))
    reports = await context.read(_find)
    months = sorted({one.summary.month for one in reports}, reverse=True)
    month = asked.entered("month") or (months[0] if months else "")
    if month and not _MONTH.fullmatch(month):
        raise HTTPException(422, "bad-entry")
    rows = [one for one in reports if one.summary.month == month and chosen.has(one)]
    drawn: list[Chart] = []
    if rows:
        drawn = await run_in_threadpool(_charts, context, asked, rows)
    return context.render(
        asked.request,
        "months.html",
        asked.visitor,
        "months",
        months=months,
        month=month,
        rows=rows,
        sites=sorted({one.checkpoint.partition("/")[0] for one in reports}),
        chosen=chosen,
        charts=drawn,
        too_many=len(rows) > _MOST_COMPARED,
        written=written,
        query=_query(chosen),
    )


async def workbook(context: Context, asked: Asked) -> Response:
    """Return the report of the checkpoint and month in the path as a spreadsheet."""
    return await _workbook(context, asked, Chosen("", asked.checkpoint))


async def combined_workbook(context: Context, asked: Asked) -> Response:
    """Return the month in the path over the checkpoints of a site, or of all, as a spreadsheet."""
    return await _workbook(context, asked, Chosen(asked.entered("site"), ""))


async def _workbook(context: Context, asked: Asked, chosen: Chosen) -> Response:
    month = asked.request.path_params["month"].removesuffix(".xlsx")
    reports = await context.read(_find)
    found = [one for one in reports if one.summary.month == month and chosen.has(one)]
    if not found:
        raise HTTPException(404, "no-page")
    made = await run_in_threadpool(_spreadsheet, context, asked, found)
    name = chosen.checkpoint or chosen.site or "gardu"
    # A site comes from the address: a header takes no other letters than those of a name.
    file = f"{re.sub('[^a-z0-9-]', '-', name)}-{month}.xlsx"
    attached = {"content-disposition": f'attachment; filename="{file}"'}
    return Response(made, media_type=_XLSX, headers=attached)


def _spreadsheet(context: Context, asked: Asked, found: Sequence[Report]) -> bytes:
    words, months = _words(context, asked, found), _named(context, found)
    first = None
    if len(months) > 1:
        first = checkpoints_table(months, words, context.words(asked.request)("checkpoints"))
    return xlsx(combined(months), words, first=first)


def _charts(context: Context, asked: Asked, rows: Sequence[Report]) -> list[Chart]:
    """Return the charts of a month: visits and arrivals of all, and the steps of some."""
    words, summary = _words(context, asked, rows), combined(_named(context, rows))
    found = {table.key: table for table in tables(summary, words)}
    days, hours = found["days"], found["hours"]
    made = [
        Chart(days.title, charts.days(summary, days.title), days),
        Chart(hours.title, charts.arrivals(summary, words, hours.title), hours),
    ]
    if len(rows) <= _MOST_COMPARED:
        made += _step_charts(context, summary, words)
    return [one for one in made if one.picture]


def _step_charts(context: Context, summary: Summary, words: ReportWords) -> list[Chart]:
    titles = context.known.titles("procedures")
    made = []
    for name in dict.fromkeys(row.procedure for row in summary.steps):
        rows = tuple(row for row in summary.steps if row.procedure == name)
        title = f"{words.say('steps_chart')}: {titles.get(name, name)}"
        (table,) = (
            table
            for table in tables(msgspec.structs.replace(summary, steps=rows), words)
            if table.key == "steps"
        )
        made.append(Chart(title, charts.steps(rows, title), table))
    return made


def _named(context: Context, rows: Sequence[Report]) -> list[tuple[str, Summary]]:
    """Return the summaries with the names of their places; those that are not unique with ids."""
    places = [context.known.of(one.checkpoint).place or one.checkpoint for one in rows]
    return [
        (place if places.count(place) == 1 else f"{place} ({one.checkpoint})", one.summary)
        for place, one in zip(places, rows, strict=True)
    ]


def _words(context: Context, asked: Asked, rows: Sequence[Report]) -> ReportWords:
    told: dict[str, dict[str, str]] = {}
    hosts: dict[str, str] = {}
    for row in rows:
        meta = context.known.of(row.checkpoint)
        told |= {key: {"id": text.id, "en": text.en} for key, text in meta.reasons.items()}
        hosts |= {one.id: meta.host(one.id) for one in meta.hosts}
    about = {"language": asked.language.value, "told": told, "hosts": hosts}
    return msgspec.convert(about, ReportWords)


def _query(chosen: Chosen) -> str:
    """Return the choice as the end of an address."""
    entered = {name: one for name, one in chosen._asdict().items() if one}
    return f"&{urlencode(entered)}" if entered else ""


def _find(connection: Connection) -> list[Report]:
    newest: dict[tuple[str, str], Report] = {}
    for name, payload in monthly_reports(connection, REPORT):
        try:
            data = _decode(payload).data
        except msgspec.DecodeError:
            continue
        if data.month != data.summary.month or not is_sound(data.summary):
            continue
        key = (name, data.month)
        if key not in newest or data.revision >= newest[key].revision:
            newest[key] = Report(name, data.revision, data.summary)
    return sorted(newest.values(), key=lambda one: (one.checkpoint, one.summary.month))
