"""`gardu undo-migration`: puts back the database from before a migration, for an older version."""

from typing import Annotated

import typer

from edge.clock import Clock
from edge.commands.options import ConfigOption, data_folder, load_data_config, problems_printed, say
from edge.commands.owner import acting_as, owner_of
from edge.config.places import DEFAULT_CONFIG
from edge.errors import GarduError
from edge.store import data_folder as folders
from edge.store.store import FORMATS
from edge.store.undo_migration import Undone
from edge.store.undo_migration import undo_migration as undo


def undo_migration(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    new_stream: Annotated[
        bool,
        typer.Option("--new-stream", help="Allow it although records were written since."),
    ] = False,
) -> None:
    """Put back the database that this version can read, after a newer version has migrated it.

    The upgrade tool calls it on the way back to an older version: /usr/lib/gardu/upgrade back. By
    hand: stop the daemon, and run it with the older version's own program.

    The newer database is renamed to gardu.db.replaced-… and stays. If records were written since
    the migration they are only in that file, so this is refused unless --new-stream allows it: then
    the checkpoint begins a new stream, which the central office sees, and what happened since is
    not known here: look into every locker and count the cards. docs/upgrade.md has more.

    Ends with 0 if it is done, or if there was nothing to do; 1 if it is refused; 2 on wrong options
    or a wrong config.

    Example: sudo -u gardu gardu undo-migration
    """
    with problems_printed():
        settings = load_data_config(config)
    folder = data_folder(settings)
    if not folder.is_dir():
        return
    with acting_as(owner_of(folder)):
        lock = folders.FolderLock(folder)
        try:
            undone = undo(
                folder, FORMATS, settings.checkpoint.site, settings.checkpoint.id,
                Clock.from_environment(), new_stream=new_stream,
            )  # fmt: skip
        except OSError as error:
            raise GarduError(f"{error.filename or folder}: {error.strerror or error}") from error
        finally:
            lock.release()
    if undone is not None:
        say(_told(undone))


def _told(undone: Undone) -> str:
    back = f"the database of format {FORMATS.number} is back, from before its migration"
    if not undone.stream:
        return f"{back} to format {undone.found}; no record was written since"
    count = "an unknown number of" if undone.lost is None else undone.lost
    return (
        f"{back} to format {undone.found}; {count} records are only in the file gardu.db.replaced-…"
        f" beside it. The stream is now {undone.stream}: look into every locker, count the cards"
    )
