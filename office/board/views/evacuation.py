"""The evacuation list: who is inside, where last seen, and what is not certain about it."""

from typing import NamedTuple

from sqlalchemy import Connection
from starlette.responses import Response

from office.board.context import Asked, Context
from office.board.seen import Seen, seen_visits
from office.board.texts import STATIONS
from office.board.views.board import Alarm, alarm_of, state_of
from office.board.views.checkpoint import Occupancy, value_of
from office.database import board_queries, queries
from office.database.board_queries import CheckpointRow
from office.database.visit_queries import open_visits

_DAY_MS = 24 * 3600 * 1000
# A record is on its way for no longer than this, as long as the connection works.
_ON_THE_WAY_MS = 5000


class Doubt(NamedTuple):
    """A reason why the list of a checkpoint may be wrong; *figures*: visits and persons."""

    word: str
    since_ms: int | None = None
    number: int | None = None
    figures: tuple[int, int] | None = None


class Place(NamedTuple):
    """A checkpoint with its open visits, those that came first first."""

    row: CheckpointRow
    fire: Alarm | None
    visits: list[Seen]
    doubts: list[Doubt]

    @property
    def persons(self) -> int:
        """The number of persons of its open visits."""
        return sum(one.persons for one in self.visits)


class Evacuation(NamedTuple):
    """The list of one or several sites."""

    places: list[Place]
    sites: list[str]
    on_fire: list[str]

    @property
    def visits(self) -> int:
        """The number of visits to search for."""
        return sum(len(place.visits) for place in self.places)

    @property
    def persons(self) -> int:
        """The number of persons to search for."""
        return sum(place.persons for place in self.places)


async def show(context: Context, asked: Asked) -> Response:
    """Return the list of a site; without one of all sites with the fire alarm, else of all."""
    site, now_ms = asked.entered("site"), context.now_ms
    found = await context.read(lambda connection: _find(connection, site, now_ms))
    return context.render(
        asked.request,
        "evacuation.html",
        asked.visitor,
        "evacuation",
        found=found,
        site=site,
        state_of=state_of,
    )


def _find(connection: Connection, site: str, now_ms: int) -> Evacuation:
    alarms = [alarm_of(one) for one in queries.standing_alarms(connection) if one.kind == "fire"]
    fires = {one.checkpoint: one for one in alarms}
    on_fire = sorted({name.partition("/")[0] for name in fires})
    sites = board_queries.sites(connection)
    chosen = [site] if site else on_fire or sites
    # All of them: a list of persons to search for must not end early.
    rows = [
        row
        for one in chosen
        for row in board_queries.checkpoint_rows(connection, site=one, most=None)
    ]
    places = [_place(connection, row, fires.get(row.checkpoint), now_ms) for row in rows]
    places.sort(key=lambda place: (place.fire is None, not place.visits, place.row.checkpoint))
    return Evacuation(places, sites, on_fire)


def _place(connection: Connection, row: CheckpointRow, fire: Alarm | None, now_ms: int) -> Place:
    visits = seen_visits(connection, open_visits(connection, row.checkpoint), now_ms)
    order = list(STATIONS)
    visits.sort(key=lambda one: order.index(one.station) if one.station in order else len(order))
    place = Place(row, fire, visits, [])
    return place._replace(
        doubts=[*_of_reports(connection, place, now_ms), *_of_list(place, now_ms)]
    )


def _of_reports(connection: Connection, place: Place, now_ms: int) -> list[Doubt]:
    """Return the doubts about what has been reported."""
    row, doubts = place.row, []
    state = state_of(row, now_ms)
    if state == "offline":
        doubts.append(Doubt("offline", since_ms=row.status_ms))
    if state == "silent":
        doubts.append(Doubt("silent", since_ms=row.health_ms))
    if row.gaps:
        doubts.append(Doubt("gaps", number=row.gaps))
    waiting = sum(
        max(0, one.last_seq - one.front)
        for one in board_queries.streams_of(connection, row.checkpoint)
        if now_ms - one.moved_ms > _ON_THE_WAY_MS
    )
    if waiting:
        doubts.append(Doubt("waiting", number=waiting))
    live = board_queries.live_of(connection, row.checkpoint)
    occupancy = value_of(live.get("state/occupancy"), Occupancy)
    listed = (len(place.visits), place.persons)
    if occupancy is not None and (occupancy.visits, occupancy.persons) != listed:
        doubts.append(Doubt("occupancy", figures=(occupancy.visits, occupancy.persons)))
    return doubts


def _of_list(place: Place, now_ms: int) -> list[Doubt]:
    """Return the doubts about the listed visits."""
    doubts, fire = [], place.fire
    if fire is not None and fire.visits is not None and fire.persons is not None:
        figures = (fire.visits, fire.persons)
        if figures != (len(place.visits), place.persons):
            doubts.append(Doubt("fire", figures=figures))
    opened = (one.row.opened_ms or one.row.last_ms for one in place.visits)
    old = sum(at_ms < now_ms - _DAY_MS for at_ms in opened)
    return [*doubts, Doubt("old", number=old)] if old else doubts
