"""`gardu office migrate`: brings the database to this version."""

from edge.commands.options import problems_printed, refuse, say
from office.commands.options import OfficeOption
from office.config import DEFAULT_CONFIG, load_office_config


def migrate(config: OfficeOption = DEFAULT_CONFIG) -> None:
    """Bring the database to this version, after an upgrade.

    Make a backup first (docs/office.md), and stop every ingest. An empty database gets the tables
    too. It is one transaction: after a failure the database is as it was.
    """
    from sqlalchemy.exc import DBAPIError

    from office.database.engine import make_engine
    from office.database.failures import words_of
    from office.database.schema import migrate as change

    with problems_printed():
        loaded = load_office_config(config)
    try:
        before, now = change(make_engine(loaded.database), loaded.database)
    except DBAPIError as error:
        refuse(f"database {words_of(error, loaded.database)}", code=1)
    say(f"{loaded.database.url}: revision {before} before, {now} now")
