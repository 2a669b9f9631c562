"""Expected guests: invitations that were handed to the checkpoint before their guests come.

They are personal data as the guest book's entries are, and lie in its file until they expire.
"""

from collections.abc import Iterable

import msgspec

from edge.guestbook.invitations import Guest, Invitation
from edge.sealing.sealing import Sealing


class ExpectedGuest(msgspec.Struct, frozen=True, kw_only=True):
    """A guest who is expected; the invitation is valid from *from_ms* until before *until_ms*.

    :ivar id: the id of the invitation
    :ivar from_ms: wall clock, ms since 1970 UTC; *until_ms* likewise
    :ivar entered_ms: when it was entered here, likewise
    """

    id: str
    procedure: str
    from_ms: int
    until_ms: int
    entered_ms: int
    guest: Guest
    host: str | None = None

    def __repr__(self) -> str:
        return "ExpectedGuest(…)"


class StoredGuest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An expected guest as the file has it; the ``repr`` hides the guest.

    :ivar guest: None if *wrapped*
    :ivar wrapped: the guest under the local key, where the checkpoint seals
    """

    id: str
    procedure: str
    from_ms: int
    until_ms: int
    entered_ms: int
    guest: Guest | None = None
    wrapped: bytes | None = None
    host: str | None = None

    def __repr__(self) -> str:
        return "StoredGuest(…)"


def stored_guest(guest: ExpectedGuest, sealing: Sealing | None) -> StoredGuest:
    """Return *guest* as the file is to have it.

    :param sealing: None: no key is configured
    """
    plain = StoredGuest(**msgspec.structs.asdict(guest))
    return plain if sealing is None else wrapped_guest(plain, sealing)


def wrapped_guest(guest: StoredGuest, sealing: Sealing) -> StoredGuest:
    """Return *guest* wrapped."""
    wrapped = sealing.local.wrap(msgspec.json.encode(guest.guest))
    return msgspec.structs.replace(guest, guest=None, wrapped=wrapped)


def readable_guest(stored: StoredGuest, sealing: Sealing | None) -> ExpectedGuest:
    """Return the guest of *stored*; one that cannot be read here any more has an empty name."""
    found = msgspec.structs.asdict(stored)
    wrapped, guest = found.pop("wrapped"), found.pop("guest")
    if wrapped is not None:
        text = None if sealing is None else sealing.local.unwrap(wrapped)
        guest = None if text is None else msgspec.json.decode(text, type=Guest)
    return ExpectedGuest(guest=guest or Guest(""), **found)


def expected_guest(invitation: Invitation, now_ms: int) -> ExpectedGuest:
    """Return the guest of *invitation*, entered now; one without details has an empty name."""
    return ExpectedGuest(
        id=invitation.id,
        procedure=invitation.procedure,
        from_ms=invitation.not_before_ms,
        until_ms=invitation.not_after_ms,
        entered_ms=now_ms,
        guest=invitation.guest or Guest(""),
        host=invitation.host,
    )


def between(guests: Iterable[ExpectedGuest], begin_ms: int, end_ms: int) -> list[ExpectedGuest]:
    """Return those who may come from *begin_ms* on and before *end_ms*, the earliest first."""
    there = [one for one in guests if one.from_ms < end_ms and one.until_ms > begin_ms]
    return sorted(there, key=lambda one: (one.from_ms, one.guest.name, one.id))
