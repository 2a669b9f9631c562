"""The file with the office's private key, as it lies where data is opened; never on a checkpoint.

JSON with the public key, and either the private key or, with a passphrase, a box of it: SecretBox
under a key that Argon2id derives from the passphrase.
"""

import os
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from edge.config.office_key import KEY_BYTES
from edge.errors import GarduError
from edge.sealing.boxes import public_of

if TYPE_CHECKING:
    from nacl.secret import SecretBox

KIND = "gardu-office-private-key"
SALT_BYTES = 16

# libsodium's "moderate" Argon2id: passes, and bytes of memory.
PASSES, MEMORY = 3, 268_435_456
# The most that a file may ask for, so that a bad one does not stop the computer.
_MOST_PASSES, _MOST_MEMORY = 32, 2**30


class Locked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A private key behind a passphrase."""

    salt: Annotated[bytes, Meta(min_length=SALT_BYTES, max_length=SALT_BYTES)]
    passes: Annotated[int, Meta(ge=1, le=_MOST_PASSES)]
    memory: Annotated[int, Meta(ge=8192, le=_MOST_MEMORY)]
    box: bytes


class PrivateKeyFile(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The content of the file; the ``repr`` hides the key.

    :ivar public: the text of the public key, for the config
    :ivar secret: the private key without a passphrase, base64
    """

    kind: str
    public: str
    secret: bytes | None = None
    locked: Locked | None = None

    def __repr__(self) -> str:
        return f"PrivateKeyFile({self.public})"


def written(secret: bytes, passphrase: str = "", *, memory: int = MEMORY) -> bytes:
    """Return the text of a file with the private key *secret*.

    :param passphrase: empty: the file alone opens what is sealed
    :param memory: Argon2id's memory, bytes
    """
    public = public_of(secret).text
    if not passphrase:
        made = PrivateKeyFile(KIND, public, secret=secret)
    else:
        salt = os.urandom(SALT_BYTES)
        box = _secret_box(passphrase, Locked(salt, PASSES, memory, b"")).encrypt(secret)
        made = PrivateKeyFile(KIND, public, locked=Locked(salt, PASSES, memory, bytes(box)))
    return msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"


def read(data: bytes) -> PrivateKeyFile:
    """Return the content of the file *data*.

    :raises GarduError: if it is no such file; the message does not name the file
    """
    try:
        found = msgspec.json.decode(data, type=PrivateKeyFile)
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = None
    if found is None or found.kind != KIND or (found.secret is None) is (found.locked is None):
        raise GarduError("is no private key; make one: gardu guestbook key new -o FILE")
    return found


def secret_of(found: PrivateKeyFile, passphrase: str = "") -> bytes:
    """Return the private key in *found*.

    :param passphrase: for a file that has one
    :raises GarduError: if the passphrase is wrong, or the file is damaged
    """
    from nacl.exceptions import CryptoError

    secret = found.secret
    if found.locked is not None:
        try:
            secret = _secret_box(passphrase, found.locked).decrypt(found.locked.box)
        except (CryptoError, ValueError):
            raise GarduError("the passphrase is wrong, or the file is damaged") from None
    assert secret is not None
    if len(secret) != KEY_BYTES or public_of(secret).text != found.public:
        raise GarduError("is damaged: private and public key do not belong together")
    return secret


def _secret_box(passphrase: str, locked: Locked) -> "SecretBox":
    from nacl import pwhash, secret

    key = pwhash.argon2id.kdf(
        KEY_BYTES, passphrase.encode(), locked.salt, locked.passes, locked.memory
    )
    return secret.SecretBox(key)
