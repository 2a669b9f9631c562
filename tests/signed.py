"""Signed requests of tests, built from the text of docs/mqtt.md alone, with its example's key."""

import base64
import json
from typing import Any

from nacl.signing import SigningKey

from edge.config.sections.requests import RequestKey, RequestKind, Requests

KEY_ID = "meja-lobi-1"
SECRET = bytes(range(32))
ALL: tuple[RequestKind, ...] = ("register", "values", "availability", "resend")


def b64(data: bytes) -> str:
    """Return *data* in base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def public(secret: bytes = SECRET) -> str:
    """Return the public key of *secret* as it stands in a config."""
    return base64.b64encode(bytes(SigningKey(secret).verify_key)).decode()


def section(
    *may: RequestKind, secret: bytes = SECRET, key_id: str = KEY_ID, unsigned: Any = ()
) -> Requests:
    """Return the section ``[requests]`` with one key that may sign the kinds *may*."""
    key = RequestKey(public=public(secret), may=list(may or ALL))
    return Requests(keys={key_id: key}, unsigned=list(unsigned))


def toml(*unsigned: str) -> str:
    """Return the section ``[requests]`` as text, with a key that may sign every kind."""
    kinds = ", ".join(f'"{kind}"' for kind in ALL)
    return (
        f"[requests]\nunsigned = {json.dumps(unsigned)}\n"
        f'[requests.keys.{KEY_ID}]\npublic = "{public()}"\nmay = [{kinds}]\n'
    )


def header(topic: str, **change: Any) -> dict[str, Any]:
    """Return the header of a request to *topic*."""
    return {"alg": "EdDSA", "kid": KEY_ID, "typ": "gardu-request", "topic": topic, **change}


def signed(
    topic: str, request: dict[str, Any] | bytes, *, secret: bytes = SECRET, **change: Any
) -> bytes:
    """Return *request* as it is sent to *topic*; *change* is for the header."""
    payload = request if isinstance(request, bytes) else json.dumps(request).encode()
    return signed_texts(json.dumps(header(topic, **change)).encode(), payload, secret)


def signed_texts(head: bytes, payload: bytes, secret: bytes = SECRET) -> bytes:
    """Return a JWS of these bytes."""
    text = f"{b64(head)}.{b64(payload)}".encode()
    return text + b"." + b64(SigningKey(secret).sign(text).signature).encode()
