"""Purge of the guest book: removes details on request and when expired; records each removal.

The book stores a note of the removal in the same transaction (edge/guestbook/book.py) and deletes
it after the history has the record. If a crash interrupts this, the next start completes it.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.clock import Clock, Stamp, iso
from edge.config.model import Config
from edge.errors import StoreFull
from edge.guestbook.book import BookUnusable, GuestBook, Purge
from edge.sop.records import GuestBookPurged, Record
from edge.store.outbox import Outbox, OutboxRow
from edge.store.retention import AGAIN_S, DAY_S, Sweep
from edge.worker import Worker

log = logging.getLogger(__name__)

TYPE = "gardu.guestbook.purged.v1"


def record_of(purge: Purge) -> Record:
    """Return the record of *purge*: the number of visits and the moment, no personal data."""
    data = GuestBookPurged(
        visits=purge.count,
        before=iso(purge.before_ms),
        by=purge.by,
        clock_synced=purge.at.synced,
    )
    return Record(TYPE, "guestbook", purge.at, None, data)


def purge_offline(book: GuestBook, store: Outbox, before_ms: int, at: Stamp) -> int:
    """Remove and record entries from before *before_ms* (wall clock, ms), without a daemon.

    :return: the number of visits
    :raises BookUnusable: if the book cannot be used
    :raises StoreError: if the store cannot be used
    """
    removed = book.purge(before_ms, at, "request")
    for number, purge in book.purges():
        store.append([record_of(purge)])
        book.recorded(number)
    return removed


class Purger:
    """Removes details while the daemon runs; book and store each run on their own thread.

    :param wake: called with the rows of the new records, to send them
    """

    def __init__(
        self,
        config: Config,
        book: GuestBook,
        book_worker: Worker,
        store: Outbox,
        worker: Worker,
        clock: Clock,
        wake: Callable[[Sequence[OutboxRow]], None],
    ) -> None:
        self._config = config
        self._book = book
        self._book_worker = book_worker
        self._store = store
        self._worker = worker
        self._clock = clock
        self._wake = wake

    async def purge(self, before_ms: int) -> int:
        """Remove entries from before *before_ms* (wall clock, ms); return the number of visits.

        :raises BookUnusable: if the book cannot be used
        :raises StoreError: if the store cannot be used; the removal is recorded at the next start
        """
        now = self._clock.now()
        removed = await self._book_worker.do(self._book.purge, before_ms, now, "request")
        await self._record()
        return removed

    async def run(self) -> None:
        """Remove expired details, now and every day, until cancelled."""
        told = ""
        while True:
            trouble = await self._remove_expired()
            if trouble and trouble != told:
                log.warning("nothing old leaves the guest book for now: %s", trouble)
            told = trouble
            await self._clock.pause(AGAIN_S if trouble else DAY_S)

    async def _remove_expired(self) -> str:
        """Remove expired details; return why that was not possible, empty if it was."""
        now = self._clock.now()
        try:
            await self._record()  # removals that the last run has not recorded
            if trouble := await self._worker.do(self._clock_trouble, now):
                return trouble
            before_ms = now.wall_ms - int(self._config.guestbook.keep_days * DAY_S * 1e3)
            removed = await self._book_worker.do(self._book.purge, before_ms, now, "retention")
            await self._record()
        except (BookUnusable, StoreFull, OSError) as error:
            return str(error)
        if removed:
            log.info("the details of %d visits have left the guest book", removed)
        return ""

    def _clock_trouble(self, now: Stamp) -> str:
        folder = Path(self._config.checkpoint.data)
        return Sweep(self._store, folder, self._config.retention, now).why_paused()

    async def _record(self) -> None:
        for number, purge in await self._book_worker.do(self._book.purges):
            self._wake(await self._worker.do(self._store.append, [record_of(purge)]))
            await self._book_worker.do(self._book.recorded, number)
