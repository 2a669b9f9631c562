"""`gardu office ingest`: one process that stores what checkpoints publish."""

import asyncio
import re
from typing import Annotated

import typer

from edge.commands.options import problems_printed, refuse
from office.commands.options import OfficeOption, log_to_stderr, stop_on_signals
from office.config import DEFAULT_CONFIG, OfficeConfig, load_office_config

_NAME = re.compile(r"[a-z0-9-]{0,30}")


def ingest(
    config: OfficeOption = DEFAULT_CONFIG,
    *,
    name: Annotated[
        str,
        typer.Option(
            help="Name of a further process, which shares the records with the first one. Keep the "
            "name: the broker stores a session under it."
        ),
    ] = "",
) -> None:
    """Run one process that stores what checkpoints publish.

    It runs until SIGTERM or Ctrl-C. A message is acknowledged to the broker when it is committed.
    While the broker or the database is away it waits, and says so once. `gardu office run` starts
    this as often as the config says.
    """
    with problems_printed():
        loaded = load_office_config(config)
    if not _NAME.fullmatch(name):
        refuse(f"--name {name}: lower-case letters, digits and dashes, at most 30")
    if name and loaded.database.sqlite:
        refuse("--name: a further process needs PostgreSQL; SQLite has one writer")
    log_to_stderr()
    asyncio.run(_ingest(loaded, name))


async def _ingest(config: OfficeConfig, name: str) -> None:
    from edge.clock import Clock
    from office.ingest.ingest import Ingest
    from office.ingest.start import opened_engine

    stop = stop_on_signals()
    engine = await opened_engine(config.database, stop)
    if engine is not None:
        await Ingest(config, engine, Clock.from_environment(), name).run(stop)
        engine.dispose()
