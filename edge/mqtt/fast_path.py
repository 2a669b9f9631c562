"""Fast path: sends records that were just committed, from the worker's thread.

The loop owns the window and the queues; waking it costs as much as the commit on a fast disk.
Rules:

1. When the loop has sent all it had, it *grants* the worker leave to send the records that follow,
   as many as the window has room for. Before it changes or sends anything it *revokes* the grant.
2. A grant is used once. While the worker uses it, the loop does not send; it goes on when the
   messages that the worker sent have been returned to it.
3. The worker packs the messages while their records are being committed, and sends them when the
   commit is on the disk; if it fails, they are dropped.
4. The worker sends only records in their order, and none that the broker would not accept. The
   loop sends the rest.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from edge.mqtt.connection import Connection
from edge.mqtt.in_flight import OutgoingMessage
from edge.store.outbox import OutboxRow


class Grant(NamedTuple):
    """Leave to send records over *connection*.

    :param sequence: the record to begin with
    :param room: number of messages, at most
    :param message: returns the message of a record
    :param on_sent: called on the loop with the messages sent, each with its message id
    """

    connection: Connection
    sequence: int
    room: int
    message: Callable[[OutboxRow], OutgoingMessage]
    on_sent: Callable[[Sequence[tuple[int, OutgoingMessage]]], None]


class Sent(NamedTuple):
    """The *messages* that were sent under *grant*, each with its message id."""

    grant: Grant | None = None
    messages: Sequence[tuple[int, OutgoingMessage]] = ()


NONE_SENT = Sent()


class FastPath:
    """Holds the grant.

    The methods :meth:`prepare`, :meth:`send` and :meth:`cancel` are the worker's, all others the
    loop's.
    """

    def __init__(self) -> None:
        # At most one. Removing it is atomic, so that only one thread has it.
        self._grants: deque[Grant] = deque()
        self._prepared = NONE_SENT
        self._granted = False
        self._returned = asyncio.Event()

    def prepare(self, rows: Sequence[OutboxRow]) -> None:
        """Pack the messages of *rows*, as far as a grant allows; they are being committed."""
        try:
            grant = self._grants.pop()
        except IndexError:
            return
        messages = list[tuple[int, OutgoingMessage]]()
        self._prepared = Sent(grant, messages)
        for row in rows[: grant.room] if rows[0].sequence == grant.sequence else ():
            message = grant.message(row)
            largest = grant.connection.largest
            if largest is not None and message.size > largest:
                break
            mid = grant.connection.prepare(
                message.topic, message.payload, message.properties, retain=message.retain
            )
            if mid is None:
                break
            messages.append((mid, message))

    def send(self) -> Sent:
        """Send what was prepared: it is on the disk. Return it, for :meth:`returned`."""
        sent, self._prepared = self._prepared, NONE_SENT
        if sent.grant is not None and not sent.grant.connection.release():
            return Sent(sent.grant)
        return sent

    def cancel(self) -> Sent:
        """Drop what was prepared: it could not be committed. Return it, for :meth:`returned`."""
        dropped, self._prepared = self._prepared, NONE_SENT
        if dropped.grant is not None:
            dropped.grant.connection.discard([mid for mid, _ in dropped.messages])
        return Sent(dropped.grant)

    def grant(self, grant: Grant) -> None:
        """Grant the worker leave to send."""
        self._granted = True
        self._returned.clear()
        self._grants.append(grant)

    def revoke(self) -> bool:
        """End the grant, if there is one; return False if the worker uses it at this moment."""
        if self._granted:
            try:
                self._grants.pop()
            except IndexError:
                return False
            self._granted = False
        return True

    def returned(self, sent: Sent) -> None:
        """End the grant that the worker has used."""
        if sent.grant is not None:
            self._granted = False
            self._returned.set()
            sent.grant.on_sent(sent.messages)

    async def revoked(self, within_s: float) -> None:
        """End the grant; if the worker uses it, wait for its return.

        :param within_s: the longest wait, real seconds: the disk may hang
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not self.revoke():
                    await self._returned.wait()
