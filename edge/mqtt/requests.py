"""Requests: what may be asked of a checkpoint over MQTT, and how it is understood. Pure.

The contract, in words, is docs/mqtt.md; its types are here and nowhere else. What breaks a rule is
:class:`RequestRefused`: *word* is one of a few fixed words and may be counted and logged, *why* is
for the requester alone and may quote the request.
"""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from edge.clock import Stamp
from edge.config.sections.values import Name
from edge.errors import GarduError
from edge.guestbook.book import Details

REGISTER: Final = "cmd/register"
AVAILABILITY: Final = "cmd/availability"
REPLY: Final = "reply/"

# Longest payload and correlation data, bytes.
LONGEST = 4096
LONGEST_CORRELATION = 256
# How long a broker keeps an answer for somebody who is away, seconds.
ANSWER_EXPIRY_S = 60
# A request is good so long before and after the moment that it names, seconds.
GOOD_FOR_S = 300.0

Word = Literal[
    "malformed", "too long", "retained", "too old", "from the future", "clock not trusted",
    "identity number", "no guest book", "unknown host", "unknown reason", "no such visit",
    "no visit waits", "has details", "older than what is known", "guest book cannot be used",
    "response topic", "flood",
]  # fmt: skip

T = TypeVar("T")

# NIK, SIM and NPWP have 12 to 16 digits.
_IDENTITY_NUMBER = re.compile(r"[0-9](?:[ .-]?[0-9]){11}")
# One to three levels that nobody could take for a filter.
_REPLY_LEVELS = re.compile(r"[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,2}")

Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Moment = Annotated[datetime, Meta(tz=True)]


class RequestRefused(GarduError):
    """What was asked is not done."""

    def __init__(self, word: Word, why: str = "") -> None:
        self.word = word
        self.why = why or word
        super().__init__(word)


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Attach the details of a guest to an open visit.

    :ivar id: a UUID, lower case; the same again is the same request
    :ivar visit: its id, or ``latest``: the newest at the desk that has no details
    :ivar procedure: only a visit of that procedure
    :ivar replace: correct the details that the visit *visit* has
    """

    id: Id
    time: Moment
    visit: Id | Literal["latest"] = "latest"
    procedure: Name | None = None
    replace: bool = False
    guest: Details


class Availability(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a host is in place and receiving guests.

    :ivar host: the id of one of the checkpoint's procedures or called stations
    :ivar until: when that ends
    :ivar reason: one word of the reasons' data, never free text
    """

    id: Id
    time: Moment
    host: Name
    receiving: bool
    until: Moment | None = None
    reason: Name | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the requester is told: ``ok`` and what was done, or why not."""

    ok: bool
    id: str | None = None
    visit: str | None = None
    procedure: str | None = None
    word: str | None = None
    why: str | None = None


def register(payload: bytes) -> Register:
    """Return the request in *payload*.

    :raises Refused: if it is none
    """
    request = _read(payload, Register)
    guest = request.guest
    if not guest.name.strip():
        raise RequestRefused("malformed", "the guest has no name")
    for text in (guest.name, guest.organisation, guest.purpose):
        if _IDENTITY_NUMBER.search(unicodedata.normalize("NFKC", text)):
            raise RequestRefused(
                "identity number", "a text holds what looks like an identity number"
            )
    if request.replace and request.visit == "latest":
        raise RequestRefused("malformed", "to correct details, name the visit")
    return request


def availability(payload: bytes, level: str) -> Availability:
    """Return the message in *payload*; *level* is the host that its topic names, if it does.

    :raises Refused: if it is none
    """
    told = _read(payload, Availability)
    if level not in ("", told.host):
        raise RequestRefused("malformed", f"the topic is for {level}, the message for {told.host}")
    return told


def in_time(time: datetime, now: Stamp, *, need_synced: bool) -> None:
    """Refuse what was asked too long ago, or is dated ahead: it may be a replay.

    Where no trusted clock is needed and there is none, only the ids tell a replay.

    :raises Refused: with the reason
    """
    if not now.synced:
        if need_synced:
            raise RequestRefused(
                "clock not trusted", "no time server vouches for the checkpoint's clock"
            )
        return
    age_s = now.wall_ms / 1e3 - time.timestamp()
    if age_s > GOOD_FOR_S:
        raise RequestRefused("too old", f"it is {age_s:.0f} s old; allowed: {GOOD_FOR_S:.0f} s")
    if age_s < -GOOD_FOR_S:
        raise RequestRefused("from the future", f"it is dated {-age_s:.0f} s ahead")


def may_answer(topic: str, base: str) -> bool:
    """Whether an answer may go to *topic*: below the checkpoint's own ``reply/`` and nowhere else.

    Else who may ask could have the checkpoint publish anywhere, under its own name.

    :param base: ``gardu/v1/{site}/{checkpoint}/``
    """
    levels = topic.removeprefix(base + REPLY)
    return levels != topic and _REPLY_LEVELS.fullmatch(levels) is not None


def _read(payload: bytes, kind: type[T]) -> T:
    if len(payload) > LONGEST:
        raise RequestRefused("too long", f"more than {LONGEST} bytes")
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise RequestRefused("malformed", str(error)[:200]) from None
