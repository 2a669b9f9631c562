"""Read-ahead: records are read from the store in pages and wait here to be sent."""

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
    """The rows read and still to be sent over one connection, in order of their sequence.

    First come the rows of the resend window: acknowledged shortly before the last connection was
    lost, they are sent again.

    :param notify: called when there may be a new row
    :ivar resent: set once every row that was sent again is answered
    :ivar begun: True once it is known if a row waits
    :ivar caught_up: True if all waiting rows of the store were read
    """

    def __init__(
        self,
        store: Outbox,
        worker: Worker,
        *,
        notify: Callable[[], None],
    ) -> None:
        self.resent = asyncio.Event()
        self.begun = False
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
        """Send rows that were added to the store: *rows*, if the caller has them.

        They are then not read back, unless others come first or too many wait already.
        """
        follow = bool(rows) and rows[0].sequence == self._read_to + 1
        if follow and self.caught_up and len(self._rows) < CHUNK // 2:
            self._read_to = rows[-1].sequence
            self._add(list(rows))
            return
        self.caught_up = False
        self._woken.set()

    def go_back(self, first: int) -> None:
        """Read again from sequence *first*: rows from there on may wait again."""
        if self._again_read:
            self._read_to = min(self._read_to, first - 1)
        self.wake()

    @property
    def next_sequence(self) -> int | None:
        """The record that would be sent next if it were added to the store; None if others wait."""
        return None if self._rows or not self.caught_up else self._read_to + 1

    def passed(self, sequence: int) -> None:
        """Note that the record *sequence*, just added to the store, was sent."""
        self._in_hand.add(sequence)
        if sequence == self._read_to + 1:
            self._read_to = sequence

    def pop(self) -> OutboxRow:
        """Remove the first row and return it."""
        row = self._rows.popleft()
        if len(self._rows) <= CHUNK // 2:
            self._room.set()
        return row

    def put(self, rows: Iterable[OutboxRow]) -> None:
        """Insert *rows*, in order of their sequence."""
        new = list(rows)
        if new and self._rows and new[0].sequence < self._rows[-1].sequence:
            self._rows = deque(sorted((*self._rows, *new), key=attrgetter("sequence")))
        else:
            self._rows.extend(new)

    def was_resent(self, sequence: int) -> bool:
        """Return True if the record *sequence*, now answered, had been sent again."""
        if sequence not in self._again:
            return False
        self._again.discard(sequence)
        self._check_resent()
        return True

    def forget(self, *sequences: int) -> None:
        """Allow *sequences* to be read again: the store has recorded their result."""
        self._in_hand.difference_update(sequences)

    async def read(self) -> None:
        """Read rows ahead, for ever."""
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
        """Read all rows of *page* after those already read, as there is room."""
        while True:
            after = self._read_to
            rows = await self._worker.do(page, after, CHUNK)
            self.begun = self.begun or bool(rows) or self._again_read
            self._add([row for row in rows if row.sequence not in self._in_hand])
            if rows and self._read_to == after:  # go_back() was not called meanwhile
                self._read_to = rows[-1].sequence
            if len(rows) < CHUNK:
                return
            while len(self._rows) > CHUNK // 2:
                self._room.clear()
                await self._room.wait()

    def _add(self, rows: list[OutboxRow]) -> None:
        if not self._again_read:
            self._again.update(row.sequence for row in rows)
        self._in_hand.update(row.sequence for row in rows)
        self.put(rows)
        self._notify()

    def _check_resent(self) -> None:
        if self._again_read and not self._again:
            self.resent.set()
