"""The config of a backup: put in its place by `gardu restore`, or compared with the one there."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from msgspec.structs import replace

from edge.commands.owner import Owner
from edge.config.loading import load_config
from edge.config.model import Config
from edge.errors import ConfigError
from edge.private_files import for_others
from edge.store import data_folder
from edge.store.backup.form import CONFIG, About, BadBackup, ConfigEntry
from edge.store.backup.reader import Contents
from edge.store.damage_mark import moment

# Files that lay outside the config's folder are not put outside it: their place is told.
_ELSEWHERE = "from-backup"
_MODE, _SECRET_MODE = 0o644, 0o600


def config_in(contents: Contents, place: Path) -> Config:
    """Return the backup's config as it will be at *place*, with the absolute path of its data.

    :raises ConfigError: if this Gardu does not accept it, with the way out
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        file = folder / place.name
        file.write_bytes(contents.texts[CONFIG])
        try:
            config = load_config(file, elsewhere=True)
        except ConfigError as error:
            problems = [problem.replace(f"{folder}/", "") for problem in error.problems]
            way_out = (
                "that is the config in the backup: unpack the backup (tar xf), correct "
                f"{CONFIG}, put it at {place}, and restore again"
            )
            raise ConfigError([*problems, way_out]) from None
    data = Path(config.checkpoint.data)
    return (
        _with_data(config, place.absolute().parent / data.relative_to(folder))
        if (data.is_relative_to(folder))
        else config
    )


def check_identity(about: About, config: Config, place: Path) -> None:
    """Refuse the backup of another checkpoint: its records would come from a wrong source.

    :raises ConfigError: if the config at *place* is that of another checkpoint
    """
    here = (config.checkpoint.site, config.checkpoint.id)
    if (about.site, about.checkpoint) != here:
        problem = (
            f"the backup is of the checkpoint {about.site}/{about.checkpoint}, {place} is of "
            f"{'/'.join(here)}: name the right file, or add --with-config to restore the backup's "
            "config too"
        )
        raise ConfigError([problem])


def places(about: About, place: Path) -> Iterator[tuple[ConfigEntry, Path]]:
    """Yield each of the config's files in the backup with its path here, the config last.

    :raises BadBackup: if a path leads out of the folder of *place*
    """
    home = place.absolute().parent
    for entry in sorted(about.files, key=lambda entry: not entry.key):
        if not entry.member:
            continue
        if entry.member == CONFIG:
            yield entry, place.absolute()
        elif entry.place:
            yield entry, home / _below(entry)
        else:
            yield entry, home / _ELSEWHERE / entry.member.rpartition("/")[2]


def write(contents: Contents, place: Path, owner: Owner) -> list[str]:
    """Write the config's files; return what was done with those that need a person, in words.

    A file that is there and differs is renamed. *owner* gets the secrets.

    :raises OSError: if a file cannot be written
    """
    told, when = list[str](), moment()
    for entry, path in places(contents.about, place):
        data = contents.texts[entry.member]
        if path.exists() and path.read_bytes() == data:
            continue
        with for_others():
            path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            aside = path.with_name(f"{path.name}.replaced-{when}")
            path.rename(aside)
            told.append(f"{path} was there and differed: it is now {aside.name}")
        _write(path, data, owner if entry.secret else None)
        if not entry.place and entry.key:
            told.append(f"{path}: was {entry.original} ({entry.key}); put it there by hand")
    return told


def _write(path: Path, data: bytes, owner: Owner | None) -> None:
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    mode = _MODE if owner is None else _SECRET_MODE
    number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(number, "wb") as file:
        os.fchmod(number, mode)
        if owner is not None and not os.geteuid():
            os.fchown(number, *owner)
        file.write(data)
        file.flush()
        os.fsync(number)
    part.rename(path)
    data_folder.sync(path.parent)


def _below(entry: ConfigEntry) -> PurePosixPath:
    path = PurePosixPath(entry.place)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in entry.place:
        raise BadBackup(f"the place {entry.place!r} of {entry.member} leads out of its folder")
    return path


def _with_data(config: Config, data: Path) -> Config:
    return replace(config, checkpoint=replace(config.checkpoint, data=str(data)))
