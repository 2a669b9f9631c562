"""Retention: removes records and stills that were delivered long ago, and no others.

Rules
-----
1. Only records and stills that the broker acknowledged more than the configured number of days ago
   are removed: one that waits or is parked stays, at any age.
2. Records are removed from the oldest on and without gaps, so retention never causes a gap in the
   history: a record that stays holds back those after it. The link of the last removed record is
   stored, so that the chain can be checked from there on.
3. No record or still is removed while the wall clock is not trusted, or shows an impossible time.
   An age counts less its uncertainty: the clock's error never makes a record older.
4. Work is done in small transactions, so that the store's thread is soon free for the next event.

A record's type, time and data stay in the register (edge/store/register.py).
"""

import logging
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import msgspec
from tinydb.table import Document

from edge.clock import Clock, Span, Stamp, iso
from edge.config.model import Retention as Limits
from edge.errors import GarduError, StoreFull
from edge.store.documents import DocumentTable
from edge.store.outbox import ONLY, Outbox
from edge.store.ranges import Ranges
from edge.store.register import archive
from edge.worker import Worker

log = logging.getLogger(__name__)

DAY_S = 86_400.0
# Pause before the next try if the clock is not trusted, or the disk has no room, seconds.
AGAIN_S = 600.0
# Rows read or removed in one call.
PAGE = 200
# By how much two clocks of one machine may differ before one of them is wrong, seconds.
_DISAGREEMENT_S = DAY_S
_NO_END = 2**63 - 1


class RetentionPostponed(GarduError):
    """The clock is not reliable now."""


class DatedRows:
    """The rows of *table*, the newest first, each with its age.

    A row dated by an untrusted clock is at least as old as the row after it.
    """

    def __init__(self, table: DocumentTable, now: Stamp) -> None:
        self._rows = table.backwards()
        self._now = now
        self._least_s = 0.0

    def page(self) -> list[tuple[Document, float]]:
        """Return the next rows, each with its minimum age in seconds."""
        return [(row, self._age(row)) for row in islice(self._rows, PAGE)]

    def _age(self, row: Document) -> float:
        span = self._now.since(msgspec.convert(row["at"], Stamp))
        if span.uncertainty_s is None:
            return max(self._least_s, span.seconds)
        self._least_s = _surely_s(span)
        return self._least_s


class Sweep:
    """One removal of all expired records and stills. Each step does a small piece of it.

    :param folder: the paths of stills are relative to it
    :param now: the moment at which ages are measured
    :ivar records: number of records removed so far
    :ivar stills: number of stills removed so far
    """

    def __init__(self, store: Outbox, folder: Path, limits: Limits, now: Stamp) -> None:
        self.records = 0
        self.stills = 0
        self._store = store
        self._documents = documents = store.documents
        self._folder = folder
        self._now = now
        self._outbox = documents.table("outbox")
        self._acknowledged = documents.table("acknowledged")
        self._stills = documents.table("stills")
        self._stills_sent = documents.table("stills-sent")
        self._records_s = limits.delivered_days * DAY_S
        self._stills_s = limits.stills_days * DAY_S
        self._batches = DatedRows(self._acknowledged, now)
        self._sent = DatedRows(self._stills_sent, now)
        self._stays = self._first_of_newest()  # the first record that was delivered too recently
        self._last_batch = 0  # the newest batch of acknowledgements that is old enough

    @property
    def steps(self) -> tuple[Callable[[], bool], ...]:
        """The functions to call in this order, each until it returns False."""
        return (
            self._date_records,
            self._remove_records,
            self._remove_batches,
            self._remove_stills,
            self._remove_strays,
        )

    def why_paused(self) -> str:
        """Return why the clock is not reliable, empty if it is."""
        if not self._now.synced:
            return "the clock is not trusted"
        newest = self._store.newest_batch
        if newest is not None and self._contradicts(newest.at):
            return f"the clock says {self._now.iso()}, which the last delivery contradicts"
        record = next(self._outbox.backwards(), None)
        if record is not None and self._now.iso() < _recorded(record):
            return f"the clock says {self._now.iso()}, but there are newer records"
        return ""

    def _contradicts(self, at: Stamp) -> bool:
        by_wall = (self._now.wall_ms - at.wall_ms) / 1e3
        if not at.synced or at.boot != self._now.boot:
            return at.synced and by_wall < 0
        return abs(by_wall - self._now.since(at).seconds) > _DISAGREEMENT_S

    def _first_of_newest(self) -> int:
        """Return the first record of the batch that is still being filled, unless it is old."""
        newest = self._store.newest_batch
        if newest is None or _surely_s(self._now.since(newest.at)) > self._records_s:
            return _NO_END
        return newest.sequences.first or _NO_END

    def _date_records(self) -> bool:
        """Read a page of acknowledgements, newest first, to find the first record that stays."""
        for batch, age_s in (page := self._batches.page()):
            if age_s > self._records_s:
                self._last_batch = max(self._last_batch, batch.doc_id)
            else:
                first = msgspec.convert(batch["sequences"], Ranges).first
                self._stays = self._stays if first is None else min(self._stays, first)
        return bool(page)

    def _remove_records(self) -> bool:
        needed = self._store.first_needed
        stays = self._stays if needed is None else min(self._stays, needed)
        going = [row for row in self._outbox.scan(0, PAGE) if row.doc_id < stays]
        if going:
            removed, last = self._documents.table("removed"), going[-1]
            with self._store.change():
                # Records from before the chain (edge/store/salvage.py) have no place in it.
                if last.doc_id > (removed.get(doc_id=ONLY) or {"sequence": 0})["sequence"]:
                    removed.put(ONLY, {"sequence": last.doc_id, "link": last["link"]})
                archive(self._documents, going)
                self._outbox.remove(doc_ids=[row.doc_id for row in going])
        self.records += len(going)
        return bool(going)

    def _remove_batches(self) -> bool:
        batches = self._acknowledged.scan(0, PAGE)
        going = [batch.doc_id for batch in batches if batch.doc_id <= self._last_batch]
        self._acknowledged.remove(doc_ids=going)
        return bool(going)

    def _remove_stills(self) -> bool:
        page = self._sent.page()
        going = [still for still, age_s in page if age_s > self._stills_s]
        # First the files: a row without its file does no harm, a file without its row stays.
        for still in going:
            (self._folder / still["path"]).unlink(missing_ok=True)
        self._stills_sent.remove(doc_ids=[still.doc_id for still in going])
        self.stills += len(going)
        return bool(page)

    def _remove_strays(self) -> bool:
        """Remove old files without a row: the process ended between writing file and row."""
        days = {f"stills/{day.name}": day for day in self._old_days()}
        files = [file for day in days.values() for file in day.iterdir()]
        known = set()
        if files:
            rows = (row["path"] for table in (self._stills, self._stills_sent) for row in table)
            known = {path for path in rows if path.rpartition("/")[0] in days}
        for file in files:
            if str(file.relative_to(self._folder)) not in known:
                file.unlink()
                self.stills += 1
        for day in days.values():
            if not any(day.iterdir()):
                day.rmdir()
        return False

    def _old_days(self) -> list[Path]:
        """Return the folders with only stills that are old enough to be removed."""
        # One day more: the folder's name is only the day (UTC) of its stills.
        oldest = iso(self._now.wall_ms - int((self._stills_s + DAY_S) * 1e3))[: len("2026-11-21")]
        days = self._folder.glob("stills/[0-9]*-[0-9]*-[0-9]*")
        return [day for day in days if day.name < oldest and day.is_dir()]


async def run_retention(
    store: Outbox, worker: Worker, clock: Clock, folder: Path, limits: Limits
) -> None:
    """Remove expired records and stills, now and every day, until cancelled.

    :param worker: the store's thread
    :raises StoreError: if the store cannot be used
    """
    told = ""
    while True:
        why_paused = ""
        try:
            await remove_expired(store, worker, clock.now(), folder, limits)
        except (RetentionPostponed, StoreFull, OSError) as error:
            why_paused = str(error)
        if why_paused and why_paused != told:
            log.warning("nothing old is removed for now: %s", why_paused)
        told = why_paused
        await clock.pause(AGAIN_S if why_paused else DAY_S)


async def remove_expired(
    store: Outbox, worker: Worker, now: Stamp, folder: Path, limits: Limits
) -> Sweep:
    """Remove all records and stills that are expired at *now*, piece by piece.

    :raises RetentionPostponed: if the clock is not reliable
    :raises OSError: if a file cannot be removed
    """
    sweep = Sweep(store, folder, limits, now)
    if why_paused := await worker.do(sweep.why_paused):
        raise RetentionPostponed(why_paused)
    for step in sweep.steps:
        while await worker.do(step):
            pass
    if sweep.records or sweep.stills:
        log.info("removed %d old records and %d old stills", sweep.records, sweep.stills)
    return sweep


def _surely_s(span: Span) -> float:
    """Return the seconds that *span* has lasted at least."""
    return max(0.0, span.seconds - (span.uncertainty_s or 0.0))


def _recorded(record: Document) -> str:
    """Return when *record* was committed, RFC 3339 UTC."""
    return str(record["event"]["recordedtime"])
