"""Changes of a kit: made, and clients added, renewed and revoked, each as one change of its state.

Each function locks the folder, and completes a change that was interrupted before.
"""

import datetime as dt
import secrets
import shutil
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from edge.config.spelling import did_you_mean
from edge.errors import GarduError
from edge.mqtt.signatures import SigningKey
from edge.mqtt.signing_keys import new_key, public_text
from edge.private_files import for_others
from edge.store.data_folder import sync
from office.broker import authority as authorities
from office.broker.authority import CERTIFICATE_DAYS, Authority, Pair, alternative_name
from office.broker.broker_files import (
    make_broker_folders,
    wanted,
    write_broker_files,
    write_server_part,
)
from office.broker.bundle import bundle
from office.broker.files import locked, make_folder, write, write_part
from office.broker.interrupted import BUNDLES, complete
from office.broker.request_keys import MAY, key_id
from office.broker.state import Issued, Kit, Role, read_kit, write_kit

_FOLDER_MODE = 0o711  # the broker passes through it to its own files
_BUNDLE_MODE = 0o600


class Wish(NamedTuple):
    """A client to be added.

    :param checkpoints: identities of the checkpoints that a desk may ask
    :param everywhere: it may ask all of them
    """

    identity: str
    role: Role
    checkpoints: tuple[str, ...] = ()
    everywhere: bool = False


class Made(NamedTuple):
    """A certificate that is being issued, and the key that signs its owner's requests."""

    client: Issued
    pair: Pair
    key: SigningKey | None


class Opened(NamedTuple):
    """A locked kit.

    :ivar home: where it lies; its folder has another name while it is being made
    """

    folder: Path
    home: Path
    kit: Kit
    authority: Authority


def init(
    folder: Path,
    names: Sequence[str],
    now: dt.datetime,
    *,
    port: int = 8883,
    listen: str = "",
    place: str = "",
    force: bool = False,
) -> list[str]:
    """Make a kit in *folder*, whole or not at all; return what happened to one that was there.

    :param names: host names and addresses of the broker; clients use the first
    :param place: the folder of the broker's files on the broker's machine; empty: in the kit
    :param force: put a kit that is there aside
    :raises GarduError: if a name cannot be used, or something is in the folder
    :raises OSError: if a file cannot be written
    """
    if not names:
        raise GarduError("a broker needs a name: --name broker.example.go.id (or its address)")
    for name in (*names, *filter(None, [listen])):
        alternative_name(name)
    if place and not (place.startswith("/") and place.isprintable()):
        raise GarduError(
            f"{place!r} is no place; allowed: a whole path, such as /etc/mosquitto/gardu"
        )
    folder = folder.absolute()
    with for_others():  # the broker's user looks for its files below
        folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.parent):
        occupied = folder.exists() and not (folder.is_dir() and not any(folder.iterdir()))
        if occupied:
            _may_be_replaced(folder, force=force)
        # Of an init that was killed; none can be at work.
        for left in folder.parent.glob(f".{escape(folder.name)}.*.part"):
            shutil.rmtree(left)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
        _fill(made, folder, names, now, port=port, listen=listen, place=place)
        told = _put_aside(folder, now) if occupied else []
        made.replace(folder)
        sync(folder.parent)
    return told


def add(
    folder: Path, wishes: Sequence[Wish], now: dt.datetime, days: int = CERTIFICATE_DAYS
) -> list[Path]:
    """Issue the first certificate of each client; return their bundles.

    :raises GarduError: if a client has a certificate already, or a desk's checkpoint has none
    :raises OSError: if a file cannot be written
    """
    with opened(folder) as kit:
        in_use = kit.kit.in_use()
        there = {*in_use, *(wish.identity for wish in wishes)}
        for wish in wishes:
            if wish.identity in in_use:
                raise GarduError(
                    f"{wish.identity} has a certificate: renew or revoke it (gardu office broker "
                    f"renew {wish.identity})"
                )
            for checkpoint in wish.checkpoints:
                known(checkpoint, there)
        return _issue(kit, wishes, now, days)


def renew(
    folder: Path, identities: Sequence[str], now: dt.datetime, days: int = CERTIFICATE_DAYS
) -> list[Path]:
    """Issue a further certificate, with a new key, for each client; return their bundles.

    The one before stays valid until its end, or until it is revoked.

    :raises GarduError: if there is no such client
    :raises OSError: if a file cannot be written
    """
    with opened(folder) as kit:
        in_use = kit.kit.in_use()
        wishes = [
            Wish(one.identity, one.role, one.checkpoints, one.everywhere)
            for one in (in_use[known(name, in_use)] for name in dict.fromkeys(identities))
        ]
        return _issue(kit, wishes, now, days)


def renew_server(
    folder: Path, names: Sequence[str], now: dt.datetime, days: int = CERTIFICATE_DAYS
) -> None:
    """Issue a further certificate of the broker, with a new key.

    :param names: its new host names and addresses; empty: as before
    :raises GarduError: if a name cannot be used
    :raises OSError: if a file cannot be written
    """
    with opened(folder) as kit:
        used = tuple(names) or kit.kit.names
        server = authorities.issue_server(kit.authority, used, now, days)
        part = write_server_part(kit.folder, server)
        _commit(kit, replace(kit.kit, names=used, server=server.dates), [part])


def revoke(
    folder: Path, identities: Sequence[str], now: dt.datetime, *, older: bool = False
) -> list[Issued]:
    """Revoke every certificate of each client; return those that were not revoked before.

    :param older: all but the newest one of each
    :raises GarduError: if there is no such client
    :raises OSError: if a file cannot be written
    """
    with opened(folder) as kit:
        newest = kit.kit.newest()
        names = {known(identity, newest) for identity in identities}
        ended = [
            one
            for one in kit.kit.clients
            if one.identity in names
            and one.revoked is None
            and not (older and one is newest[one.identity])
        ]
        at, serials = now.replace(microsecond=0), {one.serial for one in ended}
        _commit(
            kit,
            replace(
                kit.kit,
                clients=tuple(
                    replace(one, revoked=at) if one.serial in serials else one
                    for one in kit.kit.clients
                ),
                crl_number=kit.kit.crl_number + 1,
                crl_updated=authorities.next_update(kit.kit.crl_updated, now),
            ),
        )
        return ended


def rewrite(folder: Path) -> None:
    """Write the broker's files again, from the kit's state and the office's own lines.

    :raises GarduError: if the kit cannot be used
    :raises OSError: if a file cannot be written
    """
    with opened(folder) as kit:
        _commit(kit, kit.kit)


@contextmanager
def opened(folder: Path) -> Iterator[Opened]:
    """Lock the kit in *folder*, and complete a change that was interrupted.

    :raises GarduError: if the kit cannot be used
    """
    kit = read_kit(folder)  # the clearer error, if there is none
    with locked(folder):
        kit = read_kit(folder)
        authority = authorities.load_authority(folder)
        complete(folder, kit)
        yield Opened(folder, folder.absolute(), kit, authority)


def _issue(kit: Opened, wishes: Sequence[Wish], now: dt.datetime, days: int) -> list[Path]:
    made = list[Made]()
    numbers = Counter(one.identity for one in kit.kit.clients)
    for wish in wishes:
        pair = authorities.issue_client(kit.authority, wish.identity, now, days)
        numbers[wish.identity] += 1
        made.append(_issued(wish, numbers[wish.identity], pair))
    new = replace(kit.kit, clients=(*kit.kit.clients, *(one.client for one in made)))
    parts, bundles = list[Path](), list[Path]()
    for client, pair, key in made:
        file = kit.folder / BUNDLES / client.bundle
        if file.exists():
            raise GarduError(
                f"{file} is there, and kit.json does not know it (was it put back from a backup?): "
                "move it away; its certificate cannot be revoked"
            )
        data = bundle(new, kit.authority.pem, client, pair, key, now)
        parts.append(write_part(file, data, _BUNDLE_MODE))
        bundles.append(file)
    _commit(kit, new, parts)
    return bundles


def _issued(wish: Wish, number: int, pair: Pair) -> Made:
    client = Issued(
        identity=wish.identity,
        role=wish.role,
        number=number,
        checkpoints=wish.checkpoints,
        everywhere=wish.everywhere,
        serial=pair.dates.serial,
        begins=pair.dates.begins,
        ends=pair.dates.ends,
    )
    if wish.role not in MAY:
        return Made(client, pair, None)
    key = new_key(key_id(client))
    return Made(replace(client, request_key=public_text(key)), pair, key)


def _commit(kit: Opened, new: Kit, parts: Sequence[Path] = ()) -> None:
    """Replace the state by *new*; then give the *parts* their names, and write what follows."""
    files = wanted(kit.home, new, kit.authority)  # before: it may fail
    for folder in {part.parent for part in parts}:
        sync(folder)
    write_kit(kit.folder, new)
    complete(kit.folder, new)
    write_broker_files(kit.folder, files)


def known(identity: str, clients: Collection[str]) -> str:
    """Return *identity*, which must be one of *clients*.

    :raises GarduError: if it is not
    """
    if identity not in clients:
        hint = did_you_mean(identity, clients)
        raise GarduError(
            f"no client {identity!r} has a certificate{hint}; see gardu office broker list"
        )
    return identity


def _fill(
    folder: Path,
    home: Path,
    names: Sequence[str],
    now: dt.datetime,
    *,
    port: int,
    listen: str,
    place: str,
) -> None:
    folder.chmod(_FOLDER_MODE)
    made = authorities.new_authority(f"Gardu broker {names[0]}"[:64], now)
    write(folder / authorities.KEY_FILE, made.key, 0o600)
    write(folder / authorities.CERTIFICATE_FILE, made.certificate, 0o644)
    make_folder(folder / BUNDLES, 0o700)
    make_broker_folders(folder)
    authority = authorities.load_authority(folder)
    server = authorities.issue_server(authority, names, now)
    write_server_part(folder, server)
    kit = Kit(
        names=tuple(names),
        port=port,
        listen=listen,
        place=place,
        group=f"office-{secrets.token_hex(16)}",
        authority=made.dates,
        server=server.dates,
        crl_number=1,
        crl_updated=authorities.next_update(None, now),
    )
    _commit(Opened(folder, home, kit, authority), kit)


def _may_be_replaced(folder: Path, *, force: bool) -> None:
    """Refuse to replace what is at *folder*, except a kit with *force*.

    :raises GarduError: if it stays
    """
    if not (folder / authorities.KEY_FILE).exists():
        raise GarduError(f"{folder} is there, and is no broker kit: name another folder")
    if not force:
        raise GarduError(
            f"{folder} holds the key of an authority: with another one, every checkpoint needs a "
            "new bundle. --force puts it aside and makes a new kit"
        )


def _put_aside(folder: Path, now: dt.datetime) -> list[str]:
    aside = folder.with_name(f"{folder.name}.replaced-{now:%Y%m%dT%H%M%S}")
    with locked(folder):
        folder.rename(aside)
    return [f"the kit that was there is now {aside}"]
