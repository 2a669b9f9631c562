"""Keys for the tests of sealing."""

from pathlib import Path

from edge.config.office_key import OfficeKey
from edge.sealing.boxes import PrivateKeys, public_of
from edge.sealing.private_key_file import written
from edge.sealing.sealing import Sealing
from edge.sealing.wraps import LocalKey

# Constant: several processes collect the same tests.
SECRET = bytes(range(100, 132))
KEY: OfficeKey = public_of(SECRET)
KEYS = PrivateKeys([SECRET])
OTHER = bytes(range(32))


def sealing(local: bytes = bytes(32), key: OfficeKey = KEY) -> Sealing:
    """Return the keys of a checkpoint; *local* stands for its boot."""
    return Sealing(key, LocalKey(local))


def key_file(folder: Path, secret: bytes = SECRET) -> Path:
    """Return a new private key file in *folder*."""
    file = folder / f"{public_of(secret).id}.key"
    file.write_bytes(written(secret))
    return file
