"""The messages between the desk's pages and the daemon: requests and answers, as types.

They go over a socket of their own (edge/daemon/desk_socket.py), one line of JSON each way:

============================== ====================================================================
``{"do":"now"}``               the visits, lockers, cards and hosts of this moment: :class:`DeskNow`
``{"do":"names"}``             names and words for people, which seldom change: :class:`DeskNames`
``{"do":"day"}``               the items that are out: :class:`~edge.sop.inputs.outstanding.DayNow`
``{"do":"request", …}``        a request as over MQTT: :class:`~edge.mqtt.requests.Answer`
``{"do":"expect", …}``         an invitation, read beforehand: :class:`~edge.mqtt.requests.Answer`
``{"do":"expected"}``          the guests who are expected: :class:`ExpectedGuests`
============================== ====================================================================
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edge.guestbook.entry import Details
from edge.guestbook.expected import ExpectedGuest
from edge.sop.procedures.tables import Text
from edge.sop.procedures.values import Value
from edge.sop.state import Pace

RequestKind = Literal["register", "values", "availability"]


class AskNow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="now"):
    """Return the state of the lobby."""


class AskNames(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="names"
):
    """Return names and words for people."""


class AskExpected(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="expected"
):
    """Return the guests who are expected."""


class CarryOut(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="request"
):
    """Carry out the request *body*, of the kind ``cmd/{kind}`` (docs/mqtt.md)."""

    kind: RequestKind
    body: msgspec.Raw

    def __repr__(self) -> str:
        return "CarryOut(…)"


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="expect"):
    """Expect the guest of the invitation *text*."""

    text: Annotated[str, Meta(max_length=1024)]

    def __repr__(self) -> str:
        return "Expect(…)"


class VisitNow(msgspec.Struct, frozen=True, kw_only=True):
    """An open visit.

    :ivar role: the person who acts in its step, as in the law
    :ivar in_step_s: seconds since the standard time of the step began to run, or since it came to
        the step, if that time does not run (*timed*)
    :ivar limit_s: the limit of the step, with its extensions, seconds; None: none
    :ivar lockers: the numbers of its lockers
    :ivar cards: the numbers of its cards
    :ivar waits: it waits at the desk for its guest's details
    :ivar details: None if there are none, or they cannot be read here
    :ivar sealed: there are details, and only the office can read them
    :ivar hosts: the hosts that it may have; *guest_kinds* likewise
    :ivar lacking: the ids of the values that its procedure has and that were not entered
    """

    id: str
    number: int
    procedure: str
    step: str
    station: str
    role: str
    host: str | None
    guest_kind: str | None
    persons: int
    opened_ms: int
    in_step_s: float
    timed: bool
    limit_s: float | None
    pace: Pace
    lockers: tuple[int, ...]
    cards: tuple[str, ...]
    waits: bool
    details: Details | None
    sealed: bool
    hosts: tuple[str, ...]
    guest_kinds: tuple[str, ...]
    values: tuple[str, ...]
    lacking: tuple[str, ...]


class LockerNow(msgspec.Struct, frozen=True, kw_only=True):
    """A locker: *visit* is the number of the open visit that has it; *owed* by one that ended."""

    number: int
    door: Literal["open", "closed", "unknown"]
    visit: int | None
    owed: bool
    in_order: bool


class AnnouncementNow(msgspec.Struct, frozen=True, kw_only=True):
    """An announcement about *host*: a host, a procedure or a called station."""

    host: str
    receiving: bool
    until_ms: int | None
    reason: str | None


class DeskNow(msgspec.Struct, frozen=True, kw_only=True):
    """The lobby at the moment *now_ms* (wall clock, ms).

    :ivar book: ``ok``; ``off``: this checkpoint keeps no guest book; ``unusable``: not now
    :ivar cards_out: visitor cards that are out, of *cards*
    :ivar alarms: the kinds of the alarms that stand, without the silent ones
    """

    now_ms: int
    synced: bool
    book: Literal["ok", "off", "unusable"]
    visits: list[VisitNow]
    lockers: list[LockerNow]
    cards: int
    cards_out: int
    announcements: list[AnnouncementNow]
    alarms: list[str]


class HostName(msgspec.Struct, frozen=True, kw_only=True):
    """A host: *names* are those under which an announcement is about it too."""

    id: str
    title: str
    names: tuple[str, ...]


class StepName(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a step: the law's, and English ones."""

    number: int
    text: Text


class ProcedureNames(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a procedure, by the ids of its steps and values."""

    title: Text
    steps: dict[str, StepName]
    values: tuple[Value, ...]


class DeskNames(msgspec.Struct, frozen=True, kw_only=True):
    """Names and words for people.

    :ivar reasons: the words for the reasons of an absence
    :ivar guest_kinds: the titles, by id
    """

    place: str
    procedures: dict[str, ProcedureNames]
    hosts: list[HostName]
    guest_kinds: dict[str, str]
    reasons: dict[str, Text]


class ExpectedGuests(msgspec.Struct, frozen=True, kw_only=True):
    """The guests who are expected; *arrived* has the ids of the invitations that were used."""

    guests: list[ExpectedGuest]
    arrived: list[str]
