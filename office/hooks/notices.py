"""Notices: what a hook tells of a record, or of a broken chain. Pure."""

from typing import Any, NamedTuple, Protocol

import msgspec

from edge.clock import iso
from edge.sop.records import AlarmChanged, HostChosen, VisitOpened
from office.hooks.settings import HookSection, Kind


class StoredRecord(Protocol):
    """What a hook needs of a record that the office has stored."""

    @property
    def checkpoint(self) -> str:
        """``site/checkpoint``."""

    @property
    def id(self) -> str:
        """The record's id, unique together with the checkpoint."""

    @property
    def type(self) -> str:
        """Its CloudEvents type."""

    @property
    def happened_ms(self) -> int:
        """When it happened, milliseconds since 1970 by the checkpoint's clock."""

    @property
    def data(self) -> bytes | msgspec.Raw:
        """Its data, as JSON."""


class BrokenChain(Protocol):
    """What a hook needs of a place where a chain is broken."""

    @property
    def site(self) -> str:
        """The checkpoint's site; :attr:`checkpoint` is its id there."""

    @property
    def checkpoint(self) -> str:
        """The checkpoint's id."""

    @property
    def stream(self) -> str:
        """The id of the stream of records."""

    @property
    def sequence(self) -> int:
        """The first record that does not fit."""

    @property
    def what(self) -> str:
        """``chain``: it does not follow on its predecessor; ``head``: it is not the published."""

    @property
    def found_ms(self) -> int:
        """When the office found it, milliseconds since 1970 by the office's clock."""


class Notice(NamedTuple):
    """One notice, ready to be sent.

    :ivar id: the same for every try; unique over all checkpoints
    :ivar happened_ms: None if the checkpoint's clock was not trusted
    """

    id: str
    kind: Kind
    site: str
    host: str
    happened_ms: int | None
    body: bytes


_ALARMS = {
    f"gardu.alarm.{change}.v1": f"gardu.alarm.{change}"
    for change in ("raised", "acknowledged", "cleared")
}
_ARRIVED = "gardu.guest.arrived"
_BROKEN = "gardu.chain.broken"


def notice_of(record: StoredRecord) -> Notice | None:
    """Return the notice of *record*; None if there is none to give.

    A guest is announced when the visit opens, if its host is known then, and when the host is
    chosen or changed.

    :raises msgspec.MsgspecError: if its data are not what its type says
    """
    if record.type in _ALARMS:
        alarm = msgspec.json.decode(record.data, type=AlarmChanged)
        return _notice(record, "alarm", _ALARMS[record.type], alarm)
    if record.type == "gardu.visit.opened.v1":
        opened = msgspec.json.decode(record.data, type=VisitOpened)
        return _notice(record, "guest", _ARRIVED, opened) if opened.host else None
    if record.type == "gardu.host.chosen.v1":
        chosen = msgspec.json.decode(record.data, type=HostChosen)
        return _notice(record, "guest", _ARRIVED, chosen)
    return None


def notice_of_break(broken: BrokenChain) -> Notice:
    """Return the notice of a *broken* chain."""
    place = {"site": broken.site, "checkpoint": broken.checkpoint}
    told = {**place, "stream": broken.stream, "sequence": broken.sequence, "what": broken.what}
    body = {"type": _BROKEN, "timestamp": iso(broken.found_ms), "data": told}
    return Notice(
        id=".".join(str(value) for value in told.values()),
        kind="chain",
        site=broken.site,
        host="",
        happened_ms=broken.found_ms,
        body=msgspec.json.encode(body),
    )


def wanted(notice: Notice, section: HookSection) -> bool:
    """Return True if the hook of *section* is for *notice*."""
    return (
        notice.kind in section.kinds
        and (not section.sites or notice.site in section.sites)
        and (notice.kind != "guest" or not section.hosts or notice.host in section.hosts)
    )


def _notice(
    record: StoredRecord, kind: Kind, name: str, data: AlarmChanged | VisitOpened | HostChosen
) -> Notice:
    site, _, checkpoint = record.checkpoint.partition("/")
    told: dict[str, Any] = {"site": site, "checkpoint": checkpoint, **msgspec.to_builtins(data)}
    body = {"type": name, "timestamp": iso(record.happened_ms), "data": told}
    return Notice(
        id=f"{site}.{checkpoint}.{record.id}",
        kind=kind,
        site=site,
        host=told.get("host") or "",
        happened_ms=record.happened_ms if data.clock_synced else None,
        body=msgspec.json.encode(body),
    )
