"""Live topics: the present state. Each connection publishes all of them again."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from edge.clock import Clock
from edge.mqtt.link_alarms import LinkAlarms
from edge.mqtt.messages import LedgerState, document
from edge.store.outbox import Outbox
from edge.worker import Worker


class LiveValue(msgspec.Struct, frozen=True):
    """The present value of a live topic; an empty payload deletes it at the broker."""

    payload: bytes
    expiry_s: int | None = None


class LiveTopics:
    """The present value of every live topic, and the topics that are due to be published.

    ``status`` always goes first; ``ledger`` is left out of :meth:`all_due`, because it may be
    published only after all records that it counts as delivered (resent ones too).
    """

    def __init__(self) -> None:
        self._values: dict[str, LiveValue] = {"status": LiveValue(b"")}
        self._due: dict[str, None] = {}

    def put(self, suffix: str, payload: bytes, expiry_s: int | None = None) -> bool:
        """Set a value; return True if the topic is due.

        A value that expires must be published again even if it is the same.
        """
        value = LiveValue(payload, expiry_s)
        if self._values.get(suffix) == value and expiry_s is None:
            return suffix in self._due
        self._values[suffix] = value
        self._due[suffix] = None
        return True

    def all_due(self) -> None:
        """Make every topic due, except ``ledger``: a new connection begins."""
        self._due = dict.fromkeys(suffix for suffix in self._values if suffix != "ledger")
        self._values.pop("ledger", None)

    def next_due(self, may_go: Callable[[str], bool]) -> str | None:
        """Return the topic to publish next, which is then due no longer; None if none is due.

        :param may_go: False for a topic that is left out now; it stays due
        """
        suffix = next(filter(may_go, self._due), None)
        if suffix is not None:
            del self._due[suffix]
        return suffix

    def put_again(self, suffix: str) -> None:
        """Make the topic *suffix* due, though its value has not changed."""
        self._due[suffix] = None

    def get(self, suffix: str) -> LiveValue | None:
        """Return the present value of *suffix*, None if it has none."""
        return self._values.get(suffix)

    def value(self, suffix: str) -> LiveValue:
        """Return the present value of *suffix*."""
        return self._values[suffix]


class LedgerTopic:
    """Publishes ``ledger`` while a connection lasts.

    :param every_s: the longest interval, seconds
    """

    def __init__(
        self,
        store: Outbox,
        worker: Worker,
        clock: Clock,
        every_s: float,
        *,
        show: Callable[[str, dict[str, Any]], None],
        alarms: LinkAlarms,
    ) -> None:
        self._store = store
        self._worker = worker
        self._clock = clock
        self._every_s = every_s
        self._show = show
        self._alarms = alarms

    async def run(self, resent: asyncio.Event, gone: asyncio.Event) -> None:
        """Publish it after the resend, then every *every_s* seconds and after each drain.

        Not earlier: it lists the records that consumers must have received by now.

        :param resent: set when the resend is over
        :param gone: set when all records have been delivered
        """
        await resent.wait()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._refresh())
            while True:
                await gone.wait()
                gone.clear()
                await self._publish()

    async def _refresh(self) -> None:
        while True:
            await self._publish()
            await self._clock.pause(self._every_s)

    async def _publish(self) -> None:
        now = await self._worker.do(self._store.ledger)
        state = LedgerState(
            streamid=now.stream,
            oldest_seq=now.oldest,
            last_seq=now.last,
            acked_seq=now.acknowledged,
            head_seq=now.last,
            head=now.head,
        )
        self._show("ledger", document(state))
        if now.parked:
            self._alarms.begin("parked", f"{now.parked} records are set aside")
        else:
            self._alarms.end("parked")
