"""Invitations as a protocol desk signs them, built from the text of docs/invitations.md alone.

``GARDU1:`` and base32 of: 4 bytes that identify the key, a MessagePack array, an Ed25519 signature
of all before it. The key is the page's worked example: for simulations only.
"""

import base64
import hashlib
import random
import uuid

import msgspec

_PREFIX = "GARDU1:"
_SECRET = bytes(range(32))
# Validity before and after now, seconds: a guest comes some time around the agreed hour.
_GOOD_S = 12 * 3600


def make_code(
    site: str,
    checkpoint: str,
    procedure: str,
    now_ms: int,
    chance: random.Random,
    *,
    host: str | None = None,
) -> str:
    """Return the text of a QR code that is valid at *checkpoint* around *now_ms* (wall clock).

    :param host: the host whom it names; None: it names none
    """
    from nacl.signing import SigningKey  # only days with a scanner need PyNaCl

    key = SigningKey(_SECRET)
    now_s = now_ms // 1000
    code_id = uuid.UUID(int=chance.getrandbits(128), version=4).bytes
    guest = ("Tamu Undangan", "Kantor Contoh", "rapat koordinasi", 1)
    body: tuple[object, ...] = (
        code_id,
        site,
        checkpoint,
        procedure,
        now_s - _GOOD_S,
        now_s + _GOOD_S,
        guest,
    )
    if host is not None:
        body = (*body, host)
    signer = hashlib.sha256(bytes(key.verify_key)).digest()[:4]
    signed = signer + msgspec.msgpack.encode(body)
    signature = key.sign(_PREFIX.encode() + signed).signature
    return _PREFIX + base64.b32encode(signed + signature).decode("ascii").rstrip("=")
