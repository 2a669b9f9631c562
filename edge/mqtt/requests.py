"""Requests: the messages that a checkpoint accepts over MQTT, and their checks. Pure.

The contract, in words, is docs/mqtt.md; its types are defined only here. A request that breaks a
rule raises :class:`RequestRefused`: *word* is one of a few fixed words and may be counted and
logged, *why* is for the requester alone and may quote the request, *field* is the key at fault.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from edge.clock import Stamp
from edge.config.sections.values import Name
from edge.errors import GarduError
from edge.guestbook.entry import Details
from edge.guestbook.identity_numbers import LEAST_DIGITS, text_with_identity_number
from edge.mqtt.strict_json import duplicate_key
from edge.sop.entered import Entered
from edge.sop.events import IdentityKind

REGISTER: Final = "cmd/register"
AVAILABILITY: Final = "cmd/availability"
VALUES: Final = "cmd/values"
RESEND: Final = "cmd/resend"
REPLY: Final = "reply/"

# Longest JSON and correlation data, bytes.
LONGEST = 4096
# Longest signed request, bytes: the longest JSON in base64 (5,462), header and signature.
LONGEST_SIGNED = 6400
LONGEST_CORRELATION = 256
# The most values that one request enters.
MOST_VALUES = 10
# The most records that one request has sent again.
MOST_RESENT = 10_000
# Message Expiry Interval of an answer, for a requester that is offline, seconds.
ANSWER_EXPIRY_S = 60
# The most that a request's time may differ from now, before and after, seconds.
GOOD_FOR_S = 300.0
# The oldest retained availability, and the longest until it ends, seconds: a year, as no
# announcement of an office holds longer; a later date is an error.
LONGEST_AVAILABILITY_S = 366 * 86_400.0

Word = Literal[
    "malformed", "too long", "retained", "too old", "from the future", "clock not trusted",
    "identity number", "no guest book", "unknown host", "unknown reason", "no such visit",
    "no visit waits", "has details", "older than what is known", "guest book cannot be used",
    "until not allowed", "response topic", "flood", "host not possible", "unknown value",
    "value not allowed", "guest kind not possible", "invitation not valid", "no such stream",
    "too soon", "not signed", "unknown key", "wrong signature", "for another topic", "key may not",
    "time not checked",
]  # fmt: skip

T = TypeVar("T")

_PHONE = "guest.phone"
# The end of msgspec's messages: the path of the key.
_PATH = re.compile(r"`\$\.([a-z_.]{1,80})`\Z")
# One to three topic levels without wildcards.
_REPLY_LEVELS = re.compile(r"[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,2}")

Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
Moment = Annotated[datetime, Meta(tz=True)]


class RequestRefused(GarduError):
    """A request is not carried out."""

    def __init__(self, word: Word, why: str = "", field: str | None = None) -> None:
        self.word = word
        self.why = why or word
        self.field = field
        super().__init__(word)


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Attach the details of a guest to an open visit.

    :ivar id: a UUID, lower case; the same id again is the same request
    :ivar visit: the visit's id, or ``latest``: the newest visit at the desk without details
    :ivar procedure: if given, only a visit of that procedure
    :ivar host: the host whom the guest visits, of several; possible until the guest is admitted
    :ivar guest_kind: the kind of the guest; possible until the visit has a card
    :ivar replace: correct the details that the visit *visit* has
    :ivar identity: the kind of the ID that the desk has taken for the card, never its number
    """

    id: Id
    time: Moment
    visit: Id | Literal["latest"] = "latest"
    procedure: Name | None = None
    host: Name | None = None
    guest_kind: Name | None = None
    replace: bool = False
    identity: IdentityKind | None = None
    guest: Details


class EnterValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Enter values of an open visit, such as a number plate or a temperature.

    :ivar id: a UUID, lower case; the same id again is the same request
    :ivar visit: the visit's id, or ``latest``: the newest visit at the desk that lacks one of them
    :ivar procedure: if given, only a visit of that procedure
    :ivar values: the values by their ids in the procedure; personal ones are stored in the guest
        book only
    """

    id: Id
    time: Moment
    visit: Id | Literal["latest"] = "latest"
    procedure: Name | None = None
    values: Annotated[dict[Name, Entered], Meta(min_length=1, max_length=MOST_VALUES)]

    def __repr__(self) -> str:
        return "EnterValues(…)"


class Availability(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Availability of a host: in place and receiving guests, or not.

    :ivar host: the id of one of the checkpoint's hosts, procedures or called stations
    :ivar until: when this state ends
    :ivar reason: a reason of the checkpoint's wording, never free text
    """

    id: Id
    time: Moment
    host: Name
    receiving: bool
    until: Moment | None = None
    reason: Name | None = None


class ResendRange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Send records again, in order, under their old ids: a consumer misses them.

    :ivar stream: the stream, from ``ledger``
    :ivar first: the first sequence; *last*: the last one, at most 10,000 records in all
    """

    id: Id
    time: Moment
    stream: Id
    first: Annotated[int, Meta(ge=1, lt=10**16)]
    last: Annotated[int, Meta(ge=1, lt=10**16)]


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to a request: ``ok`` and the result, or *word* and *why* of the refusal.

    :ivar field: the key of the request for which it was refused, such as ``guest.phone``, if it is
        one key
    """

    ok: bool
    id: str | None = None
    visit: str | None = None
    procedure: str | None = None
    word: str | None = None
    why: str | None = None
    field: str | None = None
    resent: int | None = None
    missing: int | None = None


def register(payload: bytes) -> Register:
    """Return the request in *payload*.

    :raises RequestRefused: if it is not a valid one
    """
    request = _read(payload, Register)
    guest = request.guest
    if not guest.name.strip():
        raise RequestRefused("malformed", "the guest has no name", "guest.name")
    texts = {f"guest.{key}": getattr(guest, key) for key in ("name", "organisation", "purpose")}
    _no_identity_number({**texts, _PHONE: guest.phone}, telephone=_PHONE)
    if request.replace and request.visit == "latest":
        raise RequestRefused("malformed", "to correct details, name the visit")
    return request


def enter_values(payload: bytes) -> EnterValues:
    """Return the request in *payload*.

    :raises RequestRefused: if it is not a valid one
    """
    request = _read(payload, EnterValues)
    _no_identity_number(
        {f"values.{name}": _as_text(entered) for name, entered in request.values.items()}
    )
    return request


def resend_range(payload: bytes) -> ResendRange:
    """Return the request in *payload*.

    :raises RequestRefused: if it is not a valid one
    """
    request = _read(payload, ResendRange)
    if not 0 <= request.last - request.first < MOST_RESENT:
        why = f"last is not below first, and at most {MOST_RESENT} records are asked for at once"
        raise RequestRefused("malformed", why, "last")
    return request


def _no_identity_number(texts: Mapping[str, str], telephone: str = "") -> None:
    field = text_with_identity_number(texts, telephone)
    if field is not None:
        raise RequestRefused(
            "identity number", "a text holds what looks like an identity number", field
        )


def _as_text(entered: Entered) -> str:
    """Return *entered* as it would be read; a number without an exponent."""
    if isinstance(entered, str):
        return entered
    return "9" * LEAST_DIGITS if abs(entered) >= 10 ** (LEAST_DIGITS - 1) else f"{entered:g}"


def availability(payload: bytes, level: str) -> Availability:
    """Return the message in *payload*; *level* is the host that its topic names, or empty.

    :raises RequestRefused: if it is not a valid one
    """
    request = _read(payload, Availability)
    if level not in ("", request.host):
        raise RequestRefused(
            "malformed", f"the topic is for {level}, the message for {request.host}"
        )
    if request.until is not None:
        lasts_s = (request.until - request.time).total_seconds()
        if not 0 < lasts_s <= LONGEST_AVAILABILITY_S:
            days = LONGEST_AVAILABILITY_S / 86_400
            raise RequestRefused(
                "until not allowed",
                f"until is at most {days:.0f} days after time, and not before",
                "until",
            )
    return request


def replaces(request: Availability, before: Availability, now: Stamp) -> bool:
    """Return True if *request* is not older than *before*, the message that holds.

    A message that was accepted while the clock was wrong may be dated ahead of the present: it must
    not lock out all messages until then.
    """
    if _ahead_s(before.time, now) > GOOD_FOR_S >= _ahead_s(request.time, now):
        return True
    return request.time >= before.time


def in_time(time: datetime, now: Stamp, *, need_synced: bool, oldest_s: float = GOOD_FOR_S) -> None:
    """Refuse a request that is too old, or is dated ahead: it may be a replay.

    If the clock is not synchronised and need not be, only the ids reveal a replay.

    :param oldest_s: the greatest age allowed, seconds
    :raises RequestRefused: with the reason
    """
    if not now.synced:
        if need_synced:
            raise RequestRefused(
                "clock not trusted", "no time server vouches for the checkpoint's clock"
            )
        return
    ahead_s = _ahead_s(time, now)
    if -ahead_s > oldest_s:
        raise RequestRefused("too old", f"it is {-ahead_s:.0f} s old; allowed: {oldest_s:.0f} s")
    if ahead_s > GOOD_FOR_S:
        raise RequestRefused("from the future", f"it is dated {ahead_s:.0f} s ahead")


def _ahead_s(time: datetime, now: Stamp) -> float:
    """Return how far *time* is ahead of *now*, seconds."""
    return time.timestamp() - now.wall_ms / 1e3


def may_answer(topic: str, base: str) -> bool:
    """Return True if *topic* is below the checkpoint's own ``reply/``: answers go nowhere else.

    Otherwise a requester could have the checkpoint publish anywhere, under its own name.

    :param base: ``gardu/v1/{site}/{checkpoint}/``
    """
    levels = topic.removeprefix(base + REPLY)
    return levels != topic and _REPLY_LEVELS.fullmatch(levels) is not None


def _read(payload: bytes, kind: type[T]) -> T:
    if len(payload) > LONGEST:
        raise RequestRefused("too long", f"more than {LONGEST} bytes")
    try:
        request = msgspec.json.decode(payload, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise RequestRefused("malformed", str(error)[:200], _field(str(error))) from None
    key = duplicate_key(payload)
    if key is not None:
        raise RequestRefused("malformed", f"the key {key[:80]!r} is there twice")
    return request


def _field(problem: str) -> str | None:
    """Return the key that msgspec's *problem* names; None if it names none."""
    found = _PATH.search(problem)
    return found[1] if found else None
