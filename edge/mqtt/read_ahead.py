"""Reading ahead: records come from the store in pages, and wait here for their turn to be sent."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from edge.store.outbox import Outbox, OutboxRow
from edge.worker import Worker

# Rows read from the store at once; memory holds at most one and a half times as many.
CHUNK = 250

Page = Callable[[int, int], list[OutboxRow]]


class ReadAhead:
    """The rows to send over one connection that were not taken yet, in order of their sequence.

    First come those that are sent once more because they were acknowledged shortly before the last
    connection was lost.

    :param look: called when there may be something new
    :ivar resent: set once everything that was sent again is answered
    :ivar caught_up: whether all that is in the store was read
    """

    def __init__(
        self,
        store: Outbox,
        worker: Worker,
        *,
        notify: Callable[[], None],
    ) -> None:
        self.resent = asyncio.Event()
        self.caught_up = False
        self._store = store
        self._worker = worker
        self._notify = notify
        self._rows: deque[OutboxRow] = deque()
        self._again: set[int] = set()
        self._again_read = False
        self._read_to = 0
        self._in_hand: set[int] = set()  # read, and not forgotten yet
        self._woken = asyncio.Event()
        self._room = asyncio.Event()

    def __len__(self) -> int:
        return len(self._rows)

    def wake(self, rows: Sequence[OutboxRow] = ()) -> None:
        """Say that rows were added to the store; *rows* are they, if the caller has them.

        Then they need not be read back, unless others come first or too many wait already.
        """
        follow = bool(rows) and rows[0].sequence == self._read_to + 1
        if follow and self.caught_up and len(self._rows) < CHUNK // 2:
            self._read_to = rows[-1].sequence
            self._take_in(list(rows))
            return
        self.caught_up = False
        self._woken.set()

    def go_back(self, first: int) -> None:
        """Say that rows from sequence *first* on may wait again."""
        if self._again_read:
            self._read_to = min(self._read_to, first - 1)
        self.wake()

    def pop(self) -> OutboxRow:
        """Take the first row."""
        row = self._rows.popleft()
        if len(self._rows) <= CHUNK // 2:
            self._room.set()
        return row

    def put(self, rows: Iterable[OutboxRow]) -> None:
        """Put *rows* into their places."""
        new = list(rows)
        if new and self._rows and new[0].sequence < self._rows[-1].sequence:
            self._rows = deque(sorted((*self._rows, *new), key=attrgetter("sequence")))
        else:
            self._rows.extend(new)

    def was_resent(self, sequence: int) -> bool:
        """Say whether the record that was answered had been sent again."""
        if sequence not in self._again:
            return False
        self._again.discard(sequence)
        self._check_resent()
        return True

    def forget(self, *sequences: int) -> None:
        """Say that the store knows what became of these: they may be read again."""
        self._in_hand.difference_update(sequences)

    async def read(self) -> None:
        """Keep rows read ahead, for ever."""
        await self._read_pages(self._store.to_send_again)
        self._again_read = True
        self._check_resent()
        self._read_to = 0
        while True:
            self._woken.clear()
            await self._read_pages(self._store.waiting)
            self.caught_up = not self._woken.is_set()
            self._notify()
            await self._woken.wait()

    async def _read_pages(self, page: Page) -> None:
        """Read all that *page* has after what was read, as there is room."""
        while True:
            after = self._read_to
            rows = await self._worker.do(page, after, CHUNK)
            self._take_in([row for row in rows if row.sequence not in self._in_hand])
            if rows and self._read_to == after:  # nobody said to go back meanwhile
                self._read_to = rows[-1].sequence
            if len(rows) < CHUNK:
                return
            while len(self._rows) > CHUNK // 2:
                self._room.clear()
                await self._room.wait()

    def _take_in(self, rows: list[OutboxRow]) -> None:
        if not self._again_read:
            self._again.update(row.sequence for row in rows)
        self._in_hand.update(row.sequence for row in rows)
        self.put(rows)
        self._notify()

    def _check_resent(self) -> None:
        if self._again_read and not self._again:
            self.resent.set()
