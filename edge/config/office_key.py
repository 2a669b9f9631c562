"""The office's public key: its text for the config, and its id. Pure.

The text is ``gardu-office-key-`` and base64url (RFC 4648, 48 characters) of the 32 bytes of the
X25519 key and the first 4 bytes of its SHA-256. A text with a typing error is refused: every 32
bytes are a key, and what is sealed to a key without an owner is lost.
"""

import base64
import hashlib
from typing import NamedTuple

PREFIX = "gardu-office-key-"
PATTERN = rf"^{PREFIX}[A-Za-z0-9_-]{{48}}\Z"
KEY_BYTES = 32
ID_BYTES = 8
_CHECK_BYTES = 4


class OfficeKey(NamedTuple):
    """A public key of the office.

    :ivar public: X25519, 32 bytes
    """

    public: bytes

    @property
    def id(self) -> str:
        """The first 8 bytes of the key's SHA-256, as 16 hexadecimal digits: boxes name it."""
        return self.id_bytes.hex()

    @property
    def id_bytes(self) -> bytes:
        """The id as its 8 bytes."""
        return hashlib.sha256(self.public).digest()[:ID_BYTES]

    @property
    def text(self) -> str:
        """The text for the config."""
        check = hashlib.sha256(self.public).digest()[:_CHECK_BYTES]
        return PREFIX + base64.urlsafe_b64encode(self.public + check).decode("ascii")


def office_key(text: str) -> OfficeKey:
    """Return the key in *text*.

    :raises ValueError: if it is none, or has a typing error
    """
    digits = text.removeprefix(PREFIX)
    if digits == text:
        raise ValueError(f"does not begin with {PREFIX}")
    try:
        data = base64.b64decode(digits, altchars=b"-_", validate=True)
    except ValueError:
        data = b""
    if len(data) != KEY_BYTES + _CHECK_BYTES:
        raise ValueError("has not the length of a key: copy it whole")
    key = OfficeKey(data[:KEY_BYTES])
    if key.text != text:
        raise ValueError("has a typing error: its check digits are wrong; copy it again")
    return key
