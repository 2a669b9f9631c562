"""Wraps: texts that this machine reads back, under a key that is of no use elsewhere.

XSalsa20-Poly1305 of libsodium (SecretBox) with a random nonce. edge/sealing/__init__.py has the
rules; edge/daemon/local_key.py finds the key.
"""

from edge.config.office_key import KEY_BYTES
from edge.errors import GarduError


class LocalKey:
    """The local key.

    :param key: 32 random bytes
    """

    def __init__(self, key: bytes) -> None:
        try:
            from nacl.exceptions import CryptoError
            from nacl.secret import SecretBox
        except ModuleNotFoundError:
            raise GarduError("sealing needs PyNaCl: pip install 'gardu[sealing]'") from None
        assert len(key) == KEY_BYTES
        self._box = SecretBox(key)
        self._wrong = CryptoError

    def wrap(self, content: bytes) -> bytes:
        """Return *content* encrypted."""
        return bytes(self._box.encrypt(content))

    def unwrap(self, wrapped: bytes) -> bytes | None:
        """Return the content of *wrapped*; None if it is of another key, or damaged."""
        try:
            return self._box.decrypt(wrapped)
        except (self._wrong, ValueError):
            return None
