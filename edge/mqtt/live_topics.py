"""Live topics: what is so now. Only the present value counts; each connection gets them afresh."""

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
    """The present value of every live topic, and which of them the broker has not been told.

    ``status`` always goes first; ``ledger`` is left out of :meth:`all_due`, because it may only
    be told once everything that it counts as delivered has been.
    """

    def __init__(self) -> None:
        self._values: dict[str, LiveValue] = {"status": LiveValue(b"")}
        self._due: dict[str, None] = {}

    def put(self, suffix: str, payload: bytes, expiry_s: int | None = None) -> bool:
        """Set a value; return whether the broker must be told of it.

        A value that expires must be told again even if it is the same.
        """
        value = LiveValue(payload, expiry_s)
        if self._values.get(suffix) == value and expiry_s is None:
            return suffix in self._due
        self._values[suffix] = value
        self._due[suffix] = None
        return True

    def all_due(self) -> None:
        """Have every topic told again: a new connection begins."""
        self._due = dict.fromkeys(suffix for suffix in self._values if suffix != "ledger")
        self._values.pop("ledger", None)

    def next_due(self) -> str | None:
        """Return the topic to tell next; None if the broker knows them all."""
        if not self._due:
            return None
        suffix = next(iter(self._due))
        del self._due[suffix]
        return suffix

    def value(self, suffix: str) -> LiveValue:
        """Return the present value of *suffix*."""
        return self._values[suffix]


class LedgerTopic:
    """Shows the ledger while a connection lasts.

    :param every_s: how often at least, seconds
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

    async def run(
        self, resent: asyncio.Event, gone: asyncio.Event, drained: Callable[[], None]
    ) -> None:
        """Show it once the resend is over, then every few minutes and whenever all has gone.

        Not earlier: it tells consumers what they ought to have by now.
        """
        await resent.wait()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._refresh())
            while True:
                await gone.wait()
                gone.clear()
                drained()
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
