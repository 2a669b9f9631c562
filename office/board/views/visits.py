"""The search of visits: filters, and pages of the found ones."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import Response

from edge.config.office_time import BadTime, moment_ms
from office.board.context import Asked, Context
from office.database import board_queries
from office.database.visit_queries import Search, VisitRow, found_visits

OUTCOMES = ("open", "completed", "declined", "rescheduled", "refused", "abandoned")
"""The outcomes of a visit (docs/mqtt.md), after those that are open."""

PAGE_ROWS = 50
MOST_CHOICES = 500
"""Checkpoints that the form offers, of the site that was chosen. Of more it asks for the name."""
_FILTERS = ("site", "checkpoint", "procedure", "host", "outcome", "day", "text", "overdue")


async def show(context: Context, asked: Asked) -> Response:
    """Return the form and the visits that it describes."""
    entered = {name: asked.entered(name) for name in _FILTERS}
    search = _search(context, asked, entered)

    def find(connection: Connection) -> tuple[list[VisitRow], list[str], list[str], int]:
        site = entered["site"]
        names = board_queries.checkpoint_names(connection, site, most=MOST_CHOICES)
        found = found_visits(connection, search, PAGE_ROWS + 1)
        count = board_queries.checkpoint_count(connection, site)
        return found, board_queries.sites(connection), names, count - len(names)

    found, sites, checkpoints, more = await context.read(find)
    rows = found[:PAGE_ROWS]
    return context.render(
        asked.request,
        "visits.html",
        asked.visitor,
        "visits",
        rows=rows,
        entered=entered,
        filtered=any(entered.values()),
        choices=_choices(context, sites, checkpoints),
        more_checkpoints=more,
        outcomes=OUTCOMES,
        first=search.before is None,
        newest=f"/visits?{_query(entered)}",
        older=_older(entered, rows) if len(found) > PAGE_ROWS else "",
    )


def _search(context: Context, asked: Asked, entered: dict[str, str]) -> Search:
    """Return the search that the form describes.

    :raises HTTPException: 422 for a day, or a place in the pages, that cannot be read
    """
    try:
        from_ms, until_ms = _day(context, entered["day"])
        before = _before(asked.entered("before"))
    except (BadTime, ValueError):
        raise HTTPException(422, "bad-entry") from None
    return Search(
        site=entered["site"],
        checkpoint=entered["checkpoint"],
        procedure=entered["procedure"],
        host=entered["host"],
        outcome=entered["outcome"],
        overdue=bool(entered["overdue"]),
        from_ms=from_ms,
        until_ms=until_ms,
        text=entered["text"].lower(),
        before=before,
    )


def _day(context: Context, day: str) -> tuple[int | None, int | None]:
    """Return the first moment of *day* and the first one after it."""
    if not day:
        return None, None
    zone = context.settings.zone
    from_ms = moment_ms(day, zone)
    local = datetime.fromtimestamp(from_ms / 1000, UTC).astimezone(zone)
    return from_ms, int((local + timedelta(days=1)).timestamp() * 1000)


def _before(text: str) -> tuple[int, str] | None:
    if not text:
        return None
    last_ms, _, visit = text.partition(".")
    number = int(last_ms)
    if not 0 <= number < 2**63:
        raise ValueError(text)
    return number, visit


def _choices(context: Context, sites: list[str], checkpoints: list[str]) -> dict[str, Any]:
    return {
        "site": {name: name for name in sites},
        "checkpoint": {name: name for name in checkpoints},
        "procedure": context.known.titles("procedures"),
        "host": context.known.titles("hosts"),
    }


def _query(entered: dict[str, str], **more: str) -> str:
    return urlencode({name: text for name, text in (entered | more).items() if text})


def _older(entered: dict[str, str], rows: list[VisitRow]) -> str:
    """Return the address of the page behind *rows*."""
    last = rows[-1]
    return f"/visits?{_query(entered, before=f'{last.last_ms}.{last.visit}')}"
