"""Titles of places, hosts and procedures, as the checkpoints publish them in ``meta``."""

from typing import Any

import msgspec
from sqlalchemy import Connection

from edge.sop.procedures.model import Text
from office.database.board_queries import metas_since


class _Procedure(msgspec.Struct, frozen=True):
    id: str = ""
    title: str = ""
    version: str = ""
    steps: int = 0


class _Host(msgspec.Struct, frozen=True):
    id: str = ""
    title: str = ""
    procedures: tuple[str, ...] = ()


class Reason(Text, frozen=True, forbid_unknown_fields=False):
    """The words for a reason; *hosts*: those that name the host, if it is about one."""

    hosts: dict[str, Any] = msgspec.field(default_factory=dict)


class Meta(msgspec.Struct, frozen=True):
    """The part of ``meta`` that the page uses."""

    version: str = ""
    place: str = ""
    procedures: tuple[_Procedure, ...] = ()
    hosts: tuple[_Host, ...] = ()
    reasons: dict[str, Reason] = {}

    def procedure(self, name: str | None) -> str:
        """Return the title of the procedure *name*; its id if it is unknown."""
        return next((one.title for one in self.procedures if one.id == name), name or "")

    def host(self, name: str | None) -> str:
        """Return the title of the host *name*: where a procedure has one host, the procedure's."""
        title = next((one.title for one in self.hosts if one.id == name), name or "")
        return self.procedure(name) if title == name else title

    @property
    def absences(self) -> list[str]:
        """The reasons for which a host can be away: all, if none is about a host."""
        about = [key for key, text in self.reasons.items() if text.hosts]
        return about or list(self.reasons)


_decode = msgspec.json.Decoder(Meta).decode
_UNKNOWN = Meta()


class Known:
    """The newest ``meta`` of each checkpoint. What has arrived since the last time is read."""

    def __init__(self) -> None:
        self._metas: dict[str, Meta] = {}
        self._seen_ms = 0

    def refresh(self, connection: Connection) -> None:
        """Read what is new."""
        found: dict[str, Meta] = {}
        seen_ms = self._seen_ms
        for row in metas_since(connection, seen_ms):
            seen_ms = max(seen_ms, row.arrived_ms)
            try:
                found[row.checkpoint] = _decode(row.payload)
            except msgspec.DecodeError:
                continue  # of another version: the page shows ids
        # Replaced at once: pages on other threads read it meanwhile.
        self._metas, self._seen_ms = self._metas | found, seen_ms

    def of(self, checkpoint: str) -> Meta:
        """Return what is known of *checkpoint*."""
        return self._metas.get(checkpoint, _UNKNOWN)

    def titles(self, kind: str) -> dict[str, str]:
        """Return the titles of all ``procedures`` or ``hosts``, by id, in the order of titles."""
        found = {
            one.id: meta.host(one.id) if kind == "hosts" else one.title
            for meta in self._metas.values()
            for one in getattr(meta, kind)
        }
        return dict(sorted(found.items(), key=lambda pair: pair[1]))
