"""Chain check: verifies all records of a database beside the running daemon.

The records are read a page at a time, each in a short transaction, so that the daemon's write-ahead
log can be reset meanwhile. The check ends with the newest record of its beginning; records that are
appended later are not checked. Retention may remove records meanwhile: those that were checked
before change nothing, the others are skipped and counted.
"""

from edge.store.chain import Difference, Mark, Walk
from edge.store.record_row import read_record
from edge.store.snapshot import Snapshot


class ChainCheck:
    """One check of the records of *snapshot*, which it releases from its transaction.

    :param published: the head that is known from outside the device, None if there is none
    :param at: the sequence that it was published with; None: any
    :ivar start: the last record that retention had removed before the check
    :ivar total: number of records to check, at most
    :ivar done: number of records that have been read
    """

    def __init__(
        self, snapshot: Snapshot, published: str | None = None, at: int | None = None
    ) -> None:
        self.start = snapshot.start
        self.total = sum(last - first + 1 for first, last in snapshot.everything)
        self.done = 0
        self._snapshot = snapshot
        self._walk = Walk(snapshot.stream, self.start, published, at)
        self._stopped = False
        snapshot.release()

    @property
    def reached(self) -> Mark:
        """The last record that was verified."""
        return self._walk.reached

    @property
    def skipped(self) -> int:
        """Number of records that retention removed before they could be checked."""
        return self._walk.skipped

    @property
    def missed_published(self) -> bool:
        """True if the published head may be that of a skipped record."""
        return self._walk.missed_published

    def stop(self) -> None:
        """Let :meth:`run` return after the present page; any thread may call."""
        self._stopped = True

    def run(self) -> Difference | None:
        """Check the records, oldest first; return the first difference, None if there is none.

        :raises StoreError: if the database cannot be read
        """
        for page in self._snapshot.pages(self._snapshot.everything):
            self._walk.resume(page.start)
            difference = self._walk.check(map(read_record, page.rows))
            if difference is not None:
                return difference
            self.done = page.passed
            if self._stopped:
                return None
        return self._walk.end(self._snapshot.head)
