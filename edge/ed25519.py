"""Ed25519 signatures (RFC 8032), by libsodium. Pure.

PyNaCl is imported in the functions: a checkpoint without signed requests and without a scanner
does not need it.
"""

from typing import TYPE_CHECKING

from edge.errors import GarduError

if TYPE_CHECKING:
    from types import ModuleType

KEY_BYTES = 32
"""Length of a secret key (the seed), and of a public key."""

SIGNATURE_BYTES = 64

EXTRA = "signatures"
"""The extra of pyproject.toml that has PyNaCl."""


def prepare() -> None:
    """Import the library, which takes a good part of a second on a Pi.

    :raises GarduError: if it is not installed
    """
    _nacl()


def make_key() -> tuple[bytes, bytes]:
    """Return a new secret key and its public key, 32 bytes each."""
    secret = _nacl().signing.SigningKey.generate()
    return bytes(secret), bytes(secret.verify_key)


def public_key(secret: bytes) -> bytes:
    """Return the public key that belongs to *secret* (32 bytes)."""
    return bytes(_nacl().signing.SigningKey(secret).verify_key)


def sign(secret: bytes, message: bytes) -> bytes:
    """Return the signature of *message* by *secret* (32 bytes)."""
    signature: bytes = _nacl().signing.SigningKey(secret).sign(message).signature
    return signature


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return True if *signature* (64 bytes) is one of *message* by the owner of *public*.

    libsodium accepts one spelling of a signature only, and no public key of small order.
    """
    nacl = _nacl()
    try:
        nacl.signing.VerifyKey(public).verify(message, signature)
    except nacl.exceptions.BadSignatureError:
        return False
    return True


def _nacl() -> "ModuleType":
    try:
        import nacl.exceptions
        import nacl.signing
    except ModuleNotFoundError:
        raise GarduError(f"signatures need PyNaCl: pip install 'gardu[{EXTRA}]'") from None
    return nacl
