"""Boxes: seals bytes to the office's public key, and opens them with its private key.

edge/sealing/__init__.py has the rules.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from edge.config.office_key import ID_BYTES, OfficeKey
from edge.errors import GarduError

if TYPE_CHECKING:
    from types import ModuleType

MAGIC = b"GARDU-SEALED-1\n"
"""The first bytes of each box, also of the file of a sealed still."""

SUFFIX = ".sealed"
"""The end of the name of a file that is one box."""

# An ephemeral public key and an authenticator (crypto_box_SEALBYTES), bytes.
_SEAL = 48

OVERHEAD = len(MAGIC) + ID_BYTES + _SEAL
"""Bytes by which a box is longer than its content."""


class BoxClosed(GarduError):
    """A box cannot be opened; the message says why, without its place."""


def seal(key: OfficeKey, content: bytes) -> bytes:
    """Return *content* in a box that only the owner of *key* can open."""
    nacl = _nacl()
    sealed: bytes = nacl.public.SealedBox(nacl.public.PublicKey(key.public)).encrypt(content)
    return MAGIC + key.id_bytes + sealed


def is_sealed(data: bytes) -> bool:
    """Return True if *data* begins as a box does."""
    return data.startswith(MAGIC)


def key_id_of(box: bytes) -> str:
    """Return the id of the key that opens *box*, 16 hexadecimal digits.

    :raises BoxClosed: if it is no box
    """
    if not is_sealed(box):
        raise BoxClosed("is not sealed by Gardu, or its beginning is damaged")
    if len(box) < OVERHEAD:
        raise BoxClosed(f"is cut short: {len(box)} bytes; a box has at least {OVERHEAD}")
    return box[len(MAGIC) : len(MAGIC) + ID_BYTES].hex()


class PrivateKeys:
    """The private keys of the office, by the id of their public keys.

    :param secrets: X25519 private keys, 32 bytes each
    """

    def __init__(self, secrets: Iterable[bytes]) -> None:
        nacl = _nacl()
        self._boxes = {}
        for secret in secrets:
            private = nacl.public.PrivateKey(secret)
            public = OfficeKey(bytes(private.public_key))
            self._boxes[public.id] = nacl.public.SealedBox(private)
        self._wrong = nacl.exceptions.CryptoError

    @property
    def ids(self) -> list[str]:
        """The ids of the keys."""
        return sorted(self._boxes)

    def open(self, box: bytes) -> bytes:
        """Return the content of *box*.

        :raises BoxClosed: if its key is not among these, or it is damaged
        """
        name = key_id_of(box)
        if name not in self._boxes:
            there = ", ".join(self.ids) or "none"
            raise BoxClosed(f"is sealed to the key {name}; the keys here: {there}")
        try:
            content: bytes = self._boxes[name].decrypt(box[len(MAGIC) + ID_BYTES :])
        except self._wrong:
            raise BoxClosed("is damaged: it is cut short, or a bit of it was changed") from None
        return content


def new_private_key() -> bytes:
    """Return a new private key, 32 bytes."""
    return bytes(_nacl().public.PrivateKey.generate())


def public_of(secret: bytes) -> OfficeKey:
    """Return the public key that belongs to the private key *secret*."""
    return OfficeKey(bytes(_nacl().public.PrivateKey(secret).public_key))


def _nacl() -> "ModuleType":
    try:
        import nacl.exceptions
        import nacl.public
    except ModuleNotFoundError:
        raise GarduError("sealing needs PyNaCl: pip install 'gardu[sealing]'") from None
    return nacl
