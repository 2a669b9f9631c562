"""The live topic ``ledger``: which records there are, and up to where they have come."""

import asyncio
from collections.abc import Callable
from typing import Any

from edge.clock import Clock
from edge.messages import LedgerState, document
from edge.outbox import Outbox
from edge.troubles import Troubles
from edge.worker import Worker


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
        troubles: Troubles,
    ) -> None:
        self._store = store
        self._worker = worker
        self._clock = clock
        self._every_s = every_s
        self._show = show
        self._troubles = troubles

    async def keep(
        self, resent: asyncio.Event, gone: asyncio.Event, drained: Callable[[], None]
    ) -> None:
        """Show it once the resend is over, then every few minutes and whenever all has gone.

        Not earlier: it tells consumers what they ought to have by now.
        """
        await resent.wait()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_fresh())
            while True:
                await gone.wait()
                gone.clear()
                drained()
                await self._tell()

    async def _keep_fresh(self) -> None:
        while True:
            await self._tell()
            await self._clock.pause(self._every_s)

    async def _tell(self) -> None:
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
            self._troubles.begin("parked", f"{now.parked} records are set aside")
        else:
            self._troubles.end("parked")
