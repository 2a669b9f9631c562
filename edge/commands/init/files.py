"""The files that `gardu init` writes: the config last, each whole or not at all.

Rules
-----
1. A config that is there is never overwritten: it is refused, or renamed first (``--force``).
2. All files are written under other names and synced before the first one gets its own.
3. Written by root they belong to root and the daemon's group, so that the daemon can read and not
   change them.
"""

import grp
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from edge.commands.owner import SERVICE_USER
from edge.errors import GarduError
from edge.private_files import for_others
from edge.store import data_folder
from edge.store.damage_mark import moment

SCHEMAS = (
    "gardu.schema.json", "procedure.schema.json", "part.schema.json", "legal.schema.json",
)  # fmt: skip
"""The JSON Schemas for editors, in the folder schema beside the config."""

_CONFIG_MODE, _PAPER_MODE, ANSWERS_MODE = 0o640, 0o644, 0o600


class NewFile(msgspec.Struct, frozen=True):
    """A file to be written: its path, content and mode."""

    path: Path
    data: bytes
    mode: int = _PAPER_MODE


def config_file(path: Path, text: str) -> NewFile:
    """Return the config, which has card numbers in it: not for all users."""
    return NewFile(path, text.encode(), _CONFIG_MODE)


def copies(source: Path, target: Path, names: Iterable[str]) -> list[NewFile]:
    """Return the files *names* of the folder *source* as files of *target*."""
    return [NewFile(target / name, (source / name).read_bytes()) for name in names]


def beside(path: Path, name: str) -> Path:
    """Return the path of the file *name* that belongs to the config *path*."""
    return path.with_name(f"{path.stem}-{name}")


def refuse_place(path: Path, *, force: bool) -> str:
    """Return why no config can be written to *path*; empty if one can."""
    if path.is_dir():
        return f"{path} is a folder; allowed: the name of a file"
    if os.path.lexists(path) and not force:
        return (
            f"{path} is there already and is not overwritten; name another file with --config, or "
            "add --force: the old file is then renamed"
        )
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{folder}: you may not write there; run this with sudo, or name another --config"
    return ""


def write_all(files: Iterable[NewFile], config: NewFile, *, force: bool) -> list[str]:
    """Write *files*, then *config*; return what was done with a config that was there.

    :raises GarduError: if they cannot be written; then none of them is there
    """
    wanted = [*files, config]
    parts: list[Path] = []
    try:
        for file in wanted:
            with for_others():
                file.path.parent.mkdir(parents=True, exist_ok=True)
            parts.append(part := file.path.with_name(f".{file.path.name}.part"))
            _write(part, file)
        told = _put_aside(config.path) if force else []
        _claim(parts[-1], config.path, force=force)
        for part, file in zip(parts[:-1], wanted[:-1], strict=True):
            part.replace(file.path)
    except OSError as error:
        place = error.filename or config.path
        raise GarduError(f"{place} cannot be written: {error.strerror}") from error
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    for folder in {file.path.parent for file in wanted}:
        data_folder.sync(folder)
    return told


def _claim(part: Path, path: Path, *, force: bool) -> None:
    """Give *part* the name *path*; without *force* only if there is no such file."""
    if force:
        part.replace(path)
    else:
        os.link(part, path)


def _put_aside(path: Path) -> list[str]:
    """Give the config at *path* a second name, under which it stays."""
    if not path.exists():
        return []
    aside = path.with_name(f"{path.name}.replaced-{moment()}")
    try:
        os.link(path, aside)
    except OSError:  # no hard links here: FAT
        shutil.copy2(path, aside)
    return [f"{path} was there: it is now {aside.name}"]


def _write(part: Path, file: NewFile) -> None:
    part.unlink(missing_ok=True)
    number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, file.mode)
    with os.fdopen(number, "wb") as content:
        os.fchmod(number, file.mode)
        if not os.geteuid():
            with suppress(KeyError):
                os.fchown(number, 0, grp.getgrnam(SERVICE_USER).gr_gid)
        content.write(file.data)
        content.flush()
        os.fsync(number)
