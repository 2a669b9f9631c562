"""Publishes each month's summary to the central office once the month is over.

Rules
-----
1. A month is published after its last midnight at the office, by a trusted clock, and only once:
   revision 1. A daemon that did not run then publishes the missed months when it runs again.
2. Every day the publisher checks for new records that may be of a published month (for example
   dated by a clock that was behind). If they change the summary, it is published again as the next
   revision.
3. The published revision is stored in the same transaction as its record: even after a crash, no
   revision is published twice and none is left out.
4. A month without a record dated by a trusted clock is not published: it is a clock's error.
5. Another process does the counting (edge/report/__main__.py).
"""

import asyncio
import hashlib
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import tzinfo
from functools import partial
from pathlib import Path

import msgspec

from edge import waits
from edge.clock import Clock, Stamp
from edge.config.zone import Month, month_at, zone_of
from edge.errors import GarduError, StoreFull
from edge.sop.monthly_summary import Summary, bounded
from edge.sop.records import MonthlyReport, Record
from edge.store.cloudevent import REPORT_TYPE
from edge.store.register import DAY_MS, newest_by_month, runs
from edge.store.rows import OutboxRow
from edge.store.store import Store
from edge.worker import Worker

log = logging.getLogger(__name__)

# Pause before the next try if the clock is not trusted or the counting failed, seconds.
AGAIN_S = 600.0
DAY_S = 86_400.0
# Wait after midnight, seconds: all records from before midnight are on the disk by then.
AFTER_MIDNIGHT_S = 60.0
# Longest time for the counting, real seconds.
COUNTING_S = 900.0

Count = Callable[[Month], Awaitable[Summary]]
Wake = Callable[[Sequence[OutboxRow]], None]


class ReportPostponed(GarduError):
    """No summary could be made now."""


class Due(msgspec.Struct, frozen=True):
    """A month to be counted; *newest* is the sequence of the last record that may be of it."""

    month: Month
    newest: int


class Noted(msgspec.Struct, frozen=True):
    """The stored state of a month's report.

    :ivar revision: the last one that was published; 0 if none was
    :ivar digest: SHA-256 of its summary
    :ivar newest: the sequence of the last record that was counted
    :ivar sequence: the sequence of the report's own record; 0 if it is not known
    """

    month: str
    revision: int = 0
    digest: str = ""
    newest: int = 0
    sequence: int = 0


class Publisher:
    """Publishes the months of *store* in the time zone *zone*.

    :param count: makes the summary of a month
    :param wake: called with the rows of new records
    """

    def __init__(
        self, store: Store, worker: Worker, clock: Clock, zone: tzinfo, *, count: Count, wake: Wake
    ) -> None:
        self._store = store
        self._worker = worker
        self._clock = clock
        self._zone = zone
        self._count = count
        self._wake = wake

    async def run(self) -> None:
        """Publish the months that are due, now and every day, until cancelled.

        :raises StoreError: if the store cannot be used
        """
        told = ""
        while True:
            trouble = ""
            try:
                await self.publish_due(self._clock.now())
            except (ReportPostponed, StoreFull, OSError) as error:
                trouble = str(error)
            if trouble and trouble != told:
                log.warning("no monthly report for now: %s", trouble)
            told = trouble
            await self._clock.pause(AGAIN_S if trouble else self._until_next_check())

    async def publish_due(self, now: Stamp) -> list[OutboxRow]:
        """Count each past month with new records, publish it if its summary has changed.

        :return: the rows of the published reports
        :raises ReportPostponed: if the clock is not trusted or a month could not be counted
        """
        if not now.synced:
            raise ReportPostponed("the clock is not trusted")
        published: list[OutboxRow] = []
        for due in await self._worker.do(
            due_months, self._store, month_at(now.wall_ms, self._zone)
        ):
            summary = bounded(await self._count(due.month))
            rows = await self._worker.do(publish, self._store, due, summary, now)
            self._wake(rows)
            published += rows
        return published

    def _until_next_check(self) -> float:
        """Return the seconds until shortly after the end of the month, at most a day."""
        now_ms = self._clock.wall_ms()
        month = month_at(now_ms, self._zone)
        to_next_month_s = month.end.timestamp() - now_ms / 1e3 + AFTER_MIDNIGHT_S
        return min(DAY_S, max(AFTER_MIDNIGHT_S, to_next_month_s))


def due_months(store: Store, present: Month) -> list[Due]:
    """Return the months before *present* with records that no report has counted yet."""

    def months_of(day: int) -> set[Month]:
        return {
            month_at(day * DAY_MS, present.zone),
            month_at((day + 1) * DAY_MS - 1, present.zone),
        }

    last = store.ledger().last
    noted = store.reports()
    found = newest_by_month(runs(store.documents), last, months_of)
    return [
        Due(month, newest)
        for number, (month, newest) in sorted(found.items())
        if number < present.number and newest > noted.get(number, {"newest": 0})["newest"]
    ]


def publish(store: Store, due: Due, summary: Summary, now: Stamp) -> list[OutboxRow]:
    """Publish *summary* as the next revision, unless it is unchanged or has no trusted record."""
    before = msgspec.convert(
        store.reports().get(due.month.number) or {"month": due.month.name}, Noted
    )
    digest = hashlib.sha256(msgspec.json.encode(summary)).hexdigest()
    trusted = summary.totals.records > summary.totals.untrusted
    changed = digest != before.digest and trusted
    after = msgspec.structs.replace(
        before,
        revision=before.revision + changed,
        digest=digest if changed else before.digest,
        newest=due.newest,
    )
    record = _record(summary, after.revision, now) if changed else None
    rows = store.publish_report(due.month.number, msgspec.to_builtins(after), record)
    if changed:
        log.info("the report of %s is published, revision %d", after.month, after.revision)
    return rows


def _record(summary: Summary, revision: int, now: Stamp) -> Record:
    data = MonthlyReport(
        month=summary.month, revision=revision, summary=summary, clock_synced=now.synced
    )
    return Record(REPORT_TYPE, f"report/{summary.month}", now, None, data)


async def counted_apart(folder: Path, zone: str, month: Month) -> Summary:
    """Count *month* in another process.

    :param folder: the data folder
    :param zone: the time zone as the config names it
    :raises ReportPostponed: if that fails or lasts longer than :data:`COUNTING_S`
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "edge.report", str(folder), month.name, zone,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        with waits.busy():
            async with asyncio.timeout(COUNTING_S):
                answer, complaint = await process.communicate()
    except TimeoutError:
        raise ReportPostponed(f"{month.name} was not counted in {COUNTING_S:g} s") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    try:
        if process.returncode == 0:
            return msgspec.json.decode(answer, type=Summary)
    except msgspec.DecodeError as error:
        complaint = str(error).encode()
    last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
    raise ReportPostponed(f"{month.name} cannot be counted: {last}")


def publisher(
    store: Store, worker: Worker, clock: Clock, *, folder: Path, zone: str, wake: Wake
) -> Publisher:
    """Return the publisher of the checkpoint with the data *folder*; *zone* is a zone's name."""
    count = partial(counted_apart, folder, zone)
    return Publisher(store, worker, clock, zone_of(zone), count=count, wake=wake)
