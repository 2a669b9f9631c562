"""Signatures of the simulated desk application, built from the text of docs/mqtt.md alone.

A compact JWS with Ed25519. The key is the page's example: for simulations only.
"""

import base64
import json
from typing import Any

KEY_ID = "meja-lobi-1"
_SECRET = bytes(range(32))
_MAY = ("register", "values", "availability", "resend")


def signed(topic: str, payload: bytes) -> bytes:
    """Return the request *payload* as it is sent to *topic*."""
    from nacl.signing import SigningKey  # only runs with requests need PyNaCl

    header = {"alg": "EdDSA", "kid": KEY_ID, "typ": "gardu-request", "topic": topic}
    text = _base64url(json.dumps(header).encode()) + b"." + _base64url(payload)
    return text + b"." + _base64url(SigningKey(_SECRET).sign(text).signature)


def section() -> dict[str, Any]:
    """Return the section ``[requests]`` of a simulated checkpoint: the key may sign every kind."""
    from nacl.signing import SigningKey

    public = base64.b64encode(bytes(SigningKey(_SECRET).verify_key)).decode()
    return {"keys": {KEY_ID: {"public": public, "may": list(_MAY)}}}


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
