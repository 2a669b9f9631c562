"""The page of the expected guests of the day, and the form that adds their invitations."""

from datetime import timedelta
from typing import NamedTuple

from starlette.responses import RedirectResponse, Response

from desk import forms
from desk.board import host_title
from desk.context import Context, Entered, with_status
from desk.roles import Role
from desk.words import INVITATION_REFUSALS, Words
from edge.daemon.desk_messages import DeskNames, DeskNow, ExpectedGuests
from edge.guestbook.expected import ExpectedGuest, between
from edge.mqtt.requests import Answer


class Row(NamedTuple):
    """An expected guest as it is shown; *state* is arrived, to-come or not-come."""

    guest: ExpectedGuest
    host: str
    procedure: str
    state: str


class NotAdded(NamedTuple):
    """A line of the form that was not added, and why."""

    line: str
    words: Words

    def __repr__(self) -> str:
        return "NotAdded(…)"


async def show(
    context: Context,
    role: Role,
    entered: Entered,
    not_added: tuple[NotAdded, ...] = (),
) -> Response:
    """Return the guests of today, and the form."""
    now, names = await context.lobby()
    rows = [] if now.book == "off" else _rows(context, await context.daemon.expected(), now, names)
    left = "\n".join(one.line for one in not_added) or entered.get("invitations", "")
    return context.render(
        "expected.html",
        role,
        "expected",
        rows=rows,
        today=context.local(now.now_ms).date(),
        book=now.book,
        waits=any(visit.waits for visit in now.visits),
        left=left,
        not_added=not_added,
        saved="saved" in entered,
    )


async def submit(context: Context, role: Role, entered: Entered) -> Response:
    """Add the invitations, one a line; return those that were refused, with the reasons."""
    lines = forms.invitation_lines(entered.get("invitations", ""))
    answers = [(line, await context.daemon.expect(line)) for line in lines]
    refused = tuple(NotAdded(line, _why(answer)) for line, answer in answers if not answer.ok)
    if refused or not lines:
        return with_status(await show(context, role, {}, refused), 422)
    return RedirectResponse("/expected?saved=1", 303)


def _rows(context: Context, expected: ExpectedGuests, now: DeskNow, names: DeskNames) -> list[Row]:
    today = context.local(now.now_ms).replace(hour=0, minute=0, second=0, microsecond=0)
    begin_ms = int(today.timestamp() * 1e3)
    end_ms = int((today + timedelta(days=1)).timestamp() * 1e3)
    return [
        Row(one, host_title(one.host, names), _title(one, names), _state(one, expected, now))
        for one in between(expected.guests, begin_ms, end_ms)
    ]


def _title(guest: ExpectedGuest, names: DeskNames) -> str:
    found = names.procedures.get(guest.procedure)
    return guest.procedure if found is None else found.title.id


def _state(guest: ExpectedGuest, expected: ExpectedGuests, now: DeskNow) -> str:
    if guest.id in expected.arrived:
        return "arrived"
    return "not-come" if now.synced and now.now_ms >= guest.until_ms else "to-come"


def _why(answer: Answer) -> Words:
    known = INVITATION_REFUSALS.get(answer.why or "")
    return forms.refused(answer).words if known is None else known
