"""Opens the database at the start of a process, and waits for one that is away."""

import asyncio
import contextlib
import logging

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from edge.clock import Clock
from edge.mqtt.backoff import Backoff
from office.config import DatabaseSection
from office.database.engine import make_engine
from office.database.failures import words_of
from office.database.partitions import create_partitions
from office.database.schema import prepare

log = logging.getLogger(__name__)

_BACKOFF = Backoff(0.5, 15.0)


async def opened_engine(section: DatabaseSection, stop: asyncio.Event) -> Engine | None:
    """Return an engine for the database of *section*, with all tables; None if *stop* was set.

    :raises DatabaseRefused: if this version cannot use the database
    """
    failures, said = 0, ""
    while not stop.is_set():
        try:
            engine = make_engine(section)
            await asyncio.to_thread(_prepare, engine, section)
        except (DBAPIError, OSError) as error:
            failures += 1
            words = words_of(error, section) if isinstance(error, DBAPIError) else str(error)
            if words != said:
                log.error("database %s; trying again", words)  # noqa: TRY400 - words for a person
            said = words
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_BACKOFF.delay(failures)):
                    await stop.wait()
        else:
            log.info("database %s: ready", section.url)
            return engine
    return None


def _prepare(engine: Engine, section: DatabaseSection) -> None:
    """Create the tables and partitions, before the first record comes."""
    prepare(engine, section)
    create_partitions(engine, Clock.from_environment().now().wall_ms)
