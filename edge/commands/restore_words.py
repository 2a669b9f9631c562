"""The words of `gardu restore`: what a backup holds, what was restored, what a person must do."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from edge.commands.options import data_folder, say
from edge.config.model import Config
from edge.config.office_time import in_words
from edge.store.backup.form import CONFIG, About
from edge.store.backup.reader import Contents
from edge.store.backup.target import in_mib


def about_stream(about: About, stream: str, lost: int | None) -> list[str]:
    """Return the lines about the new *stream*, and the records that are not in it."""
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


def about_databases(folder: Path) -> list[str]:
    """Return the lines about databases that were set aside in the data *folder*."""
    aside = ", ".join(sorted(file.name for file in folder.glob("*.db.replaced-*Z")))
    if not aside:
        return []
    return [
        f"set aside: {aside}. Delete them, or take them out of the folder: until then the alarm",
        "  database-replaced stands, and an old guest book goes when keep_days are over",
    ]


def print_contents(file: Path, contents: Contents) -> None:
    """Print what the backup *file* holds."""
    about = contents.about
    data = contents.bytes_of_data
    say(f"{file}: a whole backup of {about.site}/{about.checkpoint} by Gardu {about.version}")
    say(f"made {about.made}; {len(contents.members)} files, {in_mib(data)} of data")
    say(f"records up to {about.sequence} of the stream {about.stream}")
    say(f"not delivered then: {about.waiting} records")
    _print_state(about)
    _print_changed(about)


def print_restored(about: About, settings: Config, told: list[str]) -> None:
    """Print what was restored, and what a person must do about lockers, cards and guests.

    :param told: lines about stream, config and databases
    """
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


def print_files(contents: Contents, config: Path, *, restored_too: bool) -> None:
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
