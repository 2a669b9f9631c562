"""Invitations of pre-registered guests, as QR codes: signed, expiring, for one procedure. Pure.

The text of a code is ``GARDU1:`` and base32 (RFC 4648, upper case, no padding) of

========  =====================================================================
4 bytes   id of the signing key: the first bytes of the public key's SHA-256
n bytes   MessagePack array: id (16 bytes), site, checkpoint (empty: any of the site), procedure,
          not before, not after (seconds since 1970 UTC), guest (nil, or an array: name,
          organisation, purpose, head count), host (its id; left out where none is named)
64 bytes  Ed25519 signature of ``GARDU1:`` and all bytes before
========  =====================================================================

Base32 because its characters are letters and digits: QR codes have a compact mode for them, and
they pass unchanged through a scanner with any keyboard layout, a shell and an e-mail. (base45 is
6 % shorter, but has blanks and ``$ % *``; base64url has lower case, for which QR codes need 21 %
more.)

Only the exact text is accepted: no other spelling of the same bytes, no bytes after them.
"""

import base64
import binascii
import hashlib
import uuid
from collections.abc import Collection, Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edge import ed25519
from edge.config.sections.values import Name
from edge.errors import GarduError
from edge.guestbook.identity_numbers import text_with_identity_number
from edge.guestbook.plain_text import PlainText

PREFIX = "GARDU1:"

LONGEST_TEXT = 512
"""Characters: a QR code of 73 by 73 modules at 15 % error correction. Cheap scanners read it from a
telephone."""

LONGEST_S = 31 * 86400
"""Longest validity, seconds: an invitation is for a day, not a permanent pass. The ids of used
invitations are stored for this long."""

Why = Literal[
    "not an invitation", "text before the code", "unknown key", "wrong signature",
    "identity number", "for another checkpoint", "unknown procedure", "clock not trusted",
    "not yet valid", "expired",
]  # fmt: skip

_KEY_ID, _SIGNATURE = 4, 64

_NameOrNone = Annotated[str, Meta(max_length=64, pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?\Z")]
_Moment = Annotated[int, Meta(ge=0, le=0xFFFF_FFFF)]
_Id = Annotated[bytes, Meta(min_length=16, max_length=16)]


class BadInvitation(GarduError):
    """The code that was shown opens no visit; *why* is a fixed text without guest data."""

    def __init__(self, why: Why) -> None:
        self.why = why
        super().__init__(why)


class Guest(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The invited guest: personal data. The ``repr`` hides it from logs.

    :ivar head_count: number of persons who come, 1 to 99
    """

    name: PlainText
    organisation: PlainText = ""
    purpose: PlainText = ""
    head_count: Annotated[int, Meta(ge=1, le=99)] = 1

    def __repr__(self) -> str:
        return "Guest(…)"


class Invitation(msgspec.Struct, frozen=True):
    """The content of an invitation.

    :ivar id: a UUID; the same each time that the invitation is shown
    :ivar checkpoint: empty for any checkpoint of *site*
    :ivar host: the host whom the guest visits; None if it names none. The core knows the hosts
    :ivar not_before_ms: first moment of validity, milliseconds since 1970 UTC, whole seconds
    :ivar not_after_ms: first moment when it is not valid any more, likewise
    """

    id: str
    site: str
    checkpoint: str
    procedure: str
    not_before_ms: int
    not_after_ms: int
    guest: Guest | None = None
    host: str | None = None


class _Body(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    id: _Id
    site: Name
    checkpoint: _NameOrNone
    procedure: Name
    not_before: _Moment
    not_after: _Moment
    guest: Guest | None = None
    host: Name | None = None

    def __post_init__(self) -> None:
        if not 0 < self.not_after - self.not_before <= LONGEST_S:
            raise ValueError("not after must be later than not before, by 31 days at most")


def read(
    text: str,
    keys: dict[bytes, bytes],
    now_ms: int | None,
    site: str,
    checkpoint: str,
    procedures: Collection[str],
) -> Invitation:
    """Return the invitation *text*, if it is valid at this checkpoint now.

    :param keys: public keys of those who may invite, as :func:`key_ring` returns them
    :param now_ms: the wall clock, milliseconds since 1970 UTC; None if it is not trusted
    :param procedures: those that this checkpoint runs
    :raises BadInvitation: with the first reason to refuse it
    """
    invitation = read_beforehand(text, keys, site, checkpoint, procedures)
    if now_ms is None:
        raise BadInvitation("clock not trusted")
    if now_ms < invitation.not_before_ms:
        raise BadInvitation("not yet valid")
    if now_ms >= invitation.not_after_ms:
        raise BadInvitation("expired")
    return invitation


def read_beforehand(
    text: str, keys: dict[bytes, bytes], site: str, checkpoint: str, procedures: Collection[str]
) -> Invitation:
    """Return the invitation *text*, if it is valid at this checkpoint at some time.

    :param keys: as for :func:`read`; *procedures* likewise
    :raises BadInvitation: with the first reason to refuse it
    """
    invitation = verified(text, keys)
    if invitation.site != site or invitation.checkpoint not in ("", checkpoint):
        raise BadInvitation("for another checkpoint")
    if invitation.procedure not in procedures:
        raise BadInvitation("unknown procedure")
    return invitation


def verified(text: str, keys: dict[bytes, bytes]) -> Invitation:
    """Return the invitation *text* if one of *keys* has signed it; place and time are unchecked.

    :raises BadInvitation: "not an invitation", "text before the code", "unknown key" or "wrong
        signature"
    """
    data = _bytes(text)
    signed, signature = data[:-_SIGNATURE], data[-_SIGNATURE:]
    key = keys.get(signed[:_KEY_ID])
    if key is None:
        raise BadInvitation("unknown key")
    if not ed25519.is_signed(key, PREFIX.encode() + signed, signature):
        raise BadInvitation("wrong signature")
    try:
        body = msgspec.msgpack.decode(signed[_KEY_ID:], type=_Body)
    except msgspec.MsgspecError:
        raise BadInvitation("not an invitation") from None
    if _number_in(body.guest) is not None:
        raise BadInvitation("identity number")
    return Invitation(
        id=str(uuid.UUID(bytes=body.id)),
        site=body.site,
        checkpoint=body.checkpoint,
        procedure=body.procedure,
        not_before_ms=body.not_before * 1000,
        not_after_ms=body.not_after * 1000,
        guest=body.guest,
        host=body.host,
    )


def write(invitation: Invitation, secret: bytes) -> str:
    """Return the text of *invitation*, signed with *secret* (the 32 bytes of a secret key).

    :raises GarduError: if the invitation breaks a rule of the format, or is too long for a code
    """
    text_with_number = _number_in(invitation.guest)
    if text_with_number is not None:
        raise GarduError(
            f"this invitation is not possible: {text_with_number} holds what looks like an "
            "identity number, which must not be stored; leave it out"
        )
    named = () if invitation.host is None else (invitation.host,)
    body = (
        uuid.UUID(invitation.id).bytes,
        invitation.site,
        invitation.checkpoint,
        invitation.procedure,
        invitation.not_before_ms // 1000,
        invitation.not_after_ms // 1000,
        invitation.guest,
        *named,  # earlier versions read codes that name no host
    )
    packed = msgspec.msgpack.encode(body)
    try:
        msgspec.msgpack.decode(packed, type=_Body)
    except msgspec.ValidationError as error:
        raise GarduError(f"this invitation is not possible: {_named(str(error))}") from None
    signed = key_id(ed25519.public_key(secret)) + packed
    signature = ed25519.sign(secret, PREFIX.encode() + signed)
    text = PREFIX + base64.b32encode(signed + signature).decode("ascii").rstrip("=")
    if len(text) > LONGEST_TEXT:
        raise GarduError(
            f"the invitation has {len(text)} characters, {LONGEST_TEXT} are possible: "
            "shorten name, organisation or purpose"
        )
    return text


def key_id(public: bytes) -> bytes:
    """Return the id of the key *public*: the first 4 bytes of its SHA-256."""
    return hashlib.sha256(public).digest()[:_KEY_ID]


def key_ring(publics: Iterable[str]) -> dict[bytes, bytes]:
    """Return the public keys *publics* (base64) by their id."""
    keys = [base64.b64decode(public, validate=True) for public in publics]
    return {key_id(key): key for key in keys}


def _bytes(text: str) -> bytes:
    """Return the bytes of *text*; refuse any spelling of them but the exact one."""
    digits = text.removeprefix(PREFIX)
    if digits == text and PREFIX in text:
        raise BadInvitation("text before the code")
    if digits == text or len(text) > LONGEST_TEXT:
        raise BadInvitation("not an invitation")
    try:
        data = base64.b32decode(digits + "=" * (-len(digits) % 8))
    except (binascii.Error, ValueError):
        raise BadInvitation("not an invitation") from None
    spelled = base64.b32encode(data).decode("ascii").rstrip("=")
    if spelled != digits or len(data) <= _KEY_ID + _SIGNATURE:
        raise BadInvitation("not an invitation")
    return data


def _number_in(guest: Guest | None) -> str | None:
    """Return the name of the guest's text that holds an identity number; None if none does."""
    texts = msgspec.structs.asdict(guest or Guest(""))
    del texts["head_count"]
    return text_with_identity_number(texts)


def _named(problem: str) -> str:
    """Return *problem* with field names in place of positions in the array."""
    for place, name in enumerate(_Body.__struct_fields__):
        problem = problem.replace(f"$[{place}]", name)
    return problem
