"""The hosts of each checkpoint, which of them receive no guests, and the forms to set that."""

import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

import msgspec
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge.config.office_time import BadTime, moment_ms
from edge.config.sections.values import Name
from edge.mqtt.requests import LONGEST_AVAILABILITY_S
from office.board.context import Asked, Context, with_status
from office.board.known import Known, Meta
from office.board.moments import moment_of
from office.board.paging import Paging, page_number, read_paging
from office.database import availability, board_queries
from office.database.availability import OK, SENT_FOR_S, HostRequest
from office.database.board_queries import CheckpointValue

_LONGEST_MS = round(LONGEST_AVAILABILITY_S * 1000)


class Away(msgspec.Struct, frozen=True):
    """A host, or several hosts together, who receive no guests.

    :ivar host: the id of a host; or of a procedure or a called station: all hosts of it
    """

    host: str = ""
    until: str | None = None
    reason: str | None = None

    @property
    def until_ms(self) -> int | None:
        """The moment from which it does not hold any more; None: until it is withdrawn."""
        return moment_of(self.until)


class _Occupancy(msgspec.Struct, frozen=True):
    hosts_away: tuple[Away, ...] = ()


class HostRow(NamedTuple):
    """A host of a checkpoint, or several hosts under one name, if that is what was announced.

    :ivar away: the announcements by which it receives no guests, its own first
    :ivar request: what was set here last; None: it never was
    :ivar fate: what has become of *request*: ``ok``, ``refused``, ``waits`` (at the broker, for the
        checkpoint), ``sending``, or ``unsent``: the office could not send it in time
    """

    id: str
    title: str
    away: list[Away]
    request: HostRequest | None
    fate: str


class Hosts(NamedTuple):
    """The hosts of a checkpoint, as of *arrived_ms*; None: it has not published them."""

    checkpoint: str
    arrived_ms: int | None
    rows: list[HostRow]


class Refused(NamedTuple):
    """A form that was refused: what was entered, and the key of the words that say why."""

    entered: Mapping[str, str]
    why: str
    field: str


async def show(context: Context, asked: Asked, refused: Refused | None = None) -> Response:
    """Return a page of the hosts of all checkpoints, or of a site."""
    site, number, now_ms = asked.entered("site"), page_number(asked), context.now_ms

    def find(connection: Connection) -> tuple[list[Hosts], Paging]:
        paging = read_paging(connection, "/hosts", site, number)
        return _find(connection, context.known, paging, now_ms), paging

    found, paging = await context.read(find)
    here = {"site": paging.site, "page": str(paging.number)}
    return context.render(
        asked.request,
        "hosts.html",
        asked.visitor,
        "hosts",
        checkpoints=found,
        paging=paging,
        here=f"/hosts?{urlencode({name: one for name, one in here.items() if one})}",
        refused=refused,
    )


async def submit(context: Context, asked: Asked, entered: Mapping[str, str]) -> Response:
    """Store what a form sets, for the ingest to send; return the page again if it is refused."""
    now_ms = context.now_ms
    await context.read(lambda _connection: None)  # what is known is that of this moment
    meta = context.known.of(entered.get("checkpoint", ""))
    why = _why_not(context, meta, entered, now_ms)
    if why is not None:
        refused = Refused(entered, *why)
        return with_status(await show(context, asked, refused), 422)
    request = _request(context, asked, entered, now_ms)
    if not await context.write(lambda one: availability.add_request(one, request)):
        raise HTTPException(404, "unknown-checkpoint")
    place = f"{request.checkpoint}/{request.host}".replace("/", ".")
    return RedirectResponse(f"/hosts?{asked.request.url.query}#{place}", 303)


def _why_not(
    context: Context, meta: Meta, entered: Mapping[str, str], now_ms: int
) -> tuple[str, str] | None:
    """Return why a form is refused, and the field at fault; None if it is not."""
    receiving, host = entered.get("receiving", ""), entered.get("host", "")
    known = receiving == "yes" or host in {one.id for one in meta.hosts}
    # The host becomes a level of a topic, so it must be a name also where it is not a known one.
    if receiving not in ("yes", "no") or not known or not _is_name(host):
        raise HTTPException(422, "bad-entry")
    if receiving == "yes":
        return None
    if entered.get("reason", "") not in ("", *meta.absences):
        return "unknown-reason", "reason"
    try:
        until_ms = _until_ms(context, entered)
    except BadTime:
        return "no-time", "until"
    if until_ms is not None and not now_ms < until_ms <= now_ms + _LONGEST_MS:
        return "until-not-allowed", "until"
    return None


def _is_name(text: str) -> bool:
    try:
        msgspec.convert(text, Name)
    except msgspec.ValidationError:
        return False
    return True


def _request(
    context: Context, asked: Asked, entered: Mapping[str, str], now_ms: int
) -> HostRequest:
    away = entered["receiving"] == "no"
    return HostRequest(
        id=str(uuid.uuid4()),
        checkpoint=entered.get("checkpoint", ""),
        host=entered["host"],
        receiving=not away,
        until_ms=_until_ms(context, entered) if away else None,
        reason=(entered.get("reason") or None) if away else None,
        user=asked.visitor.name,
        asked_ms=now_ms,
    )


def _until_ms(context: Context, entered: Mapping[str, str]) -> int | None:
    text = entered.get("until", "").strip()
    return moment_ms(text, context.settings.zone) if text else None


def _find(connection: Connection, known: Known, paging: Paging, now_ms: int) -> list[Hosts]:
    names = board_queries.checkpoint_names(
        connection, paging.site, skipped=paging.skipped, most=paging.rows
    )
    found = board_queries.live_values(connection, "state/occupancy", names)
    published = {row.checkpoint: row for row in found}
    requests = {
        (one.checkpoint, one.host): one for one in availability.newest_requests(connection, names)
    }
    return [_of(name, published.get(name), known.of(name), requests, now_ms) for name in names]


def _of(
    checkpoint: str,
    row: CheckpointValue | None,
    meta: Meta,
    requests: Mapping[tuple[str, str], HostRequest],
    now_ms: int,
) -> Hosts:
    away = _away(row, now_ms)
    hosts = [(one.id, meta.host(one.id), (one.id, *one.procedures)) for one in meta.hosts]
    ids = {one.id for one in meta.hosts}
    # Announced for several hosts together: those of a procedure, or of a called station.
    hosts += [
        (one.host, meta.procedure(one.host), (one.host,)) for one in away if one.host not in ids
    ]
    rows = []
    for host, title, about in hosts:
        request = requests.get((checkpoint, host))
        own = [one for named in about for one in away if one.host == named]
        rows.append(HostRow(host, title, own, request, fate_of(request, now_ms)))
    return Hosts(checkpoint, None if row is None else row.arrived_ms, rows)


def fate_of(request: HostRequest | None, now_ms: int) -> str:
    """Return what has become of *request*, as of now; empty for None."""
    if request is None:
        return ""
    if request.word is not None:
        return "ok" if request.word == OK else "refused"
    if request.sent_ms is not None:
        return "waits"
    return "sending" if now_ms - request.asked_ms < SENT_FOR_S * 1000 else "unsent"


def _away(row: CheckpointValue | None, now_ms: int) -> Sequence[Away]:
    """Return what holds now."""
    try:
        published = (
            () if row is None else msgspec.json.decode(row.payload, type=_Occupancy).hosts_away
        )
    except msgspec.DecodeError:
        published = ()
    return [one for one in published if one.until_ms is None or one.until_ms > now_ms]
