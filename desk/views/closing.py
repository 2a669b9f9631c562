"""The page of the closing: the office day, and what is out."""

from datetime import datetime
from typing import Any, NamedTuple

from starlette.responses import Response

from desk.board import step_words
from desk.context import Context, Entered
from desk.roles import Role
from desk.words import WORDS, Words, station
from edge.daemon.desk_messages import DeskNames, DeskNow
from edge.sop.ids import minted_ms
from edge.sop.inputs.outstanding import Out


class Row(NamedTuple):
    """An item that is out, as it is shown: *who* is the guest's name, if it is known."""

    what: Words
    number: int | None
    who: str
    stations: list[Words]
    locker: int | None
    step: Words | None
    arrived: datetime


async def show(context: Context, role: Role, _entered: Entered) -> Response:
    """Return the office day and the items that are out."""
    day = await context.daemon.day()
    now, names = await context.lobby()
    return context.render(
        "closing.html",
        role,
        "closing",
        day=None if day.day is None else _day(context, day.day),
        rows=[_row(context, item, now, names) for item in day.out],
        kept=day.day is not None,
    )


def _row(context: Context, item: Out, now: DeskNow, names: DeskNames) -> Row:
    visit = next((one for one in now.visits if one.id == item.visit), None)
    details = None if visit is None else visit.details
    at_step = item.procedure is not None and item.step is not None
    return Row(
        what=WORDS[f"out-{item.what}"],
        number=item.number,
        who="" if details is None else details.name,
        stations=[station(name) for name in item.stations],
        locker=item.locker,
        step=step_words(item.procedure or "", item.step or "", names) if at_step else None,
        arrived=context.local(minted_ms(item.visit)),
    )


def _day(context: Context, day: dict[str, Any]) -> dict[str, Any]:
    """Return the office day with its times as the office's."""
    local = {
        key: None
        if day[key] is None
        else datetime.fromisoformat(day[key]).astimezone(context.settings.zone)
        for key in ("opened", "closed")
    }
    return {**day, **local}
