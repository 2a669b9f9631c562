"""The page of the hosts' availability."""

from collections.abc import Mapping
from typing import NamedTuple

from starlette.responses import RedirectResponse, Response

from desk import forms
from desk.context import Context, Entered, with_status
from desk.forms import Refused
from desk.roles import Role
from desk.words import Words
from edge.daemon.desk_messages import AnnouncementNow, DeskNames, DeskNow, HostName


class HostRow(NamedTuple):
    """A host as it is shown.

    :ivar away: the announcements by which the host is away, the host's own first
    """

    host: HostName
    away: list[AnnouncementNow]

    @property
    def own(self) -> AnnouncementNow | None:
        """The announcement about this host alone, if there is one."""
        return next((one for one in self.away if one.host == self.host.id), None)


def host_rows(now: DeskNow, names: DeskNames) -> list[HostRow]:
    """Return the hosts, each with the announcements by which it is away."""
    return [HostRow(host, _away(host, now)) for host in names.hosts]


async def show(
    context: Context, role: Role, entered: Entered, refused: Refused | None = None
) -> Response:
    """Return the page, with a form for each host."""
    now, names = await context.lobby()
    rows = host_rows(now, names)
    return context.render(
        "availability.html",
        role,
        "availability",
        rows=rows,
        wider=_wider(now, names),
        reasons={key: Words(text.id, text.en) for key, text in names.reasons.items()},
        entered=entered if "id" in entered else {},
        refused=refused,
        new_id=forms.new_id,
        saved="saved" in entered,
    )


async def submit(context: Context, role: Role, entered: Entered) -> Response:
    """Announce the availability of a host; return the page again if that was refused."""
    request = forms.availability(entered, context.time(), context.settings.zone)
    answer = await context.daemon.carry_out("availability", request)
    if answer.ok:
        return RedirectResponse("/availability?saved=1", 303)
    return with_status(await show(context, role, entered, forms.refused(answer)), 422)


def _away(host: HostName, now: DeskNow) -> list[AnnouncementNow]:
    about = (host.id, *host.names)
    said = [one for one in now.announcements if one.host in about and not one.receiving]
    valid = [one for one in said if not _ended(one, now)]
    return sorted(valid, key=lambda one: about.index(one.host))


def _ended(said: AnnouncementNow, now: DeskNow) -> bool:
    return said.until_ms is not None and now.synced and now.now_ms >= said.until_ms


def _wider(now: DeskNow, names: DeskNames) -> Mapping[str, str]:
    """Return the names of announcements about several hosts, each with its title."""
    hosts = {host.id for host in names.hosts}
    wider = [
        one.host
        for one in now.announcements
        if one.host not in hosts and not one.receiving and not _ended(one, now)
    ]
    titles = {key: names.procedures[key].title.id for key in wider if key in names.procedures}
    return {name: titles.get(name, name) for name in wider}
