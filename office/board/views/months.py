"""The months: the published reports of all checkpoints, side by side, and each as a workbook."""

from typing import NamedTuple

import msgspec
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from edge.report.captions import ReportWords
from edge.report.workbook import xlsx
from edge.sop.monthly_summary import Summary
from office.board.context import Asked, Context
from office.database.visit_queries import REPORT, monthly_reports

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


async def show(context: Context, asked: Asked) -> Response:
    """Return a month over all checkpoints: the newest one, or the one that is asked for."""
    reports = await context.read(_find)
    months = sorted({one.summary.month for one in reports}, reverse=True)
    month = asked.entered("month") or (months[0] if months else "")
    return context.render(
        asked.request,
        "months.html",
        asked.visitor,
        "months",
        months=months,
        month=month,
        rows=[one for one in reports if one.summary.month == month],
    )


async def workbook(context: Context, asked: Asked) -> Response:
    """Return the report of the checkpoint and month in the path as a spreadsheet."""
    month, name = asked.request.path_params["month"].removesuffix(".xlsx"), asked.checkpoint
    reports = await context.read(_find)
    found = [one for one in reports if (one.checkpoint, one.summary.month) == (name, month)]
    if not found:
        raise HTTPException(404, "no-page")
    meta = context.known.of(name)
    words = msgspec.convert(
        {
            "language": asked.language.value,
            "told": {key: {"id": text.id, "en": text.en} for key, text in meta.reasons.items()},
            "hosts": {one.id: meta.host(one.id) for one in meta.hosts},
        },
        ReportWords,
    )
    made = await run_in_threadpool(xlsx, found[0].summary, words)
    file = f"{name.replace('/', '-')}-{month}.xlsx"
    attached = {"content-disposition": f'attachment; filename="{file}"'}
    return Response(made, media_type=_XLSX, headers=attached)


def _find(connection: Connection) -> list[Report]:
    newest: dict[tuple[str, str], Report] = {}
    for name, payload in monthly_reports(connection, REPORT):
        try:
            data = _decode(payload).data
        except msgspec.DecodeError:
            continue
        key = (name, data.month)
        if key not in newest or data.revision >= newest[key].revision:
            newest[key] = Report(name, data.revision, data.summary)
    return sorted(newest.values(), key=lambda one: (one.checkpoint, one.summary.month))
