"""Files of keys that sign requests: a JWK each (RFC 7517; RFC 8037 for Ed25519).

``{"kty":"OKP","crv":"Ed25519","kid":"meja-lobi-1","x":"…","d":"…"}``: *x* is the public key, *d*
the secret one, in base64url without padding. JOSE libraries of every language read it.
"""

import base64
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edge import ed25519
from edge.config.sections.requests import KeyId
from edge.errors import GarduError
from edge.mqtt.signatures import SigningKey

# Largest file that is read, bytes.
_LARGEST = 4096

_Key = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\Z")]


class _Jwk(msgspec.Struct, frozen=True, kw_only=True):
    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    kid: KeyId
    x: _Key
    d: _Key

    def __repr__(self) -> str:
        return "_Jwk(…)"


def new_key(key_id: str) -> SigningKey:
    """Return a new key of this id."""
    secret, _ = ed25519.make_key()
    return SigningKey(key_id, secret)


def public_text(key: SigningKey) -> str:
    """Return the public key of *key* as it stands in a checkpoint's config (base64)."""
    return base64.b64encode(ed25519.public_key(key.secret)).decode()


def key_file(key: SigningKey) -> bytes:
    """Return the content of the file of *key*.

    :raises GarduError: if its id cannot be one
    """
    public = ed25519.public_key(key.secret)
    data = msgspec.json.encode(_Jwk(kid=key.id, x=_base64url(public), d=_base64url(key.secret)))
    try:
        msgspec.json.decode(data, type=_Jwk)
    except msgspec.ValidationError:
        raise GarduError(
            f"{key.id!r} is no id of a key; allowed: lower-case letters, digits and single dashes, "
            "at most 80"
        ) from None
    return msgspec.json.format(data, indent=1) + b"\n"


def read_key_file(file: Path) -> SigningKey:
    """Return the key in *file*.

    :raises GarduError: if it cannot be read, or holds no key
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(_LARGEST)
    except OSError as error:
        raise GarduError(f"{file}: {(error.strerror or str(error)).lower()}") from None
    try:
        jwk = msgspec.json.decode(raw, type=_Jwk)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Without the reason: it could quote the secret.
        raise GarduError(
            f"{file} holds no key for requests; allowed: the file request-key.json of a bundle, or "
            "one that `gardu request key` has made"
        ) from None
    key = SigningKey(jwk.kid, _bytes(jwk.d))
    if ed25519.public_key(key.secret) != _bytes(jwk.x):
        raise GarduError(f"{file} is damaged: its public key is not that of its secret key")
    return key


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=")
