"""`gardu office purge`: deletes what is older than the retention allows."""

from typing import Annotated

import typer

from edge.commands.options import problems_printed, refuse, say
from office.commands.options import OfficeOption
from office.config import DEFAULT_CONFIG, OfficeConfig, load_office_config


def purge(
    config: OfficeOption = DEFAULT_CONFIG,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Delete nothing; say how much would be deleted.")
    ] = False,
) -> None:
    """Delete what is older than [retention] allows.

    The running office does this by itself, every hour. This does it at once: after the days in the
    config were changed, or while the office is stopped. Also beside a running office: each
    transaction is small. In SQLite the file does not become smaller; the room is used again.
    """
    with problems_printed():
        loaded = load_office_config(config)
    _purge(loaded, dry_run=dry_run)


def _purge(config: OfficeConfig, *, dry_run: bool) -> None:
    from sqlalchemy.exc import DBAPIError

    from edge.clock import Clock
    from office.database.engine import make_engine
    from office.database.failures import words_of
    from office.database.retention import count_old
    from office.database.schema import prepare
    from office.ingest.purger import Purger, in_words, limits_ms

    now_ms = Clock.from_environment().now().wall_ms
    try:
        engine = make_engine(config.database)
        prepare(engine, config.database)
        if dry_run:
            with engine.begin() as connection:
                found = count_old(connection, **limits_ms(config.retention, now_ms))
            say(f"to be deleted: {in_words(found) or 'nothing'}")
            return
        purger = Purger(engine, config.retention, now_ms)
        while purger.step():
            pass
    except DBAPIError as error:
        refuse(f"database {words_of(error, config.database)}", code=1)
    say(f"deleted: {purger.words or 'nothing'}")
