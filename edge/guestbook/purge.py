"""What leaves the guest book: on demand and, when it has had its time, by itself; on record.

The book is purged first and notes that in the same transaction (edge/guestbook/book.py); the note
goes once the history has the record. Whatever is cut off in between is made up for at the next
start.
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
    """Return the record of *purge*: how many and until when, and of nobody anything."""
    data = GuestBookPurged(
        visits=purge.count,
        before=iso(purge.before_ms),
        by=purge.by,
        clock_synced=purge.at.synced,
    )
    return Record(TYPE, "guestbook", purge.at, None, data)


def purge_offline(book: GuestBook, store: Outbox, before_ms: int, at: Stamp) -> int:
    """Remove what is from before *before_ms* and record it; for when no daemon runs.

    :raises BookUnusable: if the book cannot be used
    :raises StoreError: if the store cannot
    """
    removed = book.purge(before_ms, at, "request")
    for number, purge in book.purges():
        store.append([record_of(purge)])
        book.recorded(number)
    return removed


class Purger:
    """Removes details while the daemon runs; each of book and store on its own thread.

    :param wake: is given the rows of the records
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
        """Remove what is from before *before_ms* (wall clock, ms); return how many visits'.

        :raises BookUnusable: if the book cannot be used
        :raises StoreError: if the store cannot; what was removed is recorded at the next start
        """
        now = self._clock.now()
        removed = await self._book_worker.do(self._book.purge, before_ms, now, "request")
        await self._record()
        return removed

    async def run(self) -> None:
        """Remove what has had its time, now and every day, until cancelled."""
        told = ""
        while True:
            trouble = await self._remove_expired()
            if trouble and trouble != told:
                log.warning("nothing old leaves the guest book for now: %s", trouble)
            told = trouble
            await self._clock.pause(AGAIN_S if trouble else DAY_S)

    async def _remove_expired(self) -> str:
        """Return why that was not possible, empty if it was."""
        now = self._clock.now()
        try:
            await self._record()  # what the last run removed and did not come to record
            if trouble := await self._worker.do(self._clock_trouble, now):
                return trouble
            before_ms = now.wall_ms - int(self._config.guestbook.keep_days * DAY_S * 1e3)
            removed = await self._book_worker.do(self._book.purge, before_ms, now, "retention")
            await self._record()
        except (BookUnusable, StoreFull) as error:
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
