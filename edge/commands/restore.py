"""`gardu restore`: puts a backup's data, and its config, on a machine that has none."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO, TypeVar

import typer

from edge import __version__
from edge.clock import Clock
from edge.commands import restore_config
from edge.commands.background import interrupted_by_signals, run_in_background, uninterrupted
from edge.commands.backup import DATABASES, INTERRUPTED, MIB
from edge.commands.options import (
    ConfigOption,
    data_folder,
    load_data_config,
    problems_printed,
    refuse,
    say,
)
from edge.commands.owner import acting_as, owner_of
from edge.commands.progress import ProgressBar
from edge.config.model import Config
from edge.config.office_time import in_words
from edge.config.places import DEFAULT_CONFIG
from edge.store import data_folder as folders
from edge.store import restored
from edge.store.backup.form import CONFIG, About, BadBackup, Stopped
from edge.store.backup.reader import Contents, examine
from edge.store.backup.restore import Restore, newest, room
from edge.store.backup.target import in_mib

Result = TypeVar("Result")


def restore(
    file: Annotated[Path, typer.Argument(help="The backup: a file of `gardu backup`.")],
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Set the databases that are there aside (*.replaced-…)."),
    ] = False,
    with_config: Annotated[
        bool,
        typer.Option("--with-config", help="Restore the config too, where there is one already."),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only examine the backup; restore nothing.")
    ] = False,
) -> None:
    """Restore a checkpoint from its backup, for example on a new memory card or another Pi.

    The daemon must not run: sudo systemctl stop gardu. The whole file is checked before anything is
    written. If there is no config at --config, the backup's is put there, with procedures, wording
    and certificates; one that is there stays, unless --with-config. The data goes into the data
    folder of that config. A database that is there stays, unless --replace. A power cut in the
    middle leaves the old data or the restored, never a part.

    The restored checkpoint begins a new stream, which the central office sees. What happened after
    the backup was made is not in it: look into every locker and count the cards before the first
    guest. Never run both Pis of one backup at a time. docs/backup.md has more.

    Ends with 0 if it is restored, 1 if not, 2 on wrong options or a wrong config, 130 after Ctrl-C.

    Example: sudo gardu restore /media/usb/gardu-setda-lobi-20261122-101500.tar.gz
    """
    clock = Clock.from_environment()
    with _opened(file) as backup:
        contents = _examined(file, backup)
        if check:
            _print_contents(file, contents)
            return
        with problems_printed():
            settings, with_files = _settings(contents, config, with_config=with_config)
        told = _restore(backup, contents, settings, clock, config if with_files else None, replace)
    _print_restored(contents.about, settings, told)
    _print_files(contents, config, restored_too=with_files)
    say("then: gardu check, and sudo systemctl start gardu. Never run the old Pi beside this one")


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        number = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        refuse(f"{file}: {error.strerror}")
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        refuse(f"{file} is no file: name a file of `gardu backup`")
    with os.fdopen(number, "rb") as opened:
        yield opened


def _examined(file: Path, opened: BinaryIO) -> Contents:
    """Return the contents of the backup; refuse it with the reason if it cannot be restored."""
    size, stopped = os.fstat(opened.fileno()).st_size, list[bool]()

    def count(_bytes: int) -> None:
        if stopped:
            raise Stopped("stopped")

    work = partial(examine, opened, version=__version__, formats=DATABASES, on_bytes=count)
    with _refused(f"{file} cannot be restored"):
        return _in_background(work, lambda: stopped.append(True), size, opened.tell)


def _settings(contents: Contents, place: Path, *, with_config: bool) -> tuple[Config, bool]:
    """Return the config to use, and True if the backup's config is to be written to *place*."""
    about = contents.about
    with_files = with_config or not place.exists()
    settings = restore_config.config_in(contents, place) if with_files else load_data_config(place)
    restore_config.check_identity(about, settings, place)
    if with_files:
        with _refused("nothing was written"):
            for _entry, path in restore_config.places(about, place):
                _need_access(path)
    return settings, with_files


def _need_access(path: Path) -> None:
    there = next(folder for folder in path.parents if folder.exists())
    if not os.access(there, os.W_OK):
        refuse(f"{path} cannot be written: run this as root (sudo), or name another --config")


def _restore(
    backup: BinaryIO,
    contents: Contents,
    settings: Config,
    clock: Clock,
    place: Path | None,
    replace: bool,  # noqa: FBT001 - from the command's option
) -> list[str]:
    """Restore the data, and the config's files to *place*; return what was done, in words."""
    folder = data_folder(settings)
    owner = owner_of(folder)
    with _refused("nothing was restored"):
        if not folder.exists():
            folders.make(folder)
            if not os.geteuid():
                os.chown(folder, *owner)
        with acting_as(owner):
            lock = folders.FolderLock(folder)
        try:
            _refuse_overwriting(folder, replace=replace)
            if contents.bytes_of_data > room(folder):
                refuse(
                    f"{folder} has {in_mib(room(folder))} free for the data (64 MiB stay free), "
                    f"which has {in_mib(contents.bytes_of_data)}: make room",
                    code=1,
                )
            lost = _lost(folder, contents.about)
            work = Restore(backup, contents, folder, clock)
            with acting_as(owner):
                stream = _in_background(
                    partial(work.stage, lost), work.stop, work.total, lambda: work.done
                )
            try:
                with uninterrupted():
                    told = [] if place is None else restore_config.write(contents, place, owner)
                    with acting_as(owner):
                        work.finish()
            except BaseException:
                restored.abandon(folder)
                raise
        finally:
            lock.release()
    return [*_about_stream(contents.about, stream, lost), *told, *_about_databases(folder)]


def _refuse_overwriting(folder: Path, *, replace: bool) -> None:
    if (names := restored.in_the_way(folder)) and not replace:
        refuse(
            f"{folder} has {', '.join(names)}: nothing was restored. Add --replace to set that "
            "aside and restore the backup in its place"
        )


def _lost(folder: Path, about: About) -> int | None:
    """Return how many records the database to be replaced has that are not in the backup."""
    found = newest(folder)
    if found is None or found[0] != about.stream:
        return None
    return max(0, found[1] - about.sequence)


@contextmanager
def _refused(what: str) -> Iterator[None]:
    """Print why the work of this context failed, and end with 1, or 130 if it was interrupted."""
    try:
        yield
    except BadBackup as error:
        refuse(f"{what}: {error}", code=1)
    except (KeyboardInterrupt, Stopped):
        refuse(f"stopped: {what}", code=INTERRUPTED)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        refuse(f"{what}: {where}{error.strerror or error}", code=1)


def _in_background(
    work: Callable[[], Result], stop: Callable[[], None], total: int, done: Callable[[], int]
) -> Result:
    """Run *work* with a progress bar of *total* bytes."""
    with interrupted_by_signals(), ProgressBar(total // MIB + 1, "MiB") as bar:
        return run_in_background(work, stop=stop, on_wait=lambda: bar.update(done() // MIB))


def _about_stream(about: About, stream: str, lost: int | None) -> list[str]:
    if lost is None:
        how_many = (
            "those that were delivered are at the central office; how many there were, this "
            "machine does not know"
        )
    else:
        how_many = f"{lost} of them were in the database that was set aside"
    return [
        f"new stream {stream}, from record {about.sequence + 1} on; before, {about.stream}",
        f"not delivered when the backup was made: {about.waiting} records. They are sent under",
        "  their old ids; the central office drops those that it has received since",
        f"not here: records that were committed after the backup was made; {how_many}",
    ]


def _about_databases(folder: Path) -> list[str]:
    aside = ", ".join(sorted(file.name for file in folder.glob("*.db.replaced-*Z")))
    if not aside:
        return []
    return [
        f"set aside: {aside}. Delete them, or take them out of the folder: until then the alarm",
        "  database-replaced stands, and an old guest book goes when keep_days are over",
    ]


def _print_contents(file: Path, contents: Contents) -> None:
    about = contents.about
    data = contents.bytes_of_data
    say(f"{file}: a whole backup of {about.site}/{about.checkpoint} by Gardu {about.version}")
    say(f"made {about.made}; {len(contents.members)} files, {in_mib(data)} of data")
    say(f"records up to {about.sequence} of the stream {about.stream}")
    say(f"not delivered then: {about.waiting} records")
    _print_state(about)
    _print_changed(about)


def _print_restored(about: About, settings: Config, told: list[str]) -> None:
    made = about.made
    with suppress(ValueError):
        wall_ms = int(datetime.fromisoformat(about.made).timestamp() * 1000)
        made = in_words(wall_ms, settings.checkpoint.zone)
    say(f"restored into {data_folder(settings)}: {about.site}/{about.checkpoint} as of {made}")
    for words in told:
        say(words)
    _print_changed(about)
    _print_state(about)
    say(
        "what happened since then is not known here: before the first guest look into every "
        "locker, count the cards (gardu day lists those believed out)"
    )
    if about.guests:
        say(
            "guests' details that were removed on request since then are here again: remove them "
            "again (gardu guestbook purge)"
        )


def _print_files(contents: Contents, config: Path, *, restored_too: bool) -> None:
    """Print the files that a person must bring: those that are neither here nor in the backup."""
    for entry in contents.about.files:
        if not entry.member and not (config.parent / (entry.place or entry.original)).exists():
            say(f"put back by hand: {entry.original} ({entry.key})")
    if not restored_too and config.read_bytes() != contents.texts[CONFIG]:
        say(f"{config} stays as it is; the backup's differs (--with-config restores it)")


def _print_state(about: About) -> None:
    lockers = ", ".join(map(str, about.lockers)) or "none"
    say(f"then: {about.visits} open visits, {about.cards} cards out, lockers in use: {lockers}")


def _print_changed(about: About) -> None:
    if about.changed:
        say(f"warning: the history had been changed before: {about.changed}", err=True)
