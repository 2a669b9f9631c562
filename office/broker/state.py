"""The state of a kit: ``kit.json``, and what it knows of each certificate."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edge.errors import GarduError
from office.broker.files import write

FILE = "kit.json"
FORMAT = 2
"""2 has the keys of requests; files of format 1 are read too."""

Role = Literal["checkpoint", "desk", "office"]

_LARGEST = 64 * 1024 * 1024


class Dates(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The serial number of a certificate (hexadecimal), and from when to when it is valid (UTC)."""

    serial: str
    begins: dt.datetime
    ends: dt.datetime


class Issued(Dates, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A client's certificate.

    :ivar identity: its common name
    :ivar number: the client's first certificate is 1, each further one counts up
    :ivar checkpoints: identities of the checkpoints that a desk may ask; of a desk only
    :ivar everywhere: the desk may ask every checkpoint
    :ivar revoked: when it was revoked; None if it was not
    :ivar request_key: the public key with which its requests are checked (base64); of a desk or an
        office only, and empty if it was issued by an older version of Gardu
    """

    identity: str
    role: Role
    number: Annotated[int, Meta(ge=1)]
    checkpoints: tuple[str, ...] = ()
    everywhere: bool = False
    revoked: dt.datetime | None = None
    request_key: str = ""

    @property
    def bundle(self) -> str:
        """The name of its bundle's file."""
        return f"{self.identity}-{self.number}.tar.gz"


class Kit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that a kit's files are written from, but for the keys.

    :ivar names: host names and addresses of the broker; bundles use the first
    :ivar port: the broker's TCP port
    :ivar listen: the address that it listens on; empty: all
    :ivar place: folder in which the broker finds its files; empty: the kit's own
    :ivar group: name of the office's shared subscription, a secret: mosquitto lets every client
        subscribe to it, and gives each its share of the records, even if it then drops them
    :ivar crl_number: number of the newest list of revoked certificates
    :ivar crl_updated: its date; each list is later than the one before
    :ivar clients: every client's certificates, in the order in which they were issued
    """

    format: int = FORMAT
    names: tuple[str, ...]
    port: int
    listen: str
    place: str
    group: str
    authority: Dates
    server: Dates
    crl_number: int
    crl_updated: dt.datetime
    clients: tuple[Issued, ...] = ()

    def of(self, identity: str) -> list[Issued]:
        """Return the certificates of *identity*, oldest first."""
        return [one for one in self.clients if one.identity == identity]

    def newest(self) -> dict[str, Issued]:
        """Return the newest certificate of each client, by its identity."""
        return {one.identity: one for one in self.clients}

    def in_use(self) -> dict[str, Issued]:
        """Return the newest certificate of each client that has one that is not revoked."""
        return {one.identity: one for one in self.clients if one.revoked is None}


class _Format(msgspec.Struct):
    format: int = 0


def read_kit(folder: Path) -> Kit:
    """Return the state in *folder*.

    :raises GarduError: if there is no kit, or its state cannot be read or is damaged
    """
    file = folder / FILE
    try:
        with file.open("rb") as opened:
            raw = opened.read(_LARGEST)
    except FileNotFoundError:
        raise GarduError(_no_kit(folder)) from None
    except OSError as error:
        raise GarduError(f"{file}: {(error.strerror or str(error)).lower()}") from None
    try:
        # The format first: a newer one may have keys that this version does not know.
        found = msgspec.json.decode(raw, type=_Format).format
        if found > FORMAT:
            raise GarduError(
                f"{file} has format {found}; this version of Gardu knows {FORMAT}: use a newer one"
            )
        return msgspec.json.decode(raw, type=Kit)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise GarduError(
            f"{file} is damaged ({error}): put it back from a backup of the folder; no other file "
            "was changed"
        ) from None


def write_kit(folder: Path, kit: Kit) -> None:
    """Store *kit* in *folder*, whole or not at all.

    :raises OSError: if it cannot be written
    """
    written = msgspec.structs.replace(kit, format=FORMAT)
    text = msgspec.json.format(msgspec.json.encode(written), indent=1)
    write(folder / FILE, text + b"\n", 0o600)


def _no_kit(folder: Path) -> str:
    if folder.is_dir() and any(folder.iterdir()):
        return f"{folder} holds no broker kit ({FILE} is missing)"
    return f"no broker kit in {folder}: make one with gardu office broker init {folder}"
