"""`gardu restore`: puts a backup's data, and its config, on a machine that has none."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO, TypeVar

import typer

from edge import __version__
from edge.clock import Clock
from edge.commands import restore_config
from edge.commands.background import (
    INTERRUPTED,
    interrupted_by_signals,
    run_in_background,
    uninterrupted,
)
from edge.commands.databases import DATABASES, FORMATS_BY_NAME
from edge.commands.options import (
    ConfigOption,
    data_folder,
    load_data_config,
    problems_printed,
    refuse,
    say,
)
from edge.commands.owner import acting_as, owner_of
from edge.commands.progress import MIB, ProgressBar
from edge.commands.restore_words import (
    about_databases,
    about_stream,
    print_contents,
    print_files,
    print_restored,
)
from edge.config.model import Config
from edge.config.places import DEFAULT_CONFIG
from edge.store import data_folder as folders
from edge.store import restored
from edge.store.backup.form import About, BadBackup, Stopped
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
            print_contents(file, contents)
            return
        with problems_printed():
            settings, with_files = _settings(contents, config, with_config=with_config)
        told = _restore(backup, contents, settings, clock, config if with_files else None, replace)
    print_restored(contents.about, settings, told)
    print_files(contents, config, restored_too=with_files)
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
            made = [one for one in (folder, *folder.parents) if not one.exists()]
            folders.make(folder)
            if not os.geteuid():
                for one in made:  # its owner must be able to come to it
                    os.chown(one, *owner)
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
            work = Restore(backup, contents, folder, clock, FORMATS_BY_NAME)
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
    return [*about_stream(contents.about, stream, lost), *told, *about_databases(folder)]


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
