"""Expiry of certificates: an alarm for the office, because a person must carry a new one."""

import datetime as dt
from pathlib import Path
from typing import Literal, NamedTuple

from office.broker.state import Issued, Kit, read_kit

SOON = dt.timedelta(days=30)
"""A certificate that ends this soon should be renewed now."""

Status = Literal["valid", "expires soon", "expired", "revoked"]


class Row(NamedTuple):
    """The certificate that a client is to use: its newest one, or its newest that is not revoked.

    :ivar name: its identity; ``authority`` and ``server`` are the broker's own
    :ivar role: checkpoint, desk, office; authority or server
    :ivar number: how many certificates it has had
    :ivar older: how many older ones are valid too
    :ivar serves: the checkpoints that a desk may ask; ``*``: all
    """

    name: str
    role: str
    status: Status
    begins: dt.datetime
    ends: dt.datetime
    serial: str
    number: int = 1
    older: int = 0
    serves: tuple[str, ...] = ()


def rows(kit: Kit, now: dt.datetime, within: dt.timedelta = SOON) -> list[Row]:
    """Return a row for each certificate that matters: the authority, the server, each client."""
    own = [
        Row(name, name, _status(one.ends, now, within), one.begins, one.ends, one.serial)
        for name, one in (("authority", kit.authority), ("server", kit.server))
    ]
    valid: dict[str, int] = {}
    for one in kit.clients:
        if one.revoked is None and one.ends > now:
            valid[one.identity] = valid.get(one.identity, 0) + 1
    used = kit.newest() | kit.in_use()
    return own + [_row(used[name], valid.get(name, 0), now, within) for name in sorted(used)]


def expiring(folder: Path, now: dt.datetime, within: dt.timedelta = SOON) -> list[Row]:
    """Return what has expired at *now* or expires *within* this time, the first to end first.

    :raises GarduError: if the kit cannot be read
    """
    found = [one for one in rows(read_kit(folder), now, within) if is_alarm(one)]
    return sorted(found, key=lambda one: one.ends)


def is_alarm(row: Row) -> bool:
    """Return True if somebody must renew the certificate of *row*."""
    return row.status in ("expires soon", "expired")


def _row(one: Issued, valid: int, now: dt.datetime, within: dt.timedelta) -> Row:
    status: Status = "revoked" if one.revoked else _status(one.ends, now, within)
    used = status in ("valid", "expires soon")
    serves = ("*",) if one.everywhere else one.checkpoints
    return Row(
        one.identity, one.role, status, one.begins, one.ends, one.serial, one.number,
        max(0, valid - used), serves,
    )  # fmt: skip


def _status(ends: dt.datetime, now: dt.datetime, within: dt.timedelta) -> Status:
    if ends <= now:
        return "expired"
    return "expires soon" if ends - now < within else "valid"
