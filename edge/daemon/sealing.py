"""Sealing in the daemon: finds the keys, seals what was there before them, forgets ended visits."""

import logging
from collections.abc import Callable, Collection
from pathlib import Path

from edge.clock import Clock
from edge.config.model import Config
from edge.config.office_key import office_key
from edge.daemon.local_key import local_key
from edge.guestbook.book import BookUnusable, GuestBook
from edge.sealing.sealing import Sealing
from edge.sealing.wraps import LocalKey
from edge.store.outbox import Outbox
from edge.store.still_sealing import seal_stills_forever
from edge.worker import Worker

log = logging.getLogger(__name__)


def sealing_of(config: Config) -> Sealing | None:
    """Return the keys for personal data; None if the config has no office key."""
    if config.sealing is None:
        return None
    key = office_key(config.sealing.office_key)
    log.info("guests' details and stills are sealed to the office's key %s", key.id)
    return Sealing(key, LocalKey(local_key()))


def forget_ended(book: GuestBook, worker: Worker, visits: Collection[str]) -> None:
    """Have *book* forget what is read back here of all visits but *visits*; from any thread.

    :param worker: the thread for calls of *book*
    """
    worker.submit(_keep_readable, book, frozenset(visits))


def _keep_readable(book: GuestBook, visits: Collection[str]) -> None:
    """Called on the thread of *book*: must not raise."""
    try:
        book.keep_readable(visits)
    except BookUnusable as error:
        log.warning("details of ended visits stay readable here for now: %s", error)


async def run_sealing(
    sealing: Sealing | None,
    store: Outbox,
    worker: Worker,
    clock: Clock,
    folder: Path,
    begin: Callable[[], None],
) -> None:
    """Seal the stills from before there was a key, until cancelled; without a key, return.

    :param begin: called first, with a key only
    """
    if sealing is not None:
        begin()
        await seal_stills_forever(store, worker, clock, folder, sealing.office)
