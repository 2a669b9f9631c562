"""Examination of a kit: what is missing, unfinished, changed by hand, or open to others."""

import stat
from collections.abc import Iterator
from pathlib import Path

from edge.errors import GarduError
from office.broker.authority import KEY_FILE, load_authority
from office.broker.broker_files import FOLDER, REVOKED, SERVER, wanted
from office.broker.files import part_of
from office.broker.interrupted import BUNDLES, serial_of
from office.broker.state import Kit

_WRITE = "gardu office broker write"


def problems(folder: Path, kit: Kit) -> Iterator[str]:
    """Yield what is wrong with the files of *kit* in *folder*, each with what to do."""
    try:
        authority = load_authority(folder)
        files = wanted(folder, kit, authority)
    except GarduError as error:
        yield str(error)
        return
    inside = folder / FOLDER
    for name, data in files.items():
        found = _content(inside / name)
        if found is None:
            yield f"{inside / name} is missing or cannot be read: {_WRITE} writes it again"
        # A signature differs each time: only the number of a list can be compared.
        elif name != REVOKED and found != data:
            yield (
                f"{inside / name} was changed by hand, is of another version of Gardu, or a "
                f"change was interrupted: {_WRITE} writes it again"
            )
    yield from _server(inside / SERVER, kit)
    if any((folder / BUNDLES).glob(".*.part")) or part_of(inside / SERVER).exists():
        yield f"a change was interrupted: {_WRITE} completes it, or removes what it left"
    key = folder / KEY_FILE
    if (mode := stat.S_IMODE(key.stat().st_mode)) & 0o077:
        yield f"{key}: other users may read or change it (mode {mode:04o}): chmod 600 {key}"
    yield from _strangers(folder / BUNDLES, kit)


def _server(file: Path, kit: Kit) -> Iterator[str]:
    found = _content(file)
    if found is None or serial_of(file) != kit.server.serial:
        yield f"{file} is missing, or is not the server's: gardu office broker renew server"


def _strangers(bundles: Path, kit: Kit) -> Iterator[str]:
    known = {one.bundle for one in kit.clients}
    for file in sorted(bundles.glob("*.tar.gz")):
        if file.name not in known:
            yield (
                f"{file} is of no certificate of kit.json (was that put back from a backup?): it "
                "cannot be revoked; do not use it"
            )


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None
