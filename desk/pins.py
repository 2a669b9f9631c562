"""PINs: each role has one; its scrypt hash lies in a file that only the desk may read.

A PIN is short, so the hash alone does not protect it: the file is secret, and wrong PINs are
limited (``attempts.py``).
"""

import grp
import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from desk.roles import Role
from edge.errors import GarduError

SHORTEST, LONGEST = 6, 12

# 16 MiB and some 0.1 s on a Raspberry Pi 4 for each PIN that is tried.
_N, _R, _P = 2**14, 8, 1
_MOST_MEMORY = 64 * 1024 * 1024
# Root writes the file into a folder of the desk's group (systemd/gardu.tmpfiles).
_MODE = 0o640
GROUP = "gardu-desk"
"""The group of the desk's unit (systemd/gardu.sysusers)."""
_LARGEST = 4096


class Pin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The hash of a PIN, with its salt and the parameters of scrypt; bytes are base64 in JSON."""

    salt: Annotated[bytes, Meta(min_length=16)]
    hash: Annotated[bytes, Meta(min_length=32)]
    n: Annotated[int, Meta(ge=2, le=2**16)] = _N
    r: Annotated[int, Meta(ge=1, le=16)] = _R
    p: Annotated[int, Meta(ge=1, le=4)] = _P


Pins = dict[Role, Pin]


def make_pin(digits: str) -> Pin:
    """Return the hash of the PIN *digits*, with a new salt."""
    salt = secrets.token_bytes(16)
    return Pin(salt, _hash(digits, Pin(salt, b"")))


def matches(pin: Pin, digits: str) -> bool:
    """Return True if *digits* is the PIN; takes about 0.1 s."""
    return hmac.compare_digest(pin.hash, _hash(digits[: LONGEST + 1], pin))


def weakness(digits: str) -> str:
    """Return why *digits* is no good PIN, empty if it is one."""
    if not (digits.isascii() and digits.isdigit() and SHORTEST <= len(digits) <= LONGEST):
        return f"a PIN has {SHORTEST} to {LONGEST} digits"
    steps = {int(later) - int(earlier) for earlier, later in pairwise(digits)}
    if len(set(digits)) < 3 or steps in ({1}, {-1}):
        return "that PIN is guessed first: use other digits"
    return ""


def read_pins(file: Path) -> Pins:
    """Return the PINs in *file*; none if there is no such file.

    :raises GarduError: if it cannot be read
    """
    try:
        with file.open("rb") as opened:
            return msgspec.json.decode(opened.read(_LARGEST), type=Pins)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise GarduError(f"the file of the PINs, {file}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise GarduError(
            f"the file of the PINs, {file}, is damaged: remove it and set the PINs again"
        ) from None


def write_pin(file: Path, role: Role, pin: Pin | None) -> None:
    """Store *pin* for *role* durably in *file*; None: the role has none any more.

    :raises GarduError: if it cannot be written
    """
    pins = read_pins(file)
    pins.pop(role, None)
    if pin is not None:
        pins[role] = pin
    part = file.with_name(f".{file.name}.part")
    try:
        make_folder(file.parent)
        part.unlink(missing_ok=True)
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _MODE)
        with os.fdopen(number, "wb") as opened:
            os.fchmod(number, _MODE)
            opened.write(msgspec.json.encode(pins) + b"\n")
            opened.flush()
            os.fsync(number)
        part.replace(file)
    except OSError as error:
        raise GarduError(f"{file} cannot be written: {error.strerror}") from None


def make_folder(folder: Path, group: str = GROUP) -> None:
    """Make *folder*, if it is not there, for this user alone, or for *group* if root makes it.

    Root sets the PINs, and the desk reads them by its group: as systemd-tmpfiles makes the folder.

    :raises OSError: if it cannot be made
    """
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return
    with suppress(KeyError):  # no such group: the desk has no unit here
        number = grp.getgrnam(group).gr_gid
        if os.geteuid() == 0:
            os.chown(folder, 0, number)
            folder.chmod(0o2750)


def _hash(digits: str, pin: Pin) -> bytes:
    return hashlib.scrypt(
        digits.encode(), salt=pin.salt, n=pin.n, r=pin.r, p=pin.p, maxmem=_MOST_MEMORY, dklen=32
    )
