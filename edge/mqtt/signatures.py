"""Signatures of requests: a request is the payload of a compact JWS. Pure.

Rules
-----
1. A signed request is ``HEADER.PAYLOAD.SIGNATURE``, each part in base64url without padding: the
   compact form of JWS (RFC 7515) with Ed25519 (RFC 8037). PAYLOAD is the request's JSON as docs/
   mqtt.md describes it; the signature is over the text ``HEADER.PAYLOAD`` as it is sent.
2. HEADER is a JSON object with ``alg`` (``EdDSA``, or ``Ed25519``, its name in RFC 9864), ``kid``
   (the id of the key), ``typ`` (always ``gardu-request``: the same key can have signed other
   things) and ``topic`` (the whole topic, with site and checkpoint). No other key is allowed: none
   is ignored, and none can choose another algorithm or bring its own key.
3. The nonce is the request's ``id``, the time its ``time``: both are signed with the payload.
4. A request is accepted on its own topic only, from a key that may send its kind.
5. Every signed request has one spelling: no padding, no other alphabet, no unused bits, no second
   form of the same signature.
6. Checks go from cheap to dear: length, form, header, key, topic, right; the signature comes last
   (about 0.1 ms on a PC). The content is read after it.

A signature in MQTT's user properties would be lost where a bridge or a client speaks MQTT 3.1.1,
and where a broker's rule engine copies the payload alone. A signature in the JSON would need one
spelling of JSON that every language has. A compact JWS is one text: it passes through all of these
unchanged, can be stored in a file, and has libraries in every language.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from edge import ed25519
from edge.config.sections.requests import KeyId, RequestKind, Requests
from edge.mqtt.requests import LONGEST_SIGNED, RequestRefused
from edge.mqtt.strict_json import duplicate_key

TYPE: Final = "gardu-request"

# Longest header, bytes of JSON: twice that of the longest topic and key id.
_LONGEST_HEADER = 512
_FORM = re.compile(rb"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The header of a signed request."""

    alg: Literal["EdDSA", "Ed25519"]
    kid: KeyId
    typ: Literal["gardu-request"]
    topic: Annotated[str, Meta(max_length=300)]


class PublicKey(NamedTuple):
    """A key that checks signatures, 32 bytes, and the kinds of requests that it may sign."""

    key: bytes
    may: frozenset[RequestKind]


class SigningKey(NamedTuple):
    """A key that signs. The ``repr`` hides the secret, 32 bytes."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"SigningKey({self.id})"


def public_keys(section: Requests) -> dict[str, PublicKey]:
    """Return the keys of *section*, by id."""
    return {
        name: PublicKey(base64.b64decode(key.public, validate=True), frozenset(key.may))
        for name, key in section.keys.items()
    }


class Opened(NamedTuple):
    """A request whose signature is right: its JSON, and the id of the key."""

    payload: bytes
    key_id: str


def sign(topic: str, payload: bytes, key: SigningKey) -> bytes:
    """Return the request *payload* (JSON) as it is sent to *topic*, signed with *key*.

    :param topic: the whole topic, such as ``gardu/v1/SITE/CHECKPOINT/cmd/resend``
    """
    header = Header(alg="EdDSA", kid=key.id, typ=TYPE, topic=topic)
    text = _encoded(msgspec.json.encode(header)) + b"." + _encoded(payload)
    return text + b"." + _encoded(ed25519.sign(key.secret, text))


def is_signed(data: bytes) -> bool:
    """Return True if *data* has the form of a signed request; JSON never has it."""
    return _FORM.fullmatch(data) is not None


def opened(data: bytes, topic: str, kind: RequestKind, keys: Mapping[str, PublicKey]) -> Opened:
    """Return the request in *data*, which came on *topic*, if one of *keys* has signed it.

    :raises RequestRefused: with the first reason to refuse it
    """
    if len(data) > LONGEST_SIGNED:
        raise RequestRefused("too long", f"more than {LONGEST_SIGNED} bytes with its signature")
    parts = _FORM.fullmatch(data)
    if parts is None:
        raise RequestRefused("not signed", "it must be a compact JWS: HEADER.PAYLOAD.SIGNATURE")
    header = _header(parts[1])
    signature = _decoded(parts[3])
    if signature is None or len(signature) != ed25519.SIGNATURE_BYTES:
        raise RequestRefused("wrong signature", "an Ed25519 signature has 64 bytes, base64url")
    key = keys.get(header.kid)
    if key is None:
        raise RequestRefused("unknown key", "this checkpoint has no key of that id", "kid")
    if header.topic != topic:
        raise RequestRefused("for another topic", "it was signed for another topic", "topic")
    if kind not in key.may:
        allowed = ", ".join(sorted(key.may))
        raise RequestRefused("key may not", f"this key may sign: {allowed}", "kid")
    if not ed25519.is_signed(key.key, data[: parts.end(2)], signature):
        raise RequestRefused("wrong signature", "the signature is not that of this key")
    payload = _decoded(parts[2])
    if payload is None:
        raise RequestRefused("malformed", "the payload is not in base64url")
    return Opened(payload, header.kid)


def _header(part: bytes) -> Header:
    """Return the header in *part*.

    :raises RequestRefused: if it breaks rule 2 or 5
    """
    data = _decoded(part)
    if data is None or len(data) > _LONGEST_HEADER:
        why = f"the header is not in base64url, or has more than {_LONGEST_HEADER} bytes"
        raise RequestRefused("malformed", why)
    try:
        header = msgspec.json.decode(data, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RequestRefused("malformed", f"the header: {error}"[:200]) from None
    if duplicate_key(data) is not None:
        raise RequestRefused("malformed", "the header has a key twice")
    return header


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _decoded(part: bytes) -> bytes | None:
    """Return the bytes that *part* spells; None if it is not their one spelling."""
    try:
        data = base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return None
    return data if _encoded(data) == part else None
