"""`gardu backup`: writes the checkpoint's data and config to one file, beside the daemon."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from edge import __version__
from edge.clock import Clock
from edge.commands.background import INTERRUPTED, interrupted_by_signals, run_in_background
from edge.commands.databases import DATABASES
from edge.commands.options import ConfigOption, data_folder, load_data_config, refuse, say
from edge.commands.progress import MIB, ProgressBar
from edge.config.model import Config
from edge.config.office_time import office_time
from edge.config.places import DEFAULT_CONFIG
from edge.store.backup.config_files import config_files
from edge.store.backup.form import About, Stopped
from edge.store.backup.make import Backup
from edge.store.backup.target import in_mib, mount_of, room_problem, same_disk
from edge.store.store import FILE


def backup(
    target: Annotated[
        Path, typer.Argument(help="A folder (a USB stick), or the file to write: NAME.tar.gz")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    with_secrets: Annotated[
        bool,
        typer.Option("--with-secrets", help="Password files and private keys too. Guard the file."),
    ] = False,
    without_guests: Annotated[
        bool,
        typer.Option("--without-guests", help="Without personal data: no guest book, no stills."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
) -> None:
    """Back up this checkpoint to one file; the daemon may run, and records go on meanwhile.

    The file has the database, the guest book, the stills, the config with its procedures, wording
    and certificates. It has no password files and no private keys, unless --with-secrets. In a
    folder it is named by site, checkpoint and time. It is read back and checked before it gets its
    name, so a file under that name is whole. Only you can read it (mode 0600), where the file
    system has owners: a USB stick with FAT has none.

    It holds personal data (guest book, stills): delete it when a newer one is there, or leave them
    out (--without-guests). docs/backup.md has more: encryption, restoring, a swap of the card.

    Ends with 0 if the backup is made, 1 if not, or if the history in it was changed, 2 on wrong
    options, 130 after Ctrl-C.

    Example: sudo gardu backup /media/usb
    """
    settings = load_data_config(config)
    clock = Clock.from_environment()
    file = _file(target, settings, clock)
    if file.exists() and not force:
        refuse(f"{file} is there already: name another file, or add --force to replace it")
    work = Backup(
        settings,
        file,
        config_files(config, settings),
        version=__version__,
        databases=DATABASES,
        secrets=with_secrets,
        guests=not without_guests,
        at=clock.now(),
    )
    _examine_places(data_folder(settings), file.parent, work)
    about = _run(work, file)
    _print(about, work, file)
    raise typer.Exit(1 if about.changed else 0)


def _file(target: Path, config: Config, clock: Clock) -> Path:
    """Return the file to write; in a folder it is named by site, checkpoint and time."""
    if not target.is_dir():
        return target.absolute()
    checkpoint = config.checkpoint
    when = office_time(clock.wall_ms(), checkpoint.zone)
    name = f"gardu-{checkpoint.site}-{checkpoint.id}-{when:%Y%m%d-%H%M%S}.tar.gz"
    return target.absolute() / name


def _examine_places(data: Path, folder: Path, work: Backup) -> None:
    """Refuse a place without room; warn about one that is little use."""
    if not (data / FILE).exists():
        refuse(f"{data / FILE} is not there: nothing was ever recorded here", code=1)
    if not folder.is_dir():
        refuse(f"{folder} is not there: is the stick mounted? Name a folder that exists")
    try:
        if problem := room_problem(folder, work.size, work.databases_bytes):
            refuse(problem, code=1)
        if same_disk(data, folder):
            say(
                f"warning: {folder} is on the disk that the data is on: a backup there is lost "
                "with it; copy it elsewhere",
                err=True,
            )
        if not mount_of(folder).has_owners:
            say(
                f"warning: {folder} has no owners of files: every person who holds it can read "
                "the backup",
                err=True,
            )
    except OSError as error:
        refuse(f"{folder}: {error.strerror}", code=1)


def _run(work: Backup, file: Path) -> About:
    with interrupted_by_signals(), ProgressBar(work.total // MIB + 1, "MiB") as bar:
        try:
            return run_in_background(
                work.run, stop=work.stop, on_wait=lambda: bar.update(work.done // MIB)
            )
        except (KeyboardInterrupt, Stopped):
            bar.end()
            refuse(f"stopped: {file} was not made", code=INTERRUPTED)
        except OSError as error:
            bar.end()
            _fail(file, error)


def _fail(file: Path, error: OSError) -> NoReturn:
    where = error.filename or file.parent
    refuse(f"{file} was not made: {where}: {error.strerror or error}", code=1)


def _print(about: About, work: Backup, file: Path) -> None:
    say(f"{file}: {in_mib(file.stat().st_size)}, read back and in order")
    say(
        f"records up to {about.sequence} of the stream {about.stream}; "
        f"{about.waiting} of them not delivered yet"
    )
    say(f"open visits: {about.visits}, cards out: {about.cards}, lockers: {len(about.lockers)}")
    if about.changed:
        say(f"warning: the history was changed: {about.changed} (gardu verify)", err=True)
    if about.guests:
        say("with guest book and stills, which are personal data: delete it when it is not needed")
    else:
        say("without guest book and stills")
    secrets = [entry for entry in about.files if entry.secret]
    if inside := [entry.original for entry in secrets if entry.member]:
        say(f"WITH SECRETS: {', '.join(inside)}")
    if outside := [entry.original for entry in secrets if not entry.member]:
        say(f"without secrets: keep a copy of {', '.join(outside)} elsewhere (--with-secrets)")
    for problem in work.left_out:
        say(f"left out: {problem}", err=True)
